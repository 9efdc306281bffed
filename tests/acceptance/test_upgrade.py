"""Stores of every earlier version, as they made them, opened by this one."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import feedparser
import pytest

from pressfeed import resources
from pressfeed.errors import StoreError
from pressfeed.store import Store, snapshot, upgrade
from pressfeed.store import connection as module
from tests.acceptance.cli import Newsroom

STORES = Path(__file__).parents[1] / "data" / "stores"
VERSIONS = sorted(path.name for path in STORES.iterdir() if path.is_dir())
COUNTING = """
import os, pathlib, signal, sqlite3, sys
real, stop, seen = sqlite3.connect, int(sys.argv[2]), 0

def trace(statement):
    global seen
    seen += 1
    if seen == stop:
        os.kill(os.getpid(), signal.SIGKILL)

def connect(*arguments, **given):
    raw = real(*arguments, **given)
    raw.set_trace_callback(trace)
    return raw

sqlite3.connect = connect
from pressfeed.store import Store
Store(pathlib.Path(sys.argv[1])).close()
print(seen)
"""


@pytest.fixture(params=VERSIONS)
def old(request, tmp_path: Path) -> Newsroom:
    """A newsroom as an earlier version left it."""
    made = STORES / request.param
    shutil.copytree(made / "newsroom", tmp_path / "newsroom")
    (tmp_path / "newsroom" / "db").mkdir()
    with closing(sqlite3.connect(store_of(tmp_path / "newsroom"))) as raw:
        raw.executescript((made / "store.sql").read_text("utf-8"))
    return Newsroom.at(tmp_path / "newsroom")


@pytest.fixture
def made(old: Newsroom, request) -> Path:
    return STORES / request.node.callspec.params["old"]


@pytest.fixture
def path(old: Newsroom) -> Path:
    return store_of(old.folder)


def store_of(folder: Path) -> Path:
    return folder / "db" / "pressfeed.sqlite3"


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as raw:
        return list(raw.iterdump())


def migrations(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as raw:
        return [row[0] for row in raw.execute("SELECT name FROM _sqlite_migrations ORDER BY name")]


def shipped() -> list[str]:
    return sorted(file.stem for file in (resources.folder("db") / "migrations").glob("*.sql"))


def test_an_old_newsroom_goes_on(old: Newsroom, made: Path, path: Path) -> None:
    ledger = old.json("ledger")
    for was, now in zip(json.loads((made / "ledger.json").read_text("utf-8")), ledger, strict=True):
        assert now | was == now  # it may say more, nothing else
    snapshot.examine(path)
    assert migrations(path) == shipped()
    old.run("build")
    public = old.folder / "public"
    pages = (made / "pages.txt").read_text("utf-8").splitlines()
    assert [page for page in pages if not (public / page).exists()] == []
    seen, before = (
        {entry.id: entry for entry in feedparser.parse(data).entries}
        for data in ((public / "global" / "en" / "atom.xml").read_bytes(), (made / "atom.xml").read_bytes())
    )
    assert list(seen) == list(before)
    assert [entry.link for entry in seen.values()] == [entry.link for entry in before.values()]
    for name in ("title", "published", "updated"):  # times to the second
        assert [entry[name][:19] for entry in seen.values()] == [
            entry[name][:19] for entry in before.values()
        ]
    assert not [file for file in public.rglob("*.xml") if "2100" in file.read_text("utf-8")]
    # What was planned goes out to those whom it was planned for, and nobody is told anything twice.
    old.run("deliver")
    waited = {entry["subscriber"] for entry in ledger if entry["state"] == "pending"}
    assert [str(mail["Delivered-To"]) for mail in old.mails()] == sorted(waited)
    old.run("editions", "approve", "3", "--by", "Salma")
    old.run("deliver")
    old.run("bulletins", "send", "global/daily")
    assert len(old.mails()) == len(waited)
    assert "is whole" in old.run("audit", "verify").out
    assert old.json("audit", "1")["before_the_audit"] is not None
    assert old.json("audit", "1")["given"][0]["sent"] > 0


def test_a_store_at_any_schema_in_between_is_upgraded(path: Path, tmp_path: Path, monkeypatch) -> None:
    """Nobody has to come from a release of pressfeed: each number is a state that a store may be in."""
    straight = shutil.copy(path, tmp_path / "straight.sqlite3")
    Store(straight).close()
    with closing(sqlite3.connect(path)) as raw:
        start = len(migrations(path))
        kept = {
            name: list(raw.execute(f"SELECT * FROM {name} ORDER BY 1, 2")) for name in ("item", "delivery")
        }
    for number in range(start + 1, len(shipped())):
        between = shutil.copy(path, tmp_path / f"{number}.sqlite3")
        some = tmp_path / f"db{number}" / "migrations"
        some.mkdir(parents=True)
        for name in shipped()[:number]:
            shutil.copy(resources.folder("db") / "migrations" / f"{name}.sql", some)
        with monkeypatch.context() as patch, closing(sqlite3.connect(between, isolation_level=None)) as raw:
            patch.setattr(upgrade.resources, "folder", lambda _, some=some: some.parent)
            upgrade.upgrade(raw, between)
        assert migrations(between) == shipped()[:number]
        Store(between).close()
        assert schema(between) == schema(straight)
        with closing(sqlite3.connect(between)) as raw:
            for name, rows in kept.items():
                now = list(raw.execute(f"SELECT * FROM {name} ORDER BY 1, 2"))
                assert [row[: len(was)] for row, was in zip(now, rows, strict=True)] == rows
        snapshot.examine(between)


def schema(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as raw:
        return list(raw.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"))


def test_processes_that_come_at_once_upgrade_once(path: Path) -> None:
    script = "import pathlib, sys; from pressfeed.store import Store; sys.stdin.read(1);"
    script += "print(Store(pathlib.Path(sys.argv[1])).newsroom)"
    comers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = {comer.communicate(b"go")[0] for comer in comers}
    assert [comer.returncode for comer in comers] == [0, 0, 0]
    assert len(said) == 1
    assert migrations(path) == shipped()
    assert len(list(path.parent.glob("*.before-*"))) == 1
    snapshot.examine(path)


def points(path: Path, folder: Path) -> Iterator[int]:
    """Statements of an upgrade at which to kill it: some from its beginning to its very end."""
    shutil.copy(path, folder / "counted.sqlite3")
    command = [sys.executable, "-c", COUNTING, str(folder / "counted.sqlite3"), "0"]
    statements = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert statements > 20
    yield from sorted({statements * part // 8 for part in range(1, 8)})


def test_an_upgrade_that_is_killed_leaves_the_old_store(path: Path, tmp_path: Path) -> None:
    before = dump(path)
    killed = 0
    for stop in points(path, tmp_path):
        again = tmp_path / "again" / "pressfeed.sqlite3"
        again.parent.mkdir()
        shutil.copy(path, again)
        done = subprocess.run([sys.executable, "-c", COUNTING, str(again), str(stop)], check=False)
        assert done.returncode == -signal.SIGKILL
        if migrations(again) != shipped():
            assert dump(again) == before
            killed += 1
        Store(again).close()  # the next one does it
        assert migrations(again) == shipped()
        snapshot.examine(again)
        shutil.rmtree(again.parent)
    assert killed >= 3


def test_an_upgrade_on_a_full_disk_leaves_the_old_store(path: Path, monkeypatch) -> None:
    before = dump(path)
    with closing(sqlite3.connect(path)) as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
    connect = sqlite3.connect
    for room in (0, 1, 2, 5, 10, 15):

        def full(*arguments, room=room, **given):
            raw = connect(*arguments, **given)
            raw.execute(f"PRAGMA max_page_count = {pages + room}")
            return raw

        with monkeypatch.context() as patch:
            patch.setattr(module.sqlite3, "connect", full)
            with pytest.raises(StoreError, match=r"the disk is full\. Make room"):
                Store(path)
        assert dump(path) == before
    Store(path).close()
    assert migrations(path) == shipped()


def test_without_room_for_the_copy_nothing_is_upgraded(path: Path, monkeypatch) -> None:
    before = dump(path)

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "copy", full)
        with pytest.raises(StoreError, match=r"the disk is full"):
            Store(path)
    assert dump(path) == before
