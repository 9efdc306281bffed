"""The sender: claims what is due, hands it to the transport, and keeps the ledger true at every step.

    desk ──claim──▶ queue ──▶ carrier 1 … n ──deliver──▶ transport
      ▲                          │  ▲
      └──────── scribe ◀─begin, settle─┘

A *carrier* owns one connection. Just before it writes a message's content it asks the *scribe* to put
``sending`` on record and waits until that is on disk; what became of the message goes back the same way.
The scribe collects what all carriers ask while the last commit was running and writes it in one transaction,
so that the number of commits does not grow with the number of connections. The desk works in a thread of its
own: a store that is locked for a while stops the sending, not the connections' clocks.

Killed at any point, at most one message per connection is in doubt: a carrier's next ``begin`` is committed
together with, or after, the end of its last message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pressfeed.delivery.transport import Connection, Outcome, Outgoing, Result, Transport
from pressfeed.errors import InputError, PressfeedError

log = logging.getLogger("pressfeed.delivery")

T = TypeVar("T")
GRACE = 8.0  # seconds that a stopping sender gives to what is on the wire
POLL = 1.0  # seconds between two looks at the store when there is nothing to do


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed delivery. ``compose`` makes its message; it may raise InputError for a hopeless address."""

    id: int
    edition: int
    compose: Callable[[], Outgoing]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is left, when nothing can be claimed now."""

    held: bool  # some deliveries are under a lease: somebody works on them, or died
    next_due: float | None  # seconds until a delivery that waits for its next try; None = there is none
    in_doubt: int  # deliveries that wait for an operator's decision
    paused: int  # editions that wait for an operator


class Desk(Protocol):
    """The sender's view of the store. All methods are called in one thread, which also opens it."""

    def open(self) -> None: ...

    def due(self) -> int:
        """How many deliveries could be claimed now."""
        ...

    def claim(self, limit: int) -> list[Job]:
        """Take up to ``limit`` due deliveries."""
        ...

    def commit(self, begin: Sequence[Job], settle: Sequence[tuple[Job, Outcome]]) -> list[bool]:
        """Record, in one durable transaction, how some ended and which may begin; whether each may."""
        ...

    def renew(self) -> None:
        """Tell that everything held is still held."""
        ...

    def recover(self) -> int:
        """Take back what dead senders held; how many deliveries that were."""
        ...

    def release(self) -> int:
        """Give back what was claimed and not begun."""
        ...

    def outlook(self) -> Outlook: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Tally:
    """What a run has done so far; one object that is updated in place, for progress displays."""

    due: int = 0  # when the run began
    sent: int = 0
    deferred: int = 0
    failed: int = 0
    unknown: int = 0
    returned: int = 0  # taken up, and given back untouched
    recovered: int = 0
    problem: str = ""  # what keeps the transport from working now
    outlook: Outlook | None = None  # once nothing is due any more

    @property
    def finished(self) -> bool:
        """Whether nothing waits for a retry or a decision."""
        left = self.outlook
        return left is not None and not (
            left.held or left.in_doubt or left.paused or left.next_due is not None
        )


