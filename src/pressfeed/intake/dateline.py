"""Datelines: ``New York – …``, ``Banjul, 25 juillet Le …``, ``(Nairobi) 12 March 2024 — …``, ``Niger - …``.

A dateline comes off the body only where place and date say all of it; ``GENEVA (IOM) –`` stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pressfeed.domain import PartialDate
from pressfeed.intake import dates, names, vocabulary
from pressfeed.intake.text import starts_sentence, words

_REACH = 160  # characters in which a dateline must end
_DASH = re.compile(
    r"[ \u00a0]*(?:[–—―‒]{1,2}|--|(?<=[ \u00a0])-(?=[ \u00a0])|(?<=[\w).])-(?=[ \u00a0])"
    r"|(?<=[ \u00a0])-(?=[^\W\d_a-z]))[ \u00a0]*"
)
_COLON = re.compile(r"[ \u00a0]?:[ \u00a0]+")
_AGENCY = re.compile(r"\((?:[A-ZÀ-Ý]{2,10}(?:/[A-ZÀ-Ý]{2,10})?)\)")
_BETWEEN_PLACES = re.compile(
    r"[/;·|]|[ \u00a0][-–—][ \u00a0]|[,،，、]|\b(?:and|et|und)\b|[ \u00a0](?:y|e|и|و)[ \u00a0]"
)
_PARTICLES = vocabulary.words("place_particles")
_ARTICLES = vocabulary.words("articles")
_NO_PLACE = vocabulary.words("no_place")
_FILLERS = re.compile(r"\b(?:le|el|la|on|den|vom|г|года|du|del|de)\b\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dateline:
    """A dateline found at the start of a paragraph; its first ``length`` characters are the dateline."""

    place: str
    date: PartialDate | None
    length: int
    separable: bool  # whether place and date say everything that it says


def find(paragraph: str, language: str) -> Dateline | None:
    """The dateline that a first paragraph begins with, or None."""
    head = paragraph[:_REACH]
    separators = [*_DASH.finditer(head)][:3]
    for match in reversed(separators):
        rest = paragraph[match.end() :]
        found = _parse(head[: match.start()], rest, language, dashed=True)
        if found and rest.strip():
            return Dateline(found[0], found[1], match.end(), found[2])
    colon = _COLON.search(head)
    if colon:
        rest = paragraph[colon.end() :]
        found = _parse(head[: colon.start()], rest, language, dashed=False)
        if found and found[0] and found[1] and rest.strip():
            return Dateline(found[0], found[1], colon.end(), found[2])
    return _without_dash(paragraph, head, language)


def whole(line: str, language: str) -> tuple[str, PartialDate | None] | None:
    """A line that is a dateline and nothing else: ``Geneva, 12 March 2024``, or one known place."""
    if len(line) > 100:
        return None
    line = line.strip(" –—-.")
    found = _parse(line, "", language, dashed=False)
    if found and found[2] and found[0] and (found[1] or _is_known(found[0], language, 1.0)):
        return found[0], found[1]
    return None


def _without_dash(paragraph: str, head: str, language: str) -> Dateline | None:
    """``Banjul, 25 juillet Le Réseau``: place and date, then a sentence begins at once."""
    for date in dates.find(head, language):
        tail = re.compile(r"[ \u00a0]*[.,:،，]?[ \u00a0]+|[.:][ \u00a0]*|(?<=[日号])[ \u00a0]*").match(
            head, date.end
        )
        if not tail:
            continue
        rest = paragraph[tail.end() :]
        place = head[: date.start]
        # Where the script has no case, only the comma before the date tells a dateline from a sentence.
        if not starts_sentence(rest) or (rest[0].isdigit()) or not place.strip():
            continue
        if not place.rstrip(" \u00a0").endswith((",", "،", "，", ")", ", le", ", el", ",le")):
            continue
        found = _parse(head[: date.end], rest, language, dashed=False)
        if (
            found
            and found[0]
            and (rest[:1].isupper() or not rest[:1].isalpha() or _is_known(found[0], language))
        ):
            return Dateline(found[0], found[1], tail.end(), found[2])
        return None
    return None


def _parse(
    prefix: str, rest: str, language: str, *, dashed: bool
) -> tuple[str, PartialDate | None, bool] | None:
    """What stands before the separator as (place, date, whether that is all); None for a sentence."""
    text, complete = prefix.strip(" \u00a0"), True
    agency = _AGENCY.search(text)
    if agency and not _is_known(agency[0].strip("()"), language):
        text, complete = f"{text[: agency.start()]} {text[agency.end() :]}", False
    date = next(dates.find(text, language), None)
    if date:
        # A dateline ends with its date or begins with it; in between stands only punctuation.
        before, after = text[: date.start], text[date.end :]
        before, after = _without_weekday(before), _without_weekday(after)
        text = _FILLERS.sub("", after) if not before.strip(" ,،(") else before
        if before.strip(" ,،(") and re.sub(r"\W", "", _FILLERS.sub("", after)):
            return None
        text = re.sub(r"[ ,،，]+(?:le|el|on|den|vom)\Z", "", text.strip(" ,،，"), flags=re.IGNORECASE)
    place = _unwrap(text.strip(" \u00a0,،，;:.–—-/" if not text.strip().endswith(("D.C.", "N.Y.")) else " ,"))
    if not place:
        return ("", date.date, complete) if date and date.date.complete() and dashed else None
    if len(place) > 90 or any(character.isdigit() for character in place) or not _looks_like_places(place):
        return None
    if rest and not date and not (dashed and starts_sentence(rest)):
        return None
    if _is_known(place, language):
        return place, date.date if date else None, complete
    if date:
        return (place, date.date, complete) if place.split()[0].lower() not in _NO_PLACE else None
    return (place, None, complete) if dashed and _may_be_unknown_place(place) else None


def _without_weekday(text: str) -> str:
    """``Genève, le vendredi`` → ``Genève``; ``Santo Domingo`` stays, though *domingo* is Sunday."""
    place, comma, last = text.rstrip(" ,،").rpartition(",")
    day = _FILLERS.sub("", last).strip(" ()")
    return place if dates.is_weekday(day) and (comma or not place) else text


def _unwrap(text: str) -> str:
    if text.startswith("(") and text.endswith(")") and text.count("(") == 1:
        return text[1:-1].strip()
    if text.startswith("(") and ")" not in text:
        return text[1:].strip()
    return text.rstrip("(").strip()


def _looks_like_places(text: str) -> bool:
    """Capitalised names of up to five words each, with nothing but particles between their words."""
    parts = [part.strip(" \u00a0()") for part in _BETWEEN_PLACES.split(text)]
    return 0 < len(parts) <= 8 and all(_looks_like_place(part) for part in parts if part)


def _looks_like_place(part: str) -> bool:
    tokens = part.split()
    if not 0 < len(tokens) <= 6 or words(part) > 6:
        return False
    if not part[0].isalpha() or part[0].islower() or part.endswith(("!", "?", "”", "»")):
        return False
    return all(
        not token[0].islower()
        or token.lower().rstrip(".") in _PARTICLES
        or token[:2] in ("l'", "d'", "l’", "d’")
        for token in tokens
    )


def _may_be_unknown_place(place: str) -> bool:
    """A place that no list has: short, no article in front, in a script where capitals show a name."""
    first = place.split(None, 1)[0].lower()
    if first in _ARTICLES or first in _NO_PLACE or first[:2] in ("l'", "l’", "d'", "d’"):
        return False
    return place[0].isupper() and len(place.split()) <= 4


def _is_known(place: str, language: str, share: float = 0.75) -> bool:
    """Whether countries or cities that are known make up most of what is written."""
    covered = sum(mention.end - mention.start for mention in names.places(language).find(place))
    return covered > 0 and covered >= share * len(re.sub(r"\W", "", place))
