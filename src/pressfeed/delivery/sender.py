"""The sender: claims what is due, hands it to the transport, and keeps the ledger true at every step.

    desk ──claim──▶ feeder ──jobs──▶ composer ──letters──▶ carrier 1 … n ──deliver──▶ transport
      ▲                                                      │
      └────────────────────── scribe ◀───── begin, settle ───┘

The *feeder* keeps enough jobs at hand; the *composers* write their messages ahead, several at a time in
threads of their own: signing needs no interpreter, and so takes another core. A *carrier* owns one
connection. While a message's envelope travels, as a rule behind the content before it, the carrier asks the
*scribe* to put ``sending`` on record, and sends no content until that is on disk; what became of it goes back
the same way. The scribe collects what several carriers ask and writes it in one transaction, so that the
number of commits does not grow with the number of connections. What may take long at the desk is done in a
thread of its own: a store that is locked for a while stops the sending, not the connections' clocks.

Killed at any point, at most one message per connection is in doubt: a carrier's next ``begin`` is committed
together with, or after, the end of its last message.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pressfeed.delivery.desk import Desk, Job, Outlook
from pressfeed.delivery.scribe import Scribe
from pressfeed.delivery.transport import Connection, Outcome, Outgoing, Result, Transport
from pressfeed.errors import InputError, PressfeedError

log = logging.getLogger("pressfeed.delivery")

GRACE = 6.5  # seconds that a stopping sender gives to what is on the wire; goodbyes come on top
POLL = 1.0  # seconds between two looks at the store when nothing happens
GIVEN_BACK = Outcome(Result.UNSENT)
COMPOSERS = 2  # threads that write and sign messages
COMPOSED_TOGETHER = 8  # messages: to wake a composer costs as much as writing one, to wake a thread two

Letter = tuple[Job, Outgoing | Outcome]


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

    @property
    def done(self) -> int:
        """How many attempts have come to an end."""
        return self.sent + self.deferred + self.failed + self.unknown


@dataclass
class Sender:
    """Sends what is due over a transport.

    ``lease`` is in seconds; a third of it is the heartbeat's rhythm. ``patience`` is how many seconds a
    sender that runs until nothing is due goes on without getting anywhere while the transport has a problem.
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
        self._on_wire: set[asyncio.Task[None] | None] = set()
        self._scribe = Scribe(self.desk, crowd=lambda: len(self._on_wire))
        try:
            await self._scribe.call(self.desk.open)
            try:
                self.tally.due = await self._scribe.call(self.desk.due)
                with ThreadPoolExecutor(COMPOSERS, "pen") as self._pens:
                    await self._send(forever, stop)
            finally:
                await self.transport.close()
                await self._scribe.call(self.desk.close)
        finally:
            self._scribe.close()
        return self.tally

    async def _send(self, forever: bool, stop: asyncio.Event) -> None:
        connections = self.transport.connections
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._letters: asyncio.Queue[Letter] = asyncio.Queue()
        self._ahead = 4 * connections  # letters that are composed or being composed
        self._batch = min(COMPOSED_TOGETHER, 2 * connections)
        self._composing: set[Job] = set()
        self._short = asyncio.Event()  # there is room for another batch
        self._plenty = connections // 2
        self._low = 2 * connections  # the feeder fills the jobs up when there are fewer
        self._wanted = asyncio.Event()  # something for the feeder to look at
        self._open = 0  # jobs claimed and not ended
        carriers = [asyncio.create_task(self._carry(stop)) for _ in range(connections)]
        feeder, *others = (
            asyncio.create_task(work)
            for work in (
                self._feed(forever),
                self._heartbeat(),
                *(self._compose() for _ in range(COMPOSERS)),
            )
        )
        stopped: asyncio.Future[Any] = asyncio.create_task(stop.wait())
        tasks: list[asyncio.Future[None]] = [feeder, *others, *carriers, self._scribe.broken]
        try:
            await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.set()
            stopped.cancel()
            feeder.cancel()
            for carrier in carriers:
                if carrier not in self._on_wire:
                    carrier.cancel()
            await asyncio.wait(carriers, timeout=GRACE)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            failures = [task.exception() for task in tasks if not task.cancelled()]
            await self._tidy_up(next(filter(None, failures), None))

    async def _tidy_up(self, failure: BaseException | None) -> None:
        """Put what has ended on record and give the rest back. Raises ``failure``, or its own."""
        self.tally.problem = self.transport.problem
        try:
            await self._scribe.flush()
            self.tally.returned += await self._scribe.call(self.desk.release)
            self.tally.outlook = await self._scribe.call(self.desk.outlook)
        except PressfeedError as error:
            # The store is out of reach: leases run out by themselves, and the first error is the one to tell.
            raise failure or error from None
        if failure is not None:
            raise failure

    async def _feed(self, forever: bool) -> None:
        """Keep enough jobs at hand; return when there is nothing left to wait for."""
        loop = asyncio.get_running_loop()
        done, since, looked = self.tally.done, loop.time(), -math.inf
        while True:
            self._wanted.clear()
            pause = POLL
            # Also with plenty to do: what a dead sender held may be more urgent than what we hold.
            if loop.time() >= looked + POLL:
                self.tally.recovered += await self._scribe.call(self.desk.recover)
                looked = loop.time()
            if self._jobs.qsize() < self._low:
                for job in await self._scribe.claim(10 * self._low):
                    self._jobs.put_nowait(job)
                    self._open += 1
            if not self._open:
                await self._scribe.flush()
                self.tally.outlook = left = await self._scribe.call(self.desk.outlook)
                due_now = left.next_due is not None and left.next_due <= 0
                if not (forever or left.held or due_now):
                    return
                if left.next_due is not None:
                    pause = min(POLL, max(left.next_due, 0.05))
            self.tally.problem = self.transport.problem
            if self.tally.done != done or not self.tally.problem:
                done, since = self.tally.done, loop.time()
            elif not forever and loop.time() - since > self.patience:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wanted.wait()

    async def _compose(self) -> None:
        """Write messages ahead: work for the time in which the server works."""
        loop = asyncio.get_running_loop()
        while True:
            while self._room < self._batch:
                self._short.clear()
                await self._short.wait()
            jobs = [await self._jobs.get()]
            while self._jobs.qsize() and len(jobs) < self._batch:
                jobs.append(self._jobs.get_nowait())
            self._composing.update(jobs)
            if jobs[0].signed:
                letters = await loop.run_in_executor(self._pens, _written, jobs)
            else:
                letters = _written(jobs)
                await asyncio.sleep(0)  # the carriers come first
            for letter in letters:
                if letter[0] in self._composing:  # else it was given back meanwhile
                    self._composing.remove(letter[0])
                    self._letters.put_nowait(letter)

    async def _carry(self, stop: asyncio.Event) -> None:
        """Deliver one letter after the other over one connection."""
        connection = await self.transport.connect()
        me = asyncio.current_task()
        following: Letter | None = None
        try:
            while not stop.is_set():
                job, letter = following or await self._next()
                following = None
                if isinstance(letter, Outcome):
                    self._end(job, letter)
                    continue
                # An outage is waited out here, where nothing has begun and the job can be given back.
                await connection.ready()
                self._on_wire.add(me)
                # With little left to do, a letter rather goes to a connection that has none.
                following = await self._next() if self._letters.qsize() > self._plenty else None
                self._end(job, await self._deliver(connection, job, letter, following))
                self._on_wire.discard(me)
        finally:
            await connection.close()

    async def _next(self) -> Letter:
        letter = await self._letters.get()
        if self._room >= self._batch:
            self._short.set()
        return letter

    @property
    def _room(self) -> int:
        """How many more letters may be written ahead."""
        return self._ahead - self._letters.qsize() - len(self._composing)

    async def _deliver(
        self, connection: Connection, job: Job, letter: Outgoing, following: Letter | None
    ) -> Outcome:
        """Hand over one message. Raises StoreError."""
        announced = following[1] if following else None
        # While the envelope travels; the content waits for it.
        permission = self._scribe.begin(job)
        content_begun = False

        async def before_content() -> bool:
            nonlocal content_begun
            content_begun = await permission
            return content_begun

        try:
            return await connection.deliver(
                letter, before_content, announced if isinstance(announced, Outgoing) else None
            )
        except asyncio.CancelledError:
            # Out of time: if the content had begun, nobody knows whether it arrived.
            stopped = Outcome(
                Result.UNKNOWN if content_begun else Result.UNSENT, text="the sender was stopped"
            )
            self._end(job, stopped)
            raise
        finally:
            permission.cancel()

    def _end(self, job: Job, outcome: Outcome) -> None:
        """Count, log and record how a job ended."""
        match outcome.result:
            case Result.SENT:
                self.tally.sent += 1
            case Result.DEFERRED:
                self.tally.deferred += 1
            case Result.FAILED:
                self.tally.failed += 1
            case Result.UNKNOWN:
                self.tally.unknown += 1
            case _:
                self.tally.returned += 1
        level = logging.DEBUG if outcome.result is Result.SENT else logging.INFO
        if log.isEnabledFor(level):
            log.log(
                level,
                "delivery.%s edition=%d delivery=%d stage=%s code=%d status=%s",
                outcome.result.value,
                job.edition,
                job.id,
                outcome.stage or "-",
                outcome.code,
                outcome.status or "-",
            )
        self._scribe.settle(job, outcome)
        self._open -= 1
        if self._jobs.qsize() < self._low:
            self._wanted.set()
        if outcome.result in (Result.REFUSED_ALL, Result.DROPPED):
            self._give_back(job.edition)

    def _give_back(self, edition: int) -> None:
        """Let go of the jobs of an edition that may be paused: the store knows which of them may still go."""
        back = [job for job in self._composing if job.edition == edition]
        self._composing.difference_update(back)
        for _ in range(self._letters.qsize()):
            letter = self._letters.get_nowait()
            if letter[0].edition == edition:
                back.append(letter[0])
            else:
                self._letters.put_nowait(letter)
        self._short.set()
        for _ in range(self._jobs.qsize()):
            job = self._jobs.get_nowait()
            if job.edition == edition:
                back.append(job)
            else:
                self._jobs.put_nowait(job)
        for job in back:
            self._end(job, GIVEN_BACK)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self.lease / 3)
            await self._scribe.call(self.desk.renew)


def _written(jobs: Sequence[Job]) -> list[Letter]:
    """Each job with its message, or with what became of it."""
    letters: list[Letter] = []
    for job in jobs:
        try:
            letters.append((job, job.compose()))
        except InputError as error:
            letters.append((job, Outcome(Result.FAILED, text=str(error), stage="compose")))
        except ValueError as error:
            letters.append((job, Outcome(Result.REFUSED_ALL, text=str(error), stage="compose")))
    return letters
