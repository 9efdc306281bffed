"""A text part encoded once, with holes that each recipient's own values are spliced into.

Quoted-printable (RFC 2045 section 6.7) or base64 (section 6.8), whichever is shorter: French grows by a tenth
in the one, Arabic nearly threefold. The encoded lines are in DKIM's relaxed canonical form already (RFC 6376
section 3.4.4): no tab, no two blanks together, no blank at the end of a line. So a signature hashes them as
they are.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from functools import lru_cache

_LINE = 75  # characters, so that a soft break fits within RFC 2045's 76
_RAW_LINE = 57  # bytes, which base64 makes 76 characters

# XML's characters are all that HTML and people need; NUL and its kind confuse filters.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(rb"[^ -<>-~]")
_SOFT_BREAK = b"=\r\n"


class Part:
    """One text part: ``headers`` of its entity, and ``splice`` for its encoded content in pieces."""

    def __init__(self, subtype: str, text: str, holes: Sequence[str]) -> None:
        text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n")
        pieces = re.split("(" + "|".join(map(re.escape, holes)) + ")", text) if holes else [text]
        literals = [piece.replace("\n", "\r\n").encode() for piece in pieces[::2]]
        self.holes = pieces[1::2]
        quoted, base64 = _QuotedPrintable(literals), _Base64(literals)
        self._body = quoted if quoted.size <= base64.size else base64
        self.headers = (
            f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {self._body.name}\r\n"
        ).encode()

    def splice(self, values: Mapping[str, bytes]) -> list[bytes]:
        """The encoded content with each hole filled, to be joined; values are ASCII without controls."""
        return self._body.pieces([values[hole] for hole in self.holes])


class _QuotedPrintable:
    """Literals and values each begin and end on lines of their own, tied together by soft breaks."""

    name = "quoted-printable"

    def __init__(self, literals: Sequence[bytes]) -> None:
        *rest, last = literals
        self._literals = [
            quoted_printable(each) + (b"" if each.endswith(b"\r\n") or not each else _SOFT_BREAK)
            for each in rest
        ]
        self._literals.append(quoted_printable(last))
        self.size = sum(map(len, self._literals))

    def pieces(self, values: Sequence[bytes]) -> list[bytes]:
        pieces = [self._literals[0]]
        for value, literal in zip(values, self._literals[1:], strict=True):
            pieces += (_value_lines(value), literal)
        return pieces


@lru_cache(maxsize=16)  # each of a recipient's links stands in both parts, and more than once
def _value_lines(value: bytes) -> bytes:
    return _wrap(value.replace(b"=", b"=3D")) + _SOFT_BREAK


def quoted_printable(data: bytes) -> bytes:
    """Bytes with CRLF line ends in quoted-printable, the last line without an end."""
    return b"\r\n".join([_wrap(_quote(line)) for line in data.split(b"\r\n")])


def _quote(line: bytes) -> bytes:
    line = _ESCAPED.sub(lambda match: b"=%02X" % match[0][0], line)
    line = line.replace(b"  ", b" =20")
    return line[:-1] + b"=20" if line.endswith(b" ") else line


def _wrap(line: bytes) -> bytes:
    """An encoded line, broken softly where it is long, never inside an escape."""
    pieces: list[bytes] = []
    while True:
        # Mail stores guard "From " and mail servers a leading dot; some forget to take the guard away again.
        if line.startswith((b".", b"From ")):
            line = b"=%02X" % line[0] + line[1:]
        if len(line) <= _LINE:
            return b"".join((*pieces, line))
        end = _LINE
        if line[end - 1] == 0x3D:
            end -= 1
        elif line[end - 2] == 0x3D:
            end -= 2
        pieces += (line[:end], _SOFT_BREAK)
        line = line[end:]


class _Base64:
    """Base64 lines hold 57 bytes each, so a value shifts all that follows it.

    The lines of a literal are kept for every shift that occurs: one, while all links have the same length.
    """

    name = "base64"

    def __init__(self, literals: Sequence[bytes]) -> None:
        self._literals = literals
        self._shifted: dict[tuple[int, int], tuple[bytes, bytes]] = {}
        self.size = sum(len(each) for each in literals) * 78 // _RAW_LINE

    def pieces(self, values: Sequence[bytes]) -> list[bytes]:
        pieces: list[bytes] = []
        pending = b""  # bytes that do not fill a line yet
        for index, literal in enumerate(self._literals):
            if index:
                pending += values[index - 1]
            room = -len(pending) % _RAW_LINE
            if len(literal) < room:
                pending += literal
            else:
                pieces.append(_base64_lines(pending + literal[:room]))
                lines, pending = self._lines(index, room)
                pieces.append(lines)
        # The last line has no end: what comes after the part brings it.
        if pending or not pieces:
            pieces.append(_base64_lines(pending))
        pieces[-1] = pieces[-1].removesuffix(b"\r\n")
        return pieces

    def _lines(self, index: int, start: int) -> tuple[bytes, bytes]:
        """The full lines of a literal from a byte on, and the bytes left over."""
        if (index, start) not in self._shifted:
            literal = self._literals[index]
            end = len(literal) - (len(literal) - start) % _RAW_LINE
            self._shifted[index, start] = _base64_lines(literal[start:end]), literal[end:]
        return self._shifted[index, start]


def _base64_lines(data: bytes) -> bytes:
    return b"".join(
        [
            b2a_base64(data[at : at + _RAW_LINE], newline=False) + b"\r\n"
            for at in range(0, len(data), _RAW_LINE)
        ]
    )
