"""Records what all carriers of a sender have to say, as much at a time as has gathered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pressfeed.delivery.desk import Desk, Job
from pressfeed.delivery.transport import Outcome

LINGER = 0.02  # seconds that the end of a job may wait for a commit to share


class Scribe:
    """Writes what the carriers have to say, as much at a time as has gathered."""

    def __init__(self, in_thread: Callable[..., Awaitable[list[bool]]], desk: Desk) -> None:
        self._in_thread = in_thread
        self._desk = desk
        self._begin: list[tuple[Job, asyncio.Future[bool]]] = []
        self._settle: list[tuple[Job, Outcome]] = []
        self._wanted = asyncio.Event()
        self._lingering: asyncio.TimerHandle | None = None
        self._failure: Exception | None = None

    def begin(self, job: Job) -> asyncio.Future[bool]:
        """Ask to put ``sending`` on record. Whether the job is still ours is answered once that is on disk.

        The answer is a StoreError when a commit fails or has failed: the sender is about to end.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self._failure is not None:
            _fail(answer, self._failure)
        else:
            self._begin.append((job, answer))
            self._wanted.set()
        return answer

    def settle(self, job: Job, outcome: Outcome) -> None:
        """Put the end of a job on record, soon, and at the latest together with the next ``begin``."""
        self._settle.append((job, outcome))
        if self._lingering is None:
            self._lingering = asyncio.get_running_loop().call_later(LINGER, self._wanted.set)

    async def run(self) -> None:
        while True:
            await self._wanted.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what has gathered. Raises StoreError, which goes to whoever waits, too; nothing is lost."""
        self._wanted.clear()
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        begin = [(job, answer) for job, answer in self._begin if not answer.done()]  # done: cancelled
        settle = self._settle
        self._begin, self._settle = [], []
        if not begin and not settle:
            return
        writing = asyncio.create_task(self._write(begin, settle))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The thread writes it all the same: what it says must reach the carriers before we go.
            await asyncio.gather(writing, return_exceptions=True)
            raise

    async def _write(
        self, begin: Sequence[tuple[Job, asyncio.Future[bool]]], settle: list[tuple[Job, Outcome]]
    ) -> None:
        try:
            allowed = await self._in_thread(self._desk.commit, [job for job, _ in begin], settle)
        except Exception as error:
            self._failure = error
            self._settle[:0] = settle
            for _, answer in (*begin, *self._begin):
                _fail(answer, error)
            self._begin.clear()
            raise
        for (_, answer), may in zip(begin, allowed, strict=True):
            if not answer.done():
                answer.set_result(may)


def _fail(answer: asyncio.Future[bool], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # whoever does not wait for it need not hear of it: the scribe raises it as well
