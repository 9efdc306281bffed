"""The life of releases and readers at random, killed at any statement, against a simple model.

Nobody is given a story twice, nobody misses one, and every correction and withdrawal reaches exactly those
who had been given the older text, from the bulletin that told them, and never under embargo.
"""

from __future__ import annotations

import datetime as dt
import email
import shutil
import tempfile
from collections.abc import Callable
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
from pressfeed.publish import corrections, editions, notices, releases
from pressfeed.publish.audit import verify
from pressfeed.publish.deliver import StoreDesk
from pressfeed.publish.editions import go_on
from pressfeed.publish.preferences import Choice, save
from pressfeed.publish.room import Newsroom
from pressfeed.store.connection import Connection
from tests.acceptance.clockwork import WORLD, Clockwork, utc
from tests.acceptance.readers import BULLETINS, Part, Reader, Readers, Text, read

SLOTS = dict(zip((7, 18), BULLETINS, strict=True))  # hour → bulletin
NEWSROOM = WORLD + "".join(
    f'[[bulletins]]\nname = "{key.partition("/")[2]}"\ncron = "0 {hour} * * *"\n'
    f"languages = {list(BULLETINS[key])}\n"
    for hour, key in SLOTS.items()
)
CODES = ("en", "fr", "ar")
STATEMENTS = ("run", "run_many", "insert", "rows", "each", "row")


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


