"""Bring a store to the schema of this pressfeed: wholly, or not at all."""

from __future__ import annotations

import secrets
import sqlite3
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pressfeed import resources
from pressfeed.errors import StoreError
from pressfeed.store import snapshot

if TYPE_CHECKING:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

_MIGRATIONS = "pressfeed"  # the name of their set


def upgrade(raw: sqlite3.Connection, path: Path) -> None:
    """Apply the migrations that the store lacks, all in one transaction; a new store gets its identity.

    A store that holds something is copied beside itself before, see ``kept``. Two processes that come at
    once do it once: the write lock decides. Raises StoreError for a store of a newer pressfeed and for a
    migration that leaves rows which refer to nothing, sqlite3.Error for what SQLite refuses; then nothing is
    changed.
    """
    files = sorted((resources.folder("db") / "migrations").glob("*.sql"))
    if not _missing(raw, files, path):
        return
    raw.execute("PRAGMA foreign_keys = OFF")  # a table that is made anew is dropped while others refer to it
    try:
        raw.execute("BEGIN IMMEDIATE")
        missing = _missing(raw, files, path)  # another process may have been quicker
        if missing and applied(raw):
            snapshot.copy(path, kept(path, missing[0].stem))
        if missing:
            _apply(raw, files)
            lost = raw.execute("PRAGMA foreign_key_check").fetchone()
            if lost is not None:
                raise StoreError(
                    f"the upgrade would leave a row of {lost[0]} that refers to nothing",
                    file=path,
                    remedy="Nothing was changed: go on with the earlier pressfeed, and report this",
                )
        raw.execute("COMMIT")
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        raise
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


def kept(path: Path, migration: str) -> Path:
    """Where the copy of a store lies as it was before a migration: ``pressfeed.before-0002_life.sqlite3``."""
    return path.with_name(f"{path.stem}.before-{migration}{path.suffix}")


def applied(raw: sqlite3.Connection) -> set[str]:
    """The migrations that a store has.

    Asked here and not of sqlite-utils, which takes longer to import than most commands to run.
    """
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
    if raw.execute(known).fetchone() is None:
        return set()
    names = raw.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (_MIGRATIONS,))
    return {row[0] for row in names}


def _missing(raw: sqlite3.Connection, files: Iterable[Path], path: Path) -> list[Path]:
    """The migrations that the store lacks, in order; StoreError where it has some that we do not know."""
    has = applied(raw)
    newer = has - {file.stem for file in files}
    if newer:
        raise StoreError(
            f"this store was written by a newer pressfeed (it has {', '.join(sorted(newer))})",
            file=path,
            remedy="Upgrade pressfeed",
        )
    return [file for file in files if file.stem not in has]


def _apply(raw: sqlite3.Connection, files: Iterable[Path]) -> None:
    from sqlite_utils import Database

    _migrations(files).apply(Database(raw, execute_plugins=False))
    raw.execute(
        "INSERT INTO setting VALUES ('newsroom', ?), ('secret', ?) ON CONFLICT DO NOTHING",
        (str(uuid.uuid4()), secrets.token_hex(32)),
    )


def _migrations(files: Iterable[Path]) -> Migrations:
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(_MIGRATIONS)
    for path in files:
        _register(migrations, path)
    return migrations


def _register(migrations: Migrations, path: Path) -> None:
    @migrations(name=path.stem)
    def apply(db: Database) -> None:
        # executescript() would commit the transaction that makes the migration atomic.
        statement = ""
        for line in path.read_text("utf-8").splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                db.conn.execute(statement)
                statement = ""
