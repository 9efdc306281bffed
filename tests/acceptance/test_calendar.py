"""What operators see of the coming slots: remarks, and a file that a calendar program opens."""

from __future__ import annotations

from pathlib import Path

from icalendar import Calendar

from pressfeed.publish import calendar
from tests.acceptance.clockwork import Clockwork, utc

REGION = """\
name = "Europe"
time_zone = "Europe/Zurich"
[[bulletins]]
name = "night"
cron = "30 2 * * *"
[[bulletins]]
name = "weekly"
cron = "0 14 * * fri"
holidays = "before"
holiday_countries = ["CH"]
extra_slots = [2026-03-30T08:00:00]
[[bulletins]]
name = "daily"
cron = "0 9 * * *"
holiday_countries = ["CH"]
quiet_days = [2026-03-31]
[[bulletins]]
name = "checked"
cron = "0 18 * * mon"
approval = "one"
[[bulletins]]
name = "alert"
kind = "alert"
"""


def remarks(news: Clockwork, days: float) -> dict[str, tuple[str, ...]]:
    with news.open() as room:
        return {
            f"{one.bulletin.name} {one.slot}": one.remarks for one in calendar.coming(room, news.now, days)
        }


def test_holidays_moved_slots_and_clock_changes_are_marked(tmp_path: Path) -> None:
    news = Clockwork(tmp_path / "newsroom", "2026-03-28T12:00", europe=REGION)
    found = remarks(news, 7)
    assert found["night 2026-03-29T02:30"] == (
        "the clock was changed to UTC+02:00",
        "the clock jumps over this time: later by the jump",
    )
    assert found["night 2026-03-30T02:30"] == ()
    assert found["weekly 2026-03-30T08:00"] == ("the clock was changed to UTC+02:00", "extra slot")
    assert found["daily 2026-03-31T09:00"] == ("nothing is sent: quiet day",)
    assert found["checked 2026-03-30T18:00"] == (
        "the clock was changed to UTC+02:00",
        "to be approved from Mon 16:00 on",
    )
    autumn = Clockwork(tmp_path / "autumn", "2026-10-24T12:00", europe=REGION)
    assert remarks(autumn, 1)["night 2026-10-25T02:30"] == ("this time comes twice: the first counts",)
    new_year = Clockwork(tmp_path / "new-year", "2026-12-31T09:00", europe=REGION)
    assert remarks(new_year, 2)["weekly 2026-12-31T14:00"] == (
        "also for Fri 2027-01-01 14:00: New Year's Day (CH)",
    )
    assert remarks(new_year, 2)["daily 2027-01-01T09:00"] == ("nothing is sent: New Year's Day (CH)",)


def test_the_calendar_file_says_the_same_in_utc(tmp_path: Path) -> None:
    news = Clockwork(tmp_path / "newsroom", "2026-03-28T12:00", europe=REGION)
    with news.open() as room:
        slots = calendar.coming(room, news.now, 7)
        data = calendar.ical(room, slots, news.now)
        assert data == calendar.ical(room, slots, news.now)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))  # RFC 5545, section 3.1
    read = Calendar.from_ical(data)
    events = read.walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [one.slot.due_at for one in slots]
    assert len({str(event["uid"]) for event in events}) == len(events) == len(slots)
    assert read.errors == [] and not any(event.errors for event in events)
    quiet = next(event for event in events if "quiet day" in str(event["summary"]))
    assert (quiet["status"], quiet.decoded("dtstart")) == ("CANCELLED", utc("2026-03-31T07:00"))
