"""How values stand in the store: times as UTC text of fixed width, lists and contents as JSON text."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pressfeed.domain import Contact, Content, Enclosure, PartialDate


@lru_cache(maxsize=64)  # the same "now" goes into many rows
def time_text(moment: dt.datetime) -> str:
    """An aware time as UTC text that sorts like the time itself."""
    if moment.tzinfo is None:
        raise ValueError(f"a time in the store must know its zone: {moment!r}")
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def time_or_none(moment: dt.datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


parse_time = dt.datetime.fromisoformat
"""The inverse of ``time_text``."""


def parse_time_or_none(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def names_text(names: Sequence[str]) -> str:
    return json.dumps(list(names), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1024)  # thousands of releases share a few lists of regions
def parse_names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def content_text(content: Content) -> str:
    """A content as JSON text; equal contents give equal texts."""
    data: dict[str, Any] = {name: getattr(content, name) for name in _PLAIN}
    data["date"] = str(content.date) if content.date else ""
    data["contacts"] = [[c.name, c.role, c.phone, c.email] for c in content.contacts]
    data["enclosures"] = [[e.url, e.type, e.length, e.title] for e in content.enclosures]
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def parse_content(text: str) -> Content:
    """The inverse of ``content_text``."""
    data = json.loads(text)
    for name in _LISTS:
        data[name] = tuple(data[name])
    data["date"] = PartialDate.parse(data["date"]) if data["date"] else None
    data["contacts"] = tuple(Contact(*values) for values in data["contacts"])
    data["enclosures"] = tuple(Enclosure(*values) for values in data["enclosures"])
    return Content(**data)


_LISTS = ("footnotes", "countries", "regions", "topics")
_PLAIN = (
    "headline",
    "language",
    "body_html",
    "body_text",
    "subhead",
    "place",
    "author",
    *_LISTS,
)
