"""Sign-ups and one-click unsubscribes a second, with 1,000,000 subscribers, while an edition goes out."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from bench.measure import Row
from pressfeed.store.codec import time_text
from pressfeed.tokens import Keyring, Scope
from tests.acceptance import mailroom
from tests.acceptance.test_smtp_servers import smtp_sink

PEOPLE = int(os.environ.get("PRESSFEED_BENCH_PEOPLE", "1000000"))
RUNNING = 40_000  # recipients of the edition that goes out meanwhile
CLICKS = 4_000
RATE = 300  # clicks a second, the aim: asked for at this pace while the edition goes out
SIGNUPS = 2_000
CLIENTS = 20
CLICK = b"List-Unsubscribe=One-Click"
FORM = b"application/x-www-form-urlencoded"


def run() -> list[Row]:
    """The server, the sender, smtp-sink and the clients share this machine."""
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder, smtp_sink() as port:
        return _run(Path(folder), port)


def _run(folder: Path, smtp: int) -> list[Row]:
    room = mailroom.make(
        folder / "room",
        RUNNING,
        languages=("en",),
        stories=11,
        transport=f"smtp://127.0.0.1:{smtp}?tls=none",
        connections=10,
    )
    settings = room.root / "pressfeed.toml"
    limits = '[signup]\nper_network = "999999/m"\ntotal = "999999/m"\nwait = "1s"\n'
    settings.write_text(settings.read_text() + limits)
    _fill(room, PEOPLE - RUNNING)
    alone = _sender(room)
    room.publish(99, "en")
    room.plan("2026-03-13T06:30", mailroom.NOW)
    port = _free_port()
    server = subprocess.Popen(
        room.command("serve", "--listen", str(port)), env=mailroom.environment(), stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        clicks = _click_paths(room, CLICKS * 3)
        idle = _drive(port, [(path, CLICK) for path in clicks[:CLICKS]], pace=0)
        meanwhile = multiprocessing.get_context("spawn").Process(
            target=_drive_to_the_end, args=(port, clicks[CLICKS:], RATE, str(folder / "clicked.json"))
        )
        meanwhile.start()
        while not (folder / "started").exists():  # its imports are no clicks
            time.sleep(0.02)
        beside = _sender(room)
        (folder / "stop").touch()
        meanwhile.join()
        clicked = json.loads((folder / "clicked.json").read_text())
        signups = _drive(port, [("/subscribe/en", body) for body in _forms(port, SIGNUPS)], pace=0)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    loss = 1 - beside / alone
    return [
        Row(f"sign-ups, {CLIENTS} clients, each on disk", f"{signups:.0f} /s"),
        Row(f"one-click unsubscribes, {CLIENTS} clients, no edition running", f"{idle:.0f} /s"),
        Row(
            "one-click unsubscribes while an edition goes out",
            f"{clicked['rate']:.0f} /s",
            f"{clicked['slowest'] * 1000:.0f} ms the slowest of 99 in 100",
            f"≥ {RATE} /s",
            clicked["rate"] >= 0.98 * RATE,
        ),
        Row(
            "the sender meanwhile",
            f"{beside:.0f} /s",
            f"{loss:.0%} less than the {alone:.0f} /s alone",
            "< 20 % less",
            loss < 0.2,
        ),
    ]


def _fill(room: mailroom.Mailroom, count: int) -> None:
    """Further subscribers, straight into the store: how fast they are imported is another benchmark's."""
    with room.open() as newsroom, newsroom.store.transaction():
        database = newsroom.store._connection._raw
        first = database.execute("SELECT max(id) FROM subscriber").fetchone()[0] + 1
        now = time_text(mailroom.NOW)
        database.executemany(
            "INSERT INTO subscriber (id, address, address_key, name, languages, status, token_epoch,"
            " provenance, created_at, changed_at)"
            " VALUES (?, ?, ?, '', '[\"en\"]', 'active', 0, 'bench', ?, ?)",
            (
                (number, f"p{number}@news.example.org", f"p{number}@news.example.org", now, now)
                for number in range(first, first + count)
            ),
        )
        database.executemany(
            "INSERT INTO subscription (bulletin, subscriber_id, created_at) VALUES ('global/weekly', ?, ?)",
            ((number, now) for number in range(first, first + count)),
        )


def _sender(room: mailroom.Mailroom) -> float:
    """Messages a second of ``pressfeed deliver`` for what is planned."""
    before = room.counts().get("sent", 0)
    started = time.perf_counter()
    subprocess.run(
        room.command("deliver"), env=mailroom.environment(), check=False, stdout=subprocess.DEVNULL
    )
    return (room.counts().get("sent", 0) - before) / (time.perf_counter() - started)


def _click_paths(room: mailroom.Mailroom, count: int) -> list[str]:
    """The one-click addresses of people who are not in the running edition, spread over the whole store."""
    with room.open() as newsroom:
        keyring = Keyring(newsroom.store.secret)
    step = max((PEOPLE - RUNNING) // count, 1)
    return [
        "/unsubscribe/"
        + keyring.token(Scope.UNSUBSCRIBE, RUNNING + 1 + number * step, "global/weekly", epoch=0)
        for number in range(count)
    ]


def _forms(port: int, count: int) -> list[bytes]:
    page = httpx.get(f"http://127.0.0.1:{port}/subscribe/en").text
    stamp = page.partition('name="stamp" value="')[2].partition('"')[0]
    time.sleep(1.1)
    return [
        f"address=new{number}%40news.example.org&bulletin=global%2Fdaily&language=en&stamp={stamp}".encode()
        for number in range(count)
    ]


def _drive(port: int, requests: Sequence[tuple[str, bytes]], pace: float) -> float:
    started = time.perf_counter()
    asyncio.run(_clients(port, requests, pace, lambda: False))
    return len(requests) / (time.perf_counter() - started)


def _drive_to_the_end(port: int, paths: Sequence[str], pace: float, result: str) -> None:
    """Click at a steady pace until the edition is out; how many a second were answered, and how slowly."""
    stop = Path(result).with_name("stop")
    stop.with_name("started").touch()
    started = time.perf_counter()
    endless = [(path, CLICK) for path in paths] * 20  # a second click on the same link is just as welcome
    waits = asyncio.run(_clients(port, endless, pace, stop.exists))
    rate = len(waits) / (time.perf_counter() - started)
    slowest = sorted(waits)[int(len(waits) * 0.99)] if waits else 0.0
    Path(result).write_text(json.dumps({"rate": rate, "slowest": slowest}))


async def _clients(port: int, requests: Sequence[tuple[str, bytes]], pace: float, stopped) -> list[float]:  # type: ignore[no-untyped-def]
    """Send requests over kept connections, at most ``pace`` a second (0 = as fast as they are answered)."""
    todo = iter(requests)
    waits: list[float] = []
    begun, number = time.perf_counter(), 0

    async def one() -> None:
        nonlocal number
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for path, body in todo:
            if stopped():
                break
            number += 1
            if pace:
                await asyncio.sleep(max(begun + number / pace - time.perf_counter(), 0))
            asked = time.perf_counter()
            writer.write(
                b"POST %b HTTP/1.1\r\nHost: bench\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
                % (path.encode(), FORM, len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{path}: {head[:80]!r}")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            waits.append(time.perf_counter() - asked)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    return waits


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(port: int) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/robots.txt")
            return
        time.sleep(0.1)
    sys.exit("the server does not start")
