"""Deciders: which stories an edition tells, and what each subscriber gets of them (pure).

An edition takes the stories that its bulletin has not told yet, the newest first, up to the bulletin's
maximum; what does not fit waits for the next edition. A story is told to a subscriber in the first of their
languages that exists, else in the first of the bulletin's; a story that they have had, in any translation, by
any bulletin, is left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pressfeed.domain import Bulletin, Variant


class Told(Protocol):
    """A public release whose story the bulletin has not told yet. ``story`` is the story's number."""

    @property
    def release(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def published_at(self) -> dt.datetime: ...
    @property
    def story(self) -> int: ...


Translations = Mapping[str, tuple[int, int]]
"""The release and version that tell a story, by language."""


Notices = tuple[tuple[int, int, int], ...]
"""Notices, each with the version that the reader has and the one that it brings."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What an edition says. ``stories`` maps numbers to translations, in the order of telling."""

    stories: Mapping[int, Translations]
    waiting: int  # stories that did not fit
    skipped: str  # why the edition is skipped; "" = it is not


def select(candidates: Sequence[Told], bulletin: Bulletin) -> Selection:
    """The stories of a bulletin's next edition, from the public releases that it has not told yet.

    Only translations in the bulletin's languages count. Newest first, by the first of those translations that
    was published; the same candidates in any order give the same selection.
    """
    translations: dict[int, dict[str, tuple[int, int]]] = {}
    first: dict[int, dt.datetime] = {}
    for candidate in sorted(candidates, key=lambda told: told.release):
        if candidate.language not in bulletin.languages:
            continue
        story = translations.setdefault(candidate.story, {})
        story.setdefault(candidate.language, (candidate.release, candidate.version))
        earlier = first.get(candidate.story, candidate.published_at)
        first[candidate.story] = min(earlier, candidate.published_at)
    order = sorted(translations, key=lambda story: (first[story], story), reverse=True)
    if not order:
        return Selection({}, 0, "nothing new")
    if len(order) < bulletin.minimum:
        return Selection({}, len(order), f"{len(order)} new, fewer than the minimum of {bulletin.minimum}")
    chosen = order[: bulletin.maximum]
    return Selection({story: translations[story] for story in chosen}, len(order) - len(chosen), "")


class Planner:
    """Decides for one subscriber after the other what they get of an edition.

    People with the same languages who have had the same stories get the same variant, so that it is rendered
    once; decisions are remembered, so that a million subscribers cost a million dictionary look-ups.
    """

    def __init__(self, stories: Mapping[int, Translations], languages: Sequence[str]) -> None:
        """``stories`` in the order of telling; ``languages`` are the bulletin's, its fallback first."""
        self._stories = stories
        self._languages = tuple(languages)
        self._decided: dict[tuple[tuple[str, ...], frozenset[int], Notices], Decision | None] = {}

    def decide(self, languages: tuple[str, ...], had: frozenset[int], owed: Notices = ()) -> Decision | None:
        """What a subscriber with these languages, who has had these stories, gets; None = nothing.

        ``owed`` are notices that the edition must bring in any case: see ``Notices``.
        """
        key = (languages, had, owed)
        if key not in self._decided:
            self._decided[key] = self._decide(languages, had, owed)
        return self._decided[key]

    def _decide(self, languages: tuple[str, ...], had: frozenset[int], owed: Notices) -> Decision | None:
        preference = tuple(dict.fromkeys((*languages, *self._languages)))
        items = []
        for story, translations in self._stories.items():
            if story in had:
                continue
            language = next((code for code in preference if code in translations), None)
            if language is not None:
                items.append((story, *translations[language]))
        if not items and not owed:
            return None
        interface = next((code for code in languages if code in self._languages), self._languages[0])
        variant = Variant(interface, tuple((release, version) for _, release, version in items), owed)
        return Decision(variant, tuple(items))


@dataclass(frozen=True, slots=True)
class Decision:
    """A variant, and the (story, release, version) items that it gives."""

    variant: Variant
    items: tuple[tuple[int, int, int], ...]
