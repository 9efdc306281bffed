from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pressfeed.domain import EditionState, Status
from pressfeed.store import Store
from pressfeed.store.audit import Kept, follows
from tests.unit import factories

NOW = factories.NOW
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3", create=True) as store:
        store.audit.actor = "Nadège"
        yield store


def add(store: Store, **given: Any) -> int:
    defaults: dict[str, Any] = {
        "story": "flood",
        "slug": "flood",
        "status": Status.PUBLISHED,
        "source": "test",
        "now": NOW,
        "reason": "imported",
        "published_at": NOW,
    }
    with store.transaction():
        return store.releases.add(factories.content("en"), **defaults | given)


def told(store: Store, release: int) -> list[tuple[str, dict[str, Any]]]:
    return [(event.kind, dict(event.details)) for event in store.audit.of_release(release)]


def test_a_new_release_is_an_event(store: Store) -> None:
    add(store, embargo_until=NOW + HOUR)
    event = store.audit.of_release(1)[0]
    assert (event.id, event.kind, event.actor, event.at) == (2, "release.added", "Nadège", NOW)
    content = event.details["content"]
    assert event.details["embargo_until"] == "2026-03-12T07:30:00.000000Z"
    kept = Kept(content, "2026-03-12T06:30:00.000000Z", "", "imported")
    assert list(store.audit.contents()) == [(1, 1, kept)]


def test_each_change_of_a_release_is_an_event(store: Store) -> None:
    number = add(store)
    old = store.releases.get(number)
    content = replace(old.content, headline="The river is back in its bed")
    with store.transaction():
        store.releases.save(
            replace(old, content=content, status=Status.CORRECTED, slug="river"), now=NOW, reason="a typo"
        )
        store.releases.save(store.releases.get(number), now=NOW, reason="nothing")
    _, version, status, changed = told(store, number)
    assert version[0] == "release.version"
    assert version[1]["reason"] == "a typo"
    assert version[1]["headline"] == "The river is back in its bed"
    assert status[0] == "release.corrected"
    assert (status[1]["from"], status[1]["reason"]) == ("published", "a typo")
    assert changed == ("release.changed", {"reason": "a typo", "slug": ["flood", "river"]})


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, NOW + HOUR, "embargo.set"),
        (NOW + HOUR, NOW + 2 * HOUR, "embargo.extended"),
        (NOW + 2 * HOUR, NOW + HOUR, "embargo.shortened"),
        (NOW + HOUR, None, "embargo.lifted"),
        (NOW + HOUR, NOW, "embargo.lifted"),
        (NOW - HOUR, NOW + HOUR, "embargo.set"),
    ],
)
def test_an_embargo_has_its_own_events(store: Store, before, after, kind) -> None:
    number = add(store, embargo_until=before)
    with store.transaction():
        store.releases.save(
            replace(store.releases.get(number), embargo_until=after), now=NOW, reason="the minister asked"
        )
    assert [name for name, _ in told(store, number)] == ["release.added", kind]


def test_a_number_that_is_used_again_begins_a_new_life(store: Store) -> None:
    number = add(store, status=Status.DRAFT)
    with store.transaction():
        store.releases.delete(number, NOW)
    assert [name for name, _ in told(store, number)] == ["release.added", "release.deleted"]
    assert add(store, status=Status.DRAFT) == number
    assert [name for name, _ in told(store, number)] == ["release.added"]


def test_feeds_tell_who_entered_and_who_left(store: Store) -> None:
    one, two = add(store), add(store, slug="two")
    store.outputs.save_feeds({"global/en": (one,), "africa/en": (one,)}, NOW)
    store.outputs.save_feeds({"global/en": (two,), "africa/en": (one,)}, NOW + HOUR)
    store.outputs.save_feeds({"global/en": (two,), "africa/en": (one,)}, NOW + 2 * HOUR)
    assert told(store, one)[1:] == [
        ("feeds.changed", {"entered": ["africa/en", "global/en"]}),
        ("feeds.changed", {"left": ["global/en"]}),
    ]
    assert told(store, two)[1:] == [("feeds.changed", {"entered": ["global/en"]})]


