"""What came in, acted on: each message once, and only on the word of a token that we made.

Whoever can forge a bounce can forge anything in it but a token. So a message without one that checks ends
nobody's subscription: it is kept for an operator, or, where no person need see it, ignored.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pressfeed import incoming
from pressfeed.config import IncomingConfig
from pressfeed.domain import Subscriber, SubscriberStatus
from pressfeed.errors import InputError
from pressfeed.incoming import BLOCKED, BOUNCES, SOFT, Failure, Finding, Kind
from pressfeed.incoming.reports import worst
from pressfeed.incoming.status import classify, codes_in
from pressfeed.publish import returned
from pressfeed.publish.leaving import depart, leave, look_up
from pressfeed.publish.returned import ReturnedLetter
from pressfeed.publish.subscribers import normalise
from pressfeed.store import Store
from pressfeed.store.incoming import Step
from pressfeed.store.subscribers import address_key
from pressfeed.tokens import Scope, parse

log = logging.getLogger("pressfeed.incoming")

DETAIL = 500  # characters of a server's or a person's words in a list


class Action(StrEnum):
    """What followed from a message."""

    BOUNCED = "bounced"  # the address is never mailed again
    COMPLAINED = "complained"  # nor is this one
    UNSUBSCRIBED = "unsubscribed"
    COUNTED = "counted"  # a soft bounce: one more
    NOTED = "noted"  # it says something about us, or what was known
    IGNORED = "ignored"
    KEPT = "kept"  # an operator has to look


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message. ``repeated``: it had come before, and nothing was done again."""

    kind: Kind
    action: Action
    subscriber: int | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Whose mail a message is about, proved by a token; the delivery where it is known."""

    subscriber: Subscriber
    delivery: int | None
    bulletin: str = ""  # of an unsubscribe token


def receive(store: Store, settings: IncomingConfig, raw: bytes, source: str, now: dt.datetime) -> Receipt:
    """Record and act on one message, in one durable transaction; a repetition changes nothing.

    ``raw`` is the message with its envelope in Return-Path and Delivered-To. When this returns, it may be
    forgotten by whoever brought it. Raises StoreError, having changed nothing.
    """
    finding = incoming.read(raw[: settings.largest])
    return record(store, settings, finding, raw, source, now)


def record(
    store: Store,
    settings: IncomingConfig,
    finding: Finding,
    raw: bytes,
    source: str,
    now: dt.datetime,
    *,
    trusted: bool = False,
) -> Receipt:
    """As ``receive``, for what is understood already. ``trusted``: its bringer proved to be our mail service,
    whose word about an address counts without a token."""
    digest = store.incoming.digest(raw)
    with store.transaction(durable=True):
        before = store.incoming.seen(digest)
        if before is not None:
            return Receipt(Kind(before[0]), Action(before[1]), before[2], repeated=True)
        match = identify(store, finding, trusted=trusted)
        letter = None if match else returned.identify(store, finding)
        if letter is not None:
            subscriber = letter.subscriber.id if letter.subscriber else None
            kind = _verdict(finding, letter.address)
            action = _about_letter(store, settings, kind, letter, now)
        else:
            subscriber = match.subscriber.id if match else None
            kind = _verdict(finding, match.subscriber.address) if match else finding.kind
            action = _act(store, settings, kind, finding, match, source, now, trusted)
        kept = action is Action.KEPT
        store.incoming.add(
            digest,
            source,
            kind.value,
            action.value,
            now,
            subscriber=subscriber,
            delivery=match.delivery if match else None,
            sender=finding.sender,
            subject=finding.subject,
            detail=(finding.diagnostic or " ".join(finding.words.split()))[:DETAIL],
            size=len(raw),
            raw=raw[: settings.largest] if kept else None,
            resolved_at=None if kept else now,
        )
    log.info("incoming.%s kind=%s source=%s size=%d", action, kind, source, len(raw))
    return Receipt(kind, action, subscriber)


def identify(store: Store, finding: Finding, *, trusted: bool = False) -> Match | None:
    """Whose mail a finding is about: by the return path's token, by that of an unsubscribe link in the
    returned message, or by its Message-ID together with the address; None where nothing proves it."""
    for token in finding.tokens:
        leaving, claim = look_up(store, token, Scope.BOUNCE), parse(token)
        if leaving is not None and claim is not None:
            edition = next((part for part in claim.parts if isinstance(part, int)), 0)
            delivery = store.incoming.delivery_of(edition, leaving.subscriber.id)
            return Match(leaving.subscriber, delivery)
    for token in finding.unsubscribe_tokens:
        leaving = look_up(store, token, Scope.UNSUBSCRIBE)
        if leaving is not None:
            person = leaving.subscriber
            delivery = _by_message(store, person.id, finding.message_ids)
            return Match(person, delivery or store.incoming.last_delivery(person.id), leaving.bulletin)
    for address in _addresses(finding.failures):
        subscriber = store.subscribers.find(address)
        if subscriber is None:
            continue
        delivery = _by_message(store, subscriber.id, finding.message_ids)
        if delivery is not None or trusted:
            return Match(subscriber, delivery or store.incoming.last_delivery(subscriber.id))
    return None


def rejected(
    store: Store,
    settings: IncomingConfig,
    *,
    subscriber: int,
    delivery: int,
    code: int,
    status: str,
    text: str,
    now: dt.datetime,
) -> Action:
    """A server refused a delivery for good while it was handed over: the same logic as for a bounce.

    Meant to be called in the transaction that marks the delivery as failed.
    """
    said, _ = codes_in(text)
    status = status or said
    kind = classify(status, code, text)
    holder = store.subscribers.holder(subscriber)
    assert holder is not None  # a delivery has a subscriber
    store.incoming.bounced(delivery, subscriber, kind.value, status or str(code), "smtp", now)
    return _judge(store, settings, kind, holder[0], now)


def ends(history: Iterable[Step], bounces: int, period: dt.timedelta) -> bool:
    """Whether soft bounces, the newest first, have come so often, for so long, without a success between.

    A delivery that went out and did not come back is a success; one that was refused for what we are is
    neither. Pure.
    """
    count, newest, oldest = 0, None, None
    for step in history:
        if step.kind is None and step.sent:
            break
        if step.kind in SOFT:
            count += 1
            newest, oldest = newest or step.at, step.at
    return count >= bounces and newest is not None and oldest is not None and newest - oldest >= period


def _act(
    store: Store,
    settings: IncomingConfig,
    kind: Kind,
    finding: Finding,
    match: Match | None,
    source: str,
    now: dt.datetime,
    trusted: bool,
) -> Action:
    if kind in (Kind.DELAY, Kind.DELIVERED, Kind.AUTO_REPLY):
        return Action.IGNORED
    if match is None or kind in (Kind.REPLY, Kind.OTHER):
        return Action.KEPT
    if kind is Kind.UNSUBSCRIBE:
        for token in finding.unsubscribe_tokens:
            leaving = look_up(store, token, Scope.UNSUBSCRIBE)
            if leaving is not None:
                leave(store, leaving, now)
                return Action.UNSUBSCRIBED
        if not trusted:
            return Action.KEPT
        depart(store, match.subscriber, now)
        return Action.UNSUBSCRIBED
    if kind is Kind.COMPLAINT:
        return _stop(store, match.subscriber, SubscriberStatus.COMPLAINED, now)
    if match.delivery is not None:
        status = next((failure.status or str(failure.code or "") for failure in finding.failures), "")
        store.incoming.bounced(match.delivery, match.subscriber.id, kind.value, status, source, now)
    return _judge(store, settings, kind, match.subscriber, now)


def _about_letter(
    store: Store, settings: IncomingConfig, kind: Kind, returned: ReturnedLetter, now: dt.datetime
) -> Action:
    """What follows where a letter came back, whose reader may be no subscriber.

    A complaint keeps all further mail away; a dead mailbox gets no further letter for as long as letters are
    counted, and who subscribes there is dead as by any other bounce.
    """
    if kind in (Kind.DELAY, Kind.DELIVERED, Kind.AUTO_REPLY):
        return Action.IGNORED
    if kind is not Kind.COMPLAINT and kind not in BOUNCES:
        return Action.KEPT
    store.letters.bounced(returned.letter.id, kind.value)
    if kind is Kind.COMPLAINT and returned.address:
        if returned.subscriber is not None:
            return _stop(store, returned.subscriber, SubscriberStatus.COMPLAINED, now)
        store.subscribers.suppress(returned.address, SubscriberStatus.COMPLAINED, now)
        return Action.COMPLAINED
    if kind is Kind.DEAD and returned.subscriber is not None:
        return _judge(store, settings, kind, returned.subscriber, now)
    return Action.NOTED


def _judge(
    store: Store, settings: IncomingConfig, kind: Kind, subscriber: Subscriber, now: dt.datetime
) -> Action:
    """What a bounce that is recorded means for its subscriber."""
    assert kind in BOUNCES
    if kind in BLOCKED:
        return Action.NOTED
    if kind is Kind.DEAD or ends(
        store.incoming.history(subscriber.id), settings.soft_bounces, settings.soft_period
    ):
        return _stop(store, subscriber, SubscriberStatus.BOUNCED, now)
    return Action.COUNTED


def _stop(store: Store, subscriber: Subscriber, status: SubscriberStatus, now: dt.datetime) -> Action:
    if not status.outweighs(subscriber.status):
        return Action.NOTED  # as much is known already
    store.subscribers.stop(subscriber, status, now)
    return Action(status.value)


def _verdict(finding: Finding, address: str) -> Kind:
    """What a message says about whom our mail went to, who may not be the one that it reports on.

    Behind an address there may be several mailboxes, one of them dead: only a report on the address itself
    ends its subscription.
    """
    own = [f for f in finding.failures if _same(f.recipient, address)]
    if own and finding.kind in BOUNCES:
        return worst(own)
    return Kind.UNCLEAR if finding.kind is Kind.DEAD else finding.kind


def _same(one: str, other: str) -> bool:
    try:
        return bool(one) and address_key(normalise(one)) == address_key(normalise(other))
    except InputError:
        return False


def _addresses(failures: Sequence[Failure]) -> list[str]:
    found = []
    for failure in failures:
        try:
            found.append(normalise(failure.recipient))
        except InputError:
            continue  # not an address: nobody is called that
    return found


def _by_message(store: Store, subscriber: int, message_ids: Iterable[str]) -> int | None:
    for message_id in message_ids:
        delivery = store.incoming.delivery_by_message(subscriber, message_id)
        if delivery is not None:
            return delivery
    return None
