"""JSON Feed 1.1 (https://jsonfeed.org/version/1.1) and ninjs 2.1 (https://iptc.org/std/ninjs/) as schemas.

JSON Feed has no schema of its own: this is its text, field by field. Of ninjs those properties are here that
pressfeed writes, with the types and limits of the published schema; any other would be an error.
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
URL = {"type": "string", "format": "uri", "pattern": "^https?://"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


def closed(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def many(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_AUTHORS = many({**closed(name=TEXT, url=URL, avatar=URL), "minProperties": 1}, 1)
JSON_FEED = closed(
    ("version", "title", "items"),
    version={"const": "https://jsonfeed.org/version/1.1"},
    title=TEXT,
    home_page_url=URL,
    feed_url=URL,
    description=TEXT,
    user_comment=TEXT,
    next_url=URL,
    icon=URL,
    favicon=URL,
    authors=_AUTHORS,
    language=TEXT,
    expired={"type": "boolean"},
    hubs=many(closed(("type", "url"), type=TEXT, url=URL)),
    items=many(
        {
            **closed(
                ("id",),
                id={"type": "string", "minLength": 1},
                url=URL,
                external_url=URL,
                title=TEXT,
                content_html=TEXT,
                content_text=TEXT,
                summary=TEXT,
                image=URL,
                banner_image=URL,
                date_published=TIME,
                date_modified=TIME,
                authors=_AUTHORS,
                tags=many(TEXT),
                language=TEXT,
                attachments=many(
                    closed(
                        ("url", "mime_type"),
                        url=URL,
                        mime_type=TEXT,
                        title=TEXT,
                        size_in_bytes={"type": "number", "minimum": 0},
                        duration_in_seconds={"type": "number", "minimum": 0},
                    )
                ),
            ),
            "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
        }
    ),
)

_NAMED = {"name": TEXT, "rel": TEXT, "uri": URL, "literal": TEXT}
_CONTACT = {
    **closed(type=TEXT, role=TEXT, lang=TEXT, name=TEXT, value=TEXT, address={"type": "object"}),
    "oneOf": [{"required": ["value"]}, {"required": ["address"]}],
}
_PROPERTIES: dict[str, Any] = {
    "uri": {"type": "string", "format": "uri", "pattern": "^[a-z]+:"},
    "type": {"enum": ["text", "audio", "video", "picture", "graphic", "composite", "component"]},
    "representationtype": {"enum": ["full", "partial"]},
    "version": TEXT,
    "firstcreated": TIME,
    "versioncreated": TIME,
    "embargoed": TIME,
    "pubstatus": {"enum": ["usable", "withheld", "canceled"]},
    "copyrightholder": TEXT,
    "ednote": TEXT,
    "language": TEXT,
    "by": TEXT,
    "located": TEXT,
    "headlines": many(closed(("value",), role=TEXT, contenttype=TEXT, value=TEXT)),
    "descriptions": many(closed(("value",), role=TEXT, contenttype=TEXT, value=TEXT)),
    "bodies": many(
        closed(
            ("value",),
            role=TEXT,
            contenttype=TEXT,
            charcount={"type": "number"},
            wordcount={"type": "number"},
            value=TEXT,
        )
    ),
    "places": many(closed(**_NAMED)),
    "subjects": many(closed(**_NAMED)),
    "infosources": many(closed(name=TEXT, role=TEXT, uri=URL, literal=TEXT, contactinfo=many(_CONTACT))),
    "altids": many(closed(role=TEXT, value=TEXT)),
    "renditions": many(
        closed(
            ("name",),
            name=TEXT,
            href=URL,
            contenttype=TEXT,
            title=TEXT,
            sizeinbytes={"type": "number"},
        )
    ),
    "standard": closed(name=TEXT, version=TEXT, schema=URL),
}
NINJS = closed(("uri",), **_PROPERTIES, associations=many(closed(("name", "uri"), **_PROPERTIES, name=TEXT)))
