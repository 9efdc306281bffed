"""HTML into blocks: the parse tree is walked once, links are resolved, layout is forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape, unescape

from lxml import etree

from pressfeed.intake.blocks import Block
from pressfeed.intake.inline import UNUSABLE, is_linked, plain, squeeze_lines, trim, without_unusable_links
from pressfeed.intake.sanitise import ATTRIBUTES, DROPPED, absolute
from pressfeed.intake.text import squeeze, tidy

Element = etree._Element

_RENAMED = {
    "b": "strong",
    "i": "em",
    "strike": "del",
    "s": "del",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
}
_KEPT_INLINE = frozenset({"em", "strong", "sub", "sup", "code", "abbr", "cite", "q", "del", "ins", "bdi"})
_HEADINGS = {"h1": "h1", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
_WHOLE = {"blockquote": "quote", "table": "table", "dl": "list", "ol": "list", "ul": "list", "pre": "pre"}
_NESTED = frozenset(
    {"blockquote", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "dl", "dt", "dd"}
    | {"ol", "ul", "li", "pre", "p", "h2", "h3", "h4"}
)
_HOLLOW = frozenset({"table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl"})
_BLOCK_LEVEL = _NESTED | {
    *("address", "article", "aside", "body", "center", "details", "div", "fieldset", "figcaption", "figure"),
    *("footer", "form", "h1", "h5", "h6", "header", "hgroup", "hr", "html", "main", "menu", "nav", "section"),
    "summary",
}
_DOUBLE_BREAK = re.compile(r"(?:[ \n]*<br>[ \n]*){2,}")


def parse(text: str) -> tuple[Element | None, bool]:
    """The tree of a page or fragment, and whether it is whole: False where nesting over 256 cut it off."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return None, True
    return root, not any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log)


def text_content(element: Element) -> str:
    """All text inside an element."""
    return "".join(map(str, element.itertext()))


def fragment(text: str, base_url: str) -> list[Block]:
    """The blocks of any HTML. Never raises; markup that is too deep is read as its text."""
    root, whole = parse(tidy(text))
    if not whole:
        return flattened(text)
    return [] if root is None else blocks_of(root, base_url)


def flattened(text: str) -> list[Block]:
    """The text of markup that is too deep to be parsed: every tag ends a line."""
    lines = (squeeze(unescape(line)) for line in re.split(r"<[^<>]{0,2000}>", text))
    blocks = [Block("p", tidy(line)) for line in lines if line]
    problem = "the markup is nested too deep; only its text was read"
    return [replace(block, problems=() if index else (problem,)) for index, block in enumerate(blocks)]


def blocks_of(
    root: Element, base_url: str, skip: Callable[[Element], bool] = lambda _: False, *, lines: bool = False
) -> list[Block]:
    """The blocks under an element; elements for which skip is true are left out with their content.

    ``lines``: the HTML is the document itself, so that its line numbers mean something to the operator.
    """
    walker = _Walker(base_url, skip, lines=lines)
    walker.start(root)
    return walker.blocks


