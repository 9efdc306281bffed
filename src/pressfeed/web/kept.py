"""A file in memory: its forms, compressed and not, with the answers that they give."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cached_property
from http import HTTPStatus

from pressfeed.publish.folder import SUFFIXES
from pressfeed.publish.kinds import cache_control, media_type

Headers = tuple[tuple[bytes, bytes], ...]
Identity = tuple[int, int, int]

LARGE = 2 * 1024 * 1024  # bytes: a larger file is read from the disk each time


@dataclass(frozen=True)
class Answer:
    """A response: ``body``, or ``part`` (first byte, one after the last) of a large ``file``."""

    status: int
    headers: Headers
    body: bytes = b""
    file: str = ""
    part: tuple[int, int] = (0, 0)

    @cached_property
    def head(self) -> bytes:
        """The status line and the headers, without the empty line that ends them."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n".encode()]
        lines += [name + b": " + value + b"\r\n" for name, value in self.headers]
        return b"".join(lines)


@dataclass(frozen=True)
class Version:
    """One form of a file. ``etag`` is strong: other bytes, another tag; ``changed`` is in seconds."""

    etag: str
    changed: int
    size: int
    whole: Answer
    unchanged: Answer

    def part(self, first: int, end: int, common: Headers) -> Answer:
        """The answer to a range (RFC 9110, sections 15.3.7 and 15.5.17); (0, 0) is one that is not there."""
        if first == end:
            nothing = (b"content-range", f"bytes */{self.size}".encode())
            return Answer(416, ((b"content-length", b"0"), nothing, *common))
        headers = tuple(pair for pair in self.whole.headers if pair[0] != b"content-length")
        headers += (
            (b"content-length", str(end - first).encode()),
            (b"content-range", f"bytes {first}-{end - 1}/{self.size}".encode()),
        )
        return Answer(206, headers, self.whole.body[first:end], self.whole.file, (first, end))


@dataclass(frozen=True)
class Kept:
    """A file as it was when it was read. ``identity`` tells it from one that replaced it."""

    file: str
    identity: Identity
    versions: Mapping[str, Version]  # by coding; "" is the file itself
    codings: tuple[str, ...] = field(default=())
    weight: int = 0  # bytes in memory; 0 = not to be kept

    def is_current(self) -> bool:
        """Whether the file is still the one that was read."""
        try:
            return _identity(os.stat(self.file)) == self.identity  # noqa: PTH116  # of every request
        except OSError:
            return False


def _identity(about: os.stat_result) -> Identity:
    return about.st_mtime_ns, about.st_size, about.st_ino


def load(file: str, path: str, headers: Headers) -> Kept | None:
    """Read a file and the siblings that belong to it; None where there is no such file.

    ``path`` is its place in the folder, ``headers`` come with every answer.
    """
    try:
        with open(file, "rb", opener=_opener) as opened:
            about = os.fstat(opened.fileno())
            if not stat.S_ISREG(about.st_mode):
                return None
            large = about.st_size > LARGE
            data = b"" if large else opened.read()
    except OSError:  # not there, a folder, not to be read, a name that is too long
        return None
    shared = (
        (b"content-type", media_type(path).encode()),
        (b"cache-control", cache_control(path).encode()),
        (b"accept-ranges", b"bytes"),
        *headers,
    )
    changed = int(about.st_mtime)
    if time.time() >= changed + 1:  # within its second it may change again, under the same date
        shared += ((b"last-modified", formatdate(changed, usegmt=True).encode()),)
    forms = {} if large else _siblings(file, about.st_mtime_ns)
    if forms:
        shared += ((b"vary", b"Accept-Encoding"),)
    if large:
        etag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
        return Kept(file, _identity(about), {"": _version(etag, changed, about.st_size, b"", shared, file)})
    versions = {"": _version(_tag(data), changed, len(data), data, shared)}
    for coding, packed in forms.items():
        coded = (*shared, (b"content-encoding", coding.encode()))
        versions[coding] = _version(_tag(packed), changed, len(packed), packed, coded)
    weight = sum(version.size for version in versions.values()) + 1
    return Kept(file, _identity(about), versions, tuple(forms), weight)


def _opener(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _siblings(file: str, changed: int) -> dict[str, bytes]:
    """The compressed forms that bear the file's own time of change: others may say something older."""
    found = {}
    for coding, suffix in SUFFIXES.items():
        try:
            with open(file + suffix, "rb", opener=_opener) as opened:
                if os.fstat(opened.fileno()).st_mtime_ns == changed:
                    found[coding] = opened.read()
        except OSError:
            continue
    return found


def _tag(data: bytes) -> str:
    return f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'


def _version(etag: str, changed: int, size: int, data: bytes, headers: Headers, file: str = "") -> Version:
    tagged = ((b"etag", etag.encode()), *headers)
    # A 304 repeats what a cache may have to renew, not what the body is (RFC 9110, section 15.4.5).
    spared = (b"content-type", b"content-encoding", b"accept-ranges")
    whole = Answer(200, (*tagged, (b"content-length", str(size).encode())), data, file, (0, size))
    unchanged = Answer(304, tuple(pair for pair in tagged if pair[0] not in spared))
    return Version(etag, changed, size, whole, unchanged)
