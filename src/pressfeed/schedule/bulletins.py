"""One ``[[bulletins]]`` table of a region's file → a bulletin. Every key: ``docs/schedules.md``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pressfeed import checks, fields
from pressfeed.domain import LONGEST_SLUG, Bulletin, DayOff, Kind, is_slug
from pressfeed.errors import ConfigError
from pressfeed.fields import Check, Invalid, Table
from pressfeed.schedule import cron, daysoff, subjects

_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_APPROVALS = {"none": 0, "one": 1, "two": 2}
_DATE_REMEDY = "Write it like 2026-12-24"
_MOMENT_REMEDY = "Write the region’s date and time like 2026-12-24T09:00:00"

# Which keys a kind has besides those of all: an alert has no slots, a digest no window.
_OF_SLOTS = (
    "cron",
    "holidays",
    "holiday_countries",
    "weekend",
    "quiet_days",
    "extra_slots",
    "approval",
    "lead",
)
_OF_ALERTS = ("window", "rate")


def read_bulletin(table: Table, region: str, zone: ZoneInfo, region_languages: tuple[str, ...]) -> Bulletin:
    """The bulletin that a table describes; ConfigError with file, line and remedy."""
    kind = Kind(table.take("kind", fields.choice(*Kind), Kind.DIGEST))
    at_once = kind is Kind.ALERT or (kind is Kind.ADVANCE and not table.has("cron"))
    _refuse(table, kind, at_once=at_once)
    languages = table.take("languages", fields.many(one_of(region_languages)), region_languages)
    # A round-up that leaves nothing out has no other limit than that of a mail that can be read.
    maximum = table.take("maximum", fields.integer(1, 500), 500 if kind is Kind.WEEKLY else 20)
    example = 'Say when it goes out, such as cron = "30 7 * * mon-fri"; or let it be an alert: kind = "alert"'
    default = Bulletin(region, "x", (), zone, languages)
    bulletin = Bulletin(
        region=region,
        name=table.require("name", _slug, 'Name it, such as name = "daily"'),
        crons=() if at_once else table.require("cron", fields.many(_cron, lone=True), example),
        zone=zone,
        languages=languages,
        titles=table.take("title", fields.per_language(languages), _NO_TEXTS),
        subjects=table.take("subject", fields.per_language(languages, _subject), _NO_TEXTS),
        maximum=maximum,
        minimum=table.take("minimum", _at_most(maximum), 1),
        kind=kind,
        catch_up=table.take("catch_up", fields.duration, default.catch_up),
        day_off=DayOff(table.take("holidays", fields.choice(*DayOff), DayOff.SKIP)),
        holiday_countries=table.take("holiday_countries", fields.many(_holidays_of, empty=True), ()),
        weekend=table.take("weekend", _weekend, ()),
        quiet_days=table.take("quiet_days", fields.many(_date, empty=True), ()),
        extra_slots=table.take("extra_slots", fields.many(_wall, empty=True), ()),
        window=table.take("window", fields.duration, default.window),
        rate=table.take("rate", checks.at_most, default.rate),
        approvals=_APPROVALS[table.take("approval", fields.choice(*_APPROVALS), "none")],
        lead=table.take("lead", fields.duration, default.lead),
    )
    table.close()
    return bulletin


def _refuse(table: Table, kind: Kind, *, at_once: bool) -> None:
    """Refuse keys that this kind of bulletin cannot have."""
    for key in _OF_SLOTS if at_once else _OF_ALERTS:
        if table.has(key):
            why = "goes out at once" if at_once else f'is a {kind}, not kind = "alert"'
            raise table.error(f"{key}: this bulletin {why}", f"Remove {key}, or change its kind", key)


def one_of(languages: tuple[str, ...]) -> Check[str]:
    """A check for one of these languages."""

    def check(value: object) -> str:
        code = fields.language(value)
        if code not in languages:
            raise Invalid(
                f'"{code}" is not among {", ".join(languages)}',
                "Remove it here, or add it to the languages of the region and of pressfeed.toml",
            )
        return code

    return check


def _at_most(maximum: int) -> Check[int]:
    def check(value: object) -> int:
        number = fields.integer(1, 500)(value)
        if number > maximum:
            raise Invalid(f"{number} is more than the maximum, {maximum}", "Lower it, or raise the maximum")
        return number

    return check


def _slug(value: object) -> str:
    name = fields.text(value)
    if not is_slug(name):
        raise Invalid(
            f'"{name[:60]}" cannot be a name',
            f"Use lower-case letters, digits and single hyphens, at most {LONGEST_SLUG} characters",
        )
    return name


def _cron(value: object) -> str:
    try:
        return cron.check(fields.text(value))
    except cron.CronError as error:
        raise Invalid(str(error), error.remedy) from error


def _subject(value: object) -> str:
    pattern = fields.text(value)
    try:
        subjects.check(pattern)
    except ConfigError as error:
        raise Invalid(error.message, error.remedy) from error
    return pattern


def _holidays_of(value: object) -> str:
    code = fields.text(value)
    if not daysoff.known(code):
        raise Invalid(
            f'no holidays of "{code}" are known',
            'Write codes such as "SN", or "DE-BY" for a part of a country; else list its days in quiet_days',
        )
    return code


def _weekend(value: object) -> tuple[int, ...]:
    names = fields.many(fields.choice(*cron.DAYS))(value)
    if len(names) == len(cron.DAYS):
        raise Invalid("a week without a working day", "Leave at least one day out")
    return tuple(sorted(cron.DAYS.index(name) for name in names))


def _date(value: object) -> dt.date:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date | str):
        raise Invalid(f"“{value}” is not a date", _DATE_REMEDY)
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise Invalid(f'"{value}" is not a date', _DATE_REMEDY) from error


def _wall(value: object) -> dt.datetime:
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(fields.text(value))
    except ValueError as error:
        raise Invalid(f"“{value}” is not a date with a time", _MOMENT_REMEDY) from error
    if moment.tzinfo or moment.second or moment.microsecond:
        raise Invalid(f"“{value}” is not the region’s own time in whole minutes", _MOMENT_REMEDY)
    if isinstance(value, str) and "T" not in value and " " not in value.strip():
        raise Invalid(f'"{value}" has no time', _MOMENT_REMEDY)
    return moment
