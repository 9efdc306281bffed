"""Is the newsroom well? What a monitor asks every minute."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from pressfeed import schedule
from pressfeed.domain import EditionState
from pressfeed.publish.room import Newsroom
from pressfeed.publish.tick import LEAST_SPACE

ALIVE = dt.timedelta(minutes=1)  # a part that said nothing for longer is dead
LATE = dt.timedelta(minutes=5)  # a slot that is undecided for longer is overdue
WAITING = dt.timedelta(hours=1)  # a delivery that is due for longer is overdue


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer."""

    name: str
    good: bool
    text: str


def examine(room: Newsroom, now: dt.datetime) -> Iterator[Check]:
    """Every check, in the order of importance. That the newsroom could be opened is the first of them."""
    yield Check("newsroom", True, f"{room.config.database} can be read")
    beats = room.store.agenda.heartbeats()
    for part in ("scheduler", "worker"):
        beat = beats.get(part)
        if beat is None:
            yield Check(part, False, "never ran: start pressfeed run")
            continue
        age = now - beat.at
        text = f"last seen {max(age, dt.timedelta()).total_seconds():.0f} s ago ({beat.note})"
        yield Check(part, age < ALIVE, text)
    yield _slots(room, now)
    yield _deliveries(room, now)
    yield _editions(room)
    yield _space(room)
    incidents = room.store.incidents.current()
    text = "; ".join(" ".join(incident.text.split()) for incident in incidents)
    yield Check("incidents", not incidents, text or "none is open")


def _slots(room: Newsroom, now: dt.datetime) -> Check:
    known = room.store.agenda.all()
    overdue = []
    for bulletin in room.regions.bulletins:
        watched = known.get(bulletin.key)
        if watched is None or bulletin.at_once:
            continue
        slot = schedule.next_slot(bulletin, watched.decided_through)
        if slot is not None and slot.due_at < now - LATE:
            overdue.append(f"{bulletin.key} {slot}")
    return Check("slots", not overdue, "overdue: " + ", ".join(overdue) if overdue else "none is overdue")


def _deliveries(room: Newsroom, now: dt.datetime) -> Check:
    deliveries = room.store.deliveries
    problems = []
    lease = room.config.mail.lease
    stuck = [found for found in deliveries.leases() if found.until < now - 2 * lease]
    if stuck:
        problems.append(f"{len(stuck)} leases ran out and nobody took them over")
    due = deliveries.next_due()
    if due is not None and due < now - WAITING:
        problems.append(f"due since {due:%Y-%m-%d %H:%M} UTC and not sent")
    doubtful = len(deliveries.in_doubt())
    if doubtful:
        problems.append(f"{doubtful} in doubt wait for a decision")
    return Check("deliveries", not problems, "; ".join(problems) or "none is overdue")


def _editions(room: Newsroom) -> Check:
    editions = room.store.editions
    stopped = [*editions.in_state(EditionState.PAUSED), *editions.in_state(EditionState.HELD)]
    text = "; ".join(f"{one.id} ({one.bulletin} {one.slot}) is {one.state}: {one.reason}" for one in stopped)
    waiting = len(editions.in_state(EditionState.AWAITING))
    return Check(
        "editions",
        not stopped,
        text or (f"{waiting} wait for approval" if waiting else "none is held or paused"),
    )


def _space(room: Newsroom) -> Check:
    free = shutil.disk_usage(room.config.database.parent).free
    return Check("disk", free >= LEAST_SPACE, f"{free // 1_000_000} MB are free")
