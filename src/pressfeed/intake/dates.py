"""Dates as people write them: ``26 July 2024``, ``le 3 juin``, ``5 de mayo de 2021``, ``2024年3月12日``.

Month and day names come from CLDR through Babel. What is ambiguous (``04/05/2024`` in English) is not read.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from pressfeed.domain import PartialDate
from pressfeed.intake import vocabulary

_LANGUAGES = (
    "en",
    "fr",
    "es",
    "ar",
    "ru",
    "zh",
    "pt",
    "it",
    "de",
    "nl",
    "tr",
    "uk",
    "sw",
    "id",
    "fa",
    "pl",
    "ro",
)
# CLDR's ``ar`` names the months as in Egypt; these are the Levant's, the Maghreb's, and variant spellings.
_MORE_MONTHS = {
    "كانون الثاني": 1, "شباط": 2, "آذار": 3, "نيسان": 4, "أيار": 5, "حزيران": 6, "تموز": 7, "آب": 8,
    "أيلول": 9, "تشرين الأول": 10, "تشرين الثاني": 11, "كانون الأول": 12, "يوليه": 7, "يونيه": 6,
    "جانفي": 1, "فيفري": 2, "أفريل": 4, "جوان": 6, "جويلية": 7, "أوت": 8, "ماي": 5, "غشت": 8,
    "شتنبر": 9, "نونبر": 11, "دجنبر": 12, "sept": 9, "setiembre": 9,
}  # fmt: skip
_YEAR = r"(?:1[89]|20)\d{2}"
_WORD = r"[^\W\d_]{2,12}\.?(?: (?:الثاني|الأول|الاول))?(?:/[^\W\d_]{3,12})?"
_DATE = re.compile(
    rf"(?P<iso>(?<!\d)(?P<iy>{_YEAR})-(?P<im>\d{{2}})-(?P<id>\d{{2}})(?!\d))"
    rf"|(?P<han>(?:(?P<hy>{_YEAR}) ?年 ?)?(?P<hm>\d{{1,2}}) ?月 ?(?P<hd>\d{{1,2}}) ?[日号])"
    rf"|(?<![\d/.])(?P<n1>\d{{1,2}})(?P<ns>[/.-])(?P<n2>\d{{1,2}})(?P=ns)(?P<ny>{_YEAR})(?![\d/])"
    rf"|(?<![\d/.])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|ère|º|°|ª|-го|\.)?(?: ?(?:de|of|di))?"
    rf" (?P<month>{_WORD})"
    rf"(?:,? (?:(?:de|del|of) )?(?P<year>{_YEAR}))?(?![\d:])"
    rf"|(?P<month2>{_WORD}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year2>{_YEAR}))?(?![\d:])",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])[:h](?P<minute>[0-5]\d)(?::[0-5]\d)?(?:\s?(?P<zone>GMT|UTC|TU)\b)?", re.I
)
_SPACES = str.maketrans("\u00a0\u202f", "  ")  # ``17 novembre`` is often kept on one line
_DIGITS = re.compile(r"[٠-٩۰-۹]")


@dataclass(frozen=True, slots=True)
class Found:
    """A date in a text, and where it stands."""

    start: int
    end: int
    date: PartialDate


def fold(text: str) -> str:
    """Lower case without accents, Arabic vowel marks, and variants of alef: for looking names up."""
    text = unicodedata.normalize("NFD", text.casefold())
    return "".join(character for character in text if not unicodedata.combining(character))


@cache
def _months() -> dict[str, int]:
    from babel import Locale

    months: dict[str, int] = {}
    for language in _LANGUAGES:
        for forms in Locale.parse(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in forms.get(width, {}).items():
                    key = fold(name).rstrip(".")
                    if len(key) >= 3 and not key.isdigit():
                        months.setdefault(key, number)
    return {**{fold(name): number for name, number in _MORE_MONTHS.items()}, **months}


@cache
def _weekdays() -> frozenset[str]:
    from babel import Locale

    names = {
        fold(name).rstrip(".")
        for language in _LANGUAGES
        for forms in Locale.parse(language).days.values()
        for name in forms.get("wide", {}).values()
    }
    return frozenset(name for name in names if len(name) >= 3)


def is_weekday(word: str) -> bool:
    """Whether a word names a day of the week, in any of the languages known here."""
    return fold(word).rstrip(".,") in _weekdays()


def find(text: str, language: str = "") -> Iterator[Found]:
    """The dates in a text, in order. ``language`` decides between day-first and month-first numbers."""
    text = text.translate(_SPACES)
    if _DIGITS.search(text):
        text = _DIGITS.sub(lambda match: str(unicodedata.digit(match[0])), text)
    position = 0
    while match := _DATE.search(text, position):
        date = _read(match, language)
        position = match.end() if date else match.start() + 1
        if date:
            yield Found(match.start(), match.end(), date)


def _read(match: re.Match[str], language: str) -> PartialDate | None:
    if match["iso"]:
        return _date(match["iy"], match["im"], match["id"])
    if match["han"]:
        return _date(match["hy"], match["hm"], match["hd"])
    if match["n1"]:
        first, second = int(match["n1"]), int(match["n2"])
        if first <= 12 and second <= 12 and first != second and language in ("en", "") and match["ns"] == "/":
            return None  # the 4th of May in London, the 5th of April in New York
        month_first = second > 12 >= first
        day, month = (second, first) if month_first else (first, second)
        return _date(match["ny"], month, day)
    name, day_text, year = (
        (match["month"], match["day"], match["year"])
        if match["month"]
        else (match["month2"], match["day2"], match["year2"])
    )
    month_number = next(
        (number for part in name.split("/") if (number := _months().get(fold(part).rstrip(".")))), None
    )
    return _date(year, month_number, day_text) if month_number else None


def _date(year: str | None, month: str | int, day: str | int) -> PartialDate | None:
    try:
        return PartialDate(int(year) if year else None, int(month), int(day))
    except ValueError:
        return None


def whole(text: str, language: str = "") -> tuple[PartialDate, dt.time | None, bool] | None:
    """A line that says a date and nothing else: (date, time of day, whether that time is UTC), or None.

    Weekday names, articles and a time may stand beside it.
    """
    if len(text) > 80:
        return None
    found = next(find(text, language), None)
    if found is None:
        return None
    rest = f"{text[: found.start]} {text[found.end :]}"
    time, is_utc = None, False
    if clock := _TIME.search(rest):
        time, is_utc = dt.time(int(clock["hour"]), int(clock["minute"])), bool(clock["zone"])
        rest = rest[: clock.start()] + rest[clock.end() :]
    for word in re.findall(r"\w+", rest):
        if not (is_weekday(word) or fold(word) in _FILLERS):
            return None
    return found.date, time, is_utc


_FILLERS = frozenset(fold(word) for word in vocabulary.words("date_fillers"))


def moment(text: str, zone: ZoneInfo, language: str = "") -> dt.datetime | None:
    """A date, or a date and time, as metadata gives it (ISO 8601, RFC 2822, or words), in UTC.

    Without an offset it is read in the newsroom's zone; a date alone means its midnight there.
    """
    text = text.strip()
    value: dt.datetime | None
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError:
        value = _rfc2822(text)
    if value is None:
        parts = whole(text, language)
        date = parts[0].complete() if parts else None
        if parts is None or date is None:
            return None
        value = dt.datetime.combine(date, parts[1] or dt.time())
        value = value.replace(tzinfo=dt.UTC if parts[2] else zone)
    return to_utc(value, zone)


def to_utc(value: dt.datetime | dt.date, zone: ZoneInfo) -> dt.datetime | None:
    """A date or datetime as UTC, naive ones read in the zone; None beyond the years that can be converted."""
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    if not 2 <= value.year <= 9998:
        return None
    return value.astimezone(dt.UTC)


def _rfc2822(text: str) -> dt.datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
