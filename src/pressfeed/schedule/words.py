"""How often a bulletin comes, in the words of its readers (pure; CLDR through Babel)."""

from __future__ import annotations

import datetime as dt
from itertools import product
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from babel.lists import format_list

from pressfeed.domain import Bulletin
from pressfeed.languages import locale_of
from pressfeed.schedule.cron import DAYS, fields
from pressfeed.schedule.slots import next_slots
from pressfeed.texts import Texts

_SETS = {
    frozenset(range(7)): "every_day",
    frozenset(range(5)): "mon_fri",
    frozenset({6, 0, 1, 2, 3}): "sun_thu",
}
_MANY = 6  # times a day that can still be told one by one
_AHEAD = 62  # days to look for the next slot of a bulletin with a schedule of its own


def frequency(bulletin: Bulletin, texts: Texts, now: dt.datetime) -> str:
    """“Monday to Friday at 07:30, Dakar time”; ``now`` (aware) is for those without a weekly rhythm."""
    if bulletin.at_once:
        return texts("schedule.alert")
    weekly = _weekly(bulletin, texts)
    if weekly:
        place = city(bulletin.zone, texts)
        return (
            texts("schedule.zone", when=weekly, city=place) if place else texts("schedule.utc", when=weekly)
        )
    upcoming = next((slot for slot in next_slots(bulletin, now, _AHEAD) if not slot.left_out), None)
    if upcoming is None:
        return texts("schedule.seldom")
    return texts("schedule.irregular", date=texts.date(upcoming.due_at, zone=bulletin.zone))


def city(zone: ZoneInfo, texts: Texts) -> str:
    """What the reader's language calls the place whose clock counts; "" for UTC."""
    if "/" not in zone.key or zone.key.startswith("Etc/"):
        return ""
    found = get_timezone_location(zone, locale=locale_of(texts.language), return_city=True)
    return found.rpartition("/")[2]  # a zone that CLDR knows by another name comes with its path


def _weekly(bulletin: Bulletin, texts: Texts) -> str:
    """Every line of a weekly rhythm, those of the same days together; "" where one keeps no such rhythm."""
    times: dict[frozenset[int], set[tuple[int, int]]] = {}
    for line in bulletin.crons:
        found = fields(line)
        minutes, hours = _plain(found["minute"]), _plain(found["hour"])
        if found["day"] != "*" or found["month"] != "*" or not minutes or not hours:
            return ""
        week = found["day_of_week"]
        days = frozenset(range(7)) if week == "*" else frozenset(map(int, week.split(",")))
        times.setdefault(days, set()).update(product(hours, minutes))
    if not times or any(len(each) > _MANY for each in times.values()):
        return ""
    locale = locale_of(texts.language)
    parts = []
    for days, clock in times.items():
        names = [_SETS[days]] if days in _SETS else [DAYS[day] for day in sorted(days)]
        shown = [texts.time(dt.datetime(2001, 1, 1, *at, tzinfo=dt.UTC), dt.UTC) for at in sorted(clock)]
        parts.append(
            texts(
                "schedule.at",
                days=format_list([texts(f"schedule.{name}") for name in names], locale=locale),
                times=format_list(shown, locale=locale),
            )
        )
    return format_list(parts, locale=locale)


def _plain(field: str) -> list[int]:
    """The numbers of a field; none for ranges and steps."""
    items = field.split(",")
    return [int(item) for item in items] if all(item.isdecimal() for item in items) else []