class _Walker:
    def __init__(self, base_url: str, skip: Callable[[Element], bool], *, lines: bool) -> None:
        self.base_url = base_url
        self.skip = skip
        self.lines = lines
        self.problems: list[str] = []  # of the block that is being built
        self.containers: set[Element] = set()  # inline elements that hold blocks, as in <a><h2>…</h2></a>
        self.blocks: list[Block] = []
        self._run: list[str] = []
        self._line = 0

    def start(self, root: Element) -> None:
        for block in root.iter(*_BLOCK_LEVEL):
            parent = block.getparent()
            while parent is not None and parent.tag not in _BLOCK_LEVEL and parent not in self.containers:
                self.containers.add(parent)
                parent = parent.getparent()
        self.walk(root)
        self.flush()

    def walk(self, element: Element) -> None:
        """Text and inline children gather into paragraphs; block children make blocks of their own."""
        self._add_text(element.text)
        for child in element:
            if isinstance(child.tag, str) and not self._left_out(child):
                self._child(child)
            self._add_text(child.tail)

    def flush(self) -> None:
        html = "".join(self._run)
        self._run = []
        for part in _DOUBLE_BREAK.split(html):
            self._emit("p", part)

    def _line_of(self, element: Element) -> int:
        line = element.sourceline if self.lines else 0
        return line if isinstance(line, int) else 0

    def _left_out(self, element: Element) -> bool:
        return element.tag in DROPPED or self.skip(element)

    def _add_text(self, text: str | None) -> None:
        if text:
            self._run.append(escape(text, quote=False))

    def _child(self, child: Element) -> None:
        tag = child.tag
        if tag not in _BLOCK_LEVEL and child not in self.containers:
            self._run.append(self._inline(child))
            return
        self.flush()
        self._line = self._line_of(child)
        if tag in _HEADINGS:
            self._emit(_HEADINGS[tag], self._inner(child))
        elif tag == "ul" and _is_simple_list(child):
            for item in child:
                if item.tag == "li" and not self._left_out(item):
                    self._line = self._line_of(item)
                    self._emit("li", self._inner(item))
        elif tag == "hr":
            self.blocks.append(Block("rule", "", "<hr>", self._line))
        elif tag in _WHOLE and not (tag == "table" and _is_layout(child)):
            self._emit_whole(_WHOLE[tag], child)
        elif tag == "figure":
            self._emit_figure(child)
        else:
            self.walk(child)
            self.flush()

    def _emit(self, kind: str, html: str) -> None:
        linked = is_linked(html)
        html = trim(without_unusable_links(html))
        text = squeeze_lines(plain(html))
        if text or "<img " in html:
            self._append(kind, text, html, linked=bool(text) and linked)

    def _emit_whole(self, kind: str, element: Element) -> None:
        text = (
            "\n".join(_lines_of(element, self.skip)) if kind != "pre" else text_content(element).strip("\n")
        )
        if not text.strip():
            return
        html = self._nested(element)
        links = sum(len(squeeze(text_content(link))) for link in element.iter("a"))
        linked = links >= 0.9 * len(re.sub(r"(?m)^(?:- |\d+\. )", "", text))
        self._append(kind, tidy(text), html, linked=linked)

    def _append(self, kind: str, text: str, html: str, *, linked: bool = False) -> None:
        html = without_unusable_links(html)
        self.blocks.append(Block(kind, text, html, self._line, linked, tuple(self.problems)))
        self.problems.clear()

    def _emit_figure(self, element: Element) -> None:
        images = "".join(self._image(image) for image in element.iter("img"))
        caption = next((squeeze(text_content(found)) for found in element.iter("figcaption")), "")
        if images:
            tail = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
            self._append("figure", tidy(caption), f"<figure>{images}{tail}</figure>")
        else:
            self.walk(element)
            self.flush()

    def _inner(self, element: Element) -> str:
        parts = [escape(element.text or "", quote=False)]
        for child in element:
            if isinstance(child.tag, str) and not self._left_out(child):
                parts.append(self._inline(child))
            parts.append(escape(child.tail or "", quote=False))
        return "".join(parts)

    def _inline(self, element: Element) -> str:
        tag = _RENAMED.get(element.tag, element.tag)
        if tag == "br":
            return "<br>"
        if tag == "img":
            return self._image(element)
        inner = self._inner(element)
        if tag == "a":
            return self._link(element, inner)
        if tag in _BLOCK_LEVEL:  # a block inside a heading or an item: its borders become spaces
            return f" {inner} "
        return f"<{tag}>{inner}</{tag}>" if tag in _KEPT_INLINE and inner.strip() else inner

    def _link(self, element: Element, inner: str) -> str:
        reference = (element.get("href") or "").strip()
        if not reference or reference.startswith("#") or not inner.strip() or "<a " in inner:
            return inner
        url = absolute(reference, self.base_url)
        if not url:
            self._report("link", reference, element)
            return f"{UNUSABLE}{inner}</a>"
        return f'<a href="{escape(url)}">{inner}</a>'

    def _image(self, element: Element) -> str:
        reference = (element.get("src") or "").strip()
        url = absolute(reference, self.base_url)
        if not url.startswith(("http://", "https://")):
            if reference and not reference.startswith(("data:", "cid:")):
                self._report("image", reference, element)
            return ""
        attributes = {"src": url, "alt": squeeze(element.get("alt") or "")}
        attributes |= {name: element.get(name, "") for name in ("width", "height") if element.get(name)}
        return "<img" + "".join(f' {name}="{escape(value)}"' for name, value in attributes.items()) + ">"

    def _nested(self, element: Element) -> str:
        """An element that is kept whole, with the nesting inside it."""
        tag = _HEADINGS.get(element.tag, element.tag)
        tag = "h2" if tag == "h1" else tag
        if tag == "pre":
            return f"<pre>{escape(text_content(element).strip(chr(10)), quote=False)}</pre>"
        parts = [_between(element.text, tag)]
        for child in element:
            if isinstance(child.tag, str) and not self._left_out(child):
                if child.tag in _BLOCK_LEVEL or child in self.containers:
                    parts.append(self._nested(child))
                else:
                    parts.append(self._inline(child))
            parts.append(_between(child.tail, tag))
        inner = "".join(parts)
        if tag not in _NESTED:
            return f" {inner} "
        given = "".join(
            f' {name}="{escape(value)}"'
            for name in sorted(ATTRIBUTES.get(tag, ()))
            if (value := element.get(name)) is not None
        )
        return f"<{tag}{given}>{inner.strip()}</{tag}>"

    def _report(self, what: str, reference: str, element: Element) -> None:
        line = self._line_of(element)
        where = f"line {line}: " if line else ""
        shown = reference if len(reference) <= 80 else reference[:77] + "…"
        scheme = re.sub(r"[\x00-\x20]", "", reference.partition(":")[0]).lower() if ":" in reference else ""
        shown = squeeze(shown)
        if scheme in ("javascript", "data", "vbscript", "file"):
            self.problems.append(f"{where}left out a {what} that browsers must not follow: {shown}")
        else:
            self.problems.append(
                f"{where}left out the {what} {shown}: it is relative, and the page does not say its address"
            )


