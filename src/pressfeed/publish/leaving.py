"""Leave a bulletin, or all of them, by the token in a mail's link; and take it back for a while."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from pressfeed import tokens
from pressfeed.domain import Subscriber, SubscriberStatus
from pressfeed.publish import signup
from pressfeed.publish.making_up import MadeUp, make_up
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.store.signups import Departure
from pressfeed.store.subscribers import FORGOTTEN
from pressfeed.tokens import Keyring, Scope, parse

UNDO = dt.timedelta(days=1)  # how long a leaving can be taken back


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a valid token stands for. ``bulletin`` is "" for a token of all bulletins (preferences).

    ``undo`` is the token that takes back what was left, "" where there is nothing to take back.
    """

    subscriber: Subscriber
    bulletin: str
    epoch: int
    undo: str = ""

    @property
    def gone(self) -> bool:
        """Whether this has been left already. Who bounced or complained gets nothing, and may still leave."""
        if not self.bulletin:
            return self.subscriber.status is not SubscriberStatus.ACTIVE
        left = self.subscriber.status is SubscriberStatus.UNSUBSCRIBED
        return left or self.bulletin not in self.subscriber.bulletins


def look_up(store: Store, token: str, scope: Scope) -> Leaving | None:
    """Whose token this is; None for one that this newsroom did not make, or has revoked.

    The MAC is compared in constant time; a token without a subscriber is compared all the same, so that the
    time that an answer takes does not tell which numbers exist.
    """
    claim = parse(token)
    if claim is None:
        return None
    holder = store.subscribers.holder(claim.subscriber_id)
    good = Keyring(store.secret).check(claim, scope, epoch=holder[1] if holder else 0)
    if not good or holder is None:
        return None
    bulletin = claim.parts[0] if scope is Scope.UNSUBSCRIBE and len(claim.parts) == 1 else ""
    return Leaving(holder[0], str(bulletin), holder[1])


def is_forgotten(store: Store, token: str) -> bool:
    """Whether this was the token of somebody's preferences who has been forgotten since: done is done."""
    claim = parse(token)
    holder = store.subscribers.holder(claim.subscriber_id) if claim else None
    epoch = holder[1] - 1 if holder and holder[1] else 0
    good = claim is not None and Keyring(store.secret).check(claim, Scope.PREFERENCES, epoch=epoch)
    return good and holder is not None and holder[0].address == FORGOTTEN


def undoable(store: Store, leaving: Leaving, now: dt.datetime) -> Leaving:
    """The same with the token that takes it back, where it was left so lately that this is possible."""
    if not leaving.gone or not signup.may_mail(store, leaving.subscriber.address):
        return leaving
    last = store.signups.last_departure(leaving.subscriber.id, leaving.bulletin, now - UNDO)
    return replace(leaving, undo=_undo_token(store, last, leaving.epoch)) if last else leaving


def leave(store: Store, leaving: Leaving, now: dt.datetime, *, everything: bool = False) -> Leaving:
    """Leave the bulletin, or everything for good; done twice, it changes nothing more.

    What is planned and not on the wire is called off in the same transaction.
    """
    with store.transaction():
        person = leaving.subscriber
        if everything or not leaving.bulletin:
            depart(store, person, now)
            if person.status is SubscriberStatus.ACTIVE:
                store.signups.add_departure(person.id, "", now)
        elif not leaving.gone:
            store.subscribers.unsubscribe(person.id, leaving.bulletin, now)
            store.signups.add_departure(person.id, leaving.bulletin, now)
        after = replace(leaving, subscriber=store.subscribers.get(person.address))
        return undoable(store, after, now)


def depart(store: Store, person: Subscriber, now: dt.datetime) -> int:
    """Note that somebody has left everything; how many planned deliveries were called off.

    Who bounced or complained is off for a stronger reason: what they subscribed to ends, so that they stay
    away even if that reason proves wrong. Call it inside a transaction.
    """
    if person.status is SubscriberStatus.UNSUBSCRIBED:
        return 0
    called_off = store.subscribers.stop(person, SubscriberStatus.UNSUBSCRIBED, now)
    if person.status is not SubscriberStatus.ACTIVE:
        for bulletin in person.bulletins:
            store.subscribers.unsubscribe(person.id, bulletin, now)
    return called_off


@dataclass(frozen=True, slots=True)
class Undone:
    """Who is back, and what becomes of what went out meanwhile."""

    leaving: Leaving
    made_up: MadeUp


def undo(room: Newsroom, token: str, now: dt.datetime) -> Undone | None:
    """Take back what was left; None for a token that is not ours, or where it is too late.

    It cannot after a bounce or a complaint, nor after having left again. Used twice it changes nothing more.
    What was called off by it, or planned since, comes after all where it is still going out.
    """
    claim, store = parse(token), room.store
    if claim is None or len(claim.parts) != 2:
        return None
    with store.transaction():
        departure = store.signups.departure(int(claim.parts[0])) if isinstance(claim.parts[0], int) else None
        holder = store.subscribers.holder(claim.subscriber_id)
        good = Keyring(store.secret).check(claim, Scope.UNDO, epoch=holder[1] if holder else 0)
        if not good or holder is None or departure is None:
            return None
        person, epoch = holder
        if (departure.subscriber, tokens.moment(departure.left_at)) != (person.id, claim.parts[1]):
            return None
        if departure.left_at <= now - UNDO or not signup.may_mail(store, person.address):
            return None
        if store.signups.undo(departure, now) and not departure.bulletin:
            store.subscribers.resume(person, now)
        back = Leaving(store.subscribers.get(person.address), departure.bulletin, epoch)
        if back.gone:
            return None
        again = (departure.bulletin,) if departure.bulletin else back.subscriber.bulletins
        return Undone(back, make_up(room, back.subscriber, again, departure.left_at, now))


def _undo_token(store: Store, departure: Departure, epoch: int) -> str:
    parts = (departure.id, tokens.moment(departure.left_at))
    return Keyring(store.secret).token(Scope.UNDO, departure.subscriber, *parts, epoch=epoch)
