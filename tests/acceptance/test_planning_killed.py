"""Planning that is killed at any point, and planned by many at once: every slot once, whole or not at all."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from pressfeed.publish import editions
from pressfeed.publish.tick import Rounds
from tests.acceptance.clockwork import WORLD, Clockwork

BULLETINS = """\
[[bulletins]]
name = "daily"
cron = "0 7 * * *"

[[bulletins]]
name = "weekly"
kind = "weekly"
cron = "0 7 * * thu"

[[bulletins]]
name = "checked"
cron = "0 9 * * *"
approval = "one"

[[bulletins]]
name = "alert"
kind = "alert"
"""


def newsroom(folder: Path) -> Clockwork:
    """A newsroom on a Thursday at seven: something is due for every kind of bulletin, some slots missed."""
    news = Clockwork(folder, "2026-03-11T06:00", global_=WORLD + BULLETINS)
    for name in ("ana", "bo", "cy"):
        news.subscribe(name, "en", "global/daily", "global/weekly", "global/checked", "global/alert")
    news.subscribe("dee", "fr", "global/weekly")
    news.start()
    news.stop()
    news.publish("flood", "en", "fr")
    news.publish("drought", at="2026-03-11T12:00")
    news.now = news.now.replace(day=12, hour=7)
    return news


def state(news: Clockwork) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that planning wrote, apart from random names."""
    questions = {
        "edition": "SELECT bulletin, slot, state, stands_for, reason FROM edition",
        "story": "SELECT e.bulletin, e.slot, s.story_id, s.position, s.told FROM edition_story s"
        " JOIN edition e ON e.id = s.edition_id",
        "release": "SELECT e.bulletin, e.slot, r.release_id, r.version FROM edition_release r"
        " JOIN edition e ON e.id = r.edition_id",
        "item": "SELECT subscriber_id, story_id FROM item",
        "mail": "SELECT e.bulletin, e.slot, d.subscriber_id, v.key, d.state FROM delivery d"
        " JOIN edition e ON e.id = d.edition_id JOIN variant v ON v.id = d.variant_id",
        "status": "SELECT id, status FROM release",
        "agenda": "SELECT bulletin, decided_through FROM agenda",
    }
    with news.store() as store:
        database = store._connection.db
        return {
            name: sorted(tuple(row) for row in database.conn.execute(question))
            for name, question in questions.items()
        }


def plan_in_a_child(news: Clockwork, kill_at: int) -> bool:
    """Run a scheduler's sweep in a process that is killed at a statement; whether it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            rounds = Rounds(news.root, {})
            statements = 0

            def count(_statement: str) -> None:
                nonlocal statements
                statements += 1
                if statements == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

            rounds.open(news.now)
            rounds.room.store._connection.db.conn.set_trace_callback(count)
            rounds.sweep(news.now)
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)  # pytest must not go on in here
    _, status = os.waitpid(child, 0)
    ended = os.waitstatus_to_exitcode(status)
    assert ended in (0, -signal.SIGKILL)
    return ended == 0


def test_killed_between_any_two_statements_nothing_is_lost_doubled_or_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editions, "CHUNK", 1)  # a transaction for every subscriber
    news = newsroom(tmp_path / "newsroom")
    untouched = tmp_path / "untouched.sqlite3"
    database = news.root / "db" / "pressfeed.sqlite3"
    with news.store() as store:
        store._connection.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(database, untouched)

    assert plan_in_a_child(news, -1)
    expected = state(news)
    assert [row[:3] for row in expected["edition"]] == [
        ("global/alert", "2026-03-12T07:00:00", "planned"),
        ("global/checked", "2026-03-11T09:00", "skipped"),
        ("global/checked", "2026-03-12T09:00", "awaiting"),
        ("global/daily", "2026-03-11T07:00", "skipped"),
        ("global/daily", "2026-03-12T07:00", "planned"),
        ("global/weekly", "2026-03-12T07:00", "planned"),
    ]
    assert len(expected["item"]) == 8  # two stories to four people

    kill_at, finished = 0, False
    while not finished:
        kill_at += 1
        for name in ("", "-wal", "-shm"):
            database.with_name(database.name + name).unlink(missing_ok=True)
        shutil.copy(untouched, database)
        finished = plan_in_a_child(news, kill_at)
        if not finished:
            assert plan_in_a_child(news, -1)
            assert state(news) == expected, f"killed at statement {kill_at}"
    assert kill_at > 100


def _run_slots(root: Path, start: dt.datetime, slots: int, gate: Any) -> None:
    rounds = Rounds(root, {})
    rounds.open(start)
    gate.wait()
    now = start
    for _ in range(slots):
        now += dt.timedelta(minutes=1)
        rounds.look(now)
    rounds.close()


def test_four_schedulers_make_a_thousand_editions_of_a_thousand_slots(tmp_path: Path) -> None:
    minutely = '[[bulletins]]\nname = "minutely"\ncron = "* * * * *"\nmaximum = 1\n'
    news = Clockwork(tmp_path / "newsroom", "2026-03-12T00:00", global_=WORLD + minutely)
    news.subscribe("ana", "en", "global/minutely")
    for number in range(100):
        news.publish(f"story-{number}")
    news.start()
    news.stop()
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(4)
    schedulers = [
        context.Process(target=_run_slots, args=(news.root, news.now, 1000, gate)) for _ in range(4)
    ]
    for one in schedulers:
        one.start()
    for one in schedulers:
        one.join()
    assert [one.exitcode for one in schedulers] == [0] * 4
    first = news.now
    expected = [f"{first + dt.timedelta(minutes=n):%Y-%m-%dT%H:%M}" for n in range(1, 1001)]
    told = sorted(news.told(), key=lambda one: one.slot)
    assert [one.slot for one in told] == expected
    assert sorted(story for one in told for story in one.stories) == sorted(f"story-{n}" for n in range(100))
    assert [len(one.stories) for one in told] == [1] * 100 + [0] * 900
