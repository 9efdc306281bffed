"""The words and patterns of ``vocabulary.toml``, read once."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_SEPARATORS = re.compile(r"\s+\|\s+|\n")


@cache
def _tables(name: str) -> dict[str, dict[str, str]]:
    with (_FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def table(file: str, section: str) -> dict[str, str]:
    """A section of ``<file>.toml``: language → its entries as written; empty where there is none."""
    return _tables(file).get(section, {})


def _entries(section: str) -> list[str]:
    return [
        entry.strip()
        for text in _tables("vocabulary")[section].values()
        for entry in _SEPARATORS.split(text)
        if entry.strip()
    ]


def words(section: str) -> frozenset[str]:
    """The words of a section, in every language."""
    return frozenset(_entries(section))


def alternatives(section: str) -> str:
    """A section's patterns as one group for a regular expression."""
    return (
        "(?:"
        + "|".join(entry.replace(" ", "[ \u00a0]").replace("'", "['’]") for entry in _entries(section))
        + ")"
    )
