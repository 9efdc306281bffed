"""What came in: messages, each once, and the deliveries that came back."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pressfeed.errors import NotFoundError
from pressfeed.store.codec import parse_time, parse_time_or_none, time_or_none, time_text
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message that came in, as an operator sees it. ``raw`` is None where it is not kept."""

    id: int
    source: str
    kind: str
    action: str
    received_at: dt.datetime
    subscriber: int | None
    delivery: int | None
    sender: str
    subject: str
    detail: str
    size: int
    raw: bytes | None
    resolved_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Returned:
    """A delivery that came back: ``source`` is smtp where the server refused it at once."""

    delivery: int
    kind: str
    status: str
    source: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A delivery in the history of a person's bounces. ``kind`` is None where it has not come back."""

    at: dt.datetime
    sent: bool
    kind: str | None


class IncomingStore:
    """Reads and writes what came in. Writers expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, secret: bytes) -> None:
        self._db = connection
        self._secret = secret

    def digest(self, raw: bytes) -> str:
        """What tells a message from every other one: keyed, so that it gives nobody's words away."""
        plain = raw.replace(b"\r\n", b"\n")
        return hmac.new(self._secret, b"incoming\0" + plain, hashlib.sha256).hexdigest()

    def seen(self, digest: str) -> tuple[str, str, int | None] | None:
        """Kind, action and subscriber of the message that came before with the same content."""
        row = self._db.row("incoming_by_digest", {"digest": digest})
        return (row["kind"], row["action"], row["subscriber_id"]) if row else None

    def add(
        self,
        digest: str,
        source: str,
        kind: str,
        action: str,
        now: dt.datetime,
        *,
        subscriber: int | None,
        delivery: int | None,
        sender: str,
        subject: str,
        detail: str,
        size: int,
        raw: bytes | None,
        resolved_at: dt.datetime | None,
    ) -> int | None:
        """Record a message; its number, or None where it has been recorded before."""
        rows = self._db.rows(
            "add_incoming",
            {
                "digest": digest,
                "source": source,
                "kind": kind,
                "action": action,
                "now": time_text(now),
                "subscriber": subscriber,
                "delivery": delivery,
                "sender": sender,
                "subject": subject,
                "detail": detail,
                "size": size,
                "raw": None if raw is None else zlib.compress(raw),
                "resolved_at": time_or_none(resolved_at),
            },
        )
        return rows[0]["id"] if rows else None

    def get(self, number: int) -> Arrival:
        """One message; NotFoundError."""
        row = self._db.row("incoming", {"id": number})
        if row is None:
            raise NotFoundError(f"there is no message {number}", remedy="See `pressfeed incoming list --all`")
        return _arrival(row)

    def open(self, limit: int) -> Iterator[Arrival]:
        """What waits for an operator, the oldest first; ``limit`` -1 = no limit."""
        return map(_arrival, self._db.each("incoming_open", {"limit": limit}))

    def newest(self, limit: int) -> Iterator[Arrival]:
        """Everything, the newest first; ``limit`` -1 = no limit."""
        return map(_arrival, self._db.each("incoming_newest", {"limit": limit}))

    def about(self, subscriber: int) -> list[Arrival]:
        """What came in about one person."""
        return [_arrival(row) for row in self._db.rows("incoming_of", {"subscriber": subscriber})]

    def waiting(self) -> int:
        """How many messages wait for an operator."""
        return int(self._db.value("incoming_waiting"))

    def resolve(self, number: int, now: dt.datetime) -> bool:
        """An operator has seen to it; False where that was said before."""
        return self._db.run("resolve_incoming", {"id": number, "now": time_text(now)}) == 1

    # Which delivery

    def delivery_of(self, edition: int, subscriber: int) -> int | None:
        """The delivery of an edition to a person."""
        found: int | None = self._db.value("delivery_of", {"edition": edition, "subscriber": subscriber})
        return found

    def delivery_by_message(self, subscriber: int, message_id: str) -> int | None:
        """The delivery to a person with a Message-ID."""
        found: int | None = self._db.value(
            "delivery_by_message", {"subscriber": subscriber, "message_id": message_id}
        )
        return found

    def last_delivery(self, subscriber: int) -> int | None:
        """The latest delivery to a person that had gone out."""
        found: int | None = self._db.value("latest_delivery", {"subscriber": subscriber})
        return found

    # Bounces

    def bounced(
        self, delivery: int, subscriber: int, kind: str, status: str, source: str, now: dt.datetime
    ) -> None:
        """A delivery came back; told twice, it has come back once."""
        parameters = {"delivery": delivery, "subscriber": subscriber, "kind": kind, "status": status}
        self._db.run("add_bounce", parameters | {"source": source, "now": time_text(now)})

    def history(self, subscriber: int) -> Iterator[Step]:
        """A person's deliveries up to the last one that came back, the newest first."""
        for row in self._db.rows("bounces_back", {"subscriber": subscriber}):
            yield Step(parse_time(row["settled_at"]), row["state"] == "sent", row["kind"])

    def bounces(self, subscriber: int) -> list[Returned]:
        """Everything of one person that came back."""
        return [
            Returned(
                row["delivery_id"], row["kind"], row["status"], row["source"], parse_time(row["bounced_at"])
            )
            for row in self._db.rows("bounces_of", {"subscriber": subscriber})
        ]

    def bounce_counts(self, since: dt.datetime) -> dict[str, int]:
        """What came back since a moment, by kind."""
        rows = self._db.rows("bounce_counts", {"since": time_text(since)})
        return {row["kind"]: row["number"] for row in rows}

    # Mailboxes on servers

    def position(self, mailbox: str) -> tuple[int, int]:
        """UIDVALIDITY and last UID up to which a mailbox has been read; zeros for one never read."""
        row = self._db.row("mailbox_position", {"mailbox": mailbox})
        return (row["validity"], row["last"]) if row else (0, 0)

    def move_position(self, mailbox: str, validity: int, last: int) -> None:
        """A mailbox has been read up to a message."""
        self._db.run("move_mailbox_position", {"mailbox": mailbox, "validity": validity, "last": last})


def _arrival(row: Row) -> Arrival:
    return Arrival(
        id=row["id"],
        source=row["source"],
        kind=row["kind"],
        action=row["action"],
        received_at=parse_time(row["received_at"]),
        subscriber=row["subscriber_id"],
        delivery=row["delivery_id"],
        sender=row["sender"],
        subject=row["subject"],
        detail=row["detail"],
        size=row["size"],
        raw=None if row["raw"] is None else zlib.decompress(row["raw"]),
        resolved_at=parse_time_or_none(row["resolved_at"]),
    )
