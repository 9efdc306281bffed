"""Mails to single people about their subscription: a queue of rows that outlives its senders."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from pressfeed.store.codec import parse_time, parse_time_or_none, time_text
from pressfeed.store.connection import Connection, Row


class LetterKind(StrEnum):
    """What a letter is about."""

    CONFIRM = "confirm"  # a sign-up
    NEW_ADDRESS = "new-address"  # a change of address, to the new mailbox
    OLD_ADDRESS = "old-address"  # the same, to the old one


class LetterState(StrEnum):
    """How far a letter has come."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. ``about`` is the number of the sign-up or of the change of address."""

    id: int
    kind: LetterKind
    about: int
    address_hash: str  # of the mailbox
    state: LetterState
    attempts: int
    next_try: dt.datetime
    message_id: str  # with angle brackets
    reply: str
    bounced: str  # why it came back, as in incoming.Kind; "" = it has not
    created_at: dt.datetime
    settled_at: dt.datetime | None


class LetterStore:
    """Reads and writes letters. Whoever claims one owns it until a moment; then it is due again."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(self, kind: LetterKind, about: int, address_hash: str, message_id: str, now: dt.datetime) -> None:
        """A letter is to be sent."""
        parameters = {
            "kind": kind.value,
            "about": about,
            "address_hash": address_hash,
            "message_id": message_id,
            "now": time_text(now),
        }
        self._db.run("add_letter", parameters)

    def unasked(self, address_hash: str, since: dt.datetime) -> int:
        """How many letters that a stranger can cause went to an address since then."""
        parameters = {"address_hash": address_hash, "since": time_text(since)}
        return int(self._db.value("letters_unasked", parameters))

    def waiting(self, now: dt.datetime) -> bool:
        """Whether a letter is due."""
        return self._db.row("letter_waits", {"now": time_text(now)}) is not None

    def claim(self, owner: str, now: dt.datetime, until: dt.datetime) -> Letter | None:
        """Take the letter that has been due for longest."""
        parameters = {"owner": owner, "now": time_text(now), "until": time_text(until)}
        rows = self._db.rows("claim_letter", parameters)
        return _letter(rows[0]) if rows else None

    def begin(self, letter: Letter, owner: str, until: dt.datetime) -> bool:
        """Its content goes out now; False where somebody else has it by now."""
        parameters = {"id": letter.id, "owner": owner, "until": time_text(until)}
        return self._db.run("begin_letter", parameters) == 1

    def settle(self, letter: Letter, owner: str, state: LetterState, reply: str, now: dt.datetime) -> None:
        """It was handed over, or never will be; ``reply`` says why."""
        parameters = {
            "id": letter.id,
            "owner": owner,
            "state": state.value,
            "reply": reply,
            "now": time_text(now),
        }
        self._db.run("settle_letter", parameters)

    def put_off(
        self, letter: Letter, owner: str, reply: str, next_try: dt.datetime, *, broken: bool = False
    ) -> None:
        """Not now: again at ``next_try``. ``broken`` = the fault is ours."""
        parameters = {
            "id": letter.id,
            "owner": owner,
            "reply": reply,
            "next_try": time_text(next_try),
            "broken": "yes" if broken else "no",
        }
        self._db.run("put_off_letter", parameters)

    def broken(self) -> int:
        """How many wait because of a fault of ours."""
        return int(self._db.value("letters_broken"))

    # What came back

    def get(self, letter_id: int) -> Letter | None:
        """One letter."""
        row = self._db.row("letter", {"id": letter_id})
        return _letter(row) if row else None

    def by_message(self, message_id: str) -> Letter | None:
        """The letter with a Message-ID, with its angle brackets."""
        row = self._db.row("letter_by_message", {"message_id": message_id})
        return _letter(row) if row else None

    def bounced(self, letter_id: int, kind: str) -> None:
        """It came back: ``kind`` as in ``incoming.Kind``."""
        self._db.run("letter_bounced", {"id": letter_id, "bounced": kind})

    def came_back(self, address_hash: str, kind: str, since: dt.datetime) -> bool:
        """Whether a letter of since then to an address came back for this reason."""
        parameters = {"address_hash": address_hash, "since": time_text(since), "bounced": kind}
        return self._db.row("letter_came_back", parameters) is not None

    def newest(self, limit: int) -> list[Letter]:
        """Letters, the newest first."""
        return [_letter(row) for row in self._db.rows("letters", {"limit": limit})]

    def delete(self, before: dt.datetime) -> int:
        """Forget what was settled and is older than that."""
        return self._db.run("delete_letters", {"before": time_text(before)})


def _letter(row: Row) -> Letter:
    return Letter(
        id=row["id"],
        kind=LetterKind(row["kind"]),
        about=row["about"],
        address_hash=row["address_hash"],
        state=LetterState(row["state"]),
        attempts=row["attempts"],
        next_try=parse_time(row["next_try"]),
        message_id=row["message_id"],
        reply=row["reply"],
        bounced=row["bounced"],
        created_at=parse_time(row["created_at"]),
        settled_at=parse_time_or_none(row["settled_at"]),
    )
