"""What differs between two versions: every difference is told, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pressfeed import changes
from pressfeed.changes import Change, Mark
from pressfeed.domain import Contact, PartialDate
from tests.unit import factories

OLD = factories.content("en")


def test_equal_versions_differ_in_nothing() -> None:
    assert changes.changes(OLD, OLD) == () == changes.fields(OLD, OLD)


def test_each_field_is_told_with_what_it_was() -> None:
    new = replace(OLD, headline="Other", date=PartialDate(2026, 3, 12), contacts=(Contact("Ana Paz"),))
    assert changes.fields(OLD, new) == ("headline", "date", "contacts")
    assert changes.changes(OLD, new) == (
        Change("headline", OLD.headline, "Other"),
        Change("date", "2026-03-11", "2026-03-12"),
        Change(
            "contacts",
            "Isatou Ceesay, Press officer, Banjul, +220 439 21 07, iceesay@press.example",
            "Ana Paz",
        ),
    )


def test_paragraphs_that_stay_are_not_told() -> None:
    first, second, third = OLD.body_text.split("\n\n")
    new = replace(OLD, body_text=f"{first}\n\nNew between.\n\n{second.replace('Kudang', 'Basse')}")
    assert changes.changes(OLD, new) == (
        Change("text", second, "New between."),
        Change("text", third, second.replace("Kudang", "Basse")),
    )
    assert changes.changes(OLD, replace(OLD, body_text=f"{first}\n\n{second}")) == (
        Change("text", third, ""),
    )


def test_markup_alone_is_a_change_of_its_own() -> None:
    assert changes.fields(OLD, replace(OLD, body_html=f"<h2>x</h2>{OLD.body_html}")) == ("markup",)


def test_words_are_marked_one_by_one_also_in_scripts_without_spaces() -> None:
    assert list(changes.words("six metres high", "nine metres high")) == [
        (Mark.REMOVED, "six"),
        (Mark.ADDED, "nine"),
        (Mark.SAME, " metres high"),
    ]
    assert list(changes.words("河水上涨六米", "河水上涨九米")) == [
        (Mark.SAME, "河水上涨"),
        (Mark.REMOVED, "六"),
        (Mark.ADDED, "九"),
        (Mark.SAME, "米"),
    ]


@given(st.text(), st.text())
def test_marked_words_give_back_both_texts(before: str, after: str) -> None:
    found = list(changes.words(before, after))
    assert "".join(text for mark, text in found if mark is not Mark.ADDED) == before
    assert "".join(text for mark, text in found if mark is not Mark.REMOVED) == after
