"""Which known words a mistyped one may have meant (pure)."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from itertools import pairwise

MOST = 8  # words that one word may stand for
_ALPHABETS = (string.ascii_lowercase, "абвгдежзийклмнопрстуфхцчшщъыьэюя", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي")


def reach(word: str, written: str) -> int:
    """How many slips of the finger are forgiven a folded word: one from four letters on, two from eight on.

    Arabic keeps three letters of many a long word, so it counts as it was ``written``.
    """
    if any(letter.isdigit() for letter in word) or len(word) < 3 or len(written) < 4:
        return 0
    if len(word) == 3:
        return 1 if len(written) >= 6 else 0
    return 1 if len(word) < 8 else 2


def first_letter_slips(word: str) -> Iterator[str]:
    """What the word is if its first letter was mistyped, left out, doubled, or swapped with the second."""
    yield word[1:]
    yield word[1] + word[0] + word[2:]
    alphabet = next((letters for letters in _ALPHABETS if word[0] in letters), "")
    for letter in alphabet:
        yield letter + word[1:]
        yield letter + word


def closest(word: str, known: Iterable[str], limit: int) -> list[str]:
    """The known words within ``limit`` slips of a word, the closest first; itself, if known, among them."""
    # A slip touches two neighbouring pieces at most, so one piece of an acceptable word is always whole.
    count = 2 * limit + 1
    cuts = [len(word) * number // count for number in range(count + 1)]
    pieces = [word[start:end] for start, end in pairwise(cuts) if start < end]
    near = [
        (distance, abs(len(other) - len(word)), other)
        for other in set(known)
        if any(piece in other for piece in pieces) and (distance := slips(word, other, limit)) <= limit
    ]
    return [other for _, _, other in sorted(near)[:MOST]]


def slips(one: str, other: str, limit: int) -> int:
    """How many letters must be put in, left out, exchanged or swapped with their neighbour.

    Optimal string alignment; beyond ``limit`` any number above it.
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    at = 0
    while one[at : at + 1] == other[at : at + 1] != "":
        at += 1
    one, other = one[at:], other[at:]  # what is alike at the front costs nothing
    if not one or not other or not limit:
        return len(one) + len(other)
    fewest = limit + 1
    for rest, against in ((one[1:], other[1:]), (one[1:], other), (one, other[1:])):
        fewest = min(fewest, 1 + slips(rest, against, fewest - 2)) if fewest > 1 else fewest
    if fewest > 1 and one[:2] == other[1::-1]:
        fewest = min(fewest, 1 + slips(one[2:], other[2:], fewest - 2))
    return fewest
