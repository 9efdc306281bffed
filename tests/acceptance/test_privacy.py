"""Privacy as documented: every column accounted for, nothing tracked, and what is over is erased."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from email import message_from_bytes, policy
from pathlib import Path

from lxml import html

from pressfeed.domain import SubscriberStatus
from pressfeed.publish.privacy import purge
from pressfeed.store.connection import Connection
from tests.acceptance import inbox
from tests.acceptance.cli import Newsroom
from tests.acceptance.inbox import READER, Inbox
from tests.acceptance.mailroom import BULLETIN, NOW
from tests.acceptance.mailroom import make as make_mailroom

DOCUMENT = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")
OTHER = "somebody@else.example.net"
NAME = re.compile(r"`([a-z_]+\.(?:[a-z_]+|\*))`")


def test_every_column_of_the_store_is_in_the_table_or_in_the_list(tmp_path: Path) -> None:
    connection = Connection(tmp_path / "store.sqlite3", create=True)
    tables = [
        row[0]
        for row in connection.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not row[0].startswith(("sqlite_", "_sqlite"))
    ]
    columns = {
        f"{table}.{row[1]}"
        for table in tables
        for row in connection.db.execute(f"PRAGMA table_info({table})")
    }
    stored = DOCUMENT.split("## What is stored, and why")[1]
    personal, rest = stored.split("No personal data, apart from")
    named = {
        name for row in re.findall(r"^\| (`[^|]*) \|", personal, re.MULTILINE) for name in NAME.findall(row)
    }
    others = set(NAME.findall(rest))
    whole = {name.removesuffix(".*") for name in others if name.endswith(".*")}
    listed = named | {name for name in others if not name.endswith(".*")}
    listed |= {column for column in columns if column.partition(".")[0] in whole}
    assert listed == columns


def everything(box: Inbox) -> str:
    """All that the store says, as text."""
    with box.mailroom.database() as database:
        return "\n".join(line for line in database.iterdump())


def test_who_is_forgotten_leaves_numbers_and_is_not_brought_back(tmp_path: Path) -> None:
    box = inbox.make(tmp_path / "room")
    number = box.reader().id
    for name in ("postfix-over-quota", "person-answers", "stranger"):
        (tmp_path / "mail.eml").write_bytes(box.message(name))
        assert box.mailroom.pressfeed("incoming", "read", str(tmp_path / "mail.eml")).returncode == 0
    exported = json.loads(box.mailroom.pressfeed("subscribers", "export", READER.upper()).stdout)
    assert exported["provenance"] == "added by an operator"
    assert [one["kind"] for one in exported["returned"]] == ["full-mailbox"]
    assert exported["sent"][0]["bulletin"] == BULLETIN
    assert "reply" not in {one["kind"] for one in exported["received"]}, "nothing proves whose answer it was"

    rehearsed = box.mailroom.pressfeed("subscribers", "forget", READER, "--dry-run")
    assert f"subscriber {number}" in rehearsed.stdout and READER in everything(box)
    assert box.mailroom.pressfeed("subscribers", "forget", READER).returncode == 0
    assert READER not in everything(box).casefold(), "not in servers' replies, not in answers either"
    assert OTHER in everything(box) and "sales@shop.example" in everything(box)

    with box.mailroom.database() as database:
        for table in ("item", "bounce", "delivery"):
            query = f"SELECT count(*) FROM {table} WHERE subscriber_id = ?"
            assert database.execute(query, (number,)).fetchone() == (1,), table
        kept = database.execute("SELECT sender FROM incoming WHERE raw IS NOT NULL").fetchall()
        assert kept == [("sales@shop.example",)]
    (tmp_path / "again.csv").write_text(f"email,bulletins\n{READER},{BULLETIN}\n")
    assert "stays off" in box.mailroom.pressfeed("subscribers", "import", str(tmp_path / "again.csv")).stderr
    missing = box.mailroom.pressfeed("subscribers", "export", READER)
    assert missing.returncode == 2


def test_a_purge_erases_what_is_over_and_nothing_else(tmp_path: Path) -> None:
    box = inbox.make(tmp_path / "room", extra='[incoming]\nmaildir = "returned"\n')
    for name in ("stranger", "vacation-rfc3834"):
        (tmp_path / "mail.eml").write_bytes(box.message(name))
        box.mailroom.pressfeed("incoming", "read", str(tmp_path / "mail.eml"))
    with box.mailroom.database() as database:
        database.execute("UPDATE incoming SET received_at = '2026-03-12T07:00:00.000000Z'")
        database.execute("UPDATE delivery SET reply = '250 2.1.5 <' || (SELECT address FROM subscriber s"
                         " WHERE s.id = subscriber_id) || '> queued'")  # fmt: skip
    with box.mailroom.open() as room, room.store.transaction():
        room.store.subscribers.unsubscribe(box.reader().id, BULLETIN, NOW)
    for name, age in (("1.old:2,S", 40), ("2.young:2,S", 5), ("3.unread:2,", 40)):
        file = box.root / "returned" / "cur" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
        os.utime(file, times=((NOW + dt.timedelta(days=95 - age)).timestamp(),) * 2)

    def after(days: int, *, dry_run: bool = False) -> dict[str, int]:
        with box.mailroom.open() as room:
            done = purge(room, NOW + dt.timedelta(days=days, hours=6), dry_run=dry_run)
        return {name: number for name in done.__slots__ if (number := getattr(done, name))}

    assert after(20) == {}
    before = everything(box)
    assert after(95, dry_run=True) == {"messages": 2, "kept": 1, "replies": 2, "files": 1}
    assert everything(box) == before
    assert after(31) == {"kept": 1}
    assert after(95) == {"messages": 2, "replies": 2, "files": 1}
    assert after(95) == {}
    assert "sales@shop.example" not in everything(box) and "queued" not in everything(box)
    assert READER in everything(box), "the address waits for its own time"
    (tmp_path / "mail.eml").write_bytes(box.message("stranger"))
    told = box.mailroom.pressfeed("incoming", "read", str(tmp_path / "mail.eml")).stdout
    assert told.strip() == "other: kept, as before.", "the same message still counts once"

    assert after(367) == {"people": 1, "files": 1}
    assert READER not in everything(box) and OTHER in everything(box)
    assert after(4000) == {}, "whoever still reads is never purged"
    assert "Erased: 0 people" in box.mailroom.pressfeed("privacy", "purge").stdout
    box.send(370)
    with box.mailroom.open() as room:
        told_to = {entry.subscriber for entry in room.store.ledger.of_edition(2)}
    assert told_to == {OTHER}


def test_a_suppressed_address_is_not_mailed_however_it_came_back(tmp_path: Path) -> None:
    room = make_mailroom(tmp_path / "room", 3, languages=("en",), transport="maildir:outbox")
    with room.open() as opened, opened.store.transaction():
        person = opened.store.subscribers.get("reader1@news.example.org")
        opened.store.subscribers.stop(person, SubscriberStatus.COMPLAINED, NOW)
    with room.database() as database:  # a careless hand
        database.execute("UPDATE subscriber SET status = 'active'")
        database.execute("UPDATE delivery SET state = 'pending'")
    assert room.pressfeed("deliver").returncode == 0
    assert {d["subscriber"]: d["state"] for d in room.deliveries()} == {
        "reader0@news.example.org": "sent",
        "reader1@news.example.org": "cancelled",
        "reader2@news.example.org": "sent",
    }


def test_hashes_of_two_newsrooms_cannot_be_compared(tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        box = inbox.make(tmp_path / name)
        box.mailroom.pressfeed("subscribers", "remove", READER)
        with box.mailroom.database() as database:
            hashes.append(database.execute("SELECT address_hash FROM suppression").fetchone()[0])
    assert hashes[0] != hashes[1] and len(hashes[0]) == 64


def test_mails_track_nobody(tmp_path: Path) -> None:
    """Two people's copies differ in their own links alone; no link leads over us, no picture is a counter."""
    room = Newsroom(tmp_path / "room")
    sample = Path(__file__).parents[2] / "examples" / "sample"
    room.run("import", str(sample / "releases"))
    (tmp_path / "people.csv").write_text(
        "email,languages,bulletins\n"
        + "".join(
            f"{who}-{language}@example.org,{language},global/daily\n"
            for who in ("a", "b")
            for language in ("en", "fr", "es", "ar")
        )
    )
    room.run("subscribers", "import", str(tmp_path / "people.csv"))
    room.run("bulletins", "send", "global/daily")
    copies: dict[str, list[str]] = {}
    for file in sorted((room.folder / "outbox" / "new").iterdir()):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = mail.get_body(("html",))
        assert part is not None
        page = part.get_content()
        tree = html.fromstring(page)
        for link in tree.xpath("//a/@href"):
            own = re.match(r"http://localhost:8000/(unsubscribe|preferences)/[a-z2-7]+$", link)
            plain = re.match(r"(?:https?://[^?#]+|mailto:[^?]+|tel:[+0-9 -]+)(?:#[\w-]+)?$", link)
            assert own or plain, f"a link that tells something: {link}"
        assert tree.xpath("//img[@width<2 or @height<2]") == []
        assert not re.search(r"(?:src|background)=[\"'][^\"']*\?|url\(['\"]?http", page)
        language = str(mail["To"]).partition("-")[2][:2]
        masked = re.sub(r"/(unsubscribe|preferences)/[a-z2-7]+", r"/\1/TOKEN", page)
        copies.setdefault(language, []).append(re.sub(r"\b[ab]-(\w\w@example\.org)", r"\1", masked))
    assert set(copies) == {"en", "fr", "es", "ar"}
    for language, (one, other) in copies.items():
        assert one == other, language
