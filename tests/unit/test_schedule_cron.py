"""Cron lines: what is understood, what is refused and why, and when they come true."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.schedule.cron import DAYS, MONTHS, CronError, check, next_wall


def wall(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def following(line: str, after: str, count: int) -> list[str]:
    moment: dt.datetime | None = wall(after)
    found = []
    for _ in range(count):
        assert moment is not None
        moment = next_wall(line, moment)
        found.append(str(moment)[:16])
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [  # 2026-01-01 is a Thursday
        ("30 7 * * mon-fri", ["2026-01-01 07:30", "2026-01-02 07:30", "2026-01-05 07:30"]),
        ("30 7 * * MON-Fri", ["2026-01-01 07:30", "2026-01-02 07:30", "2026-01-05 07:30"]),
        ("0 9 * * sun-thu", ["2026-01-01 09:00", "2026-01-04 09:00", "2026-01-05 09:00"]),
        (
            "0 9 * * fri-sun,tue",
            ["2026-01-02 09:00", "2026-01-03 09:00", "2026-01-04 09:00", "2026-01-06 09:00"],
        ),
        ("0 9 * * sun", ["2026-01-04 09:00", "2026-01-11 09:00"]),
        ("0 9,17 1 * *", ["2026-01-01 09:00", "2026-01-01 17:00", "2026-02-01 09:00"]),
        ("*/20 6-7 * * *", [f"2026-01-01 0{h}:{m}" for h in (6, 7) for m in ("00", "20", "40")]),
        ("10/25 0 * * *", ["2026-01-01 00:10", "2026-01-01 00:35", "2026-01-02 00:10"]),
        ("0 0 29 feb *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 9 last * *", ["2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00"]),
        ("0 9 last feb *", ["2026-02-28 09:00", "2027-02-28 09:00", "2028-02-29 09:00"]),
        ("0 9 15,last * *", ["2026-01-15 09:00", "2026-01-31 09:00", "2026-02-15 09:00"]),
        ("0 9 last fri * *", ["2026-01-30 09:00", "2026-02-27 09:00"]),
        ("0 9 * * last fri", ["2026-01-30 09:00", "2026-02-27 09:00"]),
        ("0 9 1st mon, 3rd mon * *", ["2026-01-05 09:00", "2026-01-19 09:00", "2026-02-02 09:00"]),
        ("0 9 * jan,jul 2nd tue", ["2026-01-13 09:00", "2026-07-14 09:00"]),
        ("0 9 13 * fri", ["2026-02-13 09:00", "2026-03-13 09:00", "2026-11-13 09:00"]),
        ("0 9 1 nov-feb *", ["2026-01-01 09:00", "2026-02-01 09:00", "2026-11-01 09:00"]),
        (
            "0 9 1 jan-jul/3 *",
            ["2026-01-01 09:00", "2026-04-01 09:00", "2026-07-01 09:00", "2027-01-01 09:00"],
        ),
        ("0 9 1 2-4 *", ["2026-02-01 09:00", "2026-03-01 09:00", "2026-04-01 09:00", "2027-02-01 09:00"]),
    ],
)
def test_what_a_line_means(line: str, expected: list[str]) -> None:
    check(line)
    assert following(line, "2025-12-31 23:59", len(expected)) == expected


def test_the_next_time_is_later_than_the_one_given() -> None:
    assert following("0 9 * * *", "2026-01-01 09:00", 1) == ["2026-01-02 09:00"]
    assert following("0 9 * * *", "2026-01-01 08:59", 1) == ["2026-01-01 09:00"]


def test_a_line_is_kept_in_one_form() -> None:
    assert check("  0  9 * *   MON-FRI ") == "0 9 * * mon-fri"


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("0 9 * * 1-5", "digits, which mean different days to different programs", 'Write "mon-fri" if'),
        ("0 9 * * 0", "digits", '"sun"'),
        ("0 9 * * 7", "digits", '"sun"'),
        ("0 9 * * mon,3", "digits", '"mon,wed"'),
        ("0 9 * * fri#3", "digits", "names such as mon-fri"),
        ("0 9 * * mon-fri/2", "steps through the week", "List the days"),
        ("0 9 * * monday", '"monday" is not a day of the week', 'Write "mon"'),
        ("0 9 * * lun", '"lun" is not a day of the week', "Days are mon, tue"),
        ("0 9 * * mon-", '"" is not a day', ""),
        ("0 9 30 feb *", "can never come true", "Choose a day that the month has"),
        ("0 9 31 apr,jun,sep,nov *", "can never come true", ""),
        ("0 9 1st mon * tue", "can never come true", "all five fields must agree"),
        ("0 9 8-31 * 1st fri", "names the day of the month twice", "*"),
        ("@daily", "nickname", "minute, hour"),
        ("0 9 * *", "has 4 fields, not five", "30 7 * * mon-fri"),
        ("0 0 9 * * *", "has 6 fields", ""),
        ("", "has 0 fields", ""),
        ("60 9 * * *", '"60" is not possible as the minute', "0 to 59"),
        ("0 24 * * *", '"24" is not possible as the hour', "0 to 23"),
        ("0 9 0 * *", '"0" is not possible as the day of the month', "1 to 31"),
        ("0 9 * 13 *", '"13" is not possible as the month', "1 to 12 or jan to dec"),
        ("0 9 * mar-juillet *", '"juillet" is not possible as the month', "jan to dec"),
        ("0 22-6 * * *", "ends before it begins", "22-23,0-6"),
        ("*/0 9 * * *", "step", ""),
        ("*/60 9 * * *", "step", ""),
        ("0 9 1 nov-feb/2 *", "steps over the end of the year", "List"),
        ("0 9 last-3 * *", '"last" is not possible', ""),
        ("0 9 lastly * *", '"lastly" is not possible', ""),
        ("0 9 6th mon * *", "fields", ""),
        ("0 9 L * *", '"l" is not possible', ""),
        ("*-5 9 * * *", "not understood as the minute", "a-b"),
        ("1,,2 9 * * *", "not understood as the minute", ""),
        ("² 9 * * *", "not understood as the minute", ""),
    ],
)
def test_what_is_refused(line: str, message: str, remedy: str) -> None:
    with pytest.raises(CronError) as caught:
        check(line)
    assert message in str(caught.value)
    assert remedy in caught.value.remedy
    assert caught.value.remedy


@given(st.text(st.sampled_from("0123456789*/-, abcdefjlmnoprstuvwy@#L?~"), max_size=30))
def test_any_text_is_checked_or_refused(text: str) -> None:
    try:
        line = check(text)
    except CronError as error:
        assert error.remedy
    else:
        assert next_wall(line, wall("2026-01-01 00:00")) is not None


# --------------------------------------------------------------- against a reading of every single minute


@st.composite
def numbers(draw: st.DrawFn, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[str, set[int]]:
    """A field's text, and the values that it means."""

    def word(value: int) -> str:
        return names[value - low] if draw(st.booleans()) and names else str(value)

    texts, values = [], set[int]()
    for _ in range(draw(st.integers(1, 3))):
        first, last = sorted((draw(st.integers(low, high)), draw(st.integers(low, high))))
        step = draw(st.integers(1, high - low))
        kind = draw(st.sampled_from(["*", "*/", "a", "a-b", "a-b/", "a/"]))
        text, found = {
            "*": ("*", range(low, high + 1)),
            "*/": (f"*/{step}", range(low, high + 1, step)),
            "a": (word(first), range(first, first + 1)),
            "a-b": (f"{word(first)}-{word(last)}", range(first, last + 1)),
            "a-b/": (f"{word(first)}-{word(last)}/{step}", range(first, last + 1, step)),
            "a/": (f"{word(first)}/{step}", range(first, high + 1, step)),
        }[kind]
        texts.append(str(text))
        values.update(found)
    return ",".join(texts), values


