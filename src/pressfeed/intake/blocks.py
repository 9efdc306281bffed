"""A release's body while it is being read: a list of blocks, each with its text and its HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pressfeed.intake.sanitise import clean, inline_text


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (``p``), heading (``h1``–``h4``), list item (``li``), or a whole of another ``kind``.

    ``text`` is plain; ``html`` is the inline HTML of a paragraph, heading or item ("" = its text, escaped),
    and the complete element for ``list``, ``table``, ``quote``, ``pre``, ``figure`` and ``rule``.
    """

    kind: str
    text: str
    html: str = ""
    line: int = 0  # where it began in the document; 0 = unknown
    linked: bool = False  # nothing but links: a menu is made of these
    problems: tuple[str, ...] = ()  # what was left out of it, for the operator

    @property
    def is_text(self) -> bool:
        return self.kind in ("p", "h1", "h2", "h3", "h4", "li")

    @property
    def inline(self) -> str:
        return self.html or inline_text(self.text)


def to_html(blocks: Iterable[Block]) -> str:
    """The blocks as sanitised HTML, one element a line; single items are gathered into lists."""
    lines: list[str] = []
    for is_item, group in groupby(blocks, key=lambda block: block.kind == "li"):
        if is_item:
            lines.append("<ul>" + "".join(f"<li>{block.inline}</li>" for block in group) + "</ul>")
        else:
            lines += [_element(block) for block in group]
    return clean("\n".join(lines))


def _element(block: Block) -> str:
    if not block.is_text:
        return block.html
    tag = "h2" if block.kind == "h1" else block.kind  # the release's only h1 is its headline
    return f"<{tag}>{block.inline}</{tag}>"


def to_text(blocks: Sequence[Block]) -> str:
    """The blocks as plain text: paragraphs separated by one empty line, items of a list by a line break."""
    parts: list[str] = []
    for is_item, group in groupby(blocks, key=lambda block: block.kind == "li"):
        texts = [block.text for block in group if block.text]
        if is_item:
            parts.append("\n".join(f"- {text}" for text in texts))
        else:
            parts += texts
    return "\n\n".join(part for part in parts if part)
