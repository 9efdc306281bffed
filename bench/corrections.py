"""Plan the notices of a correction for 1,000,000 people who were sent the older version."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

from bench.measure import Row, process
from bench.planning import COMMAND, RELEASE

PEOPLE = 1_000_000
CORRECT = """
import contextlib, json, os, sys, time
from pathlib import Path
from bench.measure import peak_so_far
from pressfeed.cli.base import now
from pressfeed.domain import Notify
from pressfeed.publish import corrections, releases
from pressfeed.publish.editions import go_on, plan_edition
from pressfeed.publish.room import Newsroom
from pressfeed.store.connection import Connection

longest, transaction = 0.0, Connection.transaction

@contextlib.contextmanager
def timed(connection, **given):
    global longest
    inside = connection._raw.in_transaction
    with contextlib.ExitStack() as stack:
        stack.enter_context(transaction(connection, **given))
        started = time.perf_counter()
        yield
    if not inside:
        longest = max(longest, time.perf_counter() - started)

Connection.transaction = timed

with Newsroom.open(Path(sys.argv[1]), os.environ) as room:
    def measured(work):
        global longest
        longest, started = 0.0, time.perf_counter()
        edition = work()
        people = sum(room.store.editions.counts(edition.id).values())
        return {"seconds": time.perf_counter() - started, "longest": longest, "people": people}

    bulletin = room.bulletin("global/daily")
    def plain():
        return plan_edition(room, bulletin, "2026-11-23T07:00", now())[0]
    def correction():
        changes = releases.Edit(headline="What it should have said")
        said = {"notify": Notify.NOW, "notes": {}, "reason": "", "author": "bench", "now": now()}
        revised = corrections.correct(room, 1, changes, **said)
        (edition,) = revised.announced.editions
        go_on(room, now())
        return edition

    before = peak_so_far()
    first = measured(plain)
    middle = peak_so_far()
    second = measured(correction)
    print(json.dumps({"plain": first, "correction": second, "before": before, "middle": middle,
                      "peak": peak_so_far()}))
"""


def run() -> list[Row]:
    """The reference is the planning of a plain edition for the same people in the same process."""
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> list[Row]:
    room = folder / "room"
    _newsroom(room, folder)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = process([sys.executable, "-c", CORRECT, str(room)], env=environment)
    told = json.loads(done.output.strip().splitlines()[-1])
    plain, correction = told["plain"], told["correction"]
    if plain["people"] != PEOPLE or correction["people"] != PEOPLE:
        raise RuntimeError(f"not everybody is told: {told}")
    ratio = correction["seconds"] / plain["seconds"]
    return [
        Row(
            f"a plain edition for {PEOPLE:,} people",
            f"{plain['seconds']:.1f} s, longest lock {plain['longest']:.2f} s",
        ),
        Row(
            "a correction of a story that they were sent",
            f"{correction['seconds']:.1f} s",
            f"{ratio:.1f} × that",
            "seconds, not minutes; ≤ 2 ×",
            correction["seconds"] < 60 and ratio <= 2,
        ),
        Row(
            "its memory",
            f"{told['peak']:.0f} MB, {told['middle']:.0f} before, {told['before']:.0f} at the start",
            "",
            "< 200 MB",
            told["peak"] < 200,
        ),
        Row(
            "its longest lock",
            f"{correction['longest']:.2f} s",
            "",
            "< 0.5 s",
            correction["longest"] < 0.5,
        ),
    ]


def _newsroom(room: Path, folder: Path) -> None:
    """A newsroom whose people were all sent one story, and a second one that they were not."""
    process([COMMAND, "init", str(room)])
    for number, story in enumerate(("told", "new"), start=1):
        text = RELEASE.format(headline=f"The story {story}", language="en", day=number, story=story)
        (folder / f"{story}.md").write_text(text)
        process([COMMAND, "-C", str(room), "import", str(folder / f"{story}.md")])
    store = sqlite3.connect(room / "db" / "pressfeed.sqlite3")
    store.execute("PRAGMA synchronous = OFF")
    moment = "2026-11-01T00:00:00.000000Z"
    (story,) = store.execute("SELECT story_id FROM release WHERE id = 1").fetchone()
    store.execute(
        "INSERT INTO edition (id, uid, bulletin, slot, state, due_at, stands_for, planned_at,"
        " planned_through, waiting, reason)"
        f" VALUES (1, 'old', 'global/daily', '2026-11-01T07:00', 'sent', '{moment}', '[]',"
        f" '{moment}', 0, 0, '')"
    )
    store.execute(
        "INSERT INTO edition_story (edition_id, story_id, bulletin, position, told)"
        " VALUES (1, ?, 'global/daily', 0, 'yes')",
        (story,),
    )
    store.execute("INSERT INTO edition_release (edition_id, release_id, version) VALUES (1, 1, 1)")
    store.execute(
        "INSERT INTO variant (id, edition_id, key, language, releases)"
        " VALUES (1, 1, 'en:1.1', 'en', '[[1,1]]')"
    )
    numbers = range(1, PEOPLE + 1)
    languages = ('["en"]', '["fr","en"]', '["ar","fr"]', '["es"]')
    store.executemany(
        "INSERT INTO subscriber (id, address, address_key, name, languages, status, token_epoch, provenance,"
        f" created_at, changed_at) VALUES (?, ?, ?, '', ?, 'active', 0, 'bench', '{moment}', '{moment}')",
        ((n, f"reader{n}@example.org", f"reader{n}@example.org", languages[n % 4]) for n in numbers),
    )
    store.executemany(
        "INSERT INTO subscription (bulletin, subscriber_id, created_at)"
        f" VALUES ('global/daily', ?, '{moment}')",
        ((n,) for n in numbers),
    )
    store.executemany(
        "INSERT INTO delivery (id, edition_id, subscriber_id, variant_id, state, owner, attempts, next_try,"
        f" message_id, reply, settled_at)"
        f" VALUES (?, 1, ?, 1, 'sent', '', 1, '{moment}', ?, '250', '{moment}')",
        ((n, n, f"<{n}@old>") for n in numbers),
    )
    store.executemany(
        "INSERT INTO item (subscriber_id, story_id, delivery_id, release_id, version) VALUES (?, ?, ?, 1, 1)",
        ((n, story, n) for n in numbers),
    )
    store.commit()
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