@st.composite
def weekdays(draw: st.DrawFn) -> tuple[str, set[int]]:
    texts, values = [], set[int]()
    for _ in range(draw(st.integers(1, 2))):
        first, length = draw(st.integers(0, 6)), draw(st.integers(0, 6))
        texts.append(DAYS[first] + (f"-{DAYS[(first + length) % 7]}" if length else ""))
        values.update((first + n) % 7 for n in range(length + 1))
    return (",".join(texts), values) if draw(st.booleans()) else ("*", set(range(7)))


def is_ordinal(ordinal: str, weekday: int, day: dt.date) -> bool:
    if day.weekday() != weekday:
        return False
    if ordinal == "last":
        return day.day + 7 > monthrange(day.year, day.month)[1]
    return (day.day - 1) // 7 + 1 == int(ordinal[0])


@given(
    numbers(0, 59),
    numbers(0, 23),
    numbers(1, 31),
    st.none() | st.tuples(st.sampled_from(["1st", "2nd", "3rd", "4th", "last"]), st.sampled_from(DAYS)),
    numbers(1, 12, MONTHS),
    weekdays(),
    st.datetimes(wall("1999-01-01"), wall("2060-01-01")).map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_the_next_time_is_the_first_minute_that_fits(
    minute: tuple[str, set[int]],
    hour: tuple[str, set[int]],
    day: tuple[str, set[int]],
    ordinal: tuple[str, str] | None,
    month: tuple[str, set[int]],
    weekday: tuple[str, set[int]],
    after: dt.datetime,
) -> None:
    day_text = " ".join(ordinal) if ordinal else day[0]
    line = f"{minute[0]} {hour[0]} {day_text} {month[0]} {weekday[0]}"

    def fits(date: dt.date) -> bool:
        right_day = is_ordinal(ordinal[0], DAYS.index(ordinal[1]), date) if ordinal else date.day in day[1]
        return right_day and date.month in month[1] and date.weekday() in weekday[1]

    try:
        check(line)
    except CronError:
        assert not any(fits(dt.date(2001, 1, 1) + dt.timedelta(days=n)) for n in range(28 * 366))
        return
    found = next_wall(line, after)
    assert found is not None
    date = after.date()
    minutes = sorted((h, m) for h in hour[1] for m in minute[1])
    while date <= found.date():
        for h, m in minutes if fits(date) else ():
            candidate = dt.datetime.combine(date, dt.time(h, m))
            if candidate > after:
                assert found == candidate
                return
        date += dt.timedelta(days=1)
    raise AssertionError(f"{line}: {found} does not fit")
