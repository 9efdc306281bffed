"""Menus and footers go, the text stays: alone, in company, and whatever was imported before."""

from __future__ import annotations

import json

import pytest

from pressfeed.intake import Memory, learn, read
from tests.unit.intake_room import SETTING, document, read_one

PARAGRAPH = (
    "The river rose by four metres in a single night, and"
    " the warning reached every village on its banks in time"
    " for people to leave with what they could carry."
)
SECOND = "Nobody was hurt, the Agency said, and the water is falling again at eleven of the twelve gauges."
# Nothing about these lines says menu, but that other pages show them too.
UNMARKED = (
    "The Agency for readers of every age\nRivers and lakes"
    " that we look after\nHow to reach the people you need"
)


def release(headline: str, *, menu: str = UNMARKED, tail: str = "") -> str:
    return (
        f"{menu}\n{headline}\nWindhoek –"
        f" {PARAGRAPH.replace('night', headline[:9] + ' night')}\n{SECOND}\n{tail}"
    )


def test_lines_that_documents_of_one_source_share_are_its_menu() -> None:
    texts = [release("Herons move upstream at last"), release("Dam opens its gates for frogs")]
    memory = learn(document(text, f"{number}.txt") for number, text in enumerate(texts))
    for number, headline in enumerate(("Herons move upstream at last", "Dam opens its gates for frogs")):
        content = read(document(texts[number], f"{number}.txt"), SETTING, None, memory)[0].content
        assert content.headline == headline
        assert "Rivers and lakes" not in content.body_text


def test_another_sources_menu_does_not_count() -> None:
    texts = [release("Herons move upstream at last"), release("Dam opens its gates for frogs")]
    memory = learn(document(text, f"{number}.txt", "elsewhere") for number, text in enumerate(texts))
    content = read(document(texts[0], "0.txt"), SETTING, None, memory)[0].content
    assert content.headline == "The Agency for readers of every age"


def test_what_earlier_imports_showed_is_remembered_as_plain_data() -> None:
    first = learn([document(release("Herons move upstream at last"), "1.txt")])
    kept = Memory.from_json(json.loads(json.dumps(first.to_json())))
    second = learn([document(release("Dam opens its gates for frogs"), "2.txt")], kept)
    assert read_one(release("Dam opens its gates for frogs"), memory=second).content.headline.startswith(
        "Dam"
    )


def test_a_corrected_copy_does_not_turn_its_own_headline_into_a_menu_line() -> None:
    memory = learn(
        [
            document(release("Herons move upstream at last"), "draft.txt"),
            document(
                release("Herons move upstream at last") + "One more sentence at the end of it.", "final.txt"
            ),
        ]
    )
    assert read_one(release("Herons move upstream at last", menu=""), memory=memory).content.headline == (
        "Herons move upstream at last"
    )


def test_a_series_may_share_its_headline() -> None:
    texts = [
        "Weekly report on the river and its gauges\nWindhoek,"
        f" {day} July 2024 – {PARAGRAPH.replace('four', number)}\n"
        f"{SECOND.replace('eleven', number)} Those were the"
        f" {number} facts of the week, and there were no others.\n"
        for day, number in ((5, "five"), (12, "six"), (19, "seven"))
    ]
    memory = learn(document(text, f"{number}.txt") for number, text in enumerate(texts))
    content = read_one(texts[0], memory=memory).content
    assert content.headline == "Weekly report on the river and its gauges"
    assert content.place == "Windhoek"


def test_press_officers_under_many_releases_are_no_footer() -> None:
    tail = "For more information, please contact:\nJane Doe\njane@wra.example\nThe Agency in Windhoek\n"
    texts = [
        release("Herons move upstream at last", tail=tail),
        release("Dam opens its gates for frogs", tail=tail),
    ]
    memory = learn(document(text, f"{number}.txt") for number, text in enumerate(texts))
    reading = read_one(texts[0], memory=memory)
    assert [one.name for one in reading.content.contacts] == ["Jane Doe"]


def test_a_document_is_counted_once_however_often_it_is_imported() -> None:
    memory = Memory()
    for _ in range(5):
        learn([document(release("Herons move upstream at last"))], memory)
    assert memory.shared("site") == frozenset()


def test_the_memory_stays_small_and_follows_a_new_menu() -> None:
    memory = Memory()
    for number in range(300):
        menu = UNMARKED if number < 150 else UNMARKED.replace("The", "Our").replace("Rivers", "Streams")
        body = "\n".join(
            f"Sentence {number} of {line}, as long as a sentence of a real release has to be."
            for line in range(9)
        )
        memory.add("site", f"{menu}\n{body}".splitlines())
    shared = memory.shared("site")
    assert len(shared) == 3
    assert len(json.dumps(memory.to_json())) < 120_000


