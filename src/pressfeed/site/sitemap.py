"""Sitemaps (https://www.sitemaps.org/protocol.html, with hreflang alternates) and robots.txt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@dataclass(frozen=True, slots=True)
class Place:
    """One address with its last change and its translations, itself among them: (language, URL)."""

    url: str
    changed: dt.datetime | None = None
    translations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A release as the news sitemap names it."""

    url: str
    title: str
    language: str
    published: dt.datetime
    newsroom: str


def sitemap(places: Iterable[Place]) -> bytes:
    """One sitemap; the protocol allows 50,000 places."""
    lines = [HEAD, f'<urlset {NAMESPACES} xmlns:xhtml="http://www.w3.org/1999/xhtml">\n']
    for place in places:
        lines.append(f"<url><loc>{escape(place.url)}</loc>{_lastmod(place.changed)}")
        lines.extend(
            f'<xhtml:link rel="alternate" hreflang="{escape(language)}" href="{escape(url)}"/>'
            for language, url in place.translations
        )
        lines.append("</url>\n")
    lines.append("</urlset>\n")
    return "".join(lines).encode()


def news(stories: Iterable[Story]) -> bytes:
    """A Google News sitemap (http://www.google.com/schemas/sitemap-news/0.9); at most 1,000 stories."""
    lines = [HEAD, f'<urlset {NAMESPACES} xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n']
    for story in stories:
        language = "zh-cn" if story.language == "zh" else story.language  # Google's one exception to ISO 639
        published = story.published.astimezone(dt.UTC).replace(microsecond=0).isoformat()
        lines.append(
            f"<url><loc>{escape(story.url)}</loc><news:news><news:publication>"
            f"<news:name>{escape(story.newsroom)}</news:name><news:language>{language}</news:language>"
            f"</news:publication><news:publication_date>{published}</news:publication_date>"
            f"<news:title>{escape(story.title)}</news:title></news:news></url>\n"
        )
    lines.append("</urlset>\n")
    return "".join(lines).encode()


def index(sitemaps: Iterable[tuple[str, dt.datetime | None]]) -> bytes:
    """The sitemap of sitemaps: (URL, last change)."""
    lines = [HEAD, f"<sitemapindex {NAMESPACES}>\n"]
    lines.extend(
        f"<sitemap><loc>{escape(url)}</loc>{_lastmod(changed)}</sitemap>\n" for url, changed in sitemaps
    )
    lines.append("</sitemapindex>\n")
    return "".join(lines).encode()


def robots(sitemap_url: str, closed: Sequence[str]) -> bytes:
    """Everything is open to robots (RFC 9309) except the paths in ``closed``."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "", f"Sitemap: {sitemap_url}", ""]
    return "\n".join(lines).encode()


def _lastmod(changed: dt.datetime | None) -> str:
    if changed is None:
        return ""
    moment = changed.astimezone(dt.UTC).replace(microsecond=0)
    return f"<lastmod>{moment.isoformat()}</lastmod>"
