"""What the build reads and remembers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from pressfeed.domain import Release, ReleaseStub
from pressfeed.store.audit import AuditStore
from pressfeed.store.codec import time_text
from pressfeed.store.connection import Connection
from pressfeed.store.releases import ReleaseStore
from pressfeed.store.websub import WebSubStore


class OutputStore:
    """The build's view of the store (``publish.build.BuildStore``)."""

    def __init__(self, connection: Connection, releases: ReleaseStore, audit: AuditStore) -> None:
        self._db = connection
        self._audit = audit
        self._releases = releases
        self._websub = WebSubStore(connection)

    @property
    def newsroom(self) -> str:
        """The newsroom's uid, which stays when its name changes."""
        return str(self._db.value("setting", {"name": "newsroom"}))

    def release_stubs(self, since: int | None) -> tuple[int, dict[int, ReleaseStub | None]]:
        """The releases that changed after so many changes; see ``ReleaseStore.changed_stubs``."""
        return self._releases.changed_stubs(since)

    def releases(self, ids: Sequence[int]) -> list[Release]:
        """The current versions, in the given order."""
        return self._releases.many(ids)

    def outputs(self) -> dict[str, tuple[str, int]]:
        """What earlier builds wrote: path under ``public/`` → (key, size in bytes)."""
        return {path: (key, size) for path, key, size in self._db.rows("outputs")}

    def outputs_number(self) -> int:
        """A number that grows with every change of what ``outputs`` tells, by whichever process."""
        return int(self._db.value("setting", {"name": "outputs"}) or 0)

    def feeds_built(self, digests: Mapping[str, str], hub: str, now: dt.datetime) -> None:
        """Note feeds with the digests of their bytes; see ``WebSubStore.feeds_built``."""
        self._websub.feeds_built(digests, hub, now)

    def feeds_ended(self, paths: Sequence[str], now: dt.datetime) -> None:
        """Note that feeds are not there any more."""
        self._websub.feeds_ended(paths, now)

    def moves(self) -> list[tuple[int, str, str]]:
        """Where releases were found once: (release, language, slug), in the order of these addresses."""
        return self._releases.moves()

    def archives(self) -> dict[str, list[tuple[int, ...]]]:
        """What the archive documents of feeds hold: folder of the feed → releases of number 1, 2, …"""
        found: dict[str, list[tuple[int, ...]]] = {}
        for feed, _, releases in self._db.rows("feed_archives"):
            found.setdefault(feed, []).append(tuple(json.loads(releases)))
        return found

    def add_archives(self, new: Sequence[tuple[str, int, Sequence[int]]]) -> None:
        """Record what new archive documents hold: (folder of the feed, number, releases)."""
        rows = [(feed, number, json.dumps(list(releases))) for feed, number, releases in new]
        with self._db.transaction():
            self._db.run_many("add_feed_archive", rows)

    def gone(self) -> list[str]:
        """The paths of what was there once and has ended, sorted."""
        return [path for (path,) in self._db.rows("gone_addresses")]

    def save_gone(self, new: Sequence[str], back: Sequence[str], now: dt.datetime) -> None:
        """Record what has ended now, and what is there again."""
        with self._db.transaction():
            self._db.run_many("add_gone_address", [(path, time_text(now)) for path in new])
            self._db.run_many("remove_gone_address", [(path,) for path in back])

    def save_outputs(self, changed: Mapping[str, tuple[str, int]], removed: Sequence[str]) -> None:
        """Record what a build wrote and what it removed, in one transaction."""
        with self._db.transaction():
            self._db.run_many("save_output", [(path, key, size) for path, (key, size) in changed.items()])
            self._db.run_many("remove_output", [(path,) for path in removed])
            self._db.run("note_outputs")

    def forget(self, paths: Iterable[str]) -> None:
        """Record that nothing is certain of these files: the next build makes them anew, or removes them."""
        with self._db.transaction():
            self._db.run_many("save_output", [(path, "", -1) for path in paths])
            self._db.run("note_outputs")

    def save_feeds(self, feeds: Mapping[str, Collection[int]], now: dt.datetime) -> None:
        """Record which releases each feed, ``region/language``, holds now that it is built."""
        self._audit.built(feeds, now)
