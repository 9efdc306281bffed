"""WebSub, end to end: a real subscriber and a real hub over HTTP, and processes that are killed."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from pressfeed import config as settings
from pressfeed.delivery import callback
from pressfeed.delivery.callback import Caller, RefusedError, check, is_public
from pressfeed.domain import Regions
from pressfeed.publish.hub import HubError, subscribe
from pressfeed.publish.room import Newsroom as Room
from pressfeed.publish.websub import ATTEMPTS, push_due, topic
from pressfeed.web import websub
from pressfeed.web.app import application
from tests.acceptance.cli import COMMAND, Newsroom
from tests.acceptance.fronts import ask, await_port, free_port
from tests.acceptance.test_main_job import FRENCH

FEED = "global/fr/atom.xml"
BASE = "http://localhost:8000"
PATIENCE = 60.0  # seconds; far more than it takes, on the slowest machine
NOW = dt.datetime(2026, 11, 22, 7, tzinfo=dt.UTC)


@dataclass
class Other:
    """The other side: a subscriber, or a hub. It remembers what it was sent."""

    port: int = 0
    status: int = 200
    honest: bool = True  # echoes the challenge
    asked: list[dict[str, str]] = field(default_factory=list)
    given: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback?key=a%20b"


@pytest.fixture
def other() -> Iterator[Other]:
    with listening() as side:
        yield side


@contextmanager
def listening() -> Iterator[Other]:
    side = Other()
    side.stalled.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            assert query.pop("key") == "a b", "the callback's own parameters stay"
            side.asked.append(query)
            self.answer(side.status, query.get("hub.challenge", "") if side.honest else "no")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            side.given.append(({name.lower(): value for name, value in self.headers.items()}, body))
            side.stalled.wait(PATIENCE)
            self.answer(side.status, "thanks")

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 100

    server = Server(("127.0.0.1", 0), Handler)
    side.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield side
    side.stalled.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """A newsroom with a hub of its own and one release, made once."""
    room = Newsroom(tmp_path_factory.mktemp("websub") / "built")
    room.setting('# hub = "own"', 'hub = "own"')
    room.setting('# private_callbacks = "refuse"', 'private_callbacks = "allow"')
    publish(room, FRENCH)
    room.run("build")
    return room


@pytest.fixture
def room(built: Newsroom, tmp_path: Path) -> Newsroom:
    return built.copy_to(tmp_path / "room")


def publish(room: Newsroom, text: str, name: str = "a.fr.md") -> None:
    file = room.folder.parent / name
    file.write_text(text)
    room.run("import", str(file))


def another(name: str) -> str:
    """A further release in French."""
    return FRENCH.replace("gambia-alert", name).replace("headline: ", f"headline: {name} ")


def change(room: Newsroom, name: str) -> bytes:
    """Publish one and build; the feed as it is then."""
    publish(room, another(name), f"{name}.fr.md")
    room.run("build")
    return (room.folder / "public" / FEED).read_bytes()


def wait_for(what: Callable[[], object], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert process is None or process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def form(other: Other, mode: str = "subscribe", **more: str) -> dict[str, str]:
    fields = {"hub.mode": mode, "hub.topic": f"{BASE}/{FEED}", "hub.callback": other.url}
    return fields | {f"hub.{name}": value for name, value in more.items()}


class Desk:
    """The newsroom in this process, at a time of our own."""

    def __init__(self, room: Newsroom) -> None:
        self.room = Room.open(room.folder, {})
        self.now = NOW

    def ask(self, fields: dict[str, str]) -> None:
        subscribe(self.room.config, self.room.store, fields, self.now)

    def push(self, **later: int) -> int:
        self.now += dt.timedelta(**later)
        return push_due(self.room, self.now)

    def targets(self) -> list[Any]:
        return self.room.store.websub.targets()


@pytest.fixture
def desk(room: Newsroom) -> Iterator[Desk]:
    desk = Desk(room)
    yield desk
    desk.room.store.close()


# With real processes


def test_a_subscriber_is_asked_back_and_given_the_bytes_that_anybody_can_fetch(
    room: Newsroom, other: Other
) -> None:
    port = free_port()
    with (room.folder / "log").open("w") as log:
        process = subprocess.Popen([COMMAND, "-C", room.folder, "run", "--listen", str(port)], stderr=log)
    try:
        await_port(port, process)
        found = ask(port, f"/{FEED}")
        assert found.headers["link"] == f'<{BASE}/hub>; rel="hub", <{BASE}/{FEED}>; rel="self"'
        body = urlencode(form(other, secret="quiet", lease_seconds="864000")).encode()
        kind = "Content-Type: application/x-www-form-urlencoded"
        assert ask(port, "/hub", kind, method="POST", body=body).status == 202
        wait_for(lambda: room.json("websub", "list"), process)
        assert {name: other.asked[0][name] for name in ("hub.mode", "hub.topic", "hub.lease_seconds")} == {
            "hub.mode": "subscribe",
            "hub.topic": f"{BASE}/{FEED}",
            "hub.lease_seconds": "864000",
        }
        assert other.given == [], "nothing has changed yet"

        publish(room, another("flood"), "flood.fr.md")
        wait_for(lambda: other.given, process)
        headers, data = other.given[0]
        pulled = ask(port, f"/{FEED}")
        assert data == pulled.body and b"flood" in data
        assert headers["content-type"] == pulled.headers["content-type"]
        assert headers["link"] == pulled.headers["link"]
        mac = hmac.new(b"quiet", data, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature"] == f"sha256={mac}"
        wait_for(lambda: room.json("websub", "list")[0]["next_try"] is None, process)

        body = urlencode(form(other, "unsubscribe")).encode()
        assert ask(port, "/hub", kind, method="POST", body=body).status == 202
        wait_for(lambda: room.json("websub", "list") == [], process)
    finally:
        process.terminate()
        process.wait(20)
    logged = (room.folder / "log").read_text()
    assert "quiet" not in logged and "callback" not in logged, "neither secrets nor addresses in the log"


def test_killed_while_it_pushes(room: Newsroom, other: Other, desk: Desk) -> None:
    desk.now = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    desk.ask(form(other))
    desk.push()
    pulled = change(room, "flood")
    other.stalled.clear()
    process = subprocess.Popen([COMMAND, "-C", room.folder, "websub", "push"])
    wait_for(lambda: other.given, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    other.stalled.set()
    other.given.clear()
    desk.now = dt.datetime.now(dt.UTC)
    assert desk.push(minutes=3) == 1, "once the dead one's claim is over"
    assert [data for _, data in other.given] == [pulled]
    assert desk.push(hours=1) == 0


KILLED = """
import datetime, os, pathlib, signal, sys
from pressfeed.publish.build import build
from pressfeed.publish.room import Newsroom
from pressfeed.store.outputs import OutputStore

