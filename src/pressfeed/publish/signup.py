"""Sign-ups: asked for on the web, and confirmed from the mailbox (double opt-in).

Asking looks up no subscriber: whoever asks learns nothing, neither by an answer nor by the time that it
takes. Only the letter, which the mailbox's owner alone reads, tells what is known.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

from pressfeed import tokens
from pressfeed.config import Config
from pressfeed.domain import Rate, Subscriber, SubscriberStatus
from pressfeed.incoming import Kind
from pressfeed.message import domain_of
from pressfeed.store import Store
from pressfeed.store.letters import LetterKind
from pressfeed.store.signups import SignUp
from pressfeed.tokens import Keyring, Scope

VALID = dt.timedelta(days=7)  # how long a link that asks for confirmation works
COUNTED = dt.timedelta(days=30)  # how long sign-ups are counted; then nothing of them is left
LETTERS = (Rate(1, dt.timedelta(days=1)), Rate(3, COUNTED))
"""How many letters that anybody can cause an address gets at most."""


class Answer(StrEnum):
    """What became of a wish."""

    NOTED = "noted"  # a letter is on its way, or one was sent lately
    NETWORK_LIMIT = "network-limit"
    TOTAL_LIMIT = "total-limit"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor asked for. ``address`` comes from ``subscribers.normalise``."""

    address: str
    name: str
    language: str  # of the page
    languages: tuple[str, ...]
    bulletins: tuple[str, ...]
    wording: str  # what the page said they agree to
    network: str  # whom the limits count
    origin: str  # the same, shortened for the proof of consent


def ask(store: Store, config: Config, wish: Wish, now: dt.datetime) -> Answer:
    """Note a wish; its letter leaves with the next round of letters.

    A repetition changes what its letter will say, if that has not left; it never sends a second one within
    LETTERS. Nothing happens beyond the newsroom's limits.
    """
    limits = config.signup
    with store.transaction():
        signups = store.signups
        if signups.count_from(wish.network, now - limits.per_network.period) >= limits.per_network.count:
            return Answer.NETWORK_LIMIT
        if signups.count(now - limits.total.period) >= limits.total.count:
            return Answer.TOTAL_LIMIT
        repeated = had_enough(store, wish.address, now)
        number = signups.add(
            wish.address,
            wish.name,
            wish.language,
            wish.languages,
            wish.bulletins,
            network=wish.network,
            asked_from=wish.origin,
            wording=signups.keep_wording(wish.wording),
            now=now,
            repeated=repeated,
        )
        if not repeated:
            write(store, config, LetterKind.CONFIRM, number, wish.address, now)
        return Answer.NOTED


def had_enough(store: Store, address: str, now: dt.datetime) -> bool:
    """Whether strangers have caused as many letters to a mailbox as they may, by whatever sub-address.

    One that does not exist, as a letter that came back has said, gets no other meanwhile.
    """
    key = store.signups.mailbox_hash(address)
    return store.letters.came_back(key, Kind.DEAD, now - COUNTED) or any(
        store.letters.unasked(key, now - limit.period) >= limit.count for limit in LETTERS
    )


def write(store: Store, config: Config, kind: LetterKind, about: int, address: str, now: dt.datetime) -> None:
    """Put a letter into the queue. Its Message-ID is settled here, so that a second attempt repeats it."""
    domain = domain_of(parseaddr(config.sender)[1])
    uid = f"letter {kind} {about} {tokens.moment(now)}"
    message_id = Keyring(store.secret).message_id(uid, about, domain)
    store.letters.add(kind, about, store.signups.mailbox_hash(address), message_id, now)


def look_up(store: Store, token: str, now: dt.datetime) -> SignUp | None:
    """The sign-up of a confirmation link; None for a link that is not ours, or too old.

    So it is once the address has bounced or complained.

    A token without a row is compared all the same, so that time does not tell which rows exist.
    """
    claim = tokens.parse(token)
    if claim is None:
        return None
    found = store.signups.get(claim.subscriber_id)
    epoch = tokens.moment(found.asked_at) if found else 0
    good = Keyring(store.secret).check(claim, Scope.CONFIRM, epoch=epoch)
    if not good or found is None:
        return None
    if found.confirmed_at is not None:
        return found
    alive = found.address and found.asked_at > now - VALID and may_mail(store, found.address)
    return found if alive else None


def confirm(store: Store, signup: SignUp, origin: str, now: dt.datetime) -> Subscriber | None:
    """The mailbox has said yes: subscribe it, with the proof of consent; None where it had before.

    Who had unsubscribed comes back, to what they chose now and nothing else. An address that bounced or
    complained stays off, and gets no letter in the first place: an operator decides.
    """
    with store.transaction():
        if not store.signups.confirm(signup.id, now):
            return None
        people = store.subscribers
        reason = people.suppressed(signup.address)
        if not may_mail(store, signup.address):
            return None
        number = people.add(
            signup.address, signup.name, signup.languages, provenance="signed up on the web", now=now
        )
        subscriber = people.get(signup.address)
        if number is None:
            people.update(subscriber.id, subscriber.name or signup.name, signup.languages, now)
        if reason is not None or subscriber.status is not SubscriberStatus.ACTIVE:
            people.resume(subscriber, now)
            for bulletin in subscriber.bulletins:
                if bulletin not in signup.bulletins:
                    people.unsubscribe(subscriber.id, bulletin, now)
        for bulletin in signup.bulletins:
            if not people.subscribe(subscriber.id, bulletin, now):
                people.resubscribe(subscriber.id, bulletin)
        people.chose(subscriber.id, now)
        store.signups.add_consent(subscriber.id, signup, origin, now)
        return people.get(signup.address)


def may_mail(store: Store, address: str) -> bool:
    """Whether an address may be mailed on its owner's wish: it may have left, not bounced or complained."""
    reason = store.subscribers.suppressed(address)
    return reason is None or reason.startswith(SubscriberStatus.UNSUBSCRIBED)


def expire(store: Store, now: dt.datetime) -> None:
    """Forget what is too old: addresses that nobody confirmed, what limits counted, what cannot be undone."""
    with store.transaction():
        store.signups.expire(now - VALID, now - COUNTED)
        store.signups.expire_changes(now - VALID, now)
        store.letters.delete(now - COUNTED)
