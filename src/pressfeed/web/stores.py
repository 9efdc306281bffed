"""The store, as threads that answer requests use it."""

from __future__ import annotations

import threading
from pathlib import Path

from pressfeed.store import Store


class Stores:
    """One store for each thread that asks: SQLite's connections are bound to theirs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def __call__(self) -> Store:
        if not hasattr(self._local, "store"):
            self._local.store = Store(self._path)
        store: Store = self._local.store
        return store
