"""Days off: public holidays of countries and quiet days, and where they move a slot (pure).

A *working day* is neither a day off nor at the weekend. Which days the weekend has is the countries' to say
(Friday and Saturday in Egypt), unless the schedule says it. Where several countries are named, a holiday or a
weekend of any of them counts. Dates that depend on the moon are the estimates of the ``holidays`` package
until a government announces them: a quiet day or an extra slot corrects one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pressfeed.domain import Bulletin, DayOff

_DAY = dt.timedelta(days=1)
_SATURDAY_AND_SUNDAY = frozenset({5, 6})
QUIET = "quiet day"


def any_for(bulletin: Bulletin) -> bool:
    """Whether the bulletin has days off at all."""
    return bool(bulletin.holiday_countries or bulletin.quiet_days)


def name_of(bulletin: Bulletin, day: dt.date) -> str:
    """Why a day is off for the bulletin, such as ``Independence Day (SN)``; "" for a day that is not."""
    names: dict[str, list[str]] = {}
    for country in bulletin.holiday_countries:
        name = _holidays(country, day.year).get(day)
        if name:
            names.setdefault(name, []).append(country)
    found = [f"{name} ({', '.join(countries)})" for name, countries in names.items()]
    if day in bulletin.quiet_days:
        found.append(QUIET)
    return "; ".join(found)


def moved_to(bulletin: Bulletin, day: dt.date) -> list[dt.date]:
    """The days off whose slots come on this day instead, in order; none where it is not a working day."""
    if bulletin.day_off is DayOff.SKIP or not is_working_day(bulletin, day):
        return []
    step = _DAY if bulletin.day_off is DayOff.BEFORE else -_DAY
    return sorted(other for other in _idle_days(bulletin, day, step) if name_of(bulletin, other))


def is_working_day(bulletin: Bulletin, day: dt.date) -> bool:
    """Whether a slot may be moved to this day."""
    return day.weekday() not in _weekend(bulletin) and not name_of(bulletin, day)


def _idle_days(bulletin: Bulletin, day: dt.date, step: dt.timedelta) -> Iterator[dt.date]:
    """The days between a working day and the next one in a direction."""
    day += step
    while not is_working_day(bulletin, day):
        yield day
        day += step


def _weekend(bulletin: Bulletin) -> frozenset[int]:
    if bulletin.weekend:
        return frozenset(bulletin.weekend)
    if bulletin.holiday_countries:
        return frozenset().union(*(_weekend_of(country) for country in bulletin.holiday_countries))
    return _SATURDAY_AND_SUNDAY


def known(country: str) -> bool:
    """Whether holidays of a country (``SN``) or of a part of it (``DE-BY``) are known."""
    import holidays

    code, _, part = country.partition("-")
    parts = holidays.list_supported_countries().get(code)
    return parts is not None and (not part or part in parts)


@lru_cache(4096)
def _holidays(country: str, year: int) -> Mapping[dt.date, str]:
    import holidays  # 0.1 s that a newsroom without them is spared

    code, _, part = country.partition("-")
    kind = holidays.country_holidays(code, subdiv=part or None)
    language = "en_US" if "en_US" in kind.supported_languages else None
    return dict(holidays.country_holidays(code, subdiv=part or None, years=year, language=language).items())


@lru_cache(512)
def _weekend_of(country: str) -> frozenset[int]:
    import holidays

    return frozenset(holidays.country_holidays(country.partition("-")[0]).weekend)
