"""Whatever happens to a newsroom: a build of what changed leaves the same files as one of everything.

Random histories, told by a seed, through the real use cases on a real store. After some events the newsroom
is built, by a process that starts for it or by one that runs all the time and remembers what it built before;
then a copy of it is built whole into an empty folder, and both must hold the same files.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pressfeed.domain import PUBLIC, Contact, Notify, Status
from pressfeed.errors import InputError
from pressfeed.publish import corrections, listings, newsroom, outputs, releases
from pressfeed.publish.build import build
from pressfeed.publish.memory import Memory
from pressfeed.publish.room import Newsroom
from pressfeed.site import listings as pages
from pressfeed.store import Store
from tests.unit.factories import content

START = dt.datetime(2026, 1, 28, 22, 30, tzinfo=dt.UTC)
LANGUAGES = ("en", "fr", "ar")
REGIONS = ("world", "africa", "andes")
TOPICS = ("Early warning", "early WARNING", "Early-warning", "Early  warning", "Dams", "الري")
EVENTS = 14


class History:
    """A newsroom to which things happen."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.now = START
        self.told: list[str] = []
        self.memory = Memory()
        newsroom.create(root)
        Store(root / "db" / "pressfeed.sqlite3", create=True).close()
        self.base = "https://press.example.org"
        self.size = 3
        self.compress = '["gzip", "br"]'
        self.regions: dict[str, str] = dict.fromkeys(REGIONS, "")
        self.names = 0
        self._configure()
        with Newsroom.open(root, {}) as room:
            for _ in range(8):  # enough for archives of feeds, topics and months
                self.now += dt.timedelta(minutes=1)
                self._add(room, self.now, language="en")

    def _configure(self) -> None:
        (self.root / "pressfeed.toml").write_text(
            f'[newsroom]\nname = "River Watch"\nbase_url = "{self.base}"\n'
            f'languages = ["en", "fr"]\ntime_zone = "Europe/Paris"\n'
            f'[mail]\nfrom = "River Watch <press@press.example.org>"\ntransport = "maildir:outbox"\n'
            f"[feeds]\nsize = {self.size}\n[web]\ncompress = {self.compress}\n",
            "utf-8",
        )
        for file in (self.root / "schedules").glob("*.toml"):
            file.unlink()
        for slug, ended in self.regions.items():
            ended = ended if "andes" in self.regions else ended.partition("successor")[0]
            parent = "" if slug == "world" else 'parent = "world"\n'
            (self.root / "schedules" / f"{slug}.toml").write_text(
                f'name = {{ en = "{slug.title()} {self.names}", fr = "{slug} en français" }}\n'
                f'{parent}time_zone = "Africa/Nairobi"\n{ended}',
                "utf-8",
            )

    # ------------------------------------------------------------------------------------------- events

    def happen(self) -> None:
        """One event; the clock moves a little, seldom a lot, seldom back."""
        events: list[tuple[Callable[[Newsroom], str], int]] = [
            (self.publish, 6), (self.backdate, 4), (self.translate, 3), (self.correct, 4), (self.rewrite, 4),
            (self.announce, 6), (self.withdraw, 2), (self.reslug, 3), (self.move, 3), (self.embargo, 2),
            (self.lift, 2), (self.retopic, 3), (self.schedule, 1), (self.dress, 2), (self.settle, 2),
            (self.end, 2), (self.drop, 2), (self.rename, 1), (self.wait, 2), (self.step, 1),
        ]  # fmt: skip
        (event,) = self.random.choices([event for event, _ in events], [weight for _, weight in events])
        with Newsroom.open(self.root, {}) as room:
            try:
                said = event(room)
            except InputError as error:
                said = f"{event.__name__}: {error}"
        self.told.append(f"{self.now:%d %H:%M} {said}")
        self.now += dt.timedelta(minutes=self.random.choice((0, 1, 40, 600)))

    def _pick(self, room: Newsroom, *statuses: Status) -> int:
        found = [one.id for one in room.store.releases.all() if not statuses or one.status in statuses]
        if not found:
            raise InputError("there is nothing to choose from")
        return self.random.choice(found)

    def _add(
        self, room: Newsroom, published: dt.datetime, story: str | None = None, language: str = ""
    ) -> str:
        code = language or self.random.choice(("en", *LANGUAGES))
        number = len(list(room.store.releases.all())) + 1
        held = self.now + dt.timedelta(hours=5) if self.random.random() < 0.1 else None
        told = content(
            code,
            regions=tuple(self.random.sample(REGIONS, self.random.choice((1, 1, 2)))),
            topics=tuple(self.random.sample(TOPICS, self.random.choice((0, 1, 1, 2)))),
        )
        with room.store.transaction():
            id = room.store.releases.add(
                replace(told, headline=f"{told.headline} {number}"),
                story=story,
                slug=self.random.choice(("flood", "dam", f"release-{number}")),
                status=Status.PUBLISHED,
                source="test",
                now=self.now,
                reason="new",
                published_at=published,
                embargo_until=held,
            )
        return f"{id} in {code}" + (" under embargo" if held else "")

    def publish(self, room: Newsroom) -> str:
        return f"publish {self._add(room, self.now)}"

    def backdate(self, room: Newsroom) -> str:
        days = self.random.choice((1, 5, 90))
        return f"publish {self._add(room, self.now - dt.timedelta(days=days))}, {days} days old"

    def schedule(self, room: Newsroom) -> str:
        return f"schedule {self._add(room, self.now + dt.timedelta(hours=3))}"

    def translate(self, room: Newsroom) -> str:
        story = room.store.releases.get(self._pick(room)).story
        free = set(LANGUAGES) - {code for _, code in room.store.releases.of_story(story)}
        if not free:
            raise InputError("it is told in every language")
        return f"translate {self._add(room, self.now, story, self.random.choice(sorted(free)))}"

    def correct(self, room: Newsroom) -> str:
        id = self._pick(room, *PUBLIC)
        contacts = (Contact(f"Person {self.random.randrange(9)}", "Press officer", "+220 439 21 07"),)
        self._correct(room, id, releases.Edit(contacts=contacts))
        return f"correct the contact of {id}"

    def _correct(self, room: Newsroom, id: int, edit: releases.Edit) -> None:
        note = self.random.choice(("The figure was wrong.", "A name was misspelt.", ""))
        code = room.store.releases.get(id).content.language
        corrections.correct(
            room, id, edit, notify=Notify.NONE, notes={code: note} if note else {}, reason="", author="",
            now=self.now,
        )  # fmt: skip

    def rewrite(self, room: Newsroom) -> str:
        """As an import of a changed document does: nobody is told."""
        id = self._pick(room, *PUBLIC)
        self._edit(room, id, headline=f"Rewritten {self.random.randrange(99)}")
        return f"rewrite {id}"

    def announce(self, room: Newsroom) -> str:
        """Announce what a rewriting brought."""
        id = self._pick(room, *PUBLIC)
        self._correct(room, id, releases.Edit())
        return f"announce the change of {id}"

    def withdraw(self, room: Newsroom) -> str:
        id = self._pick(room, *PUBLIC)
        corrections.withdraw(
            room,
            id,
            notify=Notify.NONE,
            notes={"en": "It was a mistake."},
            reason="",
            author="",
            now=self.now,
        )
        return f"withdraw {id}"

    def reslug(self, room: Newsroom) -> str:
        id, slug = self._pick(room), self.random.choice(("flood", "dam", "levee", "gauge"))
        self._edit(room, id, slug=slug)
        return f"{id} moves to {slug}"

    def move(self, room: Newsroom) -> str:
        id, region = self._pick(room), self.random.choice(REGIONS)
        code = self.random.choice((None, None, *LANGUAGES))
        self._edit(room, id, regions=(region,), language=code)
        return f"{id} moves to {region} in {code or 'its language'}"

    def retopic(self, room: Newsroom) -> str:
        id, topics = self._pick(room), tuple(self.random.sample(TOPICS, 2))
        self._edit(room, id, topics=topics)
        return f"{id} is about {topics}"

    def _edit(self, room: Newsroom, id: int, **values: object) -> None:
        releases.edit(room, id, releases.Edit(**values), self.now)  # type: ignore[arg-type]

    def embargo(self, room: Newsroom) -> str:
        id = self._pick(room, *PUBLIC)
        corrections.set_embargo(room, id, self.now + dt.timedelta(hours=7), author="", now=self.now)
        return f"embargo {id}"

    def lift(self, room: Newsroom) -> str:
        id = self._pick(room, *PUBLIC)
        corrections.set_embargo(room, id, None, author="", now=self.now)
        return f"lift {id}"

    def wait(self, room: Newsroom) -> str:
        self.now += dt.timedelta(days=self.random.choice((1, 3, 100)))
        releases.publish_due(room, self.now)
        return "time goes by"

    def step(self, room: Newsroom) -> str:
        self.now -= dt.timedelta(hours=self.random.choice((1, 30)))
        return "the clock is set back"

    def dress(self, room: Newsroom) -> str:
        """A newsroom's own stylesheet, template, texts and files come, change and go."""
        mine = self.root / "templates"
        texts = {
            "site/assets/theme.css": f":root {{ --accent: #{self.random.randrange(16**6):06x}; }}",
            "site/assets/logo.svg": "<svg/>" + " " * self.random.randrange(2000),
            "site/base.html": '{% extends "shipped/base.html" %}{% block brand %}<p>Ours</p>{% endblock %}',
            "texts/fr/site.toml": f'feed_title = "{{region}}, {self.random.randrange(9)}"',
        }
        name = self.random.choice(sorted(texts))
        file = mine / name
        if file.exists() and self.random.random() < 0.5:
            file.unlink()
            return f"no {name} any more"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(texts[name], "utf-8")
        return f"another {name}"

    def settle(self, room: Newsroom) -> str:
        self.base = self.random.choice(("https://press.example.org", "https://news.example.com/room"))
        self.size = self.random.choice((2, 3, 4))
        self.compress = self.random.choice(('["gzip", "br"]', '["gzip"]', "[]"))
        self._configure()
        return f"settings: {self.base}, {self.size}, {self.compress}"

    def end(self, room: Newsroom) -> str:
        """A region ends, or goes on after all."""
        day = (self.now - dt.timedelta(days=self.random.choice((-1, 0, 10, 95)))).date()
        self.regions["africa"] = self.random.choice(("", f'ended = {day}\nsuccessor = "andes"\n'))
        self._configure()
        return f"africa: {self.regions['africa']!r}"

    def drop(self, room: Newsroom) -> str:
        if self.regions.pop("andes", None) is None:
            self.regions["andes"] = ""
        self._configure()
        return f"regions are {sorted(self.regions)}"

    def rename(self, room: Newsroom) -> str:
        self.names += 1
        self._configure()
        return "regions have other names"

    # ------------------------------------------------------------------------------------------- builds

    def build(self, memory: Memory | None = None) -> dict[str, bytes]:
        """Build what changed; what lies in public/ then. ``memory`` is that of a process that runs."""
        with Newsroom.open(self.root, {}) as room:
            build(room.config, room.regions, room.store.outputs, self.now, memory=memory)
        return files(self.root / "public")

    def fail(self) -> str:
        """A build by the running process that is stopped half way."""

        def stop(done: int, _: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

        with Newsroom.open(self.root, {}) as room, contextlib.suppress(KeyboardInterrupt):
            build(room.config, room.regions, room.store.outputs, self.now, memory=self.memory, progress=stop)
        return "a build is stopped"

    def rebuild(self, root: Path) -> dict[str, bytes]:
        """Build a copy of the newsroom whole, into an empty folder."""
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.root, root, ignore=shutil.ignore_patterns("public", "db"))
        (root / "db").mkdir()
        with (
            contextlib.closing(sqlite3.connect(self.root / "db" / "pressfeed.sqlite3")) as one,
            contextlib.closing(sqlite3.connect(root / "db" / "pressfeed.sqlite3")) as other,
        ):
            one.backup(other)
            other.execute("DELETE FROM output")
            other.commit()
        with Newsroom.open(root, {}) as room:
            build(room.config, room.regions, room.store.outputs, self.now, force=True)
        return files(root / "public")


