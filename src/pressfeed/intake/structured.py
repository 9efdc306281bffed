"""JSON: JSON Feed 1.1, IPTC ninjs 1.x and 2.x, and plain objects such as ``releases show --json`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pressfeed.domain import Enclosure
from pressfeed.errors import IntakeError
from pressfeed.intake import dates, dom, fields
from pressfeed.intake.draft import Draft
from pressfeed.intake.sanitise import absolute
from pressfeed.intake.text import one_line, tidy
from pressfeed.intake.types import Document, Setting

_NINJS = frozenset(
    {
        "body_html",
        "body_xhtml",
        "body_text",
        "bodies",
        "headlines",
        "pubstatus",
        "versioncreated",
        "firstcreated",
    }
)
# What ``releases show --json`` writes and only the store can say.
_STORE_KEYS = frozenset({"version", "updated_at", "needs", "source", "created_at"})
_BODY_KEYS = ("body_html", "content_html", "body_text", "content_text", "body", "text")
_MOST = 10_000  # releases in one file


def read(text: str, document: Document, setting: Setting) -> Iterator[Draft]:
    """The releases in a JSON document. Raises IntakeError, with the line, for what is none."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise IntakeError(
            f"this is not JSON: {error.msg}", file=document.name, line=error.lineno, remedy="Correct it there"
        ) from error
    except (ValueError, RecursionError) as error:
        raise IntakeError(
            "this JSON cannot be read", file=document.name, remedy="Check numbers and nesting"
        ) from error
    is_feed = isinstance(data, dict) and str(data.get("version", "")).startswith(
        "https://jsonfeed.org/version/"
    )
    items = data.get("items") if is_feed else data if isinstance(data, list) else [data]
    if not isinstance(items, list) or not items or len(items) > _MOST:
        raise IntakeError(
            "the JSON holds no releases",
            file=document.name,
            remedy="Give JSON Feed, IPTC ninjs, or headline and body",
        )
    for number, item in enumerate(items, 1):
        if is_feed and isinstance(item, dict):
            yield _feed_item(item, data, setting)
        elif isinstance(item, dict) and _is_ninjs(item):
            yield _ninjs(item, setting)
        elif isinstance(item, dict) and ("headline" in item or any(key in item for key in _BODY_KEYS)):
            yield _plain(item, setting)
        else:
            raise IntakeError(
                f"item {number} of this JSON is no release",
                file=document.name,
                remedy="Give JSON Feed, IPTC ninjs, or objects with headline and body_html or body_text",
            )


def _is_ninjs(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("uri"), str) and bool(_NINJS & item.keys())


def _body(draft: Draft, html: Any, text: Any, base: str) -> None:
    if isinstance(html, str) and html.strip():
        draft.blocks = dom.fragment(html, base)
    else:
        draft.blocks = dom.fragment(dom.paragraphs(tidy(str(text or ""))), base)


def _feed_item(item: Mapping[str, Any], feed: Mapping[str, Any], setting: Setting) -> Draft:
    """https://www.jsonfeed.org/version/1.1/ — an ``_pressfeed`` extension may carry any front matter key."""
    url = absolute(_text(item, "url"), _text(feed, "home_page_url"))
    draft = Draft(headline=one_line(_text(item, "title")), key=_text(item, "id") or url, marked_up=True)
    draft.language = fields.language_code(_text(item, "language"), setting.languages)
    draft.language_hint = fields.language_code(_text(feed, "language"), setting.languages)
    authors = item.get("authors") or ([item["author"]] if isinstance(item.get("author"), dict) else [])
    draft.author = ", ".join(_text(author, "name") for author in _list(authors) if isinstance(author, dict))
    draft.topics = tuple(str(tag) for tag in _list(item.get("tags")) if isinstance(tag, str))
    moment = dates.moment(_text(item, "date_published"), setting.zone)
    if moment is None and _text(item, "date_published"):
        draft.problems.append(f"“date_published”: “{_text(item, 'date_published')[:40]}” is not a date")
    draft.published = moment
    _body(draft, item.get("content_html"), item.get("content_text") or item.get("summary"), url)
    attachments = [found for found in _list(item.get("attachments")) if isinstance(found, dict)]
    image = _text(item, "image") or _text(item, "banner_image")
    enclosures = [_enclosure(found.get("url"), found, "mime_type", "size_in_bytes") for found in attachments]
    if image and image not in [found.url for found in enclosures if found]:
        enclosures.append(_enclosure(image, {}, "", ""))
    draft.enclosures = tuple(found for found in enclosures if found)
    extension = item.get("_pressfeed")
    if isinstance(extension, dict):
        fields.apply(draft, extension, setting, ignored=_STORE_KEYS)
    return draft


