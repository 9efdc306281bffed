"""Interface texts, dates and names in the reader's language (pure; CLDR through Babel).

The texts stand in ``templates/texts/<language>/<part>.toml``, one table of keys each. A value is a string
with ``{name}`` places, or a table of CLDR plural categories (``one``, ``few``, ``many``, ``other`` …), chosen
by ``count``. A newsroom may override any key in its own ``templates/texts``.
"""

from __future__ import annotations

import datetime as dt
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_skeleton,
    format_time,
    get_timezone_gmt,
    get_timezone_name,
)
from babel.numbers import format_decimal

from pressfeed import languages as tags
from pressfeed import resources
from pressfeed.domain import PartialDate
from pressfeed.errors import ConfigError
from pressfeed.languages import FALLBACK, direction, lineage, locale_of


@cache
def _dates_of(language: str) -> Locale:
    """The locale of dates and times; plain English writes ``12 March 2026``, as most who write it do."""
    locale = locale_of(language)
    return locale_of("en-001") if str(locale) == "en" else locale


@lru_cache(maxsize=4096)  # thousands of releases bear the same few dates
def _date(day: dt.date, style: str, locale: Locale) -> str:
    return format_date(day, format=style, locale=locale)


@dataclass(frozen=True)
class Texts:
    """The interface texts of one language."""

    language: str
    _table: Mapping[str, Any]
    _written_in: Mapping[str, str]  # key → the language that it stands in: a parent's, or English

    @property
    def direction(self) -> str:
        return direction(self.language)

    def __call__(self, key: str, *, count: int | None = None, **values: object) -> str:
        """The text of ``part.key``; KeyError where neither this language nor English has it."""
        text = self._table[key]
        if not values and type(text) is str and "{" not in text and "}" not in text:
            return text  # most have no places, and a page has dozens of them
        if isinstance(text, Mapping):
            category = locale_of(self._written_in[key]).plural_form(count or 0)
            text = text.get(category, text["other"])
        number = None if count is None else format_decimal(count, locale=locale_of(self.language))
        return str(text).format(count=number, **values)

    def date(
        self, moment: dt.date | dt.datetime | PartialDate, style: str = "long", zone: ZoneInfo | None = None
    ) -> str:
        """A date as readers of this language write it: ``26 juillet 2024``. ``style`` is CLDR's."""
        locale = _dates_of(self.language)
        if isinstance(moment, PartialDate):
            return self._partial(moment, locale)
        if isinstance(moment, dt.datetime):
            moment = (moment if zone is None else moment.astimezone(zone)).date()
        return _date(moment, style, locale)

    def month_name(self, month: int) -> str:
        """A month by itself: ``mars``."""
        return format_date(dt.date(2000, month, 1), "LLLL", locale=_dates_of(self.language))

    def time(self, moment: dt.datetime, zone: dt.tzinfo) -> str:
        """A wall time, ``14:30``."""
        return format_time(moment.astimezone(zone), format="short", locale=_dates_of(self.language))

    def moment(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """A date with its wall time, in a zone."""
        return format_datetime(moment.astimezone(zone), format="long", locale=_dates_of(self.language))

    def zoned(self, moment: dt.datetime, zone: ZoneInfo) -> str:
        """A moment that nobody can mistake: date, wall time, the zone's name and its offset."""
        local, locale = moment.astimezone(zone), _dates_of(self.language)
        names = (
            get_timezone_name(local, width="long", locale=locale),
            get_timezone_gmt(local, width="long", locale=locale) if local.utcoffset() else "",
        )
        return self(
            "advance.moment",
            date=format_date(local, format="long", locale=locale),
            time=format_time(local, format="short", locale=locale),
            zone=self("mail.list_separator").join(dict.fromkeys(filter(None, names))),
        )

    def language_name(self, language: str) -> str:
        """What this language calls another: fr → ``anglais`` for ``en``."""
        return tags.name(language, self.language)

    @staticmethod
    def own_name(language: str) -> str:
        """What a language calls itself: ``français``, ``العربية``."""
        return tags.own_name(language)

    def country_name(self, code: str) -> str:
        """What this language calls a country (ISO 3166-1 alpha-2)."""
        return str(locale_of(self.language).territories.get(code, code))

    @staticmethod
    def _partial(partial: PartialDate, locale: Locale) -> str:
        whole = partial.complete()
        if whole:
            return format_date(whole, format="long", locale=locale)
        stand_in = dt.date(partial.year or 2000, partial.month or 1, partial.day or 1)
        if partial.year and partial.month:
            return format_skeleton("yMMMM", stand_in, locale=locale)
        if partial.month and partial.day:
            return format_skeleton("MMMMd", stand_in, locale=locale)
        if partial.month:
            return format_skeleton("MMMM", stand_in, locale=locale)
        return str(partial)


def languages(folders: Iterable[Path] = ()) -> tuple[str, ...]:
    """The languages that have interface texts, sorted."""
    return tuple(
        sorted({path.name for folder in _folders(folders) for path in folder.glob("*") if path.is_dir()})
    )


def load(language: str, folders: Iterable[Path] = ()) -> Texts:
    """The texts of a language; keys that it lacks come from its parent (``fr-ca`` → ``fr``), then English.

    ``folders`` are a newsroom's own ``templates`` folders, the last one winning. Raises ConfigError naming
    the file for broken TOML, and for a text with other places than the one that it replaces.
    """
    table: dict[str, Any] = {}
    written_in: dict[str, str] = {}
    for code in dict.fromkeys((FALLBACK, *lineage(language))):
        for folder in _folders(folders):
            for path in sorted((folder / code).glob("*.toml")):
                try:
                    part = tomllib.loads(path.read_text("utf-8"))
                except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                    raise ConfigError(
                        f"broken texts: {error}", file=path, remedy="Correct the TOML"
                    ) from error
                for key, value in part.items():
                    name = f"{path.stem}.{key}"
                    _require_usable(value, name, table.get(name), path)
                    table[name], written_in[name] = value, code
    return Texts(language, table, written_in)


def _require_usable(value: Any, name: str, model: Any, path: Path) -> None:
    """Raises ConfigError for a stray brace, or a ``{place}`` that the text it replaces does not have."""
    try:
        unknown = _places(value) - _places(model) if model is not None else set()
    except ValueError as error:
        raise ConfigError(
            f"the text {name} cannot be used: {error}", file=path, remedy="A brace itself is {{ or }}"
        ) from error
    if unknown:
        raise ConfigError(
            f"the text {name} has an unknown place {{{min(unknown)}}}",
            file=path,
            remedy="Use " + (", ".join(f"{{{place}}}" for place in sorted(_places(model))) or "none"),
        )


def _places(value: Any) -> set[str]:
    """The names in braces of a text or of its plural forms."""
    forms = value.values() if isinstance(value, Mapping) else (value,)
    return {
        field for form in forms for _, field, _, _ in string.Formatter().parse(str(form)) if field is not None
    }


def _folders(overrides: Iterable[Path]) -> list[Path]:
    return [resources.folder("templates") / "texts", *(folder / "texts" for folder in overrides)]
