"""The subject of a digest: a pattern filled, cleaned and cut."""

from __future__ import annotations

from collections.abc import Mapping

from pressfeed.digest import prose
from pressfeed.schedule.subjects import PLACES, check

__all__ = ["LIMIT", "PLACES", "check", "compose"]

LIMIT = 150  # mailboxes show 40 to 90 characters; what comes after is for search
_LEAST_HEADLINE = 40


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
