"""SMTP replies (RFC 5321 §4.2): bytes from the wire to codes, and to text that is safe to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

LONGEST_LINE = 4096  # RFC 5321 §4.5.3.1.5 says 512; some servers explain themselves at greater length
MOST_LINES = 200
LONGEST_TEXT = 500

# RFC 5321 §4.2: three digits, then a space, a hyphen (more lines follow) or, as servers SHOULD NOT, nothing.
LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)")  # RFC 2034


class MalformedReply(Exception):
    """What came is not an SMTP reply; nothing on this connection can be trusted any more."""


class Reply(NamedTuple):
    """One reply: its code, and its lines without the code."""

    code: int
    lines: tuple[bytes, ...]

    @property
    def positive(self) -> bool:
        return 200 <= self.code < 300

    @property
    def status(self) -> str:
        """The enhanced status code (RFC 3463), "" if there is none or it contradicts the code."""
        return self.words[0]

    @property
    def text(self) -> str:
        """All lines as one printable line, the status code of every line left out."""
        return self.words[1]

    @property
    def words(self) -> tuple[str, str]:
        """``status`` and ``text``."""
        if len(self.lines) == 1:  # most are
            text = printable(self.lines[0])
            match = STATUS.match(text)
            if match is None or match[1][0] != str(self.code)[0]:
                return "", text[:LONGEST_TEXT]
            return match[1], text[match.end(1) :].lstrip()[:LONGEST_TEXT]
        texts = [printable(line) for line in self.lines]
        match = STATUS.match(texts[0])
        status = match[1] if match and match[1][0] == str(self.code)[0] else ""
        if status:
            texts = [text.removeprefix(status).lstrip() for text in texts]
        return status, " ".join(filter(None, texts))[:LONGEST_TEXT]


def printable(raw: bytes | str) -> str:
    """Text from the other side as one line without control, bidi or undecodable characters."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    if text.isprintable():
        return text.strip()
    return " ".join("".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text).split())


class ReplyParser:
    """Collects bytes until they make whole replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[bytes] = []

    @property
    def pending(self) -> bool:
        """Whether part of a reply has come."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are complete with ``data``, to be consumed to the end.

        Raises MalformedReply after the good ones, and is of no use then.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reply = self._line(line.removesuffix(b"\r"))
            if reply is not None:
                yield reply
        if len(self._rest) > LONGEST_LINE:
            raise MalformedReply("a reply line without an end")

    def _line(self, line: bytes) -> Reply | None:
        alone, last = _parsed(line)
        if last and not self._lines:
            return alone
        code, (text,) = alone
        if self._lines and code != self._code:
            raise MalformedReply(f"a reply whose lines say both {self._code} and {code}")
        self._code = code
        self._lines.append(text)
        if not last:
            if len(self._lines) >= MOST_LINES:
                raise MalformedReply(f"a reply of more than {MOST_LINES} lines")
            return None
        reply = Reply(code, tuple(self._lines))
        self._lines.clear()
        return reply


@lru_cache(maxsize=64)  # a server says the same few lines for every message
def _parsed(line: bytes) -> tuple[Reply, bool]:
    """A reply's line as a reply of its own, and whether it is the last one."""
    match = LINE.match(line) if len(line) <= LONGEST_LINE else None
    if match is None:
        raise MalformedReply(f"not an SMTP reply: {printable(line[:100])!r}")
    return Reply(int(match[1]), (match[3] or b"",)), match[2] != b"-"
