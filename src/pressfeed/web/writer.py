"""One thread that writes what visitors change: many changes, one commit.

Each change is a savepoint of its own, so that one that fails takes nothing else with it. An answer is given
when the commit is on disk. While another process writes as well, such as one that sends mail, changes gather
for a moment: each commit is one that the other may have to wait for.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pressfeed.store import Store

MOST = 200  # changes in one commit: others wait for the store meanwhile
GATHER = 0.02  # seconds that changes gather while another process writes
WAITED = 0.001  # seconds for the store to begin a transaction, from which on somebody else was writing
REMEMBERED = 0.2  # seconds after which such a writer is taken to have ended

T = TypeVar("T")
_Task = tuple[Callable[[Store], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]


class Writer:
    """Runs changes one after the other on a store of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._met = -REMEMBERED  # when another writer was last met, by time.monotonic()

    async def __call__(self, change: Callable[[Store], T]) -> T:
        """What a change gives, once it is on disk; what it raises, with nothing of it stored."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._tasks.put((change, future, loop))
        return await future

    def _run(self) -> None:
        store: Store | None = None
        while True:
            batch = [self._tasks.get()]
            if time.monotonic() - self._met < REMEMBERED:
                time.sleep(GATHER)
            with contextlib.suppress(queue.Empty):
                while len(batch) < MOST:
                    batch.append(self._tasks.get_nowait())
            try:
                if store is None:
                    store = Store(self._path)
                outcomes = self._commit(store, batch)
            except Exception as error:  # noqa: BLE001 (whoever waits for an answer gets it)
                outcomes = [(None, error)] * len(batch)
            loop = batch[0][2]
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_answer, [task[1] for task in batch], outcomes)

    def _commit(self, store: Store, batch: list[_Task]) -> list[tuple[Any, Exception | None]]:
        outcomes: list[tuple[Any, Exception | None]] = []
        asked = time.monotonic()
        with store.transaction(durable=True):
            if (begun := time.monotonic()) - asked > WAITED:
                self._met = begun
            for change, _, _ in batch:
                try:
                    with store.savepoint():
                        outcomes.append((change(store), None))
                except Exception as error:  # noqa: BLE001 (it is the asker's, not ours)
                    outcomes.append((None, error))
        return outcomes


def _answer(futures: list[asyncio.Future[Any]], outcomes: list[tuple[Any, Exception | None]]) -> None:
    for future, (result, error) in zip(futures, outcomes, strict=True):
        if future.done():
            continue  # the asker has gone
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
