"""What the scheduler remembers: since when each bulletin counts, what is decided, and who is alive."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pressfeed.store.codec import parse_time, time_text
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Watched:
    """A bulletin as the scheduler knows it."""

    bulletin: str
    first_seen: dt.datetime  # it owes nothing from before that
    decided_through: dt.datetime  # every slot up to then is run, or recorded as skipped
    definition: str  # the lines that say when


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a part of pressfeed was last seen alive."""

    part: str
    at: dt.datetime
    note: str


class AgendaStore:
    """Reads and writes the scheduler's memory. Expects to write inside ``Store.transaction()``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def all(self) -> dict[str, Watched]:
        """Every bulletin that was ever seen, by its name."""
        return {row["bulletin"]: _watched(row) for row in self._db.rows("agenda")}

    def get(self, bulletin: str) -> Watched | None:
        row = self._db.row("agenda_of", {"bulletin": bulletin})
        return _watched(row) if row else None

    def watch(self, bulletin: str, definition: str, now: dt.datetime) -> None:
        """Note a bulletin that is new: it counts from now on."""
        self._db.run("watch", {"bulletin": bulletin, "definition": definition, "now": time_text(now)})

    def redefine(self, bulletin: str, definition: str, since: dt.datetime) -> None:
        """Note that its schedule was changed: the new one counts from ``since`` on."""
        self._db.run("redefine", {"bulletin": bulletin, "definition": definition, "since": time_text(since)})

    def decided(self, bulletin: str, through: dt.datetime) -> None:
        """Every slot up to this moment is run, or recorded as skipped. Never goes back."""
        self._db.run("decided", {"bulletin": bulletin, "through": time_text(through)})

    def beat(self, part: str, note: str, now: dt.datetime) -> None:
        """A part of pressfeed lives; ``note`` says which process."""
        self._db.run("beat", {"part": part, "note": note, "now": time_text(now)})

    def heartbeats(self) -> dict[str, Heartbeat]:
        """The last sign of life of each part."""
        return {
            row["part"]: Heartbeat(row["part"], parse_time(row["at"]), row["note"])
            for row in self._db.rows("heartbeats")
        }


def _watched(row: Row) -> Watched:
    return Watched(
        row["bulletin"],
        parse_time(row["first_seen"]),
        parse_time(row["decided_through"]),
        row["definition"],
    )
