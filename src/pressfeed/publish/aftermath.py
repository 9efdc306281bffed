"""What a restored store cannot know: what was sent after its backup was made.

Whatever a running newsroom would have sent between the backup and now may have been sent. So all of it is
planned as it would have been, and every delivery is in doubt: nobody is mailed until an operator decides,
with ``pressfeed deliveries resolve``, whether it was sent or not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pressfeed import schedule
from pressfeed.domain import Bulletin, Edition, EditionState
from pressfeed.publish import alerts, releases
from pressfeed.publish.editions import freeze, reserve
from pressfeed.publish.room import Newsroom


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is in doubt: how many deliveries, of how many editions."""

    in_doubt: int = 0
    editions: int = 0


def settle(room: Newsroom, made_at: dt.datetime, now: dt.datetime, *, nothing_sent: bool) -> Aftermath:
    """Bring a store from the time of its backup to now; ``nothing_sent`` leaves it as it was.

    Call it while nobody else works on the store.
    """
    store = room.store
    store.audit.record("newsroom.restored", now, backup=made_at.astimezone(dt.UTC).isoformat())
    if nothing_sent:
        return Aftermath()
    releases.publish_due(room, now)
    frozen = store.editions.in_state(EditionState.PLANNING)
    for state in (EditionState.APPROVED, EditionState.AWAITING):
        frozen += [edition for edition in store.editions.due(state, now) if _let_go(room, edition, now)]
    for bulletin in room.regions.bulletins:
        frozen += _slots_since(room, bulletin, now)
    for edition in frozen:
        known = room.regions.bulletin(edition.bulletin)
        if known is not None:
            reserve(room, known, store.editions.get(edition.id), now)
    reply = f"in doubt: the store was restored from a backup of {made_at:%Y-%m-%d %H:%M} UTC"
    with store.transaction():
        editions, deliveries = store.deliveries.doubt(reply)
        if deliveries:
            store.audit.record("newsroom.in_doubt", now, deliveries=deliveries, editions=editions)
    return Aftermath(deliveries, editions)


def _let_go(room: Newsroom, edition: Edition, now: dt.datetime) -> bool:
    """An edition whose slot has come since may have been approved, and sent."""
    return room.store.editions.let_go(edition, now)


def _slots_since(room: Newsroom, bulletin: Bulletin, now: dt.datetime) -> list[Edition]:
    """The edition that a bulletin may have sent since, frozen: at the last of the slots that have passed."""
    with room.store.transaction():
        watched = room.store.agenda.get(bulletin.key)
        if watched is None:  # no scheduler ever ran it
            return []
        if bulletin.at_once:
            edition, _ = alerts.run_due(room, bulletin, now)
            return [edition] if edition is not None else []
        slots = [
            slot
            for slot in schedule.due_between(bulletin, watched.decided_through, now)
            if not slot.left_out and room.store.editions.at(bulletin.key, str(slot)) is None
        ]
        if not slots:
            return []
        *earlier, last = slots
        edition, _ = freeze(
            room, bulletin, str(last), now, due_at=last.due_at, stands_for=[str(slot) for slot in earlier]
        )
        room.store.agenda.decided(bulletin.key, last.due_at)
        if edition.state is EditionState.AWAITING:
            room.store.editions.let_go(edition, now)
        return [edition] if edition.state is not EditionState.SKIPPED else []
