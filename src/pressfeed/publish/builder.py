"""Keeps ``public/`` up to date while the newsroom runs: builds when something changed, and only then."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from pressfeed.errors import ConfigError, PressfeedError, StoreError
from pressfeed.publish.build import BuildResult, build
from pressfeed.publish.memory import Memory
from pressfeed.publish.outputs import NEWS
from pressfeed.publish.room import Newsroom
from pressfeed.publish.tick import Stopped
from pressfeed.site.channels import next_end

log = logging.getLogger("pressfeed.build")

RETRY = dt.timedelta(minutes=1)  # after a build failed


class Builder:
    """Builds feeds and pages. Open, use and close it in one thread.

    What tells that something changed is a number in the store that every change of a release raises,
    whichever process made it; the moment at which, by itself, the next release becomes public, a region ends
    or a release is no news any more; and the schedule files.
    """

    def __init__(
        self, root: Path, environ: Mapping[str, str], stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._root = root
        self._environ = environ
        self._stopping = stopping
        self._built = -1  # the number of changes as of the last build
        self._next: dt.datetime | None = None  # when files are no longer right by themselves
        self._retry: dt.datetime | None = None
        self._looked: dt.datetime | None = None  # the last time, to see that the clock was set back
        self._memory = Memory()
        self.room: Newsroom

    def open(self) -> None:
        """Open the newsroom; ConfigError or StoreError."""
        self.room = Newsroom.open(self._root, self._environ)
        self.room.store.audit.actor = "scheduler"
        self._stamp = self.room.stamp()

    def close(self) -> None:
        self.room.store.close()

    def look(self, now: dt.datetime) -> BuildResult | None:
        """Build if something changed; None if nothing did. Raises StoreError, Stopped."""
        store = self.room.store
        changes, stamp = store.releases.changes(), self.room.stamp()
        public = self._next is not None and self._next <= now
        back = self._looked is not None and now < self._looked  # what was shown may not be public any more
        self._looked = now
        if self._retry is not None:
            if self._retry - RETRY <= now < self._retry:
                return None
        elif changes == self._built and stamp == self._stamp and not (public or back):
            return None
        try:
            if stamp != self._stamp:
                self._stamp = stamp
                self.room = self.room.reread()
        except ConfigError:
            log.debug("build.schedules-broken")  # the scheduler tells the operators
        try:
            result = build(
                self.room.config,
                self.room.regions,
                store.outputs,
                now,
                progress=lambda *_: self._check(),
                memory=self._memory,
            )
        except Stopped:
            raise
        except Exception as error:  # also a template of the operator's own may fail, in any way
            if isinstance(error, StoreError) and error.file is not None:
                raise  # the store itself does not work: that is not about the build
            self._retry = now + RETRY
            expected = isinstance(error, PressfeedError | OSError)
            log.error("build.failed %s", error, exc_info=None if expected else error)
            store.incidents.open("build", f"Feeds and pages cannot be built: {error}", now)
            return None
        if self._retry is not None:
            store.incidents.close("build", now)
        self._built, self._retry = changes, None
        news = store.releases.oldest_since(now - NEWS)
        moments = (
            store.releases.next_publication(now),
            next_end(self.room.regions.all, now),
            news + NEWS if news is not None else None,
        )
        self._next = min((moment for moment in moments if moment is not None), default=None)
        if result.written or result.removed:
            log.info("build.done written=%d removed=%d", len(result.written), len(result.removed))
        return result

    def _check(self) -> None:
        if self._stopping():
            raise Stopped
