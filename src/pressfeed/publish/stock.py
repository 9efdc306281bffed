"""The releases that may be shown, known from build to build: only what changed since is read anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from pressfeed.domain import ReleaseStub


class Source(Protocol):
    """What tells of releases (``publish.build.BuildStore``)."""

    def release_stubs(self, since: int | None) -> tuple[int, Mapping[int, ReleaseStub | None]]: ...


class Change(NamedTuple):
    """What is shown no longer, and what is shown now; what is another than it was is in both."""

    left: list[ReleaseStub]
    come: list[ReleaseStub]


class Stock:
    """All releases that are published or withdrawn; ``shown`` are those whose time has come.

    The store counts the changes of releases, and each release bears the number of its last one: whoever
    changed it, in whichever process, it is read anew. The hour is looked at here, each time.
    """

    def __init__(self) -> None:
        self.shown: dict[int, ReleaseStub] = {}
        self._waiting: dict[int, ReleaseStub] = {}  # published for a time to come, or under embargo
        self._number: int | None = None  # of changes that are known here
        self._looked: dt.datetime | None = None

    def look(self, source: Source, now: dt.datetime) -> Change:
        """Read what changed since the last time, and tell what that does to what is shown at ``now``."""
        number, changed = source.release_stubs(self._number)
        change, shown, waiting = Change([], []), self.shown, self._waiting
        if self._looked is not None and now < self._looked:  # the clock was set back
            for stub in [stub for stub in shown.values() if not _is_due(stub, now)]:
                change.left.append(shown.pop(stub.id))
                waiting[stub.id] = stub
        for id, new in changed.items():
            old = shown.get(id)
            if old is not None and old == new:
                continue
            waiting.pop(id, None)
            if old is not None:
                change.left.append(shown.pop(id))
            if new is not None:
                waiting[id] = new
        for stub in [stub for stub in waiting.values() if _is_due(stub, now)]:
            change.come.append(stub)
            shown[stub.id] = waiting.pop(stub.id)
        self._number, self._looked = number, now
        return change


def _is_due(stub: ReleaseStub, now: dt.datetime) -> bool:
    return stub.published_at <= now and (stub.embargo_until is None or stub.embargo_until <= now)
