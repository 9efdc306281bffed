"""What readers must have been told by now: a model that knows nothing of editions, variants or deliveries.

It knows stories, their translations, and readers with what they have, what is on its way to them and what
they are owed. ``Readers`` is told what happens; of each mail that arrives it says whether that had to come.
"""

from __future__ import annotations

import datetime as dt
import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import policy

BULLETINS = {"global/daily": ("en", "fr"), "global/evening": ("ar", "en")}  # their fallback first
PATIENCE = dt.timedelta(hours=2)  # so long an edition waits for a release that went under embargo again

_NOTICES = {
    "Correction": "correction",
    "Rectificatif": "correction",
    "تصويب": "correction",
    "Withdrawn": "withdrawal",
    "Communiqué retiré": "withdrawal",
    "بيان مسحوب": "withdrawal",
}
_PART = re.compile(r"^(?:(\d+)\.|([^\n:]+?)\s?:) story(\d+) (en|fr|ar)(?: v(\d+))?\s*?\n=", re.MULTILINE)
_MARKS = str.maketrans("", "", "\u2066\u2067\u2068\u2069\u200e\u200f")  # of scripts that are mixed


@dataclass
class Text:
    """One translation of a story."""

    release: int
    embargo: dt.datetime | None = None
    version: int = 1
    silent: bool = False  # nobody was told of the newest version
    withdrawn: bool = False

    def public(self, now: dt.datetime) -> bool:
        return not self.withdrawn and (self.embargo is None or self.embargo <= now)


@dataclass(frozen=True)
class Planned:
    """A story that is on its way to somebody."""

    language: str
    bulletin: str
    at: dt.datetime


@dataclass
class Given:
    """A story that somebody has, in the newest version that reached them."""

    language: str
    version: int
    bulletin: str


@dataclass(frozen=True)
class Notice:
    """What somebody is told of a story that they have. ``bulletin`` is "" where that is open."""

    kind: str
    version: int
    bulletin: str = ""


