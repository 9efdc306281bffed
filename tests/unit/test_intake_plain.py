"""Plain text: lines joined where they were broken, lists and footnotes kept."""

from __future__ import annotations

import datetime as dt

import pytest

from pressfeed.domain import Need
from pressfeed.intake import Overrides, read
from tests.unit.intake_room import SETTING, document, read_one

WRAPPED = """A short headline for the river
The people who live on this long river met
yesterday at Banjul to talk about what the
water will do next, and about Étienne, the
ferryman who saw it coming.
The second paragraph is short.
Nobody knows whether the third one, with
United Nations in it, will be the last of
them or not.
"""


def test_broken_lines_are_joined_to_paragraphs() -> None:
    content = read_one(WRAPPED).content
    assert content.headline == "A short headline for the river"
    assert [paragraph[:22] for paragraph in content.body_text.split("\n\n")] == [
        "The people who live on",
        "The second paragraph i",
        "Nobody knows whether t",
    ]


def test_paragraphs_of_one_line_stay_apart() -> None:
    lines = [
        "A headline of five whole words",
        "First sentence, short.",
        "Second sentence.",
        "Third: short as well.",
    ]
    assert read_one("\n".join(lines)).content.body_text == "\n\n".join(lines[1:])


def test_lists_stay_lists() -> None:
    content = read_one(
        "A headline of five whole words\nThe Agency asks for three things:\n- water\n- time\n• patience\n"
    ).content
    assert content.body_html == (
        "<p>The Agency asks for three things:</p>\n<ul><li>water</li><li>time</li><li>patience</li></ul>"
    )
    assert content.body_text == "The Agency asks for three things:\n\n- water\n- time\n- patience"


@pytest.mark.parametrize(
    ("reference", "note"),
    [
        ("people*", "*Counted at dawn."),
        ("people [1]", "[1] Counted at dawn."),
        ("people¹", "¹ Counted at dawn."),
    ],
)
def test_footnotes_leave_the_body_with_their_mark(reference: str, note: str) -> None:
    content = read_one(
        f"A headline of five whole words\nNine {reference} were there.\n{note}\nThe end came late."
    ).content
    assert content.footnotes == (note,)
    assert content.body_text == f"Nine {reference} were there.\n\nThe end came late."


def test_a_mark_that_nothing_refers_to_begins_no_footnote() -> None:
    content = read_one(
        "A headline of five whole words\nNine people were there.\n[1] stands in brackets."
    ).content
    assert content.footnotes == ()
    assert "[1] stands in brackets." in content.body_text


@pytest.mark.parametrize("mark", ["***", "###", "- 30 -", "ENDS", "* * *", "-FIN-"])
def test_end_marks_leave_no_trace_at_the_end(mark: str) -> None:
    content = read_one(f"A headline of five whole words\nNine people were there.\n{mark}\n").content
    assert content.body_text == "Nine people were there."


def test_text_after_an_end_mark_is_kept_under_a_rule() -> None:
    content = read_one(
        f"A headline of five whole words\nNine people were there.\n***\nNote: {'they left soon. ' * 9}"
    ).content
    assert "<hr>" in content.body_html
    assert content.body_text.endswith("they left soon.")


def test_what_is_missing_is_needed() -> None:
    assert read_one("They left soon, and nobody knows why.").content.needs() == (Need.HEADLINE,)
    assert read_one("12345 67890").content.needs() == (Need.HEADLINE, Need.LANGUAGE)


def test_what_the_operator_says_wins() -> None:
    when = dt.datetime(2024, 7, 26, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    said = Overrides("de", "Own words", ("asia",), when, when, "Mars", "s-1", True, True)
    reading = read_one(WRAPPED, overrides=said)
    content = reading.content
    assert (content.language, content.headline, content.regions, content.place) == (
        "de",
        "Own words",
        ("asia",),
        "Mars",
    )
    assert reading.published_at == reading.embargo_until == dt.datetime(2024, 7, 26, 10, tzinfo=dt.UTC)
    assert (reading.story, reading.draft, reading.archive) == ("s-1", True, True)


def test_an_override_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        Overrides(published=dt.datetime(2024, 7, 26))  # noqa: DTZ001


def test_a_date_line_that_cannot_be_told_apart_is_reported() -> None:
    reading = read_one(
        "A headline of five whole words\nPublished: 04/05/2024\nThe people who live on this river met here."
    )
    assert reading.published_at is None
    assert "cannot be told apart" in reading.problems[0]


def test_translations_beside_each_other_share_a_story() -> None:
    english = read(document("Words that are the text of it.", "flood.en.txt"), SETTING)[0]
    french = read(document("Des mots qui en sont le texte.", "flood.fr.txt"), SETTING)[0]
    alone = read(document("Words that are the text of it.", "flood.txt"), SETTING)[0]
    assert english.story == french.story == "site/flood"
    assert alone.story is None
    assert french.content.language == "fr"


def test_identity_is_the_documents_own_where_it_has_no_other() -> None:
    assert read_one(WRAPPED, "x.txt").key == "/site/x.txt"
