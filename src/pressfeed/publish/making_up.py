"""What somebody missed who left and took it back: bulletins that are still going out come after all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pressfeed import plan
from pressfeed.domain import Edition, EditionKind, EditionState, Release, Subscriber
from pressfeed.publish.editions import Reserver, tellable
from pressfeed.publish.room import Newsroom

_UNDER_WAY = frozenset({EditionState.PLANNING, EditionState.PLANNED, EditionState.PAUSED})


@dataclass(frozen=True, slots=True)
class MadeUp:
    """``coming`` is how many mails are planned again; ``missed`` are public releases that no mail brings."""

    coming: int = 0
    missed: tuple[Release, ...] = ()


def make_up(
    room: Newsroom, person: Subscriber, bulletins: Iterable[str], left_at: dt.datetime, now: dt.datetime
) -> MadeUp:
    """Plan for one person what was called off when they left, or planned without them since.

    An edition that is over stays as its ledger says it is: what it told is only listed. Called again, it
    plans nothing twice. Call it inside a transaction.
    """
    editions, absences = room.store.editions, room.store.absences
    numbers = set(absences.called_off(person.id, left_at))
    for bulletin in bulletins:
        numbers.update(absences.without(person.id, bulletin, left_at))
    coming, missed = 0, dict[int, Release]()
    for number in sorted(numbers):
        edition = editions.get(number)
        if edition.state in _UNDER_WAY:
            coming += _plan_for(room, edition, person, left_at, now)
        elif edition.state is EditionState.SENT and edition.kind is EditionKind.REGULAR:
            for release in _told(room, edition, person, now):
                missed[release.id] = release
    return MadeUp(coming, tuple(missed.values()))


def _plan_for(
    room: Newsroom, edition: Edition, person: Subscriber, left_at: dt.datetime, now: dt.datetime
) -> bool:
    bulletin = room.regions.bulletin(edition.bulletin)
    recipients = room.store.editions.recipients(replace(edition, planned_through=person.id - 1), 1)
    if (
        bulletin is None
        or edition.kind.is_notice  # it is owed with the next bulletin
        or edition.planned_through < person.id  # planning comes to it by itself
        or not recipients
        or recipients[0].subscriber != person.id
    ):
        return False
    planner = plan.Planner(tellable(room, edition, now), bulletin.languages)
    found = Reserver(room, bulletin, edition, now).reservations(planner, recipients)
    return bool(found) and room.store.absences.make_up(edition.id, found[0], left_at, now)


def _told(room: Newsroom, edition: Edition, person: Subscriber, now: dt.datetime) -> list[Release]:
    """What an edition told and the person has not had, in their language, as far as it is public."""
    recipients = room.store.editions.recipients(replace(edition, planned_through=person.id - 1), 1)
    bulletin = room.regions.bulletin(edition.bulletin)
    if bulletin is None or not recipients or recipients[0].subscriber != person.id:
        return []
    stories = {
        story.story: story.translations for story in room.store.editions.stories(edition.id) if story.told
    }
    decision = plan.Planner(stories, bulletin.languages).decide(recipients[0].languages, recipients[0].had)
    if decision is None:
        return []
    releases = [room.store.releases.get(number) for number, _ in decision.variant.releases]
    return [release for release in releases if release.is_public(now)]
