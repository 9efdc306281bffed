"""Bulletins on time: what a scheduler does at slots, after downtime, and when schedules change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pressfeed.publish.editions import plan_edition
from tests.acceptance.clockwork import WORLD, Clockwork

DAILY = '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\n'

MINUTE = dt.timedelta(minutes=1)

Make = Callable[..., Clockwork]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Clockwork] = []

    def make(start: str, world: str, **regions: str) -> Clockwork:
        clockwork = Clockwork(tmp_path / f"newsroom{len(made)}", start, global_=WORLD + world, **regions)
        made.append(clockwork)
        return clockwork

    yield make
    for clockwork in made:
        clockwork.stop()


def lines(clockwork: Clockwork, bulletin: str = "") -> list[str]:
    """The editions as short lines."""
    return [
        f"{one.slot} {one.state} {'+'.join(one.stories) or '-'} {'+'.join(one.recipients) or '-'}"
        for one in clockwork.told(bulletin)
    ]


def test_a_bulletin_goes_out_at_its_slots_and_says_so_when_there_is_nothing(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.subscribe("ana", "en", "global/daily")
    news.start()
    news.publish("flood")
    news.until("2026-03-12T06:59:59")
    assert lines(news) == []
    news.until("2026-03-12T07:00:00")
    news.until("2026-03-13T08:00:00")
    assert lines(news) == ["2026-03-12T07:00 planned flood ana", "2026-03-13T07:00 skipped - -"]
    assert [edition.reason for edition in news.editions()] == ["", "nothing new"]
    assert [message.recipient for message in news.deliver()] == ["ana@news.example.org"]
    assert news.editions()[0].state == "sent"


def test_a_bulletin_owes_nothing_from_before_it_was_seen(make: Make) -> None:
    news = make("2026-03-12T07:30", DAILY)
    news.publish("flood")
    news.start()
    news.until("2026-03-13T06:59")
    assert lines(news) == []


def test_after_a_weekend_one_edition_tells_everything(make: Make) -> None:
    news = make("2026-03-13T06:00", DAILY)  # a Friday
    news.subscribe("ana", "en", "global/daily")
    news.start()
    news.until("2026-03-13T08:00")
    news.stop()
    for day in (14, 15, 16):
        news.until(f"2026-03-{day}T05:00")
        news.publish(f"story-{day}")
    news.until("2026-03-16T09:00")
    news.start()
    assert lines(news) == [
        "2026-03-13T07:00 skipped - -",
        "2026-03-14T07:00 skipped - -",
        "2026-03-15T07:00 skipped - -",
        "2026-03-16T07:00 planned story-16+story-15+story-14 ana",
    ]
    assert news.editions()[2].reason == "missed: its releases are told at 2026-03-16T07:00"
    assert news.editions()[3].stands_for == ("2026-03-14T07:00", "2026-03-15T07:00")
    assert news.incidents() == []


def test_later_than_its_window_a_slot_is_recorded_and_an_operator_told(make: Make) -> None:
    news = make("2026-03-13T06:00", DAILY + 'catch_up = "1h"\n')
    news.subscribe("ana", "en", "global/daily")
    news.start()
    news.until("2026-03-13T08:00")
    news.stop()
    news.publish("flood")
    news.until("2026-03-15T08:01")
    news.start()
    assert lines(news) == [f"2026-03-{day}T07:00 skipped - -" for day in (13, 14, 15)]
    assert news.editions()[-1].reason == "too late: nobody ran it within 1h of its time"
    assert news.incidents() == ["late:global/daily"]
    news.until("2026-03-16T07:00")
    assert lines(news)[-1] == "2026-03-16T07:00 planned flood ana"
    assert news.incidents() == []


def test_an_edition_outside_the_schedule_does_not_take_a_slots_place(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.start()
    news.publish("flood")
    with news.open() as room:
        plan_edition(room, room.bulletin("global/daily"), "2026-03-12T06:00:03", news.now)
        # An operator runs tomorrow's slot by hand; today's must still run.
        plan_edition(room, room.bulletin("global/daily"), "2026-03-13T07:00", news.now)
    news.until("2026-03-13T08:00")
    assert [edition.slot for edition in news.editions()] == [
        "2026-03-12T06:00:03",
        "2026-03-13T07:00",
        "2026-03-12T07:00",
    ]


def test_a_clock_that_was_set_runs_no_slot_twice_and_loses_none(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.start()
    news.until("2026-03-14T12:00")  # somebody set the clock two days ahead …
    news.now = news.now.replace(day=12, hour=8)  # … and back
    news.until("2026-03-16T12:00")
    assert [edition.slot for edition in news.editions()] == [
        f"2026-03-{day}T07:00" for day in (12, 13, 14, 15, 16)
    ]


def test_releases_are_published_at_their_minute_and_embargoes_hold(make: Make) -> None:
    news = make("2026-03-12T05:00", DAILY)
    news.start()
    (scheduled,) = news.publish("scheduled", at="2026-03-12T06:30")
    news.publish("secret", embargo="2026-03-12T09:00")
    news.until("2026-03-12T06:29:59")
    with news.open() as room:
        assert room.store.releases.get(scheduled).status == "scheduled"
    news.until("2026-03-12T06:30")
    with news.open() as room:
        assert room.store.releases.get(scheduled).status == "published"
    news.until("2026-03-13T07:00")
    assert lines(news) == ["2026-03-12T07:00 planned scheduled -", "2026-03-13T07:00 planned secret -"]


# ------------------------------------------------------------------------------------- schedules change


def test_an_edited_schedule_counts_from_its_edit(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.start()
    news.until("2026-03-12T10:00")
    # 06:30 is over: the new line must not send today's edition a second time.
    news.schedule("global", WORLD + DAILY.replace("0 7", "30 6"))
    news.until("2026-03-12T10:00:02")
    news.until("2026-03-13T08:00")
    assert [edition.slot for edition in news.editions()] == ["2026-03-12T07:00", "2026-03-13T06:30"]


def test_a_schedule_that_was_edited_while_nobody_ran_it_owes_its_slots_since(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.start()
    news.until("2026-03-12T10:00")
    news.stop()
    news.schedule("global", WORLD + DAILY.replace("0 7", "30 6"))
    news.until("2026-03-13T08:00")
    news.start()
    assert [edition.slot for edition in news.editions()] == ["2026-03-12T07:00", "2026-03-13T06:30"]


def test_a_broken_edit_is_told_with_file_and_line_and_the_old_schedule_goes_on(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.start()
    news.schedule("global", WORLD + DAILY.replace("* * *", "* * 1-5"))
    news.until("2026-03-12T06:00:02")
    with news.store() as store:
        (incident,) = store.incidents.current()
    assert incident.key == "schedules"
    assert "global.toml:5: cron: " in incident.text
    news.until("2026-03-12T08:00")
    assert [edition.slot for edition in news.editions()] == ["2026-03-12T07:00"]
    news.schedule("global", WORLD + DAILY.replace("0 7", "0 8"))
    news.until("2026-03-13T09:00")
    assert news.incidents() == []
    assert [edition.slot for edition in news.editions()] == ["2026-03-12T07:00", "2026-03-13T08:00"]


def test_a_new_bulletin_is_taken_up_while_the_scheduler_runs(make: Make) -> None:
    news = make("2026-03-12T06:00", DAILY)
    news.start()
    news.schedule("west", 'name = "West"\nparent = "global"\ntime_zone = "Africa/Lagos"\n' + DAILY)
    news.until("2026-03-12T06:00:02")
    news.until("2026-03-13T06:30")
    assert [edition.slot for edition in news.editions("west/daily")] == ["2026-03-13T07:00"]
    (news.root / "schedules" / "west.toml").unlink()
    news.until("2026-03-14T06:59")
    assert len(news.editions("west/daily")) == 1


# ------------------------------------------------------------------------------------------ several, killed


def test_a_second_scheduler_on_the_same_newsroom_changes_nothing(make: Make) -> None:
    news = make("2026-03-12T06:00", '[[bulletins]]\nname = "often"\ncron = "*/10 * * * *"\n')
    first = news.start()
    second = news.start()
    for _ in range(60):
        news.now += 10 * MINUTE
        news.publish(f"story-{news.now:%H%M}")
        for rounds in (first, second, first):
            rounds.look(news.now)
    first.close()
    assert len(news.editions()) == 60
    assert [len(told.stories) for told in news.told()] == [1] * 60
