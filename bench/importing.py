"""Import 1,000,000 subscribers from CSV, from an empty store, and again."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Row, process

ROWS = 1_000_000
COMMAND = str(Path(sys.executable).with_name("pressfeed"))
IMPORT = """
import json, os, sys, time
from pathlib import Path
from bench.measure import peak_so_far
from pressfeed.cli.base import now
from pressfeed.publish.importing import import_csv
from pressfeed.publish.room import Newsroom

with Newsroom.open(Path(sys.argv[1]), os.environ) as room:
    peaks, steps, last = [], [], time.perf_counter()
    def tick(_):
        global last
        moment = time.perf_counter()
        steps.append(moment - last)
        peaks.append(peak_so_far())
        last = moment
    started = time.perf_counter()
    report = import_csv(room, Path(sys.argv[2]), now(), by="bench", progress=tick)
    seconds = time.perf_counter() - started
    used = os.times()
    print(json.dumps({"seconds": seconds, "first": peaks[0], "peak": peaks[-1], "longest": max(steps),
                      "cpu": used.user + used.system,
                      "added": report.added, "unchanged": report.unchanged, "refused": report.refused}))
"""


def run() -> list[Row]:
    """The reference is SQLite alone, which inserts the same rows in one go."""
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> list[Row]:
    room, people = folder / "room", folder / "people.csv"
    process([COMMAND, "init", str(room)])
    luck = random.Random(6)
    with people.open("w") as file:
        file.write("email,name,languages,bulletins\n")
        for number in range(ROWS):
            address = f"{luck.randrange(16**6):06x}.{number}@desk{luck.randrange(5_000)}.example.net"
            file.write(f"{address},Reader {number},{'fr en' if number % 3 else 'en'},global/daily\n")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{Path(__file__).parent.parent}:{os.environ.get('PYTHONPATH', '')}",
    }

    def one() -> dict[str, float]:
        done = process([sys.executable, "-c", IMPORT, str(room), str(people)], env=environment)
        found: dict[str, float] = json.loads(done.output.strip().splitlines()[-1])
        return found

    first, again = one(), one()
    assert first["added"] == again["unchanged"] == ROWS
    alone = _alone(folder / "alone.sqlite3")
    rate = ROWS / first["seconds"]
    return [
        Row(f"SQLite alone inserts {2 * ROWS:,} rows of this shape", f"{alone:.1f} s"),
        Row(
            f"{ROWS:,} new subscribers, each with a subscription",
            f"{first['seconds']:.1f} s, {rate:,.0f} rows/s; {first['cpu']:.1f} s of one processor",
            f"{first['seconds'] / alone:.1f} × that",
            "≥ 20,000 rows/s",
            rate >= 20_000,
        ),
        Row("the same file again", f"{again['seconds']:.1f} s, {ROWS / again['seconds']:,.0f} rows/s"),
        Row(
            "its memory",
            f"{first['peak']:.0f} MB, {first['first']:.0f} after 2,500 rows",
            "",
            "flat: < 60 MB more",
            first["peak"] - first["first"] < 60,
        ),
        Row("its longest lock", f"< {first['longest']:.2f} s", "", "< 1 s", first["longest"] < 1),
    ]


def _alone(path: Path) -> float:
    luck = random.Random(6)
    database = sqlite3.connect(path)
    database.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE a (id INTEGER PRIMARY KEY, address TEXT, key TEXT UNIQUE, name TEXT, languages TEXT);"
        "CREATE TABLE b (bulletin TEXT, a INTEGER, at TEXT, PRIMARY KEY (bulletin, a)) WITHOUT ROWID;"
        "CREATE INDEX b_by_a ON b (a);"
    )
    started = time.perf_counter()
    with database:
        database.executemany(
            "INSERT INTO a VALUES (?, ?, ?, ?, '[\"en\"]')",
            (
                (n, address, address, f"Reader {n}")
                for n in range(ROWS)
                for address in (f"{luck.randrange(16**6):06x}.{n}@desk{luck.randrange(5_000)}.example.net",)
            ),
        )
        database.executemany("INSERT INTO b VALUES ('global/daily', ?, '2026')", ((n,) for n in range(ROWS)))
    seconds = time.perf_counter() - started
    database.close()
    return seconds
