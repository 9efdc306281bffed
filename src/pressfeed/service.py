"""One process that keeps a newsroom going: its parts, its signals, and what systemd wants to hear.

    scheduler   threads of its own (``pressfeed.scheduler``)
    worker      the sender, in this thread's event loop (``pressfeed.delivery.sender``); letters to single
                people, in a thread (``pressfeed.publish.letters``)
    web         uvicorn, in the same event loop (``pressfeed.web``), where it is asked for
    incoming    an LMTP or SMTP server, there too (``pressfeed.publish.listener``), where the settings say so

SIGTERM and SIGINT end all parts within ten seconds: messages on the wire are finished, everything else is
left as a killed process would leave it, to be taken up by the next one.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import signal
import socket
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pressfeed import config as settings
from pressfeed import schedule
from pressfeed.delivery.opening import open_transport
from pressfeed.delivery.sender import Sender, Tally
from pressfeed.errors import ConfigError, PressfeedError
from pressfeed.publish.deliver import STORE_GRACE, StoreDesk, utc_now
from pressfeed.publish.letters import correspond
from pressfeed.scheduler import Clock, Scheduler
from pressfeed.store import Store
from pressfeed.store.connection import hurry

if TYPE_CHECKING:
    from pressfeed.web.server import QuietServer

log = logging.getLogger("pressfeed.service")

RETRY = 5.0  # seconds before the worker tries a store again that failed
PULSE = 1.0  # seconds between two looks at ourselves
BEAT = 10.0  # seconds between two signs of life in the store
STEP = 2.0  # seconds: a clock that is off by more than this against the monotonic one was set
DOWN = dt.timedelta(minutes=5)  # how long a mail server may be away before an operator is told


class Service:
    """The parts of one process. ``run`` returns when a signal asks it to end."""

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        *,
        scheduler: bool,
        worker: bool,
        listen: tuple[str, int] | None = None,
        clock: Clock = utc_now,
    ) -> None:
        """Reads the settings; ConfigError. ``listen`` is where the web server answers, None = nowhere."""
        self._root = root.resolve()
        self._environ = environ
        self._clock = clock
        self._config = settings.load(root, environ)
        self._scheduler = Scheduler(self._root, environ, clock) if scheduler else None
        self._worker = worker
        self._listen = listen
        self._tally = Tally()
        self._thread = ThreadPoolExecutor(1, "pulse")  # the pulse's own connection belongs to it

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if self._scheduler is not None:
            self._scheduler.start()
        parts = [asyncio.create_task(self._pulse(stop))]
        if self._worker:
            parts.append(asyncio.create_task(self._work(stop)))
            parts.append(asyncio.create_task(self._correspond(stop)))
        if self._config.incoming.listen and self._worker and self._scheduler is not None:
            parts.append(asyncio.create_task(self._take_mail(stop)))
        if self._listen is not None:
            parts.append(asyncio.create_task(self._serve(stop, *self._listen)))
        notify("READY=1")
        log.info("service.ready scheduler=%s worker=%s", self._scheduler is not None, self._worker)
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({*parts, stopped}, return_when=asyncio.FIRST_COMPLETED)
        notify("STOPPING=1")
        log.info("service.stopping")
        hurry(STORE_GRACE)
        stop.set()
        ending = [*parts, stopped]
        if self._scheduler is not None:
            ending.append(asyncio.ensure_future(asyncio.to_thread(self._scheduler.stop)))
        await asyncio.gather(*ending)
        self._thread.shutdown()

    async def _serve(self, stop: asyncio.Event, host: str, port: int) -> None:
        """Answer over HTTP until the end; a port that is taken ends the service."""
        # Only a service that serves needs FastAPI in its memory.
        from pressfeed.web.app import application
        from pressfeed.web.server import QuietServer

        regions = schedule.load_regions(self._config.schedules, self._config.languages)
        server = QuietServer(application(self._config, regions, self._clock), host, port)
        forward = asyncio.create_task(_end(server, stop))
        try:
            await server.serve()
        except SystemExit as error:
            raise ConfigError(
                f"nothing can be served on {host}:{port}", remedy="Choose a free port with --listen"
            ) from error
        finally:
            forward.cancel()

    async def _take_mail(self, stop: asyncio.Event) -> None:
        """Take bounces and answers until the end; a place that is taken ends the service."""
        # Only a service that takes mail needs aiosmtpd in its memory.
        from pressfeed.publish import listener

        await listener.serve(
            self._config, self._clock, stop, lambda where: log.info("incoming.listening at=%s", where)
        )

    async def _work(self, stop: asyncio.Event) -> None:
        """Send what is due for ever; a store that fails is tried again."""
        while not stop.is_set():
            # A sender sets its own event when it ends, for whatever reason.
            own = asyncio.Event()
            forward = asyncio.create_task(_forward(stop, own))
            sender = Sender(
                desk=StoreDesk(self._root, self._environ, self._clock),
                transport=open_transport(self._config.mail, self._root),
                lease=self._config.mail.lease.total_seconds(),
                tally=self._tally,
            )
            try:
                await sender.run(forever=True, stop=own)
            except (PressfeedError, OSError) as error:
                log.error("worker.failed %s", error)
                await _wait(stop, RETRY)
            finally:
                forward.cancel()

    async def _correspond(self, stop: asyncio.Event) -> None:
        """Send the mails about single subscriptions, as soon as they are written."""
        await asyncio.to_thread(correspond, self._root, self._environ, self._clock, stop.is_set)

    async def _pulse(self, stop: asyncio.Event) -> None:
        """Say that we live, and notice a clock that was set and a mail server that is away."""
        loop = asyncio.get_running_loop()
        offset = time.time() - time.monotonic()
        beaten = -BEAT
        away_since: dt.datetime | None = None
        store: Store | None = None
        while not stop.is_set():
            alive = self._scheduler is None or self._scheduler.alive
            if alive:
                notify("WATCHDOG=1")
            shift = time.time() - time.monotonic() - offset
            if abs(shift) > STEP:
                offset += shift
                if self._scheduler is not None:
                    self._scheduler.wake()
            now = self._clock()
            if not (self._worker and self._tally.problem):
                away_since = None
            elif away_since is None:
                away_since = now
            if self._worker and time.monotonic() - beaten >= BEAT:
                beaten = time.monotonic()
                away = self._tally.problem if away_since and now - away_since >= DOWN else ""
                try:
                    if store is None:
                        store = await loop.run_in_executor(self._thread, Store, self._config.database)
                    await loop.run_in_executor(self._thread, _beat, store, away, now)
                except (PressfeedError, OSError) as error:
                    log.error("pulse.failed %s", error)
            await _wait(stop, PULSE)
        if store is not None:
            await loop.run_in_executor(self._thread, store.close)


def _beat(store: Store, away: str, now: dt.datetime) -> None:
    """Note that the worker lives, and whether the mail server does."""
    store.agenda.beat("worker", f"{socket.gethostname()}:{os.getpid()}", now)
    if away:
        text = f"No mail leaves: its server has been away for {DOWN.seconds // 60} minutes and more. {away}"
        if store.incidents.open("transport", text, now):
            log.error("incident.opened key=transport %s", text)
    elif store.incidents.close("transport", now):
        log.info("incident.closed key=transport")


async def _forward(stop: asyncio.Event, own: asyncio.Event) -> None:
    await stop.wait()
    own.set()


async def _end(server: QuietServer, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    """Wait for the end, but not longer than so many seconds."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


def notify(state: str) -> None:
    """Tell systemd, where it listens: ``READY=1``, ``STOPPING=1``, ``WATCHDOG=1`` (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), address)
    except OSError as error:
        log.warning("service.unnotified %s", error)