def _between(text: str | None, parent: str) -> str:
    """Text between elements, escaped; between rows and items white space means nothing."""
    if parent in _HOLLOW and not (text or "").strip():
        return ""
    return escape(text or "", quote=False)


def _is_simple_list(element: Element) -> bool:
    return all(
        not isinstance(item.tag, str)
        or (
            item.tag == "li"
            and not any(found.tag in ("ul", "ol", "table") for found in item.iterdescendants())
        )
        for item in element
    )


def _is_layout(table: Element) -> bool:
    """Old pages are laid out with tables: one column, or paragraphs in the cells and no header cell."""
    if next(table.iter("th"), None) is not None:
        return False
    if any(
        next(cell.iter("p", "div", "h1", "h2", "h3", "table", "ul"), None) is not None
        for cell in table.iter("td")
    ):
        return True
    return all(sum(1 for cell in row if cell.tag == "td") < 2 for row in table.iter("tr"))


_BREAK = "\x1f"  # stands for <br> while source line breaks are still only spaces


def _lines_of(element: Element, skip: Callable[[Element], bool]) -> Iterator[str]:
    """The text of a list, table or quotation, line by line, with markers and cell borders."""
    if element.tag == "tr":
        cells = [squeeze(_text_of(cell)) for cell in element if cell.tag in ("td", "th")]
        if any(cells):
            yield " | ".join(cells)
        return
    start = element.get("start", "1")
    number = int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1
    buffer = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in DROPPED and not skip(child):
            if child.tag in _BLOCK_LEVEL:
                yield from _lines("".join(buffer))
                buffer = []
                lines = list(_lines_of(child, skip))
                if child.tag == "li" and lines:
                    lines[0] = (f"{number}. " if element.tag == "ol" else "- ") + lines[0]
                    number += 1
                yield from lines
            else:
                buffer.append(_BREAK if child.tag == "br" else _text_of(child))
        buffer.append(child.tail or "")
    yield from _lines("".join(buffer))


def _text_of(element: Element) -> str:
    """The text inside an element, without what is dropped with its content."""
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in DROPPED:
            parts.append(_BREAK if child.tag == "br" else _text_of(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _lines(text: str) -> Iterator[str]:
    for line in text.split(_BREAK):
        if squeezed := squeeze(line):
            yield squeezed


def text_of(html: str) -> str:
    """The plain text of a title that may be marked up."""
    if "<" not in html and "&" not in html:
        return html
    return " ".join(block.text for block in fragment(html, ""))


def paragraphs(text: str) -> str:
    """Plain text as HTML: empty lines separate paragraphs, single ones break lines."""
    parts = re.split(r"\n[ \t]*\n", text.strip())
    return "".join(f"<p>{escape(part.strip(), quote=False).replace(chr(10), '<br>')}</p>" for part in parts)
