"""What RSS and Atom share: names, child elements, and how a document is put together.

An entry's bytes are the same in every feed that it is in. So each is made once (``rss_item``, ``atom_entry``
remember the last ones), and a document is feedgen's frame with these bytes in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lxml import etree

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML = "http://www.w3.org/XML/1998/namespace"

REMEMBERED = 512  # entries whose bytes are kept, for the next feed that they are in

# The last two code points of a plane in UTF-8; legal in XML, an error in the HTML that it carries.
_NO_CHARACTER = re.compile(rb"[\xf0-\xf4][\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf]")
# A Portuguese “Ã” before a no-break space, and the like: a line with nothing else in it looks like UTF-8 that
# was taken for Latin-1, of which validators warn.
_TWICE = re.compile(rb"\xc2(?<=\xc3[\x82\x83]\xc2)([\x80-\xbf])")
_CDATA = re.compile(rb"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)


def child(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A new last child."""
    element = etree.SubElement(parent, name, attributes)
    element.text = text
    return element


def set_html(parent: etree._Element, name: str, html: str) -> None:
    """HTML as the text of a child that is there: as people write it, rather than with every tag escaped."""
    for element in parent.iter(name):
        element.text = etree.CDATA(html.replace("]]>", "]]&gt;"))


def fragment(element: etree._Element, namespaces: Mapping[str, str], level: int) -> bytes:
    """The element as it stands in a document that declares the namespaces, indented for its level there."""
    root = etree.Element("root", nsmap=dict(namespaces))
    root.append(element)
    etree.indent(element, "  ", level=level)
    data = etree.tostring(root, encoding="UTF-8")
    return b"  " * level + _plain(data[data.index(b">") + 1 : -len(b"</root>")])


def document(frame: bytes, entries: Iterable[bytes], end: bytes) -> bytes:
    """The frame with the entries before its closing tag ``end``."""
    head, tag, tail = _plain(frame).rpartition(end)
    indent = head[len(head.rstrip()) :].rpartition(b"\n")[2]
    return b"\n".join([head.rstrip(), *entries, indent + tag + tail.rstrip(), b""])


def _plain(xml: bytes) -> bytes:
    """The same XML with & and < in plain text as the RSS profile wants them: no reader takes them for markup.

    https://www.rssboard.org/rss-profile#data-types-characterdata. U+FFFD stands for what was lost already
    before it came here; validators take it for a mistake of the feed.
    """
    if b"\xbf\xbe" in xml or b"\xbf\xbf" in xml:
        xml = _NO_CHARACTER.sub(b"", xml)
    if b"\xc3\x82\xc2" in xml or b"\xc3\x83\xc2" in xml:
        # As a reference, which XML and the HTML in it (RSS, Atom) read alike, it is a piece of its own.
        xml = _TWICE.sub(lambda found: b"&#x%X;" % found[1][0], xml)
    parts = _CDATA.split(xml.replace("\ufffd".encode(), b"?"))
    parts[::2] = [part.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;") for part in parts[::2]]
    return b"".join(parts)
