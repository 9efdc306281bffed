"""What goes into the intake and what comes out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pressfeed.domain import Content, Regions

MAXIMUM_BYTES = 10 * 1024 * 1024
MAXIMUM_PARAGRAPHS = 50_000  # lines of plain text, or blocks of any other format


@dataclass(frozen=True, slots=True)
class Document:
    """One file or stream. Its bytes are loaded when they are read, so that thousands of these stay cheap."""

    name: str  # the path as the operator wrote it, or "-"; it appears in messages
    load: Callable[[], bytes]
    key: str  # the resolved path, or "-": identity where the document has none of its own
    source: str  # the folder or site it belongs to: menus are learned per source


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the operator says on the command line. ``None`` means not given; anything else wins."""

    language: str | None = None
    headline: str | None = None
    regions: tuple[str, ...] | None = None
    published: dt.datetime | None = None  # aware
    embargo: dt.datetime | None = None  # aware
    place: str | None = None
    story: str | None = None
    draft: bool | None = None
    archive: bool | None = None

    def __post_init__(self) -> None:
        for name in ("published", "embargo"):
            value = getattr(self, name)
            if value is not None and value.tzinfo is None:
                raise ValueError(f"{name} must be an aware datetime, got {value!r}")


@dataclass(frozen=True, slots=True)
class Setting:
    """What the newsroom knows: its languages (most wanted first), regions and time zone."""

    languages: tuple[str, ...]
    regions: Regions
    zone: ZoneInfo  # dates without a zone are read in this one


@dataclass(frozen=True, slots=True)
class Reading:
    """One release found in a document; a feed file gives several. Times are UTC."""

    key: str  # identity for re-imports: explicit id, guid, uri or canonical URL, else the document's key
    content: Content
    published_at: dt.datetime | None = None
    embargo_until: dt.datetime | None = None
    story: str | None = None  # names the story that translations share; None = a story of its own
    draft: bool = False  # the document asks to stay a draft
    withdrawn: bool = False
    archive: bool = False
    slug: str | None = None
    problems: tuple[str, ...] = ()  # warnings for the operator, with the line where it is known
