"""Search: words → the public releases that say them, the best first.

    1. all words, each also as the beginning of a longer one
    2. where that finds next to nothing: also words that differ by a slip of the finger
    3. where even that finds nothing: any of the words

A release counts if it is public at ``now``, whatever the index holds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pressfeed.domain import Regions, Release
from pressfeed.publish.similar import closest, first_letter_slips, reach
from pressfeed.publish.snippets import Piece, Wanted, marked, snippet
from pressfeed.store import Store, folding
from pressfeed.store.search import WITHIN

PAGE = 20  # releases on a page of results
LONGEST = 200  # characters of a question that are read
_WORDS = 12  # words of a question that are looked for
_WIDENED = 10 * PAGE  # releases that are looked at then
_FEW = 3  # with fewer exact finds than that, similar words count too
_FIRST_DAY, _LAST_DAY = dt.date(1, 1, 3), dt.date(9999, 12, 28)
_QUOTED = re.compile('["“”„«»]')


class Closeness(StrEnum):
    """How what was found matches what was asked."""

    EXACT = "exact"
    SIMILAR = "similar"  # also words that are spelt alike
    SOME = "some"  # not all of the words


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for; "" and None are no condition. Both days count, in ``zone``'s time."""

    words: str
    language: str = ""
    region: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Hit:
    """A release with its headline and the telling part of its text, the words marked."""

    release: Release
    headline: Sequence[Piece]
    snippet: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what was found. ``total`` counts all pages; ``more`` says that there are still others."""

    hits: Sequence[Hit] = ()
    total: int = 0
    more: bool = False
    closeness: Closeness = Closeness.EXACT

    @property
    def pages(self) -> int:
        """How many pages of ``PAGE`` there are."""
        return -(-self.total // PAGE)


@dataclass(slots=True)
class _Group:
    """A word of the question (or a quoted phrase) as FTS5 looks for it, and as it is marked."""

    exact: str  # an FTS5 expression
    terms: set[str]  # folded words
    beginnings: tuple[str, ...] = ()  # of words without case and accents
    word: str = ""  # the one folded word that it is, "" for phrases and pairs of characters
    alternatives: list[str] = field(default_factory=list)  # folded words that may be meant instead

    @property
    def similar(self) -> str:
        return _any([self.exact, *map(_term, self.alternatives)])

    @property
    def loose(self) -> str:
        return _any([self.exact, *map(_term, sorted(self.terms)), *map(_term, self.alternatives)])


class _Search:
    """One question to one store at one moment."""

    def __init__(self, store: Store, regions: Regions, question: Question, now: dt.datetime, zone: dt.tzinfo):
        self._store = store
        self._now = now
        self._question = question
        self._regions = regions.within(question.region) or (question.region,) if question.region else ()
        self._since = _midnight(question.since, zone)
        self._before = _midnight(question.until, zone, days=1)
        self._groups = _groups(question.words)

    def run(self) -> Found:
        if not self._groups:
            return Found()
        skip = (max(self._question.page, 1) - 1) * PAGE
        ids, total = self._find([group.exact for group in self._groups], PAGE, skip)
        if not ids and skip:
            total = self._find([group.exact for group in self._groups], 1, 0)[1]
        closeness = Closeness.EXACT
        if total < _FEW:
            every, closeness = self._widen()
            total, ids = len(every), every[skip : skip + PAGE]
        return Found(self._hits(ids), total, total >= WITHIN, closeness)

    def _widen(self) -> tuple[list[int], Closeness]:
        """The few exact finds, and those with similar words; or whatever has any of the words."""
        exact, _ = self._find([group.exact for group in self._groups], _FEW, 0)
        known = self._store.search.known([group.word for group in self._groups])
        # With something found, a word that releases do use is meant as it is written.
        for group in self._groups:
            if not exact or group.word not in known:
                group.alternatives = self._alternatives(group.word, *group.beginnings)
        similar, _ = self._find([group.similar for group in self._groups], _WIDENED, 0)
        found = list(dict.fromkeys([*exact, *similar]))
        if found:
            return found, Closeness.EXACT if len(found) == len(exact) else Closeness.SIMILAR
        return self._find([_any([group.loose for group in self._groups])], _WIDENED, 0)[0], Closeness.SOME

    def _alternatives(self, word: str, written: str = "") -> list[str]:
        limit = reach(word, written)
        if not limit:
            return []
        near = self._store.search.vocabulary(word[0], len(word) - limit, len(word) + limit)
        near += self._store.search.known(first_letter_slips(word))
        return [other for other in closest(word, near, limit) if other != word]

    def _find(self, all_of: Sequence[str], most: int, skip: int) -> tuple[list[int], int]:
        return self._store.search.find(
            " AND ".join(all_of),
            self._now,
            language=self._question.language,
            regions=self._regions,
            since=self._since,
            before=self._before,
            most=most,
            skip=skip,
        )

    def _hits(self, ids: Sequence[int]) -> list[Hit]:
        wanted = Wanted(
            frozenset(term for group in self._groups for term in (*group.terms, *group.alternatives)),
            tuple(beginning for group in self._groups for beginning in group.beginnings),
        )
        return [
            Hit(
                release,
                marked(release.content.headline, wanted),
                snippet(release.content.body_text or release.content.subhead, wanted),
            )
            for release in self._store.releases.many(ids)
            if release.is_public(self._now)  # once more: what nobody may see is never shown
        ]


def search(store: Store, regions: Regions, question: Question, now: dt.datetime, zone: dt.tzinfo) -> Found:
    """Look for releases that are public at ``now``. A question without words finds nothing."""
    return _Search(store, regions, question, now, zone).run()


def _groups(text: str) -> list[_Group]:
    """The words of a question, those in quotation marks together; each once."""
    found: list[_Group] = []
    for number, part in enumerate(_QUOTED.split(text[:LONGEST])):
        words = list(folding.words(part))
        if number % 2 and len(words) > 1:
            terms = [term for word in words for term in _phrase(word)]
            found.append(_Group(_term(" ".join(terms)), set(terms)))
        else:
            found.extend(map(_group, words))
    return list({group.exact: group for group in found}.values())[:_WORDS]


def _group(word: folding.Word) -> _Group:
    if folding.is_paired(word.text):
        terms = _phrase(word)
        if len(word.terms) == 1:
            return _Group(f"{_term(terms[0])} *", set(), (terms[0],))
        return _Group(_term(" ".join(terms)), set(terms))
    term, plain = word.terms[0], folding.unfolded(word.text)
    if len(plain) < 4 or plain.isdigit():
        return _Group(_term(term), {term}, word=term)
    return _Group(f"({_term(term)} OR {_term(plain)} *)", {term}, (plain,), term)


def _phrase(word: folding.Word) -> list[str]:
    """The terms of a word as they follow each other in a text: the last of several pairs is a lone half."""
    return list(word.terms[:-1] or word.terms)


def _term(text: str) -> str:
    """A string of FTS5; folded words hold no quotation marks."""
    return f'"{text}"'


def _any(expressions: Sequence[str]) -> str:
    return "(" + " OR ".join(dict.fromkeys(expressions)) + ")"


def _midnight(day: dt.date | None, zone: dt.tzinfo, days: int = 0) -> dt.datetime | None:
    if day is None:
        return None
    within = min(max(day, _FIRST_DAY), _LAST_DAY)  # of other days not every zone has a midnight
    return dt.datetime.combine(within + dt.timedelta(days=days), dt.time(), zone)
