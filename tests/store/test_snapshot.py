from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
from pathlib import Path

from pressfeed.store import Store, snapshot

WRITER = """
import pathlib, sys
from pressfeed.store import Store
store = Store(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    number += 1
    with store.transaction():
        for name in ("a", "b"):
            store.documents.remember_source(name, {"number": number, "rest": "x" * 5000})
"""


def test_a_copy_is_of_one_moment_though_others_write_all_the_time(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "store.sqlite3"
    with Store(path, create=True) as store, store.transaction():
        for number in range(400):
            store.documents.remember_source(f"source {number}", {"text": "x" * 2000})
    monkeypatch.setattr(snapshot, "PAGES", 7)  # many steps, between which others write
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    steps = []
    try:
        for number in range(5):
            copy = tmp_path / f"copy-{number}.sqlite3"
            snapshot.copy(path, copy, lambda done, total: steps.append((done, total)))
            snapshot.examine(copy)
            with sqlite3.connect(copy) as raw:
                rows = raw.execute("SELECT data FROM intake_memory WHERE source IN ('a', 'b')").fetchall()
            assert len({row[0] for row in rows}) <= 1
            assert not list(tmp_path.glob("*.part"))
    finally:
        writer.kill()
        writer.wait()
    done = [step for step, _ in steps]
    restarts = sum(later < earlier for earlier, later in itertools.pairwise(done))
    assert restarts == 4  # one for each further copy: none began anew because of the writer
