"""Subscribers in the store: one person, one row; who leaves stays away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pressfeed.domain import SubscriberStatus
from pressfeed.errors import NotFoundError
from pressfeed.store import Store
from tests.unit.factories import NOW


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3", create=True) as store:
        yield store


def add(store: Store, address: str = "Awa@example.org") -> int | None:
    return store.subscribers.add(address, "Awa", ["fr", "en"], provenance="test", now=NOW)


def test_spelling_does_not_make_two_people_of_one(store: Store) -> None:
    assert add(store) is not None
    assert add(store, "awa@EXAMPLE.org") is None
    person = store.subscribers.get("AWA@example.org")
    assert (person.address, person.languages) == ("Awa@example.org", ("fr", "en"))
    with pytest.raises(NotFoundError):
        store.subscribers.get("nobody@example.org")


def test_subscriptions_are_kept_once(store: Store) -> None:
    number = add(store)
    assert number is not None
    assert store.subscribers.subscribe(number, "global/daily", NOW)
    assert not store.subscribers.subscribe(number, "global/daily", NOW)
    assert store.subscribers.find("awa@example.org").bulletins == ("global/daily",)  # type: ignore[union-attr]
    assert store.subscribers.subscription_counts() == {"global/daily": 1}
    store.subscribers.unsubscribe(number, "global/daily", NOW)
    assert store.subscribers.subscription_counts() == {}


def test_who_leaves_is_suppressed_under_a_hash_until_they_come_back(store: Store) -> None:
    add(store)
    person = store.subscribers.get("awa@example.org")
    store.subscribers.stop(person, SubscriberStatus.COMPLAINED, NOW)
    reason = store.subscribers.suppressed("AWA@EXAMPLE.ORG")
    assert reason is not None and reason.startswith("complained on 2026-03-12")
    assert store.subscribers.counts() == {"complained": 1}
    stored = store._connection.db.execute("SELECT address_hash FROM suppression").fetchone()[0]
    assert "awa" not in stored and len(stored) == 64
    store.subscribers.resume(person, NOW)
    assert store.subscribers.suppressed("awa@example.org") is None
    assert store.subscribers.get("awa@example.org").status is SubscriberStatus.ACTIVE


def test_two_newsrooms_hash_differently(store: Store, tmp_path: Path) -> None:
    with Store(tmp_path / "other.sqlite3", create=True) as other:
        for each in (store, other):
            add(each)
            each.subscribers.stop(each.subscribers.get("awa@example.org"), SubscriberStatus.UNSUBSCRIBED, NOW)
        hashes = [
            each._connection.db.execute("SELECT address_hash FROM suppression").fetchone()[0]
            for each in (store, other)
        ]
    assert hashes[0] != hashes[1]
