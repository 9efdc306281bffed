"""Clients that are slow, and clients by the thousand: the web server with a short patience."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pressfeed import config as settings
from pressfeed.domain import Regions
from pressfeed.web import wire
from pressfeed.web.app import application
from pressfeed.web.kept import Answer
from pressfeed.web.server import QuietServer
from tests.acceptance.cli import Newsroom
from tests.acceptance.fronts import ask, free_port, receive, serving
from tests.acceptance.test_main_job import ENGLISH, FRENCH

FEED = "/global/fr/rss.xml"
NOW = dt.datetime(2026, 11, 22, 7, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    top = tmp_path_factory.mktemp("strangers")
    room = Newsroom(top / "room")
    (top / "a.fr.md").write_text(FRENCH)
    room.run("import", str(top / "a.fr.md"))
    room.run("build")
    return room


@contextmanager
def inside(room: Newsroom) -> Iterator[int]:
    """The web server in a thread of this process, whose limits a test may change; the port."""
    port = free_port()
    app = application(settings.load(room.folder, {}), Regions(()), lambda: NOW)
    server = QuietServer(app, "127.0.0.1", port)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
        b"POST /unsubscribe/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na",
    ],
)
def test_who_does_not_finish_a_request_is_not_waited_for(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(wire, "ARRIVAL", 0.2)
    with inside(room) as port, socket.create_connection(("127.0.0.1", port), 30) as slow:
        slow.sendall(begun)
        assert receive(slow).status == 408
        assert ask(port, FEED).status == 200


def test_a_head_without_an_end_is_cut_off(room: Newsroom) -> None:
    with inside(room) as port, socket.create_connection(("127.0.0.1", port), 30) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):
            while True:
                endless.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
                time.sleep(0.001)


def test_who_does_not_take_the_answer_is_left(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TAKING", 0.2)
    (room.folder / "public" / "film.mp4").write_bytes(bytes(50_000_000))
    with inside(room) as port, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", port))
        slow.settimeout(30)
        slow.sendall(b"GET /film.mp4 HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1)
        taken = 0
        with pytest.raises(ConnectionResetError):
            while piece := slow.recv(1_000_000):
                taken += len(piece)
            raise ConnectionResetError  # an end is as good as a reset
        assert taken < 50_000_000


def test_the_whole_of_public_is_served_without_a_store(room: Newsroom, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(room.folder, copy)
    with serving(copy) as port:
        etag = ask(port, FEED).headers["etag"]
        for file in (copy / "db").iterdir():
            file.unlink()
        assert ask(port, FEED, f"If-None-Match: {etag}").status == 304
        assert ask(port, "/").status == 200
        assert ask(port, "/global/fr").status == 301
        assert ask(port, "/nowhere").status == 404


class Poller:
    """A feed reader: asks for a feed as often as it likes, and remembers what it was given."""

    def __init__(self, chance: random.Random, answer: Callable[..., Answer | None]) -> None:
        self.period = chance.choice((15, 30, 60, 120, 360))  # minutes
        self.next = chance.randrange(self.period)
        self.by_date = chance.random() < 0.2
        self.coding = chance.choice((b"gzip, br", b"gzip", b"identity"))
        self.tag = self.date = b""
        self.body = b""
        self.fetched = self.spared = 0
        self._answer = answer

    def poll(self) -> None:
        headers = [(b"accept-encoding", self.coding)]
        if self.tag:
            headers.append(
                (b"if-modified-since", self.date) if self.by_date else (b"if-none-match", self.tag)
            )
        reply = self._answer(b"GET", FEED, headers)
        assert reply is not None
        if reply.status == 304:
            self.spared += 1
            return
        assert reply.status == 200
        given = dict(reply.headers)
        self.tag, self.date, self.body = given[b"etag"], given[b"last-modified"], reply.body
        self.fetched += 1


def test_a_week_of_a_thousand_readers(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Minutes pass in the loop. A feed changes three times; all else is 304, and no answer asks the store."""
    public = room.folder / "public"
    moment = time.time() - 8 * 24 * 3600

    def rest() -> None:
        for file in public.rglob("*"):
            if file.is_file() and file.stat().st_mtime > moment:
                os.utime(file, (moment, moment))

    rest()
    app = application(settings.load(room.folder, {}), Regions(()), lambda: NOW)
    chance = random.Random(1)
    readers = [Poller(chance, app.answer) for _ in range(1000)]
    opened: list[object] = []
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **more: opened.append(args) or connect(*args, **more)
    )
    changes = {2000: "one", 2001: "two", 7000: "three"}  # minute → a release
    polls = 0
    for minute in range(7 * 24 * 60):
        moment += 60
        if minute in changes:
            text = ENGLISH.replace("gambia-alert", changes[minute]).replace("language: en", "language: fr")
            (tmp_path / "b.fr.md").write_text(text.replace("Early", f"{changes[minute]} early"))
            room.run("import", str(tmp_path / "b.fr.md"))
            room.run("build")
            rest()
        for reader in readers:
            if reader.next == minute:
                reader.poll()
                reader.next += reader.period
                polls += 1
    assert opened == []
    last = (public / FEED.lstrip("/")).read_bytes()
    forms = {last, *((public / (FEED.lstrip("/") + suffix)).read_bytes() for suffix in (".gz", ".br"))}
    assert all(reader.body in forms for reader in readers), "everybody has the last version"
    assert all(reader.fetched <= 4 for reader in readers), "nobody gets a version twice"
    assert sum(reader.spared for reader in readers) == polls - sum(reader.fetched for reader in readers)
    assert polls > 200_000
