"""The folder ``public/``: files that readers see whole, and their precompressed siblings.

A web server sends ``rss.xml.gz`` or ``rss.xml.br`` in place of ``rss.xml`` to whoever takes it. Such a
sibling must never say anything but what its file says: it goes before its file changes, comes after it, and
carries its time of change, by which a server can tell that the two belong together.
"""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""Content codings (RFC 9110, section 8.4.1) and the siblings that carry them, the smallest first."""

TEXTS = (".html", ".xml", ".json", ".opml", ".css", ".js", ".svg", ".txt", ".md", ".ics")
"""Files that are worth compressing; pictures and documents are compressed already."""

SMALLEST = 1024  # bytes: what is smaller fits one packet anyway
WORTH = 0.9  # of the size: a sibling that saves less is not kept
THREADS = 2  # both libraries let go of Python's lock


def _brotli(data: bytes) -> bytes:
    import brotli

    # Level 5 is smaller than gzip at 9 and as fast; 11 would take thirty times as long.
    packed: bytes = brotli.compress(data, mode=brotli.MODE_TEXT, quality=5)
    return packed


_PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "br": _brotli,
    "gzip": lambda data: gzip.compress(data, 9, mtime=0),
}


Identity = tuple[int, int]
"""What tells a file from one that replaced it: its inode and its time of change, in nanoseconds."""


class Folder:
    """Writes and removes files below a folder. Use it in a ``with`` statement: then all siblings are there.

    ``codings`` are those of ``SUFFIXES`` in which texts have siblings. So many ``threads`` make these; where
    there are none, whoever puts a file waits for them.
    """

    def __init__(self, path: Path, codings: Sequence[str], threads: int = THREADS) -> None:
        self._path = path
        self._codings = tuple(coding for coding in SUFFIXES if coding in codings)
        self._most = threads
        self._threads: ThreadPoolExecutor | None = None
        self._packing: list[Future[None]] = []
        self._new: set[str] = set()  # folders made here: they hold nothing but what was put there since

    def __enter__(self) -> Self:
        self._path.mkdir(parents=True, exist_ok=True)
        # Names relative to the open folder take the system a third of the time of a whole path.
        self._root = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._threads is not None:
                self._threads.shutdown(wait=True, cancel_futures=error is not None)
            if error is None:
                self.settle()
        finally:
            os.close(self._root)

    def put(self, path: str, data: bytes, *, rare: bool = False) -> bool:
        """Put data at a path, for readers at once, and begin with its siblings; whether the bytes changed.

        What is ``rare``, seldom asked for, gets no siblings. Put no path twice.
        """
        written = self._holds(path, data)
        changed = written is None
        if written is None:
            written = self._write(path, data)
        if rare or len(data) < SMALLEST or not self._codings or not path.endswith(TEXTS):
            if not changed:  # otherwise they went before it changed
                self._remove_siblings(path)
        elif not self._most:
            self._pack(path, data, written)
        else:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._most, "pack")
            self._packing.append(self._threads.submit(self._pack, path, data, written))
        return changed

    def settle(self) -> None:
        """Wait until every file has its siblings; OSError where one could not be written."""
        packing, self._packing = self._packing, []
        for future in packing:
            future.result()

    def remove(self, path: str) -> bool:
        """Remove a file, its siblings and folders left empty; False if it was gone already."""
        self._remove_siblings(path)
        if not self._unlink(path):
            return False
        for folder in Path(path).parents:
            try:
                (self._path / folder).rmdir()
            except OSError:  # it holds something else, or is the folder itself in use
                break
        return True

    def _holds(self, path: str, data: bytes) -> Identity | None:
        """The file that is there, if it holds exactly these bytes."""
        if _folder(path) in self._new:
            return None
        try:
            file = os.open(path, os.O_RDONLY, dir_fd=self._root)
        except FileNotFoundError:
            return None
        try:
            about = os.fstat(file)
            if about.st_size != len(data) or os.read(file, len(data) + 1) != data:
                return None
            return about.st_ino, about.st_mtime_ns
        finally:
            os.close(file)

    def _write(self, path: str, data: bytes) -> Identity:
        """Put a file there by rename: a reader sees the old bytes, with their siblings, or the new ones.

        Nothing waits for the disk: what a power cut took is not of the size on record, and is made anew.
        """
        temporary = _temporary(path)
        try:
            written = self._fill(temporary, data)
            if _folder(path) not in self._new:
                self._remove_siblings(path)
            self._rename(temporary, path)
        except BaseException:
            self._unlink(temporary)
            raise
        return written

    def _pack(self, path: str, data: bytes, written: Identity) -> None:
        """Write the siblings of a file that holds data since ``written``; the same data, the same bytes."""
        for coding, suffix in SUFFIXES.items():
            packed = _PACK[coding](data) if coding in self._codings else data
            if len(packed) > WORTH * len(data):
                self._unlink(path + suffix)
                continue
            temporary = _temporary(path + suffix)
            self._fill(temporary, packed, time=written[1])
            if self._identity(path) == written:
                self._rename(temporary, path + suffix)
            else:  # another build was quicker; it makes its own
                self._unlink(temporary)

    def _fill(self, path: str, data: bytes, time: int | None = None) -> Identity:
        """Make a file with these bytes, last changed at ``time`` (nanoseconds) or now."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        try:
            file = os.open(path, flags, 0o666, dir_fd=self._root)
        except FileNotFoundError:
            self._make_folder(_folder(path))
            file = os.open(path, flags, 0o666, dir_fd=self._root)
        try:
            rest = data
            while rest:
                rest = rest[os.write(file, rest) :]
            if time is not None:
                os.utime(file, ns=(time, time))
            about = os.fstat(file)
        finally:
            os.close(file)
        return about.st_ino, about.st_mtime_ns

    def _make_folder(self, path: str) -> None:
        try:
            os.mkdir(path, dir_fd=self._root)
        except FileNotFoundError:
            above = _folder(path)
            if not above:  # public/ itself has been taken away
                raise
            self._make_folder(above)
            self._make_folder(path)
        except FileExistsError:  # somebody else was quicker
            return
        self._new.add(path)

    def _identity(self, path: str) -> Identity:
        try:
            about = os.stat(path, dir_fd=self._root)
        except FileNotFoundError:
            return (0, 0)
        return about.st_ino, about.st_mtime_ns

    def _remove_siblings(self, path: str) -> None:
        for suffix in SUFFIXES.values():
            self._unlink(path + suffix)

    def _unlink(self, path: str) -> bool:
        """Whether there was such a file: none has a name that is too long, though somebody wanted one."""
        try:
            os.unlink(path, dir_fd=self._root)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                raise
            return False
        return True

    def _rename(self, old: str, new: str) -> None:
        os.replace(old, new, src_dir_fd=self._root, dst_dir_fd=self._root)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _temporary(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}.{os.getpid()}.tmp"