class Life(RuleBasedStateMachine):
    bomb: Bomb

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pressfeed-life-"))
        self.bomb.left = -1
        self.news = Clockwork(self.folder / "newsroom", "2026-03-12T08:00", global_=NEWSROOM)
        self.news.start()
        self.down = False
        self.late: list[str] = []  # bulletins whose slot passed while nothing ran
        self.readers = Readers()
        self.seen: dict[str, str] = {}  # Message-ID → recipient
        for name, languages, bulletins in (
            ("ana", "en", {"global/daily"}),
            ("biniam", "fr en", {"global/daily", "global/evening"}),
            ("chen", "ar", {"global/evening"}),
        ):
            self.news.subscribe(name, languages, *bulletins)
            self.readers.people[name] = Reader(name, tuple(languages.split()), bulletins)
        self._publish(1, ["en", "fr"])  # so that there is something to correct from the beginning
        self._publish(2, ["ar", "en"])
        self._pass(dt.timedelta(days=1))
        self._deliver_all()
        assert all(len(reader.given) == 2 for reader in self.readers.people.values())

    def teardown(self) -> None:
        if not hasattr(self, "news"):
            return
        self.bomb.left = -1
        try:
            for _ in range(4):  # longer than any embargo or pause
                self._pass(dt.timedelta(days=1))
                self._deliver_all()
            assert self.readers.missing() == []
            with self.news.open() as room:
                assert verify(room.store).problems == ()
                assert set(room.store.deliveries.counts()) <= {"sent", "cancelled"}
        finally:
            self.news.stop()
            shutil.rmtree(self.folder)

    # What happens

    @rule(
        languages=st.sets(st.sampled_from(CODES), min_size=1),
        embargo=st.none() | st.integers(1, 30),
        kill=st.none() | st.integers(0, 40),
    )
    def publish(self, languages: set[str], embargo: int | None, kill: int | None) -> None:
        self._up()
        self._publish(len(self.readers.stories) + 1, sorted(languages), embargo, kill)

    @rule(data=st.data(), language=st.sampled_from(CODES))
    def translate(self, data: st.DataObject, language: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.readers.stories)))
        self._up()
        if language not in self.readers.stories[number]:
            self._publish(number, [language])

    @precondition(lambda self: self._standing())
    @rule(data=st.data(), notify=st.sampled_from(Notify), kill=st.none() | st.integers(0, 200))
    def correct(self, data: st.DataObject, notify: Notify, kill: int | None) -> None:
        number, language = data.draw(st.sampled_from(self._standing()))
        self._tick()
        text = self.readers.stories[number][language]
        changes = releases.Edit(headline=f"story{number} {language} v{text.version + 1}")
        notify = self._allowed(text, notify)
        if self._act(
            lambda room: corrections.correct(room, text.release, changes, **self._said(notify)), kill
        ):
            self.readers.correct(number, language, notify)

    @precondition(lambda self: self._silent())
    @rule(
        data=st.data(),
        notify=st.sampled_from([Notify.NOW, Notify.NEXT]),
        kill=st.none() | st.integers(0, 200),
    )
    def announce(self, data: st.DataObject, notify: Notify, kill: int | None) -> None:
        """Tell of a correction of which nobody was told."""
        number, language = data.draw(st.sampled_from(self._silent()))
        self._tick()
        text = self.readers.stories[number][language]
        notify = self._allowed(text, notify)
        nothing = releases.Edit()
        if self._act(
            lambda room: corrections.correct(room, text.release, nothing, **self._said(notify)), kill
        ):
            text.silent = False
            self.readers.announce(number, language, "correction", notify)

    @precondition(lambda self: self._standing())
    @rule(data=st.data(), notify=st.sampled_from(Notify), kill=st.none() | st.integers(0, 200))
    def withdraw(self, data: st.DataObject, notify: Notify, kill: int | None) -> None:
        number, language = data.draw(st.sampled_from(self._standing()))
        self._up()
        text = self.readers.stories[number][language]
        notify = self._allowed(text, notify)
        if self._act(lambda room: corrections.withdraw(room, text.release, **self._said(notify)), kill):
            self.readers.withdraw(number, language, notify)

    @precondition(lambda self: self._standing())
    @rule(data=st.data(), hours=st.sampled_from([0, 1, 30]), kill=st.none() | st.integers(0, 60))
    def embargo(self, data: st.DataObject, hours: int, kill: int | None) -> None:
        """Lift an embargo, or let it last."""
        number, language = data.draw(st.sampled_from(self._standing()))
        self._up()
        text = self.readers.stories[number][language]
        if not hours and text.public(self.news.now):
            return
        until = self.news.now + dt.timedelta(hours=hours) if hours else None
        if self._act(
            lambda room: corrections.set_embargo(room, text.release, until, author="", now=self.news.now),
            kill,
        ):
            self.readers.embargo(number, language, until, self.news.now)

    @rule(
        languages=st.permutations(CODES),
        count=st.integers(1, 3),
        bulletins=st.sets(st.sampled_from(sorted(BULLETINS)), min_size=1),
    )
    def subscribe(self, languages: list[str], count: int, bulletins: set[str]) -> None:
        self._up()
        name = f"reader{len(self.readers.people)}"
        self.news.subscribe(name, " ".join(languages[:count]), *bulletins)
        self.readers.people[name] = Reader(name, tuple(languages[:count]), set(bulletins))

    @rule(data=st.data(), languages=st.permutations(CODES))
    def change_language(self, data: st.DataObject, languages: list[str]) -> None:
        self._up()
        reader = self._anybody(data)
        self._prefer(reader, Choice(tuple(languages), tuple(reader.bulletins), reader.paused_until))
        reader.languages = tuple(languages)

    @rule(data=st.data(), bulletin=st.sampled_from(sorted(BULLETINS)))
    def leave_or_come_back(self, data: st.DataObject, bulletin: str) -> None:
        self._up()
        reader = self._anybody(data)
        self._prefer(
            reader, Choice(reader.languages, tuple(reader.bulletins ^ {bulletin}), reader.paused_until)
        )
        if bulletin in reader.bulletins:
            self.readers.leave(reader, bulletin)
        else:
            reader.bulletins.add(bulletin)

    @rule(data=st.data(), hours=st.integers(1, 40))
    def pause(self, data: st.DataObject, hours: int) -> None:
        self._up()
        reader = self._anybody(data)
        until = self.news.now + dt.timedelta(hours=hours)
        self._prefer(reader, Choice(reader.languages, tuple(reader.bulletins), until))
        self.readers.pause(reader, until)

    @rule(hours=st.integers(1, 30), kill=st.none() | st.integers(0, 300))
    def wait(self, hours: int, kill: int | None) -> None:
        self._pass(dt.timedelta(hours=hours), kill)

    @rule()
    def a_day(self) -> None:
        self._pass(dt.timedelta(days=1))
        self._deliver_all()

    @rule(count=st.integers(1, 4), crash=st.sampled_from(["", "claimed", "begun", "wire"]))
    def send(self, count: int, crash: str) -> None:
        self._tick()
        if self._send(count, crash):
            self._pass(dt.timedelta(hours=4))  # long enough for its lease to be dead, whatever the clocks say
            self._deliver_all()

    # How it is done

    def _said(self, notify: Notify) -> dict[str, object]:
        return {"notify": notify, "notes": {}, "reason": "", "author": "Salma", "now": self.news.now}

    def _allowed(self, text: Text, notify: Notify) -> Notify:
        """Of what is not public only those are told who have it: at once, or not at all."""
        return notify if notify is Notify.NONE or text.public(self.news.now) else Notify.NOW

    def _standing(self) -> list[tuple[int, str]]:
        """The translations that are not withdrawn."""
        return [
            (number, language)
            for number, texts in sorted(self.readers.stories.items())
            for language, text in sorted(texts.items())
            if not text.withdrawn
        ]

    def _silent(self) -> list[tuple[int, str]]:
        return [found for found in self._standing() if self.readers.stories[found[0]][found[1]].silent]

    def _anybody(self, data: st.DataObject) -> Reader:
        return self.readers.people[data.draw(st.sampled_from(sorted(self.readers.people)))]

    def _prefer(self, reader: Reader, choice: Choice) -> None:
        with self.news.open() as room:
            person = room.store.subscribers.get(f"{reader.name}@news.example.org")
            assert save(room.store, person, choice, frozenset(BULLETINS), self.news.now) is None

    def _publish(
        self, number: int, languages: list[str], embargo: int | None = None, kill: int | None = None
    ) -> None:
        until = self.news.now + dt.timedelta(hours=embargo) if embargo else None
        text = f"{until:%Y-%m-%dT%H:%M}" if until else ""
        if self._killable(lambda: self.news.publish(f"story{number}", *languages, embargo=text), kill):
            self._go_down()
        with self.news.store() as store:
            there = {language: release for release, language in store.releases.of_story(f"story{number}")}
        made = [language for language in languages if language in there]
        assert made in ([], languages)  # all or none
        for language in made:
            moment = utc(text) if text else None
            self.readers.stories.setdefault(number, {})[language] = Text(there[language], moment)

    def _act(self, act: Callable[[Newsroom], object], kill: int | None) -> bool:
        """Do as the command does, in a process that may be killed; whether it was done, if not to the end."""
        done = False

        def work() -> None:
            nonlocal done
            with self.news.open() as room:
                act(room)
                done = True
                go_on(room, self.news.now)

        before = self._events()
        self._killable(work, kill)
        return done or self._events() > before

    def _events(self) -> int:
        with self.news.store() as store:
            return store.audit.head().id

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

    def _tick(self) -> None:
        """No two things happen at the same moment."""
        self.news.now += dt.timedelta(seconds=1)

    def _go_down(self) -> None:
        self.news.stop()
        self.down = True

    def _up(self) -> None:
        """The scheduler runs, and has seen everything."""
        self._tick()
        if not self.down:
            assert self.news.rounds is not None
            self.news.rounds.look(self.news.now)
            return
        self.news.start()
        self.down = False
        for bulletin in self.late:
            self.readers.plan(bulletin, self.news.now)
        self.late.clear()

    def _pass(self, length: dt.timedelta, kill: int | None = None) -> None:
        """Let time pass, slots included; a scheduler that is killed meanwhile stays down."""
        self._up()
        end = (self.news.now + length).replace(second=0)
        while self.news.now < end:
            slots = {
                moment + dt.timedelta(days=1) if moment <= self.news.now else moment: bulletin
                for hour, bulletin in SLOTS.items()
                if (moment := self.news.now.replace(hour=hour, minute=0, second=0))
            }
            slot = min(slots)
            moment = min(slot, end)
            killed = self._killable(lambda moment=moment: self.news.until(f"{moment:%Y-%m-%dT%H:%M}"), kill)
            if killed:
                self._go_down()
            if self.news.now >= slot:
                if killed and not self._frozen(slots[slot], slot):
                    self.late.append(slots[slot])
                else:
                    self.readers.plan(slots[slot], slot)
            if killed:
                return

    def _frozen(self, bulletin: str, slot: dt.datetime) -> bool:
        with self.news.store() as store:
            return store.editions.at(bulletin, f"{slot:%Y-%m-%dT%H:%M}") is not None

    def _deliver_all(self) -> None:
        for _ in range(20):
            self._up()
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
            dropped = [job for job, yes in zip(jobs, may, strict=True) if not yes]
            for job in dropped:
                outgoing = job.compose()
                self.readers.called_off(_name(outgoing), outgoing.message, self.news.now)
            desk.commit([], [*done, *((job, Outcome(Result.DROPPED)) for job in dropped)])
            desk.outlook()  # closes what is over
            return False
        finally:
            desk.close()

    def _arrived(self, outgoing: Outgoing) -> None:
        """A mail is in somebody's mailbox."""
        name = _name(outgoing)
        identity = str(email.message_from_bytes(outgoing.message, policy=policy.default)["Message-ID"])
        if identity in self.seen:  # a second copy after a kill, which mail programs show once
            assert self.seen[identity] == name
            return
        self.seen[identity] = name
        self.readers.arrived(name, outgoing.message, self.news.now)


