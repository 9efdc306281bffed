"""Leave a bulletin, or all of them, by the token in a mail's link."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pressfeed.domain import Subscriber, SubscriberStatus
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope, parse


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a valid token stands for. ``bulletin`` is "" for a token of all bulletins (preferences)."""

    subscriber: Subscriber
    bulletin: str

    @property
    def gone(self) -> bool:
        """Whether this has been left already."""
        if self.subscriber.status is not SubscriberStatus.ACTIVE:
            return True
        return bool(self.bulletin) and self.bulletin not in self.subscriber.bulletins


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
    return Leaving(holder[0], str(bulletin))


def leave(store: Store, leaving: Leaving, now: dt.datetime, *, everything: bool = False) -> Leaving:
    """Leave the bulletin, or everything for good; done twice, it changes nothing more.

    What is planned and not on the wire is called off in the same transaction.
    """
    with store.transaction():
        if everything or not leaving.bulletin:
            if leaving.subscriber.status is SubscriberStatus.ACTIVE:
                store.subscribers.stop(leaving.subscriber, SubscriberStatus.UNSUBSCRIBED, now)
        elif not leaving.gone:
            store.subscribers.unsubscribe(leaving.subscriber.id, leaving.bulletin, now)
        return Leaving(store.subscribers.get(leaving.subscriber.address), leaving.bulletin)


def leave_one(store: Store, leaving: Leaving, bulletin: str, now: dt.datetime) -> Leaving:
    """Leave one of the bulletins of a preferences token."""
    with store.transaction():
        if bulletin in leaving.subscriber.bulletins:
            store.subscribers.unsubscribe(leaving.subscriber.id, bulletin, now)
        return Leaving(store.subscribers.get(leaving.subscriber.address), "")
