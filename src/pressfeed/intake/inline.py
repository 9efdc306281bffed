"""Inline HTML as this package writes it: its text, and cutting off its beginning."""

from __future__ import annotations

import re
from html import unescape

from pressfeed.intake.text import squeeze, tidy

UNUSABLE = (
    '<a href="">'  # stands for a link that cannot be kept, until it is known whether a menu was made of it
)
_LINK = re.compile(r"<a [^>]*>[^<]*(?:<(?!/a>)[^<]*)*</a>")
_UNUSABLE_LINK = re.compile(r'<a href="">([^<]*(?:<(?!/a>)[^<]*)*)</a>')
_TAG = re.compile(r"<[^>]*>")
_RAISED = re.compile(r"<sup>(\d{1,3})</sup>")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_PIECE = re.compile(r"<[^>]*>|&[^;\s]{1,10};|.", re.DOTALL)
_EMPTY = re.compile(r"<(\w+)(?: [^>]*)?>[ \u00a0]*</\1>")


def plain(html: str) -> str:
    """The text of inline HTML that this module wrote."""
    html = _RAISED.sub(lambda match: match[1].translate(_SUPERSCRIPT), html.replace("<br>", "\n"))
    return unescape(_TAG.sub("", html))


def is_linked(html: str) -> bool:
    """Whether there is nothing but links, and signs between them."""
    return "<a " in html and not plain(_LINK.sub("", html)).strip(" \n|·•/–-")


def without_unusable_links(html: str) -> str:
    """The HTML with the text of unusable links in their place."""
    return _UNUSABLE_LINK.sub(r"\1", html) if UNUSABLE in html else html


def squeeze_lines(text: str) -> str:
    """Spaces squeezed within lines; empty lines go."""
    return tidy("\n".join(line for part in text.split("\n") if (line := squeeze(part))))


def trim(html: str) -> str:
    """Inline HTML without spaces and breaks at its ends, runs of spaces squeezed."""
    html = re.sub(r"[ \t\n]+", " ", html).replace(" <br>", "<br>").replace("<br> ", "<br>").strip(" ")
    while html.startswith("<br>"):
        html = html[4:].lstrip(" ")
    while html.endswith("<br>"):
        html = html[:-4].rstrip(" ")
    return html


def without_prefix(html: str, text: str, count: int) -> str | None:
    """Inline HTML without the first count characters of its text; None where text and HTML do not agree."""
    if plain(html) != text:
        return None
    parts: list[str] = []
    seen = 0
    for piece in _PIECE.findall(html):
        is_tag = piece.startswith("<")
        width = (1 if piece == "<br>" else 0) if is_tag else len(unescape(piece))
        if seen >= count or (is_tag and not width):
            parts.append(piece)
        seen += width
    html = "".join(parts)
    while (shorter := _EMPTY.sub("", html)) != html:
        html = shorter
    return trim(html)
