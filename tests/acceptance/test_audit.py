"""The audit from outside: the life of a release, and what tampering with it looks like."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pressfeed.domain import EditionState
from pressfeed.publish.audit import verify
from pressfeed.store import Store
from tests.acceptance.cli import Newsroom, run
from tests.unit import factories

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
    """A newsroom with releases that were published, sent, changed, corrected, withdrawn, and deleted."""
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
    news.run("releases", "correct", "2", "--headline", "Another second", "--by", "Salma",
             "--note", "It was not the second.", "--notify", "now")  # fmt: skip
    news.run("deliver")
    news.run("subscribers", "add", "chen@example.org", "--bulletin", "global/daily")
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
            " SELECT 2, 3, recorded_at, reason, content FROM release_version"
            " WHERE release_id = 2 AND version = 2",
            "version 3 of release 2 has no event",
        ),
        (
            "UPDATE release_version SET author = 'nobody' WHERE release_id = 1 AND version = 2",
            "the author of version 2 of release 1 was changed: it is not what event",
        ),
        (
            "UPDATE release_version SET author = '' WHERE release_id = 2 AND version = 2",
            "the author of version 2 of release 2 was changed",
        ),
        ("UPDATE release_version SET reason = 'x'", "the reason of version 1 of release 1 was changed"),
        (
            "UPDATE release_version SET recorded_at = '2020-01-01T00:00:00.000000Z' WHERE version = 2",
            "the time of version 2 of release 1 was changed",
        ),
        ('UPDATE notice SET notes = \'{"en":"x"}\'', "the correction notice of version 2 of release 2 was"),
        ("UPDATE notice SET author = ''", "the correction notice of version 2 of release 2 was changed"),
        (
            "UPDATE notice SET kind = 'withdrawal'",
            "the withdrawal notice of version 2 of release 2 has no event",
        ),
        (
            "UPDATE delivery SET state = 'failed' WHERE id = 2",
            "the ledger of edition 1 was changed: it is not what event",
        ),
        ("UPDATE delivery SET message_id = 'x' WHERE id = 2", "the ledger of edition 1 was changed"),
        (
            "UPDATE delivery SET settled_at = '2020-01-01T00:00:00.000000Z' WHERE id = 1",
            "the ledger of edition 1 was changed",
        ),
        ("UPDATE delivery SET subscriber_id = 3 WHERE id = 2", "the ledger of edition 1 was changed"),
        ("DELETE FROM delivery WHERE id = 2", "the ledger of edition 1 was changed"),
        ("DELETE FROM item WHERE delivery_id = 2 AND release_id = 2", "the ledger of edition 1 was changed"),
        ("UPDATE item SET version = 2 WHERE delivery_id = 1", "the ledger of edition 1 was changed"),
        ("UPDATE variant SET releases = '[[2,1]]'", "the ledger of edition 1 was changed"),
        ("UPDATE variant SET notices = '[]'", "the ledger of edition 2 was changed"),
        ("UPDATE edition SET slot = 'x' WHERE id = 1", "the ledger of edition 1 was changed"),
        ("UPDATE edition SET state = 'planned' WHERE id = 1", "edition 1 was over, event"),
    ],
)
def test_tampering_is_found_and_placed(
    path: Path, tamper: str | Callable[[sqlite3.Connection], None], problem: str
) -> None:
    raw = unlocked(path)
    raw.execute(tamper) if isinstance(tamper, str) else tamper(raw)
    raw.close()
    assert problem in problems(path)


def test_what_may_be_erased_breaks_nothing(lived: Newsroom, tmp_path: Path) -> None:
    """People who are forgotten, words of servers that are kept no longer, and stories that are joined."""
    news = lived.copy_to(tmp_path / "newsroom")
    assert all(line["reply"] for line in news.json("ledger"))
    news.run("subscribers", "forget", "ana@example.org")
    with sqlite3.connect(news.folder / "db" / "pressfeed.sqlite3") as raw:
        raw.execute("UPDATE delivery SET reply = ''")  # as retention does after a year
    raw.close()
    news.run("releases", "edit", "2", "--story", "joined")
    assert "ana@example.org" not in news.run("ledger", "--json").out
    assert "is whole" in news.run("audit", "verify").out


def test_a_correction_that_is_announced_later_keeps_its_words(lived: Newsroom, tmp_path: Path) -> None:
    news = lived.copy_to(tmp_path / "newsroom")
    news.run("releases", "correct", "2", "--headline", "The very second", "--note", "A word was missing.",
             "--notify", "none")  # fmt: skip
    news.run("releases", "correct", "2", "--notify", "now")
    *_, announced = (
        event for event in news.json("audit", "2")["events"] if event["kind"].startswith("notice")
    )
    assert announced["details"]["notes"] == {"en": "A word was missing."}
    assert "is whole" in news.run("audit", "verify").out


def test_an_edition_that_was_called_off_is_closed_when_nothing_of_it_is_on_its_way(tmp_path: Path) -> None:
    with Store(tmp_path / "store.sqlite3", create=True) as store:
        now = factories.NOW
        edition = store.editions.open("global/daily", "2026-03-12T07:00", (), now=now)
        assert edition is not None
        store.editions.set_state(
            edition, EditionState.CANCELLED, expected=EditionState.PLANNING, now=now, reason="x"
        )
        store.editions.settle(now)
        store.editions.settle(now)
        kinds = [event.kind for event in store.audit.of_edition(edition.id)]
        assert kinds == ["edition.planning", "edition.cancelled", "edition.closed"]
        assert verify(store).problems == ()


def test_whoever_reads_a_part_of_a_broken_audit_is_warned(lived: Newsroom, tmp_path: Path) -> None:
    shutil.copytree(lived.folder, tmp_path / "newsroom")
    for words in (("audit", "2"), ("audit", "head")):
        assert lived.run(*words).err == ""
    raw = unlocked(tmp_path / "newsroom" / "db" / "pressfeed.sqlite3")
    raw.execute("DELETE FROM audit_event WHERE id = 4")
    raw.close()
    for words in (("audit", "2"), ("audit", "2", "--json"), ("audit", "head")):
        said = run("-C", str(tmp_path / "newsroom"), *words)
        assert "do not rely on this: event 4 is missing after event 3" in said.err


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
