"""Releases in the store: versions, slugs, stories, what a bulletin may tell."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pressfeed.domain import LONGEST_SLUG, Content, Status, is_slug
from pressfeed.errors import InputError, NotFoundError
from pressfeed.store import Store
from pressfeed.store.editions import FrozenStory
from tests.unit import factories

NOW = factories.NOW
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "db" / "store.sqlite3", create=True) as store:
        yield store


def add(store: Store, content: Content | None = None, **given: object) -> int:
    values: dict[str, object] = {
        "story": None,
        "slug": "river",
        "status": Status.PUBLISHED,
        "source": "test",
        "now": NOW,
        "reason": "imported",
        "published_at": NOW,
    }
    return store.releases.add(content or factories.content("en"), **(values | given))  # type: ignore[arg-type]


def test_a_release_comes_back_as_it_went_in(store: Store) -> None:
    content = factories.content("ar")
    release = store.releases.get(add(store, content, embargo_until=NOW + HOUR, archive=True))
    assert release.content == content
    assert (release.published_at, release.embargo_until, release.archive) == (NOW, NOW + HOUR, True)
    assert (release.version, release.created_at, release.updated_at) == (1, NOW, NOW)


def test_a_changed_content_is_a_new_version_and_the_old_one_is_kept(store: Store) -> None:
    first = store.releases.get(add(store))
    changed = replace(first, content=replace(first.content, headline="Another"))
    second = store.releases.save(changed, now=NOW + HOUR, reason="edited")
    assert (second.version, second.updated_at, second.uid, second.slug) == (
        2,
        NOW + HOUR,
        first.uid,
        first.slug,
    )
    assert store.releases.get_version(first.id, 1).content == first.content
    assert store.releases.get_version(first.id, 2).content.headline == "Another"
    with pytest.raises(NotFoundError):
        store.releases.get_version(first.id, 3)


def test_saving_what_is_there_changes_nothing(store: Store) -> None:
    release = store.releases.get(add(store))
    assert store.releases.save(release, now=NOW + HOUR, reason="edited") == release


def test_slugs_are_unique_in_a_language_only(store: Store) -> None:
    slugs = [store.releases.get(add(store)).slug for _ in range(3)]
    assert slugs == ["river", "river-2", "river-3"]
    assert store.releases.get(add(store, factories.content("fr"))).slug == "river"


def test_a_release_that_moves_to_another_story_takes_its_readers_along(store: Store) -> None:
    release_id = add(store, story="one")
    other = add(store, factories.content("fr"), story="two")
    (candidate,) = store.releases.candidates("global/daily", ["west-central-africa"], NOW)[:1]
    with store.transaction():
        edition = store.editions.open(
            "global/daily",
            "2026-03-12T07:00",
            [FrozenStory(candidate.story, {"en": (release_id, 1)})],
            now=NOW,
        )
    assert edition is not None
    moved = replace(store.releases.get(release_id), story="two")
    store.releases.save(moved, now=NOW, reason="edited")
    assert {release for release, _ in store.releases.of_story("two")} == {release_id, other}
    assert store.releases.candidates("global/daily", ["west-central-africa"], NOW) == []
    assert store.releases.candidates("global/weekly", ["west-central-africa"], NOW) != []


@pytest.mark.parametrize(
    "given",
    [
        {"status": Status.DRAFT},
        {"status": Status.SCHEDULED},
        {"status": Status.WITHDRAWN},
        {"published_at": NOW + HOUR},
        {"embargo_until": NOW + HOUR},
        {"archive": True},
    ],
)
def test_a_bulletin_tells_only_what_is_public(store: Store, given: dict[str, object]) -> None:
    add(store, **given)
    assert store.releases.candidates("global/daily", ["west-central-africa"], NOW) == []


def test_stubs_are_the_public_and_the_withdrawn_newest_first(store: Store) -> None:
    old = add(store, published_at=NOW - HOUR)
    new = add(store)
    gone = add(store, status=Status.WITHDRAWN, published_at=NOW - 2 * HOUR)
    add(store, status=Status.DRAFT)
    add(store, embargo_until=NOW + HOUR)
    assert [stub.id for stub in store.releases.stubs(NOW)] == [new, old, gone]
    assert len(store.releases.stubs(NOW + HOUR)) == 4


def test_what_changed_after_a_look_is_told_whoever_changed_it(store: Store, tmp_path: Path) -> None:
    first, second = add(store), add(store, slug="second")
    number, every = store.releases.changed_stubs(None)
    assert sorted(every) == [first, second]
    assert store.releases.changed_stubs(number) == (number, {})
    with Store(tmp_path / "db" / "store.sqlite3") as other:
        hidden = add(other, slug="hidden", embargo_until=NOW + HOUR)
        draft = add(other, slug="draft", status=Status.DRAFT, published_at=None)
        old = other.releases.get(second)
        other.releases.save(replace(old, status=Status.WITHDRAWN), now=NOW, reason="a mistake")
    later, changed = store.releases.changed_stubs(number)
    assert later == number + 3
    assert changed[draft] is None
    told = {id: (stub.status, stub.embargo_until) for id, stub in changed.items() if stub}
    assert told == {hidden: (Status.PUBLISHED, NOW + HOUR), second: (Status.WITHDRAWN, None)}
    assert store.releases.changed_stubs(later) == (later, {})


def test_a_stub_s_mark_tells_of_every_change_and_of_nothing_else(store: Store) -> None:
    release = store.releases.get(add(store))
    marks = [store.releases.stubs(NOW + HOUR)[0].mark]
    for number, changes in enumerate(
        (
            {"content": replace(release.content, headline="Another")},
            {"content": replace(release.content, regions=("asia-pacific",))},
            {"slug": "lake"},
            {"status": Status.CORRECTED},
            {"published_at": NOW - HOUR},
        ),
        start=1,
    ):
        store.releases.save(replace(release, **changes), now=NOW + number * HOUR / 10, reason="edited")  # type: ignore[arg-type]
        marks.append(store.releases.stubs(NOW + HOUR)[0].mark)
        assert store.releases.stubs(NOW + 2 * HOUR)[0].mark == marks[-1]
    assert len(set(marks)) == len(marks)
    add(store, slug="other", published_at=NOW - HOUR)
    assert marks[-1] in {stub.mark for stub in store.releases.stubs(NOW + HOUR)}


def test_only_what_nobody_was_told_of_can_be_deleted(store: Store) -> None:
    draft = add(store, status=Status.DRAFT)
    store.documents.remember("key", "fingerprint", NOW)
    store.documents.remember_reading("key", "key", draft, "hash")
    store.releases.delete(draft, NOW)
    assert store.documents.reading("key") == (None, "hash")
    with pytest.raises(NotFoundError):
        store.releases.get(draft)
    with pytest.raises(InputError, match="published"):
        store.releases.delete(add(store), NOW)


def test_the_next_publication_is_a_schedule_or_the_end_of_an_embargo(store: Store) -> None:
    assert store.releases.next_publication(NOW) is None
    add(store, status=Status.SCHEDULED, published_at=NOW + 3 * HOUR)
    add(store, embargo_until=NOW + 2 * HOUR)
    assert store.releases.next_publication(NOW) == NOW + 2 * HOUR
    assert store.releases.next_publication(NOW + 2 * HOUR) == NOW + 3 * HOUR
    assert store.releases.due(NOW + 3 * HOUR) == [1]


def test_a_release_that_moved_is_still_found_where_it_was(store: Store) -> None:
    first = add(store, slug="river")
    moved = store.releases.save(replace(store.releases.get(first), slug="flood"), now=NOW, reason="edited")
    assert moved.slug == "flood"
    assert store.releases.moves() == [(first, "en", "river")]
    second = store.releases.get(add(store, slug="river"))
    assert second.slug == "river-2"  # nobody else gets an address that was promised

    back = store.releases.save(replace(moved, slug="river"), now=NOW, reason="edited")
    assert back.slug == "river"
    assert store.releases.moves() == [(first, "en", "flood")]


def test_a_number_behind_a_slug_does_not_make_it_too_long(store: Store) -> None:
    longest = "long-" * 19 + "roads"
    slugs = [store.releases.get(add(store, slug=longest)).slug for _ in range(12)]
    assert len(longest) == LONGEST_SLUG and slugs[0] == longest
    assert len(set(slugs)) == 12 and all(map(is_slug, slugs)), slugs


def test_a_draft_leaves_no_address_behind(store: Store) -> None:
    draft = add(store, slug="river", status=Status.DRAFT)
    store.releases.save(replace(store.releases.get(draft), slug="flood"), now=NOW, reason="edited")
    assert store.releases.moves() == []
    assert store.releases.get(add(store, slug="river")).slug == "river"


def test_stubs_tell_topics(store: Store) -> None:
    add(store, factories.content("en", topics=("Floods", "Early warning")))
    assert [stub.topics for stub in store.releases.stubs(NOW)] == [("Floods", "Early warning")]


def test_topics_of_a_store_made_before_are_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with Store(path, create=True) as store:
        add(store, factories.content("en", topics=("Floods",)))
    connection = sqlite3.connect(path)
    for change in (
        "ALTER TABLE release DROP COLUMN topics",
        "DROP TABLE former_address",
        "DROP TABLE feed_archive",
        "DROP TABLE gone_address",
        "DELETE FROM _sqlite_migrations WHERE name = '0008_addresses'",
    ):
        connection.execute(change)
    connection.commit()
    connection.close()
    with Store(path) as store:
        assert [stub.topics for stub in store.releases.stubs(NOW)] == [("Floods",)]
