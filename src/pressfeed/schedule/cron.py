"""Cron lines with day names, evaluated on a wall clock that knows no time zone (pure; APScheduler).

Five fields: minute, hour, day of the month, month, day of the week. APScheduler’s own parser passes over
what it does not understand (``mon-fri/2`` is ``mon-fri`` to it) and counts days from Monday = 0, so lines are
checked and rewritten here first. All conditions must hold: ``0 9 13 * fri`` is every Friday the 13th.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "last")
_EXAMPLE = 'Write minute, hour, day, month and day of the week, such as "30 7 * * mon-fri"'

_DAY = "|".join(DAYS)
_ORDINAL_DAY = re.compile(rf"\b({'|'.join(_ORDINALS)})[ \t]+({_DAY})\b")
_RANGE = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d+))?")
_CYCLE_START = dt.datetime(2001, 1, 1, tzinfo=dt.UTC)  # what does not happen in the 28 years in which leap
_CYCLE_END = dt.datetime(2029, 1, 1, tzinfo=dt.UTC)  # years and days of the week repeat never happens


class CronError(ValueError):
    """A line that will not do, and what to write instead."""

    def __init__(self, message: str, remedy: str = _EXAMPLE) -> None:
        super().__init__(message)
        self.remedy = remedy


def check(line: str) -> str:
    """The line in lower case with single spaces; CronError where it is wrong or can never come true.

    ``last fri`` and ``1st mon`` may stand for the day of the month or for the day of the week.
    """
    found = fields(line)
    # Any month has every day of the week and the days 1 to 28: only a restricted day can be impossible.
    if found["day"] != "*" and _next(_compile(found, _CYCLE_END), _CYCLE_START) is None:
        raise CronError(
            f'"{line}" can never come true', "Choose a day that the month has; all five fields must agree"
        )
    return " ".join(line.lower().split())


@lru_cache(maxsize=65536)
def next_wall(line: str, after: dt.datetime) -> dt.datetime | None:
    """The first wall time later than ``after`` that the line names; both naive, in whole minutes.

    None where there is none before the year 10000. Raises CronError for a wrong line.
    """
    found = _next(_trigger(line), after.replace(tzinfo=dt.UTC))
    return found.replace(tzinfo=None) if found else None


@cache
def _trigger(line: str) -> CronTrigger:
    return _compile(fields(line))


def _compile(times: dict[str, str], end: dt.datetime | None = None) -> CronTrigger:
    from apscheduler.triggers.cron import CronTrigger  # 0.1 s that a newsroom without such lines is spared

    return CronTrigger(**times, timezone=dt.UTC, end_date=end)


def _next(trigger: CronTrigger, after: dt.datetime) -> dt.datetime | None:
    """The first time later than ``after``, in the UTC that stands for any wall clock."""
    found: dt.datetime | None = trigger.get_next_fire_time(None, after + dt.timedelta(minutes=1))
    return found


def fields(line: str) -> dict[str, str]:
    """The line as CronTrigger wants it: numbers only, days of the week counted from Monday = 0."""
    text = re.sub(r"\s*,\s*", ",", line.strip().lower())
    if text.startswith("@"):
        raise CronError(f'"{line}" is a nickname, not a time')
    parts = _ORDINAL_DAY.sub(r"\1~\2", text).split()
    if len(parts) != 5:
        raise CronError(f'"{line}" has {len(parts)} fields, not five')
    minute, hour, day, month, weekday = parts
    if "~" in weekday or weekday == "last":
        if day != "*":
            raise CronError(f'"{line}" names the day of the month twice', "Leave one of them as *")
        day, weekday = weekday, "*"
    return {
        "minute": _numbers("minute", minute, 0, 59),
        "hour": _numbers("hour", hour, 0, 23),
        "day": ",".join(_month_day(item) for item in day.split(",")),
        "month": _numbers("month", month, 1, 12, MONTHS),
        "day_of_week": _weekdays(weekday),
        "second": "0",
    }


def _month_day(item: str) -> str:
    ordinal, tilde, name = item.partition("~")
    if item == "last" or (tilde and ordinal in _ORDINALS and name in DAYS):
        return f"{ordinal} {name}".strip()
    return _numbers("day of the month", item, 1, 31)


def _weekdays(text: str) -> str:
    """Day names, ranges of them (over the week's end, too) as a list of APScheduler's numbers."""
    if text == "*":
        return text
    if "/" in text:
        raise CronError(f'"{text}" steps through the week', "List the days, such as mon,wed,fri")
    if re.search(r"\d", text):
        raise CronError(
            f'"{text}" names days of the week by digits, which mean different days to different programs',
            f"Write {_in_words(text) or 'names such as mon-fri or sat,sun'}",
        )
    chosen: set[int] = set()
    for item in text.split(","):
        first, dash, last = item.partition("-")
        for name in (first, last) if dash else (first,):
            if name not in DAYS:
                near = f'Write "{name[:3]}"' if name[:3] in DAYS else f"Days are {', '.join(DAYS)}"
                raise CronError(f'"{name}" is not a day of the week', near)
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % 7 if dash else 0
        chosen.update((start + offset) % 7 for offset in range(length + 1))
    return ",".join(str(number) for number in sorted(chosen))


def _in_words(text: str) -> str:
    """What crontab(5) would understand by digits (0 and 7 are Sunday), or nothing."""
    if not re.fullmatch(r"[a-z0-7,-]+", text):
        return ""
    words = re.sub(r"\b[0-7]\b", lambda digit: DAYS[(int(digit[0]) - 1) % 7], text)
    return "" if re.search(r"\d", words) else f'"{words}" if that is what cron would do'


def _numbers(field: str, text: str, low: int, high: int, names: tuple[str, ...] = ()) -> str:
    """A list of numbers, ranges and steps, each checked; names become numbers, nov-feb becomes 11-12,1-2."""

    def number(word: str) -> int:
        value = names.index(word) + low if word in names else int(word) if word.isdecimal() else -1
        if not low <= value <= high:
            span = f"{low} to {high}" + (f" or {names[0]} to {names[-1]}" if names else "")
            raise CronError(f'"{word}" is not possible as the {field}', f"Write {span}, or * for every one")
        return value

    checked = []
    for item in text.split(","):
        match = _RANGE.fullmatch(item)
        if not match or (match[1] == "*" and match[2]):
            raise CronError(
                f'"{item}" is not understood as the {field}', "Write a number, a-b, a-b/step, * or */step"
            )
        step = int(match[3]) if match[3] else 1
        first = low if match[1] == "*" else number(match[1])
        last = number(match[2]) if match[2] else high if match[1] == "*" or match[3] else first
        if not 1 <= step <= high - low:
            raise CronError(
                f'"{item}" has a step that is too long or nothing', "Write a shorter step, such as */15"
            )
        if first > last and not names:
            raise CronError(f'"{item}" ends before it begins', f"Write two: {first}-{high},{low}-{last}")
        if first > last and step > 1:
            raise CronError(f'"{item}" steps over the end of the year', "List the months")
        checked += [f"{first}-{high}", f"{low}-{last}"] if first > last else [_compact(first, last, step)]
    everything = _compact(low, high, 1)
    return "*" if everything in checked else ",".join(checked)


def _compact(first: int, last: int, step: int) -> str:
    """A step that leads past the end is the first number alone; APScheduler refuses it."""
    return str(first) if first + step > last else f"{first}-{last}" + (f"/{step}" if step > 1 else "")