def files(public: Path) -> dict[str, bytes]:
    found = (path for path in public.rglob("*") if path.is_file())
    return {path.relative_to(public).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that few releases fill pages, lists and sitemaps."""
    for module, name, value in (
        (outputs, "HOME_SIZE", 2), (outputs, "NEWS_SIZE", 3), (outputs, "SITEMAP_SIZE", 2),
        (listings, "TOPIC_SIZE", 1), (listings, "EARLIER", 2), (listings, "OFFICE_SIZE", 2),
        (listings, "PER_PAGE", 2), (pages, "PER_PAGE", 2),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", [1, 4])
def test_a_build_of_what_changed_leaves_what_a_build_of_everything_does(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "room", seed)
    for _ in range(EVENTS):
        history.happen()
        check(history, history.build(), tmp_path / "whole")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", [2, 7])
def test_so_does_a_process_that_remembers_while_others_write_and_build(tmp_path: Path, seed: int) -> None:
    history = History(tmp_path / "room", seed)
    for _ in range(EVENTS):
        for _ in range(history.random.choice((1, 1, 2, 5))):
            history.happen()
            if history.random.random() < 0.15:
                history.build()
                history.told.append("another process builds")
            if history.random.random() < 0.15:
                history.told.append(history.fail())
        check(history, history.build(history.memory), tmp_path / "whole")


def check(history: History, made: dict[str, bytes], elsewhere: Path) -> None:
    whole = history.rebuild(elsewhere)
    wrong = sorted(path for path in made.keys() | whole.keys() if made.get(path) != whole.get(path))
    assert not wrong, "\n".join([*history.told, *wrong])


def test_a_correction_that_is_announced_later_shows_its_own_note_everywhere(tmp_path: Path) -> None:
    history = History(tmp_path / "room", 0)
    for note, headline in (("The figure was wrong.", "Fourteen"), ("The place was wrong.", "")):
        history.now += dt.timedelta(hours=1)
        with Newsroom.open(history.root, {}) as room:
            if not headline:  # an import brought a new text; nothing but the announcement is new after it
                releases.edit(room, 8, releases.Edit(headline="Forty"), history.now)
                history.build()
                history.now += dt.timedelta(minutes=1)
            corrections.correct(
                room, 8, releases.Edit(headline=headline or None), notify=Notify.NONE, notes={"en": note},
                reason="", author="", now=history.now,
            )  # fmt: skip
            slug = room.store.releases.get(8).slug
        made = history.build()
        for path in (f"releases/en/{slug}/index.html", "en/rss.xml", "en/atom.xml", "en/feed.json"):
            assert note.encode() in made[path], path
