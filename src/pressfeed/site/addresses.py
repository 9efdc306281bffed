"""Where everything lies: paths relative to the base URL, without a leading slash.

A page's path ends with a slash (or is empty) and its file is the ``index.html`` in that folder.
"""

from __future__ import annotations

from typing import NamedTuple

FRONT = ""
OPML = "feeds.opml"
SITEMAP = "sitemap.xml"
NEWS_SITEMAP = "sitemaps/news.xml"
ROBOTS = "robots.txt"
NOT_FOUND = "404.html"
REDIRECTS = "_redirects"
NINJS = "ninjs.json"  # the newest releases of a home, a region or a topic
STYLESHEET = "assets/press.css"
SCRIPT = "assets/press.js"
ICON = "assets/icon.svg"
SEARCH = "search"

# First segments of addresses that are not regions; ``serve`` answers subscribe … preferences, and search.
RESERVED = frozenset(
    {"releases", "topics", "assets", "sitemaps", "subscribe", "unsubscribe", "preferences", "api", "hub"}
    | {"search"}
)


class Format(NamedTuple):
    """A feed format: file name, media type, and what people call it."""

    file: str
    type: str
    name: str


FORMATS = (
    Format("rss.xml", "application/rss+xml", "RSS"),
    Format("atom.xml", "application/atom+xml", "Atom"),
    Format("feed.json", "application/feed+json", "JSON Feed"),
)

# The release itself as a file, beside its page.
DOWNLOADS = (
    Format("release.txt", "text/plain", "Text"),
    Format("release.md", "text/markdown", "Markdown"),
    Format("release.ninjs.json", "application/json", "ninjs"),
)


def home(language: str) -> str:
    return f"{language}/"


def follow(language: str) -> str:
    return f"{language}/follow/"


def subscribe(language: str) -> str:
    """The page where a visitor asks for bulletins by mail; ``?region=SLUG`` after it marks those of one."""
    return f"subscribe/{language}"


def opml(language: str) -> str:
    return f"{language}/{OPML}"


def region(slug: str, language: str) -> str:
    return f"{slug}/{language}/"


def topics(language: str) -> str:
    return f"{language}/topics/"


def topic(language: str, slug: str) -> str:
    return f"topics/{language}/{slug}/"


def feed_archives(place: str) -> str:
    """The older releases of a home's, a region's or a topic's feeds (RFC 5005), in folders 1, 2, …"""
    return f"{place}feeds/"


def contacts(language: str) -> str:
    return f"{language}/contacts/"


def archive(place: str) -> str:
    """All months of a home or a region, given by its own path."""
    return f"{place}archive/"


def month(place: str, year: int, month: int, number: int = 1) -> str:
    """One month of a home or a region; ``number`` counts the pages that it takes."""
    return f"{place}{year:04}-{month:02}/" + (f"{number}/" if number > 1 else "")


def release(language: str, slug: str) -> str:
    return f"releases/{language}/{slug}/"


def release_file(language: str, slug: str) -> str:
    """``file_of(release(…))`` at a third of its cost: every build asks for all of them."""
    return f"releases/{language}/{slug}/index.html"


def sitemap(name: str) -> str:
    return f"sitemaps/{name}.xml"


def file_of(path: str) -> str:
    """The file under ``public/`` that answers for a path."""
    return f"{path}index.html" if not path or path.endswith("/") else path


def root_of(path: str) -> str:
    """The way from a page up to the base, as a relative reference: ``../../``, or "" for the front page."""
    return "../" * path.count("/")
