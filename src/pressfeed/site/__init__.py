"""Releases → the newsroom's pages (pure: data in, bytes out, through Jinja2).

addresses.py   where everything lies: the one place that knows paths
coverage.py    which regions and languages have pages and feeds
templates.py   the templates, their overrides, their digest; the assets
article.py     a release as its page and its feed entry tell it
views.py       what else templates see
pages.py       every page, every feed
metadata.py    JSON-LD and Open Graph
sitemap.py     sitemaps and robots.txt
"""

from pressfeed.site.coverage import Coverage
from pressfeed.site.pages import Site
from pressfeed.site.templates import assets
from pressfeed.site.views import Translation

__all__ = ["Coverage", "Site", "Translation", "assets"]
