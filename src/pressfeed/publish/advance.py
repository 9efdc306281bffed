"""Who may read ahead of an embargo, and what the page behind their token shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pressfeed.domain import Kind, Regions, Release, Subscriber, SubscriberStatus
from pressfeed.errors import InputError
from pressfeed.publish.revision import is_accredited
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope, parse


@dataclass(frozen=True, slots=True)
class Copies:
    """What a person was sent ahead by one edition, as it is now."""

    subscriber: Subscriber
    bulletin: str
    releases: tuple[Release, ...]


def accredit(
    room: Newsroom, address: str, region: str, until: dt.datetime, author: str, now: dt.datetime
) -> tuple[str, ...]:
    """Let a person read embargoed releases of a region, and of those below it, ahead, until a moment.

    They get the region's advance bulletins, unless they have left them before; their names are returned. What
    is under embargo already is told by the next of them. Raises InputError for an unknown region, a moment
    that is over, and somebody who may not be mailed.
    """
    if room.regions.get(region) is None:
        known = ", ".join(each.slug for each in room.regions.all)
        raise InputError(f"there is no region {region}", remedy=f"Regions are: {known}")
    if until <= now:
        raise InputError("that moment is over", remedy="Give one that lies ahead: --until 2027-01-01")
    with room.store.transaction():
        person = room.store.subscribers.get(address)
        if person.status is not SubscriberStatus.ACTIVE:
            raise InputError(f"{person.address} is {person.status}: nothing is sent to that address")
        room.store.accreditations.give(person.id, region, until, author, now)
        bulletins = [
            bulletin.key
            for bulletin in room.regions.bulletins
            if bulletin.kind is Kind.ADVANCE and bulletin.region == region
        ]
        for bulletin in bulletins:
            room.store.subscribers.subscribe(person.id, bulletin, now)
            room.store.accreditations.tell_again(bulletin, now)
    return tuple(bulletins)


def revoke(room: Newsroom, address: str, region: str, author: str, now: dt.datetime) -> int:
    """End an accreditation at once; how many advance copies on their way were called off.

    The pages behind the person's tokens are gone with it. Raises InputError where there is none.
    """
    with room.store.transaction():
        person = room.store.subscribers.get(address)
        if not room.store.accreditations.end(person.id, region, author, now):
            raise InputError(f"{person.address} is not accredited for {region}")
        held = room.store.accreditations.regions(person.id, now)
        return sum(
            room.store.accreditations.call_off(person.id, bulletin.key, now)
            for bulletin in room.regions.bulletins
            if bulletin.kind is Kind.ADVANCE and held.isdisjoint(room.regions.ancestors(bulletin.region))
        )


def look_up(store: Store, regions: Regions, token: str, now: dt.datetime) -> Copies | None:
    """What is behind a token; None for one that this newsroom did not make or that is good no longer.

    It is good while its person is accredited. As with other tokens, the answer takes as long for a subscriber
    that does not exist.
    """
    claim = parse(token)
    if claim is None:
        return None
    holder = store.subscribers.holder(claim.subscriber_id)
    good = Keyring(store.secret).check(claim, Scope.ADVANCE, epoch=holder[1] if holder else 0)
    if not good or holder is None or len(claim.parts) != 1 or not isinstance(claim.parts[0], int):
        return None
    edition = store.editions.get(claim.parts[0])
    region = edition.bulletin.partition("/")[0]
    if not is_accredited(store, regions, holder[0].id, region, now):
        return None
    variant = store.editions.variant_of(edition.id, holder[0].id)
    if variant is None:
        return None
    numbers = [release for release, _ in variant.releases]
    numbers += [store.notices.get(notice).release for notice, *_ in variant.notices]
    releases = tuple(store.releases.get(number) for number in dict.fromkeys(numbers))
    return Copies(holder[0], edition.bulletin, releases)
