"""Atom (RFC 4287) with tombstones (RFC 6721) and archives (RFC 5005), through feedgen.

feedgen 1.0 has habits that this module works round, each tested in ``tests/unit/test_feeds.py``:

- entry links lose their attributes, so ``_Entry`` writes them;
- ``updated`` is the time of the build unless set.
"""

from __future__ import annotations

from functools import lru_cache

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from pressfeed.feeds.model import Entry, Feed
from pressfeed.feeds.xml import (
    HISTORY,
    REMEMBERED,
    TOMBSTONES,
    XML,
    child,
    document,
    fragment,
    set_html,
)

_TYPE = "application/atom+xml"


def atom(feed: Feed) -> bytes:
    """The feed as Atom, UTF-8; the same feed gives the same bytes.

    A withdrawn entry appears both as its last version and as a tombstone (RFC 6721).
    """
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.generator(feed.generator)
    generator.link(href=feed.atom_url, rel="self", type=_TYPE)
    generator.link(href=feed.home_url, rel="alternate", type="text/html", hreflang=feed.language)
    generator.subtitle(feed.description)
    generator.author({"name": feed.author, "uri": feed.author_url})
    generator.updated(feed.updated)
    generator.register_extension("pressfeed", _Feed, None, rss=False)
    generator.pressfeed.feed = feed
    return document(generator.atom_str(pretty=True), map(atom_entry, feed.entries), b"</feed>")


@lru_cache(REMEMBERED)
def atom_entry(entry: Entry) -> bytes:
    """One ``entry``, for a document whose default namespace is Atom's."""
    item = FeedEntry()
    item.id(entry.id)
    item.title(entry.title)
    item.updated(entry.changed)
    item.published(entry.published)
    item.author({"name": entry.author})
    item.summary(entry.summary, type="text")
    item.content(entry.html, type="html")
    for category in entry.categories:
        item.category(term=category.term, label=category.label, scheme=category.scheme or None)
    item.register_extension("pressfeed", _Entry, rss=False)
    item.pressfeed.entry = entry
    return fragment(item.atom_entry(), {}, level=1)


class _Feed(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        """Only what is used: a validator warns of tombstones' namespace, which it does not know."""
        found = {"fh": HISTORY} if self.feed.is_archive else {}
        if any(entry.withdrawn for entry in self.feed.entries):
            found["at"] = TOMBSTONES
        return found

    def extend_atom(self, root: etree._Element) -> etree._Element:
        feed = self.feed
        root.set(f"{{{XML}}}lang", feed.language)
        for rel, url in feed.links("atom.xml"):
            child(root, "link", href=url, rel=rel, **({} if rel == "hub" else {"type": _TYPE}))
        if feed.is_archive:
            child(root, f"{{{HISTORY}}}archive")
        for entry in feed.entries:
            if entry.withdrawn:
                stone = child(
                    root,
                    f"{{{TOMBSTONES}}}deleted-entry",
                    ref=entry.id,
                    when=entry.withdrawn.isoformat(),
                )
                child(stone, f"{{{TOMBSTONES}}}comment", entry.summary).set(f"{{{XML}}}lang", entry.language)
        return root


class _Entry(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    entry: Entry

    def extend_atom(self, item: etree._Element) -> etree._Element:
        """One alternate, then the enclosures.

        Translations have no link here: readers take a second ``alternate`` or a ``related`` for the article.
        """
        entry = self.entry
        item.set(f"{{{XML}}}lang", entry.language)
        set_html(item, "content", entry.html)
        child(item, "link", href=entry.url, rel="alternate", type="text/html", hreflang=entry.language)
        for file in entry.attachments:
            link = child(item, "link", href=file.url, rel="enclosure", type=file.type)
            if file.title:
                link.set("title", file.title)
            if file.length:
                link.set("length", str(file.length))
        return item
