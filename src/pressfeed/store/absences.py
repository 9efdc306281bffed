"""What went out, or was about to, while somebody had left who took it back."""

from __future__ import annotations

import datetime as dt

from pressfeed.store.codec import time_text
from pressfeed.store.connection import Connection
from pressfeed.store.editions import EditionStore, Reservation


class AbsenceStore:
    """Finds and makes up what one person missed. Writers expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, editions: EditionStore) -> None:
        self._db = connection
        self._editions = editions

    def called_off(self, subscriber_id: int, moment: dt.datetime) -> list[int]:
        """The editions whose delivery to a person was called off at a moment."""
        parameters = {"subscriber": subscriber_id, "moment": time_text(moment)}
        return [row["edition_id"] for row in self._db.rows("called_off_at", parameters)]

    def without(self, subscriber_id: int, bulletin: str, since: dt.datetime) -> list[int]:
        """The editions of a bulletin that were planned since a moment and give a person nothing."""
        parameters = {"subscriber": subscriber_id, "bulletin": bulletin, "since": time_text(since)}
        return [row["id"] for row in self._db.rows("editions_without", parameters)]

    def make_up(
        self, edition_id: int, reservation: Reservation, called_off: dt.datetime, now: dt.datetime
    ) -> bool:
        """Reserve an edition for one person, by the delivery that was called off at a moment or by a new one.

        False where another delivery of it is there.
        """
        parameters = {
            "edition": edition_id,
            "subscriber": reservation.subscriber,
            "variant": self._editions.add_variant(edition_id, reservation.variant),
            "now": time_text(now),
        }
        rows = self._db.rows("revive", parameters | {"called_off": time_text(called_off)})
        if not rows:
            number = int(self._db.value("last_delivery")) + 1
            fresh = parameters | {"id": number, "message_id": reservation.message_id}
            rows = self._db.rows("add_missed_delivery", fresh)
        if not rows:
            return False
        number = rows[0]["id"]
        items = [
            (reservation.subscriber, story, number, release, version)
            for story, release, version in reservation.items
        ]
        told = [
            (number, version, reservation.subscriber, notice)
            for notice, _, version in reservation.variant.notices
        ]
        self._db.run_many("add_item", items)
        self._db.run_many("bring_notice", told)
        return True
