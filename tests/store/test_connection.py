from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pressfeed import resources
from pressfeed.errors import BusyError, StoreError
from pressfeed.store import Store
from pressfeed.store import connection as module
from pressfeed.store.connection import Connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "pressfeed.sqlite3"


@pytest.fixture
def connection(path: Path) -> Connection:
    return Connection(path, create=True)


def put(connection: Connection, name: str) -> None:
    connection.db.conn.execute("INSERT INTO setting VALUES (?, 'x')", (name,))


def names(path: Path) -> set[str]:
    """The settings as somebody else sees them."""
    with sqlite3.connect(path) as other:
        return {row[0] for row in other.execute("SELECT name FROM setting")}


# Opening


def test_a_new_store_is_readable_by_its_owner_alone(path):
    with Store(path, create=True) as store, store.transaction():
        store.documents.remember_source("a", {})
        files = sorted(path.parent.iterdir())
        assert {file.name for file in files} >= {"pressfeed.sqlite3", "pressfeed.sqlite3-wal"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_store_keeps_its_identity_and_its_secret(path):
    with Store(path, create=True) as store:
        made = (store.newsroom, store.secret)
    with Store(path) as again, Store(path, create=True) as once_more:
        assert (again.newsroom, again.secret) == made == (once_more.newsroom, once_more.secret)
    assert len(made[1]) == 32


def test_two_stores_share_neither_identity_nor_secret(tmp_path):
    with Store(tmp_path / "a", create=True) as one, Store(tmp_path / "b", create=True) as other:
        assert one.newsroom != other.newsroom
        assert one.secret != other.secret


def test_a_missing_store_is_not_made_by_accident(path):
    with pytest.raises(StoreError, match=r"there is no store here\. Make one with `pressfeed init`"):
        Store(path)
    assert not path.parent.exists()


def test_processes_that_start_together_apply_each_migration_once(path):
    script = (
        "import pathlib, sys; from pressfeed.store import Store;"
        "sys.stdin.read(1); store = Store(pathlib.Path(sys.argv[1]), create=True); print(store.newsroom)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go")
        process.stdin.flush()
    results = [process.communicate() for process in started]
    assert [error for _, error in results if error] == []
    assert len({out for out, _ in results}) == 1
    with sqlite3.connect(path) as other:
        applied = [row[0] for row in other.execute("SELECT name FROM _sqlite_migrations")]
    folder = resources.folder("db") / "migrations"
    assert sorted(applied) == sorted(file.stem for file in folder.glob("*.sql"))


def test_a_migration_that_fails_leaves_nothing(path, tmp_path, monkeypatch):
    broken = tmp_path / "shipped" / "migrations"
    broken.mkdir(parents=True)
    shipped = resources.folder("db") / "migrations" / "0001_first.sql"
    (broken / "0001_first.sql").write_bytes(shipped.read_bytes())
    (broken / "0002_broken.sql").write_text(
        "CREATE TABLE half (id INTEGER);\nINSERT INTO nowhere VALUES (1);\n"
    )
    module.queries.load()  # is cached: only the migrations come from elsewhere
    with monkeypatch.context() as patch:
        patch.setattr(resources, "folder", lambda _: tmp_path / "shipped")
        with pytest.raises(StoreError, match="nowhere"):
            Connection(path, create=True)
    with sqlite3.connect(path) as other:
        tables = {row[0] for row in other.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert not tables & {"half", "release", "setting"}
    Store(path, create=True).close()


def test_a_store_of_a_newer_pressfeed_is_refused(path, connection):
    connection.db.conn.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('pressfeed', '9999_later', '')"
    )
    with pytest.raises(StoreError, match=r"newer pressfeed \(it has 9999_later\)\. Upgrade pressfeed\."):
        Store(path)


# Errors in our words


def test_a_locked_store_is_an_error_that_says_what_to_do(path, connection, monkeypatch):
    monkeypatch.setattr(module, "BUSY_TIMEOUT", 0.01)
    other = Connection(path)
    with connection.transaction():
        put(connection, "first")
        with (
            pytest.raises(StoreError, match=r"kept the store locked.*nothing was changed"),
            other.transaction(),
        ):
            raise AssertionError("the write lock was given twice")
        assert other.value("setting", {"name": "first"}) is None  # readers go on
    with other.transaction():
        put(other, "second")
    assert names(path) >= {"first", "second"}


def test_who_is_not_patient_waits_for_no_other_writer(path, connection):
    other = Connection(path)
    with connection.transaction(), pytest.raises(BusyError), other.transaction(patient=False):
        raise AssertionError("the write lock was given twice")
    with other.transaction(patient=False):
        put(other, "first")
    assert "first" in names(path)


def test_a_full_disk_is_an_error_and_the_store_goes_on(path, connection):
    pages = connection.db.conn.execute("PRAGMA page_count").fetchone()[0]
    connection.db.conn.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreError, match=r"the disk is full\. Make room"), connection.transaction():
        for number in range(100):
            connection.db.conn.execute(
                "INSERT INTO setting VALUES (?, ?)",
                (f"row {number}", "x" * connection.db.conn.execute("PRAGMA page_size").fetchone()[0]),
            )
    connection.db.conn.execute("PRAGMA max_page_count = 1000000")
    put(connection, "after")
    assert names(path) == {"newsroom", "secret", "after"}


