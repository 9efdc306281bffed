"""Editions that people decide on: approve, hold, cancel, resume."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from functools import partial

from pressfeed.domain import Bulletin, Edition, EditionState
from pressfeed.errors import InputError
from pressfeed.publish.room import Newsroom

log = logging.getLogger("pressfeed.scheduler")

UNAPPROVED = "not approved at its slot"


@dataclass(frozen=True, slots=True)
class Approved:
    """An edition after somebody approved it, and how many more people it needs."""

    edition: Edition
    missing: int


def approve(room: Newsroom, edition_id: int, name: str, now: dt.datetime) -> Approved:
    """One person approves a waiting or held edition; with the last approval it goes out at its slot.

    A held edition whose slot is over goes out at once, without what another edition has told meanwhile.
    Raises InputError for an edition in another state, and for a person who has approved already.
    """
    with room.store.transaction():
        editions = room.store.editions
        edition = editions.get(edition_id)
        if edition.state not in (EditionState.AWAITING, EditionState.HELD):
            raise InputError(f"edition {edition_id} is {edition.state}: it waits for no approval")
        needed = max(room.bulletin(edition.bulletin).approvals, 1)
        if not editions.approve(edition_id, name.strip(), now):
            raise InputError(
                f"{name.strip()} has approved edition {edition_id} already",
                remedy="It needs another person: --by NAME" if needed > 1 else "",
            )
        missing = needed - len(editions.approvals(edition_id))
        if missing <= 0:
            _let_go(room, edition, now)
        return Approved(editions.get(edition_id), max(missing, 0))


def _let_go(room: Newsroom, edition: Edition, now: dt.datetime) -> None:
    editions = room.store.editions
    told = edition.kind.is_notice or edition.state is not EditionState.HELD or editions.take_back(edition.id)
    if not told:
        reason = "its releases were told by another edition meanwhile"
        editions.set_state(edition, EditionState.SKIPPED, expected=edition.state, now=now, reason=reason)
    elif edition.due_at is not None and edition.due_at <= now:
        editions.let_go(edition, now)
    else:
        editions.set_state(edition, EditionState.APPROVED, expected=edition.state, now=now)


def need_approval(bulletin: Bulletin, author: str) -> str:
    """Why a notice of a bulletin waits for somebody besides its author; "" = it need not."""
    missing = bulletin.approvals - bool(author)
    who = "another person" if missing == 1 else f"{missing} people"
    return f"needs the approval of {who}" if missing > 0 else ""


def hold(room: Newsroom, edition_id: int, name: str, why: str, now: dt.datetime) -> Edition:
    """Stop an edition. Before its slot its stories become free, and it must be approved anew.

    One that is on its way pauses: what is on the wire arrives, nothing else goes out until it is resumed.
    Raises InputError where there is nothing to stop.
    """
    reason = f"held by {name.strip()}" + (f": {why}" if why else "")
    with room.store.transaction():
        editions = room.store.editions
        edition = editions.get(edition_id)
        move = partial(editions.set_state, now=now, reason=reason, actor=name.strip())
        if edition.state in (EditionState.AWAITING, EditionState.APPROVED):
            move(edition, EditionState.HELD, expected=edition.state)
            editions.withdraw_approvals(edition_id)
            editions.free(edition_id)
        elif edition.state is EditionState.PLANNED:
            move(edition, EditionState.PAUSED, expected=edition.state)
        elif edition.state is EditionState.PLANNING:
            raise InputError(
                f"the recipients of edition {edition_id} are being reserved", remedy="Try again in a moment"
            )
        else:
            raise InputError(f"edition {edition_id} is {edition.state}: there is nothing to hold")
        return editions.get(edition_id)


def resume(room: Newsroom, edition_id: int, now: dt.datetime) -> Edition:
    """Let a paused edition go on; InputError for any other."""
    with room.store.transaction():
        editions = room.store.editions
        edition = editions.get(edition_id)
        if edition.state is EditionState.HELD:
            raise InputError(
                f"edition {edition_id} is held", remedy=f"Approve it: pressfeed editions approve {edition_id}"
            )
        if not editions.set_state(edition, EditionState.PLANNED, expected=EditionState.PAUSED, now=now):
            raise InputError(f"edition {edition_id} is {edition.state}, not paused")
        return editions.get(edition_id)


def cancel(room: Newsroom, edition_id: int, name: str, why: str, now: dt.datetime) -> tuple[Edition, int]:
    """Call an edition off for good; the edition, and how many deliveries were called off.

    Whoever was not reached may be told its stories another way; if nobody was reached, the bulletin's next
    edition may tell them. Raises InputError for an edition that is over.
    """
    over = (EditionState.SENT, EditionState.SKIPPED, EditionState.CANCELLED)
    reason = f"cancelled by {name.strip()}" + (f": {why}" if why else "")
    with room.store.transaction():
        editions = room.store.editions
        edition = editions.get(edition_id)
        if edition.state in over:
            raise InputError(f"edition {edition_id} is {edition.state}: there is nothing to cancel")
        editions.set_state(
            edition,
            EditionState.CANCELLED,
            expected=edition.state,
            now=now,
            reason=reason,
            actor=name.strip(),
        )
        called_off = editions.call_off(edition_id, f"called off: {reason}", now)
        if not editions.begun(edition_id):
            editions.free(edition_id)
        return editions.get(edition_id), called_off


def come_due(room: Newsroom, now: dt.datetime) -> list[Edition]:
    """What becomes of editions whose slot has come: approved ones go out, the others are held.

    Returns those whose recipients must be reserved. Each that is held opens an incident.
    """
    editions = room.store.editions
    if not editions.due(EditionState.APPROVED, now) and not editions.due(EditionState.AWAITING, now):
        return []
    going = []
    with room.store.transaction():
        for edition in editions.due(EditionState.APPROVED, now):
            editions.let_go(edition, now)
            going.append(editions.get(edition.id))
        for edition in editions.due(EditionState.AWAITING, now):
            editions.set_state(
                edition, EditionState.HELD, expected=EditionState.AWAITING, now=now, reason=UNAPPROVED
            )
            editions.free(edition.id)
            about = f"Edition {edition.id} of {edition.bulletin}, slot {edition.slot},"
            remedy = f"pressfeed editions approve {edition.id}, or pressfeed editions cancel {edition.id}"
            text = f"{about} was not approved by its slot. It is held, nobody got it. Decide: {remedy}"
            room.store.incidents.open(f"held:{edition.id}", text, now)
            log.error("incident.opened key=held:%d %s", edition.id, text)
    return going
