"""Reading an operator's TOML file key by key: every complaint names file, line and remedy.

A *check* is a function that takes a TOML value and gives back the checked one, or raises ``Invalid``. A
``Table`` applies checks to its keys, remembers which keys were asked for, and refuses the others when closed.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pressfeed import toml
from pressfeed.errors import ConfigError
from pressfeed.languages import tag

T = TypeVar("T")
D = TypeVar("D")
Check = Callable[[object], T]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Invalid(ValueError):
    """A value that will not do. ``at`` is the path to it below the value that was checked."""

    def __init__(self, message: str, remedy: str, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.at = at


class Document:
    """One TOML file: its text for line numbers, its data, and the keys that were asked for."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self.asked: set[str] = set()  # dotted, without the indices of arrays
        try:
            self.data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            message = str(error)
            where = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", message)
            line = int(where[1]) if where and where[1] else text.count("\n") + 1
            reason = message.replace(where[0], "") if where else message
            raise ConfigError(
                f"this is not TOML: {reason[:1].lower()}{reason[1:]}",
                remedy='Texts stand in "quotes", lists in [brackets]; a # begins a comment',
                file=file,
                line=line,
            ) from error

    @classmethod
    def read(cls, file: Path) -> Document:
        """The file's content; ConfigError where it cannot be read, is not UTF-8 or not TOML."""
        try:
            return cls(file, file.read_text("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise ConfigError(
                "this is not UTF-8 text", remedy="Save it as UTF-8", file=file, line=line
            ) from error
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise ConfigError(reason, remedy="Check the file and its permissions", file=file) from error

    @property
    def root(self) -> Table:
        return Table(self, (), self.data)

    def error(self, message: str, remedy: str, path: tuple[str | int, ...] = ()) -> ConfigError:
        """A complaint about the value at path, with its line."""
        return ConfigError(message, remedy=remedy, file=self.file, line=toml.line_of(self.text, path))


class Table:
    """One table of a document. Ask for every key that it may have, then ``close`` it."""

    def __init__(self, document: Document, path: tuple[str | int, ...], data: Mapping[str, Any]) -> None:
        self._document = document
        self._path = path
        self._data = data
        self._known: list[str] = []

    @property
    def given(self) -> bool:
        """Whether it says anything."""
        return bool(self._data)

    def has(self, key: str) -> bool:
        """Whether a key is given; this does not count as asking for it."""
        return key in self._data

    def error(self, message: str, remedy: str, *keys: str | int) -> ConfigError:
        """A complaint about this table, or about one of its keys."""
        return self._document.error(message, remedy, (*self._path, *keys))

    def take(self, key: str, check: Check[T], default: D) -> T | D:
        """The checked value of a key, or the default where it is not given."""
        self._ask(key)
        return self._checked(key, check) if key in self._data else default

    def require(self, key: str, check: Check[T], remedy: str) -> T:
        """The checked value of a key that must be given."""
        self._ask(key)
        if key not in self._data:
            mistyped = nearest(key, (other for other in self._data if other not in self._known), cutoff=0.75)
            if mistyped:
                raise self._unknown(mistyped)
            raise self.error(f"{key} is missing{self._where()}", remedy)
        return self._checked(key, check)

    def skip(self, key: str) -> None:
        """Allow a key without looking at its value."""
        self._ask(key)

    def table(self, key: str) -> Table:
        """The table below a key; an empty one where it is not given."""
        self._ask(key)
        value = self._data.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"{key} must be a table", f"Write [{key}] on a line of its own", key)
        return Table(self._document, (*self._path, key), value)

    def tables(self, key: str) -> list[Table]:
        """The tables of an array of tables; none where it is not given."""
        self._ask(key)
        value = self._data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(f"{key} must be a list of tables", f"Begin each with a line [[{key}]]", key)
        return [Table(self._document, (*self._path, key, n), item) for n, item in enumerate(value)]

    def close(self) -> None:
        """Refuse the first key that nobody asked for, and say which one may have been meant."""
        for key in self._data:
            if key not in self._known:
                raise self._unknown(key)

    def _unknown(self, key: str) -> ConfigError:
        near = nearest(key.lower().replace("-", "_"), self._known)
        remedy = f"Did you mean {near}?" if near else f"Allowed are {', '.join(self._known)}"
        return self.error(f"unknown key {key}{self._where()}", remedy, key)

    def _checked(self, key: str, check: Check[T]) -> T:
        try:
            return check(self._data[key])
        except Invalid as error:
            raise self.error(f"{key}: {error}", error.remedy, key, *error.at) from error

    def _ask(self, key: str) -> None:
        self._known.append(key)
        self._document.asked.add(".".join(str(part) for part in (*self._path, key) if isinstance(part, str)))

    def _where(self) -> str:
        names = [part for part in self._path if isinstance(part, str)]
        return f" in [{'.'.join(names)}]" if names else ""


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """The word that was probably meant, or nothing."""
    return next(iter(difflib.get_close_matches(word, sorted(words), n=1, cutoff=cutoff)), "")