@dataclass
class Sender:
    """Sends what is due over a transport.

    ``lease`` is in seconds; a third of it is the heartbeat's rhythm. ``patience`` is how many seconds a
    sender that runs until nothing is due waits for a transport that does not work.
    """

    desk: Desk
    transport: Transport
    lease: float
    patience: float = 120.0
    tally: Tally = field(default_factory=Tally)

    async def run(self, *, forever: bool, stop: asyncio.Event) -> Tally:
        """Send until nothing is due (or for ever), or until ``stop`` is set. Raises StoreError.

        On stop, what is on the wire is finished, for at most ``GRACE`` seconds; the rest is given back.
        """
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._idle: set[asyncio.Task[None] | None] = set()  # carriers with nothing in hand
        self._thread = ThreadPoolExecutor(1, "desk")
        self._scribe = _Scribe(self._in_thread, self.desk)
        await self._in_thread(self.desk.open)
        self.tally.due = await self._in_thread(self.desk.due)
        background = [asyncio.create_task(self._scribe.run()), asyncio.create_task(self._heartbeat())]
        carriers = [asyncio.create_task(self._carry(stop)) for _ in range(self.transport.connections)]
        feeder = asyncio.create_task(self._feed(forever))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({feeder, stopped, *carriers, *background}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            feeder.cancel()
            stop.set()
            await self._wind_down(carriers, background)
        for task in (feeder, *carriers, *background):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error
        return self.tally

    async def _feed(self, forever: bool) -> None:
        """Keep the queue filled; return when there is nothing left to wait for."""
        low, batch = 2 * self.transport.connections, 20 * self.transport.connections
        loop = asyncio.get_running_loop()
        useless_since: float | None = None
        while True:
            while self._queue.qsize() >= low:
                await asyncio.sleep(0.002)
            self.tally.recovered += await self._in_thread(self.desk.recover)
            if await self._transport_is_ready():
                useless_since = None
                jobs = await self._in_thread(self.desk.claim, batch)
                if jobs:
                    for job in jobs:
                        self._queue.put_nowait(job)
                    continue
            else:
                useless_since = useless_since or loop.time()
            if len(self._idle) < self.transport.connections or not self._queue.empty():
                await asyncio.sleep(0.005)
                continue
            self.tally.outlook = left = await self._in_thread(self.desk.outlook)
            if not forever and useless_since is not None and loop.time() - useless_since > self.patience:
                return
            due = left.next_due is not None and left.next_due <= 0
            if not forever and not left.held and not due:
                return
            await asyncio.sleep(POLL if left.next_due is None else min(POLL, max(left.next_due, 0.05)))

    async def _transport_is_ready(self) -> bool:
        """Whether the transport can carry messages, waiting a little for one that is just dialling."""
        try:
            await asyncio.wait_for(self.transport.ready(), POLL)
        except TimeoutError:
            self.tally.problem = self.transport.problem
            return False
        self.tally.problem = ""
        return True

    async def _carry(self, stop: asyncio.Event) -> None:
        connection = await self.transport.connect()
        me = asyncio.current_task()
        try:
            while not stop.is_set():
                self._idle.add(me)
                await connection.ready()
                job = await self._queue.get()
                self._idle.discard(me)
                await self._deliver(connection, job)
        finally:
            await connection.close()

    async def _deliver(self, connection: Connection, job: Job) -> None:
        begun = False

        async def before_content() -> bool:
            nonlocal begun
            begun = await self._scribe.begin(job)
            return begun

        try:
            outcome = await connection.deliver(job.compose(), before_content)
        except InputError as error:
            outcome = Outcome(Result.FAILED, text=str(error), stage="compose")
        except asyncio.CancelledError:
            # Out of time: if the content had begun, nobody knows whether it arrived.
            result = Result.UNKNOWN if begun else Result.UNSENT
            self._scribe.settle(job, Outcome(result, text="the sender was stopped", stage="content"))
            raise
        self._count(outcome)
        log.log(
            logging.DEBUG if outcome.result is Result.SENT else logging.INFO,
            "delivery.%s edition=%d delivery=%d stage=%s code=%d status=%s",
            outcome.result.value,
            job.edition,
            job.id,
            outcome.stage or "-",
            outcome.code,
            outcome.status or "-",
        )
        self._scribe.settle(job, outcome)

    def _count(self, outcome: Outcome) -> None:
        match outcome.result:
            case Result.SENT:
                self.tally.sent += 1
            case Result.DEFERRED:
                self.tally.deferred += 1
            case Result.FAILED:
                self.tally.failed += 1
            case Result.UNKNOWN:
                self.tally.unknown += 1
            case Result.REFUSED_ALL:
                self.tally.returned += 1
                self.tally.problem = outcome.text
            case Result.UNSENT | Result.DROPPED:
                self.tally.returned += 1

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self.lease / 3)
            await self._in_thread(self.desk.renew)

    async def _wind_down(
        self, carriers: Sequence[asyncio.Task[None]], background: Sequence[asyncio.Task[None]]
    ) -> None:
        """Finish what is on the wire, put its end on record, give the rest back."""
        for carrier in carriers:
            if carrier in self._idle:
                carrier.cancel()
        await asyncio.wait(carriers, timeout=GRACE)
        for carrier in carriers:
            carrier.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        try:
            await self._scribe.flush()
            self.tally.returned += await self._in_thread(self.desk.release)
            if self.tally.outlook is None:
                self.tally.outlook = await self._in_thread(self.desk.outlook)
        except PressfeedError:
            # The store is out of reach: leases run out by themselves, and the first error is the one to tell.
            log.exception("sender.release failed")
        finally:
            await self.transport.close()
            await self._in_thread(self.desk.close)
            self._thread.shutdown()

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


class _Scribe:
    """Writes what the carriers have to say, as many at a time as have gathered."""

    def __init__(self, in_thread: Callable[..., Awaitable[list[bool]]], desk: Desk) -> None:
        self._in_thread = in_thread
        self._desk = desk
        self._begin: list[tuple[Job, asyncio.Future[bool]]] = []
        self._settle: list[tuple[Job, Outcome]] = []
        self._wanted = asyncio.Event()

    async def begin(self, job: Job) -> bool:
        """Put ``sending`` on record; whether the job is still ours. Returns once that is on disk."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._begin.append((job, answer))
        self._wanted.set()
        return await answer

    def settle(self, job: Job, outcome: Outcome) -> None:
        """Put the end of a job on record, at the latest together with the next ``begin``."""
        self._settle.append((job, outcome))
        self._wanted.set()

    async def run(self) -> None:
        while True:
            await self._wanted.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what has gathered. Raises StoreError, and passes it to whoever waits."""
        self._wanted.clear()
        begin, self._begin = self._begin, []
        settle, self._settle = self._settle, []
        if not begin and not settle:
            return
        # Cancelled while the thread writes, the transaction still happens: it must not be written again.
        jobs = [job for job, _ in begin]
        writing: asyncio.Future[list[bool]] = asyncio.ensure_future(
            self._in_thread(self._desk.commit, jobs, settle)
        )
        try:
            allowed = await asyncio.shield(writing)
        except asyncio.CancelledError:
            with contextlib.suppress(PressfeedError):
                allowed = await writing
                _answer(begin, allowed)
            raise
        except BaseException as error:
            for _, answer in begin:
                if not answer.done():
                    answer.set_exception(error)
            raise
        _answer(begin, allowed)


def _answer(begin: Sequence[tuple[Job, asyncio.Future[bool]]], allowed: Sequence[bool]) -> None:
    for (_, answer), may in zip(begin, allowed, strict=True):
        if not answer.done():
            answer.set_result(may)
