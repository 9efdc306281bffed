"""What the W3C feed validator (https://validator.w3.org/feed/) complains of, rule by rule: errors, warnings.

Each rule bears the name that the validator gives it. Those are here that can touch what pressfeed writes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import html5lib
from html5lib.html5parser import ParseError
from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
FH = "{http://purl.org/syndication/history/1.0}"
MEDIA = "{http://search.yahoo.com/mrss/}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
XML = "{http://www.w3.org/XML/1998/namespace}"

LARGEST = 5_000_000  # bytes
PREFIXES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://search.yahoo.com/mrss/": "media",
}
RELATIONS = {"alternate", "current", "enclosure", "hub", "next-archive", "prev-archive", "self"}
TYPES = {"rss": "application/rss+xml", "feed": "application/atom+xml"}

_URI = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+\Z")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_HOST = r"(([0-9]{1,3}\.){3}|([a-z0-9-]+\.)+)[a-z0-9][a-z0-9-]*"
_FILE = re.compile(rf"https?://{_HOST}(:\d+)?(/|\Z)", re.IGNORECASE)
_TYPE = re.compile(r'[^\s()<>,;:\\"/\[\]?=]+/[^\s()<>,;:\\"/\[\]?=]+\Z')
_RFC822 = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d\d[03]0\Z")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*\Z")
_END_TAG = re.compile(r"</\w+>")
_ENTITY = re.compile(r"&#?\w")
_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_BAD = re.compile("[\x80-\x9f\ufffd]")
_TWICE = re.compile("[\xc2\xc3][\x80-\xbf]")
_PIECES = re.compile(r"<[^!][^>]*>|&#?\w+;|[\n\]]")  # what ends a piece of text for the validator's parser
_PICTURE = re.compile(r"<img\s+[^>]*src=(?:\"(.*?)\"|'(.*?)'|([\w-]+))[\s>]", re.IGNORECASE)

# Of those that the validator takes for safe: the ones that a text may need.
_ELEMENTS = {
    "a", "abbr", "address", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "col",
    "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre",
    "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "abbr", "alt", "cite", "colspan", "datetime", "dir", "height", "href", "hreflang", "lang",
    "reversed", "rowspan", "scope", "span", "src", "start", "title", "type", "value", "width",
}  # fmt: skip
_CHANNEL = {"title", "link", "description", "language", "docs", "generator", "lastBuildDate"}
_ITEM = {"title", "link", "description", "guid", "pubDate", "enclosure", f"{CONTENT}encoded"} | {
    f"{ATOM}updated",
    f"{DC}language",
}
_REPEATED = {"category", f"{DC}creator", f"{MEDIA}content", f"{MEDIA}thumbnail"}


def complaints(data: bytes, address: str, content_type: str = "") -> list[str]:
    """Everything that the validator would say of a feed that lies at an address; empty for a clean one."""
    return list(_check(data, address, content_type))


def _check(data: bytes, address: str, content_type: str) -> Iterator[str]:
    if len(data) > LARGEST:
        yield "ValidatorLimit"
    if data.startswith(b"\xef\xbb\xbf") or not data.startswith(b"<?xml"):
        yield "XML declaration"
    try:
        text = data.decode("utf-8", "strict")
        root = etree.fromstring(data)
    except (UnicodeDecodeError, etree.XMLSyntaxError) as error:
        yield f"SAXError: {error}"
        return
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        yield "InvalidDoctype"
    kind = etree.QName(root).localname
    if content_type and content_type.split(";", maxsplit=1)[0] != TYPES[kind]:
        yield f"UnexpectedContentType: {content_type}"
    outside = _CDATA.sub(b"", data)
    if b"&amp;" in outside or b"&lt;" in outside:
        yield "CharacterData: & or < is not written as &#x26; or &#x3C;"
    if _BAD.search(text):
        yield "BadCharacters"
    yield from (f"BadCharacters: {piece}" for piece in _PIECES.split(text) if _is_encoded_twice(piece))
    yield from _namespaces(root, kind)
    yield from _attributes(root)
    yield from (_rss(root, address) if kind == "rss" else _atom(root, address))


def _is_encoded_twice(piece: str) -> bool:
    if not _TWICE.search(piece):
        return False
    try:
        piece.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _namespaces(root: etree._Element, kind: str) -> Iterator[str]:
    used = {etree.QName(element).namespace for element in root.iter(etree.Element)}
    for element in root.iter(etree.Element):
        for prefix, uri in element.nsmap.items():
            if uri not in PREFIXES:
                yield f"UnknownNamespace: {uri}"
            elif prefix is not None and prefix != PREFIXES[uri]:
                yield f"NonstdPrefix: {prefix}"
            elif prefix == "atom" and kind == "feed":
                yield "AvoidNamespacePrefix: atom"
            elif kind == "feed" and uri not in used:
                yield f"unused namespace: {uri}"


def _attributes(root: etree._Element) -> Iterator[str]:
    known = {
        "rss": {"version"},
        "guid": {"isPermaLink"},
        "category": {"domain", "term", "scheme", "label"},
        "enclosure": {"url", "length", "type"},
        "link": {"href", "rel", "type", "hreflang", "title", "length"},
        f"{MEDIA}content": {"url", "type", "medium", "fileSize"},
        f"{MEDIA}thumbnail": {"url"},
        "content": {"type"},
        "summary": {"type"},
        f"{AT}deleted-entry": {"ref", "when"},
    }
    for element in root.iter(etree.Element):
        tag = str(element.tag).removeprefix(ATOM)
        for name, value in element.attrib.items():
            if str(name).startswith(XML):
                if name == f"{XML}lang" and not _LANGUAGE.match(value):
                    yield f"InvalidLanguage: {value}"
            elif name not in known.get(tag, ()):
                yield f"UnexpectedAttribute: {name} of {tag}"


# ------------------------------------------------------------------------------------------------------ RSS


def _rss(root: etree._Element, address: str) -> Iterator[str]:
    if root.get("version") != "2.0":
        yield "InvalidRSSVersion"
    if len(root) != 1:
        yield "UndefinedElement beside channel"
    channel = root[0]
    tags = [str(child.tag) for child in channel]
    for name in ("title", "link", "description"):
        if name not in tags:
            yield f"MissingElement: {name}"
    if "language" not in tags:
        yield "MissingDCLanguage"
    first = tags.index("item") if "item" in tags else len(tags)
    if set(tags[first:]) - {"item"}:
        yield "MisplacedItem: metadata after items"
    head = tags[:first]
    for tag in set(head):
        if tag not in _CHANNEL | {f"{ATOM}link", f"{FH}archive"}:
            yield f"UndefinedElement: {tag}"
        if tag != f"{ATOM}link" and head.count(tag) > 1:
            yield f"DuplicateElement: {tag}"
    yield from _plain(channel, "title", "description")
    yield from _uri(channel.findtext("link"))
    if channel.findtext("docs") != "http://www.rssboard.org/rss-specification":
        yield "UseOfExtensionAttr"
    yield from _language(channel.findtext("language"))
    yield from _rfc822(channel.findtext("lastBuildDate"))
    yield from _links(channel, f"{ATOM}link", address, TYPES["rss"])
    guids = []
    for item in channel.iter("item"):
        yield from _item(item)
        guids.append(item.findtext("guid"))
    if len(guids) != len(set(guids)):
        yield "DuplicateValue: guid"


def _item(item: etree._Element) -> Iterator[str]:
    tags = [str(child.tag) for child in item]
    for tag in set(tags):
        if tag not in _ITEM | _REPEATED:
            yield f"UndefinedElement: {tag}"
        if tag not in _REPEATED and tags.count(tag) > 1:
            yield f"DuplicateElement: {tag}"
    for tag in _ITEM - {"enclosure"}:
        if tag not in tags:
            yield f"missing: {tag}"
    if tags.index("description") > tags.index(f"{CONTENT}encoded"):
        yield "NeedDescriptionBeforeContent"
    yield from _plain(item, "title", "category", f"{DC}creator")
    yield from _html(item.findtext("description"))
    yield from _html(item.findtext(f"{CONTENT}encoded"))
    for found in _PICTURE.findall(item.findtext(f"{CONTENT}encoded") or ""):
        if not re.match(r"\w+:", "".join(found)):
            yield f"InvalidUriChar or ContainsRelRef: {found}"
    yield from _uri(item.findtext("link"))
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false" or not _UUID.match(guid.text or ""):
        yield "InvalidHttpGUID"
    yield from _rfc822(item.findtext("pubDate"))
    yield from _rfc3339(item.findtext(f"{ATOM}updated"))
    yield from _language(item.findtext(f"{DC}language"))
    for category in item.iter("category"):
        if category.get("domain") is not None:
            yield from _uri(category.get("domain"))
    for file in item.iter("enclosure"):
        if not _FILE.match(file.get("url", "")) or not _URI.match(file.get("url", "")):
            yield f"InvalidURLAttribute: {file.get('url')}"
        if not (file.get("length") or "").isdigit():
            yield f"InvalidIntegerAttribute: {file.get('length')}"
        if not _TYPE.match(file.get("type", "")):
            yield f"InvalidMIMEAttribute: {file.get('type')}"
    for file in item.iter(f"{MEDIA}content", f"{MEDIA}thumbnail"):
        yield from _uri(file.get("url"))
        if file.get("medium", "image") not in {"image", "document"}:
            yield "InvalidMediaMedium"
        if int(file.get("fileSize", 1)) <= 0:
            yield "InvalidPositiveInteger: fileSize"
        if not _TYPE.match(file.get("type", "a/b")):
            yield "InvalidMIMEAttribute: media"


# ----------------------------------------------------------------------------------------------------- Atom


def _atom(root: etree._Element, address: str) -> Iterator[str]:
    tags = [str(child.tag) for child in root]
    first = tags.index(f"{ATOM}entry") if f"{ATOM}entry" in tags else len(tags)
    if set(tags[first:]) - {f"{ATOM}entry"}:
        yield "MisplacedMetadata"
    for tag in set(tags[:first]):
        known = {f"{ATOM}{name}" for name in ("id", "title", "updated", "author", "generator", "subtitle")}
        if tag not in known | {f"{ATOM}link", f"{FH}archive", f"{AT}deleted-entry"}:
            yield f"UndefinedElement: {tag}"
        if tag in known and tags.count(tag) > 1:
            yield f"DuplicateElement: {tag}"
    for name in ("id", "title", "updated", "author"):
        if f"{ATOM}{name}" not in tags:
            yield f"MissingElement: {name}"
    if not root.get(f"{XML}lang"):
        yield "MissingDCLanguage"
    yield from _plain(root, f"{ATOM}title", f"{ATOM}subtitle", f"{ATOM}generator", f"{ATOM}author/{ATOM}name")
    yield from _uri(root.findtext(f"{ATOM}author/{ATOM}uri"))
    if not _UUID.match(root.findtext(f"{ATOM}id") or ""):
        yield "NonCanonicalURI: id"
    yield from _rfc3339(root.findtext(f"{ATOM}updated"))
    yield from _links(root, f"{ATOM}link", address, TYPES["feed"])
    relations = [link.get("rel") for link in root.findall(f"{ATOM}link")]
    if root.find(f"{FH}archive") is not None:
        if not {"prev-archive", "next-archive"} & set(relations):
            yield "ArchiveIncomplete"
        if "current" not in relations:
            yield "MissingCurrentInArchive"
    ids, moments = [], []
    for entry in root.iter(f"{ATOM}entry"):
        yield from _entry(entry)
        ids.append(entry.findtext(f"{ATOM}id"))
        moments.append(entry.findtext(f"{ATOM}updated"))
    if len(ids) != len(set(ids)):
        yield "DuplicateEntries"
    if len(moments) != len(set(moments)):
        yield "DuplicateUpdated"


def _entry(entry: etree._Element) -> Iterator[str]:
    tags = [str(child.tag) for child in entry]
    once = {f"{ATOM}{name}" for name in ("id", "title", "updated", "published", "content", "summary")}
    for tag in set(tags):
        if tag not in once | {f"{ATOM}link", f"{ATOM}author", f"{ATOM}category"}:
            yield f"UndefinedElement: {tag}"
    for tag in once:
        if tags.count(tag) != 1:
            yield f"MissingElement or DuplicateElement: {tag}"
    yield from _plain(entry, f"{ATOM}title", f"{ATOM}summary", f"{ATOM}author/{ATOM}name")
    if not _UUID.match(entry.findtext(f"{ATOM}id") or ""):
        yield "NonCanonicalURI: id"
    yield from _rfc3339(entry.findtext(f"{ATOM}updated"))
    yield from _rfc3339(entry.findtext(f"{ATOM}published"))
    content = entry.find(f"{ATOM}content")
    if content is None or content.get("type") != "html":
        yield "InvalidMIMEType: content"
    else:
        yield from _html(content.text)
    alternates = []
    for link in entry.findall(f"{ATOM}link"):
        yield from _link(link)
        if link.get("rel") == "alternate":
            alternates.append((link.get("type"), link.get("hreflang")))
    if len(alternates) != 1:
        yield "DuplicateAtomLink or MissingContentOrAlternate"
    for category in entry.iter(f"{ATOM}category"):
        if not category.get("term"):
            yield "MissingAttribute: term"
        if category.get("scheme") is not None:
            yield from _uri(category.get("scheme"))
        yield from _no_html(category.get("label") or "")


# ------------------------------------------------------------------------------------------------- the same


def _links(parent: etree._Element, tag: str, address: str, media_type: str) -> Iterator[str]:
    own = []
    for link in parent.findall(tag):
        yield from _link(link)
        if link.get("rel") == "self":
            own.append(link.get("href"))
            if link.get("type") != media_type:
                yield "SelfNotAtom"
    if not own:
        yield "MissingSelf"
    elif own != [address]:
        yield f"SelfDoesntMatchLocation: {own}"


def _link(link: etree._Element) -> Iterator[str]:
    if link.get("rel") not in RELATIONS:
        yield f"UnregisteredAtomLinkRel: {link.get('rel')}"
    if link.text and link.text.strip():
        yield "AtomLinkNotEmpty"
    yield from _uri(link.get("href"))
    if link.get("type") is not None and not _TYPE.match(link.get("type", "")):
        yield f"InvalidMIMEType: {link.get('type')}"
    if link.get("title") is not None:
        yield from _no_html(link.get("title", ""))
        if not link.get("title"):
            yield "AttrNotBlank: title"
    if link.get("hreflang") is not None:
        yield from _language(link.get("hreflang"))
    if not (link.get("length") or "0").isdigit():
        yield "InvalidNonNegativeInteger: length"


def _plain(parent: etree._Element, *tags: str) -> Iterator[str]:
    for tag in tags:
        for element in parent.findall(tag):
            if not (element.text or "").strip():
                yield f"NotBlank: {tag}"
            if len(element):
                yield f"UndefinedElement in {tag}"
            yield from _no_html(element.text or "")


def _no_html(text: str) -> Iterator[str]:
    # An & that begins an entity is let through where it is written as &#x26;, which is asked of all of them.
    if _END_TAG.search(text):
        yield f"ContainsHTML: {text}"


def _html(html: str | None) -> Iterator[str]:
    if not (html or "").strip():
        yield "NotBlank: html"
        return
    try:
        tree = html5lib.HTMLParser(strict=True).parseFragment(html)
    except ParseError as error:
        yield f"NotHtml: {error} in {html!r}"
        return
    for element in tree.iter():
        tag = element.tag if isinstance(element.tag, str) else "comment"
        name = tag.split("}")[-1]
        if tag == "DOCUMENT_FRAGMENT":
            continue
        if name not in _ELEMENTS:
            yield f"SecurityRisk: {name}"
        for attribute, value in element.attrib.items():
            if attribute not in _ATTRIBUTES:
                yield f"SecurityRiskAttr: {attribute}"
            followed = attribute in {"href", "src", "cite"}
            if followed and urlsplit(value).scheme not in {"http", "https", "mailto", "tel"}:
                yield f"ContainsRelRef: {value}"


def _uri(uri: str | None) -> Iterator[str]:
    if not uri or not _URI.match(uri):
        yield f"InvalidFullLink: {uri}"


def _language(code: str | None) -> Iterator[str]:
    if not code or not _LANGUAGE.match(code):
        yield f"InvalidLanguage: {code}"


def _rfc822(date: str | None) -> Iterator[str]:
    if not date or not _RFC822.match(date):
        yield f"InvalidRFC2822Date: {date}"
    elif parsedate_to_datetime(date).strftime("%a") != date[:3]:
        yield f"IncorrectDOW: {date}"
    elif parsedate_to_datetime(date).year < 1990:
        yield f"ImplausibleDate: {date}"


def _rfc3339(date: str | None) -> Iterator[str]:
    if not date or not _RFC3339.match(date):
        yield f"InvalidRFC3339Date: {date}"
    elif dt.datetime.fromisoformat(date).year < 1990:
        yield f"ImplausibleDate: {date}"
