"""The life of releases and readers at random, killed at any statement, against a simple model.

The model knows nothing of editions, variants or deliveries: only who must have been told what by now. At the
end nobody has been given a story twice, nobody has missed one, and every correction and withdrawal has
reached exactly those who had been given the older text.
"""

from __future__ import annotations

import datetime as dt
import email
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pressfeed.delivery.transport import Outcome, Outgoing, Result
from pressfeed.domain import Notify
from pressfeed.publish import corrections, releases, subscribers
from pressfeed.publish.audit import verify
from pressfeed.publish.deliver import StoreDesk
from pressfeed.store.connection import Connection
from tests.acceptance.clockwork import WORLD, Clockwork

BULLETIN = "global/daily"
LANGUAGES = ("en", "fr")  # of the bulletin, its fallback first; releases also come in Arabic
DAILY = WORLD + '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\nlanguages = ["en", "fr"]\n'
STATEMENTS = ("run", "run_many", "insert", "rows", "each", "row")
PART = re.compile(r"^(?:(\d+)\.|([\w ]+?)\s?:) story(\d+) (en|fr|ar)(?: v(\d+))?\s*?\n=", re.MULTILINE)
NOTICES = {
    "Correction": "correction",
    "Rectificatif": "correction",
    "Withdrawn": "withdrawal",
    "Communiqué retiré": "withdrawal",
}


class Killed(BaseException):
    """The process is gone: nothing after it is done, not even cleaning up."""


class Bomb:
    """Kills at a statement: that one and all later ones fail."""

    def __init__(self) -> None:
        self.left = -1
        for name in STATEMENTS:
            setattr(Connection, name, self._guarded(getattr(Connection, name)))

    def _guarded(self, method: Callable[..., object]) -> Callable[..., object]:
        def guarded(connection: Connection, *arguments: object) -> object:
            if self.left == 0:
                raise Killed
            if self.left > 0:
                self.left -= 1
            return method(connection, *arguments)

        return guarded


@dataclass
class Person:
    """A reader, as the model sees one. A story is planned for them, then given, in a version.

    A notice is on its way, or owed with the next bulletin of somebody who left before it was sent.
    """

    name: str
    languages: tuple[str, ...]
    on: bool = True
    planned: dict[int, str] = field(default_factory=dict)  # story → language
    given: dict[int, tuple[str, int]] = field(default_factory=dict)  # story → language, version
    coming: dict[int, tuple[str, int]] = field(default_factory=dict)  # story → what notice, of which version
    owed: dict[int, tuple[str, int]] = field(default_factory=dict)


@dataclass
class Text:
    """A translation, as the model sees one."""

    release: int
    version: int = 1
    withdrawn: bool = False


