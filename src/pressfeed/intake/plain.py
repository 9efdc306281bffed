"""Plain text into rows, and rows into paragraphs: hard-wrapped lines are joined, real ones stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pressfeed.intake import contacts, dates, notes
from pressfeed.intake.blocks import Block
from pressfeed.intake.menus import Row
from pressfeed.intake.text import ends_open, ends_sentence, squeeze, starts_lower

_BULLET = re.compile(r"(?P<mark>[-–—•·▪◦●○■□➢►✓*]|\d{1,2}[.)](?=\s))(?:\s+|$)")
_WRAP = 120  # a hard-wrapped line is no longer than this
_YEARS = re.compile(r"\d{4}(?: ?[-–/] ?\d{2,4})?\Z")


def rows_of(text: str) -> list[Row]:
    """The lines of a text that say something, with their bullets taken off."""
    rows: list[Row] = []
    gap = False
    for number, raw in enumerate(text.split("\n"), 1):
        line = squeeze(raw)
        if not line:
            gap = bool(rows)
            continue
        mark = _BULLET.match(line)
        if mark and not notes.is_end_mark(line):
            rows.append(Row(line[mark.end() :], number, mark["mark"], gap))
        else:
            rows.append(Row(line, number, "", gap))
        gap = False
    return rows


def join(rows: Sequence[Row]) -> list[Row]:
    """Rows with hard-wrapped lines joined to paragraphs."""
    width = _wrap_width(rows)
    if _headline_is_broken(rows, width):
        rows = [replace(rows[0], text=_glue([rows[0].text, rows[1].text])), *rows[2:]]
    joined: list[Row] = []
    parts: list[str] = []
    previous: Row | None = None

    def flush() -> None:
        if parts:
            joined[-1] = replace(joined[-1], text=_glue(parts))
            parts.clear()

    for row in rows:
        if previous is not None and _continues(
            previous, row, width, is_head=len(joined) == 1 and len(parts) == 1
        ):
            parts.append(row.text)
        else:
            flush()
            joined.append(row)
            parts.append(row.text)
        previous = row
    flush()
    return joined


def _headline_is_broken(rows: Sequence[Row], width: int) -> bool:
    """A headline over two lines: the first as wide as the text's, the second short, then the text begins."""
    if not width or len(rows) < 3:
        return False
    first, second, third = (row.text for row in rows[:3])
    is_wide = 0.8 * width <= len(first) <= 1.15 * width and len(second) < 0.75 * width
    are_titles = _is_title_case(first) and _is_title_case(second) and len(second) < len(first) <= 1.15 * width
    return (
        (is_wide or are_titles)
        and second != ""
        and not ends_sentence(second)
        and not starts_lower(second)
        and third[:1].isupper()
        and not any(row.gap or row.bullet for row in rows[1:2])
        and dates.whole(second) is None
    )


def _is_title_case(text: str) -> bool:
    long = [word for word in text.split() if len(word) > 3]
    return len(long) > 1 and sum(word[0].isupper() for word in long) >= 0.8 * len(long)


def blocks_of(rows: Sequence[Row]) -> list[Block]:
    """Paragraphs, list items and headings from joined rows."""
    blocks: list[Block] = []
    for index, row in enumerate(rows):
        if not row.text:
            continue
        following = rows[index + 1].text if index + 1 < len(rows) else ""
        after_bare_bullet = index > 0 and not rows[index - 1].text
        if _YEARS.match(row.text) and following and (after_bare_bullet or row.bullet == ""):
            kind = "h3"
        elif row.bullet and not row.bullet[0].isdigit() and not _is_starred_note(rows, index):
            kind = "li"
        elif _is_heading(rows, index):
            kind = "h3"
        else:
            kind = "p"
        text = f"{row.bullet} {row.text}" if row.bullet and kind == "p" else row.text
        blocks.append(Block(kind, text, line=row.line))
    return blocks


def _is_starred_note(rows: Sequence[Row], index: int) -> bool:
    """A single line that begins with a star is a footnote; two of them are a list."""
    beside = (*rows[max(index - 1, 0) : index], *rows[index + 1 : index + 2])
    return rows[index].bullet == "*" and not any(row.bullet == "*" for row in beside)


def _is_heading(rows: Sequence[Row], index: int) -> bool:
    """A short line without a full stop between two paragraphs."""
    row = rows[index]
    if row.bullet or not 0 < index < len(rows) - 1 or len(row.text) > 70 or len(row.text.split()) > 9:
        return False
    before, after = rows[index - 1], rows[index + 1]
    return (
        row.text[-1].isalnum()
        and not row.text[0].islower()
        and row.text[0].isalpha()
        and len(before.text) > 100
        and len(after.text) > 100
        and ends_sentence(before.text)
        and not contacts.has_channel(row.text + after.text)
    )


def _wrap_width(rows: Sequence[Row]) -> int:
    """How wide the lines are broken, 0 where each line is a paragraph of its own."""
    pairs = [
        (one, other)
        for one, other in pairwise(rows)
        if one.text and other.text and not other.gap and not other.bullet
    ]
    broken = [
        one
        for one, other in pairs
        if 25 <= len(one.text) <= _WRAP
        and not ends_sentence(one.text)
        and (
            starts_lower(other.text)
            or ends_open(one.text)
            or not (other.text[0].isupper() or other.text[0].isdigit())
        )
        and not contacts.has_channel(one.text)
    ]
    own = [row for row in rows if len(row.text) >= 25 and not row.bullet]
    if len(broken) < 3 or len(broken) < 0.3 * len(own):
        return 0
    lengths = sorted(len(row.text) for row in broken)
    return lengths[int(0.9 * (len(lengths) - 1))]


def _continues(one: Row, other: Row, width: int, *, is_head: bool) -> bool:
    """Whether a row goes on from the one before it."""
    a, b = one.text, other.text
    if other.gap or other.bullet or not a or not b or notes.is_end_mark(a) or notes.is_end_mark(b):
        return False
    starts_label = bool(contacts.LABEL.match(b)) or b.startswith(('"mailto', "mailto"))
    if (
        contacts.INTRO.match(a)
        and not a.endswith((":", "："))
        and len(a) >= 40
        and contacts.has_channel(b)
        and not contacts.INTRO.match(b)
    ):
        return not starts_label  # "… please contact Jean-Philippe / Chauzy at WRA Geneva, Tel …"
    if contacts.has_channel(a) or contacts.has_channel(b) or starts_label:
        return False
    if a.endswith((":", "：")) or notes.mark_of(b):
        return False
    if starts_lower(b):
        return len(a) >= 25 and not a.endswith((";", "؛"))
    if ends_open(a) and not a.endswith((",", "،", "，", "、")) and 25 <= len(a) <= _WRAP:
        return True
    if not width or len(a) > _WRAP + 20:
        return False
    would_have_fitted = len(a) + 1 + len(b.split(None, 1)[0]) <= 0.85 * width
    if ends_sentence(a):
        return not would_have_fitted and len(a) >= 0.92 * width
    if ends_open(a) or b.startswith("("):
        return True
    # A first line without a full stop is a headline; whether it was broken, only its last word would tell.
    return not is_head and not would_have_fitted


def _glue(parts: Sequence[str]) -> str:
    """Broken lines as one: a word that was divided at a hyphen is put together there, hyphen and all."""
    text = parts[0]
    for part in parts[1:]:
        is_divided = text.endswith(("-", "‑")) and text[-2:-1].isalpha()
        is_han = "\u3000" < text[-1] <= "\uffef" or "\u3000" < part[0] <= "\uffef"
        text += part if is_divided or is_han else f" {part}"
    return text
