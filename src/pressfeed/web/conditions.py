"""Conditions, ranges and codings that a request asks for (pure; RFC 9110, sections 12.5.3, 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import Collection
from email.utils import parsedate_to_datetime
from functools import lru_cache

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*\Z", re.IGNORECASE)


def lists(header: str, etag: str, *, weakly: bool) -> bool:
    """Whether the list of entity tags in If-None-Match (``weakly``) or If-Match names a strong ``etag``."""
    if header.strip() == "*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in _TAG.findall(header))


def is_since(header: str, changed: int) -> bool | None:
    """Whether something last changed (in whole seconds of Unix time) by the date in a header.

    None for what is no date: such a condition does not exist.
    """
    moment = _seconds(header)
    return None if moment is None else changed <= moment


@lru_cache(maxsize=1024)
def _seconds(header: str) -> float | None:
    try:
        return parsedate_to_datetime(header).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def same_version(header: str, etag: str, changed: int) -> bool:
    """Whether If-Range names what is there now: by its strong tag or exactly its date (section 13.1.5)."""
    if '"' in header:
        return header.strip() == etag
    return _seconds(header) == changed


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last that Range asks for, of ``size``; (0, 0) if there are none.

    None for anything but one range of bytes, which a server may ignore (section 14.2).
    """
    found = _RANGE.match(header)
    if found is None or found[0].count("-") != 1 or not (found[1] or found[2]):
        return None
    if len(found[1]) > 18 or len(found[2]) > 18:
        return (0, 0) if found[1] else None
    if not found[1]:
        length = min(int(found[2]), size)
        return (size - length, size) if length else (0, 0)
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        return None
    return (first, min(last + 1, size)) if first < size else (0, 0)


@lru_cache(maxsize=1024)
def weights(header: str) -> dict[str, float]:
    """The codings of Accept-Encoding with their weights; what cannot be read is left out."""
    found = {}
    for part in header.lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                weight = _weight(value.strip())
        if coding:
            found["gzip" if coding == "x-gzip" else coding] = weight
    return found


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", text) else 0.0


def choose(header: str | None, codings: Collection[str]) -> str:
    """The coding to send, of those there are (in order of preference), or "" for none.

    Without the header nobody knows what the client takes; ``identity`` is sent even to who does not want it,
    for a page is better than an error.
    """
    if not header or not codings:
        return ""
    wanted = weights(header)
    anything = wanted.get("*", 0.0)
    best, chosen = 0.0, ""
    for coding in codings:
        weight = wanted.get(coding, anything)
        if weight > best:
            best, chosen = weight, coding
    return chosen if best >= wanted.get("identity", 0.0) else ""