class Life(RuleBasedStateMachine):
    bomb: Bomb

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pressfeed-life-"))
        self.bomb.left = -1
        self.news = Clockwork(self.folder / "newsroom", "2026-03-12T08:00", global_=DAILY)
        self.news.start()
        self.people: dict[str, Person] = {}
        self.stories: dict[int, dict[str, Text]] = {}
        self.told: set[int] = set()  # by the bulletin
        self.seen: dict[str, str] = {}  # Message-ID → recipient
        for name, languages in (("ana", "en"), ("biniam", "fr en"), ("chen", "ar")):
            self.news.subscribe(name, languages, BULLETIN)
            self.people[name] = Person(name, tuple(languages.split()))
        self._publish(1, ["en", "fr"])  # so that there is something to correct from the beginning
        self._publish(2, ["ar", "en"])
        self._pass(dt.timedelta(days=1))
        self._deliver_all()
        assert all(len(person.given) == 2 for person in self.people.values())

    def teardown(self) -> None:
        if not hasattr(self, "news"):
            return
        self.bomb.left = -1
        try:
            self._pass(dt.timedelta(days=1))
            self._deliver_all()
            for person in self.people.values():
                assert not person.planned, f"{person} misses a story"
                assert not person.coming, f"{person} misses a notice"
                assert not (person.on and person.owed), f"{person} misses a notice"
            with self.news.open() as room:
                assert verify(room.store).problems == ()
                assert set(room.store.deliveries.counts()) <= {"sent", "cancelled"}
        finally:
            self.news.stop()
            shutil.rmtree(self.folder)

    # What happens

    @rule(
        languages=st.sets(st.sampled_from(["en", "fr", "ar"]), min_size=1),
        kill=st.none() | st.integers(0, 40),
    )
    def publish(self, languages: set[str], kill: int | None) -> None:
        number = len(self.stories) + 1
        self._publish(number, sorted(languages), kill)

    @rule(data=st.data(), language=st.sampled_from(["en", "fr", "ar"]))
    def translate(self, data: st.DataObject, language: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.stories)))
        if language not in self.stories[number]:
            self._publish(number, [language])

    @precondition(lambda self: self._standing())
    @rule(data=st.data(), kill=st.none() | st.integers(0, 60))
    def correct(self, data: st.DataObject, kill: int | None) -> None:
        number, language = data.draw(st.sampled_from(self._standing()))
        text = self.stories[number][language]
        version = text.version + 1

        def work() -> None:
            with self.news.open() as room:
                changes = releases.Edit(headline=f"story{number} {language} v{version}")
                corrections.correct(room, text.release, changes, **self._said())

        self._killable(work, kill)
        with self.news.store() as store:
            text.version = store.releases.get(text.release).version
        if text.version == version:
            self._announce(number, language, "correction", version)
        self._look()

    @precondition(lambda self: self._standing())
    @rule(data=st.data(), kill=st.none() | st.integers(0, 60))
    def withdraw(self, data: st.DataObject, kill: int | None) -> None:
        number, language = data.draw(st.sampled_from(self._standing()))
        text = self.stories[number][language]

        def work() -> None:
            with self.news.open() as room:
                corrections.withdraw(room, text.release, **self._said())

        self._killable(work, kill)
        with self.news.store() as store:
            text.withdrawn = store.releases.get(text.release).status == "withdrawn"
        if text.withdrawn:
            for person in self.people.values():
                if person.planned.get(number) == language:
                    del person.planned[number]
                    self.told.discard(number)  # the next edition may tell them another translation
            self._announce(number, language, "withdrawal", text.version)
        self._look()

    @rule(languages=st.permutations(["en", "fr", "ar"]), count=st.integers(1, 3))
    def subscribe(self, languages: list[str], count: int) -> None:
        name = f"reader{len(self.people)}"
        self.people[name] = Person(name, tuple(languages[:count]))
        self.news.subscribe(name, " ".join(languages[:count]), BULLETIN)

    @rule(data=st.data(), languages=st.permutations(["en", "fr", "ar"]))
    def change_language(self, data: st.DataObject, languages: list[str]) -> None:
        person = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        with self.news.open() as room, room.store.transaction():
            known = room.store.subscribers.get(f"{person.name}@news.example.org")
            room.store.subscribers.update(known.id, known.name, languages, self.news.now)
        person.languages = tuple(languages)

    @rule(data=st.data())
    def leave_or_come_back(self, data: st.DataObject) -> None:
        person = self.people[data.draw(st.sampled_from(sorted(self.people)))]
        address = f"{person.name}@news.example.org"
        with self.news.open() as room:
            if person.on:
                subscribers.remove(room, address, BULLETIN, self.news.now)
                person.planned.clear()
                person.owed.update(person.coming)
                person.coming.clear()
            else:
                subscribers.add(
                    room, address, "", person.languages, [BULLETIN], self.news.now, resubscribe=True
                )
        person.on = not person.on

    @rule(hours=st.integers(1, 30), kill=st.none() | st.integers(0, 120))
    def wait(self, hours: int, kill: int | None) -> None:
        self._pass(dt.timedelta(hours=hours), kill)

    @rule()
    def a_day(self) -> None:
        self._pass(dt.timedelta(days=1))
        self._deliver_all()

    @rule(count=st.integers(1, 4), crash=st.sampled_from(["", "claimed", "begun", "wire"]))
    def send(self, count: int, crash: str) -> None:
        died = self._send(count, crash)
        if died:
            self._pass(dt.timedelta(hours=4))  # long enough for its lease to be dead, whatever the clocks say
            self._deliver_all()

    # How it is done

    def _said(self) -> dict[str, object]:
        return {"notify": Notify.NOW, "notes": {}, "reason": "", "author": "Salma", "now": self.news.now}

    def _standing(self) -> list[tuple[int, str]]:
        """The translations that are out, and not withdrawn."""
        return [
            (number, language)
            for number, texts in sorted(self.stories.items())
            for language, text in sorted(texts.items())
            if not text.withdrawn
        ]

    def _publish(self, number: int, languages: list[str], kill: int | None = None) -> None:
        self._killable(lambda: self.news.publish(f"story{number}", *languages), kill)
        with self.news.store() as store:
            there = {language: release for release, language in store.releases.of_story(f"story{number}")}
        made = [language for language in languages if language in there]
        assert made in ([], languages)  # all or none
        for language in made:
            self.stories.setdefault(number, {})[language] = Text(there[language])

    def _killable(self, work: Callable[[], None], kill: int | None) -> bool:
        """Do something in a process that is killed after so many statements; whether it was."""
        self.bomb.left = -1 if kill is None else kill
        try:
            work()
        except Killed:
            return True
        finally:
            self.bomb.left = -1
        return False

    def _look(self) -> None:
        assert self.news.rounds is not None
        self.news.rounds.look(self.news.now)

    def _pass(self, length: dt.timedelta, kill: int | None = None) -> None:
        """Let time pass, slots included; a scheduler that is killed meanwhile is started again."""
        end = self.news.now + length
        while self.news.now < end:
            slot = self.news.now.replace(hour=7, minute=0)
            slot += dt.timedelta(days=1) if slot <= self.news.now else dt.timedelta()
            moment = min(slot, end)
            if self._killable(lambda moment=moment: self.news.until(f"{moment:%Y-%m-%dT%H:%M}"), kill):
                self.news.stop()
                self.news.start()
                self.news.until(f"{moment:%Y-%m-%dT%H:%M}")
            if moment == slot:
                self._plan()

    def _plan(self) -> None:
        """What a slot means."""
        for number, texts in self.stories.items():
            there = {language for language, text in texts.items() if not text.withdrawn} & set(LANGUAGES)
            if number in self.told or not there:
                continue
            self.told.add(number)
            for person in self.people.values():
                if person.on and number not in person.given and number not in person.planned:
                    preferred = (*person.languages, *LANGUAGES)
                    person.planned[number] = next(code for code in preferred if code in there)
        for person in self.people.values():
            if person.on:
                person.coming.update(person.owed)
                person.owed.clear()

    def _announce(self, number: int, language: str, kind: str, version: int) -> None:
        for person in self.people.values():
            if person.given.get(number, ("", 0))[0] == language:
                person.owed.pop(number, None)  # replaced by this one
                if person.on:
                    person.coming[number] = (kind, version)

    def _deliver_all(self) -> None:
        for _ in range(20):
            self._look()
            if not self._send(100, ""):
                with self.news.open() as room:
                    if not room.store.deliveries.due(self.news.now):
                        return
        raise AssertionError("it does not come to an end")

    def _send(self, count: int, crash: str) -> bool:
        """A sender takes so many deliveries, and may die on the way; whether it did."""
        watched = self.news.now.timestamp()
        desk = StoreDesk(self.news.root, {}, lambda: self.news.now, lambda: watched)
        desk.open()
        try:
            desk.recover()
            jobs = desk.claim(count)
            if crash == "claimed":
                return bool(jobs)
            may = desk.commit(jobs, [])
            going = [job for job, yes in zip(jobs, may, strict=True) if yes]
            if crash == "begun":
                return bool(jobs)
            done = []
            for job in going:
                self._arrived(job.compose())
                done.append((job, Outcome(Result.SENT, 250, text="ok", stage="content")))
                if crash == "wire":
                    return True
            dropped = [(job, Outcome(Result.DROPPED)) for job, yes in zip(jobs, may, strict=True) if not yes]
            desk.commit([], [*done, *dropped])
            desk.outlook()  # closes what is over
            return False
        finally:
            desk.close()

    def _arrived(self, outgoing: Outgoing) -> None:
        """A mail is in somebody's mailbox: the model says whether it had to come."""
        message = email.message_from_bytes(outgoing.message, policy=policy.default)
        name = outgoing.recipient.partition("@")[0]
        identity = str(message["Message-ID"])
        if identity in self.seen:  # a second copy after a kill, which mail programs show once
            assert self.seen[identity] == name
            return
        self.seen[identity] = name
        text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        person, parts = self.people[name], PART.findall(text)
        assert parts, text
        for story, label, *told in parts:
            number, language, version = int(told[0]), told[1], int(told[2] or 1)
            if story:
                assert person.planned.pop(number, "") == language, f"{person} gets {number} in {language}"
                assert version == self.stories[number][language].version
            else:
                notice = (NOTICES[label], version)
                assert person.coming.pop(number, None) == notice, f"{person} gets {notice} of {number}"
                assert person.given[number][0] == language
            person.given[number] = (language, version)


def test_nobody_is_told_twice_nobody_misses_a_story_and_corrections_reach_their_people(monkeypatch) -> None:
    for name in STATEMENTS:
        monkeypatch.setattr(Connection, name, getattr(Connection, name))  # to be put back in the end
    Life.bomb = Bomb()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            phases=(Phase.generate,),  # shrinking takes minutes, and the steps are told all the same
            suppress_health_check=list(HealthCheck),
        ),
    )
