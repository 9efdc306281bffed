"""What a feed says, before any format spells it.

Texts in these classes are legal in XML, addresses are absolute URIs in ASCII, times are aware datetimes in
UTC to the second (``Entry.changed`` to the microsecond). Whoever builds them sees to it; ``entry`` does.
Plain texts never look like markup, because readers disagree on whether a title is HTML: see ``plain``.
"""

from __future__ import annotations

import datetime as dt
import mimetypes
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape

from pressfeed.domain import Content, Enclosure, Release, Status
from pressfeed.markup import excerpt, one_line, safe_html, uri, without_marks, xml_safe
from pressfeed.texts import Texts

# What an empty feed calls its last change: it needs a date (RFC 4287, section 4.1.1), and that of the build
# would make two builds of one store differ.
NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

LARGEST = 4_500_000  # bytes of a document: the W3C validator reads 5,000,000, Miniflux 15 MiB

COUNTRY_SCHEME = "urn:iso:std:iso:3166"
# Neither other schemes nor bare IPv6 addresses, which validators refuse (RFC 2396 had none).
_FETCHED = re.compile(r"https?://[^\[]")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_FEEDS = uuid.UUID("8c0a1d0e-6f0f-5d53-9d8b-3b1f6f0a7c11")
_DESCRIBED = re.compile(r'(?<=\s)(?!src=)[a-z]+="[^"]*src=[^"]*"', re.IGNORECASE)
_SOURCE = re.compile("(src)=", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*\Z")
# Python's own table, since that of the machine would change the bytes; it knows no office documents.
_KNOWN_TYPES = mimetypes.MimeTypes(filenames=())
_OFFICE = "application/vnd.openxmlformats-officedocument"
for _type, _extension in (
    (f"{_OFFICE}.wordprocessingml.document", ".docx"),
    (f"{_OFFICE}.spreadsheetml.sheet", ".xlsx"),
    (f"{_OFFICE}.presentationml.presentation", ".pptx"),
    ("application/vnd.oasis.opendocument.text", ".odt"),
    ("application/vnd.oasis.opendocument.spreadsheet", ".ods"),
    ("application/epub+zip", ".epub"),
):
    _KNOWN_TYPES.add_type(_type, _extension)


@dataclass(frozen=True, slots=True)
class Category:
    """A country (``term`` is its ISO 3166-1 code, with a scheme) or a topic (no scheme)."""

    term: str
    label: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file at a URI: media type always known, length in bytes (0 = unknown)."""

    url: str
    type: str
    length: int
    title: str

    @property
    def is_image(self) -> bool:
        return self.type.startswith("image/")


@dataclass(frozen=True, slots=True)
class Entry:
    """One release as feeds tell it. A withdrawn one has nothing but its title and the notice."""

    id: str  # urn:uuid:…, for ever
    url: str
    title: str  # plain text
    summary: str  # plain text
    html: str  # the full text, with notice, notes and contacts; "" where nobody asked for it
    text: str  # the full text without markup and notice
    language: str
    author: str
    published: dt.datetime
    updated: dt.datetime
    changed: dt.datetime  # as ``updated``, but different for every release
    notice: str = ""  # plain text: that it was corrected or withdrawn, with the press office's own words
    withdrawn: dt.datetime | None = None
    categories: tuple[Category, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def image(self) -> Attachment | None:
        return next((file for file in self.attachments if file.is_image), None)


@dataclass(frozen=True, slots=True)
class Feed:
    """One document of a feed in one language: what people subscribe to, or an archive of it (RFC 5005).

    Archive documents are numbered from 1, the oldest; the newest entry comes first everywhere.
    """

    id: str
    title: str
    description: str
    language: str
    home_url: str
    base_url: str  # where rss.xml, atom.xml and feed.json lie; ends with a slash
    author: str
    author_url: str
    generator: str
    entries: tuple[Entry, ...]
    hub: str = ""  # the WebSub hub that tells of changes, "" = none
    archive_url: str = ""  # where the archive documents lie, each in a folder of its number
    archives: int = 0  # how many there are
    number: int = 0  # of this document; 0 = what people subscribe to

    @property
    def updated(self) -> dt.datetime:
        """The newest change of any entry; never the time of the build."""
        return max((entry.updated for entry in self.entries), default=NEVER)

    @property
    def rss_url(self) -> str:
        return self.url("rss.xml", self.number)

    @property
    def atom_url(self) -> str:
        return self.url("atom.xml", self.number)

    @property
    def json_url(self) -> str:
        return self.url("feed.json", self.number)

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive document that has been filled."""
        return 0 < self.number <= self.archives

    def url(self, file: str, number: int = 0) -> str:
        """Where a document of this feed lies; ``file`` says in which format."""
        return f"{self.archive_url}{number}/{file}" if number else f"{self.base_url}{file}"

    def links(self, file: str) -> list[tuple[str, str]]:
        """Hub (WebSub, section 4) and neighbours (RFC 5005, section 4): (relation, URL).

        What follows the newest archive document is a document without entries, until it can be filled: so
        the newest one need not change when a further one comes.
        """
        if not self.number:
            found = [("hub", self.hub)] if self.hub else []
            return found + ([("prev-archive", self.url(file, self.archives))] if self.archives else [])
        found = [("current", self.url(file))]
        if self.is_archive:
            found.append(("next-archive", self.url(file, self.number + 1)))
        if self.number > 1:
            found.append(("prev-archive", self.url(file, self.number - 1)))
        return found


def feed_id(newsroom: str, region: str, language: str) -> str:
    """The identity of a feed, whatever host, scheme and path serve it; ``newsroom`` is its uid."""
    return uuid.uuid5(_FEEDS, f"{newsroom}\n{region}\n{language}").urn


def entry(
    release: Release, *, html: str | None, url: str, author: str, texts: Texts, notice: str = ""
) -> Entry:
    """A public or withdrawn release as an entry.

    ``html`` is the full text as the entry shall carry it (None: not asked for), ``url`` its page, ``author``
    whoever speaks where the release names nobody, ``texts`` those of the release's language, ``notice`` what
    a corrected or withdrawn one says of that.
    ValueError for a release that was never published.
    """
    if release.published_at is None:
        raise ValueError(f"release {release.id} has no publication time")
    content = release.content
    withdrawn = release.status is Status.WITHDRAWN
    title = plain(headline(content, texts))
    summary = plain(summary_of(content)) or title
    text = xml_safe(content.body_text).strip()
    if withdrawn:
        title = texts("site.withdrawn_title", headline=title)
        summary = text = plain(notice)
    changed = release.last_changed.astimezone(dt.UTC)
    return Entry(
        id=f"urn:uuid:{release.uid}",
        url=url,
        title=title,
        summary=summary,
        html="" if html is None else full_text(html, summary),
        text=text,
        language=content.language,
        author=plain(content.author) or author,
        published=seconds(release.published_at),
        updated=seconds(changed),
        # Not the time's own fraction, which all releases of one import share.
        changed=changed.replace(microsecond=release.id % 1_000_000),
        notice=plain(notice),
        withdrawn=seconds(changed) if withdrawn else None,
        categories=() if withdrawn else categories(content, texts),
        attachments=() if withdrawn else attachments(content),
    )


def full_text(html: str, summary: str) -> str:
    """The HTML of an entry, clean; its summary where it says nothing."""
    clean = safe_html(html)
    if "<img" in clean:  # a validator takes whatever follows the last “src=” of a picture for its address
        clean = _DESCRIBED.sub(lambda found: _SOURCE.sub(r"\1&#61;", found[0]), clean)
    return clean if clean.strip() else _paragraph(summary)


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def fitting(entries: Sequence[Entry], limit: int = LARGEST) -> tuple[Entry, ...]:
    """The entries of a document, newest first, so that it has no more than about ``limit`` bytes.

    Where all full texts are too much, the oldest entries have their summary instead; a link to the page they
    have anyway.
    """
    if sum(len(entry.html) for entry in entries) * 4 < limit:  # it cannot be more in UTF-8
        return tuple(entries)
    left, found = limit - sum(map(_size_without_text, entries)), []
    for entry in entries:
        left -= len(entry.html.encode())
        found.append(entry if left >= 0 else _short(entry))
    return tuple(found)


def _short(entry: Entry) -> Entry:
    said = dict.fromkeys(filter(None, (entry.notice, entry.summary)))
    return replace(entry, html="\n".join(map(_paragraph, said)), text=entry.summary)


def _size_without_text(entry: Entry) -> int:
    """About what an entry takes besides its text, in bytes; at most."""
    texts = len(entry.title) + 4 * len(entry.summary) + len(entry.author)
    return 1000 + 4 * texts + 600 * (len(entry.attachments) + len(entry.categories))


def closing(feed: Feed, ended: dt.datetime, *, title: str, text: str, name: str, url: str) -> Entry:
    """The last entry of a feed: that it has ended, and where readers go from here, by name and URL."""
    moment = seconds(ended)
    return Entry(
        id=uuid.uuid5(_FEEDS, f"{feed.id}\nended").urn,
        url=url,
        title=title,
        summary=text,
        html=f'<p>{escape(text)}</p>\n<p><a href="{escape(url)}">{escape(name)}</a></p>\n',
        text=text,
        language=feed.language,
        author=feed.author,
        published=moment,
        updated=moment,
        changed=moment,
    )


def plain(text: str) -> str:
    """One line of plain text that is plain to every reader: what could begin a tag begins with ‹ instead.

    Some readers take titles for HTML, others unescape them twice.
    """
    return _TAG.sub("‹", one_line(text))


def headline(content: Content, texts: Texts) -> str:
    """The headline as one line of plain text; never empty."""
    return one_line(content.headline) or texts("site.untitled")


@lru_cache(maxsize=64)  # a release's page, its feed entry and its files ask for the same
def summary_of(content: Content) -> str:
    """The subhead, else the beginning of the body, as one line of plain text."""
    return one_line(content.subhead) or excerpt(without_marks(content.body_text, content.footnotes))


def categories(content: Content, texts: Texts) -> tuple[Category, ...]:
    """The countries that a release names, then its topics, each once."""
    codes = filter(None, map(plain, content.countries))
    found = [Category(code, plain(texts.country_name(code)), COUNTRY_SCHEME) for code in codes]
    found += [Category(topic, topic) for topic in map(plain, content.topics) if topic]
    return tuple(dict.fromkeys(found))


def attachments(content: Content) -> tuple[Attachment, ...]:
    """The files of a release that lie at a usable address, each once, in order."""
    files = (
        Attachment(uri(file.url), media_type(file), max(file.length, 0), plain(file.title))
        for file in content.enclosures
    )
    return tuple({file.url: file for file in files if _FETCHED.match(file.url)}.values())


def media_type(file: Enclosure) -> str:
    """The media type as given, else by the name's extension, else that of unknown bytes (RFC 2046, 4.5.1)."""
    given = file.type.strip().lower()
    if _MEDIA_TYPE.match(given):
        return given
    return _KNOWN_TYPES.guess_type(uri(file.url))[0] or "application/octet-stream"


def seconds(moment: dt.datetime) -> dt.datetime:
    """The moment in UTC, to the second: what feeds and pages print."""
    return moment.astimezone(dt.UTC).replace(microsecond=0)
