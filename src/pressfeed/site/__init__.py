"""Releases → the newsroom's pages (pure: data in, bytes out, through Jinja2).

addresses.py   where everything lies: the one place that knows paths
coverage.py    which regions and languages have pages and feeds
templates.py   the templates, their overrides, their digest; the assets
article.py     a release as its page and its feed entry tell it
views.py       what else templates see
links.py       where a page leads: feeds, regions, other languages
topics.py      topics as addresses
pages.py       every page, every feed entry
channels.py    every feed: of regions, topics and everything
downloads.py   a release as text, Markdown and ninjs
metadata.py    JSON-LD and Open Graph
listings.py    archives by month, topics, press contacts
sitemap.py     sitemaps and robots.txt
"""

from pressfeed.site.channels import Channel, Channels
from pressfeed.site.coverage import Coverage
from pressfeed.site.downloads import Downloads
from pressfeed.site.pages import Site
from pressfeed.site.templates import assets
from pressfeed.site.views import Translation

__all__ = ["Channel", "Channels", "Coverage", "Downloads", "Site", "Translation", "assets"]
