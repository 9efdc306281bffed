"""Incidents: what an operator must know, once for as long as it lasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pressfeed.store.codec import parse_time, parse_time_or_none, time_text
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Incident:
    """Trouble, from its beginning to its end. ``key`` names its cause: one is open at a time."""

    id: int
    key: str
    text: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    told_at: dt.datetime | None


class IncidentStore:
    """Reads and writes incidents."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def open(self, key: str, text: str, now: dt.datetime) -> bool:
        """Trouble begins; False where it is known already."""
        return bool(self._db.rows("open_incident", {"key": key, "text": text, "now": time_text(now)}))

    def close(self, key: str, now: dt.datetime) -> bool:
        """Trouble is over; False where there was none."""
        return self._db.run("close_incident", {"key": key, "now": time_text(now)}) > 0

    def current(self) -> list[Incident]:
        """What is wrong now, the oldest first."""
        return [_incident(row) for row in self._db.rows("open_incidents")]

    def newest(self, limit: int) -> list[Incident]:
        """What went wrong, the newest first."""
        return [_incident(row) for row in self._db.rows("incidents", {"limit": limit})]

    def untold(self, now: dt.datetime) -> list[Incident]:
        """What no operator was told of and nobody is telling just now."""
        return [_incident(row) for row in self._db.rows("untold_incidents", {"now": time_text(now)})]

    def begin_telling(self, incident_id: int, now: dt.datetime, until: dt.datetime) -> bool:
        """Take the telling of an incident until a moment; False where somebody else has."""
        parameters = {"id": incident_id, "now": time_text(now), "until": time_text(until)}
        return self._db.run("begin_telling", parameters) == 1

    def told(self, incident_id: int, now: dt.datetime) -> None:
        """The operators' mail was handed over."""
        self._db.run("told_incident", {"id": incident_id, "now": time_text(now)})


def _incident(row: Row) -> Incident:
    return Incident(
        row["id"],
        row["key"],
        row["text"],
        parse_time(row["opened_at"]),
        parse_time_or_none(row["closed_at"]),
        parse_time_or_none(row["told_at"]),
    )
