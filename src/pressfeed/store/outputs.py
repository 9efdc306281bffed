"""What the build reads and remembers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from pressfeed.domain import Release, ReleaseStub
from pressfeed.store.connection import Connection
from pressfeed.store.releases import ReleaseStore


class OutputStore:
    """The build's view of the store (``publish.build.BuildStore``)."""

    def __init__(self, connection: Connection, releases: ReleaseStore) -> None:
        self._db = connection
        self._releases = releases

    @property
    def newsroom(self) -> str:
        """The newsroom's uid, which stays when its name changes."""
        return str(self._db.value("setting", {"name": "newsroom"}))

    def release_stubs(self, now: dt.datetime) -> list[ReleaseStub]:
        """Releases public at ``now``, or withdrawn after they were; newest first, ties by id."""
        return self._releases.stubs(now)

    def releases(self, ids: Sequence[int]) -> list[Release]:
        """The current versions, in the given order."""
        return self._releases.many(ids)

    def outputs(self) -> dict[str, tuple[str, int]]:
        """What earlier builds wrote: path under ``public/`` → (key, size in bytes)."""
        return {path: (key, size) for path, key, size in self._db.rows("outputs")}

    def save_outputs(self, changed: Mapping[str, tuple[str, int]], removed: Sequence[str]) -> None:
        """Record what a build wrote and what it removed, in one transaction."""
        with self._db.transaction():
            self._db.run_many("save_output", [(path, key, size) for path, (key, size) in changed.items()])
            self._db.run_many("remove_output", [(path,) for path in removed])
