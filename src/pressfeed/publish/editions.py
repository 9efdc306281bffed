"""Plan editions: take a slot, freeze its stories, reserve every recipient."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.utils import parseaddr

from pressfeed import plan
from pressfeed.domain import Bulletin, Edition, EditionKind, EditionState, Kind
from pressfeed.message import domain_of
from pressfeed.publish import notices
from pressfeed.publish.revision import waits_until
from pressfeed.publish.room import Newsroom
from pressfeed.schedule import Slot
from pressfeed.store.editions import FrozenStory, Recipient, Reservation
from pressfeed.tokens import Keyring

log = logging.getLogger("pressfeed.planning")

CHUNK = 5_000  # subscribers reserved in one transaction: other writers wait for one chunk at most

Progress = Callable[[int], None]
"""Told how many more subscribers have been planned for."""


def select(room: Newsroom, bulletin: Bulletin, now: dt.datetime) -> plan.Selection:
    """What the bulletin's next edition would tell at ``now``."""
    regions = room.regions.within(bulletin.region)
    if bulletin.kind is Kind.ADVANCE:
        return plan.select(room.store.releases.advance_candidates(bulletin.key, regions, now), bulletin)
    return plan.select(room.store.releases.candidates(bulletin.key, regions, now), bulletin)


def plan_edition(
    room: Newsroom,
    bulletin: Bulletin,
    slot: str,
    now: dt.datetime,
    progress: Progress | None = None,
    *,
    due_at: dt.datetime | None = None,
) -> tuple[Edition, bool]:
    """The edition of a bulletin at a slot (local wall time as written), planned; and whether it is new.

    Whoever inserts the slot's row runs it: a second call, or process, gets the same edition. A call that was
    killed half-way is taken up where it stopped. An edition with nothing to say, or less than the bulletin's
    minimum, is recorded as skipped. Where the bulletin wants approval, the edition is frozen and waits.
    """
    with room.store.transaction():
        edition, new = freeze(room, bulletin, slot, now, due_at=due_at)
    return reserve(room, bulletin, edition, now, progress), new


def freeze(
    room: Newsroom,
    bulletin: Bulletin,
    slot: str,
    now: dt.datetime,
    *,
    due_at: dt.datetime | None = None,
    stands_for: Sequence[str] = (),
    selection: plan.Selection | None = None,
) -> tuple[Edition, bool]:
    """Take a slot and freeze what its edition says; and whether it is new. Call it inside a transaction.

    ``due_at`` is the slot's moment (default: now), ``stands_for`` the slots as written that it makes up for.
    """
    editions = room.store.editions
    kind = EditionKind.ADVANCE if bulletin.kind is Kind.ADVANCE else EditionKind.REGULAR
    existing = editions.at(bulletin.key, slot)
    if existing is not None:
        return existing, False
    if selection is None:
        selection = select(room, bulletin, now)
        if (
            selection.skipped
            and kind is EditionKind.REGULAR
            and room.store.notices.somebody_is_owed(bulletin.key, now)
        ):
            selection = replace(selection, skipped="")  # it goes out for the notices alone
    edition = editions.open(
        bulletin.key,
        slot,
        [FrozenStory(story, dict(told)) for story, told in selection.stories.items()],
        now=now,
        due_at=due_at,
        state=EditionState.AWAITING if bulletin.approvals else EditionState.PLANNING,
        stands_for=stands_for,
        waiting=selection.waiting,
        skipped=selection.skipped,
        kind=kind,
    )
    assert edition is not None  # the transaction holds the write lock: nobody came between
    return edition, True


def free_slot(room: Newsroom, bulletin: Bulletin, moment: dt.datetime) -> str:
    """A slot for an edition that no line of the schedule asked for: the region's wall time, to the second.

    Where somebody has taken that second, the next free one.
    """
    wall = moment.astimezone(bulletin.zone).replace(tzinfo=None, microsecond=0, fold=0)
    while room.store.editions.at(bulletin.key, wall.isoformat(timespec="seconds")):
        wall += dt.timedelta(seconds=1)
    return wall.isoformat(timespec="seconds")


def record_skipped(room: Newsroom, bulletin: Bulletin, slot: Slot, reason: str, now: dt.datetime) -> None:
    """Record that nothing is sent at a slot, unless it has its edition. Call it inside a transaction."""
    if room.store.editions.at(bulletin.key, str(slot)) is None:
        stands_for = [wall.isoformat(timespec="minutes") for wall in slot.stands_for]
        room.store.editions.open(
            bulletin.key,
            str(slot),
            (),
            now=now,
            due_at=slot.due_at,
            stands_for=stands_for,
            skipped=reason,
        )


