"""Days off: what is left out, what is moved, and where it meets what is there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.domain import Bulletin, DayOff
from pressfeed.schedule import Slot, daysoff, due_between, next_slots, slots

DAY = dt.timedelta(days=1)


def bulletin(rule: str, *crons: str, zone: str = "Africa/Dakar", **given: object) -> Bulletin:
    values: dict[str, object] = {"holiday_countries": ("SN",), "day_off": DayOff(rule)}
    return Bulletin(
        "global",
        "daily",
        crons or ("30 7 * * mon-fri",),
        ZoneInfo(zone),
        ("en",),
        **(values | given),  # type: ignore[arg-type]
    )


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def shown(found: list[Slot]) -> list[str]:
    lines = []
    for slot in found:
        line = str(slot)
        if slot.stands_for:
            line += " for " + " ".join(f"{one:%m-%dT%H:%M}" for one in slot.stands_for)
        if slot.left_out:
            line += " left out"
        lines.append(line)
    return lines


def between(one: Bulletin, first: str, last: str) -> list[str]:
    return shown(list(slots(one, wall(first), wall(last))))


def test_a_holiday_is_left_out_by_name() -> None:
    found = list(slots(bulletin("skip"), wall("2026-12-24T00:00"), wall("2026-12-28T12:00")))
    assert shown(found) == ["2026-12-24T07:30", "2026-12-25T07:30 left out", "2026-12-28T07:30"]
    assert [slot.day_off for slot in found] == ["", "Christmas Day (SN)", ""]


def test_the_day_before_takes_a_weekly_slot() -> None:
    # 25 December 2026 is a Friday.
    weekly = bulletin("before", "0 14 * * fri")
    assert between(weekly, "2026-12-18T15:00", "2027-01-01T10:00") == [
        "2026-12-24T14:00 for 12-25T14:00",
        "2026-12-31T14:00 for 01-01T14:00",  # New Year's Day is a Friday, too
    ]


def test_the_next_working_day_is_after_the_weekend() -> None:
    weekly = bulletin("after", "0 14 * * fri")
    assert between(weekly, "2026-12-18T15:00", "2026-12-31T00:00") == ["2026-12-28T14:00 for 12-25T14:00"]


def test_the_day_before_a_holiday_on_monday_is_friday() -> None:
    # 6 April 2026 is Easter Monday, 4 April (a Saturday) Independence Day.
    monday = bulletin("before", "0 9 * * mon")
    assert between(monday, "2026-04-01T00:00", "2026-04-13T08:00") == ["2026-04-03T09:00 for 04-06T09:00"]


def test_a_moved_slot_that_meets_a_regular_one_runs_once() -> None:
    daily = bulletin("before")
    assert between(daily, "2026-12-23T12:00", "2026-12-28T12:00") == [
        "2026-12-24T07:30 for 12-25T07:30",
        "2026-12-28T07:30",
    ]


def test_several_days_off_in_a_row_move_together() -> None:
    quiet = bulletin("after", "0 7 * * *", quiet_days=(dt.date(2026, 12, 24), dt.date(2026, 12, 31)))
    # Thursday is quiet, Friday Christmas; the weekend's own slots stay where they are.
    assert between(quiet, "2026-12-23T12:00", "2026-12-28T12:00") == [
        "2026-12-26T07:00",
        "2026-12-27T07:00",
        "2026-12-28T07:00 for 12-24T07:00 12-25T07:00",
    ]


def test_the_weekend_is_the_countrys() -> None:
    # Egypt rests on Friday and Saturday; Thursday 1 October 2026 is made quiet.
    quiet = (dt.date(2026, 10, 1),)
    egypt = bulletin("after", "0 9 * * thu", zone="Africa/Cairo", holiday_countries=("EG",), quiet_days=quiet)
    assert between(egypt, "2026-09-30T00:00", "2026-10-07T00:00") == ["2026-10-04T09:00 for 10-01T09:00"]
    without = bulletin("after", "0 9 * * thu", holiday_countries=(), quiet_days=quiet)
    assert between(without, "2026-09-30T00:00", "2026-10-07T00:00") == ["2026-10-02T09:00 for 10-01T09:00"]
    chosen = bulletin("after", "0 9 * * thu", holiday_countries=(), quiet_days=quiet, weekend=(4, 5, 6))
    assert between(chosen, "2026-09-30T00:00", "2026-10-07T00:00") == ["2026-10-05T09:00 for 10-01T09:00"]


def test_a_day_off_in_one_of_several_countries_is_off_for_all() -> None:
    both = bulletin("skip", holiday_countries=("SN", "ZA"))
    assert daysoff.name_of(both, dt.date(2026, 4, 27)) == "Freedom Day (ZA)"
    assert daysoff.name_of(both, dt.date(2026, 12, 25)) == "Christmas Day (SN, ZA)"


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    epiphany = dt.date(2026, 1, 6)
    assert "Epiphany" in daysoff.name_of(bulletin("skip", holiday_countries=("DE-BY",)), epiphany)
    assert not daysoff.name_of(bulletin("skip", holiday_countries=("DE",)), epiphany)


def test_an_extra_slot_comes_whatever_day_it_is() -> None:
    extra = (wall("2026-12-25T11:00"), wall("2026-12-25T07:30"), wall("2026-12-26T09:15"))
    assert between(bulletin("skip", extra_slots=extra), "2026-12-25T00:00", "2026-12-27T00:00") == [
        "2026-12-25T07:30",
        "2026-12-25T11:00",
        "2026-12-26T09:15",
    ]
    plain = bulletin("skip", extra_slots=extra, holiday_countries=())
    assert between(plain, "2026-12-25T00:00", "2026-12-27T00:00") == [
        "2026-12-25T07:30",
        "2026-12-25T11:00",
        "2026-12-26T09:15",
    ]


def test_moved_slots_are_due_like_others() -> None:
    weekly = bulletin("before", "0 14 * * fri", zone="Europe/Zurich", holiday_countries=("CH",))
    now = dt.datetime(2026, 12, 24, 13, 0, tzinfo=dt.UTC)
    assert shown(due_between(weekly, now - 6 * DAY, now)) == ["2026-12-24T14:00 for 12-25T14:00"]
    assert shown(next_slots(weekly, now - 5 * DAY, 5.5)) == ["2026-12-24T14:00 for 12-25T14:00"]


dates = st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31))


@given(
    st.sampled_from(["before", "after"]),
    st.sampled_from(["0 9 * * *", "0 9 * * mon-fri", "0 14 * * fri", "15 8 1 * *", "0 9 last mon * *"]),
    st.sampled_from([(), ("SN",), ("EG",), ("TH", "VN")]),
    st.lists(dates, max_size=30, unique=True),
    dates,
)
def test_nothing_that_is_moved_is_lost_or_comes_twice(
    rule: str, line: str, countries: tuple[str, ...], quiet: list[dt.date], start: dt.date
) -> None:
    moving = bulletin(rule, line, holiday_countries=countries, quiet_days=tuple(quiet))
    regular = bulletin("skip", line, holiday_countries=())
    after = dt.datetime.combine(start, dt.time())
    # Wide enough that what is moved over the edges is on both sides.
    inner = [slot.wall for slot in slots(regular, after, after + 60 * DAY)]
    outer = list(slots(moving, after - 60 * DAY, after + 120 * DAY))
    assert len({slot.wall for slot in outer}) == len(outer)
    covered = [
        one
        for slot in outer
        for one in (
            slot.stands_for if daysoff.name_of(moving, slot.wall.date()) else (slot.wall, *slot.stands_for)
        )
    ]
    for one in inner:
        assert covered.count(one) == 1 or (
            covered.count(one) == 2 and not daysoff.name_of(moving, one.date())
        )
    for slot in outer:
        assert not daysoff.name_of(moving, slot.wall.date()), "nothing comes on a day off"


@pytest.mark.parametrize("code", ["SN", "EG", "DE-BY", "US-CA"])
def test_known_countries(code: str) -> None:
    assert daysoff.known(code)


@pytest.mark.parametrize("code", ["", "XX", "sn", "DE-XX", "Senegal"])
def test_unknown_countries(code: str) -> None:
    assert not daysoff.known(code)
