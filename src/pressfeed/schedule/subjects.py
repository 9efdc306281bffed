"""Which places the subject pattern of a bulletin may have (pure; filled by ``pressfeed.digest.subject``)."""

from __future__ import annotations

import string
from pathlib import Path

from pressfeed.errors import ConfigError

PLACES = ("bulletin", "count", "date", "headline", "newsroom", "region")


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
