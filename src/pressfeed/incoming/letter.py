"""The bytes of a message, taken apart within bounds: whatever comes in, something readable comes out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from html import unescape

ANALYSED = 1_000_000  # bytes from the beginning; what a report says stands there
MOST_PARTS = 100  # a message of more is read as its header alone
LONGEST_TEXT = 100_000  # characters of a text part
LONGEST_FIELD = 2_000  # characters of a header field
_PARTS = re.compile(rb"boundary\s*=|content-type:\s*message/", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<[^<>]*>")

# Everything that the email package is known to raise on garbage. MessageError is no ValueError.
BROKEN = (MessageError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True)
class Letter:
    """A message in its parts.

    ``text`` is what the sender itself wrote: its text parts, without the message that it returns. ``reports``
    are the machine-readable parts as (media subtype, text), and ``everything`` is all of it that can be read,
    for looking for tokens.
    """

    message: Message
    text: str = ""
    reports: tuple[tuple[str, str], ...] = ()
    everything: str = field(default="", repr=False)

    def header(self, name: str) -> str:
        """A header field, decoded, on one line; "" where it is missing."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        """All header fields of a name."""
        # The parser's own access would lose bytes that are not ASCII, and many servers write such.
        return [readable(value) for key, value in self.message.raw_items() if key.lower() == name]


def open_letter(raw: bytes) -> Letter:
    """Take a message apart; never raises, whatever the bytes are."""
    head = raw[:ANALYSED]
    plain = head.decode("utf-8", "replace")
    bomb = len(_PARTS.findall(head)) > MOST_PARTS
    try:
        message = BytesParser().parsebytes(head, headersonly=bomb)
        texts: list[str] = []
        reports: list[tuple[str, str]] = []
        encoded: list[str] = []
        for part in () if bomb else _parts(message):
            kind = part.get_content_type()
            if kind in ("text/plain", "text/html"):
                body = _body(part)
                encoded.append(body)
                texts.append(_words_of(body) if kind == "text/html" else body)
            elif kind == "text/rfc822-headers":
                encoded.append(_body(part))
            elif part.get_content_maintype() == "message":
                inner = _source(part)
                encoded.append(inner)
                reports.append((kind.partition("/")[2].removeprefix("global-"), inner))
        return Letter(
            message,
            "\n".join(texts)[:LONGEST_TEXT],
            tuple(reports),
            "\n".join((plain, *encoded)),
        )
    except BROKEN:
        # Not even the header can be trusted; the operator gets it as it came.
        return Letter(Message(), plain[:LONGEST_TEXT], everything=plain)


def fold(text: str) -> str:
    """Text for looking up phrases: compatibility forms, case and white space made alike."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def readable(value: object) -> str:
    """A header field's value as text on one line (RFC 2047), without controls; never raises."""
    text = _utf8(str(value or "")[:LONGEST_FIELD])
    try:
        words = []
        for word, charset in decode_header(text):
            words.append(_decode(word, charset or "") if isinstance(word, bytes) else word)
        text = "".join(words)
    except BROKEN:
        pass  # as it came, then
    return _SPACE.sub(" ", "".join(c if c.isprintable() else " " for c in text)).strip()


def fields_of(text: str) -> Iterator[dict[str, str]]:
    """The groups of fields of a report (RFC 3464 section 2.1), names in lower case; the last value wins."""
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        group: dict[str, str] = {}
        name = ""
        for line in block.split("\n"):
            if line[:1] in (" ", "\t") and name:
                group[name] = f"{group[name]} {line.strip()}"[:LONGEST_FIELD]
            elif (match := re.match(r"([!-9;-~]+)[ \t]*:(.*)", line)) is not None:
                name = match[1].lower()
                group[name] = match[2].strip()[:LONGEST_FIELD]
            else:
                name = ""
        if group:
            yield group


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The leaves of a message, without going into messages that it contains."""
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list) and depth < 10:
        for part in payload:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)
    else:
        yield message


def _body(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    return _decode(data, part.get_content_charset("")).replace("\r\n", "\n")[:LONGEST_TEXT]


def _source(part: Message) -> str:
    """What stands in a message/* part, which the parser has taken apart already, as text again."""
    payload = part.get_payload()
    blocks = []
    for inner in payload if isinstance(payload, list) else []:
        if not isinstance(inner, Message):
            continue
        fields = "\n".join(f"{name}: {value}" for name, value in inner.raw_items())
        content = inner.get_payload()
        rest = content if isinstance(content, str) else ""
        blocks.append(f"{fields}\n\n{rest}" if fields else rest)
    if not blocks and isinstance(payload, str):
        blocks.append(payload)
    source = _utf8("\n\n".join(blocks))
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding in ("base64", "quoted-printable"):  # forbidden for such parts, and seen all the same
        sealed = Message()
        sealed["Content-Transfer-Encoding"] = encoding
        sealed.set_payload(source.strip())
        data = sealed.get_payload(decode=True)
        return _decode(data, "utf-8") if isinstance(data, bytes) else source
    return source


def _utf8(text: str) -> str:
    """Text whose bytes the parser has kept as surrogates, as what they stand for."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decode(data: bytes, charset: str) -> str:
    for name in (charset, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            continue  # no such character set, or a wrong one
    return data.decode("latin-1")


def _words_of(html: str) -> str:
    return unescape(_TAG.sub(" ", html))
