"""End marks (``***``, ``###``, ``- 30 -``, *ENDS*) and footnotes (``*Les participants …``, ``[1] …``)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pressfeed.intake.blocks import Block

_END_MARK = re.compile(
    r"(?:[*＊]\s?){2,12}\Z|(?:#\s?){2,8}\Z|[-–—]\s?3\s?0\s?[-–—]\Z"
    r"|[-–—=_*#~•\s]{0,9}(?:ends?|fin|fins|fin du communiqué|конец|انتهى|النهاية"
    r"|完|-\s?-|_{3,}|-{3,}|={3,})[-–—=_*#~•\s]{0,60}\Z",
    re.IGNORECASE,
)
_NOTE = re.compile(r"(\*{1,3}|[†‡§]{1,2}|[¹²³⁴-⁹⁰]{1,3}|\[\d{1,3}\]|\(\d{1,2}\)(?=\s?[^\W\d]))\s?(?=[^\s*])")
_MARKS = re.compile(r"[*†‡§¹²³⁴-⁹⁰\[(]")
# The same marks after a word: participants*, climate [1], Pact¹.
_REFERENCE = re.compile(
    r"(?<=[\w»”\"’).,])[ \u00a0]?"
    r"(\*{1,3}(?!\*)(?=[\s.,;:!?)»”]|$)|[†‡§]{1,2}|[¹²³⁴-⁹⁰]{1,3}|\[\d{1,3}\]|\(\d{1,2}\))"
)


def is_end_mark(text: str) -> bool:
    """Whether a line only says that the release ends here."""
    return len(text) <= 80 and bool(_END_MARK.match(text.strip()))


def mark_of(text: str) -> str:
    """The mark with which a footnote begins, "" where a text is none."""
    match = _NOTE.match(text)
    return match[1] if match else ""


def footnotes(blocks: Sequence[Block]) -> dict[int, str]:
    """Which blocks are footnotes, with their text. A mark counts only where the text before refers to it."""
    found: dict[int, str] = {}
    referred_to: set[str] = set()
    for index, block in enumerate(blocks):
        mark = mark_of(block.text) if block.kind in ("p", "li") else ""
        if mark in referred_to and len(block.text) > len(mark) + 3:
            found[index] = block.text
        elif _MARKS.search(block.text):
            referred_to.update(match[1] for match in _REFERENCE.finditer(block.text, len(mark)))
    return found
