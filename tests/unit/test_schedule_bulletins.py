"""The keys of a bulletin that say when it goes out, of what kind it is, and who must approve it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pressfeed.domain import Bulletin, DayOff, Kind, Rate
from pressfeed.errors import ConfigError
from pressfeed.schedule import load_regions

ROOT = 'name = "World"\ntime_zone = "Africa/Dakar"\n\n[[bulletins]]\nname = "daily"\n'


def read(folder: Path, *lines: str) -> Bulletin:
    (folder / "global.toml").write_text(ROOT + "\n".join(lines) + "\n", "utf-8")
    return load_regions(folder, ("en",)).bulletins[0]


def test_a_bulletin_that_says_nothing_of_it_has_the_defaults(tmp_path: Path) -> None:
    daily = read(tmp_path, 'cron = "0 7 * * *"')
    assert (daily.kind, daily.catch_up, daily.day_off) == (Kind.DIGEST, dt.timedelta(hours=12), DayOff.SKIP)
    assert (daily.holiday_countries, daily.quiet_days, daily.extra_slots, daily.weekend) == ((), (), (), ())
    assert (daily.approvals, daily.lead, daily.maximum) == (0, dt.timedelta(hours=2), 20)


def test_a_bulletin_with_all_keys_of_its_slots(tmp_path: Path) -> None:
    daily = read(
        tmp_path,
        'cron = "0 7 * * *"',
        'kind = "weekly"',
        'catch_up = "1d"',
        'holidays = "before"',
        'holiday_countries = ["SN", "DE-BY"]',
        'weekend = ["sun", "sat"]',
        'quiet_days = [2026-12-24, "2026-12-31"]',
        'extra_slots = [2026-12-24T09:00:00, "2026-12-26T09:00", 2027-01-02 08:30:00]',
        'approval = "two"',
        'lead = "90m"',
    )
    assert (daily.kind, daily.catch_up, daily.maximum) == (Kind.WEEKLY, dt.timedelta(days=1), 500)
    assert (daily.day_off, daily.holiday_countries, daily.weekend) == (DayOff.BEFORE, ("SN", "DE-BY"), (5, 6))
    assert daily.quiet_days == (dt.date(2026, 12, 24), dt.date(2026, 12, 31))
    extra = ["2026-12-24T09:00:00", "2026-12-26T09:00:00", "2027-01-02T08:30:00"]
    assert [wall.isoformat() for wall in daily.extra_slots] == extra
    assert (daily.approvals, daily.lead) == (2, dt.timedelta(minutes=90))


def test_an_alert(tmp_path: Path) -> None:
    alert = read(tmp_path, 'kind = "alert"', 'window = "15m"', 'rate = "20/d"')
    assert (alert.kind, alert.crons) == (Kind.ALERT, ())
    assert (alert.window, alert.rate) == (dt.timedelta(minutes=15), Rate(20, dt.timedelta(days=1)))


CRON = 'cron = "0 7 * * *"'


@pytest.mark.parametrize(
    ("lines", "line", "complaint"),
    [
        ([], 4, "cron is missing in [bulletins]. Say when it goes out"),
        (
            ['kind = "alert"', CRON],
            7,
            "cron: this bulletin goes out at once. Remove cron, or change its kind.",
        ),
        (['kind = "alert"', 'approval = "one"'], 7, "approval: this bulletin goes out at once"),
        ([CRON, 'window = "5m"'], 7, 'window: this bulletin is a digest, not kind = "alert"'),
        (
            [CRON, 'kind = "hourly"'],
            7,
            'kind: "hourly" is not possible. Write "digest" or "weekly" or "alert" or "advance".',
        ),
        ([CRON, 'holidays = "never"'], 7, 'Write "skip" or "before" or "after".'),
        ([CRON, 'holiday_countries = ["SN", "XX"]'], 7, 'holiday_countries: no holidays of "XX" are known.'),
        ([CRON, "quiet_days = [2026-12-24T09:00:00]"], 7, "is not a date. Write it like 2026-12-24."),
        ([CRON, 'quiet_days = ["24.12.2026"]'], 7, '"24.12.2026" is not a date.'),
        ([CRON, "extra_slots = [2026-12-24]"], 7, "is not a date with a time"),
        ([CRON, 'extra_slots = ["2026-12-24"]'], 7, "has no time"),
        ([CRON, "extra_slots = [2026-12-24T09:00:30]"], 7, "in whole minutes"),
        ([CRON, "extra_slots = [2026-12-24T09:00:00Z]"], 7, "is not the region’s own time"),
        ([CRON, 'weekend = ["mon","tue","wed","thu","fri","sat","sun"]'], 7, "a week without a working day"),
        ([CRON, 'catch_up = "soon"'], 7, "is not a length of time"),
        (['kind = "alert"', 'rate = "often"'], 7, "“often” is not a rate"),
        (['kind = "alert"', 'rate = "0/h"'], 7, "“0/h” is not a rate"),
        ([CRON, 'approval = "three"'], 7, 'Write "none" or "one" or "two".'),
        (['cron = "0 7 * * 1-5"'], 6, "names days of the week by digits"),
    ],
)
def test_a_slip_is_named_with_its_line(tmp_path: Path, lines: list[str], line: int, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, *lines)
    assert complaint in str(caught.value)
    assert caught.value.line == line
    assert caught.value.remedy
