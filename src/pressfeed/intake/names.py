"""Which countries, cities and regions a text names, and where: one look-up per word, no big patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from pressfeed.intake import vocabulary
from pressfeed.intake.dates import fold
from pressfeed.languages import locale_of

_WORD = re.compile(r"\w+")
_STRANGERS = 50_000
_HAN = re.compile("[\u3400-\u9fff]")
_GAP = re.compile(r"[ \u00a0\n]?['’‘.\-‑–—]?[ \u00a0\n]?\Z|, \Z")
# CLDR's territories that are no country of their own.
_NOT_COUNTRIES = frozenset(
    {
        "EU",
        "EZ",
        "UN",
        "QO",
        "XA",
        "XB",
        "ZZ",
        "AQ",
        "BV",
        "HM",
        "TF",
        "UM",
        "CP",
        "DG",
        "EA",
        "IC",
        "AC",
        "TA",
        "CQ",
    }
)
# Names that are people's names as well: not counted between other capitals.
_ALSO_PEOPLE = vocabulary.words("also_people")
_NOT_A_FIRST_NAME = vocabulary.words("not_a_first_name")
HEADQUARTERS = "-"  # known, but no country is meant: a seat of the United Nations, the Gulf of Guinea


@dataclass(frozen=True, slots=True)
class Mention:
    """A name found in a text: what it points to (ISO code, region slug, ``-``) and where it stands."""

    start: int
    end: int
    target: str


def entries(section: str, language: str) -> Iterator[tuple[str, str]]:
    """The (code, name) pairs of a section of ``gazetteer.toml``."""
    for line in vocabulary.table("gazetteer", section).get(language, "").splitlines():
        code, _, rest = line.partition(" ")
        for name in rest.split(" | "):
            if name.strip():
                yield code, name.strip()


class Index:
    """Names by their first word; the longest name wins. Case decides unless the script has none."""

    def __init__(self, language: str = "") -> None:
        self._language = language
        self._names: dict[str, list[tuple[tuple[str, ...], bool, str]]] = {}
        self._han: dict[str, list[tuple[str, str]]] = {}
        self._strangers: set[str] = set()  # words that begin no name: most of them, so they are remembered

    def add(self, name: str, target: str, *, lower: bool = False) -> None:
        """Register a name; the first target of a name stays. ``lower``: found in lower case too."""
        name = re.sub(r"\s*[(（][^)）]*[)）]", "", name).strip()
        tokens = tuple(_forms(word, self._language)[0] for word in _WORD.findall(name))
        if not tokens:
            return
        if "\u3400" <= name[0] <= "\u9fff":
            han = self._han.setdefault(name[0], [])
            if not any(known == name for known, _ in han):
                han.append((name, target))
                han.sort(key=lambda item: -len(item[0]))
            return
        self._strangers.clear()
        bucket = self._names.setdefault(tokens[0], [])
        if not any(known == tokens for known, *_ in bucket):
            bucket.append((tokens, lower, target))
            bucket.sort(key=lambda item: -len(item[0]))

    def find(self, text: str) -> Iterator[Mention]:
        """The names in a text, not overlapping, in order."""
        if self._han and not text.isascii() and _HAN.search(text):
            yield from self._find_han(text)
        strangers, known, language = self._strangers, self._names, self._language
        taken = 0
        for match in _WORD.finditer(text):
            word = match[0]
            if word in strangers or match.start() < taken:
                continue
            if not any(key in known for key in _forms(word, language)):
                if len(strangers) > _STRANGERS:
                    strangers.clear()
                strangers.add(word)
                continue
            hit = self._longest(match, text)
            if hit is not None:
                taken = hit.end
                if hit.target:
                    yield hit

    def _longest(self, match: re.Match[str], text: str) -> Mention | None:
        """The longest name that begins at a word; without a target where it is a person's."""
        word, start = match[0], match.start()
        for key in _forms(word, self._language):
            for tokens, lower, target in self._names.get(key, ()):
                if not lower and word[0].islower():
                    continue
                end = self._end_of(tokens, text, match.end())
                if end is None:
                    continue
                if _continues_compound(text, start):
                    return None
                is_person = len(tokens) == 1 and key in _ALSO_PEOPLE and _is_person(text, start, end)
                return Mention(start, end, "" if is_person else target)
        return None

    def _end_of(self, tokens: tuple[str, ...], text: str, end: int) -> int | None:
        """Where a name of several words ends, None where the text goes on with other words."""
        for token in tokens[1:]:
            following = _WORD.search(text, end, end + 80)
            if following is None or token not in _forms(following[0], self._language):
                return None
            if not _GAP.fullmatch(text, end, following.start()):
                return None
            end = following.end()
        return end

    def _find_han(self, text: str) -> Iterator[Mention]:
        position = 0
        while position < len(text):
            for name, target in self._han.get(text[position], ()):
                if text.startswith(name, position):
                    yield Mention(position, position + len(name), target)
                    position += len(name) - 1
                    break
            position += 1


