"""RSS 2.0 with the RSS Advisory Board's profile (https://www.rssboard.org/rss-profile), through feedgen.

feedgen 1.0 has habits that this module works round, each tested in ``tests/unit/test_feeds.py``:

- the channel gets the last link, and no other Atom link than ``self``;
- it changes the process's locale for every date, so the dates are written here;
- ``lastBuildDate`` is the time of the build unless it is taken away.
"""

from __future__ import annotations

import re
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from urllib.parse import urlsplit

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from pressfeed.feeds.model import Attachment, Entry, Feed
from pressfeed.feeds.xml import (
    ATOM,
    CONTENT,
    DUBLIN_CORE,
    HISTORY,
    MEDIA,
    REMEMBERED,
    XML,
    child,
    document,
    fragment,
    set_html,
)

_TYPE = "application/rss+xml"
_NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DUBLIN_CORE, "media": MEDIA}
_PUBLIC_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9][a-z0-9-]*\Z")


def rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0, UTF-8; the same feed gives the same bytes."""
    generator = FeedGenerator()
    # A name of feedgen's own: it has no other way to leave lastBuildDate, and so the locale, alone.
    generator._FeedGenerator__rss_lastBuildDate = None
    generator.id(feed.id)
    generator.title(feed.title)
    generator.generator(feed.generator)
    generator.link(href=feed.rss_url, rel="self", type=_TYPE)
    generator.link(href=feed.home_url, rel="alternate")
    generator.description(feed.description)
    generator.language(feed.language)
    generator.register_extension("pressfeed", _Channel, None, atom=False)
    generator.pressfeed.feed = feed
    return document(generator.rss_str(pretty=True), map(rss_item, feed.entries), b"</channel>")


@lru_cache(REMEMBERED)
def rss_item(entry: Entry) -> bytes:
    """One ``item``, for a document with the namespaces of ``rss``."""
    item = FeedEntry()
    item.id(entry.id)
    item.title(entry.title)
    # Readers take a description for HTML; what it holds is plain text.
    item.description(escape(entry.summary, quote=False))
    item.content(entry.html, type="CDATA")
    item.link(href=entry.url, rel="alternate")
    for category in entry.categories:
        item.category(term=category.term, label=category.label, scheme=category.scheme or None)
    file = enclosure(entry)
    if file:
        item.enclosure(file.url, file.length, file.type)
    item.register_extension("pressfeed", _Item, atom=False)
    item.pressfeed.entry = entry
    return fragment(item.rss_entry(), _NAMESPACES, level=2)


def enclosure(entry: Entry) -> Attachment | None:
    """The one file that RSS has room for: a document or recording rather than a picture.

    Validators accept none whose host has no dot; such a file is announced as Media RSS alone.
    """
    files = [file for file in entry.attachments if _PUBLIC_HOST.match(urlsplit(file.url).hostname or "")]
    return next((file for file in files if not file.is_image), files[0] if files else None)


class _Channel(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        return {**_NAMESPACES, **({"fh": HISTORY} if self.feed.is_archive else {})}

    def extend_rss(self, root: etree._Element) -> etree._Element:
        channel, feed = root[0], self.feed
        child(channel, "lastBuildDate", format_datetime(feed.updated))
        for rel, url in feed.links("rss.xml"):
            child(channel, f"{{{ATOM}}}link", href=url, rel=rel, **({} if rel == "hub" else {"type": _TYPE}))
        if feed.is_archive:
            child(channel, f"{{{HISTORY}}}archive")
        return root


class _Item(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    entry: Entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        entry = self.entry
        item.set(f"{{{XML}}}lang", entry.language)
        set_html(item, f"{{{CONTENT}}}encoded", entry.html)
        child(item, "pubDate", format_datetime(entry.published))
        child(item, f"{{{ATOM}}}updated", entry.updated.isoformat())
        # RSS's own author is an e-mail address; the profile offers dc:creator for a name.
        child(item, f"{{{DUBLIN_CORE}}}creator", entry.author)
        child(item, f"{{{DUBLIN_CORE}}}language", entry.language)
        enclosed = enclosure(entry)
        for file in entry.attachments:
            if file != enclosed:
                medium = "image" if file.is_image else "document"
                content = child(item, f"{{{MEDIA}}}content", url=file.url, type=file.type, medium=medium)
                if file.length:
                    content.set("fileSize", str(file.length))
        if entry.image:
            child(item, f"{{{MEDIA}}}thumbnail", url=entry.image.url)
        return item
