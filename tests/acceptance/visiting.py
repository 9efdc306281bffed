"""A newsroom whose pages are visited without a network: the real application, a clock to turn, an outbox."""

from __future__ import annotations

import datetime as dt
import mailbox
import re
import sqlite3
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from pressfeed.delivery.opening import open_transport
from pressfeed.domain import Subscriber
from pressfeed.publish import newsroom
from pressfeed.publish.incoming import Receipt, receive
from pressfeed.publish.letters import send_letters
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope
from pressfeed.web.app import application

CORPUS = Path(__file__).parents[1] / "data" / "bounces"
BASE = "https://press.example.org"
NOON = dt.datetime(2026, 3, 17, 12, 0, tzinfo=dt.UTC)
SETTINGS = f"""
[newsroom]
name = "River Watch"
base_url = "{BASE}"
languages = ["en", "fr", "es", "ar"]
time_zone = "UTC"
[mail]
from = "River Watch <press@press.example.org>"
"""


@dataclass
class Visit:
    """One newsroom, its visitors and their mailboxes."""

    root: Path
    settings: str = ""
    now: dt.datetime = NOON
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        newsroom.create(self.root)
        (self.root / "pressfeed.toml").write_text(SETTINGS + self.settings, "utf-8")
        Store(self.root / "db" / "pressfeed.sqlite3", create=True).close()
        (self.root / "public").mkdir(exist_ok=True)
        self.client = self.visitor()

    def visitor(self, address: str = "192.0.2.7") -> TestClient:
        """A visitor from a network address."""
        with self.open() as room:
            app = application(room.config, room.regions, lambda: self.now)
        return TestClient(
            app, base_url=BASE, follow_redirects=False, client=(address, 50000), raise_server_exceptions=True
        )

    def open(self) -> Newsroom:
        return Newsroom.open(self.root, {})

    def later(self, **length: float) -> None:
        """Turn the clock on."""
        self.now += dt.timedelta(**length)

    def stamp(self, language: str = "en") -> str:
        """A form's stamp that is old enough."""
        found = re.search(r'name="stamp" value="(\w+)"', self.client.get(f"/subscribe/{language}").text)
        assert found is not None
        self.later(seconds=5)
        return found[1]

    def ask(
        self,
        address: str,
        *bulletins: str,
        language: str = "en",
        client: TestClient | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Fill in the form and send it."""
        data = {"address": address, "bulletin": bulletins or ("global/daily",), "stamp": self.stamp(language)}
        return (client or self.client).post(f"/subscribe/{language}", data=data | more)

    def letters(self) -> list[EmailMessage]:
        """Send the letters that are due; all mails that were ever sent, the oldest first."""
        with self.open() as room:
            send_letters(room, partial(open_transport, room.config.mail, self.root), lambda: self.now)
        parser = BytesParser(policy=policy.default)
        if not (self.root / "outbox").exists():
            return []
        box = mailbox.Maildir(self.root / "outbox", create=False)
        keys = sorted(box.keys(), key=lambda key: Path(box._path, box._lookup(key)).stat().st_mtime_ns)  # type: ignore[attr-defined]
        found = [parser.parsebytes(box.get_bytes(key)) for key in keys]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def join(self, address: str, *bulletins: str, language: str = "en", **more: Any) -> None:
        """Sign up and confirm."""
        assert self.ask(address, *bulletins, language=language, **more).status_code == 200
        assert self.client.post(link(self.letters()[-1], "subscribe/confirm")).status_code == 200

    def find(self, address: str) -> Subscriber | None:
        with self.open() as room:
            return room.store.subscribers.find(address)

    def preferences(self, address: str) -> str:
        """The path of a person's preferences."""
        with self.open() as room:
            person = room.store.subscribers.get(address)
            holder = room.store.subscribers.holder(person.id)
            assert holder is not None
            return "/preferences/" + Keyring(room.store.secret).token(
                Scope.PREFERENCES, person.id, epoch=holder[1]
            )

    def unsubscribe(self, address: str, bulletin: str) -> str:
        """The path of a person's unsubscribe link."""
        with self.open() as room:
            person = room.store.subscribers.get(address)
            holder = room.store.subscribers.holder(person.id)
            assert holder is not None
            return "/unsubscribe/" + Keyring(room.store.secret).token(
                Scope.UNSUBSCRIBE, person.id, bulletin, epoch=holder[1]
            )

    def comes_back(self, name: str, address: str) -> Receipt:
        """A message of the corpus about mail to this person comes in now."""
        with self.open() as room:
            holder = room.store.subscribers.holder(room.store.subscribers.get(address).id)
            assert holder is not None
            (person, epoch), ring = holder, Keyring(room.store.secret)
            raw = (CORPUS / f"{name}.eml").read_bytes().replace(b"reader@news.example.net", address.encode())
            for hole, token in (
                (b"%%BOUNCE%%", ring.token(Scope.BOUNCE, person.id, 1, epoch=epoch)),
                (b"%%UNSUBSCRIBE%%", ring.token(Scope.UNSUBSCRIBE, person.id, "global/daily", epoch=epoch)),
            ):
                raw = raw.replace(hole, token.encode())
            return receive(room.store, room.config.incoming, raw, "test", self.now)

    def dump(self) -> list[str]:
        """Everything in the store."""
        with sqlite3.connect(self.root / "db" / "pressfeed.sqlite3") as database:
            return list(database.iterdump())


def link(mail: EmailMessage, kind: str) -> str:
    """The path of a link in a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"{BASE}(/{kind}/\S+)", body.get_content())
    assert found is not None, body.get_content()
    return found[1]
