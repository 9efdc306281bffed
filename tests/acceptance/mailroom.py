"""A newsroom with an edition planned for many people, and senders in processes of their own."""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pressfeed.domain import Status
from pressfeed.publish import importing, newsroom
from pressfeed.publish.editions import plan_edition
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from tests.unit.factories import TEXTS, content

BULLETIN = "global/daily"
NOW = dt.datetime(2026, 3, 12, 6, 30, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Mailroom:
    """A newsroom's folder, and how a test looks into it."""

    root: Path

    def configure(self, **mail: object) -> None:
        """Write ``pressfeed.toml`` with these keys under [mail]; "a.b" goes into the table [mail.a]."""
        lines = ["[newsroom]", 'name = "River Watch"', 'base_url = "https://press.example.org"']
        lines += ['languages = ["en", "fr", "es", "ar"]', 'time_zone = "UTC"', "[mail]"]
        lines += ['from = "River Watch <press@press.example.org>"']
        plain = {key: value for key, value in mail.items() if "__" not in key}
        lines += [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
        for table in dict.fromkeys(key.partition("__")[0] for key in mail if "__" in key):
            lines.append(f"[mail.{table}]")
            for key, value in mail.items():
                if key.startswith(f"{table}__"):
                    lines.append(f"{key.partition('__')[2]} = {json.dumps(value)}")
        (self.root / "pressfeed.toml").write_text("\n".join(lines) + "\n", "utf-8")

    def open(self) -> Newsroom:
        return Newsroom.open(self.root, {})

    def plan(self, slot: str = "2026-03-12T06:30", now: dt.datetime = NOW) -> int:
        """Plan an edition of the bulletin; its number."""
        with self.open() as room:
            edition, _ = plan_edition(room, room.bulletin(BULLETIN), slot, now)
            return edition.id

    def publish(self, number: int, *languages: str) -> None:
        """Publish a story in these languages."""
        with self.open() as room, room.store.transaction():
            for language in languages:
                told = content(language, regions=("global",))
                told = replace(told, headline=f"{told.headline} ({number})")
                room.store.releases.add(
                    told,
                    story=f"story-{number}",
                    slug=f"release-{number}",
                    status=Status.PUBLISHED,
                    source="test",
                    now=NOW - dt.timedelta(hours=1),
                    reason="made for a test",
                    published_at=NOW - dt.timedelta(hours=1),
                    embargo_until=None,
                    archive=False,
                )

    def pressfeed(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the real program to its end."""
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, env=environment(), check=False
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command of the real program."""
        return subprocess.Popen(
            self.command(*words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def command(self, *words: str) -> Sequence[str]:
        program = "from pressfeed.cli import main; main()"
        return [sys.executable, "-c", program, "-C", str(self.root), *words]

    def deliveries(self, *options: str) -> list[dict[str, Any]]:
        """What ``pressfeed deliveries list --json`` says."""
        done = self.pressfeed("deliveries", "list", "--json", *options)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def counts(self) -> dict[str, int]:
        """How many deliveries stand in each state."""
        with self.database() as database:
            return dict(database.execute("SELECT state, count(*) FROM delivery GROUP BY state"))

    def database(self) -> sqlite3.Connection:
        """The store behind pressfeed's back."""
        return sqlite3.connect(self.root / "db" / "pressfeed.sqlite3", timeout=30, isolation_level=None)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PRESSFEED_")}


def make(
    root: Path, people: int, *, languages: Sequence[str] = tuple(TEXTS), stories: int = 2, **mail: object
) -> Mailroom:
    """A newsroom with some stories and so many subscribers, an edition planned for all of them."""
    newsroom.create(root)
    Store(root / "db" / "pressfeed.sqlite3", create=True).close()
    mailroom = Mailroom(root)
    mailroom.configure(**mail)
    for number in range(stories):
        mailroom.publish(number, *languages)
    rows = root / "people.csv"
    with rows.open("w") as file:
        file.write("email,name,languages,bulletins\n")
        for number in range(people):
            language = languages[number % len(languages)]
            file.write(f"reader{number}@news.example.org,Reader {number},{language},{BULLETIN}\n")
    with mailroom.open() as room:
        report = importing.import_csv(room, rows, NOW)
    assert not report.bad
    mailroom.plan()
    return mailroom
