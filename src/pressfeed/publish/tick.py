"""The scheduler's rounds: whatever time has brought since the last look.

    publish   scheduled releases whose minute has come
    slots     of every bulletin that are due, late ones as its catch-up window says
    alerts    for what was published
    approval  approved editions at their slot; unapproved ones are held
    reserve   recipients of editions that a killed process left half planned

All of it follows from the store and from ``now``: a look too many does nothing, a missed one is made up for
by the next. Several processes may do the rounds of one newsroom.
"""

from __future__ import annotations

import datetime as dt
import heapq
import logging
import os
import shutil
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pressfeed.domain import Bulletin, Edition, EditionState
from pressfeed.errors import ConfigError, StoreError
from pressfeed.publish import alerts, approval, releases, slots
from pressfeed.publish.editions import go_on, reserve
from pressfeed.publish.room import Newsroom

log = logging.getLogger("pressfeed.scheduler")

BEAT = dt.timedelta(seconds=10)  # between two signs of life
REREAD = dt.timedelta(seconds=1)  # between two looks at the schedule files
LEAST_SPACE = 200_000_000  # bytes: with less, an operator is told


RETRY = dt.timedelta(minutes=1)  # after a bulletin failed


class Stopped(Exception):
    """The process is asked to end: what was begun is taken up by the next one."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """When to look at a bulletin whose slots are decided up to a moment."""

    bulletin: Bulletin
    through: dt.datetime
    moment: dt.datetime | None


class Rounds:
    """One scheduler's view of a newsroom. Open, use and close it in one thread.

    ``stopping`` says whether the process should end: long work then stops between two steps, by ``Stopped``.
    """

    def __init__(
        self, root: Path, environ: Mapping[str, str], stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._root = root
        self._environ = environ
        self._stopping = stopping
        self._moments: list[tuple[dt.datetime, str]] = []  # a heap: when to look at which bulletin
        self._expected: dict[str, _Expected] = {}
        self._alarms: dict[str, dt.datetime] = {}  # alerts that wait for their window
        self._failing: set[str] = set()
        self._changes = -1  # as of the last look
        self._publication: dt.datetime | None = None  # when the next release becomes public by itself
        self._awaited: dt.datetime | None = None  # the slot of the next edition that waits for it
        self._beat: dt.datetime | None = None
        self._read: dt.datetime | None = None
        self.room: Newsroom

    def open(self, now: dt.datetime) -> None:
        """Open the newsroom; ConfigError or StoreError."""
        self.room = Newsroom.open(self._root, self._environ)
        self.room.store.audit.actor = "scheduler"
        self._stamp = self.room.stamp()
        self._settings = self.room.settings_stamp()
        self._begin(now)

    def close(self) -> None:
        self.room.store.close()

    def next_moment(self) -> dt.datetime | None:
        """When the next look must be, if nothing happens before."""
        known = [*self._alarms.values(), *(moment for moment, _ in self._moments[:1])]
        known += [moment for moment in (self._publication, self._awaited) if moment is not None]
        return min(known, default=None)

    def look(self, now: dt.datetime) -> bool:
        """Do what is due at ``now``; whether there was anything to do. Raises StoreError, Stopped."""
        self._reread(now)
        store = self.room.store
        changes = store.releases.changes()
        public = self._publication is not None and self._publication <= now
        busy = changes != self._changes or public
        if busy:
            for release in releases.publish_due(self.room, now):
                log.info("release.published release=%d", release)
            self._publication = store.releases.next_publication(now)
        going = approval.come_due(self.room, now)
        # What was frozen first is reserved first: otherwise a newer edition would take its readers.
        busy = go_on(self.room, now, lambda _: self._check()) or bool(going) or busy
        while self._moments and self._moments[0][0] <= now:
            bulletin = self.room.bulletin(self._moments[0][1])
            self._guarded(bulletin, self._run_slots, now)
            busy = True
        if busy or any(moment <= now for moment in self._alarms.values()):
            for bulletin in self.room.regions.bulletins:
                if bulletin.at_once:
                    self._guarded(bulletin, self._run_alert, now)
        self._awaited = store.editions.next_due()
        if self._beat is None or not dt.timedelta(0) <= now - self._beat < BEAT:
            store.agenda.beat("scheduler", f"{socket.gethostname()}:{os.getpid()}", now)
            self._beat = now
        self._changes = changes  # what came in between, also by our own hand, is seen by the next look
        return busy

    def sweep(self, now: dt.datetime) -> None:
        """Look at everything again, and see what needs an operator. Raises StoreError, Stopped."""
        self._changes = -1
        self._begin(now)
        self.look(now)
        self._examine(now)

    # The steps

    def _reread(self, now: dt.datetime) -> None:
        """Take up changed schedules; broken ones leave the old ones in force."""
        if self._read is not None and dt.timedelta(0) <= now - self._read < REREAD:
            return
        self._read = now
        try:
            if self._settings != (settings := self.room.settings_stamp()):
                self._settings = settings
                log.warning("settings.changed restart pressfeed to have what pressfeed.toml says now")
            stamp = self.room.stamp()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self.room = self.room.reread()
        except (ConfigError, OSError) as error:
            log.error("schedules.broken %s", error)
            self._trouble("schedules", f"The schedules cannot be read; the old ones go on. {error}", now)
            return
        log.info("schedules.read bulletins=%d", len(self.room.regions.bulletins))
        self._over("schedules", now)
        self._begin(now)

    def _begin(self, now: dt.datetime) -> None:
        """Take up the schedules as they are now, from what the store says is decided."""
        slots.watch(self.room, now)
        known = self.room.store.agenda.all()
        before, self._expected = self._expected, {}
        for bulletin in self.room.regions.bulletins:
            through = known[bulletin.key].decided_through
            expected = before.get(bulletin.key)
            if expected is None or expected.bulletin != bulletin or expected.through != through:
                expected = _Expected(bulletin, through, slots.next_moment(bulletin, through))
            self._expected[bulletin.key] = expected
        self._moments = [
            (expected.moment, key) for key, expected in self._expected.items() if expected.moment is not None
        ]
        heapq.heapify(self._moments)
        self._alarms = {one.key: now for one in self.room.regions.bulletins if one.at_once}

    def _guarded(
        self, bulletin: Bulletin, step: Callable[[Bulletin, dt.datetime], None], now: dt.datetime
    ) -> None:
        """Take a step for one bulletin; where it fails by a fault of ours, the others go on."""
        try:
            step(bulletin, now)
        except (StoreError, Stopped):
            raise
        except Exception as error:  # whatever it is, the other bulletins must not wait for it
            log.exception("bulletin.failed bulletin=%s", bulletin.key)
            self._failing.add(bulletin.key)
            self._expect(bulletin, now + RETRY)
            self._alarms.pop(bulletin.key, None)
            text = f"{bulletin.key} could not be run and is tried again every minute: {error!r}"
            self._trouble(f"failed:{bulletin.key}", text, now)
        else:
            if bulletin.key in self._failing:
                self._failing.remove(bulletin.key)
                self._over(f"failed:{bulletin.key}", now)

    def _run_slots(self, bulletin: Bulletin, now: dt.datetime) -> None:
        outcome = slots.run_due(self.room, bulletin, now)
        if outcome.planned:
            self._over(slots.late_key(bulletin), now)
        for edition in outcome.planned:
            self._reserve_one(bulletin, edition, now)
        moment = slots.next_moment(bulletin, outcome.through)
        if moment is not None and moment <= now:
            # That slot's edition is frozen and waits for approval: come_due sees to it.
            moment = slots.next_moment(bulletin, now + bulletin.lead)
        self._expected[bulletin.key] = _Expected(bulletin, outcome.through, moment)
        self._expect(bulletin, moment)

    def _run_alert(self, bulletin: Bulletin, now: dt.datetime) -> None:
        edition, again = alerts.run_due(self.room, bulletin, now)
        self._alarms.pop(bulletin.key, None)
        if again is not None:
            self._alarms[bulletin.key] = again
        if edition is not None:
            self._reserve_one(bulletin, edition, now)

    def _reserve_one(self, bulletin: Bulletin, edition: Edition, now: dt.datetime) -> None:
        reserve(self.room, bulletin, edition, now, lambda _: self._check())

    def _examine(self, now: dt.datetime) -> None:
        """Open an incident for what needs an operator; close those that are over."""
        store = self.room.store
        needed: dict[str, str] = {}
        for edition in store.editions.in_state(EditionState.PAUSED):
            about = f"Edition {edition.id} of {edition.bulletin}, slot {edition.slot},"
            remedy = f"When its cause is mended: pressfeed editions resume {edition.id}"
            needed[f"paused:{edition.id}"] = f"{about} is paused: {edition.reason}. {remedy}"
        in_doubt = store.deliveries.in_doubt()  # where the policy is to send again, what a restore left
        if in_doubt:
            needed["in-doubt"] = (
                f"{len(in_doubt)} deliveries are in doubt and held."
                " See: pressfeed deliveries list --state unknown; decide: pressfeed deliveries resolve"
            )
        space = shutil.disk_usage(self.room.config.database.parent).free
        if space < LEAST_SPACE:
            needed["disk"] = f"Only {space // 1_000_000} MB are left on the store's disk. Make room."
        for key, text in needed.items():
            self._trouble(key, text, now)
        held = {f"held:{edition.id}" for edition in store.editions.in_state(EditionState.HELD)}
        for incident in store.incidents.current():
            kind = incident.key.partition(":")[0]
            if kind in ("paused", "in-doubt", "disk", "held") and incident.key not in held | needed.keys():
                self._over(incident.key, now)

    # Helpers

    def _expect(self, bulletin: Bulletin, moment: dt.datetime | None) -> None:
        """Note when to look at a bulletin's slots next, in place of the moment that was noted before."""
        self._moments = [known for known in self._moments if known[1] != bulletin.key]
        if moment is not None:
            self._moments.append((moment, bulletin.key))
        heapq.heapify(self._moments)

    def _trouble(self, key: str, text: str, now: dt.datetime) -> None:
        if self.room.store.incidents.open(key, text, now):
            log.error("incident.opened key=%s %s", key, text)

    def _over(self, key: str, now: dt.datetime) -> None:
        if self.room.store.incidents.close(key, now):
            log.info("incident.closed key=%s", key)

    def _check(self) -> None:
        if self._stopping():
            raise Stopped
