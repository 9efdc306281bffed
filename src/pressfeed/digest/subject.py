"""The subject of a digest: a pattern filled, cleaned and cut."""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

from pressfeed.digest import prose
from pressfeed.errors import ConfigError

PLACES = ("bulletin", "count", "date", "headline", "newsroom", "region")
LIMIT = 150  # mailboxes show 40 to 90 characters; what comes after is for search
_LEAST_HEADLINE = 40


def check(pattern: str, *, file: Path | str | None = None, line: int | None = None) -> None:
    """Raises ConfigError, at file and line, for a pattern with an unknown place or a stray brace."""
    where = f"in the subject “{pattern}”"
    remedy = "Use " + ", ".join(f"{{{place}}}" for place in PLACES) + "; a brace itself is {{ or }}"
    try:
        fields = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise ConfigError(f"{error} {where}", remedy=remedy, file=file, line=line) from error
    for _, name, specification, conversion in fields:
        if name is not None and (name not in PLACES or specification or conversion):
            raise ConfigError(f"unknown place {{{name}}} {where}", remedy=remedy, file=file, line=line)
    if not pattern.strip():
        raise ConfigError("the subject is empty", remedy=remedy, file=file, line=line)


def compose(pattern: str, values: Mapping[str, object]) -> str:
    """The subject: one line of at most LIMIT characters, NFC, nothing invisible in it.

    ``values`` has one value for each of PLACES. A long headline is cut before anything else is, so that what
    follows it ("and 3 more") is still read.
    """
    check(pattern)
    plain = {place: prose.bare_line(str(values[place])) for place in PLACES}
    around = prose.bare_line(pattern.format_map({**plain, "headline": ""}))
    plain["headline"] = prose.cut(plain["headline"], max(LIMIT - prose.size(around), _LEAST_HEADLINE))
    return prose.cut(prose.bare_line(pattern.format_map(plain)), LIMIT) or plain["bulletin"]
