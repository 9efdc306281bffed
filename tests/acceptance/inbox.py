"""A newsroom whose mail has gone out, and what may come back to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pressfeed.domain import Subscriber
from pressfeed.publish import newsroom, subscribers
from pressfeed.publish.editions import plan_edition
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope
from tests.acceptance.mailroom import BULLETIN, NOW, Mailroom

CORPUS = Path(__file__).parents[1] / "data" / "bounces"
READER = "reader@news.example.net"


@dataclass(frozen=True)
class Inbox:
    """A mailroom in which editions have been sent to READER."""

    mailroom: Mailroom

    @property
    def root(self) -> Path:
        return self.mailroom.root

    def send(self, day: int = 0) -> int:
        """Another edition, sent so many days after the first; its number."""
        at = NOW + dt.timedelta(days=day)
        self.mailroom.publish(100 + day, "en")
        with self.mailroom.open() as room:
            edition, _ = plan_edition(room, room.bulletin(BULLETIN), f"{at:%Y-%m-%dT%H:%M}", at)
        with self.mailroom.database() as database:
            moment = f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
            database.execute(
                "UPDATE delivery SET state = 'sent', settled_at = ?, reply = '250 2.0.0 queued'"
                " WHERE edition_id = ?",
                (moment, edition.id),
            )
            database.execute("UPDATE edition SET state = 'sent' WHERE id = ?", (edition.id,))
        return edition.id

    def reader(self, address: str = READER) -> Subscriber:
        with self.mailroom.open() as room:
            return room.store.subscribers.get(address)

    def tokens(self, edition: int = 1, address: str = READER, epoch: int = 0) -> dict[str, str]:
        """What stands for a reader's own tokens in the messages of the corpus."""
        with self.mailroom.open() as room:
            person = room.store.subscribers.get(address)
            ring = Keyring(room.store.secret)
            unsubscribe = ring.token(Scope.UNSUBSCRIBE, person.id, BULLETIN, epoch=epoch)
            uid = room.store.editions.get(edition).uid
            return {
                "%%BOUNCE%%": ring.token(Scope.BOUNCE, person.id, edition, epoch=epoch),
                "%%UNSUBSCRIBE%%": unsubscribe,
                "%%UPPER%%": unsubscribe.upper(),
                "%%MESSAGE_ID%%": ring.message_id(uid, person.id, "press.example.org"),
            }

    def message(self, name: str, edition: int = 1, tokens: dict[str, str] | None = None) -> bytes:
        """A message of the corpus about the edition that READER was sent."""
        raw = (CORPUS / f"{name}.eml").read_bytes()
        for hole, token in (tokens or self.tokens(edition)).items():
            raw = raw.replace(hole.encode(), token.encode())
        return raw


def make(root: Path, *, extra: str = "") -> Inbox:
    """A newsroom with one edition sent to READER and to another one; ``extra`` goes into its settings."""
    newsroom.create(root)
    Store(root / "db" / "pressfeed.sqlite3", create=True).close()
    mailroom = Mailroom(root)
    mailroom.configure(
        bounce_address="bounces@press.example.org", unsubscribe_address="unsubscribe@press.example.org"
    )
    with (root / "pressfeed.toml").open("a") as file:
        file.write(extra)
    with mailroom.open() as room:
        people(room)
    inbox = Inbox(mailroom)
    inbox.send()
    return inbox


def people(room: Newsroom) -> None:
    for address in (READER, "somebody@else.example.net"):
        subscribers.add(room, address, "", ("en",), (BULLETIN,), NOW)