def _name(outgoing: Outgoing) -> str:
    return outgoing.recipient.partition("@")[0]


def test_nobody_is_told_twice_nobody_misses_a_story_and_corrections_reach_their_people(monkeypatch) -> None:
    for name in STATEMENTS:
        monkeypatch.setattr(Connection, name, getattr(Connection, name))  # to be put back in the end
    monkeypatch.setattr(editions, "CHUNK", 1)  # a transaction for each person: all may be killed half-way
    monkeypatch.setattr(notices, "CHUNK", 1)
    Life.bomb = Bomb()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            phases=(Phase.generate,),  # shrinking takes minutes, and the steps are told all the same
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_another_bulletin_left_out_is_told_by_it_when_the_first_one_drops_it(tmp_path: Path) -> None:
    """Also where the first one's mail has other stories, and goes out without this one."""
    news = Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=NEWSROOM)
    news.start()
    news.subscribe("pia", "fr", *BULLETINS)
    news.subscribe("chen", "ar", "global/evening")
    french, _ = news.publish("story1", "fr", "ar")
    news.publish("story2", "fr", "en")
    news.until("2026-03-12T18:30")  # on its way by the morning's bulletin, so the evening's leaves it out
    with news.open() as room:
        corrections.withdraw(
            room, french, notify=Notify.NOW, notes={}, reason="", author="Salma", now=news.now
        )
    news.until("2026-03-13T18:30")
    told = [read(mail.message) for mail in news.deliver() if mail.recipient.startswith("pia@")]
    assert told == [
        ("global/daily", [Part("", 2, "fr", 1)]),
        ("global/evening", [Part("", 1, "ar", 1)]),
    ]
    news.stop()