_CASE_ENDING = re.compile(
    r"(?<=...)(?:ыми|ими|ями|ами|ого|его|ому|ему|ых|их|ые|ие|ый|ий|ая|яя|ую|ях|ах|ям|ам|ем|ом|ей|ой|ью|[аяыиеуюоьй])\Z"
)


@lru_cache(maxsize=50_000)
def _forms(word: str, language: str) -> tuple[str, ...]:
    """What a word is looked up as: folded; in Russian without its case ending; in Arabic also without the
    particles that are written together with it."""
    if language == "ru" and len(word) > 3:
        return (_CASE_ENDING.sub("", word.casefold().replace("ё", "е")),)
    if language == "ar":
        return _arabic_forms(fold(word))
    return (fold(word),)


def _arabic_forms(key: str) -> tuple[str, ...]:
    forms = [key]
    for prefix in ("و", "ب", "ل", "ف", "ك", "وب", "ول"):
        if key.startswith(prefix) and len(key) > len(prefix) + 2:
            rest = key[len(prefix) :]
            forms.append(rest)
            if rest.startswith("ل") and prefix.endswith("ل"):
                forms.append("ا" + rest)  # ل + ال is written لل
    return tuple(forms)


def _continues_compound(text: str, start: int) -> bool:
    """Whether a word is the end of another compound, as in Papouasie-Nouvelle-Guinée."""
    return start > 1 and text[start - 1] in "-‑" and text[start - 2].isalpha()


def _is_person(text: str, start: int, end: int) -> bool:
    """*Jordan Smith*, *Michael Jordan*: such a name between other capitals is a person's."""
    before = re.search(r"(\w{1,30}) \Z", text[max(start - 32, 0) : start])
    if before and before[1][0].isupper() and fold(before[1]) not in _NOT_A_FIRST_NAME:
        return True
    after = re.match(r" (\w+)", text[end : end + 30])
    return bool(after and after[1][0].isupper() and fold(after[1]) not in _NOT_A_FIRST_NAME)


def country_index(language: str) -> Index:
    """A new index of the countries, for names to be added to."""
    locale = locale_of(language)
    base = locale.language
    index = Index(base)
    for code, name in entries("aliases", base):
        index.add(name, code, lower=code == HEADQUARTERS)
    for code, name in locale.territories.items():
        if len(code) == 2 and code not in _NOT_COUNTRIES:
            index.add(name, code)
    for code, name in entries("demonyms", base):
        for form in _endings(name, base):
            index.add(form, code, lower=True)
    return index


@cache
def places(language: str) -> Index:
    """Countries and cities that a dateline may name, in the release's language and in English."""
    return place_index(language)


def place_index(language: str) -> Index:
    """A new index of countries and cities, for names to be added to."""
    index = Index(locale_of(language).language)
    for code, name in entries("cities", "any"):
        index.add(name, code)
    for locale in dict.fromkeys((locale_of(language), locale_of("en"))):
        for code, name in _zone_cities(locale):
            index.add(name, code)
        for code, name in entries("aliases", locale.language):
            index.add(name, code)
        for code, name in locale.territories.items():
            if len(code) == 2 and code not in _NOT_COUNTRIES:
                index.add(name, code)
    return index


def _zone_cities(locale: Locale) -> Iterator[tuple[str, str]]:
    """Time zones are called after cities, most capitals among them; CLDR has their names in each language."""
    for zone, code in get_global("zone_territories").items():
        if "/" in zone and code != "001" and not zone.startswith(("Etc/", "Antarctica/")):
            own = locale.time_zones.get(zone, {}).get("city")
            yield code, own or zone.rsplit("/", 1)[-1].replace("_", " ")


def _endings(name: str, language: str) -> Iterable[str]:
    """The forms of an adjective: ``syrien*`` → syrien, syriens, syrienne, syriennes."""
    if not name.endswith("*"):
        return (name,)
    stem = name[:-1]
    if language == "fr":
        feminine = f"{stem}ne" if stem.endswith("n") and not stem.endswith(("an", "ain")) else f"{stem}e"
        return (stem, f"{stem}s", feminine, f"{feminine}s")
    return (stem, f"{stem}s")
