"""Helpers for long work: copies of this process that do it in parts, at the same time.

A part is done by whichever helper is free. What a helper could not do, because it failed or was killed, is
done again here: so errors are raised where they always were, with all that they say.

A copy (``fork``) has everything that was prepared for the work, at once. Only a process without further
threads may be copied, as a lock that one of these holds would be held for ever in the copy; and a helper must
leave the store alone, whose connection is not its own.
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Part = TypeVar("Part")
Result = TypeVar("Result")


def possible() -> int:
    """How many helpers are worth it: one for each processor, none where there is one or no safe copy."""
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return 0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors if processors > 1 else 0


class Crew(Generic[Part, Result]):
    """So many helpers that do ``work``; with none, it is done here. Use it in a ``with`` statement.

    Parts and results go from process to process by ``pickle``.
    """

    def __init__(self, work: Callable[[Part], Result], helpers: int) -> None:
        self._work = work
        self._number = helpers
        self._helpers: dict[Connection, int] = {}  # to whom we speak, and its process

    def __enter__(self) -> Self:
        if not self._number:
            return self
        from multiprocessing.connection import Pipe

        try:
            for _ in range(self._number):
                ours, theirs = Pipe()
                process = os.fork()
                if not process:
                    self._serve(theirs, [ours, *self._helpers])
                theirs.close()
                self._helpers[ours] = process
        except BaseException:
            self._dismiss()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._dismiss()

    def do(self, parts: Iterable[Part]) -> Iterator[tuple[Part, Result | None]]:
        """Every part with its result, as they are done; None for a part that is still to be done here."""
        idle = list(self._helpers)
        busy: dict[Connection, Part] = {}
        for part in parts:
            while self._helpers and not idle:
                yield from self._done(busy, idle)
            if not idle:
                yield part, None
                continue
            helper = idle.pop()
            busy[helper] = part
            with contextlib.suppress(OSError):  # it is no more: we shall hear of it
                helper.send(part)
        while busy:
            yield from self._done(busy, idle)

    def _done(
        self, busy: dict[Connection, Part], idle: list[Connection]
    ) -> Iterator[tuple[Part, Result | None]]:
        """Wait for results."""
        from multiprocessing.connection import Connection, wait

        for helper in wait(list(busy)):
            assert isinstance(helper, Connection)
            result: Result | None = None
            try:
                result = helper.recv()
                idle.append(helper)
            except (EOFError, OSError):  # it was killed
                helper.close()
                os.waitpid(self._helpers.pop(helper), 0)
            yield busy.pop(helper), result

    def _serve(self, line: Connection, others: Iterable[Connection]) -> None:
        """What a helper does until nobody speaks to it any more; it never returns."""
        try:
            gc.freeze()  # what is there already is not looked through again
            for other in others:  # so that the line ends when the other side does
                other.close()
            while True:
                part = line.recv()
                try:
                    result: Result | None = self._work(part)
                except Exception:  # noqa: BLE001 - it is done again there, and fails for all to see
                    result = None
                line.send(result)
        finally:  # the line has ended, or somebody has had enough
            os._exit(0)

    def _dismiss(self) -> None:
        """Let the helpers end what they are doing, and wait for them."""
        for helper in self._helpers:
            helper.close()
        for process in self._helpers.values():
            os.waitpid(process, 0)
        self._helpers = {}
