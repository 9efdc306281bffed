"""A copy of a store at one moment, made while others write to it, and whether a file is a sound store."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pressfeed.errors import StoreError

PAGES = 2_000  # copied at a time

Progress = Callable[[int, int], None]
"""Told (done, in all) while a long work goes on."""


def copy(source: Path, target: Path, progress: Progress | None = None) -> None:
    """Copy a store as it is at this moment into a new file, readable by its owner alone, and on disk.

    Nobody waits for it: it reads one snapshot to its end, whatever is written meanwhile. ``target`` appears
    when it is whole; a file of that name is replaced. Raises sqlite3.Error.
    """
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=60)) as old:
            old.execute("BEGIN")  # an open transaction pins the snapshot: steps do not begin anew
            old.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            with closing(sqlite3.connect(part, isolation_level=None)) as new:
                old.backup(
                    new,
                    pages=PAGES,
                    progress=None
                    if progress is None
                    else lambda _, left, total: progress(total - left, total),
                    sleep=0,
                )
                new.execute("PRAGMA journal_mode = DELETE").fetchone()  # one file, without companions
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def examine(path: Path) -> None:
    """Raise StoreError where a file is no sound store: its pages, its indexes, what its rows refer to."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as raw:
            found = [row[0] for row in raw.execute("PRAGMA integrity_check(3)")]
            if found != ["ok"]:
                words = " ".join(found[0].replace("*** in database main ***", "").split())
                raise StoreError(f"the store is damaged ({words[:100]})", file=path)
            lost = raw.execute("PRAGMA foreign_key_check").fetchone()
            if lost is not None:
                raise StoreError(f"the store is damaged (a row of {lost[0]} refers to nothing)", file=path)
    except sqlite3.Error as error:
        raise StoreError(f"the store is damaged ({error})", file=path) from error


def in_use(path: Path) -> bool:
    """Whether some process has a store open. A damaged file is in nobody's use.

    Only the one connection to a store may end its write-ahead log, so that is tried; what the log holds is
    then in the file itself, and the next ``Store`` begins a new one.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as raw:
            return str(raw.execute("PRAGMA journal_mode = DELETE").fetchone()[0]) != "delete"
    except sqlite3.OperationalError as error:
        return error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    except sqlite3.DatabaseError:
        return False


@dataclass(frozen=True, slots=True)
class Facts:
    """Whose store a file is, and when something last happened in it (as the store writes times)."""

    newsroom: str
    last: str


def facts(path: Path) -> Facts | None:
    """What a store of any schema says of itself; None where the file cannot be read as one.

    Asked without named statements: those are of today's schema.
    """
    moments = (
        "SELECT max(updated_at) FROM release",
        "SELECT max(changed_at) FROM subscriber",
        "SELECT max(max(coalesce(settled_at, ''), coalesce(first_try, ''))) FROM delivery",
        "SELECT max(planned_at) FROM edition",
    )
    try:
        with closing(sqlite3.connect(path, timeout=60)) as raw:
            newsroom = raw.execute("SELECT value FROM setting WHERE name = 'newsroom'").fetchone()
            last = max(raw.execute(statement).fetchone()[0] or "" for statement in moments)
    except sqlite3.Error:
        return None
    return Facts(newsroom[0], last) if newsroom else None