@dataclass
class Reader:
    """Somebody, with what they have, what is on its way to them, and what they are owed, by story."""

    name: str
    languages: tuple[str, ...]
    bulletins: set[str]
    paused_until: dt.datetime | None = None
    given: dict[int, Given] = field(default_factory=dict)
    planned: dict[int, Planned] = field(default_factory=dict)
    coming: dict[int, Notice] = field(default_factory=dict)  # in a mail of its own
    brought: dict[int, Notice] = field(default_factory=dict)  # at the top of a bulletin that is on its way
    owed: dict[int, Notice] = field(default_factory=dict)  # with the next bulletin, whichever that is
    postponed: set[int] = field(
        default_factory=set
    )  # owed, and under embargo when the last bulletin was planned

    def wants(self, bulletin: str, now: dt.datetime) -> bool:
        return bulletin in self.bulletins and not self.pauses(now)

    def pauses(self, now: dt.datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now


@dataclass(frozen=True)
class Part:
    """What a mail says of one story. ``notice`` is "" where it tells the story itself."""

    notice: str
    story: int
    language: str
    version: int


def read(message: bytes) -> tuple[str, list[Part]]:
    """The bulletin that a mail is from, and what it says."""
    parsed = email.message_from_bytes(message, policy=policy.default)
    plain = parsed.get_body(("plain",))
    assert plain is not None
    text = plain.get_content().translate(_MARKS)
    parts = [
        Part(_NOTICES[label] if label else "", int(story), language, int(version or 1))
        for _, label, story, language, version in _PART.findall(text)
    ]
    assert parts, text
    (bulletin,) = (key for key in BULLETINS if f"<{key.replace('/', '.')}." in parsed["List-Id"])
    return bulletin, parts


class Readers:
    """The readers of a newsroom, and its stories."""

    def __init__(self) -> None:
        self.people: dict[str, Reader] = {}
        self.stories: dict[int, dict[str, Text]] = {}
        self.told: dict[str, dict[int, dt.datetime]] = {bulletin: {} for bulletin in BULLETINS}

    # Releases

    def plan(self, bulletin: str, now: dt.datetime) -> None:
        """A slot has come."""
        for story, texts in self.stories.items():
            there = {
                language
                for language, text in texts.items()
                if text.public(now) and language in BULLETINS[bulletin]
            }
            if story in self.told[bulletin] or not there:
                continue
            self.told[bulletin][story] = now
            for reader in self._wanting(bulletin, now):
                if story not in reader.given and story not in reader.planned:
                    preferred = (*reader.languages, *BULLETINS[bulletin])
                    language = next(code for code in preferred if code in there)
                    reader.planned[story] = Planned(language, bulletin, now)
        for reader in self._wanting(bulletin, now):
            for story in list(reader.owed):
                text = self.stories[story][reader.given[story].language]
                if text.withdrawn or text.public(now):
                    reader.brought[story] = replace(reader.owed.pop(story), bulletin=bulletin)
                else:
                    reader.postponed.add(story)

    def correct(self, story: int, language: str, notify: str) -> None:
        """A new version."""
        text = self.stories[story][language]
        text.version, text.silent = text.version + 1, notify == "none"
        self.announce(story, language, "correction", notify)

    def withdraw(self, story: int, language: str, notify: str) -> None:
        self.stories[story][language].withdrawn = True
        self._call_off(story, language)
        self.announce(story, language, "withdrawal", notify)

    def announce(self, story: int, language: str, kind: str, notify: str) -> None:
        """Those who have an older version must be told; what has not reached them yet is replaced."""
        version = self.stories[story][language].version
        for reader, given in self._who_have(story, language):
            if kind == "correction" and notify == "none":
                for waiting in (reader.coming, reader.brought, reader.owed):
                    if story in waiting:  # it brings the newest text
                        waiting[story] = replace(waiting[story], version=version)
                continue
            for waiting in (reader.coming, reader.brought, reader.owed):
                waiting.pop(story, None)
            reader.postponed.discard(story)
            if (
                notify == "none"
                or not reader.bulletins
                or (kind == "correction" and given.version >= version)
            ):
                continue
            known = given.version if kind == "withdrawal" else version  # what a withdrawal is told under
            if notify == "next":
                reader.owed[story] = Notice(kind, known)
            else:
                by = given.bulletin if given.bulletin in reader.bulletins else min(reader.bulletins)
                reader.coming[story] = Notice(kind, known, by)

    def embargo(self, story: int, language: str, until: dt.datetime | None, now: dt.datetime) -> None:
        """The embargo is lifted, or lasts until a moment."""
        self.stories[story][language].embargo = until
        if until is None:
            return
        if until - now > PATIENCE:
            self._call_off(story, language)
        for reader, _ in self._who_have(story, language):
            if story in reader.brought:
                self._owe(reader, story)

    def _call_off(self, story: int, language: str) -> None:
        """Nothing planned tells it any more."""
        for reader in self.people.values():
            planned = reader.planned.get(story)
            if planned is not None and planned.language == language:
                self.told[planned.bulletin].pop(story, None)  # the next edition may tell another translation
                self._drop(reader, story)

    def _drop(self, reader: Reader, story: int) -> None:
        """A story does not come: bulletins that left it out for that reason must tell it."""
        planned = reader.planned.pop(story)
        for bulletin in reader.bulletins - {planned.bulletin}:
            if story in self.told[bulletin] and self.told[bulletin][story] >= planned.at:
                del self.told[bulletin][story]

    # Readers

    def leave(self, reader: Reader, bulletin: str) -> None:
        reader.bulletins.discard(bulletin)
        for story in [story for story, planned in reader.planned.items() if planned.bulletin == bulletin]:
            self._drop(reader, story)
        for waiting in (reader.coming, reader.brought):
            for story in [story for story, notice in waiting.items() if notice.bulletin == bulletin]:
                self._owe(reader, story)

    def pause(self, reader: Reader, until: dt.datetime) -> None:
        reader.paused_until = until
        for story in list(reader.planned):
            self._drop(reader, story)
        for story in [*reader.coming, *reader.brought]:
            self._owe(reader, story)

    def _owe(self, reader: Reader, story: int) -> None:
        """A notice does not come as it should have: the next bulletin brings it."""
        waiting = reader.coming if story in reader.coming else reader.brought
        reader.owed[story] = replace(waiting.pop(story), bulletin="")

    # Mail

    def arrived(self, name: str, message: bytes, now: dt.datetime) -> None:
        """A mail is in somebody's mailbox: AssertionError where it had not to be there."""
        reader = self.people[name]
        bulletin, parts = read(message)
        assert not reader.pauses(now), f"{reader} pauses"
        for part in parts:
            text = self.stories[part.story][part.language]
            assert part.version == text.version or part.notice == "withdrawal", f"{part}, and not {text}"
            if part.notice:
                self._noticed(reader, part, bulletin)
                assert text.withdrawn or text.public(now), f"{reader} gets {part} under embargo"
                continue
            planned = reader.planned.pop(part.story, None)
            assert planned, f"{reader} gets {part} from {bulletin}"
            assert (planned.language, planned.bulletin) == (part.language, bulletin), f"{planned}: {part}"
            assert text.public(now), f"{reader} gets {part} under embargo"
            reader.given[part.story] = Given(part.language, part.version, bulletin)

    def _noticed(self, reader: Reader, part: Part, bulletin: str) -> None:
        given = reader.given.get(part.story)
        assert given is not None and given.language == part.language, f"{reader} gets {part}"
        notice = Notice(part.notice, part.version, bulletin)
        for waiting in (reader.coming, reader.brought):
            if waiting.get(part.story) == notice:
                del waiting[part.story]
                break
        else:
            assert part.story in reader.postponed, f"{reader} gets {part} from {bulletin}"
            waiting = reader.owed if part.story in reader.owed else reader.brought
            late = waiting.pop(part.story)
            assert (late.kind, late.version) == (notice.kind, notice.version), f"{reader} gets {part}"
        reader.postponed.discard(part.story)
        given.version = part.version

    def called_off(self, name: str, message: bytes, now: dt.datetime) -> None:
        """A sender did not send a mail to somebody who pauses: what it says is owed, or told no more."""
        reader = self.people[name]
        if not reader.pauses(now):
            return
        for part in read(message)[1]:
            if not part.notice:
                self._drop(reader, part.story)
            elif part.story in reader.coming:
                self._owe(reader, part.story)

    def missing(self) -> list[str]:
        """What did not come to somebody who wants it."""
        return [
            f"{reader} misses {what}"
            for reader in self.people.values()
            for what in (
                reader.planned,
                reader.coming,
                reader.brought,
                reader.owed if reader.bulletins else {},
            )
            if what
        ]

    def _wanting(self, bulletin: str, now: dt.datetime) -> list[Reader]:
        return [reader for reader in self.people.values() if reader.wants(bulletin, now)]

    def _who_have(self, story: int, language: str) -> Iterator[tuple[Reader, Given]]:
        for reader in self.people.values():
            given = reader.given.get(story)
            if given is not None and given.language == language:
                yield reader, given
