"""One SQLite connection: pragmas, migrations, transactions, and the driver's errors in our words."""

from __future__ import annotations

import contextlib
import math
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pressfeed.errors import BusyError, NotFoundError, StoreError
from pressfeed.store import queries
from pressfeed.store.upgrade import upgrade

if TYPE_CHECKING:
    from sqlite_utils import Database

BUSY_TIMEOUT = 60.0  # seconds to wait for another writer …
TURN = 0.25  # … in turns of this length, between which ``hurry`` is heeded
Row = sqlite3.Row
Parameters = Mapping[str, Any]


class _Patience:
    """Until when the connections of this process wait for other writers."""

    ends = math.inf  # by time.monotonic()


def hurry(seconds: float) -> None:
    """This process is about to end: from so many seconds on, no connection of it waits for another writer."""
    _Patience.ends = time.monotonic() + seconds


class Connection:
    """A connection in autocommit mode, bound to the thread that made it unless ``any_thread``.

    Write-ahead logging lets readers go on while one writes. A commit survives a crash of the process at once,
    and a power cut from the next checkpoint on; ``transaction(durable=True)`` survives that too.
    """

    def __init__(self, path: Path, *, create: bool = False, any_thread: bool = False) -> None:
        """``any_thread``: the caller sees to it that only one thread at a time uses it."""
        if not create and not path.exists():
            raise StoreError(
                "there is no store here",
                file=path,
                remedy="Make one with `pressfeed init`, restore a backup, or give the newsroom with -C",
            )
        self.path = path
        self._queries = queries.load()
        with translated(path):
            if create:
                try:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch(mode=0o600)
                except OSError as error:
                    remedy = "Choose a folder that you may write to"
                    raise StoreError(f"cannot be made: {error.strerror}", file=path, remedy=remedy) from error
            raw = sqlite3.connect(
                path,
                timeout=BUSY_TIMEOUT,
                isolation_level=None,
                check_same_thread=not any_thread,
                cached_statements=256,
            )
            raw.row_factory = sqlite3.Row
            for pragma in (
                "journal_mode = WAL",
                "synchronous = NORMAL",
                "foreign_keys = ON",
                "cache_size = -32000",
            ):
                raw.execute(f"PRAGMA {pragma}").fetchone()
            self._raw = raw
            self._durable = False
            upgrade(raw, path)
            raw.execute(f"PRAGMA busy_timeout = {TURN * 1000:.0f}").fetchone()

    @cached_property
    def db(self) -> Database:
        """The store as sqlite-utils sees it."""
        from sqlite_utils import Database

        return Database(self._raw, execute_plugins=False)

    def close(self) -> None:
        self._raw.close()

    @contextlib.contextmanager
    def transaction(
        self, *, durable: bool = False, rehearsal: bool = False, patient: bool = True
    ) -> Iterator[None]:
        """All or nothing. Takes the write lock at once, so that what it reads stays true until it commits.

        ``durable`` waits until the commit is on disk (``synchronous = FULL``), as all later ones of this
        connection then do; ``rehearsal`` undoes it all in the end. Who is not ``patient`` waits one TURN for
        other writers. A transaction inside another joins it. Raises StoreError, BusyError.
        """
        if self._raw.in_transaction:
            yield
            return
        with translated(self.path):
            if durable and not self._durable:
                # From now on: who asks for it once will ask again, thousands of times a second.
                self._raw.execute("PRAGMA synchronous = FULL")
                self._durable = True
            self._execute("BEGIN IMMEDIATE", patient=patient)
            try:
                yield
                self._raw.execute("ROLLBACK" if rehearsal else "COMMIT")
            except BaseException:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that is read inside is of one moment. Nobody waits for it. Raises StoreError."""
        if self._raw.in_transaction:
            yield
            return
        with translated(self.path):
            self._raw.execute("BEGIN")
            try:
                yield
            finally:
                self._raw.execute("ROLLBACK")

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that is undone alone if it fails. Raises StoreError."""
        with translated(self.path):
            self._raw.execute("SAVEPOINT part")
            try:
                yield
            except BaseException:
                self._raw.execute("ROLLBACK TO part")
                raise
            finally:
                self._raw.execute("RELEASE part")

    def _execute(
        self, statement: str, parameters: Parameters | None = None, *, patient: bool = True
    ) -> sqlite3.Cursor:
        """Execute a statement as soon as no other writer is in its way."""
        ends = time.monotonic() + (BUSY_TIMEOUT if patient else 0.0)
        while True:
            try:
                return self._raw.execute(statement, parameters or {})
            except sqlite3.OperationalError as error:
                late = time.monotonic() >= min(ends, _Patience.ends)
                if late or self._raw.in_transaction or not _is_busy(error):
                    raise

    def run(self, name: str, parameters: Parameters | None = None) -> int:
        """Execute a named statement; how many rows it changed."""
        with translated(self.path):
            return self._execute(self._queries[name], parameters).rowcount

    def run_many(self, name: str, parameters: Iterable[Parameters] | Iterable[Sequence[Any]]) -> int:
        """Execute a named statement once for each set of parameters; how many rows were changed in all."""
        with self.transaction():
            return self._raw.executemany(self._queries[name], parameters).rowcount

    def insert(self, name: str, parameters: Parameters) -> int:
        """Execute a named INSERT of one row; its id."""
        with translated(self.path):
            return int(self._execute(self._queries[name], parameters).lastrowid or 0)

    def rows(self, name: str, parameters: Parameters | None = None) -> list[Row]:
        """All rows of a named statement, also of one that changes and returns them."""
        with translated(self.path):
            return self._execute(self._queries[name], parameters).fetchall()

    def each(self, name: str, parameters: Parameters | None = None) -> Iterator[Row]:
        """The rows of a named statement, a few at a time."""
        with translated(self.path):
            # Not “yield from”: who stops early may have closed the store before the cursor hears of it.
            for row in self._execute(self._queries[name], parameters):  # noqa: UP028
                yield row

    def row(self, name: str, parameters: Parameters | None = None) -> Row | None:
        """The first row of a named statement, if any."""
        with translated(self.path):
            row: Row | None = self._execute(self._queries[name], parameters).fetchone()
            return row

    def value(self, name: str, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        row = self.row(name, parameters)
        return None if row is None else row[0]


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the driver's errors into StoreError with a remedy."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise  # a broken rule of ours, not a broken store: the caller's test must see it
    except OverflowError as error:
        raise NotFoundError("there is no number as large as that", remedy="Check what you gave") from error
    except sqlite3.Error as error:
        text = str(error)
        name = getattr(error, "sqlite_errorname", "")
        if _is_busy(error):
            # One that was told to hurry says no number: it did not wait as long as it would have.
            length = f" for {BUSY_TIMEOUT:.0f} s" if _Patience.ends == math.inf else ""
            raise BusyError(
                f"another process kept the store locked{length}",
                file=path,
                remedy="Find it (a backup, an open transaction), then run this again: nothing was changed",
            ) from error
        if name == "SQLITE_FULL":
            raise StoreError(
                "the disk is full", file=path, remedy="Make room, then run this again: nothing is lost"
            ) from error
        if name in ("SQLITE_CORRUPT", "SQLITE_NOTADB"):
            raise StoreError(
                f"the store is damaged ({text})", file=path, remedy="Restore it from a backup"
            ) from error
        if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM")):
            remedy = "Run this as its owner: the store and its folder must be writable, also to read them"
            raise StoreError(f"the store cannot be opened ({text})", file=path, remedy=remedy) from error
        raise StoreError(f"the store refused: {text}", file=path) from error


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
