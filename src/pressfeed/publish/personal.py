"""What is known about one person: to read, to take along, and to forget (GDPR articles 15, 17, 20)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pressfeed.domain import Subscriber, SubscriberStatus
from pressfeed.store import Store
from pressfeed.store.subscribers import FORGOTTEN

ALL = 2**62


def export(store: Store, person: Subscriber) -> dict[str, Any]:
    """Everything, as JSON can say it; times are UTC, ISO 8601."""
    paused, chosen = store.signups.paused_until(person.id), store.privacy.chosen_at(person.id)
    return {
        "address": person.address,
        "name": person.name,
        "languages": list(person.languages),
        "status": person.status.value,
        "subscribed_since": person.created_at.isoformat(),
        "provenance": store.privacy.provenance(person.id),
        "chosen_at": chosen.isoformat() if chosen else None,
        "paused_until": paused.isoformat() if paused else None,
        "bulletins": list(person.bulletins),
        "bulletins_left": sorted(store.subscribers.left(person.id)),
        "consent": [
            {
                "bulletins": list(consent.bulletins),
                "asked_at": consent.asked_at.isoformat(),
                "asked_from": consent.asked_from,
                "confirmed_at": consent.confirmed_at.isoformat(),
                "confirmed_from": consent.confirmed_from,
                "wording": consent.text,
            }
            for consent in store.signups.consents(person.id)
        ],
        "returned": [
            {"kind": one.kind, "status": one.status, "at": one.at.isoformat()}
            for one in store.incoming.bounces(person.id)
        ],
        "received": [
            {
                "kind": one.kind,
                "action": one.action,
                "at": one.received_at.isoformat(),
                "sender": one.sender,
                "subject": one.subject,
                "detail": one.detail,
            }
            for one in store.incoming.about(person.id)
        ],
        "sent": [
            {
                "bulletin": mail.bulletin,
                "language": mail.language,
                "sent_at": mail.sent_at.isoformat(),
                "releases": [
                    {
                        "headline": store.releases.get_version(release, version).content.headline,
                        "version": version,
                    }
                    for release, version in mail.releases
                ],
            }
            for mail in store.ledger.sent_to(person.id, ALL, -1)
        ],
    }


def forget(store: Store, person: Subscriber, now: dt.datetime) -> None:
    """Forget a person at once and for good; the suppression, a keyed hash, is all that remains.

    What is planned and not on the wire is called off. A complaint or a bounce stays the reason it was.
    """
    with store.transaction():
        holder = store.subscribers.holder(person.id)
        if holder is None or holder[0].address == FORGOTTEN:
            return
        person = holder[0]  # they may have moved since they were looked up
        if store.subscribers.suppressed(person.address) is None:
            store.subscribers.stop(person, SubscriberStatus.UNSUBSCRIBED, now)
        else:
            store.subscribers.call_off(person.id, "forgotten", now)
        store.privacy.forget_messages(person.id, person.address, now)
        store.signups.forget(person.id, person.address, now)
