"""Deliveries on their way: claimed, sending, settled, recovered. Every step is one conditional statement."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pressfeed.domain import DeliveryState
from pressfeed.errors import NotFoundError
from pressfeed.store.calling import call_off, give_back
from pressfeed.store.codec import parse_time, parse_time_or_none, time_text
from pressfeed.store.connection import Connection, Row

IN_DOUBT = "in doubt: the sender stopped between the message and the server's answer"


class Claim(NamedTuple):
    """A delivery that a sender owns. ``attempts`` is how many have begun, the fence against late owners.

    In the order of what the statement ``claim`` returns.
    """

    id: int
    edition: int
    subscriber: int
    variant: int
    attempts: int
    message_id: str
    address: str
    name: str
    token_epoch: int
    begun: bool = False  # its content may be on the wire: the last of the attempts is this one

    def on_record(self) -> Claim:
        """The claim once its attempt is begun."""
        # Not by _replace, which takes four times as long, for every message.
        return Claim(
            self.id,
            self.edition,
            self.subscriber,
            self.variant,
            self.attempts + 1,
            self.message_id,
            self.address,
            self.name,
            self.token_epoch,
            begun=True,
        )


@dataclass(frozen=True, slots=True)
class Lease:
    """What one owner holds until when, as the store says."""

    owner: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One delivery as an operator sees it."""

    id: int
    subscriber: str
    edition: int
    bulletin: str
    slot: str
    state: DeliveryState
    attempts: int
    next_try: dt.datetime
    message_id: str
    reply: str
    settled_at: dt.datetime | None


