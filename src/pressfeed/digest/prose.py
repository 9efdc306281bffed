"""Plain text for mail: cleaned, cut and wrapped, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pressfeed.message import EVERY_HOLE

COLUMNS = 72  # RFC 5322 asks for 78 at most; a reply's "> " still fits

# What XML 1.0 forbids, and the embeddings, overrides and isolates with which a text could turn its neighbours
# around. Plain direction marks stay: Arabic and Hebrew writers need them.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# In a single line that stands beside others' lines (a subject), nothing invisible is left but joiners.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# White space at which lines may break. Not the no-break spaces: French puts them before « : » and « ! ».
_SPACE = re.compile("[ \t-\r\x1c-\x1f\x85\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]+")
_HOLE = re.compile("|".join(map(re.escape, EVERY_HOLE)))

_CLOSING = "、。，．！？；：）」』》】〉〕”’…％,.!?;:)]}»؟،؛"
_OPENING = "（「『《【〈〔“‘([{«"
# A sentence ends after a word of some length, so that "Dr." and "U.N." do not count.
_SENTENCE_END = re.compile(
    r"(?:[^\W\d]{4,}|\d|[»”)\]])[.!?؟۔…]+[»”’)\]]*(?=[ \u00a0\u202f])|[。！？][」』”’）]*"
)


def clean(text: str) -> str:
    """The text as Unicode NFC without forbidden characters, and without anything that would act as a hole."""
    text = unicodedata.normalize("NFC", _FORBIDDEN.sub("", text))
    return _HOLE.sub(lambda hole: hole[0].replace("_", " "), text)


def line(text: str) -> str:
    """The cleaned text on one line, white space collapsed; no-break spaces stay."""
    return _SPACE.sub(" ", clean(text)).strip()


def bare_line(text: str) -> str:
    """As ``line``, without any invisible character: for subjects."""
    return line(_INVISIBLE.sub("", text))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, separated by empty lines, each as one line."""
    found = (line(part) for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")))
    return [paragraph for paragraph in found if paragraph]


def width(text: str) -> int:
    """How many columns a terminal needs for it (UAX #11): East Asian wide 2, combining 0, all else 1."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if _wide(character):
        return 2
    return 0 if unicodedata.category(character) in {"Mn", "Me", "Cf"} else 1


def size(text: str) -> int:
    """For limits: what a reader has to read, and never less than the number of characters."""
    if text.isascii():
        return len(text)
    return sum(1 + _wide(character) for character in text)


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters of a line (East Asian wide ones count twice).

    Ends after a sentence where one ends in the last two fifths, else after a word, with an ellipsis.
    """
    if size(text) <= limit:
        return text
    kept = ""
    taken = 1  # the ellipsis
    for atom in _atoms(text):
        if taken + size(atom.rstrip(" ")) > limit:
            break
        taken += size(atom)
        kept += atom
    end = 0
    for match in _SENTENCE_END.finditer(text, 0, len(kept) + 1):
        end = match.end() if match.end() <= len(kept) else end
    if size(text[:end]) >= limit * 0.6:
        return text[:end]
    if not kept.strip():
        kept = _hard_cut(text, limit - 1)
    return kept.rstrip(" \u00a0\u202f,;:.–—-(«“،؛、，") + "…"


def _hard_cut(text: str, limit: int) -> str:
    """The start of a single endless word, not splitting what combines."""
    end = taken = 0
    for index, character in enumerate(text):
        taken += size(character)
        if taken > limit:
            break
        following = text[index + 1 : index + 2]
        if not (unicodedata.combining(following or " ") or "\u200d" in (character, following)):
            end = index + 1
    return text[:end]


def wrap(text: str, first: str = "", indent: str = "", columns: int = COLUMNS) -> str:
    """The line broken at ``columns``; the first one begins with ``first``, the others with ``indent``.

    Breaks at spaces, and between East Asian characters but for punctuation (UAX #14); a longer word, such as
    a URL, stays whole.
    """
    lines = [first]
    used = width(first)
    begun = False
    for atom in _atoms(text):
        visible = atom.rstrip(" ")
        if begun and used + width(visible) > columns:
            lines.append(indent)
            used, begun = width(indent), False
        if not begun and not visible:
            continue
        lines[-1] += atom
        used += width(atom)
        begun = True
    return "\n".join(part.rstrip(" ") for part in lines)


def _atoms(text: str) -> Iterator[str]:
    """What stays together on a line, with the spaces after it."""
    atom = ""
    for character in text:
        if atom and _may_break(atom, character):
            yield atom
            atom = ""
        atom += character
    if atom:
        yield atom


def _may_break(before: str, character: str) -> bool:
    last = before[-1]
    if character == " ":
        return False
    if last == " ":
        return True
    if character in _CLOSING or last in _OPENING:
        return False
    return (_wide(character) and not _joins(last)) or (_wide(last) and not _joins(character))


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _joins(character: str) -> bool:
    return character in "\u00a0\u202f\u2060\u200d" or bool(unicodedata.combining(character))
