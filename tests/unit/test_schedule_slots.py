"""Slots: each written time once, whatever the clocks of a zone do."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed import schedule
from pressfeed.domain import Bulletin
from pressfeed.errors import InputError
from pressfeed.schedule import (
    Slot,
    due_between,
    next_slot,
    next_slots,
    parse_slot,
    slot_of,
    slots,
    wall_of,
)

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def bulletin(zone: str, *crons: str) -> Bulletin:
    return Bulletin("global", "daily", crons, ZoneInfo(zone), ("en",))


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def shown(found: list[Slot]) -> list[str]:
    return [f"{slot} {slot.due_at:%dT%H:%MZ}" for slot in found]


@pytest.mark.parametrize(
    ("zone", "line", "start", "days", "expected"),
    [
        # Zurich: 02:00 becomes 03:00 on 29 March, 03:00 becomes 02:00 on 25 October.
        (
            "Europe/Zurich",
            "30 2 * * *",
            "2026-03-28T12:00",
            2,
            ["2026-03-29T02:30 29T01:30Z", "2026-03-30T02:30 30T00:30Z"],
        ),
        (
            "Europe/Zurich",
            "30 2 * * *",
            "2026-10-24T12:00",
            2,
            ["2026-10-25T02:30 25T00:30Z", "2026-10-26T02:30 26T01:30Z"],
        ),
        # Santiago: midnight does not exist on 6 September, a Sunday.
        (
            "America/Santiago",
            "0 0 * * sun",
            "2026-09-01T12:00",
            14,
            ["2026-09-06T00:00 06T04:00Z", "2026-09-13T00:00 13T03:00Z"],
        ),
        # Lord Howe: the clock jumps by half an hour, 02:00 to 02:30 on 4 October.
        (
            "Australia/Lord_Howe",
            "15 2 * * *",
            "2026-10-03T00:00",
            2,
            ["2026-10-04T02:15 03T15:45Z", "2026-10-05T02:15 04T15:15Z"],
        ),
        (
            "Australia/Lord_Howe",
            "45 1 * * *",
            "2026-04-04T00:00",
            2,
            ["2026-04-05T01:45 04T14:45Z", "2026-04-06T01:45 05T15:15Z"],
        ),
        # Casablanca: 03:00 becomes 02:00 on 15 February, for Ramadan.
        (
            "Africa/Casablanca",
            "30 2 * * *",
            "2026-02-14T12:00",
            2,
            ["2026-02-15T02:30 15T01:30Z", "2026-02-16T02:30 16T02:30Z"],
        ),
        # Kathmandu: no changes, an odd offset.
        ("Asia/Kathmandu", "15 7 * * *", "2026-03-28T12:00", 1, ["2026-03-29T07:15 29T01:30Z"]),
        # Apia: there was no 30 December 2011.
        (
            "Pacific/Apia",
            "0 7 * * *",
            "2011-12-29T12:00",
            2,
            ["2011-12-29T07:00 29T17:00Z", "2011-12-30T07:00 30T17:00Z", "2011-12-31T07:00 30T17:00Z"],
        ),
    ],
)
def test_clock_changes(zone: str, line: str, start: str, days: int, expected: list[str]) -> None:
    assert shown(next_slots(bulletin(zone, line), utc(start), days)) == expected


def test_changes_are_marked() -> None:
    daily = bulletin("Europe/Zurich", "30 2 * * *")
    marks = [(slot.shifted, slot.ambiguous) for slot in next_slots(daily, utc("2026-03-28T12:00"), 2)]
    assert marks == [(True, False), (False, False)]
    marks = [(slot.shifted, slot.ambiguous) for slot in next_slots(daily, utc("2026-10-24T12:00"), 2)]
    assert marks == [(False, True), (False, False)]


def test_a_slot_that_is_overtaken_in_a_gap_still_comes() -> None:
    # 02:30 does not exist and is due at 03:30, after 03:00.
    twice = bulletin("Europe/Zurich", "30 2 * * *", "0 3 * * *")
    assert [str(slot) for slot in next_slots(twice, utc("2026-03-28T12:00"), 1)] == [
        "2026-03-29T03:00",
        "2026-03-29T02:30",
    ]
    due = due_between(twice, utc("2026-03-29T01:00"), utc("2026-03-29T01:30"))
    assert [str(slot) for slot in due] == ["2026-03-29T02:30"]
    assert due_between(twice, utc("2026-03-29T01:00"), utc("2026-03-29T01:29")) == []


def test_several_lines_make_one_slot_where_they_agree() -> None:
    both = bulletin("UTC", "0 7 * * *", "0 7 * * mon", "0 9 * * mon")
    found = slots(both, wall("2026-01-04T07:00"), wall("2026-01-06T07:00"))
    assert [str(slot) for slot in found] == ["2026-01-05T07:00", "2026-01-05T09:00", "2026-01-06T07:00"]


def test_a_slot_is_due_at_its_minute_and_not_before() -> None:
    daily = bulletin("Africa/Dakar", "0 7 * * *")
    last = utc("2026-01-01T07:00")
    assert due_between(daily, last, utc("2026-01-02T06:59:59")) == []
    assert shown(due_between(daily, last, utc("2026-01-02T07:00:00"))) == ["2026-01-02T07:00 02T07:00Z"]
    assert len(due_between(daily, last, utc("2026-01-05T06:00:00"))) == 3
    assert due_between(daily, utc("2026-01-05T06:00:00"), last) == []


def test_the_current_slot_is_not_next() -> None:
    daily = bulletin("UTC", "0 7 * * *")
    assert shown(next_slots(daily, utc("2026-01-02T07:00:00"), 1)) == ["2026-01-03T07:00 03T07:00Z"]
    assert shown(next_slots(daily, utc("2026-01-02T06:59:59.5"), 0.5)) == ["2026-01-02T07:00 02T07:00Z"]


# --------------------------------------------------------------------------------------- all zones, a year


def changes(zone: ZoneInfo, year: int) -> list[dt.date]:
    """The days of a year on which a zone's offset changes."""
    days = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) + n * DAY for n in range(366)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    return [day.date() for day, here, there in zip(days, offsets, offsets[1:], strict=False) if here != there]


