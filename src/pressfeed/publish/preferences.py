"""What subscribers decide themselves, behind the link in every mail: what they get, when, and where."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from pressfeed import tokens
from pressfeed.config import Config
from pressfeed.domain import Subscriber, SubscriberStatus
from pressfeed.publish import signup
from pressfeed.store import Store
from pressfeed.store.letters import LetterKind
from pressfeed.store.signups import AddressChange
from pressfeed.tokens import Keyring, Scope

CHANGES = 3  # changes of address that one person may ask for within a day
LONGEST_PAUSE = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants from now on. ``paused_until`` is aware; None = no pause."""

    languages: tuple[str, ...]
    bulletins: tuple[str, ...]
    paused_until: dt.datetime | None


class Refusal(StrEnum):
    """Why nothing was changed: the key of the text that says so."""

    STOPPED = "web.stopped"  # mail bounced, or was complained of: an operator decides
    NOTHING_CHOSEN = "web.no_bulletin"  # by somebody who had left everything
    TOO_OFTEN = "web.address_limit"


def save(
    store: Store, person: Subscriber, choice: Choice, known: frozenset[str], now: dt.datetime
) -> Refusal | None:
    """Make it so, at once: what is planned and not on the wire is called off where it is not wanted now.

    ``known`` are the bulletins that the form offered; others stay as they are. Whoever had unsubscribed from
    everything comes back by choosing something; who bounced or complained does not.
    """
    with store.transaction():
        people = store.subscribers
        person = people.get(person.address)
        if person.status is not SubscriberStatus.ACTIVE:
            if not signup.may_mail(store, person.address):
                return Refusal.STOPPED
            if not known.intersection(choice.bulletins):
                return Refusal.NOTHING_CHOSEN
            people.resume(person, now)
        people.update(person.id, person.name, choice.languages or person.languages, now)
        people.chose(person.id, now)
        for bulletin in choice.bulletins:
            if (
                bulletin in known
                and bulletin not in person.bulletins
                and not people.subscribe(person.id, bulletin, now)
            ):
                people.resubscribe(person.id, bulletin)
        for bulletin in person.bulletins:
            if bulletin in known and bulletin not in choice.bulletins:
                people.unsubscribe(person.id, bulletin, now)
        until = min(choice.paused_until, now + LONGEST_PAUSE) if choice.paused_until else None
        store.signups.pause(person.id, until, now)
        if until is not None and until > now:
            people.call_off(person.id, "paused by the subscriber", now)
        return None


# Changes of address


class Agreement(StrEnum):
    """What became of a change of address when one side agreed."""

    WAITING = "waiting"  # for the other side
    MOVED = "moved"
    TAKEN = "taken"  # somebody gets bulletins there already, or must not be mailed there
    OVER = "over"  # done before, replaced or too old


def ask_address(
    store: Store, config: Config, person: Subscriber, address: str, now: dt.datetime
) -> Refusal | None:
    """Note a wish to be reached elsewhere, and write to both mailboxes.

    ``address`` comes from ``subscribers.normalise``. A stranger's mailbox gets no more letters this way than
    by the sign-up form, and nobody learns whether it is subscribed: beyond that nothing happens, and the page
    says the same.
    """
    with store.transaction():
        if not signup.may_mail(store, person.address):
            return Refusal.STOPPED
        if store.signups.changes(person.id, now - dt.timedelta(days=1)) >= CHANGES:
            return Refusal.TOO_OFTEN
        if signup.had_enough(store, address, now):
            return None  # a wish that is open stays so: its letters are on their way
        number = store.signups.add_change(person.id, address, now)
        signup.write(store, config, LetterKind.OLD_ADDRESS, number, person.address, now)
        signup.write(store, config, LetterKind.NEW_ADDRESS, number, address, now)
        return None


def look_up(store: Store, token: str, now: dt.datetime) -> tuple[AddressChange, str] | None:
    """The change of address that a link is about, and whose link it is (``old``, ``new``); None = no link."""
    claim = tokens.parse(token)
    if claim is None:
        return None
    change = store.signups.change(claim.subscriber_id)
    epoch = tokens.moment(change.asked_at) if change else 0
    good = Keyring(store.secret).check(claim, Scope.ADDRESS, epoch=epoch)
    if not good or change is None or change.asked_at <= now - signup.VALID:
        return None
    return change, str(claim.parts[0])


def agree(store: Store, change: AddressChange, side: str, now: dt.datetime) -> Agreement:
    """One side agrees; when both have, the address changes and every link that was sent becomes void.

    Nobody starts to get mail by this: who had left, bounced or complained takes that along. The old address
    gets no mail any more unless its owner signs up.
    """
    with store.transaction():
        store.signups.agree(change.id, side, now)
        fresh = store.signups.change(change.id)
        if fresh is None or fresh.settled:
            return Agreement.MOVED if fresh and _is_done(store, fresh) else Agreement.OVER
        if not (fresh.old_agreed and fresh.new_agreed):
            return Agreement.WAITING
        people = store.subscribers
        taken, holder = people.find(fresh.address), people.holder(fresh.subscriber)
        assert holder is not None  # a change of address goes with its subscriber
        same = taken is not None and taken.id == fresh.subscriber  # only spelt otherwise
        if (taken is not None and not same) or not (same or signup.may_mail(store, fresh.address)):
            return Agreement.TAKEN
        before = holder[0]
        store.signups.move(fresh, now)
        if same:
            return Agreement.MOVED
        people.suppress(before.address, SubscriberStatus.UNSUBSCRIBED, now)
        moved = people.get(fresh.address)
        if before.status is SubscriberStatus.ACTIVE:
            people.resume(moved, now)
        else:
            people.stop(moved, before.status, now)
        return Agreement.MOVED


def _is_done(store: Store, change: AddressChange) -> bool:
    """Whether a change of address was made and still holds: a second click is told so again."""
    holder = store.subscribers.holder(change.subscriber)
    return (
        change.old_agreed and change.new_agreed and holder is not None and holder[0].address == change.address
    )
