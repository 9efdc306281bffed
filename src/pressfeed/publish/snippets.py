"""The part of a text that holds what was searched for, with the words marked (pure)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from pressfeed.store import folding

LENGTH = 240  # characters
_WIDE_LENGTH = 110  # in scripts without spaces, which say more in a character


class Piece(NamedTuple):
    """A stretch of text, marked or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to mark: folded terms, and beginnings of words without their case and accents."""

    terms: Collection[str] = field(default_factory=frozenset)
    beginnings: tuple[str, ...] = ()

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the text has what is wanted: (start, end) in characters, in order."""
        for word in folding.words(text):
            if folding.is_paired(word.text):
                yield from self._pairs(word)
            elif word.terms[0] in self.terms or (
                self.beginnings and folding.unfolded(word.text).startswith(self.beginnings)
            ):
                yield word.start, word.end

    def _pairs(self, word: folding.Word) -> Iterator[tuple[int, int]]:
        if len(word.terms) != len(word.text):  # folding has split a character: its place is not known
            return
        start = end = 0
        for at, term in enumerate(word.terms):
            if term in self.terms or (self.beginnings and term.startswith(self.beginnings)):
                reach = at + (len(term) if term in self.terms else 1)
                if at > end > start:
                    yield word.start + start, word.start + end
                start, end = (at, reach) if at > end or end == start else (start, max(end, reach))
        if end > start:
            yield word.start + start, word.start + end


def marked(text: str, wanted: Wanted) -> list[Piece]:
    """The whole text with what is wanted marked."""
    return _pieces(text, list(wanted.spans(text)), 0, len(text))


def snippet(text: str, wanted: Wanted) -> list[Piece]:
    """About ``LENGTH`` characters where most different words are wanted, else the beginning of the text."""
    text = " ".join(text.split())
    spans = list(wanted.spans(text))
    length = _WIDE_LENGTH if sum(map(folding.is_paired, text[:200])) > 60 else LENGTH
    start = _best_start(text, spans, length)
    end = min(start + length, len(text))
    if start:
        gap = text.find(" ", start, start + 30)
        start = gap + 1 if gap >= 0 else start
    if end < len(text):
        gap = text.rfind(" ", end - 30, end)
        end = gap if gap > start else end
    pieces = _pieces(text, spans, start, end)
    if start:
        pieces.insert(0, Piece("… "))
    if end < len(text):
        pieces.append(Piece(" …"))
    return pieces


def _best_start(text: str, spans: list[tuple[int, int]], length: int) -> int:
    """Where to begin so that most different words fall into the length; a little before the first of them."""
    best, start = 0, 0
    for number, (first, _) in enumerate(spans):
        inside = {text[a:b].casefold() for a, b in spans[number:] if b <= first + length * 3 // 4}
        if len(inside) > best:
            best, start = len(inside), first
    return max(start - length // 4, 0)


def _pieces(text: str, spans: list[tuple[int, int]], start: int, end: int) -> list[Piece]:
    found: list[Piece] = []
    at = start
    for first, last in spans:
        if first >= start and last <= end:
            if first > at:
                found.append(Piece(text[at:first]))
            found.append(Piece(text[first:last], True))
            at = last
    if at < end:
        found.append(Piece(text[at:end]))
    return found
