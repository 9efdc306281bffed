"""Words as the search index keeps them: without case, accents and endings, in every script (pure).

The same folding makes the index and reads a search, so that ``Inundación`` finds ``inundaciones``,
``فيضان`` finds ``والفيضانات`` and ``наводнение`` finds ``наводнениях``. It knows scripts, not languages:
whoever searches need not say in which one. Scripts without spaces are kept as pairs of characters, which a
phrase puts together again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

FORMAT = "1"  # another one whenever a change of this module makes other words: then stores index anew

# Scripts that are written without spaces: Thai to Khmer, kana, Han (also beyond the first plane), Hangul.
_PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U000323af"
)
# Marks that belong to a word: accents, Hebrew points, Arabic vowel signs and tatweel, Indic signs.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0dff"
_WORD = re.compile(f"[{_PAIRED}]+|(?:[^\\W_{_PAIRED}]|[{_MARKS}])+")
_IS_PAIRED = re.compile(f"[{_PAIRED}]")
_DROPPED = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]")

# Letters that Arabic, Persian and Urdu write in several ways; letters that NFKD does not split.
_LETTERS = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ک": "ك", "ة": "ه",
        "ء": "", "ё": "е", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
    }
)  # fmt: skip
_ARABIC_FRONT = ("وال", "بال", "كال", "فال", "ولل", "ال", "لل")
_ARABIC_BACK = ("ات", "ان", "ون", "ين", "يه", "ها", "هم", "ه", "ي")
# The longest first. fmt: off
_CYRILLIC_BACK = (
    "иями",
    "ями",
    "ами",
    "иях",
    "иям",
    "ого",
    "его",
    "ому",
    "ему",
    "ыми",
    "ими",
    "ией",
    "ях",
    "ах",
    "ям",
    "ам",
    "ей",
    "ой",
    "ий",
    "ый",
    "ая",
    "яя",
    "ое",
    "ее",
    "ые",
    "ие",
    "ую",
    "юю",
    "ов",
    "ев",
    "ом",
    "ем",
    "ия",
    "ию",
    "ии",
    "ью",
    "а",
    "я",
    "о",
    "е",
    "и",
    "ы",
    "у",
    "ю",
    "ь",
    "й",
)
# fmt: on


class Word(NamedTuple):
    """A word of a text: where it stands, and its folded form (several pairs where there are no spaces)."""

    start: int
    end: int
    text: str
    terms: tuple[str, ...]


def words(text: str) -> Iterator[Word]:
    """The words of a text in order; what folds to nothing is left out."""
    for match in _WORD.finditer(text):
        terms = fold(match[0])
        if terms:
            yield Word(match.start(), match.end(), match[0], terms)


def folded(*texts: str) -> str:
    """Texts as the index takes them: their terms with spaces between."""
    return " ".join(term for text in texts for match in _WORD.findall(text) for term in fold(match))


def is_paired(text: str) -> bool:
    """Whether a text is written without spaces between words."""
    return bool(_IS_PAIRED.match(text))


@lru_cache(maxsize=65_536)
def fold(word: str) -> tuple[str, ...]:
    """The terms of one word: one, or pairs of characters in scripts without spaces; () for bare marks."""
    plain = unfolded(word)
    if is_paired(word):
        # The last character stands alone too: a search for any single one finds a term that begins so.
        return tuple(plain[at : at + 2] for at in range(len(plain)))
    return (_stem(plain),) if plain else ()


@lru_cache(maxsize=65_536)
def unfolded(word: str) -> str:
    """The word without case and accents, but with its endings."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    if is_paired(word):
        return unicodedata.normalize("NFC", plain)
    return unicodedata.normalize("NFC", _DROPPED.sub("", plain)).translate(_LETTERS)


def _stem(word: str) -> str:
    """The word without article and endings of number and case; never shorter than three letters."""
    first = word[0]
    if "a" <= first <= "z":
        return _latin(word)
    if "а" <= first <= "я":
        return _without_ending(word, _CYRILLIC_BACK)
    if "\u0621" <= first <= "\u064a":
        front = next((front for front in _ARABIC_FRONT if word.startswith(front)), "")
        if front and len(word) - len(front) >= 3:
            word = word[len(front) :]
        shorter = _without_ending(word, _ARABIC_BACK)  # and once more: فيضانات → فيضان → فيض
        return _without_ending(shorter, _ARABIC_BACK)
    return word


def _latin(word: str) -> str:
    """Without plural and final e, which English, French and Spanish share; y is as i (agency, agencies)."""
    if len(word) < 4:
        return word
    if (word.endswith("s") and not word.endswith(("ss", "us", "is"))) or word.endswith(("aux", "eux", "oux")):
        word = word[:-1]
    if word.endswith("e") and len(word) > 4:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def _without_ending(word: str, endings: tuple[str, ...]) -> str:
    ending = next(
        (ending for ending in endings if word.endswith(ending) and len(word) - len(ending) >= 3), ""
    )
    return word[: len(word) - len(ending)]
