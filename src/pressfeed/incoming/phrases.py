"""What servers and people write, in many languages: ``phrases.toml``, loaded once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pressfeed.incoming.letter import fold


@cache
def load() -> Mapping[str, tuple[str, ...]]:
    """The phrases of each group, folded."""
    data = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text("utf-8"))
    return {
        group: tuple(fold(phrase) for phrases in languages.values() for phrase in phrases)
        for group, languages in data.items()
    }


def says(group: str, folded: str) -> bool:
    """Whether a folded text has one of the phrases of a group."""
    return any(phrase in folded for phrase in load()[group])
