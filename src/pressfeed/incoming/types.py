"""What a piece of incoming mail can be, and what was found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message is. ``docs/incoming.md`` says what follows from each."""

    DEAD = "dead-address"  # the address does not exist, or does no longer
    FULL = "full-mailbox"
    UNREACHABLE = "unreachable"  # the server or domain could not be reached for days, or a loop
    UNCLEAR = "unclear"  # it bounced, and nobody says why
    POLICY = "policy-block"  # refused for what we are, or for a rule of the receiver
    SPAM = "spam-block"  # refused for what a filter takes our mail for
    TOO_LARGE = "too-large"
    DELAY = "delay"  # the server goes on trying
    DELIVERED = "delivered"  # a receipt, or “this is not spam”
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTO_REPLY = "auto-reply"
    REPLY = "reply"  # a person wrote
    OTHER = "other"


SOFT = frozenset({Kind.FULL, Kind.UNREACHABLE, Kind.UNCLEAR})
"""Bounces that end a subscription only when they come again and again."""

BLOCKED = frozenset({Kind.POLICY, Kind.SPAM, Kind.TOO_LARGE})
"""Bounces that say something about us, and nothing about the reader."""

BOUNCES = SOFT | BLOCKED | {Kind.DEAD}


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of one recipient.

    ``recipient`` is as the report writes it, "" where it names none; ``status`` an enhanced status code
    (RFC 3463) or "", ``code`` an SMTP reply code or 0.
    """

    kind: Kind
    recipient: str = ""
    status: str = ""
    code: int = 0
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a message says. Its tokens and Message-IDs are claims: the store knows which are ours.

    ``tokens`` are return paths' tokens, ``unsubscribe_tokens`` those of unsubscribe links and subjects, both
    the likeliest first. ``message_ids`` stand in the returned message. ``words`` is what the sender of the
    report wrote itself, shortened.
    """

    kind: Kind
    failures: tuple[Failure, ...] = ()
    tokens: tuple[str, ...] = ()
    unsubscribe_tokens: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    sender: str = ""
    subject: str = ""
    words: str = ""

    @property
    def diagnostic(self) -> str:
        """One line that says why, for lists and logs."""
        if not self.failures:
            return ""
        first = self.failures[0]
        status = "" if first.status in first.diagnostic else first.status
        return " ".join(part for part in (status, first.diagnostic) if part)