# ------------------------------------------------------------------------------------------------ checks


def text(value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise Invalid("a text is expected", 'Write it in "quotes"')
    return value.strip()


def number(minimum: float, maximum: float) -> Check[float]:
    """A number within limits, both included."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
            raise Invalid(
                f"{_show(value)} is not a number from {minimum:g} to {maximum:g}",
                "Correct it, without quotes",
            )
        return float(value)

    return check


def integer(minimum: int, maximum: int) -> Check[int]:
    """A whole number within limits, both included."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise Invalid(
                f"{_show(value)} is not a whole number from {minimum} to {maximum}",
                "Correct it, without quotes",
            )
        return value

    return check


def choice(*options: str) -> Check[str]:
    """One of a few words."""

    def check(value: object) -> str:
        if value not in options:
            words = " or ".join(f'"{option}"' for option in options)
            raise Invalid(f"{_show(value)} is not possible", f"Write {words}")
        return str(value)

    return check


def duration(value: object) -> dt.timedelta:
    """A length of time, more than nothing: ``"90s"``, ``"5m"``, ``"1h30m"``, ``"3d"``, ``"2w"``."""
    parts = re.findall(r"(\d+)\s*([smhdw])", value) if isinstance(value, str) else []
    if not isinstance(value, str) or not re.fullmatch(r"(?:\d{1,6}\s*[smhdw]\s*)+", value):
        raise Invalid(f"{_show(value)} is not a length of time", 'Write it like "90s", "5m", "1h30m" or "3d"')
    length = sum((dt.timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), dt.timedelta())
    if not length:
        raise Invalid("a length of time must be more than nothing", 'Write it like "90s", "5m" or "3d"')
    return length


def zone(value: object) -> ZoneInfo:
    """An IANA time zone."""
    if isinstance(value, str) and not value.startswith(("posix", "right", "localtime", "Factory")):
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # absent, not a name, or a folder of zones
    near = nearest(str(value).replace(" ", "_"), available_timezones())
    remedy = f'Did you mean "{near}"?' if near else 'Write the name of an IANA zone, such as "Africa/Dakar"'
    raise Invalid(f"{_show(value)} is not a time zone", remedy)


def language(value: object) -> str:
    """A language tag (RFC 5646) in any case; given back in lower case."""
    code = tag(value) if isinstance(value, str) else ""
    if not code:
        raise Invalid(
            f"{_show(value)} is not a language code", 'Write codes such as "en", "fr", "es", "ar", "pt-br"'
        )
    return code


def many(check: Check[T], *, empty: bool = False, lone: bool = False) -> Check[tuple[T, ...]]:
    """A list of distinct values. ``empty``: it may be empty; ``lone``: a value may stand without brackets."""

    def check_all(value: object) -> tuple[T, ...]:
        if lone and not isinstance(value, list):
            return (check(value),)
        if not isinstance(value, list) or not (value or empty):
            raise Invalid("a list is expected", 'Write it in brackets: ["…", "…"]')
        found: list[T] = []
        for position, item in enumerate(value):
            try:
                checked = check(item)
            except Invalid as error:
                raise Invalid(str(error), error.remedy, (position, *error.at)) from error
            if checked in found:
                raise Invalid(f"{_show(item)} stands twice", "Remove one of them", (position,))
            found.append(checked)
        return tuple(found)

    return check_all


def per_language(languages: Iterable[str], check: Check[str] = text) -> Check[Mapping[str, str]]:
    """A text for all of ``languages``, or a table with a text for each language."""

    def check_each(value: object) -> Mapping[str, str]:
        if not isinstance(value, dict):
            return MappingProxyType(dict.fromkeys(languages, check(value)))
        texts: dict[str, str] = {}
        for code, item in value.items():
            try:
                known = language(code)
                if known in texts:
                    raise Invalid(f"{known} stands twice", "Remove one of them")
                texts[known] = check(item)
            except Invalid as error:
                raise Invalid(f"{code}: {error}", error.remedy, (code, *error.at)) from error
        if not texts:
            raise Invalid("a text is expected", 'Write "…" or { en = "…", fr = "…" }')
        return MappingProxyType(texts)

    return check_each


def _show(value: object) -> str:
    return (
        f'"{value}"'
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
