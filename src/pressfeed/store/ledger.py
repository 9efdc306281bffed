"""The ledger: who was given what, when, in which version."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pressfeed.domain import DeliveryState
from pressfeed.store.codec import parse_time, parse_time_or_none
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One story, or a notice of one, to one person. ``sent_at`` is None unless the delivery was sent."""

    subscriber: str
    story: str
    release: int
    version: int
    language: str  # of the mail around it
    edition: int
    bulletin: str
    slot: str
    state: DeliveryState
    message_id: str
    sent_at: dt.datetime | None
    attempts: int
    reply: str
    kind: str = "story"  # or what kind of notice of it


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries of an edition, in a state, gave a version of a release or a notice of it."""

    edition: int
    bulletin: str
    slot: str
    kind: str  # "story", or what kind of notice
    version: int
    state: DeliveryState
    number: int


@dataclass(frozen=True, slots=True)
class SentMail:
    """One bulletin that somebody was sent, with the (release, version) pairs that it told."""

    id: int
    bulletin: str
    language: str
    sent_at: dt.datetime
    releases: tuple[tuple[int, int], ...]


class LedgerStore:
    """Reads the ledger; it is written by planning and sending."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._stories: dict[int, str] = {}

    def all(self) -> Iterator[LedgerEntry]:
        """Everything, in the order of planning."""
        return self._entries(self._db.each("ledger"))

    def of_subscriber(self, subscriber_id: int) -> Iterator[LedgerEntry]:
        """What one person was given."""
        return self._entries(self._db.each("ledger_of_subscriber", {"subscriber": subscriber_id}))

    def sent_to(self, subscriber_id: int, before: int, limit: int) -> list[SentMail]:
        """The newest bulletins that one person was sent, from before a delivery."""
        parameters = {"subscriber": subscriber_id, "before": before, "limit": limit}
        return [
            SentMail(
                row["id"],
                row["bulletin"],
                row["language"],
                parse_time(row["settled_at"]),
                tuple((release, version) for release, version in json.loads(row["releases"])),
            )
            for row in self._db.rows("sent_to", parameters)
        ]

    def of_edition(self, edition_id: int) -> Iterator[LedgerEntry]:
        """What one edition gave."""
        return self._entries(self._db.each("ledger_of_edition", {"edition": edition_id}))

    def tallies(self, release: int) -> Iterator[Tally]:
        """How many people each edition gave each version of a release, and how far their mail has come."""
        for edition in self._db.rows("editions_of_release", {"release": release}):
            numbers: Counter[tuple[str, int, DeliveryState]] = Counter()
            for row in self._db.rows("variant_counts", {"edition": edition["id"]}):
                for told, version, kind in self._told(row):
                    if told == release:
                        numbers[kind, version, DeliveryState(row["state"])] += row["number"]
            for (kind, version, state), number in sorted(numbers.items()):
                yield Tally(edition["id"], edition["bulletin"], edition["slot"], kind, version, state, number)

    def of_story(self, story: str) -> Iterator[LedgerEntry]:
        """Who was given one story, in any translation. ``story`` is its key."""
        for row in self._db.rows("editions_of_story", {"story": story}):
            yield from (entry for entry in self.of_edition(row["edition_id"]) if entry.story == story)

    def _entries(self, rows: Iterator[Row]) -> Iterator[LedgerEntry]:
        for row in rows:
            state = DeliveryState(row["state"])
            settled = parse_time_or_none(row["settled_at"])
            for release, version, kind in self._told(row):
                yield LedgerEntry(
                    subscriber=row["address"],
                    story=self._story(release),
                    release=release,
                    version=version,
                    language=row["language"],
                    edition=row["edition"],
                    bulletin=row["bulletin"],
                    slot=row["slot"],
                    state=state,
                    message_id=row["message_id"],
                    sent_at=settled if state is DeliveryState.SENT else None,
                    attempts=row["attempts"],
                    reply=row["reply"],
                    kind=kind,
                )

    def _told(self, row: Row) -> list[tuple[int, int, str]]:
        """What a variant tells: (release, version, kind)."""
        told = [(release, version, "story") for release, version in json.loads(row["releases"])]
        for number, _, version in json.loads(row["notices"]):
            notice = self._db.row("notice_told", {"id": number})
            assert notice is not None  # a variant names only notices that there are
            told.append((notice["release_id"], version, notice["kind"]))
        return told

    def _story(self, release: int) -> str:
        if release not in self._stories:
            self._stories[release] = self._db.value("story_of_release", {"release": release})
        return self._stories[release]
