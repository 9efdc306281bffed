"""Slots that are due: what the scheduler does about each bulletin, and what it remembers of it.

The row of a slot and the note that it is decided are one transaction, so that a scheduler may be killed at
any point and several may run: whoever comes next finds a slot either undecided or done.
"""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field

from pressfeed import schedule
from pressfeed.domain import Bulletin, Edition, EditionState
from pressfeed.publish.editions import freeze, record_skipped
from pressfeed.publish.room import Newsroom
from pressfeed.schedule import Slot, due

log = logging.getLogger("pressfeed.scheduler")


@dataclass(slots=True)
class Outcome:
    """What came of the slots of one bulletin."""

    through: dt.datetime  # the slots up to then are decided
    planned: list[Edition] = field(default_factory=list)  # their recipients must be reserved now


def late_key(bulletin: Bulletin) -> str:
    """The incident that a bulletin did not go out in time; it is over when it goes out again."""
    return f"late:{bulletin.key}"


def watch(room: Newsroom, now: dt.datetime) -> None:
    """Note the bulletins that are new, and those whose schedule was changed since they were seen.

    A new one owes nothing from before; a changed one nothing that its new lines would have asked for while a
    scheduler was alive to run the old ones.
    """
    known = room.store.agenda.all()
    wanted = {bulletin.key: due.definition(bulletin) for bulletin in room.regions.bulletins}
    changed = [key for key, text in wanted.items() if key not in known or known[key].definition != text]
    if not changed:
        return
    beat = room.store.agenda.heartbeats().get("scheduler")
    with room.store.transaction():
        for key in changed:
            room.store.agenda.watch(key, wanted[key], now)
            if beat is not None:
                room.store.agenda.redefine(key, wanted[key], min(beat.at, now))
            else:
                room.store.agenda.redefine(key, wanted[key], now)


def next_moment(bulletin: Bulletin, after: dt.datetime) -> dt.datetime | None:
    """When the scheduler must next look at a bulletin whose slots are decided up to a moment.

    At its next slot, or the lead time before it where editions must be approved; None for alerts.
    """
    if bulletin.at_once:
        return None
    slot = schedule.next_slot(bulletin, after)
    if slot is None:
        return None
    return slot.due_at - bulletin.lead if bulletin.approvals else slot.due_at


def run_due(room: Newsroom, bulletin: Bulletin, now: dt.datetime) -> Outcome:
    """Decide every slot of a bulletin that is due at ``now``; freeze those that must be approved in time."""
    store = room.store
    with store.transaction():
        watched = store.agenda.get(bulletin.key)
        if watched is None:
            raise LookupError(f"{bulletin.key} is not watched")
        through = watched.decided_through
        outcome = Outcome(through)
        slots = schedule.due_between(bulletin, through, now)
        undecided = [slot for slot in slots if not _taken(room, bulletin, slot)]
        decision = due.decide(undecided, now, bulletin.catch_up)
        for slot, reason in decision.skip:
            record_skipped(room, bulletin, slot, reason, now)
            log.info("slot.skipped bulletin=%s slot=%s reason=%s", bulletin.key, slot, reason)
        if decision.run is not None:
            _freeze(room, bulletin, decision.run, decision.made_up_for, now, outcome)
        if slots:
            outcome.through = slots[-1].due_at
            store.agenda.decided(bulletin.key, outcome.through)
        if decision.late and store.incidents.open(late_key(bulletin), decision.late, now):
            log.error("incident.opened key=%s %s", late_key(bulletin), decision.late)
        if bulletin.approvals:
            for slot in schedule.due_between(bulletin, now, now + bulletin.lead):
                if not slot.left_out and not _taken(room, bulletin, slot):
                    _freeze(room, bulletin, slot, (), now, outcome)
    return outcome


def _taken(room: Newsroom, bulletin: Bulletin, slot: Slot) -> bool:
    return room.store.editions.at(bulletin.key, str(slot)) is not None


def _freeze(
    room: Newsroom,
    bulletin: Bulletin,
    slot: Slot,
    made_up_for: tuple[Slot, ...],
    now: dt.datetime,
    outcome: Outcome,
) -> None:
    stands_for = [
        *(str(missed) for missed in made_up_for),
        *(wall.isoformat(timespec="minutes") for wall in slot.stands_for),
    ]
    edition, _ = freeze(room, bulletin, str(slot), now, due_at=slot.due_at, stands_for=stands_for)
    log.info(
        "slot.run bulletin=%s slot=%s edition=%d state=%s stories=%d late=%.1f",
        bulletin.key,
        slot,
        edition.id,
        edition.state,
        len(room.store.editions.stories(edition.id)),
        (now - slot.due_at).total_seconds(),
    )
    if edition.state is EditionState.PLANNING:
        outcome.planned.append(edition)
