"""A newsroom in simulated time: tests say what happens when, and look at what went out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pressfeed.delivery.sender import Tally
from pressfeed.delivery.transport import BeforeContent, Outcome, Outgoing, Result
from pressfeed.domain import Edition, Status
from pressfeed.publish import subscribers
from pressfeed.publish.deliver import send_due
from pressfeed.publish.room import Newsroom
from pressfeed.publish.tick import Rounds
from pressfeed.store import Store
from tests.unit import factories

SETTINGS = """\
[newsroom]
name = "River Watch"
base_url = "https://press.example.org"
languages = ["en", "fr", "es", "ar"]
[mail]
from = "River Watch <press@press.example.org>"
[operators]
notify = ["operator@press.example.org"]
"""
WORLD = 'name = "World"\ntime_zone = "UTC"\n'


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


class Outbox:
    """A transport that keeps what it is given, in order."""

    connections = 4
    problem = ""
    retry_in = 0.0

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def ready(self) -> None:
        return

    async def connect(self) -> Outbox:
        return self

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, following: Outgoing | None = None
    ) -> Outcome:
        if not await before_content():
            return Outcome(Result.DROPPED)
        self.sent.append(outgoing)
        return Outcome(Result.SENT, 250, text="ok", stage="content")

    async def close(self) -> None:
        return


@dataclass(frozen=True)
class Told:
    """One edition as a test reads it."""

    bulletin: str
    slot: str
    state: str
    stories: tuple[str, ...]
    recipients: tuple[str, ...]


class Clockwork:
    """A newsroom, a clock that stands still until it is moved, and a scheduler that a test may stop."""

    def __init__(self, root: Path, start: str, **regions: str) -> None:
        self.root = root
        self.now = utc(start)
        self.outbox = Outbox()
        self.rounds: Rounds | None = None
        (root / "schedules").mkdir(parents=True)
        (root / "pressfeed.toml").write_text(SETTINGS, "utf-8")
        for slug, text in regions.items():
            self.schedule(slug.strip("_").replace("_", "-"), text)
        Store(root / "db" / "pressfeed.sqlite3", create=True).close()

    def schedule(self, slug: str, text: str) -> None:
        """Write a region's file."""
        (self.root / "schedules" / f"{slug}.toml").write_text(text, "utf-8")

    def open(self) -> Newsroom:
        return Newsroom.open(self.root, {})

    def store(self) -> Store:
        """The store alone, whatever the schedules are like."""
        return Store(self.root / "db" / "pressfeed.sqlite3")

    # What happens

    def publish(
        self,
        story: str,
        *languages: str,
        regions: Sequence[str] = ("global",),
        at: str = "",
        embargo: str = "",
        archive: bool = False,
    ) -> list[int]:
        """Store a story's translations now, published now or at a time that may lie ahead."""
        moment = utc(at) if at else self.now
        made = []
        with self.open() as room, room.store.transaction():
            for language in languages or ("en",):
                told = factories.content(language, regions=tuple(regions))
                made.append(
                    room.store.releases.add(
                        replace(told, headline=f"{story} {language}"),
                        story=story,
                        slug=f"{story}-{language}",
                        status=Status.SCHEDULED if moment > self.now else Status.PUBLISHED,
                        source="test",
                        now=self.now,
                        reason="made for a test",
                        published_at=moment,
                        embargo_until=utc(embargo) if embargo else None,
                        archive=archive,
                    )
                )
        if self.rounds is not None:
            self.rounds.look(self.now)  # as it does twice a second
        return made

    def subscribe(self, name: str, languages: str, *bulletins: str) -> None:
        with self.open() as room:
            address = f"{name}@news.example.org"
            subscribers.add(room, address, name, languages.split(), bulletins, self.now)

    def start(self) -> Rounds:
        """Start a scheduler; it sweeps at once."""
        self.rounds = Rounds(self.root, {})
        self.rounds.open(self.now)
        self.rounds.sweep(self.now)
        return self.rounds

    def stop(self) -> None:
        if self.rounds is not None:
            self.rounds.close()
        self.rounds = None

    def until(self, moment: str) -> None:
        """Let time pass: the scheduler, if one runs, looks whenever it has said that it must."""
        end = utc(moment)
        while self.rounds is not None:
            coming = self.rounds.next_moment()
            if coming is None or coming > end:
                break
            self.now = max(self.now, coming)
            self.rounds.look(self.now)
        self.now = end
        if self.rounds is not None:
            self.rounds.look(self.now)

    def deliver(self) -> list[Outgoing]:
        """Send what is due; the messages."""
        before = len(self.outbox.sent)
        send_due(self.root, {}, self.outbox, lease=60, tally=Tally(), clock=lambda: self.now)
        return self.outbox.sent[before:]

    # What came of it

    def editions(self, bulletin: str = "") -> list[Edition]:
        """Every edition, the oldest first."""
        with self.store() as store:
            found = store.editions.newest(1_000_000)[::-1]
        return [edition for edition in found if not bulletin or edition.bulletin == bulletin]

    def told(self, bulletin: str = "") -> list[Told]:
        """Every edition with its stories and recipients, the oldest first."""
        found = []
        editions = self.editions(bulletin)
        with self.store() as store:
            for edition in editions:
                stories = [
                    store.releases.get(next(iter(story.translations.values()))[0]).story
                    for story in store.editions.stories(edition.id)
                ]
                people = [entry.subscriber for entry in store.ledger.of_edition(edition.id)]
                names = sorted({address.partition("@")[0] for address in people})
                found.append(
                    Told(edition.bulletin, edition.slot, edition.state, tuple(stories), tuple(names))
                )
        return found

    def incidents(self) -> list[str]:
        """The keys of the incidents that are open."""
        with self.store() as store:
            return [incident.key for incident in store.incidents.current()]
