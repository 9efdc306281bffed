"""What differs between two versions of a release, by field and by word (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from types import MappingProxyType

from pressfeed.domain import Content

# A word, one character of a script without spaces, a run of blanks, or any other sign.
_SPACELESS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_SPACELESS}]|[^\W{_SPACELESS}]+|\s+|.")


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two versions differ: a field, a paragraph of the text, one of several contacts.

    ``before`` is "" for what was added, ``after`` for what was taken out.
    """

    field: str  # a name of FIELDS
    before: str
    after: str


class Mark(StrEnum):
    """What became of a piece of text."""

    SAME = "="
    REMOVED = "-"
    ADDED = "+"


_PARTS: Mapping[str, Callable[[Content], Sequence[str]]] = MappingProxyType(
    {
        "headline": lambda content: (content.headline,),
        "subhead": lambda content: (content.subhead,),
        "language": lambda content: (content.language,),
        "place": lambda content: (content.place,),
        "date": lambda content: (str(content.date or ""),),
        "text": lambda content: [part for part in content.body_text.split("\n\n") if part.strip()],
        "notes": lambda content: content.footnotes,
        "contacts": lambda content: [
            ", ".join(filter(None, (one.name, one.role, one.phone, one.email))) for one in content.contacts
        ],
        "author": lambda content: (content.author,),
        "files": lambda content: [file.title or file.url for file in content.enclosures],
        "countries": lambda content: (", ".join(content.countries),),
        "regions": lambda content: (", ".join(content.regions),),
        "topics": lambda content: (", ".join(content.topics),),
    }
)
FIELDS = tuple(_PARTS)


def fields(old: Content, new: Content) -> tuple[str, ...]:
    """The names of FIELDS that differ; ``markup`` where the text is the same and its HTML is not."""
    found = tuple(name for name, parts in _PARTS.items() if tuple(parts(old)) != tuple(parts(new)))
    return found if found or old == new else ("markup",)


def changes(old: Content, new: Content) -> tuple[Change, ...]:
    """Every place that differs, in the order of a release."""
    return tuple(
        Change(name, before, after)
        for name, parts in _PARTS.items()
        for before, after in _pairs(list(parts(old)), list(parts(new)))
    )


def words(before: str, after: str) -> Iterator[tuple[Mark, str]]:
    """Two texts as one, each piece marked; pieces joined by the same mark come as one."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, start, end, other_start, other_end in matcher.get_opcodes():
        if what == "equal":
            yield Mark.SAME, "".join(old[start:end])
            continue
        if end > start:
            yield Mark.REMOVED, "".join(old[start:end])
        if other_end > other_start:
            yield Mark.ADDED, "".join(new[other_start:other_end])


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """What stands where: parts that were changed beside what they were, others beside ""."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, start, end, other_start, other_end in matcher.get_opcodes():
        if what == "equal":
            continue
        before, after = old[start:end], new[other_start:other_end]
        shared = min(len(before), len(after))
        yield from zip(before[:shared], after[:shared], strict=True)
        yield from ((text, "") for text in before[shared:])
        yield from (("", text) for text in after[shared:])
