"""Language tags (RFC 5646): how they are written here, and what CLDR knows about each (pure; through Babel).

Tags are compared without regard to case (section 2.1.1), so there is one spelling in store and addresses:
lower case, with hyphens. CLDR knows fewer languages than there are: what it does not have comes from the
parent language (RFC 4647 section 3.4: drop the last part, look again), at last from English.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Babel takes its time, and most commands need no language
    from babel import Locale

FALLBACK = "en"

_LONGEST = 35  # characters that all software is to take, RFC 5646 section 4.4.1
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<territory>[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*\Z"
)
_RIGHT_TO_LEFT = frozenset(
    {"Adlm", "Arab", "Aran", "Armi", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}
)


def tag(text: str) -> str:
    """A language tag as it is written here: ``pt_BR`` → ``pt-br``; "" for what is none.

    A language that CLDR has heard of, script, territory, variants. Extensions and private use name nothing
    that readers choose, and are refused.
    """
    code = text.strip().lower().replace("_", "-")
    match = _TAG.match(code)
    return code if match and len(code) <= _LONGEST and is_language(match["language"]) else ""


@cache
def is_language(code: str) -> bool:
    """Whether CLDR has a name for a language (ISO 639, two or three small letters), or data under another."""
    from babel import Locale

    return code in Locale(FALLBACK).languages or _parse(code) is not None


def lineage(language: str) -> tuple[str, ...]:
    """A tag after those that it narrows: ``zh-hant-hk`` → ``zh``, ``zh-hant``, ``zh-hant-hk``."""
    parts = language.split("-")
    return tuple("-".join(parts[:end]) for end in range(1, len(parts) + 1))


@cache
def locale_of(language: str) -> Locale:
    """CLDR's locale for texts in a language: its own, its parent's, or English for one that CLDR lacks."""
    from babel import Locale

    return _nearest(language) or Locale(FALLBACK)


def name(language: str, speaker: str) -> str:
    """What one language calls another (``pt-br`` in French: ``portugais (Brésil)``), else the tag."""
    locale = _nearest(language)
    names = locale_of(speaker).languages
    if locale is not None and _is_exactly(language, locale) and locale.language in names:
        return locale.get_display_name(locale_of(speaker)) or language
    primary = language.partition("-")[0]
    known = names.get(primary)
    if known is None or language == primary:
        return known or language
    return f"{known} ({language})"


@cache
def own_name(language: str) -> str:
    """What a language calls itself: ``français``, ``português (Brasil)``; its tag where CLDR cannot say."""
    return name(language, language) if _nearest(language) else language


@cache
def direction(language: str) -> str:
    """The writing direction of a language, as HTML's ``dir`` wants it: ``ltr`` or ``rtl``.

    That of the script that the tag names, or of the one that the language is most likely written in there.
    """
    primary, script, territory = _parts(language)
    script = script or _likely(primary, territory)[0]
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


@cache
def with_territory(language: str) -> str:
    """``language_TERRITORY`` as Open Graph writes it: ``fr`` → ``fr_FR``; ``mul`` where none is likely."""
    primary, script, territory = _parts(language)
    territory = territory or _likely(primary, script)[1]
    return f"{primary}_{territory}" if len(territory) == 2 else primary


def _likely(primary: str, more: str) -> tuple[str, str]:
    """The script and territory that CLDR takes a language to be of, given one of them; "" for unknown."""
    from babel.core import get_global

    subtags = get_global("likely_subtags")
    full = subtags.get(f"{primary}_{more}") or subtags.get(primary) or "__"
    _, script, territory = full.split("_")
    return script, territory


def _parts(language: str) -> tuple[str, str, str]:
    """Language, script and territory in CLDR's spelling, "" for those that a tag does not name."""
    match = _TAG.match(language.lower().replace("_", "-"))
    if match is None:
        return "", "", ""
    return match["language"], (match["script"] or "").title(), (match["territory"] or "").upper()


@cache
def _nearest(language: str) -> Locale | None:
    """The locale of a tag or of the nearest that it narrows; None where CLDR has nothing of the language."""
    parts = _parts(language)
    tries = ("_".join(filter(None, parts[:end])) for end in (3, 2, 1))
    return next((locale for identifier in tries if (locale := _parse(identifier))), None)


def _parse(identifier: str) -> Locale | None:
    from babel import Locale, UnknownLocaleError

    if identifier[:3] in ("", "und"):  # undetermined; Babel would take it for American English
        return None
    try:
        return Locale.parse(identifier)
    except (UnknownLocaleError, ValueError):
        return None


def _is_exactly(language: str, locale: Locale) -> bool:
    """Whether a locale says everything that a tag says: not ``fr`` for ``fr-zz``."""
    primary, script, territory = _parts(language)
    said = len(list(filter(None, (primary, script, territory))))
    return (
        locale.language == primary
        and script in ("", locale.script)
        and territory in ("", locale.territory)
        and said == len(language.split("-"))
    )
