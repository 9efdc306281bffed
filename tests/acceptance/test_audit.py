"""The audit from outside: the life of a release, and what tampering with it looks like."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pressfeed.publish.audit import verify
from pressfeed.store import Store
from tests.acceptance.cli import Newsroom, run

RELEASE = """---
headline: {headline}
language: en
published: 2026-03-12T06:00:00+00:00
regions: [global]
---
The gauges upstream passed six metres on Monday.
"""


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> Newsroom:
    """A newsroom with a release that was published, sent, changed and withdrawn, and one that was deleted."""
    folder = tmp_path_factory.mktemp("audit")
    news = Newsroom(folder / "newsroom")
    for number, headline in enumerate(("The river rises", "A second story")):
        (folder / f"{number}.md").write_text(RELEASE.format(headline=headline), "utf-8")
        news.run("import", str(folder / f"{number}.md"))
    (folder / "draft.md").write_text("Nothing but a line.\n", "utf-8")
    news.run("import", str(folder / "draft.md"), "--draft", code=0)
    news.run("releases", "delete", "3")
    news.run("build")
    for name in ("ana", "biniam"):
        news.run("subscribers", "add", f"{name}@example.org", "--bulletin", "global/daily")
    news.run("bulletins", "send", "global/daily")
    news.run("releases", "edit", "1", "--headline", "The river falls")
    news.run("releases", "edit", "1", "--status", "withdrawn")
    news.run("build")
    return news


@pytest.fixture
def path(lived: Newsroom, tmp_path: Path) -> Path:
    """A copy of its store that a test may break."""
    shutil.copy(lived.folder / "db" / "pressfeed.sqlite3", tmp_path / "store.sqlite3")
    return tmp_path / "store.sqlite3"


def problems(path: Path, noted: str = "") -> str:
    with Store(path) as store:
        return "; ".join(verify(store, noted).problems)


def unlocked(path: Path) -> sqlite3.Connection:
    """The store as somebody sees it who has the file and no scruples."""
    raw = sqlite3.connect(path, isolation_level=None)
    for trigger in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        if trigger[0].startswith("audit_event"):
            raw.execute(f"DROP TRIGGER {trigger[0]}")
    return raw


def test_the_life_of_a_release_on_one_page(lived: Newsroom) -> None:
    life = lived.json("audit", "1")
    kinds = [event["kind"] for event in life["events"]]
    assert kinds == [
        "release.added",
        "feeds.changed",
        "edition.planning",
        "edition.planned",
        "edition.sent",
        "release.version",
        "release.withdrawn",
    ]
    assert life["given"] == [{"version": 1, "sent": 2, "waiting": 0, "not_sent": 0}]
    assert [(one["version"], one["state"], one["people"]) for one in life["editions"]] == [(1, "sent", 2)]
    assert [(one["feed"], one["left"]) for one in life["feeds"]] == [("global/en", None)]
    page = lived.run("audit", "1").out
    for words in ("The river falls", "withdrawn, version 2", "is over: 2 sent", "entered global/en"):
        assert words in page
    assert "version 2: edited" in page
    assert [event["kind"] for event in lived.json("audit", "3")["events"]] == [
        "release.added",
        "release.deleted",
    ]
    assert "there is no release 99" in lived.run("audit", "99", code=2).err
    assert "neither a release's number" in lived.run("audit", "everything", code=2).err


def test_an_untouched_audit_is_whole(lived: Newsroom) -> None:
    head = lived.run("audit", "head").out.strip()
    assert lived.json("audit", "verify") | {"began": ""} == {
        "sound": True,
        "head": head,
        "began": "",
        "problems": [],
    }
    assert f"Its head: {head}" in lived.run("audit", "verify", "--noted", head).out
    assert "is no head" in lived.run("audit", "verify", "--noted", "x", code=2).err


def rewrite(raw: sqlite3.Connection) -> None:
    """Write the digests of the whole chain anew, as somebody would who knows how."""
    raw.row_factory = sqlite3.Row
    before = "0" * 64
    for row in raw.execute("SELECT * FROM audit_event ORDER BY id").fetchall():
        value = {name: row[name] for name in ("actor", "at", "id", "kind")}
        value |= {"edition": row["edition_id"], "release": row["release_id"], "before": before}
        value |= {"details": json.loads(row["details"])}
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        before = hashlib.sha256(text.encode()).hexdigest()
        raw.execute("UPDATE audit_event SET digest = ? WHERE id = ?", (before, row["id"]))
    raw.execute("UPDATE setting SET value = ? WHERE name = 'audit_end'", (f"{row['id']}:{before}",))


def swap(raw: sqlite3.Connection) -> None:
    columns = "at, kind, actor, release_id, edition_id, details, digest"
    (third, fourth) = raw.execute(
        f"SELECT {columns} FROM audit_event WHERE id IN (3, 4) ORDER BY id"
    ).fetchall()
    names = ", ".join(f"{name} = ?" for name in columns.split(", "))
    raw.execute(f"UPDATE audit_event SET {names} WHERE id = 3", fourth)
    raw.execute(f"UPDATE audit_event SET {names} WHERE id = 4", third)


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (
            "UPDATE audit_event SET actor = 'nobody' WHERE id = 5",
            "event 5 (release.deleted of release 3) is not",
        ),
        ("UPDATE audit_event SET at = '2020-01-01T00:00:00.000000Z' WHERE id = 2", "event 2 (release.added"),
        ("UPDATE audit_event SET details = '{}' WHERE id = 3", "event 3 (release.added of release 2) is not"),
        ("UPDATE audit_event SET details = ' {}' WHERE id = 5", "event 5 was changed: it cannot be read"),
        ("UPDATE audit_event SET details = 'x' WHERE id = 5", "event 5 was changed: it cannot be read"),
        ("UPDATE audit_event SET digest = 'x' WHERE id = 4", "event 5 (release.deleted of release 3) is not"),
        ("UPDATE audit_event SET release_id = 2 WHERE id = 2", "event 2 (release.added of release 2) is not"),
        ("DELETE FROM audit_event WHERE id = 4", "event 4 is missing after event 3"),
        ("DELETE FROM audit_event WHERE id IN (1, 2)", "events 1 to 2 are missing after event 0"),
        ("DELETE FROM audit_event WHERE id > 6", "are missing at the end"),
        ("DELETE FROM audit_event", "are missing at the end"),
        (swap, "event 3 (release.added of release 3) is not what was written after event 2"),
        (
            "UPDATE release_version SET content = replace(content, 'falls', 'fails') WHERE version = 2",
            "version 2 of release 1 was changed: it is not what event",
        ),
        ("DELETE FROM release_version WHERE version = 2", "version 2 of release 1, event"),
        (
            "INSERT INTO release_version (release_id, version, recorded_at, reason, content)"
            " SELECT 2, 2, recorded_at, reason, content FROM release_version WHERE release_id = 2",
            "version 2 of release 2 has no event",
        ),
    ],
)
def test_tampering_is_found_and_placed(
    path: Path, tamper: str | Callable[[sqlite3.Connection], None], problem: str
) -> None:
    raw = unlocked(path)
    raw.execute(tamper) if isinstance(tamper, str) else tamper(raw)
    raw.close()
    assert problem in problems(path)


def test_tampering_is_told_with_exit_code_1(lived: Newsroom, tmp_path: Path) -> None:
    shutil.copytree(lived.folder, tmp_path / "newsroom")
    raw = unlocked(tmp_path / "newsroom" / "db" / "pressfeed.sqlite3")
    raw.execute("DELETE FROM audit_event WHERE id = 4")
    raw.close()
    said = run("-C", str(tmp_path / "newsroom"), "audit", "verify", code=1)
    assert "event 4 is missing after event 3" in said.err
    assert "was tampered with" in said.out
    said = run("-C", str(tmp_path / "newsroom"), "audit", "verify", "--json", code=1)
    assert json.loads(said.out)["sound"] is False


def test_a_chain_that_was_written_anew_does_not_have_the_head_that_was_noted(path: Path) -> None:
    with Store(path) as store:
        head = str(store.audit.head())
    raw = unlocked(path)
    raw.execute("UPDATE audit_event SET actor = 'nobody' WHERE id = 6")
    rewrite(raw)
    assert problems(path) == ""  # by itself it is consistent: that is why heads are noted
    assert "has another digest than the one that was noted" in problems(path, head)
    raw.execute("DELETE FROM audit_event WHERE id > 6")
    rewrite(raw)
    assert "was noted" in problems(path, head)
    raw.close()
