"""What a file of ``public/`` is to who fetches it: its media type, and how long it may be kept (pure)."""

from __future__ import annotations

import mimetypes
import re
from functools import lru_cache

RSS = "application/rss+xml; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json"

# Readers ask as often as they please; this is how soon they all know.
SOON = "public, max-age=300"
# The name of such a file holds a fingerprint of its bytes: other bytes have another name.
FOREVER = "public, max-age=31536000, immutable"

_FEEDS = (
    (re.compile(r"(?:.*/)?rss[^/]*\.xml\Z"), RSS),
    (re.compile(r"(?:.*/)?atom[^/]*\.xml\Z"), ATOM),
    (re.compile(r"(?:.*/)?feed[^/]*\.json\Z"), JSON_FEED),
)
_LIVE = frozenset({"rss.xml", "atom.xml", "feed.json"})
_NUMBERED = re.compile(r"(?:^|/)feeds/\d+/[^/]*\Z")
_FINGERPRINT = re.compile(r"assets/(?:.*/)?[^/]*[.-][0-9a-f]{8,}\.[a-z0-9]+\Z")
# Python's own table: that of the machine would make two machines differ.
_KNOWN = mimetypes.MimeTypes(filenames=())
for _type, _ending in (
    ("application/json", ".json"),
    ("application/manifest+json", ".webmanifest"),
    ("application/xml", ".xml"),
    ("font/woff2", ".woff2"),
    ("image/avif", ".avif"),
    ("image/webp", ".webp"),
    ("text/calendar", ".ics"),
    ("text/javascript", ".js"),
    ("text/markdown", ".md"),
    ("text/x-opml", ".opml"),
):
    _KNOWN.add_type(_type, _ending)


@lru_cache(maxsize=4096)
def media_type(path: str) -> str:
    """The value of Content-Type for a file, with the charset where the type has one: all texts are UTF-8."""
    for pattern, feed in _FEEDS:
        if pattern.match(path):
            return feed
    found, coding = _KNOWN.guess_type(path)
    if coding:
        return "application/gzip" if coding == "gzip" else "application/octet-stream"
    if found is None:
        return "application/octet-stream"
    if found.startswith("text/") or found in ("application/xml", "image/svg+xml"):
        return f"{found}; charset=utf-8"
    return found


def is_feed(path: str) -> bool:
    """Whether a path is that of a feed: RSS, Atom or JSON Feed."""
    return media_type(path) in (RSS, ATOM, JSON_FEED)


def is_live_feed(path: str) -> bool:
    """Whether a path is that of a feed which changes: a topic of WebSub. Archive documents have a number."""
    return is_feed(path) and path.rpartition("/")[2] in _LIVE and _NUMBERED.search(path) is None


def is_for_programs(path: str) -> bool:
    """Whether those who fetch a path expect data, and cannot read an HTML page in its place."""
    return path.endswith((".xml", ".json", ".opml", ".ics"))


def cache_control(path: str) -> str:
    """The value of Cache-Control for a file (RFC 9111, section 5.2; ``immutable``: RFC 8246)."""
    return FOREVER if _FINGERPRINT.match(path) else SOON
