"""Subscribers, their subscriptions, and the addresses that must never be mailed again."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pressfeed.domain import Subscriber, SubscriberStatus
from pressfeed.errors import NotFoundError
from pressfeed.store.calling import call_off
from pressfeed.store.codec import names_text, parse_names, parse_time, time_text
from pressfeed.store.connection import Connection, Row

FORGOTTEN = "(forgotten)"  # in the place of an address: forget_subscriber writes it
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def address_key(address: str) -> str:
    """What makes two spellings of an address one person: its lower case.

    Not its case-folded form: straße.example and strasse.example are two domains, with two owners (RFC 5894
    section 3.2), and the links of one must never reach the other.
    """
    return address.lower()


def mailbox_key(address: str) -> str:
    """What makes addresses one mailbox as far as can be told: no ``+tag``, for Gmail no dots.

    For limits alone: elsewhere a sub-address (RFC 5233) is an address of its own.
    """
    local, _, domain = address.casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@dataclass(slots=True)
class Entry:
    """One person of an import. ``id`` is 0 for somebody new; ``new`` are bulletins yet to be linked.

    Who has ``chosen`` their name and languages themselves keeps them.
    """

    id: int
    address: str
    key: str
    name: str
    languages: tuple[str, ...]
    provenance: str
    bulletins: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    new: set[str] = field(default_factory=set)
    chosen: bool = False
    touched: bool = False  # name or languages have changed


class SubscriberStore:
    """Reads and writes subscribers. Writers of several rows expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, secret: bytes) -> None:
        self._db = connection
        self._secret = secret

    # Reading

    def find(self, address: str) -> Subscriber | None:
        """The subscriber with this address, however it is spelt."""
        row = self._db.row("subscriber_by_address", {"address_key": address_key(address)})
        return self._subscriber(row) if row else None

    def get(self, address: str) -> Subscriber:
        """As ``find``; NotFoundError for nobody."""
        found = self.find(address)
        if found is None:
            raise NotFoundError(
                f"there is no subscriber {address}", remedy="See `pressfeed subscribers list`"
            )
        return found

    def all(self, bulletin: str | None = None) -> Iterator[Subscriber]:
        """Everybody, or everybody who subscribes to a bulletin, by number."""
        rows = self._db.each("subscribers_of", {"bulletin": bulletin}) if bulletin else None
        for row in rows if rows is not None else self._db.each("subscribers"):
            yield self._subscriber(row)

    def holder(self, subscriber_id: int) -> tuple[Subscriber, int] | None:
        """The person behind a token, and the epoch in which the person's tokens are valid."""
        row = self._db.row("subscriber", {"id": subscriber_id})
        return (self._subscriber(row), row["token_epoch"]) if row else None

    def left(self, subscriber_id: int) -> frozenset[str]:
        """The bulletins that a person has unsubscribed from."""
        return frozenset(
            row["bulletin"] for row in self._db.rows("subscriptions_ended", {"id": subscriber_id})
        )

    def suppressed(self, address: str) -> str | None:
        """Why this address must not be mailed, if it must not."""
        row = self._db.row("suppression", {"address_hash": self._address_hash(address)})
        return f"{row['reason']} on {row['since'][:10]}" if row else None

    def barred(self, addresses: Sequence[str]) -> dict[str, SubscriberStatus]:
        """Which of these addresses must not be mailed, and why."""
        if self._db.value("suppressions_exist") is None:
            return {}
        hashes = {self._address_hash(address): address for address in addresses}
        rows = self._db.rows("suppressions_among", {"hashes": json.dumps(list(hashes))})
        return {hashes[row["address_hash"]]: SubscriberStatus(row["reason"]) for row in rows}

    def entries(self, keys: Sequence[str]) -> dict[str, Entry]:
        """Those of many people, by the keys of their addresses, that are known."""
        rows = self._db.rows("subscribers_by_address", {"keys": json.dumps(keys)})
        found = {
            row["id"]: Entry(
                row["id"],
                row["address"],
                row["address_key"],
                row["name"],
                parse_names(row["languages"]),
                row["provenance"],
                chosen=row["chosen_at"] is not None,
            )
            for row in rows
        }
        for row in self._db.rows("subscriptions_of_all", {"ids": json.dumps(list(found))}) if found else ():
            entry = found[row["subscriber_id"]]
            (entry.bulletins if row["ended_at"] is None else entry.left).add(row["bulletin"])
        return {entry.key: entry for entry in found.values()}

    def counts(self) -> dict[str, int]:
        """How many people stand in each status."""
        return {row["status"]: row["number"] for row in self._db.rows("subscriber_counts")}

    def subscription_counts(self) -> dict[str, int]:
        """How many active people each bulletin has."""
        return {row["bulletin"]: row["number"] for row in self._db.rows("subscription_counts")}

    # Writing

    def add(
        self, address: str, name: str, languages: Sequence[str], *, provenance: str, now: dt.datetime
    ) -> int | None:
        """Add a person as active; the number, or None where the address is known already."""
        row = self._db.rows(
            "add_subscriber",
            {
                "address": address,
                "address_key": address_key(address),
                "name": name,
                "languages": names_text(languages),
                "provenance": provenance,
                "now": time_text(now),
            },
        )
        return row[0]["id"] if row else None

    def write(self, entries: Iterable[Entry], now: dt.datetime) -> None:
        """Add the new ones of many people, change the others, link them to their new bulletins."""
        everybody, moment = list(entries), time_text(now)
        added = [one for one in everybody if not one.id]
        self._db.run_many(
            "import_subscriber",
            [
                (one.address, one.key, one.name, names_text(one.languages), one.provenance, moment, moment)
                for one in added
            ],
        )
        numbers = {
            row["address_key"]: row["id"]
            for row in self._db.rows("numbers_by_address", {"keys": json.dumps([one.key for one in added])})
        }
        changed = [one for one in everybody if one.id and one.touched]
        self._db.run_many(
            "import_change", [(one.name, names_text(one.languages), moment, one.id) for one in changed]
        )
        self._db.run_many(
            "import_subscription",
            [
                (bulletin, one.id or numbers[one.key], moment)
                for one in everybody
                for bulletin in sorted(one.new)
            ],
        )

    def update(self, subscriber_id: int, name: str, languages: Sequence[str], now: dt.datetime) -> None:
        parameters = {
            "id": subscriber_id,
            "name": name,
            "languages": names_text(languages),
            "now": time_text(now),
        }
        self._db.run("update_subscriber", parameters)

    def chose(self, subscriber_id: int, now: dt.datetime) -> None:
        """A person decided themselves what they get: no import overrules that."""
        self._db.run("note_choice", {"id": subscriber_id, "now": time_text(now)})

    def subscribe(self, subscriber_id: int, bulletin: str, now: dt.datetime) -> bool:
        """Link a person to a bulletin; False where the link is there, or the person has left it before."""
        parameters = {"bulletin": bulletin, "id": subscriber_id, "now": time_text(now)}
        return self._db.run("subscribe", parameters) > 0

    def resubscribe(self, subscriber_id: int, bulletin: str) -> None:
        """Bring a person back to a bulletin that they left, on their own wish."""
        self._db.run("resubscribe", {"bulletin": bulletin, "id": subscriber_id})

    def unsubscribe(self, subscriber_id: int, bulletin: str, now: dt.datetime) -> int:
        """End one subscription at once; how many planned deliveries were called off for it."""
        self._db.run("unsubscribe", {"bulletin": bulletin, "id": subscriber_id, "now": time_text(now)})
        rows = self._db.rows("cancellable_of", {"bulletin": bulletin, "subscriber": subscriber_id})
        return self._cancel(rows, f"unsubscribed from {bulletin}", now)

    def stop(self, subscriber: Subscriber, status: SubscriberStatus, now: dt.datetime) -> int:
        """Never mail this address again, whatever is imported later.

        A stronger reason that is known already stays: a complaint, before a bounce, before having left.
        Returns how many planned deliveries were called off.
        """
        holder = self.holder(subscriber.id)
        if holder is not None and status.outweighs(holder[0].status):
            self._db.run(
                "set_subscriber_status", {"id": subscriber.id, "status": status.value, "now": time_text(now)}
            )
        self.suppress(subscriber.address, status, now)
        return self.call_off(subscriber.id, status.value, now)

    def suppress(self, address: str, status: SubscriberStatus, now: dt.datetime) -> None:
        """Keep mail away from an address, unless that is so already for a reason as strong."""
        address_hash = self._address_hash(address)
        known = self._db.row("suppression", {"address_hash": address_hash})
        if known is None or status.outweighs(SubscriberStatus(known["reason"])):
            parameters = {"address_hash": address_hash, "reason": status.value, "now": time_text(now)}
            self._db.run("suppress", parameters)

    def resume(self, subscriber: Subscriber, now: dt.datetime) -> None:
        """Mail this address again, on the person's own wish."""
        self._db.run(
            "set_subscriber_status",
            {"id": subscriber.id, "status": SubscriberStatus.ACTIVE.value, "now": time_text(now)},
        )
        self._db.run("unsuppress", {"address_hash": self._address_hash(subscriber.address)})

    def call_off(self, subscriber_id: int, reason: str, now: dt.datetime) -> int:
        """Call off what is planned for a person and not on the wire; how many deliveries that was."""
        return self._cancel(self._db.rows("cancellable", {"subscriber": subscriber_id}), reason, now)

    def _cancel(self, rows: list[Row], reason: str, now: dt.datetime) -> int:
        return sum(call_off(self._db, row["id"], f"called off: {reason}", now) for row in rows)

    def _address_hash(self, address: str) -> str:
        return hmac.new(
            self._secret, b"suppression\0" + address_key(address).encode(), hashlib.sha256
        ).hexdigest()

    def _subscriber(self, row: Row) -> Subscriber:
        subscriptions = self._db.rows("subscriptions", {"id": row["id"]})
        return Subscriber(
            id=row["id"],
            address=row["address"],
            name=row["name"],
            languages=parse_names(row["languages"]),
            status=SubscriberStatus(row["status"]),
            created_at=parse_time(row["created_at"]),
            bulletins=tuple(subscription["bulletin"] for subscription in subscriptions),
        )
