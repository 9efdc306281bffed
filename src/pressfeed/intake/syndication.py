"""RSS and Atom files (feedparser): every entry is a release; full text is preferred to summaries."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import Any

from pressfeed.domain import Enclosure
from pressfeed.errors import IntakeError
from pressfeed.intake import dates, dom, fields
from pressfeed.intake.draft import Draft
from pressfeed.intake.sanitise import absolute
from pressfeed.intake.text import one_line
from pressfeed.intake.types import Document, Setting

_ENTITY = re.compile(r"<!(?:ENTITY|DOCTYPE[^>\[]{0,1000}\[)", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


def read(text: str, document: Document, setting: Setting) -> Iterator[Draft]:
    """The entries of a feed as drafts.

    Raises IntakeError for XML that is no feed, for declared entities (they expand without bound, or read
    files), and for a feed without entries.
    """
    if match := _ENTITY.search(text):
        raise IntakeError(
            "the XML declares entities of its own",
            file=document.name,
            line=text.count("\n", 0, match.start()) + 1,
            remedy="Remove the declaration; feeds need none",
        )
    import feedparser

    source = io.BytesIO(_DECLARATION.sub("", text, count=1).encode("utf-8"))
    parsed = feedparser.parse(source, sanitize_html=False, resolve_relative_uris=False)
    broken = parsed.get("bozo_exception") if parsed.get("bozo") else None
    line = getattr(broken, "getLineNumber", lambda: None)()
    if not parsed.entries:
        is_feed = bool(parsed.get("version"))
        raise IntakeError(
            "the feed has no entries" if is_feed else "this is XML, but neither RSS nor Atom",
            file=document.name,
            line=line,
            remedy="Give a feed with entries, or the page as HTML",
        )
    problem = f"line {line or 1}: the feed is not well-formed XML; read as far as it goes" if broken else ""
    for entry in parsed.entries:
        draft = _draft(entry, parsed.feed, setting)
        if problem:
            draft.problems.append(problem)
        yield draft


def _draft(entry: Any, feed: Any, setting: Setting) -> Draft:
    link = absolute(str(entry.get("link") or ""), str(feed.get("link") or ""))
    body, language, base = _body(entry)
    draft = Draft(
        marked_up=True,
        headline=one_line(dom.text_of(str(entry.get("title") or ""))),
        key=one_line(str(entry.get("id") or "")) or link,
        language_hint=fields.language_code(language or str(feed.get("language") or ""), setting.languages),
        author=one_line(str(entry.get("author") or "")),
        topics=tuple(
            one_line(str(tag.get("label") or tag.get("term") or "")) for tag in entry.get("tags") or ()
        ),
    )
    draft.published = _moment(entry, "published", setting) or _moment(entry, "updated", setting)
    draft.blocks = dom.fragment(body, absolute(base, link) or link)
    draft.enclosures = tuple(_enclosures(entry, link))
    return draft


def _body(entry: Any) -> tuple[str, str, str]:
    """The longest text of an entry, its language and its base URL."""
    details = [*(entry.get("content") or ()), entry.get("summary_detail") or {}]
    texts = [detail for detail in details if str(detail.get("value") or "").strip()]
    if not texts:
        return "", "", ""
    best = texts[0] if len(texts) == 1 else max(texts, key=lambda detail: len(detail["value"]))
    value = str(best["value"])
    if best.get("type") == "text/plain":
        value = dom.paragraphs(value)
    return value, str(best.get("language") or ""), str(best.get("base") or "")


def _moment(entry: Any, name: str, setting: Setting) -> dt.datetime | None:
    moment = dates.moment(str(entry.get(name) or ""), setting.zone)
    parsed = entry.get(f"{name}_parsed")
    if moment is None and parsed:
        try:
            year, month, day, hour, minute, second = parsed[:6]
            return dt.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=dt.UTC)
        except ValueError:
            return None
    return moment


def _enclosures(entry: Any, base: str) -> Iterator[Enclosure]:
    for link in entry.get("links") or ():
        if link.get("rel") != "enclosure":
            continue
        url = absolute(str(link.get("href") or ""), base)
        if url.startswith("http"):
            length = str(link.get("length") or "0")
            yield Enclosure(
                url,
                str(link.get("type") or "") or fields.media_type(url),
                int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0,
                one_line(str(link.get("title") or "")),
            )
