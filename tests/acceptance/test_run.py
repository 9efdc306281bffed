"""``pressfeed run`` and its halves, as real processes: publish, build, send, be told, and end when asked."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.cli import COMMAND
from tests.acceptance.clockwork import WORLD, Clockwork

ALERT = '[[bulletins]]\nname = "alert"\nkind = "alert"\n'
PATIENCE = 60.0  # seconds; far more than it takes, on the slowest machine

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def news(tmp_path: Path) -> Clockwork:
    made = Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=WORLD + ALERT)
    made.now = dt.datetime.now(dt.UTC)
    return made


@pytest.fixture
def start(news: Clockwork) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def start(*words: str, **environ: str) -> subprocess.Popen[str]:
        with (news.root / f"log{len(running)}").open("w") as log:
            running.append(
                subprocess.Popen(
                    [str(COMMAND), "-C", str(news.root), *words],
                    stderr=log,
                    text=True,
                    env={**os.environ, **environ},
                )
            )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def wait_for(what: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert process is None or process.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def log(news: Clockwork) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(news.root.glob("log*")))


def letters(news: Clockwork) -> list[str]:
    return [path.read_text("utf-8") for path in (news.root / "outbox" / "new").glob("*")]


def ready(news: Clockwork) -> bool:
    with news.store() as store:
        return "scheduler" in store.agenda.heartbeats()


def test_what_another_process_publishes_is_built_and_sent_and_a_signal_ends_it(
    news: Clockwork, start: Start
) -> None:
    news.subscribe("ana", "en", "global/alert")
    process = start("run")
    feed = news.root / "public" / "global" / "en" / "rss.xml"
    wait_for(lambda: ready(news), process)
    news.now = dt.datetime.now(dt.UTC)
    news.publish("flood")
    wait_for(lambda: feed.exists() and "flood en" in feed.read_text("utf-8"), process)
    wait_for(lambda: any("flood en" in letter for letter in letters(news)), process)
    command = [str(COMMAND), "-C", str(news.root), "health", "--json"]
    health = subprocess.run(command, check=False, capture_output=True)
    assert health.returncode == 0, health.stdout
    assert {check["check"] for check in json.loads(health.stdout)} == {
        "newsroom",
        "scheduler",
        "worker",
        "slots",
        "deliveries",
        "editions",
        "disk",
        "incidents",
    }
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert "service.stopping" in log(news)
    assert "Traceback" not in log(news)


def test_a_scheduled_release_appears_at_its_moment(news: Clockwork, start: Start) -> None:
    process = start("scheduler")
    page = news.root / "public" / "releases" / "en" / "later-en" / "index.html"
    wait_for(lambda: ready(news), process)
    news.now = dt.datetime.now(dt.UTC)
    due = news.now + dt.timedelta(seconds=3)
    news.publish("later", at=due.replace(tzinfo=None).isoformat())
    wait_for(page.exists, process)
    assert dt.datetime.now(dt.UTC) >= due
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0


def test_scheduler_and_worker_apart_do_the_same(news: Clockwork, start: Start) -> None:
    news.subscribe("ana", "en", "global/alert")
    scheduler, worker = start("scheduler"), start("worker")
    wait_for(lambda: ready(news), scheduler)
    news.now = dt.datetime.now(dt.UTC)
    news.publish("flood")
    wait_for(lambda: letters(news), worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(PATIENCE) == 0


def test_a_broken_edit_is_mailed_to_the_operators_once(news: Clockwork, start: Start) -> None:
    process = start("run")
    wait_for(lambda: ready(news), process)
    news.schedule("global", WORLD + '[[bulletins]]\nname = "daily"\ncron = "0 7 * * 1-5"\n')
    wait_for(lambda: letters(news), process)
    (letter,) = letters(news)
    assert "To: operator@press.example.org" in letter
    assert "Auto-Submitted: auto-generated" in letter
    assert "global.toml:5: cron:" in letter.replace("=\n", "")
    news.schedule("global", WORLD + ALERT)
    wait_for(lambda: not news.incidents(), process)
    assert len(letters(news)) == 1


def test_systemd_hears_that_it_is_ready_alive_and_stopping(
    news: Clockwork, start: Start, tmp_path: Path
) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(address)
        channel.settimeout(PATIENCE)
        process = start("run", NOTIFY_SOCKET=address)
        heard = {channel.recv(100) for _ in range(4)}
        assert heard == {b"READY=1", b"WATCHDOG=1"}
        process.send_signal(signal.SIGTERM)
        while b"STOPPING=1" not in heard:
            heard.add(channel.recv(100))
    assert process.wait(PATIENCE) == 0


def test_a_broken_newsroom_does_not_start(news: Clockwork, start: Start) -> None:
    news.schedule("global", "name = ")
    assert start("run").wait(PATIENCE) == 2
    assert "global.toml:1: this is not TOML" in log(news)


def test_health_complains_when_nobody_runs_the_newsroom(news: Clockwork) -> None:
    command = [str(COMMAND), "-C", str(news.root), "health"]
    health = subprocess.run(command, check=False, capture_output=True, text=True)
    assert health.returncode == 1
    assert "never ran" in health.stdout


def test_a_killed_process_leaves_everything_to_the_next(news: Clockwork, start: Start) -> None:
    news.subscribe("ana", "en", "global/alert")
    first = start("run")
    wait_for(lambda: ready(news), first)
    first.kill()
    first.wait()
    news.now = dt.datetime.now(dt.UTC)
    news.publish("flood")
    second = start("run")
    wait_for(lambda: letters(news), second)
    assert len(letters(news)) == 1


def test_a_bulletin_that_is_added_meanwhile_is_sent_by_the_same_process(
    news: Clockwork, start: Start
) -> None:
    process = start("run")
    wait_for(lambda: ready(news), process)
    news.schedule("global", WORLD + ALERT + '[[bulletins]]\nname = "second"\nkind = "alert"\n')
    news.subscribe("bo", "en", "global/second")
    with_second = "global/second"

    def known() -> bool:
        with news.store() as store:
            return store.agenda.get(with_second) is not None

    wait_for(known, process)
    news.now = dt.datetime.now(dt.UTC)
    news.publish("flood")
    # The other bulletin's letter may come first.
    wait_for(lambda: any(told.recipients for told in news.told(with_second)), process)
    assert [told.recipients for told in news.told(with_second)] == [("bo",)]


def test_run_answers_over_http_where_it_is_asked_to(news: Clockwork, start: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start("run", "--listen", f"127.0.0.1:{port}")

    def answered() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/robots.txt").status_code == 200
        except httpx.TransportError:
            return False

    wait_for(answered, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


def test_a_port_that_is_taken_is_said(news: Clockwork, start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start("run", "--listen", str(taken.getsockname()[1]))
        assert process.wait(30) == 2
    assert "Choose a free port" in (news.root / "log0").read_text()
