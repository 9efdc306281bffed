"""Who a contact block names: person, office or function, telephone numbers, e-mail address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pressfeed.domain import Contact
from pressfeed.intake import names, vocabulary
from pressfeed.intake.contacts import EMAIL, INTRO, INTRO_END, LABEL, OFFICE_INTRO, PHONE, SURE_PHONE, salvage
from pressfeed.intake.dates import fold
from pressfeed.intake.text import one_line

OFFICES = vocabulary.words("offices")
TITLES = vocabulary.words("titles")
HONORIFICS = vocabulary.words("honorifics")
PARTICLES = vocabulary.words("name_particles")
_YEARS = re.compile(r"(?:1[89]|20)\d\d ?[-–/] ?(?:1[89]|20)?\d\d\Z|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\Z")
_SPLIT = re.compile(r"[,;|•\t،，；、]| [–—-] |(?<=\S) / (?=\S)")
_CONNECTOR = re.compile(
    r" (?:at|au|aux|à(?: la)?|in|en|from|of|chez|with|de|du|del|de la|de los|à l['’]|de l['’]"
    r"|from the|at the|of the|في|из|в) ?"
)
_PLACE_PREFIX = re.compile(
    r"(?:in|en|a|à|at|from|depuis|desde|في|в) (?=[A-ZÀ-ÝА-Я\u0600-\u06ff])", re.IGNORECASE
)
_JOINED = re.compile(r"(?:or|and|ou|et|o|y|e|и|или|أو|و)(?:[ \u00a0](?:to|à|a|au))?[ \u00a0]+", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:[ \u00a0,](?:at|on|by|via|or|and|au|à|al|en|par|ou|et|o|y|a|through|sur|على|по))+\Z", re.I
)
_LEAD_ARTICLE = re.compile(r"(?:le|la|les|the|el|los|las|l['’]|our|notre|nuestro|nuestra)[ ]?", re.IGNORECASE)


@dataclass
class _Entry:
    name: str = ""
    roles: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    email: str = ""

    @property
    def reachable(self) -> bool:
        return bool(self.phones or self.email)

    def contact(self) -> Contact | None:
        role = ", ".join(dict.fromkeys(role for role in self.roles if role))
        if not self.reachable and not self.name:
            return None
        return Contact(self.name, role, ", ".join(dict.fromkeys(self.phones)), self.email)


def read(lines: Sequence[str], language: str) -> list[Contact]:
    """The contacts that the lines of a block name, in order; a person named twice comes once."""
    entries = [_Entry()]
    for line in lines:
        fields = list(_fields(_without_intro(line)))
        for position, (kind, value) in enumerate(fields):
            _take(entries, kind, value, language, fresh_line=position == 0, later=fields[position + 1 :])
    found = [contact for entry in entries if entry.reachable and (contact := entry.contact())]
    return list({(contact.name, contact.email or contact.phone): contact for contact in found}.values())


def _without_intro(line: str) -> str:
    """A line without its opening words; an office that opens it stays."""
    line = salvage(line).strip(" *_•-–\u00a0")
    found = INTRO.match(line)
    if not found or OFFICE_INTRO.match(line):
        return line
    first = EMAIL.search(line) or SURE_PHONE.search(line) or LABEL.search(line, found.end())
    limit = first.start() if first else len(line)
    ends = [match.end() for match in INTRO_END.finditer(line, found.start(), limit)]
    # The first verb or colon closes the opening; "contact :" is both.
    for end in ends:
        rest = line[end:].lstrip(" \u00a0:：")
        if rest:
            return rest
    return "" if first is None else line[limit:]


def _fields(line: str) -> Iterator[tuple[str, str]]:
    """A line as (kind, value): ``email``, ``phone``, ``text``, ``office`` (text before a colon)."""
    hits = sorted(
        (match.start(), order, match)
        for order, pattern in enumerate((EMAIL, PHONE, LABEL))
        for match in pattern.finditer(line)
    )
    position, is_fax = 0, False
    for start, order, match in hits:
        if start < position:
            continue
        yield from _texts(line[position:start])
        position = match.end()
        if order == 2:
            is_fax = bool(match["fax"])
            continue
        if order == 0:
            yield "email", match[0].rstrip(".")
        elif sum(character.isdigit() for character in match[0]) >= 7 and not _YEARS.match(match[0].strip()):
            if not is_fax:
                yield "phone", _balanced(match[0].strip())
        else:
            yield from _texts(match[0])
        is_fax = False
    yield from _texts(line[position:])


def _balanced(phone: str) -> str:
    return phone if phone.count("(") == phone.count(")") else phone.strip("()").strip()


def _texts(text: str) -> Iterator[tuple[str, str]]:
    before, colon, after = text.partition(":") if ":" in text else text.partition("：")
    if colon and before.strip(" ,;.-"):
        for part in _SPLIT.split(before):
            if value := _tidy(part):
                yield "office", value
        text = after
    elif colon:
        text = after
    for part in _SPLIT.split(text):
        if value := _tidy(part):
            yield "text", value


_WEB = re.compile(r"(?:https?://|www\.)\S+(?: (?:or|ou|o|и|أو) (?:contact\w*|comun\w+))?", re.IGNORECASE)
_EDGES = ' .,:;–—-*_"“”/|[]'


def _tidy(part: str) -> str:
    """A piece of text without the words that only join it to its neighbours."""
    value = _WEB.sub("", one_line(part)).strip(_EDGES)
    value = _JOINED.sub("", value, count=1) if _JOINED.match(value) else value
    value = _TAIL.sub("", f" {value}").strip(_EDGES)
    if value.startswith("(") and value.endswith(")"):
        value = value[1:-1]
    if re.search(r"(?:^|[ .])[A-Z]\.[A-Z]\Z", value):
        value += "."  # Washington D.C.
    return value if any(character.isalpha() for character in value) else ""


def _take(
    entries: list[_Entry],
    kind: str,
    value: str,
    language: str,
    *,
    fresh_line: bool,
    later: list[tuple[str, str]],
) -> None:
    entry = entries[-1]
    if kind == "email":
        if entry.email and entry.email.lower() != value.lower():
            entry = _Entry(roles=list(entry.roles))
            entries.append(entry)
        entry.email = entry.email or value
    elif kind == "phone":
        entry.phones.append(value)
    else:
        # "M. Dupont : dupont@x.org" names a person before the colon, "OIM Dakar : M. Dupont" an office.
        is_office = kind == "office" and any(other == "text" for other, _ in later)
        name, role = ("", _as_role(value)) if is_office else _name_and_role(value, language)
        reached_later = any(other in ("email", "phone") for other, _ in later)
        begins = bool(name) or kind == "office" or (fresh_line and (bool(entry.email) or reached_later))
        if entry.reachable and begins:
            entry = _Entry()
            entries.append(entry)
        if name and entry.name:
            role, name = f"{name}, {role}" if role else name, ""
        entry.name = entry.name or name
        if role:
            entry.roles.append(role)


def _name_and_role(value: str, language: str) -> tuple[str, str]:
    """A piece of text as (person, office or function), either of them empty."""
    prefix = _PLACE_PREFIX.match(value)
    if prefix and names_place(value[prefix.end() :], language):
        return "", value[prefix.end() :]
    if value.endswith(")") and " (" in value:
        before, _, inside = value[:-1].rpartition(" (")
        if is_person(before, language):
            return before, inside
    if is_person(value, language):
        return value, ""
    for connector in _CONNECTOR.finditer(value):
        if is_person(value[: connector.start()], language):
            return value[: connector.start()], _as_role(value[connector.end() :])
    return _name_at_end(value, language)


def _name_at_end(value: str, language: str) -> tuple[str, str]:
    """``IOM spokesperson Paul Dillon``: a function, then a name."""
    tokens = value.split()
    if any(token.lower().strip(",.") in TITLES for token in tokens):
        for start in range(max(len(tokens) - 4, 1), len(tokens) - 1):
            name = " ".join(tokens[start:])
            if is_person(name, language):
                return name, _as_role(" ".join(tokens[:start]))
    return "", _as_role(value)


def _as_role(value: str) -> str:
    if prefix := _PLACE_PREFIX.match(value):
        value = value[prefix.end() :]
    return _LEAD_ARTICLE.sub("", value, count=1) if _LEAD_ARTICLE.match(value) else value


def names_place(value: str, language: str) -> bool:
    """Whether the whole of a text is a place's name."""
    return any(
        mention.start == 0 and mention.end >= len(value.rstrip(" .)"))
        for mention in names.places(language).find(value)
    )


def is_person(text: str, language: str) -> bool:
    """Whether a text looks like a person's name: two to five capitalised words, none of them an office's."""
    tokens = text.replace("\u00a0", " ").split()
    if tokens and tokens[0].lower().strip(".") in HONORIFICS:
        tokens = tokens[1:]
    if len(text) > 60 or any(character in "0123456789@/&" for character in text) or not tokens:
        return False
    if "\u3400" <= text[0] <= "\u9fff":
        return 2 <= len(text) <= 12 and not any(word in text for word in OFFICES if word[0] >= "\u3400")
    if not 2 <= len(tokens) <= 5 or any(
        fold(part) in OFFICES for token in tokens for part in re.split(r"[-.]", token)
    ):
        return False
    caseless = not (text[0].isupper() or text[0].islower())
    for token in tokens:
        if not all(character.isalpha() or character in "-'’." for character in token):
            return False
        if not caseless and not token[0].isupper() and token.lower() not in PARTICLES:
            return False
        if token.isupper() and 2 <= len(token) <= 5 and "." not in token and not text.isupper():
            return False  # an acronym
    return (caseless or tokens[-1][0].isupper()) and not names_place(text, language)
