"""Sign-ups and their proof, changes of address, and leavings that can be taken back."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from pressfeed.store.codec import names_text, parse_names, parse_time, parse_time_or_none, time_text
from pressfeed.store.connection import Connection, Row
from pressfeed.store.subscribers import address_key, mailbox_key


@dataclass(frozen=True, slots=True)
class SignUp:
    """Somebody asked for mail. ``address`` is "" once confirmed or too old."""

    id: int
    address: str
    name: str
    language: str  # of the page
    languages: tuple[str, ...]
    bulletins: tuple[str, ...]
    wording: str  # the digest of what the page said
    asked_at: dt.datetime
    asked_from: str
    confirmed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody agreed to: where the wish and its confirmation came from, and in which words."""

    bulletins: tuple[str, ...]
    asked_at: dt.datetime
    asked_from: str
    confirmed_at: dt.datetime
    confirmed_from: str
    text: str


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A subscriber wants to be reached at ``address``."""

    id: int
    subscriber: int
    address: str
    asked_at: dt.datetime
    old_agreed: bool
    new_agreed: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """Somebody left a bulletin, or everything (""), and may take it back."""

    id: int
    subscriber: int
    bulletin: str
    left_at: dt.datetime
    undone: bool


class SignUpStore:
    """Reads and writes what subscribers do themselves. Writers expect ``Store.transaction()``."""

    def __init__(self, connection: Connection, secret: bytes) -> None:
        self._db = connection
        self._secret = secret

    # Sign-ups

    def network_hash(self, network: str) -> str:
        """What the limits count a network by."""
        return self._hash("network", network)

    def address_hash(self, address: str) -> str:
        """What finds the sign-ups of an address, however it is spelt."""
        return self._hash("address", address_key(address))

    def mailbox_hash(self, address: str) -> str:
        """What the limits of letters count an address by: sub-addresses lead to the same mailbox."""
        return self._hash("address", mailbox_key(address))

    def keep_wording(self, text: str) -> str:
        """Keep what a page says, once; its digest."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._db.run("keep_wording", {"digest": digest, "text": text})
        return digest

    def add(
        self,
        address: str,
        name: str,
        language: str,
        languages: Sequence[str],
        bulletins: Sequence[str],
        *,
        network: str,
        asked_from: str,
        wording: str,
        now: dt.datetime,
        repeated: bool,
    ) -> int:
        """Note a sign-up; its number. A repeated one counts for the limits and keeps nothing else."""
        parameters: dict[str, object] = {
            "address_hash": self.address_hash(address),
            "address": address,
            "name": name,
            "language": language,
            "languages": names_text(languages),
            "bulletins": names_text(bulletins),
            "wording": wording,
        }
        if repeated:
            self._db.run("change_signup", parameters)
            parameters |= {"address": "", "name": "", "languages": "[]", "bulletins": "[]"}
        where = {"network": self.network_hash(network), "asked_from": asked_from, "now": time_text(now)}
        return self._db.insert("add_signup", parameters | where)

    def count_from(self, network: str, since: dt.datetime) -> int:
        """How many sign-ups came from a network since then."""
        parameters = {"network": self.network_hash(network), "since": time_text(since)}
        return int(self._db.value("signups_from", parameters))

    def count(self, since: dt.datetime) -> int:
        """How many sign-ups came since then."""
        return int(self._db.value("signups_since", {"since": time_text(since)}))

    def get(self, signup_id: int) -> SignUp | None:
        """One sign-up."""
        row = self._db.row("signup", {"id": signup_id})
        return _signup(row) if row else None

    def confirm(self, signup_id: int, now: dt.datetime) -> bool:
        """Its mailbox has said yes; False where it had before, or it is too old."""
        return self._db.run("confirm_signup", {"id": signup_id, "now": time_text(now)}) == 1

    def expire(self, unconfirmed: dt.datetime, counted: dt.datetime) -> None:
        """Blank the addresses of sign-ups from before a moment; forget what is from before another one."""
        self._db.run("blank_signups", {"before": time_text(unconfirmed)})
        self._db.run("delete_signups", {"before": time_text(counted)})
        self._db.run("delete_leavings", {"before": time_text(counted)})

    # Consent

    def add_consent(self, subscriber_id: int, signup: SignUp, confirmed_from: str, now: dt.datetime) -> None:
        """Keep the proof of a confirmed sign-up."""
        parameters = {
            "subscriber": subscriber_id,
            "bulletins": names_text(signup.bulletins),
            "asked_at": time_text(signup.asked_at),
            "asked_from": signup.asked_from,
            "confirmed_from": confirmed_from,
            "wording": signup.wording,
            "now": time_text(now),
        }
        self._db.run("add_consent", parameters)

    def consents(self, subscriber_id: int) -> list[Consent]:
        """What one person agreed to."""
        return [
            Consent(
                parse_names(row["bulletins"]),
                parse_time(row["asked_at"]),
                row["asked_from"],
                parse_time(row["confirmed_at"]),
                row["confirmed_from"],
                row["text"],
            )
            for row in self._db.rows("consents", {"subscriber": subscriber_id})
        ]

    # Changes of address

    def add_change(self, subscriber_id: int, address: str, now: dt.datetime) -> int:
        """Note that a subscriber wants to be reached elsewhere; earlier wishes are over."""
        self._db.run("settle_address_changes", {"subscriber": subscriber_id, "now": time_text(now)})
        parameters = {"subscriber": subscriber_id, "address": address, "now": time_text(now)}
        return self._db.insert("add_address_change", parameters)

    def change(self, change_id: int) -> AddressChange | None:
        """One change of address."""
        row = self._db.row("address_change", {"id": change_id})
        return _change(row) if row else None

    def changes(self, subscriber_id: int, since: dt.datetime) -> int:
        """How often a subscriber asked for one since then."""
        parameters = {"subscriber": subscriber_id, "since": time_text(since)}
        return int(self._db.value("address_changes_since", parameters))

    def agree(self, change_id: int, side: str, now: dt.datetime) -> None:
        """One of the two mailboxes, ``old`` or ``new``, has said yes."""
        parameters = {"id": change_id, "now": time_text(now)}
        if side == "new":
            self._db.run("agree_new", parameters)
        else:
            self._db.run("agree_old", parameters)

    def move(self, change: AddressChange, now: dt.datetime) -> None:
        """The address is another from now on, and all links that were sent are void."""
        parameters = {
            "id": change.subscriber,
            "address": change.address,
            "address_key": address_key(change.address),
            "now": time_text(now),
        }
        self._db.run("move_subscriber", parameters)
        self._db.run("settle_address_changes", {"subscriber": change.subscriber, "now": time_text(now)})

    def expire_changes(self, before: dt.datetime, now: dt.datetime) -> None:
        """Changes of address that were asked for before that and not agreed to are over."""
        self._db.run("expire_address_changes", {"before": time_text(before), "now": time_text(now)})

    # Pauses

    def pause(self, subscriber_id: int, until: dt.datetime | None, now: dt.datetime) -> None:
        """No mail before ``until``; None = mail again."""
        parameters = {
            "id": subscriber_id,
            "until": time_text(until) if until else None,
            "now": time_text(now),
        }
        self._db.run("pause_subscriber", parameters)

    def paused_until(self, subscriber_id: int) -> dt.datetime | None:
        """Until when a person wants no mail."""
        return parse_time_or_none(self._db.value("paused_until", {"id": subscriber_id}))

    # Leavings

    def add_departure(self, subscriber_id: int, bulletin: str, now: dt.datetime) -> Departure:
        """Note that somebody left a bulletin, or everything ("")."""
        parameters = {"subscriber": subscriber_id, "bulletin": bulletin, "now": time_text(now)}
        return Departure(self._db.insert("add_leaving", parameters), subscriber_id, bulletin, now, False)

    def departure(self, departure_id: int) -> Departure | None:
        """One leaving."""
        row = self._db.row("leaving", {"id": departure_id})
        return _departure(row) if row else None

    def last_departure(self, subscriber_id: int, bulletin: str, since: dt.datetime) -> Departure | None:
        """The newest leaving of a bulletin, or of everything, that can still be taken back."""
        parameters = {"subscriber": subscriber_id, "bulletin": bulletin, "since": time_text(since)}
        row = self._db.row("last_leaving", parameters)
        return _departure(row) if row else None

    def undo(self, departure: Departure, now: dt.datetime) -> bool:
        """Take a leaving back, once: a subscription that it ended runs again."""
        if self._db.run("undo_leaving", {"id": departure.id, "now": time_text(now)}) == 0:
            return False
        if departure.bulletin:
            parameters = {
                "bulletin": departure.bulletin,
                "subscriber": departure.subscriber,
                "left_at": time_text(departure.left_at),
            }
            self._db.run("restore_subscription", parameters)
        return True

    # Forgetting

    def forget(self, subscriber_id: int, address: str, now: dt.datetime) -> None:
        """Remove what is known about a person; deliveries keep a number that leads nowhere."""
        self._db.run("forget_signups", {"address_hash": self.address_hash(address)})
        self._db.run("forget_letters", {"address_hash": self.mailbox_hash(address)})
        for statement in (
            "forget_subscriptions",
            "forget_consents",
            "forget_leavings",
            "forget_address_changes",
            "forget_replies",
        ):
            self._db.run(statement, {"id": subscriber_id})
        self._db.run("forget_subscriber", {"id": subscriber_id, "now": time_text(now)})

    def _hash(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()[:32]


def _signup(row: Row) -> SignUp:
    return SignUp(
        id=row["id"],
        address=row["address"],
        name=row["name"],
        language=row["language"],
        languages=parse_names(row["languages"]),
        bulletins=parse_names(row["bulletins"]),
        wording=row["wording"],
        asked_at=parse_time(row["asked_at"]),
        asked_from=row["asked_from"],
        confirmed_at=parse_time_or_none(row["confirmed_at"]),
    )


def _change(row: Row) -> AddressChange:
    return AddressChange(
        id=row["id"],
        subscriber=row["subscriber_id"],
        address=row["address"],
        asked_at=parse_time(row["asked_at"]),
        old_agreed=row["old_agreed_at"] is not None,
        new_agreed=row["new_agreed_at"] is not None,
        settled=row["settled_at"] is not None,
    )


def _departure(row: Row) -> Departure:
    return Departure(
        row["id"],
        row["subscriber_id"],
        row["bulletin"],
        parse_time(row["left_at"]),
        row["undone_at"] is not None,
    )
