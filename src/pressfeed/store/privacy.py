"""Erasing personal data whose time is over. Rows keep their numbers: ledger and “never twice” stay true."""

from __future__ import annotations

import datetime as dt
import json

from pressfeed.store.codec import parse_time_or_none, time_text
from pressfeed.store.connection import Connection
from pressfeed.store.subscribers import address_key

_MARK = "replies_purged"  # the last edition whose servers' words are erased, and all before it


class PrivacyStore:
    """What a purge and a wish to be forgotten erase. Writers expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def departed(self, before: dt.datetime, after: int, limit: int) -> list[int]:
        """People who left everything by ``before`` and are not forgotten yet, from after a number."""
        parameters = {"before": time_text(before), "after": after, "limit": limit}
        return [row["id"] for row in self._db.rows("departed", parameters)]

    def consents(self, before: dt.datetime) -> int:
        """Delete the proof of consent of people who left by then; how many."""
        return self._db.run("purge_consents", {"before": time_text(before)})

    def address_changes(self, before: dt.datetime) -> int:
        """Erase the addresses of changes that were over by then; how many."""
        return self._db.run("purge_address_changes", {"before": time_text(before)})

    def words(self, before: dt.datetime, now: dt.datetime) -> int:
        """Erase who wrote what in messages that came by then; how many."""
        return self._db.run("purge_incoming", {"before": time_text(before), "now": time_text(now)})

    def mail(self, before: dt.datetime) -> int:
        """Erase messages that came by then and were kept as they came; how many."""
        return self._db.run("purge_incoming_raw", {"before": time_text(before)})

    def old_editions(self, before: dt.datetime) -> list[tuple[int, bool]]:
        """Editions planned by then whose servers' words may still stand, and whether each is settled."""
        after = int(self._db.value("setting", {"name": _MARK}) or 0)
        rows = self._db.rows("editions_before", {"after": after, "before": time_text(before)})
        return [(row["id"], bool(row["settled"])) for row in rows]

    def replies(self, edition: int, before: dt.datetime) -> int:
        """Erase what servers said by then about an edition's deliveries; how many."""
        return self._db.run("purge_replies", {"edition": edition, "before": time_text(before)})

    def mark(self, edition: int) -> None:
        """The words about everything up to this edition are erased."""
        self._db.run("set_setting", {"name": _MARK, "value": str(edition)})

    def forget_messages(self, subscriber: int, address: str, now: dt.datetime) -> int:
        """Erase what came in from or about one person; how many messages."""
        key = address_key(address)
        rows = self._db.rows("incoming_senders", {"subscriber": subscriber})
        theirs = [
            row["id"]
            for row in rows
            if row["subscriber_id"] == subscriber or address_key(row["sender"]) == key
        ]
        if not theirs:
            return 0
        return self._db.run("forget_incoming", {"ids": json.dumps(theirs), "now": time_text(now)})

    def provenance(self, subscriber: int) -> str:
        """Where a person's address came from."""
        return str(self._db.value("provenance", {"id": subscriber}) or "")

    def chosen_at(self, subscriber: int) -> dt.datetime | None:
        """When a person last chose themselves what they get; None = others said so."""
        return parse_time_or_none(self._db.value("chosen_at", {"id": subscriber}))
