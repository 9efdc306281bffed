"""OPML 2.0 (http://opml.org/spec2.opml): all feeds in one file that any reader imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed to subscribe to (``feed_url``), or a heading over others (``children``)."""

    text: str
    feed_url: str = ""
    home_url: str = ""
    description: str = ""
    language: str = ""
    children: tuple[Outline, ...] = ()


def opml(title: str, owner: str, owner_url: str, outlines: Sequence[Outline]) -> bytes:
    """The outlines as OPML, UTF-8. It has no date: it changes when a feed comes or goes, not with its items.

    Each region and language stands there once, as RSS, which every reader knows: whoever imports the file
    wants one subscription to each, not one to each format.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    for name, text in (
        ("title", title),
        ("ownerName", owner),
        ("ownerId", owner_url),
        ("docs", "http://opml.org/spec2.opml"),
    ):
        etree.SubElement(head, name).text = text
    body = etree.SubElement(root, "body")
    for outline in outlines:
        _write(body, outline)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _write(parent: etree._Element, outline: Outline) -> None:
    attributes = {"text": outline.text}
    if outline.feed_url:
        attributes |= {
            "type": "rss",
            "version": "RSS2",
            "title": outline.text,
            "xmlUrl": outline.feed_url,
            "htmlUrl": outline.home_url,
            "language": outline.language,
            "description": outline.description,
        }
    element = etree.SubElement(parent, "outline", {key: value for key, value in attributes.items() if value})
    for child in outline.children:
        _write(element, child)
