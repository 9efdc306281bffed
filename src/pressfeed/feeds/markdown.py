"""Semantic HTML → Markdown (CommonMark with tables), for people who take a release with them (pure)."""

from __future__ import annotations

import re

from lxml import etree

_PARSER = etree.HTMLParser()  # that of lxml.html makes elements which can do more, at twice the time
_MARKS = re.compile(r"([\\`*_\[\]<]|&(?=#?\w+;))")
_LINE_START = re.compile(
    r"^(\s*)(#{1,6}(?=\s|$)|[-+>](?=\s|$)|=+\s*$|-+\s*$|(?:\d+)(?=[.)](?:\s|$)))", re.MULTILINE
)
_MARK = re.compile(r"[\\`*_\[\]<&]")  # is there any? most texts have none
_UNEVEN = ("\n", "  ", "\t", "\r", "\f")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "cite": "*", "dfn": "*", "s": "~~", "del": "~~"}
_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table", "hr"}
    | {"figure", "details", "summary", "address", "dt", "dd", "figcaption", "li"}
)


def markdown(fragment: str) -> str:
    """The fragment as Markdown, without a line break at its end. What Markdown cannot say is left as text."""
    if not fragment.strip():
        return ""
    body = etree.fromstring(f"<html><body>{fragment}</body></html>", _PARSER)[0]
    return "\n\n".join(_blocks(body)).strip()


def escape(text: str) -> str:
    """Plain text that Markdown does not take for marks."""
    return _LINE_START.sub(_escape_start, _escape_marks(text))


def _escape_start(match: re.Match[str]) -> str:
    mark = match[2]
    return f"{match[1]}{mark}\\" if mark.isdigit() else f"{match[1]}\\{mark}"


def _blocks(parent: etree._Element) -> list[str]:
    """The blocks inside an element; text between them is a paragraph of its own."""
    found: list[str] = []
    line = [_text(parent.text)]

    def close() -> None:
        text = "".join(line).strip()
        if text:
            found.append(_LINE_START.sub(_escape_start, text))
        line.clear()

    for child in parent:
        if child.tag in _BLOCKS:
            close()
            found += _block(child)
        else:
            line.append(_inline(child))
        line.append(_text(child.tail))
    close()
    return found


def _block(element: etree._Element) -> list[str]:
    tag = str(element.tag)
    if tag in {"ul", "ol"}:
        return [_list(element, ordered=tag == "ol")]
    if tag == "hr":
        return ["* * *"]
    if tag == "pre":
        text = "".join(map(str, element.itertext())).strip("\n")
        return ["\n".join(f"    {line}" for line in text.split("\n"))]
    if tag == "table":
        return _table(element)
    inside = _blocks(element)
    if tag == "blockquote":
        return ["\n".join(f"> {line}".rstrip() for line in "\n\n".join(inside).split("\n"))]
    if tag[0] == "h" and tag[1:].isdigit():
        return [f"{'#' * int(tag[1:])} {' '.join(inside)}"] if inside else []
    return inside


def _list(element: etree._Element, *, ordered: bool) -> str:
    lines = []
    for number, item in enumerate(element.iterchildren("li"), start=int(element.get("start", "1") or 1)):
        mark = f"{number}. " if ordered else "- "
        first, *others = _blocks(item) or [""]
        tight = all(child.tag in {"ul", "ol"} for child in item if child.tag in _BLOCKS)
        text = ("\n" if tight else "\n\n").join([first, *others])
        lines.append(mark + re.sub(r"\n(?!\n)", "\n" + " " * len(mark), text))
    return "\n".join(lines)


def _table(element: etree._Element) -> list[str]:
    rows = [
        [
            " ".join(_blocks(cell)).replace("\n", " ").replace("|", "\\|")
            for cell in row.iterchildren("th", "td")
        ]
        for row in element.iter("tr")
    ]
    width = max((len(row) for row in rows), default=0)
    if not width:
        return []
    lines = [f"| {' | '.join(row + [''] * (width - len(row)))} |" for row in rows]
    lines.insert(1, "|" + " --- |" * width)
    captions = [" ".join(_blocks(caption)) for caption in element.iterchildren("caption")]
    return [*filter(None, captions), "\n".join(lines)]


def _inline(element: etree._Element) -> str:
    tag = element.tag
    if tag == "br":
        return "\\\n"
    if tag == "img":
        return f"![{escape(element.get('alt', ''))}]({_target(element.get('src', ''))})"
    if not isinstance(tag, str):
        return ""
    inside = _text(element.text) + "".join(_inline(child) + _text(child.tail) for child in element)
    if tag == "a" and element.get("href") and inside.strip():
        return f"[{inside}]({_target(element.get('href', ''))})"
    mark = _AROUND.get(tag)
    if mark is None or not inside.strip():
        return inside
    stripped = inside.strip()
    before, _, after = inside.partition(stripped)
    return f"{before}{mark}{stripped}{mark}{after}"


def _target(address: str) -> str:
    return re.sub(r"([()\\])", r"\\\1", address.replace(" ", "%20"))


def _text(text: str | None) -> str:
    if not text:
        return ""
    if any(space in text for space in _UNEVEN):
        text = _SPACES.sub(" ", text)
    return _escape_marks(text)


def _escape_marks(text: str) -> str:
    return _MARKS.sub(r"\\\1", text) if _MARK.search(text) else text
