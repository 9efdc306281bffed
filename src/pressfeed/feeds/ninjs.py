"""IPTC ninjs 2.1 (https://iptc.org/std/ninjs/): a release as news agencies take it (pure)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pressfeed.domain import Contact, Release
from pressfeed.feeds.model import Attachment, Entry
from pressfeed.markup import one_line

SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_2.1.json#"


class Sibling(NamedTuple):
    """The same story in another language: its item's ``uri``, and the page of that release."""

    language: str
    uri: str
    url: str


def ninjs(
    release: Release, entry: Entry, *, body: str, publisher: str, translations: Sequence[Sibling] = ()
) -> dict[str, Any]:
    """One item. ``body`` is the clean HTML of the text alone, ``publisher`` who publishes it.

    ninjs has no property for translations: each public one is an association ``translation-fr`` with the
    ``uri`` and ``language`` of its own item. A corrected release says so in ``ednote``; a withdrawn one is
    ``canceled`` and says nothing but its headline and, in ``ednote``, that it was withdrawn.
    """
    content, withdrawn = release.content, entry.withdrawn is not None
    item: dict[str, Any] = {
        "standard": {"name": "ninjs", "version": "2.1", "schema": SCHEMA},
        "uri": entry.id,
        "type": "text",
        "representationtype": "full",
        "version": str(release.version),
        "firstcreated": entry.published.isoformat(),
        "versioncreated": entry.updated.isoformat(),
        "pubstatus": "canceled" if withdrawn else "usable",
        "language": entry.language,
        "copyrightholder": publisher,
        "headlines": [{"role": "main", "value": entry.title}],
        "descriptions": [{"role": "summary", "contenttype": "text/plain", "value": entry.summary}],
        "infosources": [{"name": publisher}, *map(_source, content.contacts)],
        "altids": [{"role": "web page", "value": entry.url}],
    }
    if entry.notice:
        item["ednote"] = entry.notice
    if withdrawn:
        return item
    item["bodies"] = [
        {"role": "main", "contenttype": "text/html", "value": body},
        {
            "role": "main",
            "contenttype": "text/plain",
            "charcount": len(entry.text),
            "wordcount": len(entry.text.split()),
            "value": entry.text,
        },
    ]
    if content.author:
        item["by"] = entry.author
    if place := one_line(content.place):
        item["located"] = place
    countries = [category for category in entry.categories if category.scheme]
    if countries:
        item["places"] = [{"name": category.label, "literal": category.term} for category in countries]
    topics = [category for category in entry.categories if not category.scheme]
    if topics:
        item["subjects"] = [{"name": category.label} for category in topics]
    associations = [_association(file) for file in entry.attachments]
    associations += [_translation(sibling) for sibling in translations]
    if associations:
        item["associations"] = associations
    return item


def ninjs_bytes(item: dict[str, Any] | Iterable[dict[str, Any] | bytes]) -> bytes:
    """An item, or a list of them, as JSON in UTF-8, an item a line; the same gives the same bytes.

    Items of a list may be such lines already.
    """
    if isinstance(item, dict):
        return (json.dumps(item, ensure_ascii=False) + "\n").encode()
    lines = [(one if isinstance(one, bytes) else ninjs_bytes(one)).rstrip() for one in item]
    return b"[\n" + b",\n".join(lines) + b"\n]\n" if lines else b"[]\n"


def _source(contact: Contact) -> dict[str, Any]:
    """A media contact."""
    name, role = one_line(contact.name), one_line(contact.role)
    ways = (("phone", one_line(contact.phone)), ("email", one_line(contact.email)))
    source: dict[str, Any] = {"name": name or role, "role": "media contact"}
    found = [{"type": kind, "value": value} for kind, value in ways if value]
    if found:
        source["contactinfo"] = [way | ({"role": role} if role else {}) for way in found]
    return source


def _translation(sibling: Sibling) -> dict[str, Any]:
    return {
        "name": f"translation-{sibling.language}",
        "uri": sibling.uri,
        "type": "text",
        "representationtype": "partial",
        "language": sibling.language,
        "altids": [{"role": "web page", "value": sibling.url}],
    }


def _association(file: Attachment) -> dict[str, Any]:
    kind = file.type.partition("/")[0]
    rendition: dict[str, Any] = {"name": "original", "href": file.url, "contenttype": file.type}
    if file.length:
        rendition["sizeinbytes"] = file.length
    return {
        "name": file.title or file.url,
        "uri": file.url,
        "type": {"image": "picture", "audio": "audio", "video": "video"}.get(kind, "text"),
        "renditions": [rendition],
    }
