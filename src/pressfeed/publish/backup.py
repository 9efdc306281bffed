"""Back a newsroom up: one archive with its store, settings, schedules and templates, verified as it is made.

The archive is a tar file, compressed where its name says so. ``manifest.json`` comes first: what follows,
with the SHA-256 of each file. ``publish.restore`` reads it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pressfeed import __version__
from pressfeed.config import FILE_NAME, Config
from pressfeed.errors import InputError, StoreError
from pressfeed.publish import audit
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store, snapshot
from pressfeed.store.connection import translated

FORMAT = 1
MANIFEST = "manifest.json"
STORE = "db/pressfeed.sqlite3"

Progress = Callable[[int, int], None]
"""Told (bytes done, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Item:
    """A file of the newsroom as it is now: its path in the archive, its bytes, and whether it is a key."""

    name: str
    data: bytes
    key: bool = False


@dataclass(frozen=True, slots=True)
class BackUp:
    """What was backed up, and what was not. ``size`` is that of the archive in bytes."""

    files: tuple[str, ...]
    keys_left_out: tuple[Path, ...]
    counts: dict[str, int]
    head: str  # of the audit
    size: int


def contents(config: Config, *, keys: bool) -> tuple[list[Item], list[Path]]:
    """The files of a newsroom but its store, in a stable order; and the keys that are not among them."""
    items = [Item(FILE_NAME, (config.root / FILE_NAME).read_bytes())]
    for folder in ("schedules", "templates"):
        for path in sorted((config.root / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(config.root).parts)
            if path.is_file() and not hidden:
                items.append(Item(path.relative_to(config.root).as_posix(), path.read_bytes()))
    dkim = config.mail.dkim
    found = [key for key in (dkim.key, dkim.ed25519_key) if key is not None] if dkim else []
    inside = [key for key in found if keys and key.is_file() and key.is_relative_to(config.root)]
    items += [Item(key.relative_to(config.root).as_posix(), key.read_bytes(), key=True) for key in inside]
    return items, [key for key in found if key not in inside]


def back_up(
    room: Newsroom, file: Path, now: dt.datetime, *, keys: bool = False, progress: Progress | None = None
) -> BackUp:
    """Write the newsroom into an archive, readable by its owner alone; others may go on writing meanwhile.

    The archive appears when it is whole and verified; one of that name is replaced. ``keys`` adds the keys
    that sign mail. Raises InputError where the archive cannot be written, StoreError for a damaged store.
    """
    try:
        items, left_out = contents(room.config, keys=keys)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.resolve().parent) as folder:
            copy, packed = Path(folder) / "pressfeed.sqlite3", Path(folder) / "archive"
            size = room.config.database.stat().st_size
            bar = _Bar(size, progress)
            with translated(copy):
                snapshot.copy(room.config.database, copy, bar.copied)
            about = _examine(copy)
            manifest = {
                "format": FORMAT,
                "pressfeed": __version__,
                "made_at": now.astimezone(dt.UTC).isoformat(timespec="seconds"),
                **about,
                "files": [*map(_about, items), _about_store(copy)],
            }
            packed.touch(mode=0o600)
            _pack(packed, file.name.endswith((".gz", ".tgz")), manifest, items, copy, bar.packed)
            length = packed.stat().st_size
            packed.replace(file)
    except OSError as error:
        raise InputError(
            f"the backup cannot be written: {error.strerror}",
            file=error.filename or file,
            remedy="Make room, or name a file in a folder that you may write to",
        ) from error
    names = (*(item.name for item in items), STORE)
    return BackUp(names, tuple(left_out), about["counts"], about["audit_head"], length)


class _Bar:
    """Copying the store is the first half of the work, packing it the second."""

    def __init__(self, size: int, progress: Progress | None) -> None:
        self._size = size
        self._progress = progress
        self._done = size

    def copied(self, pages: int, in_all: int) -> None:
        if self._progress is not None:
            self._progress(self._size * pages // max(in_all, 1), 2 * self._size)

    def packed(self, more: int) -> None:
        self._done += more
        if self._progress is not None:
            self._progress(min(self._done, 2 * self._size), 2 * self._size)


def _examine(copy: Path) -> dict[str, Any]:
    """What the manifest says of the store; StoreError for one that is damaged or tampered with."""
    snapshot.examine(copy)
    with Store(copy) as store:
        verdict = audit.verify(store)
        if verdict.problems:
            raise StoreError(
                f"the audit is not whole: {verdict.problems[0]}",
                remedy="See pressfeed audit verify; nothing was backed up",
            )
        counts = {
            "releases": sum(store.releases.counts().values()),
            "subscribers": sum(store.subscribers.counts().values()),
            "deliveries": sum(store.deliveries.counts().values()),
        }
        return {"newsroom": store.newsroom, "audit_head": str(verdict.head), "counts": counts}


def _about(item: Item) -> dict[str, Any]:
    digest = hashlib.sha256(item.data).hexdigest()
    return {"name": item.name, "size": len(item.data), "sha256": digest, "key": item.key}


def _about_store(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": STORE, "size": path.stat().st_size, "sha256": digest, "key": False}


def _pack(
    packed: Path,
    compressed: bool,
    manifest: dict[str, Any],
    items: list[Item],
    store: Path,
    count: Callable[[int], None],
) -> None:
    """Write the archive, and wait until it is on disk."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    with packed.open("wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz" if compressed else "w") as archive:
            for item in (Item(MANIFEST, text), *items):
                member = _member(item.name, len(item.data), 0o600 if item.key else 0o644)
                archive.addfile(member, io.BytesIO(item.data))
            with store.open("rb") as file:
                archive.addfile(_member(STORE, store.stat().st_size, 0o600), _Counted(file, count))
        raw.flush()
        os.fsync(raw.fileno())


class _Counted(io.RawIOBase):
    """A file that tells how much of it is read."""

    def __init__(self, file: IO[bytes], count: Callable[[int], None]) -> None:
        self._file = file
        self._count = count

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._count(len(data))
        return data


def _member(name: str, size: int, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, mode
    return member
