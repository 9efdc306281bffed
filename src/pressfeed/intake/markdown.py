"""Markdown (CommonMark with tables and footnotes) with YAML front matter."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml
from markdown_it import MarkdownIt

from pressfeed.errors import IntakeError
from pressfeed.intake import dom, fields
from pressfeed.intake.blocks import Block
from pressfeed.intake.draft import Draft
from pressfeed.intake.sanitise import absolute
from pressfeed.intake.text import squeeze
from pressfeed.intake.types import Document, Setting

_FENCE = re.compile(r"---[ \t]{0,99}\n")
_CLOSE = re.compile(r"^(?:---|\.\.\.)[ \t]{0,99}$", re.MULTILINE)
_LONGEST = 64 * 1024  # characters of front matter
_DEEPEST = 20
# Without any of these a paragraph is its own text: most releases need no Markdown parser at all.
_MARKUP = re.compile(r"[\\`*_\[\]<&~|]|!\[|^(?: {0,3}(?:[#>+=-]|\d{1,9}[.)])|    |\t)|  $", re.MULTILINE)
_NOTE = re.compile(
    r"^\[\^(?P<label>[^\]\s]{1,60})\]:[ \t]*(?P<text>[^\n]*(?:\n(?:[ \t]{2,}[^\n]*|(?=\n[ \t]{2,}\S)))*)",
    re.MULTILINE,
)
_REFERENCE = re.compile(r"\[\^(?P<label>[^\]\s]{1,60})\]")
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read(text: str, document: Document, setting: Setting) -> Draft:
    """A Markdown document as a draft. Raises IntakeError, with the line, for broken front matter."""
    draft = Draft(marked_up=True)
    matter, body, first_line = split(text, document)
    if matter:
        data = _load(matter, document)
        fields.apply(draft, data, setting, lambda key: _where(matter, key))
    base = _base(matter)
    draft.blocks = blocks(body, base, draft, first_line)
    return draft


def split(text: str, document: Document) -> tuple[str, str, int]:
    """(front matter, body, the body's first line)."""
    text = text.lstrip("\n")
    opening = _FENCE.match(text)
    if not opening:
        return "", text, 1
    closing = _CLOSE.search(text, opening.end())
    if closing is None:
        raise IntakeError(
            "the front matter does not end",
            file=document.name,
            line=1,
            remedy="Close it with a line that says ---",
        )
    matter = text[opening.end() : closing.start()]
    return matter, text[closing.end() :], text.count("\n", 0, closing.end()) + 1


def _load(matter: str, document: Document) -> dict[str, Any]:
    """The mapping that front matter holds; every scalar is text, so that ``no`` is Norwegian."""
    if len(matter) > _LONGEST:
        raise IntakeError(
            "the front matter is too long", file=document.name, line=2, remedy="Keep it under 64 KiB"
        )
    try:
        if any(sign in matter for sign in ("&", "*", "{", "[", "- -", "? ", "    - ", "        ")):
            _refuse_bombs(matter, document)
        data = yaml.load(matter, _Loader)  # noqa: S506  BaseLoader makes only texts, lists and mappings
    except yaml.MarkedYAMLError as error:
        line = min(error.problem_mark.line if error.problem_mark else 0, matter.rstrip().count("\n")) + 2
        raise IntakeError(
            f"the front matter is not YAML: {error.problem or error}",
            file=document.name,
            line=line,
            remedy="Put texts with a colon or a quotation mark in quotes",
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise IntakeError(
            "the front matter is not YAML", file=document.name, line=2, remedy="Correct it, or leave it out"
        ) from error
    if data is None or data == "":
        return {}
    if not isinstance(data, dict):
        raise IntakeError(
            "the front matter is not a list of keys",
            file=document.name,
            line=2,
            remedy="Write lines such as headline: …",
        )
    return data


def _refuse_bombs(matter: str, document: Document) -> None:
    """Aliases multiply, and deep nesting overflows: front matter needs neither."""
    depth = 0
    line = 1
    for event in yaml.parse(matter, getattr(yaml, "CLoader", yaml.Loader)):
        line = event.start_mark.line + 2 if event.start_mark else line
        if isinstance(event, yaml.AliasEvent):
            raise IntakeError(
                "the front matter uses a YAML alias (*name)",
                file=document.name,
                line=line,
                remedy="Write the value out, or put it in quotes",
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise IntakeError(
                "the front matter is nested too deep",
                file=document.name,
                line=line,
                remedy="Write plain keys and lists",
            )


def _where(matter: str, key: str) -> str:
    match = re.search(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*:", matter, re.MULTILINE)
    return f"line {matter.count(chr(10), 0, match.start()) + 2}: " if match else ""


def _base(matter: str) -> str:
    """The page's own address, for relative links."""
    match = re.search(
        r"^(?:url|canonical|canonical_url|permalink):[ \t]*[\"']?([^\s\"']+)", matter, re.MULTILINE
    )
    return absolute(match[1], "") if match else ""


def blocks(body: str, base_url: str, draft: Draft, first_line: int = 1) -> list[Block]:
    """Markdown as blocks; its footnotes go into the draft."""
    if not _MARKUP.search(body):
        return _plain(body, first_line)
    body = _take_notes(body, draft)
    return dom.fragment(_renderer().render(body), base_url)


def _plain(body: str, first_line: int) -> list[Block]:
    found: list[Block] = []
    line = first_line
    for paragraph in body.split("\n\n"):
        text = squeeze(paragraph)
        if text:
            found.append(Block("p", text, line=line))
        line += paragraph.count("\n") + 2
    return found


def _take_notes(body: str, draft: Draft) -> str:
    """Footnotes ``[^label]: …`` into the draft, numbered in the order of their references."""
    if "[^" not in body:
        return body
    texts = {match["label"]: squeeze(match["text"]) for match in _NOTE.finditer(body)}
    body = _NOTE.sub("", body)
    numbers: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        if match["label"] not in texts:
            return match[0]
        return f"<sup>[{numbers.setdefault(match['label'], len(numbers) + 1)}]</sup>"

    body = _REFERENCE.sub(number, body)
    for label in texts:
        numbers.setdefault(label, len(numbers) + 1)
    for label, position in sorted(numbers.items(), key=lambda item: item[1]):
        inner = dom.fragment(_renderer().render(texts[label]), "")
        draft.footnotes.append(f"[{position}] " + squeeze(" ".join(block.text for block in inner)))
    return body


@cache
def _renderer() -> MarkdownIt:
    # Raw HTML is let through here because everything is sanitised afterwards.
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