@pytest.mark.parametrize("content", [b"this is a shopping list\n" * 100, os.urandom(8192)])
def test_a_file_that_is_no_database_is_said_to_be_damaged(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged .*\. Restore it from a backup\."):
        Store(path)
    assert path.read_bytes() == content


def test_a_damaged_store_is_said_to_be_damaged(path):
    with Store(path, create=True) as store, store.transaction():
        for number in range(500):
            store.documents.remember_source(f"source {number}", {"text": "x" * 500})
    data = bytearray(path.read_bytes())
    for page in range(4096 * 4, len(data), 4096):
        data[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), Store(path) as store:
        store.documents.memories()


def test_a_broken_rule_is_no_store_error(connection):
    put(connection, "once")
    with pytest.raises(sqlite3.IntegrityError), connection.transaction():
        put(connection, "once")


def test_what_refers_to_nothing_is_refused(connection):
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        connection.db.conn.execute("INSERT INTO release_region VALUES ('nowhere', 1)")


# Transactions


def test_an_error_undoes_the_whole_transaction(path, connection):
    with pytest.raises(ZeroDivisionError), connection.transaction():
        put(connection, "outer")
        with connection.transaction():
            put(connection, "inner")
        raise ZeroDivisionError
    assert names(path) == {"newsroom", "secret"}
    with connection.transaction():
        put(connection, "later")
    assert "later" in names(path)


def test_a_rehearsal_sees_its_own_rows_and_leaves_none(path, connection):
    with connection.transaction(rehearsal=True):
        put(connection, "tried")
        assert connection.value("setting", {"name": "tried"}) == "x"
    assert "tried" not in names(path)


def test_nobody_sees_a_transaction_before_it_ends(path, connection):
    with connection.transaction():
        put(connection, "new")
        assert "new" not in names(path)
    assert "new" in names(path)


def test_durable_means_that_the_commit_waits_for_the_disk(connection):
    def synchronous() -> int:
        return int(connection.db.conn.execute("PRAGMA synchronous").fetchone()[0])

    normal, full = 1, 2
    assert synchronous() == normal
    with connection.transaction():
        assert synchronous() == normal
    with connection.transaction(durable=True):
        assert synchronous() == full
    with connection.transaction():
        assert synchronous() == full, "switching to and fro would cost more than it saves"


def test_a_process_that_dies_in_a_transaction_leaves_nothing_of_it(path):
    script = (
        "import os, pathlib, signal, sys; from pressfeed.store.connection import Connection;"
        "c = Connection(pathlib.Path(sys.argv[1]), create=True);"
        "c.db.conn.execute(\"INSERT INTO setting VALUES ('committed', 'x')\")\n"
        "with c.transaction():\n"
        "    c.db.conn.execute(\"INSERT INTO setting VALUES ('half', 'x')\")\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -9
    assert names(path) == {"newsroom", "secret", "committed"}
