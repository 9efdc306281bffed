"""What a restored store cannot know: what was sent after its backup was made.

Whatever a running newsroom would have sent between the backup and now may have been sent. So all of it is
planned as it would have been, and every delivery is in doubt: nobody is mailed until an operator decides,
with ``pressfeed deliveries resolve``, whether it was sent or not.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass, replace

from pressfeed import schedule
from pressfeed.domain import Bulletin, EditionState
from pressfeed.publish import alerts, releases
from pressfeed.publish.editions import freeze, go_on
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
    for bulletin in room.regions.bulletins:
        # What it left for a later edition may be sent by now as well.
        _freeze_since(room, replace(bulletin, maximum=sys.maxsize), now)
    for state in (EditionState.APPROVED, EditionState.AWAITING):
        for edition in store.editions.due(state, now):  # it may have been approved, and sent
            store.editions.let_go(edition, now)
    go_on(room, now)
    reply = f"in doubt: the store was restored from a backup of {made_at:%Y-%m-%d %H:%M} UTC"
    with store.transaction():
        editions, deliveries = store.deliveries.doubt(reply)
        if deliveries:
            store.audit.record("newsroom.in_doubt", now, deliveries=deliveries, editions=editions)
    return Aftermath(deliveries, editions)


def _freeze_since(room: Newsroom, bulletin: Bulletin, now: dt.datetime) -> None:
    """Freeze what a bulletin may have sent since: at the last of the slots that have passed."""
    with room.store.transaction():
        watched = room.store.agenda.get(bulletin.key)
        if watched is None:  # no scheduler ever ran it
            return
        if bulletin.at_once:
            alerts.run_due(room, bulletin, now)
            return
        slots = [
            slot
            for slot in schedule.due_between(bulletin, watched.decided_through, now)
            if not slot.left_out and room.store.editions.at(bulletin.key, str(slot)) is None
        ]
        if not slots:
            return
        *earlier, last = slots
        freeze(room, bulletin, str(last), now, due_at=last.due_at, stands_for=[str(slot) for slot in earlier])
        room.store.agenda.decided(bulletin.key, last.due_at)
