"""Editions in the store: slots are taken once, stories belong to one edition of a bulletin."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pressfeed.domain import Edition, EditionState, Status, Variant
from pressfeed.errors import NotFoundError
from pressfeed.store import Store
from pressfeed.store.editions import FrozenStory, Reservation
from tests.unit import factories

NOW = factories.NOW
HOUR = dt.timedelta(hours=1)
SLOT = "2026-03-12T07:00"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "db" / "store.sqlite3", create=True) as store:
        yield store


def story(store: Store, key: str) -> FrozenStory:
    """A story in English and French; its number is that of its order."""
    made = {}
    for language in ("en", "fr"):
        release = store.releases.add(
            factories.content(language),
            story=key,
            slug=f"{key}-{language}",
            status=Status.PUBLISHED,
            source="test",
            now=NOW,
            reason="made for a test",
            published_at=NOW,
        )
        made[language] = (release, 1)
    (number, *_) = {
        candidate.story
        for candidate in store.releases.candidates("none", ["global", *factories.content("en").regions], NOW)
        if candidate.release == made["en"][0]
    }
    return FrozenStory(number, made)


def open_edition(store: Store, slot: str, *stories: FrozenStory, **given: object) -> Edition:
    edition = store.editions.open("global/daily", slot, stories, now=NOW, **given)  # type: ignore[arg-type]
    assert edition is not None
    return edition


def person(store: Store, name: str) -> int:
    number = store.subscribers.add(f"{name}@example.org", name, ["en"], provenance="test", now=NOW)
    assert number is not None
    store.subscribers.subscribe(number, "global/daily", NOW)
    return number


def reserve(store: Store, edition: Edition, one: FrozenStory, *people: int) -> None:
    release, version = one.translations["en"]
    variant = Variant("en", ((release, version),))
    items = ((one.story, release, version),)
    reservations = [Reservation(number, variant, items, f"<{number}@example.org>") for number in people]
    store.editions.reserve(edition, reservations, max(people), NOW)


def test_a_slot_is_taken_once(store: Store) -> None:
    first = open_edition(
        store, SLOT, story(store, "flood"), due_at=NOW + HOUR, stands_for=["2026-03-11T07:00"]
    )
    assert (first.state, first.due_at, first.stands_for) == ("planning", NOW + HOUR, ("2026-03-11T07:00",))
    assert store.editions.open("global/daily", SLOT, (), now=NOW) is None
    assert store.editions.open("global/weekly", SLOT, (), now=NOW) is not None
    assert store.editions.at("global/daily", SLOT) == first
    assert store.editions.at("global/daily", "2026-03-13T07:00") is None
    with pytest.raises(NotFoundError, match="there is no edition 99"):
        store.editions.get(99)


def test_a_skipped_edition_keeps_no_story(store: Store) -> None:
    skipped = open_edition(store, SLOT, story(store, "flood"), skipped="nothing new")
    assert (skipped.state, skipped.reason) == ("skipped", "nothing new")
    assert store.editions.stories(skipped.id) == []
    assert store.editions.last_slot("global/daily") is None
    assert store.editions.last_due("global/daily", 5) == []


def test_a_bulletin_tells_a_story_in_one_edition_only(store: Store) -> None:
    flood = story(store, "flood")
    open_edition(store, SLOT, flood)
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.editions.open("global/daily", "2026-03-13T07:00", [flood], now=NOW)
    assert store.editions.at("global/daily", "2026-03-13T07:00") is None
    weekly = store.editions.open("global/weekly", SLOT, [flood], now=NOW)
    assert weekly is not None and store.editions.stories(weekly.id) == [flood]


def test_stories_that_are_left_may_be_told_by_another_and_taken_back_if_not(store: Store) -> None:
    flood, drought = story(store, "flood"), story(store, "drought")
    held = open_edition(store, SLOT, flood, drought, state=EditionState.AWAITING)
    store.editions.free(held.id)
    assert [one.told for one in store.editions.stories(held.id)] == [False, False]
    open_edition(store, "2026-03-13T07:00", drought)
    assert store.editions.take_back(held.id) == 1
    assert [(one.story, one.told) for one in store.editions.stories(held.id)] == [
        (flood.story, True),
        (drought.story, False),
    ]


def test_each_person_is_given_a_story_once(store: Store) -> None:
    flood, ana, bo = story(store, "flood"), person(store, "ana"), person(store, "bo")
    edition = open_edition(store, SLOT, flood)
    assert [one.subscriber for one in store.editions.recipients(edition, 1)] == [ana]
    with store.transaction():
        reserve(store, edition, flood, ana)
    edition = store.editions.get(edition.id)
    assert edition.planned_through == ana
    (rest,) = store.editions.recipients(edition, 10)
    assert (rest.subscriber, rest.had, rest.languages) == (bo, frozenset(), ("en",))
    weekly = store.editions.open("global/weekly", SLOT, [flood], now=NOW)
    assert weekly is not None
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        reserve(store, weekly, flood, ana)
    assert store.editions.counts(weekly.id) == {}


def test_calling_off_frees_the_people_too(store: Store) -> None:
    flood, ana = story(store, "flood"), person(store, "ana")
    edition = open_edition(store, SLOT, flood)
    with store.transaction():
        reserve(store, edition, flood, ana)
        assert store.editions.call_off(edition.id, "called off", NOW) == 1
    assert store.editions.counts(edition.id) == {"cancelled": 1}
    assert not store.editions.begun(edition.id)
    weekly = store.editions.open("global/weekly", SLOT, [flood], now=NOW)
    assert weekly is not None
    with store.transaction():
        reserve(store, weekly, flood, ana)
    assert store.editions.counts(weekly.id) == {"pending": 1}


def test_a_person_approves_once_however_the_name_is_written(store: Store) -> None:
    edition = open_edition(store, SLOT, state=EditionState.AWAITING)
    assert store.editions.approve(edition.id, "Nadège", NOW)
    assert not store.editions.approve(edition.id, "NADÈGE", NOW + HOUR)
    assert store.editions.approve(edition.id, "Bo", NOW + HOUR)
    assert [(one.name, one.given_at) for one in store.editions.approvals(edition.id)] == [
        ("Nadège", NOW),
        ("Bo", NOW + HOUR),
    ]
    store.editions.withdraw_approvals(edition.id)
    assert store.editions.approvals(edition.id) == []


def test_editions_that_wait_for_their_slot(store: Store) -> None:
    for number, state in enumerate((EditionState.APPROVED, EditionState.AWAITING), start=1):
        open_edition(store, f"2026-03-12T0{number + 6}:00", state=state, due_at=NOW + number * HOUR)
    assert store.editions.next_due() == NOW + HOUR
    assert store.editions.due(EditionState.APPROVED, NOW) == []
    assert [one.id for one in store.editions.due(EditionState.APPROVED, NOW + HOUR)] == [1]
    assert store.editions.due(EditionState.AWAITING, NOW + HOUR) == []


def test_whoever_moves_an_edition_first_wins(store: Store) -> None:
    edition = open_edition(store, SLOT)
    assert store.editions.set_state(edition, EditionState.PLANNED, expected=EditionState.PLANNING, now=NOW)
    assert not store.editions.set_state(edition, EditionState.PAUSED, expected=EditionState.PLANNING, now=NOW)
    assert store.editions.settle(NOW) == [edition.id]
    assert store.editions.get(edition.id).state == "sent"
    assert store.editions.last_slot("global/daily") == SLOT


def test_the_agenda_never_goes_back(store: Store) -> None:
    store.agenda.watch("global/daily", "one", NOW)
    store.agenda.watch("global/daily", "two", NOW + HOUR)
    store.agenda.decided("global/daily", NOW + 2 * HOUR)
    store.agenda.decided("global/daily", NOW + HOUR)
    watched = store.agenda.get("global/daily")
    assert watched is not None
    assert (watched.first_seen, watched.decided_through, watched.definition) == (NOW, NOW + 2 * HOUR, "one")
    store.agenda.redefine("global/daily", "one", NOW + 9 * HOUR)  # not changed
    assert store.agenda.all() == {"global/daily": watched}
    store.agenda.redefine("global/daily", "three", NOW + 3 * HOUR)
    assert store.agenda.all()["global/daily"].decided_through == NOW + 3 * HOUR


def test_every_change_of_a_release_is_counted(store: Store) -> None:
    seen = [store.releases.changes()]
    flood = story(store, "flood")
    seen.append(store.releases.changes())
    release = store.releases.get(flood.translations["en"][0])
    store.releases.save(release, now=NOW, reason="nothing new")
    seen.append(store.releases.changes())
    assert seen == sorted(set(seen))
