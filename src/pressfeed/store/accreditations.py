"""Accreditations: who may read embargoed releases ahead. A grant is never changed, only ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pressfeed.store.audit import AuditStore
from pressfeed.store.calling import call_off
from pressfeed.store.codec import parse_time, parse_time_or_none, time_text
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Accreditation:
    """One grant, as the record keeps it."""

    id: int
    address: str
    region: str
    given_at: dt.datetime
    given_by: str
    until: dt.datetime
    ended_at: dt.datetime | None  # revoked, or replaced by a newer one
    ended_by: str

    def is_current(self, now: dt.datetime) -> bool:
        """Whether it lets the person read ahead at ``now``."""
        return self.ended_at is None and self.until > now


class AccreditationStore:
    """Reads and writes grants. Writers of several rows expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, audit: AuditStore) -> None:
        self._db = connection
        self._audit = audit

    def give(
        self, subscriber_id: int, region: str, until: dt.datetime, author: str, now: dt.datetime
    ) -> None:
        """Let a person read a region's embargoed releases ahead; an earlier grant ends.

        Notices that wait for them until the end of an embargo are due: the sender looks whether they may go.
        """
        self.end(subscriber_id, region, author, now)
        self._db.run(
            "accredit",
            {
                "subscriber": subscriber_id,
                "region": region,
                "now": time_text(now),
                "author": author,
                "until": time_text(until),
            },
        )
        self._db.run("hasten_notices", {"subscriber": subscriber_id, "now": time_text(now)})
        told: dict[str, Any] = {"subscriber": subscriber_id, "region": region, "until": time_text(until)}
        self._audit.record("accreditation.given", now, actor=author, **told)

    def end(self, subscriber_id: int, region: str, author: str, now: dt.datetime) -> bool:
        """End what a person was granted for a region; False where there was nothing to end."""
        parameters = {"subscriber": subscriber_id, "region": region, "now": time_text(now), "author": author}
        ended = self._db.run("end_accreditation", parameters) > 0
        if ended:
            told: dict[str, Any] = {"subscriber": subscriber_id, "region": region}
            self._audit.record("accreditation.ended", now, actor=author, **told)
        return ended

    def of(self, subscriber_id: int) -> list[Accreditation]:
        """Every grant to a person, the oldest first."""
        rows = self._db.rows("accreditations_of", {"subscriber": subscriber_id})
        return [_accreditation(row) for row in rows]

    def all(self) -> list[Accreditation]:
        """Every grant, the oldest first."""
        return [_accreditation(row) for row in self._db.rows("accreditations")]

    def regions(self, subscriber_id: int, now: dt.datetime) -> frozenset[str]:
        """For which regions a person may read ahead now; those below them follow from the tree."""
        rows = self._db.rows("accredited_regions", {"subscriber": subscriber_id, "now": time_text(now)})
        return frozenset(row["region"] for row in rows)

    def people(self, regions: Iterable[str], now: dt.datetime) -> frozenset[int]:
        """Who is accredited for any of these regions now."""
        return frozenset(
            row["subscriber_id"]
            for region in regions
            for row in self._db.rows("accredited_people", {"region": region, "now": time_text(now)})
        )

    def tell_again(self, bulletin: str, now: dt.datetime) -> None:
        """Let an advance bulletin tell what is under embargo again: who has had it does not get it twice."""
        if self._db.run("tell_again", {"bulletin": bulletin, "now": time_text(now)}):
            self._db.run("note_change")

    def call_off(self, subscriber_id: int, bulletin: str, now: dt.datetime) -> int:
        """Call off a bulletin's advance copies that are not on the wire yet; how many."""
        rows = self._db.rows("advance_deliveries", {"subscriber": subscriber_id, "bulletin": bulletin})
        return sum(call_off(self._db, row["id"], "called off: no longer accredited", now) for row in rows)


def _accreditation(row: Row) -> Accreditation:
    return Accreditation(
        id=row["id"],
        address=row["address"],
        region=row["region"],
        given_at=parse_time(row["given_at"]),
        given_by=row["given_by"],
        until=parse_time(row["until"]),
        ended_at=parse_time_or_none(row["ended_at"]),
        ended_by=row["ended_by"] or "",
    )
