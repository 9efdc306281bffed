"""Plan an edition for 1,000,000 subscribers over a ledger of 5,000,000 items."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Row, process

SUBSCRIBERS = 1_000_000
ITEMS_EACH = 5
COMMAND = str(Path(sys.executable).with_name("pressfeed"))
RELEASE = """---
headline: {headline}
language: {language}
published: 2026-11-0{day}T08:00:00+00:00
place: Geneva
regions: [global]
story: {story}
---
The gauges upstream passed six metres on Monday, and the villages were warned in time.
"""
PLAN = """
import json, os, sys, time
from pathlib import Path
from bench.measure import peak_so_far
from pressfeed.cli.base import now
from pressfeed.publish.editions import plan_edition
from pressfeed.publish.room import Newsroom

with Newsroom.open(Path(sys.argv[1]), os.environ) as room:
    chunks, last = [], time.perf_counter()
    def tick(_):
        global last
        moment = time.perf_counter()
        chunks.append(moment - last)
        last = moment
    before, started = peak_so_far(), time.perf_counter()
    edition, _ = plan_edition(room, room.bulletin("global/daily"), "2026-11-23T07:00", now(), tick)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "longest": max(chunks), "peak": peak_so_far(), "before": before,
                      "deliveries": sum(room.store.editions.counts(edition.id).values())}))
"""


def run() -> list[Row]:
    """The reference is SQLite alone, which inserts as many rows of the same shape in one go."""
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> list[Row]:
    room = folder / "room"
    _newsroom(room, folder)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    planned = json.loads(
        process([sys.executable, "-c", PLAN, str(room)], env=environment).output.strip().splitlines()[-1]
    )
    reference = _insert_alone(folder / "alone.sqlite3", planned["deliveries"])
    peak = planned["peak"]
    return [
        Row(f"SQLite alone inserts {2 * planned['deliveries']:,} rows", f"{reference:.1f} s"),
        Row(
            f"an edition for {SUBSCRIBERS:,} people, {SUBSCRIBERS * ITEMS_EACH:,} items in the ledger",
            f"{planned['seconds']:.1f} s for {planned['deliveries']:,} deliveries",
            f"{planned['seconds'] / reference:.1f} × that",
            "seconds, not minutes",
            planned["seconds"] < 60,
        ),
        Row("its memory", f"{peak:.0f} MB, {planned['before']:.0f} before", "", "< 200 MB", peak < 200),
        Row("its longest lock", f"{planned['longest']:.2f} s", "", "< 0.5 s", planned["longest"] < 0.5),
    ]


def _newsroom(room: Path, folder: Path) -> None:
    """A newsroom whose people have been given five of its old stories each, and a new one for everybody."""
    process([COMMAND, "init", str(room)])
    documents = folder / "documents"
    documents.mkdir()
    for number in range(20):
        text = RELEASE.format(headline=f"Old story {number}", language="en", day=1, story=f"old-{number}")
        (documents / f"old-{number}.md").write_text(text)
    process([COMMAND, "-C", str(room), "import", str(documents), "--archive"])
    for language in ("en", "fr"):
        text = RELEASE.format(headline=f"New story in {language}", language=language, day=2, story="new")
        (folder / f"new.{language}.md").write_text(text)
        process([COMMAND, "-C", str(room), "import", str(folder / f"new.{language}.md")])
    store = sqlite3.connect(room / "db" / "pressfeed.sqlite3")
    store.execute("PRAGMA synchronous = OFF")
    moment = "2026-11-01T00:00:00.000000Z"
    old = [row[0] for row in store.execute("SELECT story_id FROM release WHERE archive = 'yes' ORDER BY id")]
    store.execute(
        "INSERT INTO edition (id, uid, bulletin, slot, state, due_at, stands_for, planned_at,"
        " planned_through, waiting, reason)"
        f" VALUES (1, 'old', 'global/weekly', '2026-11-01T00:00', 'sent', '{moment}', '[]',"
        f" '{moment}', 0, 0, '')"
    )
    store.execute(
        "INSERT INTO variant (id, edition_id, key, language, releases) VALUES (1, 1, 'en:', 'en', '[]')"
    )
    numbers = range(1, SUBSCRIBERS + 1)
    languages = ('["en"]', '["fr","en"]', '["ar","fr"]', '["es"]')
    store.executemany(
        "INSERT INTO subscriber (id, address, address_key, name, languages, status, token_epoch, provenance,"
        " created_at, changed_at)"
        f" VALUES (?, ?, ?, '', ?, 'active', 0, 'bench', '{moment}', '{moment}')",
        ((n, f"reader{n}@example.org", f"reader{n}@example.org", languages[n % 4]) for n in numbers),
    )
    store.executemany(
        f"INSERT INTO subscription VALUES ('global/daily', ?, '{moment}', NULL)", ((n,) for n in numbers)
    )
    store.executemany(
        "INSERT INTO delivery (id, edition_id, subscriber_id, variant_id, state, owner, attempts, next_try,"
        f" message_id, reply, settled_at)"
        f" VALUES (?, 1, ?, 1, 'sent', '', 1, '{moment}', ?, '250', '{moment}')",
        ((n, n, f"<{n}@old>") for n in numbers),
    )
    store.executemany(
        "INSERT INTO item (subscriber_id, story_id, delivery_id, release_id, version) VALUES (?, ?, ?, ?, 1)",
        ((n, old[(n + k) % 20], n, (n + k) % 20 + 1) for n in numbers for k in range(ITEMS_EACH)),
    )
    store.commit()
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def _insert_alone(path: Path, rows: int) -> float:
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE delivery (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, m TEXT, t TEXT)")
    database.execute("CREATE TABLE item (a INTEGER, b INTEGER, c INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID")
    started = time.perf_counter()
    message_id = "<abcdefghijklmnopqrstuvwxyz234567@press.example.org>"
    database.executemany(
        "INSERT INTO delivery VALUES (?, 1, ?, ?, '2026-11-23T07:00:00.000000Z')",
        ((n, n, message_id) for n in range(rows)),
    )
    database.executemany("INSERT INTO item VALUES (?, 1, ?)", ((n, n) for n in range(rows)))
    database.commit()
    seconds = time.perf_counter() - started
    database.close()
    return seconds
