"""Header fields as bytes: any script in, well-formed ASCII out, and never a line break that was not ours.

The standard library's folding encodes long URLs and makes encoded-words that some receivers refuse, so the
few fields that a digest needs are written here: RFC 5322 sections 2.2.3 and 3.4, RFC 2047, RFC 6532.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import idna

from pressfeed.errors import InputError

WIDTH = 76  # RFC 2047 section 2: no line with an encoded-word is longer; RFC 5322's 78 for the others
_WORD_WIDTH = 75
_LONGEST_LOCAL, _LONGEST_ADDRESS = 64, 254  # octets, RFC 5321 section 4.5.3.1

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_ATOMS = re.compile(rf"[{_ATEXT} ]+\Z")
_PLAIN_NAME = re.compile(rf"[{_ATEXT}]+(?: [{_ATEXT}]+)*\Z")
_DOT_ATOM = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*\Z")
# Also everything from U+00A1 on: written as what is not allowed, which compiles in a hundredth of the time.
_WIDE_ATOM = r"[^\x00-\x20\x22(),.:;<>@\[-\]\x7f-\xa0]+"
_WIDE_DOT_ATOM = re.compile(rf"{_WIDE_ATOM}(?:\.{_WIDE_ATOM})*\Z")
_QUOTED_STRING = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"\Z')
_PLAIN_ADDRESS = re.compile(
    rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\Z"
)
# What ends a line for some reader somewhere, other controls, and lone surrogates, which have no encoding.
_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# Embeddings, overrides and isolates can turn the rest of a mailbox's list around; the plain marks stay.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def one_line(text: str) -> str:
    """Text as a header may carry it: NFC, one line, no controls, no bidirectional overrides."""
    return _BREAKS.sub(" ", _BIDI_CONTROLS.sub("", unicodedata.normalize("NFC", text))).strip(" ")


def text_field(name: str, value: str) -> bytes:
    """An unstructured field such as Subject (RFC 5322 section 3.6.5), folded, with its final CRLF."""
    value = one_line(value)
    words, first = value.split(" "), WIDTH - len(name) - 2
    if not _is_plain(value) or max(map(len, words)) > first:
        words = encoded_words(value, first)
    return _fold(name, words)


def mailbox_field(name: str, display: str, address: str) -> bytes:
    """A field with one mailbox (section 3.4). ``address`` comes from ``wire_address``, or is a List-Id."""
    # Most names need nothing done to them, and every mail has one.
    if (
        _PLAIN_NAME.match(display)
        and "=?" not in display
        and len(name) + len(display) + len(address) + 5 <= WIDTH
    ):
        return f"{name}: {display} <{address}>\r\n".encode()
    return _fold(name, [*_phrase(display, WIDTH - len(name) - 2), f"<{address}>"])


def wire_address(address: str) -> tuple[str, bool]:
    """An address as SMTP carries it, with an A-label domain, and whether it needs SMTPUTF8 (RFC 6531).

    Raises InputError for what is not an address: the recipient can never be reached.
    """
    if len(address) <= _LONGEST_LOCAL and _PLAIN_ADDRESS.match(address):
        return address, False
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    utf8 = not local.isascii()
    well_formed = (
        _WIDE_DOT_ATOM.match(local) and local.isprintable()
        if utf8
        else _DOT_ATOM.match(local) or _QUOTED_STRING.match(local)
    )
    wire = f"{local}@{a_label(domain)}" if well_formed else ""
    if not wire or len(local.encode()) > _LONGEST_LOCAL or len(wire.encode()) > _LONGEST_ADDRESS:
        raise InputError(
            f"{one_line(address)!r} is not a mail address", remedy="Correct it in the subscriber list"
        )
    return wire, utf8


def domain_of(address: str) -> str:
    """The domain of an address in A-labels. Raises InputError for what is not an address."""
    return wire_address(address)[0].rpartition("@")[2]


@lru_cache(maxsize=4096)
def a_label(domain: str) -> str:
    """A domain in A-labels (RFC 5890, UTS 46). Raises InputError."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise InputError(
            f"{one_line(domain)!r} is not a mail domain ({error})", remedy="Correct the address"
        ) from error


def encoded_words(text: str, first: int) -> list[str]:
    """Text as RFC 2047 encoded-words of whole characters, Q or B, whichever is shorter.

    ``first`` is how much room the first line has; every other word has a line of its own.
    """
    data = text.encode()
    q_size = sum(1 if byte in _Q_PLAIN or byte == 0x20 else 3 for byte in data)
    kind = "q" if q_size <= (len(data) + 2) // 3 * 4 else "b"
    overhead = len("=?utf-8?q??=")
    words: list[str] = []
    piece, size, room = bytearray(), 0, min(first, _WORD_WIDTH) - overhead
    for character in text:
        raw = character.encode()
        added = len(_q(raw)) if kind == "q" else len(raw)
        if piece and size + added > (room if kind == "q" else room // 4 * 3):
            words.append(_word(kind, piece))
            piece, size, room = bytearray(), 0, _WORD_WIDTH - overhead
        piece += raw
        size += added
    return [*words, _word(kind, piece)] if piece else words


def _word(kind: str, piece: bytearray) -> str:
    return f"=?utf-8?{kind}?{_q(piece) if kind == 'q' else base64.b64encode(piece).decode('ascii')}?="


def _q(data: bytes | bytearray) -> str:
    # The smallest alphabet, that of a phrase (section 5 (3)), is right everywhere.
    return "".join(
        chr(byte) if byte in _Q_PLAIN else "_" if byte == 0x20 else f"={byte:02X}" for byte in data
    )


def _is_plain(value: str) -> bool:
    return value.isascii() and "=?" not in value


def _phrase(display: str, first: int) -> list[str]:
    display = one_line(display)
    if not display:
        return []
    if _is_plain(display):
        if _ATOMS.match(display) and max(map(len, display.split(" "))) <= first:
            return display.split(" ")
        quoted = display.replace("\\", r"\\").replace('"', r"\"")
        if len(quoted) + 2 <= first:
            return [f'"{quoted}"']
    return encoded_words(display, first)


def _fold(name: str, words: Sequence[str]) -> bytes:
    """Words on lines of at most WIDTH, broken at the blanks between them (RFC 5322 section 2.2.3)."""
    lines, line = [], f"{name}:"
    for index, word in enumerate(filter(None, words)):
        # The first word stays with the name: a line of blanks alone is obsolete syntax.
        if index and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join((*lines, line, "")).encode()