def assert_sound(slot: Slot, zone: ZoneInfo) -> None:
    """Due when the clock first shows the time; if it never does, later by as much as the clock jumped."""
    before = (slot.due_at - DAY).astimezone(zone).utcoffset() or dt.timedelta()
    after = (slot.due_at + DAY).astimezone(zone).utcoffset() or dt.timedelta()
    there = wall_of(zone, slot.due_at)
    if slot.shifted:
        assert after > before
        assert there == slot.wall + (after - before)
    else:
        assert there == slot.wall
    if slot.ambiguous:
        assert before > after
        assert wall_of(zone, slot.due_at + (before - after)) == slot.wall


def test_every_zone_has_each_daily_and_hourly_slot_of_a_year_once() -> None:
    daily_lines = ("0 0 * * *", "30 2 * * *")
    year = (wall("2025-12-31T23:59"), wall("2026-12-31T23:59"))
    for name in ZONES:
        zone = ZoneInfo(name)
        daily = bulletin(name, *daily_lines)
        written = {str(slot) for slot in slots(daily, *year)}
        assert len(written) == 730
        # A tick every four weeks, told up to when all is decided, as after long sleeps.
        ran, now = list[Slot](), utc("2026-01-01T00:00") - DAY
        while now < utc("2027-02-01T00:00"):
            ran += due_between(daily, now, now + 28 * DAY)
            now += 28 * DAY
        assert written <= {str(slot) for slot in ran}, name
        assert len({str(slot) for slot in ran}) == len(ran), name
        assert [slot.order for slot in ran] == sorted(slot.order for slot in ran), name

        # Every hour and half hour around a change of the clock, with a tick every hour.
        often = bulletin(name, "*/30 * * * *")
        for day in changes(zone, 2026):
            begin = dt.datetime.combine(day, dt.time(), dt.UTC) - DAY
            expected = slots(often, wall_of(zone, begin), wall_of(zone, begin + 3 * DAY))
            once = [slot for tick in range(72) for slot in next_slots(often, begin + tick * HOUR, 1 / 24)]
            assert sorted(slot.wall for slot in once) == [slot.wall for slot in expected], name
            for slot in once:
                assert_sound(slot, zone)


moments = st.datetimes(wall("1995-01-01"), wall("2035-01-01")).map(lambda at: at.replace(tzinfo=dt.UTC))


def kinds_of_zones(year: int) -> list[str]:
    """One zone for each way in which clocks run through a year."""
    hours = [dt.datetime(year, 1, 1, tzinfo=dt.UTC) + 6 * n * HOUR for n in range(4 * 366)]
    found: dict[tuple[object, ...], str] = {}
    for name in ZONES:
        zone = ZoneInfo(name)
        found.setdefault(tuple(hour.astimezone(zone).utcoffset() for hour in hours), name)
    return list(found.values())


# Years in which zones changed their rules, moved over the date line or gave up summer time at short notice.
CHANGED_RULES = [
    ("Pacific/Apia", 2011),
    ("Africa/Casablanca", 2018),
    ("Asia/Pyongyang", 2018),
    ("Europe/Volgograd", 2020),
    ("Asia/Amman", 2022),
    ("America/Ciudad_Juarez", 2022),
    ("Africa/Cairo", 2023),
    ("Asia/Almaty", 2024),
    ("America/Asuncion", 2024),
]