def _ninjs(item: Mapping[str, Any], setting: Setting) -> Draft:
    """https://iptc.org/std/ninjs/ — 1.x has ``headline`` and ``body_html``, 2.x lists of them."""
    draft = Draft(key=_text(item, "uri"), marked_up=True)
    draft.headline = one_line(
        _text(item, "headline") or _variant(item, "headlines", "main") or _text(item, "title")
    )
    draft.subhead = one_line(_variant(item, "headlines", "subhead") or _variant(item, "headlines", "sub"))
    draft.language = fields.language_code(_text(item, "language"), setting.languages)
    draft.author = _text(item, "byline") or _variant(item, "bylines", "")
    draft.place = one_line(_text(item, "located"))
    draft.slug = None
    for key in ("contentcreated", "firstcreated", "versioncreated", "versionCreated"):
        if moment := dates.moment(_text(item, key), setting.zone):
            draft.published = moment
            break
    if _text(item, "embargoed"):
        fields.apply(draft, {"embargo": _text(item, "embargoed")}, setting)
    if _text(item, "pubstatus"):
        fields.apply(draft, {"pubstatus": _text(item, "pubstatus")}, setting)
    draft.topics = tuple(
        _text(found, "name")
        for key in ("subject", "subjects")
        for found in _list(item.get(key))
        if isinstance(found, dict) and _text(found, "name")
    )
    html = _text(item, "body_html") or _text(item, "body_xhtml") or _variant(item, "bodies", "", "html")
    text = _text(item, "body_text") or _variant(item, "bodies", "")
    _body(draft, html, text, absolute(_text(item, "uri"), ""))
    draft.story = _ninjs_story(item)
    draft.enclosures = tuple(_ninjs_enclosures(item))
    contacts = item.get("contactinfo")
    if isinstance(contacts, list):
        fields.apply(draft, {"contacts": contacts}, setting)
    return draft


def _ninjs_story(item: Mapping[str, Any]) -> str | None:
    """The story that translations share: an alternative id with the role ``story``, or the original."""
    for found in _list(item.get("altids")):
        if isinstance(found, dict) and _text(found, "role").lower() in (
            "story",
            "storyid",
            "translationgroup",
        ):
            return _text(found, "value") or None
    altids = item.get("altids")
    if isinstance(altids, dict):
        return next((str(altids[key]) for key in ("story", "storyid") if altids.get(key)), None)
    associations = item.get("associations")
    if isinstance(associations, dict):
        for name, found in associations.items():
            if isinstance(found, dict) and str(name).lower() in (
                "translationof",
                "translation_of",
                "original",
            ):
                return _text(found, "uri") or None
    return None


def _ninjs_enclosures(item: Mapping[str, Any]) -> Iterator[Enclosure]:
    associations = item.get("associations")
    found = associations.values() if isinstance(associations, dict) else _list(associations)
    for associated in found:
        if not isinstance(associated, dict) or _text(associated, "type") not in (
            "picture",
            "image",
            "video",
            "audio",
            "graphic",
        ):
            continue
        renditions = associated.get("renditions")
        choices = renditions.values() if isinstance(renditions, dict) else _list(renditions)
        for rendition in choices:
            if isinstance(rendition, dict) and (
                enclosure := _enclosure(
                    rendition.get("href"),
                    {
                        **rendition,
                        "title": _text(associated, "headline") or _text(associated, "description_text"),
                    },
                    "mimetype" if rendition.get("mimetype") else "contenttype",
                    "sizeinbytes",
                )
            ):
                yield enclosure
                break


def _plain(item: Mapping[str, Any], setting: Setting) -> Draft:
    """An object with the keys of front matter and a body."""
    draft = Draft()
    said = {key: value for key, value in item.items() if key not in _BODY_KEYS and key not in _STORE_KEYS}
    if "uid" in said:
        said.pop("id", None)  # the number that another store gave it
    if isinstance(said.get("id"), int):
        said.pop("id")
    fields.apply(draft, said, setting)
    bodies = {key: item[key] for key in _BODY_KEYS if isinstance(item.get(key), str) and item[key].strip()}
    html = bodies.get("body_html") or bodies.get("content_html")
    text = next((text for key, text in bodies.items() if not key.endswith("_html")), "")
    _body(draft, html, text, absolute(_text(item, "url"), ""))
    draft.recognise_head = not draft.headline
    return draft


def _enclosure(url: Any, data: Mapping[str, Any], type_key: str, length_key: str) -> Enclosure | None:
    address = absolute(str(url or ""), "")
    if not address.startswith("http"):
        return None
    length = data.get(length_key)
    return Enclosure(
        address,
        _text(data, type_key) or fields.media_type(address),
        length if isinstance(length, int) and 0 <= length < 10**15 else 0,
        one_line(_text(data, "title")),
    )


def _variant(item: Mapping[str, Any], key: str, role: str, content: str = "") -> str:
    """One of ninjs 2's lists of texts, by role and content type; the first one where no role is asked for."""
    for found in _list(item.get(key)):
        if not isinstance(found, dict):
            continue
        if role and _text(found, "role").lower() not in (role, "") + (
            ("headline",) if role == "main" else ()
        ):
            continue
        if content and content not in _text(found, "contenttype").lower():
            continue
        if not content and "html" in _text(found, "contenttype").lower():
            continue
        if role not in ("", "main") and not _text(found, "role"):
            continue
        return _text(found, "value")
    return ""


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return (
        tidy(str(value)).strip()
        if isinstance(value, (str, int, float)) and not isinstance(value, bool)
        else ""
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
