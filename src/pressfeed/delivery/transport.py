"""What every mail transport offers to the sender, and what it answers.

What there is one of for each message is a named tuple: a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple, Protocol


class Outgoing(NamedTuple):
    """One finished message for one recipient.

    ``message`` is RFC 5322 bytes with CRLF line ends, before dot-stuffing. ``sender`` is the envelope's
    return path ("" = null sender); both addresses have A-label domains.
    """

    id: int  # the delivery, for logs
    sender: str
    recipient: str
    message: bytes
    smtputf8: bool = False  # a local part is not ASCII (RFC 6531)
    plain: bool = False  # ASCII, and no line begins with a dot (RFC 5321 §4.5.2): nobody need look through it


class Result(StrEnum):
    """What became of one message."""

    SENT = "sent"  # the server took responsibility (250 after the content)
    DEFERRED = "deferred"  # 4xx for this recipient or message: try again later
    FAILED = "failed"  # 5xx for this recipient or message: never again
    DROPPED = "dropped"  # before_content said no: the sender does not own it any more; nothing was sent
    UNSENT = "unsent"  # the connection failed before the content was handed over: the recipient is untouched
    UNKNOWN = "unknown"  # the connection failed between the content and its reply: in doubt (RFC 1047)
    REFUSED_ALL = "refused-all"  # a refusal that every recipient would get (535, 5.7.x policy, 552): pause


class Outcome(NamedTuple):
    """A result with the server's words, as they go into the ledger."""

    result: Result
    code: int = 0  # SMTP reply code, 0 where there was none
    status: str = ""  # enhanced status code (RFC 3463), "" where there was none
    text: str = ""  # the reply's text, or what happened to the connection; printable, one line
    stage: str = ""  # connect, ehlo, starttls, auth, mail, rcpt, data, content, maildir


BeforeContent = Callable[[], Awaitable[bool]]
"""Awaited just before the content goes out; False = drop it (the lease is lost)."""


class Connection(Protocol):
    """One way to the outside that carries one message at a time."""

    async def ready(self) -> None:
        """Return when this connection can carry a message, having dialled if need be.

        Meant for the moment before a delivery is begun: an outage is waited out here, and the delivery can be
        given back at any time.
        Also returns when there is a refusal to report, which ``deliver`` then answers at once.
        """
        ...

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, following: Outgoing | None = None, /
    ) -> Outcome:
        """Hand over one message. Never raises for anything that a server or network does.

        ``following`` is what the next call will bring, if there is one: its envelope may travel ahead, which
        saves the server's time to answer it.

        UNSENT may come after ``before_content`` said yes (cut before the end of the content): the delivery is
        then pending again. While the other side is known to be down, answers UNSENT at once without dialling.
        Cancelled or failing in ``before_content``, it cuts the connection and lets the exception pass.
        """
        ...

    async def close(self) -> None:
        """Say goodbye and let go; never raises."""
        ...


class Transport(Protocol):
    """Makes connections; knows when the other side wants to be left alone."""

    @property
    def connections(self) -> int:
        """How many connections may work at the same time."""
        ...

    @property
    def problem(self) -> str:
        """What keeps the transport from working now, for the operator; "" = nothing known."""
        ...

    @property
    def retry_in(self) -> float:
        """Seconds until the other side is tried again; 0 = now."""
        ...

    async def ready(self) -> None:
        """Return when at least one connection can carry a message, or there is a refusal to report."""
        ...

    async def connect(self) -> Connection:
        """A connection object ready to deliver (it may dial lazily and redial by itself)."""
        ...

    async def close(self) -> None: ...