@pytest.mark.parametrize(
    ("name", "year"), CHANGED_RULES + [(name, 2026) for name in kinds_of_zones(2026)], ids=str
)
def test_every_hour_of_a_year_comes_once_however_the_clocks_run(name: str, year: int) -> None:
    hourly = bulletin(name, "0 * * * *")
    written = [
        f"{wall(f'{year}-01-01T00:00') + n * HOUR:%Y-%m-%dT%H:%M}"
        for n in range(24 * (366 if year % 4 == 0 else 365))
    ]
    ran: list[Slot] = []
    for day in range(-2, 369):
        start = dt.datetime(year, 1, 1, tzinfo=dt.UTC) + day * DAY
        ran += next_slots(hourly, start, 1)
    names = [str(slot) for slot in ran if slot.wall.year == year]
    assert sorted(names) == written
    assert [slot.due_at for slot in ran] == sorted(slot.due_at for slot in ran)


@given(
    st.sampled_from(ZONES),
    st.sampled_from(["0 * * * *", "30 2 * * *", "0 0 * * sun", "* 1-3 * * *"]),
    st.data(),
)
def test_the_next_slot_is_the_first_that_comes(zone: str, line: str, data: st.DataObject) -> None:
    watched = bulletin(zone, line)
    moment = data.draw(moments)
    slot = next_slot(watched, moment)
    assert slot is not None
    assert slot.due_at > moment
    assert next_slots(watched, moment, (slot.due_at - moment) / DAY)[0] == slot


@given(
    st.sampled_from(ZONES),
    st.lists(
        st.sampled_from(["0 * * * *", "30 2 * * *", "0 0 * * *", "*/45 0-4 * * *", "0 7 * * sun"]),
        min_size=1,
        max_size=3,
        unique=True,
    ),
    moments,
    st.lists(st.integers(1, 4000), min_size=1, max_size=12),
)
def test_ticks_of_any_length_run_each_slot_once(
    zone: str, lines: list[str], start: dt.datetime, ticks: list[int]
) -> None:
    watched = bulletin(zone, *lines)
    begun = through = now = start.replace(second=0, microsecond=0)
    ran: list[Slot] = []
    for minutes in ticks:
        now += dt.timedelta(minutes=minutes)
        fresh = due_between(watched, through, now)
        ran += fresh
        through = fresh[-1].due_at if fresh else through  # as the store remembers it
    assert ran == due_between(watched, begun, now)
    assert len({slot.wall for slot in ran}) == len(ran)
    assert [slot.order for slot in ran] == sorted(slot.order for slot in ran)


@given(st.sampled_from(ZONES), moments)
def test_a_slot_now_is_the_minute_on_the_wall(zone: str, now: dt.datetime) -> None:
    slot = slot_of(bulletin(zone, "0 7 * * *"), now)
    assert str(slot) == now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    assert not slot.shifted
    assert slot.due_at <= now


# --------------------------------------------------------------------------------------- named by hand


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2024-07-26T07:00", "2024-07-26T07:00"),
        ("2024-07-26 07:00", "2024-07-26T07:00"),
        (" 2024-07-26 07:00:00 ", "2024-07-26T07:00"),
        ("2024-07-26T07:00Z", "2024-07-26T09:00"),
        ("2024-07-26T07:00+02:00", "2024-07-26T07:00"),
        ("2024-07-25T23:30-05:00", "2024-07-26T06:30"),
    ],
)
def test_a_slot_named_by_an_operator(text: str, name: str) -> None:
    assert str(parse_slot(text, bulletin("Europe/Zurich", "0 7 * * *"))) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "07:00",
        "2024-07-26",
        "2024-02-30T07:00",
        "2024-07-26T25:00",
        "2024-07-26T07:00:30",
        "0001-01-01T00:00",
        "9999-12-31T23:59-12:00",
        "26.07.2024 07:00",
    ],
)
def test_anything_else_is_not_a_slot(text: str) -> None:
    with pytest.raises(InputError, match="is not a slot") as caught:
        parse_slot(text, bulletin("Asia/Tokyo", "0 7 * * *"))
    assert "2024-07-26T07:00" in caught.value.remedy


@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        slot = parse_slot(text, bulletin("Europe/Zurich", "0 7 * * *"))
    except InputError:
        return
    assert parse_slot(str(slot), bulletin("Europe/Zurich", "0 7 * * *")) == slot


def test_the_package_offers_what_it_promises() -> None:
    assert set(schedule.__all__) <= set(dir(schedule))