def test_editions_tell_what_became_of_them(store: Store) -> None:
    edition = store.editions.open("global/daily", "2026-03-12T07:00", (), now=NOW)
    assert edition is not None
    store.editions.set_state(edition, EditionState.PLANNED, expected=EditionState.PLANNING, now=NOW)
    store.editions.set_state(
        edition, EditionState.PAUSED, expected=EditionState.PLANNED, now=NOW, reason="535", actor="worker"
    )
    assert not store.editions.set_state(
        edition, EditionState.CANCELLED, expected=EditionState.PLANNED, now=NOW
    )
    store.editions.set_state(edition, EditionState.PLANNED, expected=EditionState.PAUSED, now=NOW)
    store.editions.settle(NOW + HOUR)
    events = store.audit.of_edition(edition.id)
    kinds = ["edition.planning", "edition.planned", "edition.paused", "edition.resumed", "edition.sent"]
    assert [event.kind for event in events] == kinds
    assert events[1].details == {"recipients": 0}
    assert (events[2].actor, events[2].details) == ("worker", {"reason": "535"})


def test_a_skipped_slot_is_no_event(store: Store) -> None:
    store.editions.open("global/daily", "2026-03-12T07:00", (), now=NOW, skipped="nothing new")
    assert list(store.audit.all()) == []


# The chain


def test_the_chain_can_be_followed_with_other_tools(store: Store, tmp_path: Path) -> None:
    """As docs/audit.md describes it: written here once more, without any of pressfeed."""
    add(store)
    before = "0" * 64
    with sqlite3.connect(tmp_path / "store.sqlite3") as raw:
        raw.row_factory = sqlite3.Row
        for row in raw.execute("SELECT * FROM audit_event ORDER BY id"):
            value = {
                "actor": row["actor"],
                "at": row["at"],
                "before": before,
                "details": json.loads(row["details"]),
                "edition": row["edition_id"],
                "id": row["id"],
                "kind": row["kind"],
                "release": row["release_id"],
            }
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            before = hashlib.sha256(text.encode()).hexdigest()
            assert row["digest"] == before
    assert store.audit.head().digest == before
    assert store.audit.noted_end() == f"2:{before}"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'somebody else'",
        "DELETE FROM audit_event WHERE id = 2",
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE id = 1",
        "INSERT INTO audit_event SELECT 9, at, kind, actor, release_id, edition_id, details, digest"
        " FROM audit_event WHERE id = 1",
    ],
)
def test_the_store_refuses_to_edit_the_audit(store: Store, tmp_path: Path, statement: str) -> None:
    add(store)
    with sqlite3.connect(tmp_path / "store.sqlite3") as raw:
        with pytest.raises(sqlite3.IntegrityError, match="the audit"):
            raw.execute(statement)
        assert raw.execute("SELECT count(*) FROM audit_event").fetchone() == (2,)


def test_an_event_is_undone_with_what_it_tells(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction():
        add(store)
        raise ZeroDivisionError
    with store.transaction(rehearsal=True):
        add(store)
    assert list(store.audit.all()) == []
    assert store.audit.noted_end() == ""


def test_several_processes_write_one_chain(store: Store, tmp_path: Path) -> None:
    script = (
        "import datetime as dt, pathlib, sys; from pressfeed.store import Store\n"
        "store = Store(pathlib.Path(sys.argv[1])); sys.stdin.read(1)\n"
        "for number in range(50):\n"
        "    with store.transaction():\n"
        "        store.audit.record('test.written', dt.datetime.now(dt.UTC), release=number)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "store.sqlite3")]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(3)]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go")
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    events = list(store.audit.all())
    assert [event.id for event in events] == list(range(1, 152))
    before = "0" * 64
    for event in events:
        assert follows(event, before)
        before = event.digest
