"""What to do about slots that are due, and when alerts go out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.domain import Bulletin, Kind, Rate
from pressfeed.schedule import Slot, next_slots
from pressfeed.schedule.due import alert_due, decide, definition, words

MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
NOW = dt.datetime(2026, 3, 12, 12, 0, tzinfo=dt.UTC)
DAILY = Bulletin("global", "daily", ("0 7 * * *",), ZoneInfo("UTC"), ("en",))
ALERT = Bulletin("global", "alert", (), ZoneInfo("UTC"), ("en",), kind=Kind.ALERT, rate=Rate(3, HOUR))


def due(days: float, now: dt.datetime = NOW) -> list[Slot]:
    return next_slots(DAILY, now - dt.timedelta(days=days), days)


def test_a_slot_in_time_runs() -> None:
    decision = decide(due(1), NOW, 12 * HOUR)
    assert (str(decision.run), decision.skip, decision.late) == ("2026-03-12T07:00", (), "")


def test_after_a_weekend_the_newest_tells_everything() -> None:
    decision = decide(due(3), NOW, 12 * HOUR)
    assert str(decision.run) == "2026-03-12T07:00"
    assert [str(slot) for slot in decision.made_up_for] == ["2026-03-10T07:00", "2026-03-11T07:00"]
    assert [(str(slot), why) for slot, why in decision.skip] == [
        ("2026-03-10T07:00", "missed: its releases are told at 2026-03-12T07:00"),
        ("2026-03-11T07:00", "missed: its releases are told at 2026-03-12T07:00"),
    ]
    assert not decision.late


def test_beyond_its_window_nothing_runs_and_an_operator_is_told() -> None:
    decision = decide(due(3), NOW, 4 * HOUR)
    assert decision.run is None
    assert [str(slot) for slot, _ in decision.skip] == [f"2026-03-{day}T07:00" for day in (10, 11, 12)]
    assert decision.late == (
        "3 slots from 2026-03-10T07:00 to 2026-03-12T07:00 of global/daily did not run:"
        " too late: nobody ran it within 4h of its time"
    )


def test_the_window_includes_its_end() -> None:
    assert decide(due(1), NOW, 5 * HOUR).run is not None
    assert decide(due(1), NOW + dt.timedelta(microseconds=1), 5 * HOUR).run is None


@given(st.integers(0, 40), st.integers(1, 1000))
def test_every_due_slot_is_decided_once(days: int, window: int) -> None:
    slots = due(days)
    decision = decide(slots, NOW, window * HOUR)
    decided = [slot for slot, _ in decision.skip] + ([decision.run] if decision.run else [])
    assert sorted(decided, key=lambda slot: slot.order) == slots
    assert set(decision.made_up_for) <= {slot for slot, _ in decision.skip}


def test_the_first_alert_goes_out_at_once_and_the_next_after_the_window() -> None:
    assert alert_due(ALERT, [NOW], []) == NOW
    assert alert_due(ALERT, [], [NOW]) is None
    assert alert_due(ALERT, [NOW + MINUTE, NOW + 4 * MINUTE], [NOW]) == NOW + 10 * MINUTE
    assert alert_due(ALERT, [NOW + 30 * MINUTE], [NOW]) == NOW + 30 * MINUTE


def test_an_alert_keeps_to_its_rate() -> None:
    earlier = [NOW + 20 * MINUTE, NOW + 10 * MINUTE, NOW]
    assert alert_due(ALERT, [NOW + 25 * MINUTE], earlier) == NOW + HOUR


@given(st.lists(st.integers(0, 600), min_size=1, max_size=60))
def test_alerts_tell_all_and_never_exceed_their_rate(minutes: list[int]) -> None:
    arrivals = sorted(NOW + minute * MINUTE for minute in minutes)
    editions: list[dt.datetime] = []
    waiting = list(arrivals)
    while waiting:
        moment = alert_due(ALERT, waiting, editions[::-1][: ALERT.rate.count])
        assert moment is not None
        editions.append(moment)
        waiting = [one for one in waiting if one > moment]
    for first, third in zip(editions, editions[3:], strict=False):
        assert third - first >= HOUR
    for first, second in pairwise(editions):
        assert second - first >= ALERT.window
    assert editions[0] == arrivals[0]


def test_a_definition_changes_with_the_schedule_only() -> None:
    assert definition(DAILY) == definition(replace(DAILY, maximum=3, titles={"en": "News"}))
    assert definition(DAILY) != definition(replace(DAILY, crons=("0 8 * * *",)))
    assert definition(DAILY) != definition(replace(DAILY, quiet_days=(dt.date(2026, 1, 1),)))


@pytest.mark.parametrize(
    ("length", "text"), [(36 * HOUR, "1d12h"), (90 * MINUTE, "1h30m"), (dt.timedelta(seconds=75), "1m15s")]
)
def test_lengths_in_words(length: dt.timedelta, text: str) -> None:
    assert words(length) == text
