"""What a sender wants of a store: deliveries to claim, and a place to record what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pressfeed.delivery.transport import Outcome, Outgoing


@dataclass(slots=True, eq=False)
class Job:
    """One claimed delivery.

    ``compose`` makes its message. It may raise InputError for a hopeless address, and ValueError for what
    would go wrong with every message of the edition. ``signed``: most of its time goes into cryptography,
    which needs no interpreter, so that a thread of its own is worth its while.
    """

    id: int
    edition: int
    compose: Callable[[], Outgoing]
    signed: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is left, when nothing can be claimed now."""

    held: bool  # some deliveries are under a lease: somebody works on them, or died
    next_due: float | None  # seconds until a delivery that waits for its next try; None = there is none
    in_doubt: int  # deliveries that wait for an operator's decision
    paused: int  # editions that wait for an operator


class Desk(Protocol):
    """The sender's view of the store. Its methods are called one at a time, by different threads.

    All but ``close`` may raise StoreError, having changed nothing.
    """

    def open(self) -> None: ...

    def due(self) -> int:
        """How many deliveries could be claimed now."""
        ...

    def claim(self, limit: int, *, patient: bool) -> list[Job]:
        """Take up to ``limit`` due deliveries.

        Raises BusyError unless it is to be ``patient``, when another process writes or there is more to do
        than a moment's work.
        """
        ...

    def commit(
        self, begin: Sequence[Job], settle: Sequence[tuple[Job, Outcome]], *, patient: bool
    ) -> list[bool]:
        """Record, in one durable transaction, how some ended and which may begin; whether each may.

        Raises BusyError when another process writes: soon, or, if it is to be ``patient``, after a long time.
        """
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