def reserve(
    room: Newsroom,
    bulletin: Bulletin,
    edition: Edition,
    now: dt.datetime,
    progress: Progress | None = None,
) -> Edition:
    """Reserve an edition for every recipient that planning has not reached yet; the edition as it is then.

    Each chunk of subscribers is one transaction that ends with a note of how far it came.
    """
    editions = room.store.editions
    domain = domain_of(parseaddr(room.config.sender)[1])
    planner: plan.Planner | None = None
    known: Mapping[int, plan.Translations] = {}
    while edition.state is EditionState.PLANNING:
        with room.store.transaction():
            edition = editions.get(edition.id)
            if edition.state is not EditionState.PLANNING:
                break
            if edition.kind.is_notice:
                number = notices.reserve_chunk(room, bulletin, edition, domain, now)
            else:
                stories = tellable(room, edition, now)
                if planner is None or stories != known:
                    known, planner = stories, plan.Planner(stories, bulletin.languages)
                number = _reserve_chunk(room, bulletin, edition, planner, now)
            if not number:
                editions.set_state(edition, EditionState.PLANNED, expected=EditionState.PLANNING, now=now)
            edition = editions.get(edition.id)
        if progress is not None and number:
            progress(number)
    people = sum(editions.counts(edition.id).values())
    log.info("edition.planned edition=%d state=%s recipients=%d", edition.id, edition.state, people)
    return edition


def tellable(room: Newsroom, edition: Edition, now: dt.datetime) -> dict[int, plan.Translations]:
    """The stories of an edition as they may be told now; one that may not be is left to a later edition."""
    found: dict[int, plan.Translations] = {}
    for story in room.store.editions.stories(edition.id):
        if not story.told:
            continue
        releases = {told: room.store.releases.get(told[0]) for told in story.translations.values()}
        translations = {
            language: told
            for language, told in story.translations.items()
            if waits_until(releases[told], edition.kind, now) is not None
        }
        if translations:
            found[story.story] = translations
        else:
            for release in releases.values():
                room.store.revisions.leave_story(edition.id, release.id)
    return found


class Reserver:
    """Decides what recipients get of one edition, and under which Message-ID."""

    def __init__(self, room: Newsroom, bulletin: Bulletin, edition: Edition, now: dt.datetime) -> None:
        self._edition = edition
        self._keyring = Keyring(room.store.secret)
        self._domain = domain_of(parseaddr(room.config.sender)[1])
        self._accredited: frozenset[int] | None = None
        if edition.kind is EditionKind.ADVANCE:
            regions = room.regions.ancestors(bulletin.region)
            self._accredited = room.store.accreditations.people(regions, now)

    def reservations(self, planner: plan.Planner, recipients: Sequence[Recipient]) -> list[Reservation]:
        """For those of them who get something."""
        edition, found = self._edition, []
        for recipient in recipients:
            if self._accredited is not None and recipient.subscriber not in self._accredited:
                continue
            owed = recipient.owed if edition.kind is EditionKind.REGULAR else ()
            decision = planner.decide(recipient.languages, recipient.had, owed)
            if decision is not None:
                message_id = self._keyring.message_id(edition.uid, recipient.subscriber, self._domain)
                found.append(Reservation(recipient.subscriber, decision.variant, decision.items, message_id))
        return found


def _reserve_chunk(
    room: Newsroom, bulletin: Bulletin, edition: Edition, planner: plan.Planner, now: dt.datetime
) -> int:
    """Reserve an edition for the next subscribers; how many were looked at."""
    recipients = room.store.editions.recipients(edition, CHUNK)
    if not recipients:
        return 0
    reservations = Reserver(room, bulletin, edition, now).reservations(planner, recipients)
    room.store.editions.reserve(edition, reservations, recipients[-1].subscriber, now)
    return len(recipients)


def go_on(room: Newsroom, now: dt.datetime, progress: Progress | None = None) -> bool:
    """Take up what a killed process left half planned; whether there was anything."""
    owed = bool(room.store.notices.unfinished())
    if owed:
        notices.spread(room, now, progress)
    waiting = room.store.editions.in_state(EditionState.PLANNING)
    for edition in waiting:
        bulletin = room.regions.bulletin(edition.bulletin)
        if bulletin is not None:
            reserve(room, bulletin, edition, now, progress)
    return bool(waiting) or owed
