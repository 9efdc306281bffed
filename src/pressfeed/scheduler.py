"""APScheduler as an alarm clock, and nothing more: it says when to look; the store says what is due.

Its jobs are in memory and made anew at every start. Each kind of work has a thread of its own, because a
connection to the store belongs to one thread and a long build must not make a bulletin late:

    rounds   look twice a second, at every slot's moment, and thoroughly once a minute
    build    feeds and pages, as soon as something changed
    tell     mail incidents to the operators
    incoming read the Maildir and the IMAP folder of ``[incoming]``; once a day, erase what is kept no longer
    push     tell hubs and subscribers of changed feeds
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from pressfeed import config as settings
from pressfeed.delivery.opening import open_transport
from pressfeed.errors import PressfeedError
from pressfeed.publish import folders, incidents, privacy, websub
from pressfeed.publish.builder import Builder
from pressfeed.publish.room import Newsroom
from pressfeed.publish.tick import Rounds, Stopped

log = logging.getLogger("pressfeed.scheduler")

LOOK = 0.5  # seconds between two looks at the store
SWEEP = 60.0  # seconds between two thorough ones
PURGE = 86_400.0  # seconds between two purges of what is kept no longer
TELL = 2.0  # seconds between two looks for untold incidents
PUSH = 1.0  # seconds between two looks for feeds that changed
# Jobs that may still be at work when they are due again.
FREQUENT = frozenset({"look", "build", "push", "incoming"})

Clock = Callable[[], dt.datetime]


class Scheduler:
    """Rounds, builds and incidents of one newsroom, each in a thread, until it is stopped.

    ``clock`` tells the time that decides what is due; when to look is APScheduler's, by the system's clock.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], clock: Clock) -> None:
        """Reads the settings; ConfigError."""
        self._root = root
        self._environ = environ
        self._clock = clock
        self._config = settings.load(root, environ)
        self._stop = threading.Event()
        self._rounds = _Keeper(self._open_rounds, "rounds")
        self._builder = _Keeper(self._open_builder, "build")
        self._teller = _Keeper(self._open_room, "tell")
        self._reader = _Keeper(self._open_room, "incoming")
        self._pusher = _Keeper(self._open_room, "push")
        self._store_trouble: str | None = None  # what to tell although the store does not work
        self._alarm: dt.datetime | None = None
        self._scheduler = BackgroundScheduler(
            timezone=dt.UTC,
            jobstores={"default": MemoryJobStore()},
            executors={
                name: ThreadPoolExecutor(1) for name in ("default", "build", "tell", "push", "incoming")
            },
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        events = EVENT_JOB_ERROR | EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES
        self._scheduler.add_listener(_report, events)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # _report says it in our words

    def start(self) -> None:
        """Begin; returns at once."""
        self._every(SWEEP, "sweep", self._sweep)
        self._every(LOOK, "look", self._look)
        self._every(LOOK, "build", self._build, executor="build")
        self._every(TELL, "tell", self._tell, executor="tell")
        if self._config.incoming.maildir is not None or self._config.incoming.imap:
            poll = self._config.incoming.poll.total_seconds()
            self._every(poll, "incoming", self._poll, executor="incoming")
        self._every(PURGE, "purge", self._purge, executor="incoming")
        if self._config.hub_url:
            self._every(PUSH, "push", self._push, executor="push")
        self._scheduler.start()

    def stop(self) -> None:
        """End: what is being done stops between two steps, to be taken up by the next scheduler."""
        self._stop.set()
        for keeper, executor in (
            (self._rounds, "default"),
            (self._builder, "build"),
            (self._teller, "tell"),
            (self._pusher, "push"),
            (self._reader, "incoming"),
        ):
            keeper.closed.clear()
            self._scheduler.add_job(keeper.close, executor=executor, id=f"close-{keeper.name}")
        for name in ("look", "build", "tell", "push", "sweep", "alarm", "incoming", "purge"):
            if self._scheduler.get_job(name) is not None:
                self._scheduler.remove_job(name)
        for keeper in (self._rounds, self._builder, self._teller, self._pusher, self._reader):
            keeper.closed.wait(5)
        self._scheduler.shutdown(wait=True)

    @property
    def alive(self) -> bool:
        """Whether alarms still go off."""
        return bool(self._scheduler.running)

    def wake(self) -> None:
        """Look now: the system's clock was set, and all alarms with it."""
        log.warning("scheduler.clock-set")
        now = dt.datetime.now(dt.UTC)
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=now)

    # Jobs

    def _sweep(self) -> None:
        self._with_store(self._rounds, lambda rounds: rounds.sweep(self._clock()))
        self._set_alarm()

    def _look(self) -> None:
        self._with_store(self._rounds, lambda rounds: rounds.look(self._clock()))
        self._set_alarm()

    def _build(self) -> None:
        self._with_store(self._builder, lambda builder: builder.look(self._clock()))

    def _tell(self) -> None:
        now = self._clock()
        if self._store_trouble is not None and self._config.notify:
            trouble = incidents.without_store(self._store_trouble, now)
            if incidents.send(self._config, self._transport(), trouble, self._stop.is_set):
                self._store_trouble = None
        self._with_store(
            self._teller, lambda room: incidents.tell(room, self._transport, now, self._stop.is_set)
        )

    def _poll(self) -> None:
        self._with_store(self._reader, lambda room: folders.poll(room, self._clock, self._stop.is_set))

    def _push(self) -> None:
        now = self._clock()
        self._with_store(self._pusher, lambda room: websub.push_due(room, now, self._stop.is_set))

    def _purge(self) -> None:
        self._with_store(self._reader, lambda room: privacy.purge(room, self._clock()))

    # Helpers

    def _with_store(self, keeper: _Keeper, work: Callable[[Any], object]) -> None:
        """Work on the store; where it does not work, an operator is told once, and it is tried again."""
        if self._stop.is_set():
            return
        try:
            work(keeper.get())
        except Stopped:
            return
        except (PressfeedError, OSError) as error:
            if not keeper.troubled:
                log.error("scheduler.%s failed: %s", keeper.name, error)
                self._store_trouble = f"pressfeed cannot work on its newsroom ({keeper.name}): {error}"
            keeper.troubled = True
            keeper.close()
        else:
            if keeper.troubled:
                log.info("scheduler.%s works again", keeper.name)
            keeper.troubled = False

    def _set_alarm(self) -> None:
        """Have the next slot's moment looked at when it comes, not up to a look's length later."""
        rounds = self._rounds.kept
        moment = rounds.next_moment() if rounds is not None else None
        if moment is None or moment == self._alarm or self._stop.is_set():
            return
        self._alarm = moment
        self._scheduler.add_job(
            self._look, DateTrigger(moment, timezone=dt.UTC), id="alarm", replace_existing=True
        )

    def _every(
        self, seconds: float, name: str, work: Callable[[], None], *, executor: str = "default"
    ) -> None:
        self._scheduler.add_job(
            work,
            IntervalTrigger(seconds=seconds, timezone=dt.UTC),
            id=name,
            executor=executor,
            next_run_time=dt.datetime.now(dt.UTC),
        )

    def _open_rounds(self) -> Rounds:
        rounds = Rounds(self._root, self._environ, self._stop.is_set)
        rounds.open(self._clock())
        return rounds

    def _open_builder(self) -> Builder:
        builder = Builder(self._root, self._environ, self._stop.is_set)
        builder.open()
        return builder

    def _open_room(self) -> Newsroom:
        return Newsroom.open(self._root, self._environ)

    def _transport(self) -> Any:
        return open_transport(self._config.mail, self._config.root)


class _Keeper:
    """Opens something in the thread that first asks for it, keeps it, and opens it anew after trouble."""

    def __init__(self, opening: Callable[[], Any], name: str) -> None:
        self._opening = opening
        self.name = name
        self.kept: Any = None
        self.troubled = False
        self.closed = threading.Event()

    def get(self) -> Any:
        if self.kept is None:
            self.kept = self._opening()
        return self.kept

    def close(self) -> None:
        kept, self.kept = self.kept, None
        if kept is not None:
            (kept.store if isinstance(kept, Newsroom) else kept).close()
        self.closed.set()


def _report(event: JobEvent) -> None:
    if event.code == EVENT_JOB_MAX_INSTANCES:
        level = logging.DEBUG if event.job_id in FREQUENT else logging.WARNING
        log.log(level, "scheduler.still-running job=%s", event.job_id)
    elif event.code == EVENT_JOB_MISSED:
        log.error("scheduler.missed job=%s", event.job_id)
    else:
        log.error("scheduler.failed job=%s", event.job_id, exc_info=event.exception)
