"""RSS 2.0 (with the RSS Advisory Board's profile) and Atom (RFC 4287, RFC 6721), through feedgen.

feedgen 1.0 has habits that this module works round, each tested in ``tests/unit/test_feeds.py``:

- entry links lose their attributes in Atom, so ``_AtomEntry`` writes them;
- ``updated`` and ``lastBuildDate`` are the time of the build unless set, entries are prepended, and the
  channel gets the last link: order and arguments below;
- it changes the process's locale for every RSS date, so ``_RssFeed`` and ``_RssEntry`` write the dates.
"""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from html import escape
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from pressfeed.feeds.model import Attachment, Entry, Feed

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML = "http://www.w3.org/XML/1998/namespace"


def rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0, UTF-8; the same feed gives the same bytes."""
    generator = _generator(feed)
    generator.link(href=feed.rss_url, rel="self", type="application/rss+xml")
    generator.link(href=feed.home_url, rel="alternate")
    generator.description(feed.description)
    generator.language(feed.language)
    generator.register_extension("pressfeed", _RssFeed, _RssEntry, atom=False)
    generator.pressfeed.feed = feed
    for entry in feed.entries:
        item = _add(generator, entry)
        # Readers take a description for HTML; what it holds is plain text.
        item.description(escape(entry.summary, quote=False))
        item.link(href=entry.url, rel="alternate")
        file = _enclosure(entry)
        if file:
            item.enclosure(file.url, file.length, file.type)
    return _document(generator.rss_str(pretty=True))


def atom(feed: Feed) -> bytes:
    """The feed as Atom, UTF-8; the same feed gives the same bytes.

    A withdrawn entry appears both as its last version and as a tombstone (RFC 6721).
    """
    generator = _generator(feed)
    generator.link(href=feed.atom_url, rel="self", type="application/atom+xml")
    generator.link(href=feed.home_url, rel="alternate", type="text/html", hreflang=feed.language)
    generator.subtitle(feed.description)
    generator.author({"name": feed.author, "uri": feed.author_url})
    generator.updated(feed.updated)
    generator.register_extension("pressfeed", _AtomFeed, _AtomEntry, rss=False)
    generator.pressfeed.feed = feed
    for entry in feed.entries:
        item = _add(generator, entry)
        item.updated(entry.changed)
        item.published(entry.published)
        item.author({"name": entry.author})
        item.summary(entry.summary, type="text")
    return _document(generator.atom_str(pretty=True))


def _generator(feed: Feed) -> Any:
    generator = FeedGenerator()
    # A name of feedgen's own: it has no other way to leave lastBuildDate, and so the locale, alone.
    generator._FeedGenerator__rss_lastBuildDate = None
    generator.id(feed.id)
    generator.title(feed.title)
    generator.generator(feed.generator, version=feed.version)
    return generator


def _add(generator: Any, entry: Entry) -> Any:
    """A new entry with what both formats share."""
    item = generator.add_entry(order="append")
    item.id(entry.id)
    item.title(entry.title)
    item.content(entry.html, type="html")
    for category in entry.categories:
        item.category(term=category.term, label=category.label, scheme=category.scheme or None)
    item.pressfeed.entry = entry
    return item


def _enclosure(entry: Entry) -> Attachment | None:
    """The one file that RSS has room for: a document or recording rather than a picture."""
    return next((file for file in entry.attachments if not file.is_image), entry.image)


def _document(xml: bytes) -> bytes:
    return xml if xml.endswith(b"\n") else xml + b"\n"


class _RssFeed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        return {"dc": DUBLIN_CORE, "media": MEDIA}

    def extend_rss(self, root: etree._Element) -> etree._Element:
        channel = root[0]
        channel.set(f"{{{XML}}}lang", self.feed.language)  # some readers look at nothing else
        _child(channel, "lastBuildDate", format_datetime(self.feed.updated))
        return root


class _RssEntry(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    entry: Entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        entry = self.entry
        item.set(f"{{{XML}}}lang", entry.language)
        _child(item, "pubDate", format_datetime(entry.published))
        _child(item, f"{{{ATOM}}}updated", _rfc3339(entry.updated))
        # RSS's own author is an e-mail address; the profile offers dc:creator for a name.
        _child(item, f"{{{DUBLIN_CORE}}}creator", entry.author)
        _child(item, f"{{{DUBLIN_CORE}}}language", entry.language)
        for file in entry.attachments:
            if file != _enclosure(entry):
                medium = "image" if file.is_image else "document"
                content = _child(item, f"{{{MEDIA}}}content", url=file.url, type=file.type, medium=medium)
                if file.length:
                    content.set("fileSize", str(file.length))
        if entry.image:
            _child(item, f"{{{MEDIA}}}thumbnail", url=entry.image.url)
        return item


class _AtomFeed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        return {"at": TOMBSTONES}

    def extend_atom(self, root: etree._Element) -> etree._Element:
        root.set(f"{{{XML}}}lang", self.feed.language)
        for entry in self.feed.entries:
            if entry.withdrawn:
                when = _rfc3339(entry.withdrawn)
                stone = _child(root, f"{{{TOMBSTONES}}}deleted-entry", ref=entry.id, when=when)
                _child(stone, f"{{{TOMBSTONES}}}comment", entry.summary).set(f"{{{XML}}}lang", entry.language)
        return root


class _AtomEntry(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    entry: Entry

    def extend_atom(self, item: etree._Element) -> etree._Element:
        """One alternate, then the enclosures.

        Translations have no link here: readers take a second ``alternate`` or a ``related`` for the article.
        """
        entry = self.entry
        item.set(f"{{{XML}}}lang", entry.language)
        _child(item, "link", href=entry.url, rel="alternate", type="text/html", hreflang=entry.language)
        for file in entry.attachments:
            link = _child(item, "link", href=file.url, rel="enclosure", type=file.type)
            if file.title:
                link.set("title", file.title)
            if file.length:
                link.set("length", str(file.length))
        return item


def _child(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, name, attributes)
    child.text = text
    return child


def _rfc3339(moment: dt.datetime) -> str:
    return moment.isoformat()
