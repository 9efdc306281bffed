"""Where everything lies: paths relative to the base URL, without a leading slash.

A page's path ends with a slash (or is empty) and its file is the ``index.html`` in that folder.
"""

from __future__ import annotations

from typing import NamedTuple

FRONT = ""
OPML = "feeds.opml"
SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
NOT_FOUND = "404.html"
STYLESHEET = "assets/press.css"
ICON = "assets/icon.svg"

# First segments of addresses that are not regions; unsubscribe and preferences are answered by ``serve``.
RESERVED = frozenset({"releases", "assets", "sitemaps", "unsubscribe", "preferences", "api", "hub", "search"})


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


def home(language: str) -> str:
    return f"{language}/"


def follow(language: str) -> str:
    return f"{language}/follow/"


def opml(language: str) -> str:
    return f"{language}/{OPML}"


def region(slug: str, language: str) -> str:
    return f"{slug}/{language}/"


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
