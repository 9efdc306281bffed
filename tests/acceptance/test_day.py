"""Two days of the sample newsroom, end to end: editions, stories, recipients are as the schedules say."""

from __future__ import annotations

import csv
from collections import Counter
from email import message_from_bytes
from pathlib import Path

import pytest

from pressfeed.store import Store
from tests.acceptance import day
from tests.acceptance.clockwork import Outbox

# As the files in schedules/ say, worked out by hand: Thursday, 19, and Friday, 20 November 2026, in UTC.
DAILIES = {
    "asia-pacific/daily": "01:00",  # 08:00 in Bangkok
    "east-horn-africa/daily": "04:30",  # 07:30 in Nairobi
    "southern-africa/daily": "05:30",  # 07:30 in Johannesburg
    "europe-central-asia/daily": "06:30",  # 07:30 in Vienna
    "global/daily": "07:00",
    "west-central-africa/daily": "07:30",  # 07:30 in Dakar
    "south-america/daily": "10:30",  # 07:30 in Buenos Aires
    "central-north-america-caribbean/daily": "12:30",  # 07:30 in Panama
}
OTHERS = [
    ("2026-11-18T12:30", "central-north-america-caribbean/daily"),  # half an hour after the set-up
    ("2026-11-19T06:30", "middle-east-north-africa/daily"),  # 08:30 in Cairo, where Friday is free
    ("2026-11-19T10:00", "middle-east-north-africa/weekly"),  # 12:00 in Cairo
    ("2026-11-20T08:00", "asia-pacific/weekly"),  # 15:00 in Bangkok
    ("2026-11-20T13:00", "europe-central-asia/weekly"),  # 14:00 in Vienna
    ("2026-11-20T14:00", "global/weekly"),
    ("2026-11-20T14:00", "west-central-africa/weekly"),
]
SLOTS = sorted(OTHERS + [(f"2026-11-{date}T{at}", name) for date in (19, 20) for name, at in DAILIES.items()])


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[day.Row], Outbox, Path]:
    folder = tmp_path_factory.mktemp("days")
    return *day.simulate(folder), folder / "sample"


def test_every_slot_of_every_region_ran_once(days: tuple[list[day.Row], Outbox, Path]) -> None:
    assert [(f"{row.due_at:%Y-%m-%dT%H:%M}", row.bulletin) for row in days[0]] == SLOTS


def expected(root: Path) -> list[tuple[set[str], set[str]]]:
    """For each slot the stories told and the people reached, by the rules alone."""
    with (day.SAMPLE / "subscribers.csv").open() as file:
        people = {row["email"].partition("@")[0]: row["bulletins"].split(";") for row in csv.DictReader(file)}
    stories: dict[str, tuple[str, set[str]]] = {}
    with Store(root / "db" / "pressfeed.sqlite3") as store:
        called = day.names(store)
        for release in store.releases.all():
            if release.status == "published" and release.embargo_until is None:
                late = Path(release.source).name.startswith(day.NEW_ON_THURSDAY)
                stories[release.story] = (day.LATER if late else day.START, set(release.content.regions))
    told: dict[str, set[str]] = {}
    had: dict[str, set[str]] = {name: set() for name in people}
    found = []
    for moment, bulletin in SLOTS:
        region = bulletin.partition("/")[0]
        known = {
            story
            for story, (since, regions) in stories.items()
            if since <= moment and (region == "global" or region in regions)
        }
        new = known - told.setdefault(bulletin, set())
        told[bulletin] |= new
        reached = {name for name, bulletins in people.items() if bulletin in bulletins and new - had[name]}
        for name in reached:
            had[name] |= new
        found.append(({called[story] for story in new}, reached))
    return found


def test_stories_and_recipients_are_what_the_rules_say(days: tuple[list[day.Row], Outbox, Path]) -> None:
    rows, _, root = days
    assert [(set(row.stories), set(row.recipients)) for row in rows] == expected(root)
    assert {row.state for row in rows} == {"sent", "skipped"}


def test_each_message_left_once_and_told_nobody_a_story_twice(
    days: tuple[list[day.Row], Outbox, Path],
) -> None:
    rows, outbox, root = days
    assert len(outbox.sent) == sum(len(row.recipients) for row in rows) > 10
    ids = [message_from_bytes(one.message)["Message-ID"] for one in outbox.sent]
    assert len(set(ids)) == len(ids)
    with Store(root / "db" / "pressfeed.sqlite3") as store:
        given = Counter((entry.subscriber, entry.story) for entry in store.ledger.all())
    assert set(given.values()) == {1}
    assert not any(b"1,204 letters" in one.message for one in outbox.sent)  # its embargo ends in 2035


def test_the_table_in_the_documents_is_what_happened(days: tuple[list[day.Row], Outbox, Path]) -> None:
    # To write it anew: python -m tests.acceptance.day
    assert day.in_document(day.DOCUMENT.read_text("utf-8")) == day.table(days[0])