@pytest.mark.parametrize("data", [None, {}, {"a": 1}, {"a": {"documents": 1, "lines": []}}, {"a": {}}])
def test_a_broken_memory_counts_as_empty(data: object) -> None:
    assert Memory.from_json(data).shared("a") == frozenset()  # type: ignore[arg-type]


MARKED = (
    "-\nAbout us\nAbout usThe Agency measures rivers.\nStructure\nStructure\n- Director General\n- Data\n"
)


@pytest.mark.parametrize(
    "menu",
    [
        MARKED,
        "Home\nNews\nAbout us\nContact\n",
        "Skip to main content\nHome > News > Press releases\n",
        "Menu\nSearch\n",
        "Who We Are\nWHO WE AREThe Agency measures rivers for all.\n",
        "-\nAbout usThe Agency measures rivers for the benefit of everybody who lives on one of them.\n"
        "Structure\nStructure\n- Director General\n- Data\n- Careers\n",
        "We use cookies to improve your experience on this"
        " site. By continuing you accept them.\nAccept\nDecline\n",
    ],
)
def test_a_menu_goes_by_its_marks_alone(menu: str) -> None:
    content = read_one(f"{menu}Herons move upstream\nWindhoek – {PARAGRAPH}\n{SECOND}").content
    assert content.headline == "Herons move upstream"
    assert content.body_text == f"{PARAGRAPH}\n\n{SECOND}"


@pytest.mark.parametrize(
    "footer",
    [
        "Share\nPrint\nTweet",
        "Related news\nDam opens its gates for frogs\nHow to greet a heron",
        "© 2024 World Rivers Agency. All rights reserved.\nPrivacy policy\nTerms of use",
        "Follow us\nFacebook | Twitter | YouTube",
        "This website uses cookies to improve your experience.\nAccept",
        "Noticias relacionadas\nUna garza cambia de orilla",
        "À lire aussi\nUn héron change de rive",
    ],
)
def test_a_footer_goes(footer: str) -> None:
    content = read_one(f"Herons move upstream at last\nWindhoek – {PARAGRAPH}\n{SECOND}\n{footer}").content
    assert content.body_text == f"{PARAGRAPH}\n\n{SECOND}"


def test_what_may_be_a_footer_but_reads_like_text_stays_and_is_reported() -> None:
    text = (
        f"Herons move upstream at last\nWindhoek – {PARAGRAPH}\nRelated content\n{SECOND}\n© 2024 The Agency"
    )
    reading = read_one(text)
    assert SECOND in reading.content.body_text
    assert any("footer" in problem for problem in reading.problems)


def test_the_headline_is_found_above_share_buttons() -> None:
    content = read_one(
        f"{MARKED}Sudan – two years on: gauges fall silent\nShare\nPrint\n{PARAGRAPH}\n{SECOND}"
    ).content
    assert content.headline == "Sudan – two years on: gauges fall silent"


def test_a_headline_that_the_page_repeats_is_the_headline() -> None:
    headline = "Herons move upstream for the summer"
    content = read_one(f"{MARKED}{headline}\n{headline}\n{PARAGRAPH}\n{SECOND}").content
    assert content.headline == headline
    assert content.body_text.startswith(PARAGRAPH)


def test_a_text_that_starts_at_once_has_no_headline() -> None:
    content = read_one(f"{MARKED}{PARAGRAPH}\n{SECOND}").content
    assert content.headline == ""
    assert content.body_text == f"{PARAGRAPH}\n\n{SECOND}"


def test_a_line_that_may_be_menu_or_headline_is_kept_as_text_and_reported() -> None:
    reading = read_one(f"{MARKED}Rivers of Africa\n{PARAGRAPH}\n{SECOND}")
    assert reading.content.headline == ""
    assert reading.content.body_text.startswith("Rivers of Africa")
    assert any("Rivers of Africa" in problem for problem in reading.problems)


def test_a_chronicle_keeps_every_year_with_its_entry() -> None:
    reading = read_one(f"{MARKED}-\n1931\n{PARAGRAPH}\n-\n1954-1956\n{SECOND}")
    assert (reading.content.headline, reading.content.place, reading.content.date) == ("", "", None)
    assert reading.content.body_text == f"1931\n\n{PARAGRAPH}\n\n1954-1956\n\n{SECOND}"
    assert "<h3>1931</h3>" in reading.content.body_html


def test_a_release_about_cookies_is_no_notice_about_cookies() -> None:
    text = (
        "Parliament bans cookies without consent\nBrussels –"
        f" Most firms use cookies; few ask. {PARAGRAPH}\n{SECOND}"
    )
    assert read_one(text).content.body_text.startswith("Most firms use cookies")
