"""Slugs: what may be one, and what pressfeed makes of headlines and topics by itself."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pressfeed.domain import LONGEST_SLUG, is_slug
from pressfeed.publish.imports import SLUG_LENGTH, slug_of
from pressfeed.site.topics import topic_slug

WORDS = st.sampled_from(["the", "river", "наводнение", "洪水", "فيضان", "l’été", "1,200", "–"])
NAMES = st.text(max_size=400) | st.lists(WORDS, max_size=80).map(" ".join)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("a", True), ("a-1", True), ("a" * LONGEST_SLUG, True), ("a" * (LONGEST_SLUG + 1), False),
        ("", False), ("-a", False), ("a-", False), ("a--b", False), ("A", False), ("é", False),
        ("a\n", False),
    ],
)  # fmt: skip
def test_a_slug_is_short_and_plain(text: str, fits: bool) -> None:
    assert is_slug(text) == fits


@given(NAMES)
@example("x" * 400)
@example("水" * 400)
@example("ال" * 200)
def test_whatever_the_words_a_slug_that_is_made_of_them_is_one(words: str) -> None:
    for made, longest in ((slug_of(words), SLUG_LENGTH), (topic_slug(words), 60)):
        assert made == "" or is_slug(made, longest), made


def test_a_headline_is_cut_at_a_word() -> None:
    words = "the river has risen above the third mark " * 8
    made = slug_of(words)
    assert 60 < len(made) <= SLUG_LENGTH and words.startswith(made.replace("-", " ") + " ")


def test_long_topics_that_begin_alike_are_told_apart_and_capitals_make_no_difference() -> None:
    same = "Office for the Protection of Herons and other Wading Birds in the Delta of the "
    names = [same + river for river in ("Gambia", "Senegal")] + ["x" * 300, "x" * 301]
    made = [topic_slug(name) for name in names]
    assert len(set(made)) == len(names)
    assert [topic_slug(name.upper()) for name in names] == made
    assert made[0].startswith("office-for-the-protection-of-herons-and-other")
    assert topic_slug("Early warning") == "early-warning"
