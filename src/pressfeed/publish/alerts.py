"""Alerts: an edition as soon as something is published, not more often than a reader can bear."""

from __future__ import annotations

import datetime as dt
import logging

from pressfeed import plan
from pressfeed.domain import Bulletin, Edition, EditionState, Kind
from pressfeed.publish.editions import free_slot, freeze
from pressfeed.publish.room import Newsroom
from pressfeed.publish.slots import late_key
from pressfeed.schedule import due
from pressfeed.store.releases import Candidate

SLACK = dt.timedelta(days=1)
"""How long a release may take from the moment that it names to the moment that the store shows it."""

log = logging.getLogger("pressfeed.scheduler")


def run_due(
    room: Newsroom, bulletin: Bulletin, now: dt.datetime
) -> tuple[Edition | None, dt.datetime | None]:
    """Freeze an alert's edition if one is due.

    Returns the edition whose recipients must be reserved, and when to look again at the latest (None = when
    something is published). Releases from before the bulletin was first seen
    are no news; those that became public longer ago than its ``catch_up`` come too late, which is recorded.
    """
    if bulletin.kind is Kind.ADVANCE:
        return _run_advance(room, bulletin, now)
    store = room.store
    with store.transaction():
        watched = store.agenda.get(bulletin.key)
        if watched is None:
            raise LookupError(f"{bulletin.key} is not watched")
        since = max(watched.first_seen, watched.decided_through - SLACK)
        regions = room.regions.within(bulletin.region)
        waiting = [
            candidate
            for candidate in store.releases.candidates(bulletin.key, regions, now, since=since)
            if candidate.public_since > watched.first_seen and candidate.language in bulletin.languages
        ]
        stale = [one for one in waiting if now - one.public_since > bulletin.catch_up]
        if stale:
            _record_stale(room, bulletin, stale, now)
        fresh = [one for one in waiting if one not in stale]
        stories = {one.story for one in fresh}
        if len(stories) < bulletin.minimum:
            return None, None
        earlier = store.editions.last_due(bulletin.key, bulletin.rate.count)
        moment = due.alert_due(bulletin, [one.public_since for one in fresh], earlier)
        if moment is None or moment > now:
            return None, moment
        slot = free_slot(room, bulletin, moment)
        edition, _ = freeze(room, bulletin, slot, now, due_at=moment, selection=plan.select(fresh, bulletin))
        if not stale:
            store.incidents.close(late_key(bulletin), now)
        if not edition.waiting:
            store.agenda.decided(bulletin.key, max(one.public_since for one in fresh))
    log.info("alert.run bulletin=%s slot=%s edition=%d", bulletin.key, slot, edition.id)
    again = moment + bulletin.window if edition.waiting else None
    return edition if edition.state is EditionState.PLANNING else None, again


def _run_advance(
    room: Newsroom, bulletin: Bulletin, now: dt.datetime
) -> tuple[Edition | None, dt.datetime | None]:
    """The same for advance copies: of whatever is ready and under embargo, however long it has been so."""
    store = room.store
    with store.transaction():
        regions = room.regions.within(bulletin.region)
        found = store.releases.advance_candidates(bulletin.key, regions, now)
        waiting = [one for one in found if one.language in bulletin.languages]
        earlier = store.editions.last_due(bulletin.key, bulletin.rate.count)
        moment = due.alert_due(bulletin, [min(one.public_since, now) for one in waiting], earlier)
        if len({one.story for one in waiting}) < bulletin.minimum or moment is None or moment > now:
            return None, moment
        slot = free_slot(room, bulletin, moment)
        edition, _ = freeze(
            room, bulletin, slot, now, due_at=moment, selection=plan.select(waiting, bulletin)
        )
    log.info("advance.run bulletin=%s slot=%s edition=%d", bulletin.key, slot, edition.id)
    again = moment + bulletin.window if edition.waiting else None
    return edition if edition.state is EditionState.PLANNING else None, again


def _record_stale(room: Newsroom, bulletin: Bulletin, stale: list[Candidate], now: dt.datetime) -> None:
    """Record releases that come too late for an alert: their stories are not told by it any more."""
    reason = f"too late: public for more than {due.words(bulletin.catch_up)} when the alert could go out"
    moment = min(one.public_since for one in stale)
    slot = free_slot(room, bulletin, moment)
    selection = plan.select(stale, bulletin)
    edition, _ = freeze(room, bulletin, slot, now, due_at=moment, selection=selection)
    room.store.editions.set_state(
        edition, EditionState.SKIPPED, expected=edition.state, now=now, reason=reason
    )
    text = f"{len(selection.stories)} releases did not go out as an alert of {bulletin.key}: {reason}"
    if room.store.incidents.open(late_key(bulletin), text, now):
        log.error("incident.opened key=%s %s", late_key(bulletin), text)
