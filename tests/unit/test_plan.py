"""Which stories an edition tells, and what each subscriber gets of them."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed import plan
from pressfeed.domain import Bulletin

NOW = dt.datetime(2026, 3, 12, 6, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Told:
    release: int
    story: int
    language: str = "en"
    published_at: dt.datetime = NOW
    version: int = 1


def bulletin(*languages: str, **given: int) -> Bulletin:
    return Bulletin("global", "daily", ("0 7 * * *",), ZoneInfo("UTC"), languages or ("en", "fr"), **given)


def test_the_newest_story_comes_first_by_its_first_translation() -> None:
    candidates = [
        Told(1, 10, published_at=NOW - 3 * HOUR),
        Told(2, 20, "fr", NOW - 2 * HOUR),
        Told(3, 10, "fr", NOW),  # a translation that came later does not make the story new
    ]
    selection = plan.select(candidates, bulletin())
    assert list(selection.stories) == [20, 10]
    assert selection.stories[10] == {"en": (1, 1), "fr": (3, 1)}
    assert (selection.waiting, selection.skipped) == (0, "")


def test_languages_that_the_bulletin_has_not_do_not_count() -> None:
    selection = plan.select([Told(1, 10, "ar")], bulletin())
    assert (dict(selection.stories), selection.skipped) == ({}, "nothing new")


def test_what_does_not_fit_waits() -> None:
    candidates = [Told(n, n, published_at=NOW + n * HOUR) for n in range(1, 8)]
    selection = plan.select(candidates, bulletin(maximum=3))
    assert (list(selection.stories), selection.waiting) == ([7, 6, 5], 4)


@pytest.mark.parametrize(("number", "reason"), [(2, "2 new, fewer than the minimum of 3"), (3, "")])
def test_fewer_than_the_minimum_wait(number: int, reason: str) -> None:
    selection = plan.select([Told(n, n) for n in range(1, number + 1)], bulletin(minimum=3))
    assert selection.skipped == reason
    assert (len(selection.stories), selection.waiting) == ((0, 2) if reason else (3, 0))


told = st.builds(
    Told,
    st.integers(1, 500),
    st.integers(1, 12),
    st.sampled_from(["en", "fr", "ar"]),
    st.integers(-48, 0).map(lambda hours: NOW + hours * HOUR),
)


@given(st.lists(told, max_size=40, unique_by=lambda one: one.release), st.integers(1, 6), st.integers())
def test_the_order_of_the_candidates_does_not_matter(found: list[Told], maximum: int, seed: int) -> None:
    shuffled = random.Random(seed).sample(found, len(found))
    one = plan.select(found, bulletin(maximum=maximum))
    assert list(one.stories.items()) == list(plan.select(shuffled, bulletin(maximum=maximum)).stories.items())
    usable = {candidate.story for candidate in found if candidate.language != "ar"}
    assert len(one.stories) + one.waiting == len(usable)


# ----------------------------------------------------------------------------------------- subscribers


STORIES = {10: {"en": (1, 1), "fr": (2, 1)}, 20: {"fr": (3, 2)}, 30: {"en": (4, 1)}}


def decide(languages: tuple[str, ...], had: frozenset[int] = frozenset()) -> list[tuple[int, int, int]]:
    decision = plan.Planner(STORIES, ("en", "fr")).decide(languages, had)
    return list(decision.items) if decision else []


def test_each_story_in_the_first_of_their_languages_that_exists() -> None:
    assert decide(("fr",)) == [(10, 2, 1), (20, 3, 2), (30, 4, 1)]
    assert decide(("en",)) == [(10, 1, 1), (20, 3, 2), (30, 4, 1)]
    assert decide(("ar", "fr")) == [(10, 2, 1), (20, 3, 2), (30, 4, 1)]
    assert decide(()) == [(10, 1, 1), (20, 3, 2), (30, 4, 1)]


def test_what_they_have_had_is_left_out() -> None:
    assert decide(("fr",), frozenset({10, 30})) == [(20, 3, 2)]
    assert decide(("fr",), frozenset({10, 20, 30, 99})) == []


def test_people_alike_share_a_variant() -> None:
    planner = plan.Planner(STORIES, ("en", "fr"))
    first = planner.decide(("fr", "en"), frozenset({10}))
    assert planner.decide(("fr", "en"), frozenset({10})) is first
    other = planner.decide(("fr",), frozenset({10, 99}))
    assert first is not None and other is not None
    assert first.variant.key == other.variant.key == "fr:3.2,4.1"


def test_the_words_around_are_in_a_language_of_the_bulletin() -> None:
    planner = plan.Planner(STORIES, ("en", "fr"))
    languages = {
        wanted: decision.variant.language
        for wanted in [("ar",), ("ar", "fr"), ("fr",), ()]
        if (decision := planner.decide(wanted, frozenset()))
    }
    assert languages == {("ar",): "en", ("ar", "fr"): "fr", ("fr",): "fr", (): "en"}


@given(
    st.lists(st.sampled_from(["en", "fr", "ar"]), unique=True), st.frozensets(st.sampled_from([10, 20, 30]))
)
def test_everything_else_is_told_once(languages: list[str], had: frozenset[int]) -> None:
    items = decide(tuple(languages), had)
    assert [story for story, _, _ in items] == [story for story in STORIES if story not in had]
    for story, release, version in items:
        assert (release, version) in STORIES[story].values()
