"""How a desk is used: it records what the carriers say, as much at a time as has gathered."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from pressfeed.delivery.desk import Desk, Job
from pressfeed.delivery.transport import Outcome
from pressfeed.errors import BusyError

LINGER = 0.02  # seconds that anything may wait for others to share a commit
T = TypeVar("T")


class Scribe:
    """Writes what the carriers have to say. Its methods belong to the event loop that it is made in.

    Commits and claims are made in the event loop itself: every carrier waits for a commit anyway, and in a
    thread both would queue for the interpreter after each step of SQLite's, dozens of times, which takes
    longer than they do. Everything else that a desk does is done in a thread of its own, where a store that
    is locked or slow stops no clocks; and so are they while that thread is at work or another process writes.
    """

    def __init__(self, desk: Desk, crowd: Callable[[], int]) -> None:
        """``crowd`` tells how many carriers may have something to say soon."""
        self._desk = desk
        self._crowd = crowd
        self._loop = asyncio.get_running_loop()
        self._begin: deque[tuple[Job, asyncio.Future[bool]]] = deque()
        self._settle: deque[tuple[Job, Outcome]] = deque()
        self._since = 0.0  # when the first of the beginnings was asked for
        self._last = 0.0  # seconds that the last commit took
        self._wanted = False  # a commit of what has gathered is about to be made
        self._lingering: asyncio.TimerHandle | None = None
        self._failure: Exception | None = None
        self.broken: asyncio.Future[None] = self._loop.create_future()
        """Ends with the StoreError when a commit fails; the sender is then about to end."""
        self._away = 0  # pieces of work that the thread has not finished
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="desk")
        self._thread.start()

    async def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Call a method of the desk in its thread; what it returns or raises."""
        answer: asyncio.Future[Any] = self._loop.create_future()

        def work() -> None:
            try:
                result = function(*arguments)
            except Exception as error:  # noqa: BLE001 - raised again where it was called
                self._loop.call_soon_threadsafe(_fail, answer, error)
            else:
                self._loop.call_soon_threadsafe(_tell, answer, result)

        self._hand_over(work)
        told: T = await answer
        return told

    async def claim(self, limit: int) -> list[Job]:
        """``Desk.claim``."""
        if not self._away:
            with contextlib.suppress(BusyError):
                return self._desk.claim(limit, patient=False)
        return await self.call(partial(self._desk.claim, limit, patient=True))

    def begin(self, job: Job) -> asyncio.Future[bool]:
        """Ask to put ``sending`` on record. Whether the job is still ours is answered once that is on disk.

        It waits for others to share the commit, for as long as the last one took, or until half of them are
        there: the server works on what the other half sends meanwhile, and would have nothing to do if all
        waited for the disk together. The answer is a StoreError when a commit fails or has failed.
        """
        answer: asyncio.Future[bool] = self._loop.create_future()
        if self._failure is not None:
            _fail(answer, self._failure)
            return answer
        now = self._loop.time()
        if not self._begin:
            self._since = now
        self._begin.append((job, answer))
        if 2 * len(self._begin) >= self._crowd() or now - self._since >= self._last:
            self._want()
        else:
            self._linger(min(self._last, LINGER))
        return answer

    def settle(self, job: Job, outcome: Outcome) -> None:
        """Put the end of a job on record, soon, and at the latest together with the next ``begin``."""
        self._settle.append((job, outcome))
        self._linger(LINGER)

    async def flush(self) -> None:
        """Write what has gathered. Raises StoreError, which goes to whoever waits, too; nothing is lost."""
        await self.call(self._commit_in_thread)

    def close(self) -> None:
        """End the thread, once it has done what it was given."""
        if self._lingering is not None:
            self._lingering.cancel()
        self.broken.cancel()
        self._work.put(None)
        self._thread.join()

    def _linger(self, seconds: float) -> None:
        if self._wanted:
            return
        due = self._loop.time() + seconds
        if self._lingering is not None and self._lingering.when() > due:
            self._lingering.cancel()
            self._lingering = None
        if self._lingering is None:
            self._lingering = self._loop.call_at(due, self._want)

    def _want(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        if not self._wanted:
            self._wanted = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        try:
            if self._away:
                raise BusyError("the desk's thread is at work")
            self._commit(self._loop.call_soon, patient=False)
        except BusyError:
            self._hand_over(self._write_in_thread)
        except Exception as error:  # noqa: BLE001 - raised again in the sender
            _fail(self.broken, error)

    def _hand_over(self, work: Callable[[], None]) -> None:
        self._away += 1
        self._work.put(work)

    def _taken_back(self) -> None:
        self._away -= 1

    # ------------------------------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            self._loop.call_soon_threadsafe(self._taken_back)

    def _write_in_thread(self) -> None:
        try:
            self._commit_in_thread()
        except Exception as error:  # noqa: BLE001 - raised again in the sender
            self._loop.call_soon_threadsafe(_fail, self.broken, error)

    def _commit_in_thread(self) -> None:
        self._commit(self._loop.call_soon_threadsafe, patient=True)

    # ---------------------------------------------------------------------------------------------- in either

    def _commit(self, soon: Callable[..., object], *, patient: bool) -> None:
        # First the flag, then the beginnings, then the ends: what is said meanwhile asks for another commit,
        # and no job begins before the end of the one before it on the same connection.
        self._wanted = False
        asked = [(job, answer) for job, answer in _taken(self._begin) if not answer.done()]  # done: cancelled
        settle = _taken(self._settle)
        if not asked and not settle:
            return
        started = self._loop.time()
        try:
            allowed = self._desk.commit([job for job, _ in asked], settle, patient=patient)
        except Exception as error:
            self._settle.extendleft(reversed(settle))
            if isinstance(error, BusyError) and not patient:
                self._begin.extendleft(reversed(asked))
                raise
            self._failure = error
            for _, answer in (*asked, *_taken(self._begin)):
                soon(_fail, answer, error)
            raise
        self._last = self._loop.time() - started
        soon(_tell_all, asked, allowed)


def _taken(gathered: deque[T]) -> list[T]:
    """All that is in a queue to which another thread adds."""
    return [gathered.popleft() for _ in range(len(gathered))]


def _tell_all(asked: Sequence[tuple[Job, asyncio.Future[bool]]], allowed: Sequence[bool]) -> None:
    for (_, answer), may in zip(asked, allowed, strict=True):
        _tell(answer, may)


def _tell(answer: asyncio.Future[Any], result: object) -> None:
    if not answer.done():  # done: cancelled
        answer.set_result(result)


def _fail(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # whoever does not wait for it need not hear of it: ``broken`` says it as well
