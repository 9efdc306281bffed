"""Plan editions: take a slot, freeze its stories, reserve every recipient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parseaddr

from pressfeed import plan
from pressfeed.domain import Bulletin, Edition, EditionState
from pressfeed.publish.room import Newsroom
from pressfeed.store.editions import FrozenStory, Reservation
from pressfeed.tokens import Keyring

CHUNK = 10_000  # subscribers reserved in one transaction: other writers wait for one chunk at most

Progress = Callable[[int], None]
"""Told how many more subscribers have been planned for."""


def select(room: Newsroom, bulletin: Bulletin, now: dt.datetime) -> plan.Selection:
    """What the bulletin's next edition would tell at ``now``."""
    regions = room.regions.within(bulletin.region)
    return plan.select(room.store.releases.candidates(bulletin.key, regions, now), bulletin)


def plan_edition(
    room: Newsroom, bulletin: Bulletin, slot: str, now: dt.datetime, progress: Progress | None = None
) -> tuple[Edition, bool]:
    """The edition of a bulletin at a slot (local wall time as written), fully planned; and whether it is new.

    Whoever inserts the slot's row runs it: a second call, or process, gets the same edition. A call that was
    killed half-way is taken up where it stopped. An edition with nothing to say, or less than the bulletin's
    minimum, is recorded as skipped.
    """
    store = room.store
    with store.transaction():
        edition = store.editions.at(bulletin.key, slot)
        new = edition is None
        if edition is None:
            selection = select(room, bulletin, now)
            edition = store.editions.open(
                bulletin.key,
                slot,
                [FrozenStory(story, dict(told)) for story, told in selection.stories.items()],
                now=now,
                waiting=selection.waiting,
                skipped=selection.skipped,
            )
        assert edition is not None  # the transaction holds the write lock: nobody came between
    return reserve(room, bulletin, edition, now, progress), new


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
    stories = {story.story: story.translations for story in editions.stories(edition.id)}
    planner = plan.Planner(stories, bulletin.languages)
    keyring = Keyring(room.store.secret)
    domain = parseaddr(room.config.sender)[1].rpartition("@")[2].encode("idna").decode("ascii")
    while edition.state is EditionState.PLANNING:
        with room.store.transaction():
            edition = editions.get(edition.id)
            if edition.state is not EditionState.PLANNING:
                break
            recipients = editions.recipients(edition, CHUNK)
            if not recipients:
                editions.set_state(edition, EditionState.PLANNED, expected=EditionState.PLANNING)
                edition = editions.get(edition.id)
                break
            reservations = []
            for recipient in recipients:
                decision = planner.decide(recipient.languages, recipient.had)
                if decision is not None:
                    message_id = keyring.message_id(edition.uid, recipient.subscriber, domain)
                    reservations.append(
                        Reservation(recipient.subscriber, decision.variant, decision.items, message_id)
                    )
            editions.reserve(edition, reservations, recipients[-1].subscriber, now)
        if progress is not None:
            progress(len(recipients))
    return edition
