"""The folder ``public/``: files that readers see whole, and their precompressed siblings.

A web server sends ``rss.xml.gz`` or ``rss.xml.br`` in place of ``rss.xml`` to whoever takes it. Such a
sibling must never say anything but what its file says: it goes before its file changes, comes after it, and
carries its time of change, by which a server can tell that the two belong together.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pressfeed.resources import write_if_changed

SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""Content codings (RFC 9110, section 8.4.1) and the siblings that carry them, the smallest first."""

TEXTS = (".html", ".xml", ".json", ".opml", ".css", ".js", ".svg", ".txt", ".md", ".ics")
"""Files that are worth compressing; pictures and documents are compressed already."""

SMALLEST = 1024  # bytes: what is smaller fits one packet anyway
WORTH = 0.9  # of the size: a sibling that saves less is not kept
_THREADS = 2  # both libraries let go of Python's lock


def _brotli(data: bytes) -> bytes:
    import brotli

    # Level 5 is smaller than gzip at 9 and as fast; 11 would take thirty times as long.
    packed: bytes = brotli.compress(data, mode=brotli.MODE_TEXT, quality=5)
    return packed


_PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "br": _brotli,
    "gzip": lambda data: gzip.compress(data, 9, mtime=0),
}


class Folder:
    """Writes and removes files below a folder. At the end of its ``with`` statement all siblings are there.

    ``codings`` are those of ``SUFFIXES`` in which texts have siblings.
    """

    def __init__(self, path: Path, codings: Sequence[str]) -> None:
        self._path = path
        self._codings = tuple(coding for coding in SUFFIXES if coding in codings)
        self._threads: ThreadPoolExecutor | None = None
        self._packing: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=True, cancel_futures=error is not None)
        if error is None:
            self.settle()

    def put(self, path: str, data: bytes, *, rare: bool = False) -> bool:
        """Put data at a path, for readers at once, and begin with its siblings; whether the bytes changed.

        What is ``rare``, seldom asked for, gets no siblings.
        """
        file = self._path / path
        changed = write_if_changed(file, data, durable=False, before=lambda: _remove_siblings(file))
        if rare or len(data) < SMALLEST or not self._codings or not path.endswith(TEXTS):
            if not changed:  # otherwise they went before it changed
                _remove_siblings(file)
        else:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(_THREADS, "pack")
            self._packing.append(self._threads.submit(_pack, file, data, _identity(file), self._codings))
        return changed

    def settle(self) -> None:
        """Wait until every file has its siblings; OSError where one could not be written."""
        packing, self._packing = self._packing, []
        for future in packing:
            future.result()

    def remove(self, path: str) -> bool:
        """Remove a file, its siblings and folders left empty; False if it was gone already."""
        file = self._path / path
        _remove_siblings(file)
        try:
            file.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        for folder in file.relative_to(self._path).parents:
            try:
                (self._path / folder).rmdir()
            except OSError:  # it holds something else, or is the folder itself in use
                break
        return True


def _pack(file: Path, data: bytes, written: tuple[int, int], codings: Sequence[str]) -> None:
    """Write the siblings of a file that holds data since ``written``; the same data gives the same bytes."""
    for coding, suffix in SUFFIXES.items():
        sibling = file.with_name(file.name + suffix)
        packed = _PACK[coding](data) if coding in codings else data
        if len(packed) > WORTH * len(data):
            sibling.unlink(missing_ok=True)
            continue
        temporary = sibling.with_name(f".{sibling.name}.{os.getpid()}.tmp")
        temporary.write_bytes(packed)
        os.utime(temporary, ns=(written[1], written[1]))
        if _identity(file) == written:
            temporary.replace(sibling)
        else:  # another build was quicker; it makes its own
            temporary.unlink()


def _identity(file: Path) -> tuple[int, int]:
    """What tells a file from one that replaced it: its inode and its time of change."""
    try:
        about = file.stat()
    except FileNotFoundError:
        return (0, 0)
    return about.st_ino, about.st_mtime_ns


def _remove_siblings(file: Path) -> None:
    for suffix in SUFFIXES.values():
        with suppress(FileNotFoundError, NotADirectoryError):
            file.with_name(file.name + suffix).unlink()