victim, saved = sys.argv[2], getattr(OutputStore, sys.argv[2])
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(OutputStore, victim, kill)
with Newsroom.open(pathlib.Path(sys.argv[1]), {}) as room:
    build(room.config, room.regions, room.store.outputs, datetime.datetime.now(datetime.UTC))
"""


@pytest.mark.parametrize("moment", ["feeds_built", "save_outputs"])
def test_killed_between_the_files_and_the_push(room: Newsroom, other: Other, desk: Desk, moment: str) -> None:
    desk.ask(form(other))
    desk.push()
    publish(room, another("flood"), "flood.fr.md")
    killed = subprocess.run([sys.executable, "-c", KILLED, room.folder, moment], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert b"flood" in (room.folder / "public" / FEED).read_bytes(), "the file was written"
    room.run("build")
    desk.now = dt.datetime.now(dt.UTC)
    desk.push(minutes=1)
    assert [data for _, data in other.given] == [(room.folder / "public" / FEED).read_bytes()]
    room.run("build", "--force")
    assert desk.push(hours=1) == 0, "the same bytes are no news"


def test_a_hub_elsewhere_is_told_of_each_feed_that_changed(room: Newsroom, other: Other) -> None:
    room.setting('hub = "own"', f'hub = "{other.url}"')
    other.status = 503
    change(room, "flood")
    assert room.run("websub", "push", code=1).out.endswith("sent\n")
    tried = len(other.given)
    other.status = 204
    room.run("websub", "ping")
    room.run("websub", "push")
    told = [parse_qs(body.decode()) for _, body in other.given[tried:]]
    feeds = {path.relative_to(room.folder / "public").as_posix() for path in public_feeds(room)}
    assert {one["hub.url"][0] for one in told} == {f"{BASE}/{path}" for path in feeds}
    assert all(one["hub.mode"] == ["publish"] and one["hub.topic"] == one["hub.url"] for one in told)
    other.given.clear()
    change(room, "drought")
    room.run("websub", "push")
    told = [parse_qs(body.decode())["hub.url"][0] for _, body in other.given]
    assert f"{BASE}/{FEED}" in told and f"{BASE}/global/es/atom.xml" not in told
    assert all(one["kind"] == "ping" and one["next_try"] is None for one in room.json("websub", "list"))


def public_feeds(room: Newsroom) -> list[Path]:
    public = room.folder / "public"
    return [file for name in ("rss.xml", "atom.xml", "feed.json") for file in public.rglob(name)]


# At a time of our own


def test_only_who_echoes_the_challenge_is_subscribed(desk: Desk, other: Other) -> None:
    for honest, status in ((False, 200), (True, 404), (True, 302)):
        other.honest, other.status = honest, status
        desk.ask(form(other))
        assert desk.push() == 1
        assert desk.targets() == [] and desk.push(hours=1) == 0
    other.honest, other.status = True, 200
    desk.ask(form(other))
    desk.push()
    assert [one.url for one in desk.targets()] == [other.url]
    other.honest = False
    desk.ask(form(other, "unsubscribe"))
    desk.push()
    assert len(desk.targets()) == 1, "a stranger cannot unsubscribe it"
    other.honest = True
    desk.ask(form(other, "unsubscribe"))
    desk.push()
    assert desk.targets() == []


def test_who_cannot_be_reached_is_asked_three_times(desk: Desk, other: Other) -> None:
    fields = form(other)
    fields["hub.callback"] = f"http://127.0.0.1:{free_port()}/"
    desk.ask(fields)
    sent = [desk.push(hours=1) for _ in range(5)]
    assert sent == [1, 1, 1, 0, 0] and desk.targets() == []


def test_a_change_between_question_and_answer_is_pushed(room: Newsroom, desk: Desk, other: Other) -> None:
    desk.ask(form(other))
    pulled = change(room, "flood")
    desk.push()
    desk.push(seconds=1)
    assert [data for _, data in other.given] == [pulled]


@pytest.mark.parametrize(
    ("asked", "given"), [("", 864000), ("60", 3600), ("7200", 7200), ("999999999999", 2592000)]
)
def test_leases_are_within_limits_and_end(desk: Desk, other: Other, asked: str, given: int) -> None:
    desk.ask(form(other, **({"lease_seconds": asked} if asked else {})))
    desk.push()
    assert other.asked[0]["hub.lease_seconds"] == str(given)
    desk.push(seconds=given - 1)
    assert len(desk.targets()) == 1
    desk.ask(form(other))  # renewed
    desk.push()
    desk.push(days=9)
    assert len(desk.targets()) == 1
    desk.push(days=1)
    assert desk.targets() == []


def test_failures_are_tried_again_ever_later_and_then_it_ends(
    room: Newsroom, desk: Desk, other: Other
) -> None:
    desk.ask(form(other))
    desk.push()
    change(room, "flood")
    other.status = 500
    desk.now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    waits = []
    while desk.targets():
        before = desk.now
        desk.push()
        left = desk.targets()
        if left:
            desk.now = left[0].next_try
            waits.append((desk.now - before).total_seconds())
    assert len(other.given) == ATTEMPTS
    assert waits[:3] == [30, 60, 120] and waits[-1] == 6 * 3600 and waits == sorted(waits)


def test_a_further_change_while_it_fails_is_one_push_of_the_newest_bytes(
    room: Newsroom, desk: Desk, other: Other
) -> None:
    desk.ask(form(other))
    desk.push()
    change(room, "flood")
    other.status = 500
    desk.now = dt.datetime.now(dt.UTC)
    desk.push(minutes=1)
    newest = change(room, "drought")
    other.status = 200
    desk.push(minutes=1)
    assert [data for _, data in other.given][-1] == newest and len(other.given) == 2
    assert desk.push(hours=1) == 0


def test_a_host_that_hangs_makes_nobody_wait(
    room: Newsroom, desk: Desk, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask(form(other))
    with listening() as hanging:
        for number in range(40):
            desk.ask(
                form(hanging) | {"hub.callback": f"{hanging.url}&{number}".replace("127.0.0.1", "localhost")}
            )
        desk.push()
        assert len(desk.targets()) == 41
        pulled = change(room, "flood")
        hanging.stalled.clear()
        monkeypatch.setattr(callback, "DEADLINE", 1.0)
        desk.now = dt.datetime.now(dt.UTC)
        assert desk.push(minutes=1) == 41
        assert len(hanging.given) <= callback.AT_ONCE
        change(room, "drought")
        first = desk.room.store.websub.claim_targets(desk.now, desk.now, 1)
        assert [one.url for one in first] == [other.url], "who answered comes before who did not"
    assert other.given[0][1] == pulled


def test_410_ends_a_subscription(room: Newsroom, desk: Desk, other: Other) -> None:
    desk.ask(form(other))
    desk.push()
    change(room, "flood")
    other.status = 410
    desk.now = dt.datetime.now(dt.UTC)
    desk.push(minutes=1)
    assert desk.targets() == [] and len(other.given) == 1


def test_subscribers_of_a_feed_that_ended_are_told_so(room: Newsroom, desk: Desk, other: Other) -> None:
    path = "southern-africa/fr/atom.xml"
    desk.ask(form(other) | {"hub.topic": f"{BASE}/{path}"})
    desk.push()
    assert len(desk.targets()) == 1
    (room.folder / "schedules" / "southern-africa.toml").unlink()
    room.run("build")
    assert not (room.folder / "public" / path).exists()
    desk.now = dt.datetime.now(dt.UTC)
    desk.push(minutes=1)
    assert other.asked[-1]["hub.mode"] == "denied"
    assert other.asked[-1]["hub.topic"] == f"{BASE}/{path}" and other.asked[-1]["hub.reason"]
    assert desk.targets() == [] and desk.push(hours=1) == 0


def test_what_is_under_embargo_is_not_pushed(room: Newsroom, desk: Desk, other: Other) -> None:
    desk.ask(form(other))
    desk.push()
    text = another("secret-dam").replace("---\n", "---\nembargo: 2999-01-01T00:00:00+00:00\n", 1)
    publish(room, text, "secret.fr.md")
    room.run("build")
    desk.now = dt.datetime.now(dt.UTC)
    desk.push(minutes=1)
    assert all(b"secret-dam" not in data for _, data in other.given)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"hub.mode": "publish"}, 400),
        ({"hub.mode": ""}, 400),
        ({"hub.topic": "https://elsewhere.example.org/feed"}, 404),
        ({"hub.topic": f"{BASE}/pressfeed.toml"}, 404),
        ({"hub.topic": FEED}, 404),
        ({"hub.topic": f"{BASE}/global/fr/../fr/atom.xml"}, 404),
        ({"hub.topic": f"{BASE}/global/fr/"}, 404),
        ({"hub.topic": ""}, 404),
        ({"hub.callback": ""}, 400),
        ({"hub.callback": "ftp://example.org/"}, 400),
        ({"hub.callback": "http://user:word@example.org/"}, 400),
        ({"hub.callback": "http://example.org:25/"}, 400),
        ({"hub.callback": "http://example.org/#part"}, 400),
        ({"hub.callback": "http://example.org/a\r\nHost: b"}, 400),
        ({"hub.callback": "http://exa mple.org/"}, 400),
        ({"hub.callback": "http://[::1/"}, 400),
        ({"hub.callback": "http://example.org/" + "a" * 2000}, 400),
        ({"hub.secret": "é" * 100}, 400),
        ({"hub.lease_seconds": "-1"}, 400),
        ({"hub.lease_seconds": "soon"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused(built: Newsroom, changed: dict[str, str], status: int) -> None:
    desk = Desk(built)
    with pytest.raises(HubError) as raised:
        desk.ask(form(Other()) | changed)
    assert raised.value.status == status and str(raised.value)
    assert desk.push() == 0, "nobody is asked"
    desk.room.store.close()


def test_a_full_hub_says_so(desk: Desk, other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pressfeed.publish.hub.REQUESTS", 1)
    desk.ask(form(other))
    with pytest.raises(HubError) as raised:
        desk.ask(form(other) | {"hub.callback": other.url + "&b"})
    assert raised.value.status == 503


# Strangers' addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "fec0::1",
    ],
)
def test_addresses_of_our_own_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0", "127.1"]
)
def test_no_spelling_of_a_private_address_is_asked(other: Other, host: str) -> None:
    async def run() -> callback.Reply:
        async with Caller() as caller:
            return await caller.ask("GET", f"http://{host}:{other.port}/?key=a%20b")

    reply = asyncio.run(run())
    assert reply.status == 0 and other.asked == []


def test_a_newsroom_asks_no_private_address_unless_it_says_so(room: Newsroom, other: Other) -> None:
    room.setting('private_callbacks = "allow"', 'private_callbacks = "refuse"')
    desk = Desk(room)
    desk.ask(form(other))
    assert [desk.push(hours=1) for _ in range(4)] == [1, 1, 1, 0]
    assert other.asked == [] and desk.targets() == []
    desk.room.store.close()


def test_a_name_is_looked_up_once_and_all_its_addresses_count(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        looked.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.215.14", port)), (*kind, ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async def run() -> callback.Reply:
        async with Caller() as caller:
            return await caller.ask("GET", "http://rebinding.example.org/")

    reply = asyncio.run(run())
    assert reply.status == 0 and "not a public address" in reply.reason
    assert looked == ["rebinding.example.org"]


def test_the_host_that_was_checked_is_the_one_that_is_asked(other: Other) -> None:
    async def run() -> callback.Reply:
        async with Caller(private=True) as caller:
            return await caller.ask("POST", f"http://localhost:{other.port}/x", {"X-A": "b"}, b"data")

    assert asyncio.run(run()).good
    headers, body = other.given[0]
    assert headers["host"] == f"localhost:{other.port}" and body == b"data"
    assert headers["accept-encoding"] == "identity"


def test_an_answer_without_an_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "DEADLINE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        async def run() -> callback.Reply:
            async with Caller(private=True) as caller:
                return await caller.ask("GET", f"http://127.0.0.1:{port}/")

        reply = asyncio.run(run())
    assert reply.status == 0 and "no answer" in reply.reason


def test_a_callback_that_is_refused_says_why() -> None:
    with pytest.raises(RefusedError, match="port 22"):
        check("http://example.org:22/")
    assert check("https://example.org/a?b=c") == ("example.org", 443)
    assert topic(type("C", (), {"base_url": BASE})(), FEED) == f"{BASE}/{FEED}"  # type: ignore[arg-type]


def test_who_asks_too_often_is_slowed_down(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websub, "MOST", 3)
    app = application(settings.load(room.folder, {}), Regions(()), lambda: NOW)

    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # its types are stricter than ASGI's
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            wrong = form(Other()) | {"hub.mode": "x"}
            return [await client.post("/hub", data=wrong) for _ in range(5)] + [await client.get("/hub")]

    *asked, looked = asyncio.run(run())
    assert [answer.status_code for answer in asked] == [400, 400, 400, 429, 429]
    assert asked[-1].headers["retry-after"] == "60"
    assert looked.status_code == 405
