"""The scheduler with a thousand bulletins: its start, a look, and how soon a release is in its feeds."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Row, median
from pressfeed import resources
from pressfeed.publish.tick import Rounds
from tests.acceptance.clockwork import Clockwork

COMMAND = str(Path(sys.executable).with_name("pressfeed"))
REGIONS, EACH = 100, 10
ZONES = ("UTC", "Europe/Zurich", "Africa/Dakar", "Asia/Kathmandu", "America/Santiago", "Australia/Lord_Howe")


def newsroom(folder: Path) -> Clockwork:
    """A hundred regions in six zones with ten bulletins each, one in ten of which knows holidays."""
    regions = {"global_": 'name = "World"\ntime_zone = "UTC"\n'}
    for number in range(REGIONS):
        lines = [
            f'name = "Region {number}"',
            'parent = "global"',
            f'time_zone = "{ZONES[number % len(ZONES)]}"',
        ]
        for one in range(EACH):
            lines += [
                "[[bulletins]]",
                f'name = "b{one}"',
                f'cron = "{(number * 7 + one) % 60} {6 + one} * * mon-fri"',
            ]
            if one == 0:
                lines += ['holidays = "before"', 'holiday_countries = ["SN"]']
        regions[f"region_{number}"] = "\n".join(lines) + "\n"
    return Clockwork(folder, "2026-03-12T00:00", **regions)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        news = newsroom(Path(folder) / "newsroom")
        news.now = dt.datetime.now(dt.UTC)
        first = _start(news)
        again = median(lambda: _start(news), 3)
        rounds = news.start()
        idle = median(lambda: _seconds(lambda: rounds.look(news.now)), 101)
        sweep = median(lambda: _seconds(lambda: rounds.sweep(news.now)), 11)
        busy = _a_day(news, rounds)
        news.stop()
        bare = median(lambda: _seconds(lambda: resources.folder("db")), 101)
        delays = _delays(news)
    return [
        Row("a function that does nothing much", f"{bare * 1e6:.0f} µs"),
        Row("first start, 1,000 bulletins", f"{first * 1000:.0f} ms", "", "< 1 s", first < 1),
        Row("a start in a warm process", f"{again * 1000:.0f} ms", "", "< 1 s", again < 1),
        Row(
            "a look with nothing to do",
            f"{idle * 1000:.2f} ms",
            f"{idle / bare:.0f} ×",
            "< 50 ms",
            idle < 0.05,
        ),
        Row("a thorough look, once a minute", f"{sweep * 1000:.1f} ms", "", "< 50 ms", sweep < 0.05),
        Row("a slot that is due, in a day of 1,000", f"{busy * 1000:.2f} ms", "", "", None),
        Row(
            "published by another process → in its feed",
            f"{max(delays):.2f} s at most of {len(delays)}",
            "",
            "< 2 s",
            max(delays) < 2,
        ),
    ]


def _start(news: Clockwork) -> float:
    rounds = Rounds(news.root, {})
    seconds = _seconds(lambda: rounds.open(news.now))
    rounds.close()
    return seconds


def _seconds(work: object) -> float:
    started = time.perf_counter()
    assert callable(work)
    work()
    return time.perf_counter() - started


def _a_day(news: Clockwork, rounds: Rounds) -> float:
    """Seconds that each slot of a working day costs, the look around it included."""
    news.now = (news.now + dt.timedelta(days=(7 - news.now.weekday()) % 7 or 7)).replace(hour=0, minute=0)
    rounds.look(news.now)
    before = len(news.editions())
    end = news.now + dt.timedelta(days=1)
    started = time.perf_counter()
    while (moment := rounds.next_moment()) is not None and moment < end:
        rounds.look(moment)
    spent = time.perf_counter() - started
    return spent / (len(news.editions()) - before)


def _delays(news: Clockwork) -> list[float]:
    """How long after its transaction a release stands in its feed, while ``pressfeed run`` runs."""
    process = subprocess.Popen(
        [COMMAND, "-C", str(news.root), "run"], stderr=subprocess.DEVNULL, env=os.environ
    )
    feed = news.root / "public" / "region-1" / "en" / "rss.xml"
    try:
        while not (news.root / "public" / "feeds.opml").exists():
            time.sleep(0.05)
        time.sleep(1)
        delays = []
        for number in range(10):
            news.now = dt.datetime.now(dt.UTC)
            news.publish(f"story-{number}", regions=("region-1",))
            started = time.perf_counter()
            while not (feed.exists() and f"story-{number} en" in feed.read_text("utf-8")):
                time.sleep(0.01)
            delays.append(time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
    return delays
