"""A server, a store or a machine that misbehaves: every delivery ends right, and says why."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance import faulty
from tests.acceptance.killing import check_ledger, copies
from tests.acceptance.mailroom import Mailroom, environment, make
from tests.acceptance.scripted import Peer, scripted
from tests.acceptance.servers import RecordingServer

DEADLINE = 10  # seconds that a sender has to go after SIGTERM


def test_every_delivery_ends_right_whatever_the_server_does(tmp_path: Path) -> None:
    room, server = faulty.deliver_despite(tmp_path, 600, outage="1+4", seed=5)
    faulty.check(room, server, 600)


# Refusals that everybody would get


async def refuse_login(peer: Peer) -> None:
    await peer.greet("250-server.example\r\n250-PIPELINING\r\n250 AUTH PLAIN\r\n")
    await peer.hear("AUTH")
    await peer.say("535 5.7.8 user or password is wrong\r\n")
    await peer.silence()


async def refuse_sender(peer: Peer) -> None:
    await peer.greet()
    while (line := await peer.hear()) != "QUIT":
        if line == "RSET":
            await peer.say("250 ok\r\n")
        elif line.startswith("MAIL"):
            await peer.say("550 5.7.26 your domain has no SPF\r\n")
        else:
            await peer.say("503 5.5.1 MAIL first\r\n")


async def refuse_content(peer: Peer) -> None:
    await peer.greet()
    while await take_envelope(peer):
        await peer.content()
        await peer.say("552 5.3.4 the message is too big\r\n")


async def take_envelope(peer: Peer) -> str:
    """The recipient of the next message, whose content may come now; "" at the end."""
    if not (await peer.hear()).startswith("MAIL"):
        return ""
    recipient = await peer.hear("RCPT")
    await peer.hear("DATA")
    await peer.say("250 ok\r\n250 ok\r\n354 go\r\n")
    return recipient.split("<")[1].split(">")[0]


@pytest.mark.parametrize(
    ("script", "login", "reason"),
    [
        (refuse_login, "press:wrong@", "535 5.7.8 user or password is wrong"),
        (refuse_sender, "", "550 5.7.26 your domain has no SPF"),
        (refuse_content, "", "552 5.3.4 the message is too big"),
    ],
)
def test_a_refusal_of_everybody_pauses_the_edition_until_it_is_resumed(tmp_path, script, login, reason):
    room = make(tmp_path / "room", 200, transport="maildir:outbox")

    async def refused() -> tuple[subprocess.CompletedProcess[str], int]:
        async with scripted(script) as server:
            room.configure(
                transport=server.url.replace("//", f"//{login}") + "?tls=none",
                connections=4,
                retry_first="1s",
            )
            done = await asyncio.to_thread(room.pressfeed, "deliver", "--patience", "5")
            return done, len(server.peers)

    done, connections = asyncio.run(refused())
    assert done.returncode == 1, done.stderr
    assert "1 edition paused" in done.stdout
    assert connections <= 3 * 4, "not one for each of the 200"
    assert room.counts() == {"pending": 200}, "nobody pays for it"
    (edition,) = json.loads(room.pressfeed("editions", "list", "--json").stdout)
    assert edition["state"] == "paused"
    assert reason in edition["reason"]

    with RecordingServer(tmp_path / "log") as server:
        room.configure(transport=server.url)
        assert room.pressfeed("deliver").returncode == 1, "it stays paused until somebody says otherwise"
        assert server.accepted() == []
        assert room.pressfeed("editions", "resume", str(edition["edition"])).returncode == 0
        done = room.pressfeed("deliver")
        assert done.returncode == 0, done.stdout + done.stderr
        assert copies(server).total() == 200
        check_ledger(room, server)


# SIGTERM


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.02)


def terminate(sender: subprocess.Popen[str]) -> str:
    sender.send_signal(signal.SIGTERM)
    out, error = sender.communicate(timeout=DEADLINE)
    assert "Traceback" not in error
    return out + error


def test_sigterm_finishes_what_is_on_the_wire_and_gives_the_rest_back(tmp_path: Path) -> None:
    with RecordingServer(tmp_path / "log", "stall:reply=1/0.2") as server:
        room = make(tmp_path / "room", 500, transport=server.url, in_doubt="hold", connections=5)
        sender = room.start("deliver")
        wait_until(lambda: len(server.accepted()) >= 20)
        terminate(sender)
        assert sender.returncode == 1, "something is left"
        counts = room.counts()
        assert counts.keys() == {"sent", "pending"}, "nothing is held, nothing in doubt"
        assert counts["sent"] == len(server.accepted())
        check_ledger(room, server)


def test_sigterm_does_not_wait_for_a_server_that_never_answers(tmp_path: Path) -> None:
    with RecordingServer(tmp_path / "log", "stall:reply=1/300") as server:
        room = make(tmp_path / "room", 100, transport=server.url, in_doubt="hold", connections=5)
        sender = room.start("deliver")
        wait_until(lambda: room.counts().get("sending") == 5)
        terminate(sender)
        assert sender.returncode == 1
        assert room.counts() == {"unknown": 5, "pending": 95}


def test_sigterm_while_the_server_is_down_touches_nobody(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"smtp://127.0.0.1:{door.getsockname()[1]}"
        room = make(tmp_path / "room", 100, transport=url, connections=5)
        sender = room.start("deliver", "--patience", "600")
        door.settimeout(60)
        for _ in range(2):  # it knocks again once it knows that the first time was in vain
            door.accept()[0].close()
        words = terminate(sender)
    assert sender.returncode == 1
    assert "The mail server: the server closed the connection" in words
    assert room.counts() == {"pending": 100}
    assert {d["attempts"] for d in room.deliveries()} == {0}


def test_a_server_that_is_down_is_waited_for_as_long_as_patience_lasts(tmp_path: Path) -> None:
    room = make(tmp_path / "room", 20, transport="smtp://127.0.0.1:9", connections=2)
    done = room.pressfeed("deliver", "--patience", "1")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert room.counts() == {"pending": 20}
    assert {(d["attempts"], d["reply"]) for d in room.deliveries()} == {(0, "")}


# The store


def lock_for(room: Mailroom, seconds: float) -> None:
    """Another writer keeps the store locked, as a backup or an import may."""
    with room.database() as database:
        database.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        database.execute("ROLLBACK")


def deliver_through_lock(folder: Path, people: int, seconds: float) -> None:
    """Two senders live through a lock that lasts longer than their lease; nobody is lost or told twice."""
    with RecordingServer(folder / "log", "stall:reply=1/0.05") as server:
        room = make(folder / "room", people, transport=server.url, connections=4, lease="2s")
        senders = [room.start("deliver") for _ in range(2)]
        wait_until(lambda: len(server.accepted()) > 50)
        before = len(server.accepted())
        locking = threading.Thread(target=lock_for, args=(room, seconds))
        locking.start()
        locking.join()
        # What was on the wire came to its end; without a record of it, nothing new was begun.
        assert len(server.accepted()) - before <= 3 * 4 * len(senders)
        for sender in senders:
            out, error = sender.communicate(timeout=120)
            assert sender.returncode == 0, out + error
        assert copies(server).total() == people
        check_ledger(room, server)


def test_a_store_locked_by_another_writer_holds_the_sending_up_and_costs_nothing(tmp_path: Path) -> None:
    deliver_through_lock(tmp_path, 600, seconds=5)


@pytest.mark.parametrize("command", ["deliver", "worker", "run"])
def test_sigterm_does_not_wait_for_whoever_locks_the_store(tmp_path: Path, command: str) -> None:
    """It leaves everything under its lease, as a killed sender does, and the next one takes it up."""
    with RecordingServer(tmp_path / "log") as server:
        room = make(tmp_path / "room", 500, transport=server.url, connections=4, lease="2s")
        sender = room.start(command)
        wait_until(lambda: len(server.accepted()) > 20)
        with room.database() as database:
            database.execute("BEGIN IMMEDIATE")
            words = terminate(sender)  # the lock is held until it has gone
            database.execute("ROLLBACK")
        assert "Traceback" not in words
        assert len(server.accepted()) < 500
        assert room.counts().get("sending", 0) <= 4
        done = room.pressfeed("deliver")
        assert done.returncode == 0, done.stdout + done.stderr
        received = copies(server)
        assert len(received) == 500
        assert received.total() - 500 <= 4
        check_ledger(room, server)


def test_a_disk_that_is_full_loses_nobody(tmp_path: Path) -> None:
    """The store's files cannot grow any more in the middle of the sending."""
    connections = 4
    with RecordingServer(tmp_path / "log") as server:
        room = make(tmp_path / "room", 1_000, transport=server.url, connections=connections)
        log = room.root / "db" / "pressfeed.sqlite3-wal"
        with room.database() as keeps_the_log_open:
            keeps_the_log_open.execute("SELECT count(*) FROM delivery").fetchone()
            limit = (log.stat().st_size if log.exists() else 0) + 400_000
            full = subprocess.run(
                room.command("deliver"),
                capture_output=True,
                text=True,
                env=environment(),
                check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
            )
        assert full.returncode == 1
        assert "pressfeed.sqlite3" in full.stderr
        assert "Traceback" not in full.stderr
        assert 0 < len(server.accepted()) < 1_000
        doubts = room.counts().get("sending", 0)
        assert doubts <= connections

        room.configure(transport=server.url, connections=connections, lease="1s")
        done = room.pressfeed("deliver")
        assert done.returncode == 0, done.stdout + done.stderr
        received = copies(server)
        assert len(received) == 1_000
        assert received.total() - 1_000 <= connections
        check_ledger(room, server)


def test_the_store_says_sending_before_the_first_byte_of_the_content(tmp_path: Path) -> None:
    """Whatever the server has of a message, the store says that it may: power may fail at any time."""
    room = make(tmp_path / "room", 30, transport="maildir:outbox")
    path = room.root / "db" / "pressfeed.sqlite3"
    states: list[str] = []

    async def look(peer: Peer) -> None:
        await peer.greet()
        while recipient := await take_envelope(peer):
            await peer.reader.readexactly(1)
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
                query = "SELECT d.state FROM delivery d JOIN subscriber s ON s.id = d.subscriber_id"
                found = database.execute(f"{query} WHERE s.address = ?", (recipient,))
                states.append(found.fetchone()[0])
            await peer.content()
            await peer.say("250 2.0.0 taken\r\n")

    async def main() -> None:
        async with scripted(look) as server:
            room.configure(transport=server.url, connections=3)
            sender = await asyncio.to_thread(room.pressfeed, "deliver")
            assert sender.returncode == 0, sender.stderr

    asyncio.run(main())
    assert states == ["sending"] * 30
