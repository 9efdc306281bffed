from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from pressfeed import resources
from pressfeed.errors import StoreError
from pressfeed.store import Store, queries, upgrade

FIRST = resources.folder("db") / "migrations" / "0001_first.sql"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "pressfeed.sqlite3"


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """The folder of migrations, with the first one in it."""
    queries.load()  # is cached: only the migrations come from elsewhere
    folder = tmp_path / "shipped" / "migrations"
    folder.mkdir(parents=True)
    (folder / FIRST.name).write_bytes(FIRST.read_bytes())
    monkeypatch.setattr(resources, "folder", lambda _: tmp_path / "shipped")
    return folder


def open_raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def dump(path: Path) -> list[str]:
    with open_raw(path) as raw:
        return list(raw.iterdump())


def make(path: Path) -> list[str]:
    """A store of the first schema with a story and a release in it; its contents."""
    path.parent.mkdir(parents=True)
    raw = open_raw(path)
    raw.execute("PRAGMA journal_mode = WAL")
    upgrade.upgrade(raw, path)
    moment = "2026-03-12T06:30:00.000000Z"
    raw.execute(f"INSERT INTO story VALUES (1, 'rivers', '{moment}')")
    raw.execute(
        "INSERT INTO release VALUES (1, 'uid', 1, 'en', 'rivers', 'published', 1, 'Rivers', '[]', 'test',"
        f" 'no', '[]', '{moment}', '{moment}', '{moment}', NULL, NULL)"
    )
    raw.close()
    return dump(path)


def test_a_table_that_others_refer_to_can_be_made_anew(path, shipped):
    make(path)
    (shipped / "0002_wider.sql").write_text(
        "CREATE TABLE new_story (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,"
        " colour TEXT NOT NULL) STRICT;\n"
        "INSERT INTO new_story SELECT id, key, created_at, 'blue' FROM story;\n"
        "DROP TABLE story;\nALTER TABLE new_story RENAME TO story;\n"
    )
    raw = open_raw(path)
    upgrade.upgrade(raw, path)
    assert raw.execute("SELECT colour, slug FROM release r JOIN story s ON s.id = story_id").fetchone() == (
        "blue",
        "rivers",
    )
    assert raw.execute("PRAGMA foreign_keys").fetchone() == (1,)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        raw.execute("DELETE FROM story")


def test_a_migration_that_loses_what_others_refer_to_is_refused(path, shipped):
    before = make(path)
    (shipped / "0002_careless.sql").write_text("DELETE FROM story;\n")
    with pytest.raises(StoreError, match=r"a row of release that refers to nothing\. Nothing was changed"):
        upgrade.upgrade(open_raw(path), path)
    assert dump(path) == before


def test_the_store_is_copied_before_it_is_upgraded(path, shipped):
    before = make(path)
    (shipped / "0002_more.sql").write_text("CREATE TABLE more (id INTEGER PRIMARY KEY) STRICT;\n")
    upgrade.upgrade(open_raw(path), path)
    copy = upgrade.kept(path, "0002_more")
    assert copy.name == "pressfeed.before-0002_more.sqlite3"
    assert dump(copy) == before != dump(path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    copy.unlink()
    upgrade.upgrade(open_raw(path), path)
    assert not copy.exists()  # nothing was left to do


def test_a_new_store_needs_no_copy(path):
    Store(path, create=True).close()
    assert [file.name for file in path.parent.iterdir()] == ["pressfeed.sqlite3"]