class DeliveryStore:
    """The hand-off. Callers group the steps of several deliveries into one ``Store.transaction()``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # The sender's side

    def claim(self, owner: str, limit: int, now: dt.datetime, lease_until: dt.datetime) -> list[Claim]:
        """Take up to ``limit`` due deliveries, shared fairly among the editions that have any."""
        editions = [row["id"] for row in self._db.rows("editions_with_due", {"now": time_text(now)})]
        claims: list[Claim] = []
        for index, edition in enumerate(editions):
            share = -(-(limit - len(claims)) // (len(editions) - index))
            parameters = {
                "owner": owner,
                "lease_until": time_text(lease_until),
                "edition": edition,
                "now": time_text(now),
                "limit": share,
            }
            claims.extend(Claim(*row) for row in self._db.rows("claim", parameters))
        return claims

    def due(self, now: dt.datetime) -> int:
        """How many deliveries could be claimed now."""
        return int(self._db.value("due_count", {"now": time_text(now)}))

    def sending(self, claims: Sequence[Claim], owner: str, now: dt.datetime) -> list[Claim | None]:
        """For each claim: what it becomes if this owner may send its content now, its attempt on record."""
        if not claims:
            return []
        asked = json.dumps([(claim.id, claim.attempts, claim.variant) for claim in claims])
        rows = self._db.rows("mark_sending", {"claims": asked, "owner": owner, "now": time_text(now)})
        begun = {row["id"] for row in rows}
        return [claim.on_record() if claim.id in begun else None for claim in claims]

    def sent(self, told: Sequence[tuple[Claim, str]], now: dt.datetime) -> int:
        """The server has these, whoever owns them by now, and said so; how many that was news of."""
        if not told:
            return 0
        sent = json.dumps([(claim.id, claim.attempts, reply) for claim, reply in told])
        return self._db.run("mark_sent", {"sent": sent, "now": time_text(now)})

    def failed(self, claim: Claim, owner: str, reply: str, now: dt.datetime) -> bool:
        """It will never arrive; its stories are free for this person again."""
        if self._db.run("mark_failed", _fence(claim, owner) | {"reply": reply, "now": time_text(now)}) == 0:
            return False
        give_back(self._db, claim.id, now)
        return True

    def deferred(self, claim: Claim, owner: str, reply: str, next_try: dt.datetime, now: dt.datetime) -> bool:
        """Not now: again at ``next_try``."""
        told = {"reply": reply, "next_try": time_text(next_try), "now": time_text(now)}
        return self._db.run("mark_deferred", _fence(claim, owner) | told) == 1

    def unsent(self, claim: Claim, owner: str, next_try: dt.datetime) -> bool:
        """Nothing happened to this recipient."""
        return self._db.run("mark_unsent", _fence(claim, owner) | {"next_try": time_text(next_try)}) == 1

    def dropped(self, claim: Claim, owner: str, now: dt.datetime) -> None:
        """It may not be sent: the person is gone or pauses, the edition pauses, or somebody else owns it."""
        parameters = {"id": claim.id, "owner": owner, "attempts": claim.attempts, "now": time_text(now)}
        if self._db.run("cancel_unwanted", parameters):
            give_back(self._db, claim.id, now)
        else:
            self.unsent(claim, owner, now)

    def call_off(self, claim: Claim, reason: str, now: dt.datetime) -> None:
        """It may not be sent any more: its stories are free for this person again."""
        call_off(self._db, claim.id, reason, now)

    def unknown(self, claim: Claim, owner: str, reply: str) -> bool:
        """In doubt."""
        parameters = {"id": claim.id, "owner": owner, "attempts": claim.attempts, "reply": reply}
        return self._db.run("mark_unknown", parameters) == 1

    def history(self, delivery_id: int) -> tuple[dt.datetime | None, int]:
        """When the first attempt began, and how many there were."""
        row = self._db.row("first_try", {"id": delivery_id})
        if row is None:
            raise NotFoundError(f"there is no delivery {delivery_id}")
        return parse_time_or_none(row["first_try"]), row["attempts"]

    def renew(self, owner: str, lease_until: dt.datetime) -> int:
        """The heartbeat: everything that this owner holds is still its own."""
        return self._db.run("renew_leases", {"owner": owner, "lease_until": time_text(lease_until)})

    def release(self, owner: str) -> int:
        """Give back what this owner claimed and has not begun."""
        return self._db.run("release_claims", {"owner": owner})

    def next_due(self) -> dt.datetime | None:
        """When the next pending delivery of a running edition is due."""
        return parse_time_or_none(self._db.value("next_due"))

    # Recovery

    def leases(self) -> list[Lease]:
        """Who holds what; a sender that lives moves ``until`` on."""
        return [Lease(row["owner"], parse_time(row["lease_until"])) for row in self._db.rows("leases")]

    def recover(self, lease: Lease) -> tuple[int, list[int]]:
        """Take back what a dead owner held: (how many were only claimed, which are now in doubt)."""
        parameters = {"owner": lease.owner, "lease_until": time_text(lease.until)}
        claimed = self._db.run("recover_claimed", parameters)
        rows = self._db.rows("recover_sending", parameters | {"reply": IN_DOUBT})
        return claimed, [row["id"] for row in rows]

    def doubt(self, reply: str) -> tuple[int, int]:
        """Put everything that is on its way in doubt: (how many editions, how many deliveries)."""
        editions = Counter(row["edition_id"] for row in self._db.each("doubt", {"reply": reply}))
        return len(editions), editions.total()

    def in_doubt(self, edition: int | None = None) -> list[int]:
        """Every delivery whose state is unknown, or those of one edition."""
        if edition is not None:
            rows = self._db.rows("unknown_deliveries_of", {"edition": edition})
        else:
            rows = self._db.rows("unknown_deliveries")
        return [row["id"] for row in rows]

    def resend(self, delivery_id: int, next_try: dt.datetime) -> bool:
        """Send what is in doubt again, under the same Message-ID."""
        return self._db.run("resend", {"id": delivery_id, "next_try": time_text(next_try)}) == 1

    def resolve(self, delivery_id: int, state: DeliveryState, reason: str, now: dt.datetime) -> bool:
        """Record an operator's decision on what is in doubt: ``sent`` or ``failed``."""
        parameters = {"id": delivery_id, "state": state.value, "reply": reason, "now": time_text(now)}
        if self._db.run("resolve", parameters) == 0:
            return False
        if state is not DeliveryState.SENT:
            give_back(self._db, delivery_id, now)
        return True

    # The operator's side

    def get(self, delivery_id: int) -> DeliveryRecord:
        """One delivery; NotFoundError."""
        row = self._db.row("delivery", {"id": delivery_id})
        if row is None:
            raise NotFoundError(
                f"there is no delivery {delivery_id}", remedy="See `pressfeed deliveries list`"
            )
        return _record(row)

    def list(self, state: DeliveryState | None, limit: int) -> Iterator[DeliveryRecord]:
        """Deliveries in a state, or all, by number; ``limit`` -1 = no limit."""
        name = "deliveries_in_state" if state else "deliveries"
        parameters = {"limit": limit} | ({"state": state.value} if state else {})
        return map(_record, self._db.each(name, parameters))

    def counts(self) -> dict[str, int]:
        """How many deliveries stand in each state, over all editions."""
        return {row["state"]: row["number"] for row in self._db.rows("all_delivery_counts")}


def _fence(claim: Claim, owner: str) -> dict[str, object]:
    """What must still be true of a delivery for its owner to say how it ended."""
    return {
        "id": claim.id,
        "owner": owner,
        "attempts": claim.attempts,
        "state": DeliveryState.SENDING.value if claim.begun else DeliveryState.CLAIMED.value,
    }


def _record(row: Row) -> DeliveryRecord:
    return DeliveryRecord(
        id=row["id"],
        subscriber=row["address"],
        edition=row["edition_id"],
        bulletin=row["bulletin"],
        slot=row["slot"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        next_try=parse_time(row["next_try"]),
        message_id=row["message_id"],
        reply=row["reply"],
        settled_at=parse_time_or_none(row["settled_at"]),
    )
