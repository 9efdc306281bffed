"""Any bytes at all: an IntakeError, or readings whose text is sound. Never another exception."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pressfeed.errors import IntakeError
from pressfeed.intake import Memory, Reading, learn, read, sanitise
from pressfeed.intake.memory import HEAD
from pressfeed.intake.sanitise import clean
from pressfeed.intake.text import one_line, tidy
from tests.unit.intake_room import SETTING, document

XML_LEGAL = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*\\Z")
NAMES = ("a.txt", "-", "a.html", "a.md", "a.json", "a.xml", "a.rss", "a")
PIECES = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<a href='/x'>",
            "<a href=javascript:x>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
            "<ul><li>",
            "</ul>",
        ),
        *(
            "<h1>",
            "</h1>",
            "<svg>",
            "<math>",
            "<style>",
            "<script>",
            "<br>",
            "<b>",
            "<i>",
            "</b>",
            "<img src=x>",
            "<!--",
        ),
        *(
            "<pre>\n",
            "<blockquote>",
            "<body>",
            "<head>",
            "<meta charset=utf-16>",
            "<base href=x:y>",
            "<figure>",
            "<dl>",
        ),
        *(
            "\n",
            "\n\n",
            "- ",
            "-\n",
            "* ",
            "***\n",
            "---\n",
            "# ",
            "> ",
            "| a | b |\n",
            "|--|--|\n",
            "[^1]",
            "[^1]: x\n",
        ),
        *(
            "Geneva – ",
            "Banjul, 25 juillet ",
            "GENEVA, 12 March 2024 – ",
            "Niger - ",
            "26/07/2024",
            "2024年3月12日",
            "40 May",
        ),
        *(
            "Contact: ",
            "Jane Doe, ",
            "a@b.example",
            "+41 22 555 01 00",
            '"mailto:a@b.example">',
            "Tel: ",
            "Pour plus ",
        ),
        *(
            "headline: x\n",
            "contacts: [",
            "&a ",
            "*a",
            "{",
            "}",
            '{"headline": "x", ',
            '"body_text": "y"}',
            "[",
            "]",
        ),
        *(
            "<rss><channel><item>",
            "<title>",
            "</title>",
            "<description>",
            "<!DOCTYPE x [",
            "<?xml version='1.0'?>",
        ),
        *(
            "Home\n",
            "Structure\nStructure\n",
            "Share\n",
            "© 2024\n",
            "cookies we use\n",
            "2004\n",
            "Jordan ",
            "Чад ",
        ),
        *(
            "e\u0301",
            "\u202e",
            "\x00",
            "\ud800",
            "\ufffe",
            "\x85",
            "\u2028",
            "é",
            "ﷺ",
            "尼日尔",
            "وللنيجر",
            "🏔",
            "\ufeff",
        ),
    ]
)
DOCUMENTS = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES | st.text(max_size=12), max_size=60).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
)
slow_is_fine = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])


def texts_of(reading: Reading) -> list[str]:
    content = reading.content
    return [
        reading.key,
        content.headline,
        content.subhead,
        content.place,
        content.author,
        content.body_html,
        content.body_text,
        *content.footnotes,
        *content.topics,
        *reading.problems,
        *(text for one in content.contacts for text in (one.name, one.role, one.phone, one.email)),
        *(text for one in content.enclosures for text in (one.url, one.type, one.title)),
    ]


@slow_is_fine
@given(DOCUMENTS, st.sampled_from(NAMES))
@example(b'{"headline": "\\ud800 \\u0000", "body_text": "\\udfff"}', "a.json")
@example(b"<p>" * 300 + b"x", "a.html")
@example(b"\xff\xfe\x00\xd8", "a.txt")
def test_any_document_is_an_error_or_sound(data: bytes, name: str) -> None:
    memory = learn([document(data, name)])
    try:
        readings = read(document(data, name), SETTING, None, memory)
    except IntakeError as error:
        assert error.remedy
        return
    for reading in readings:
        for text in texts_of(reading):
            assert unicodedata.is_normalized("NFC", text)
            assert XML_LEGAL.match(text)
        content = reading.content
        assert clean(content.body_html) == content.body_html
        assert "\n" not in content.headline
        assert "\n\n\n" not in content.body_text
        assert content.regions
        assert reading.published_at is None or reading.published_at.utcoffset() is not None


@slow_is_fine
@given(st.lists(PIECES | st.text(max_size=12), max_size=60).map("".join))
def test_sanitising_twice_changes_nothing(html: str) -> None:
    once = sanitise(html, "https://wra.example/")
    assert clean(once) == once
    assert sanitise(once) == once
    assert "javascript:" not in once
    assert "<script" not in once


WORDS = st.text("abcdefghij", min_size=2, max_size=9)
SENTENCES = st.lists(WORDS, min_size=12, max_size=40).map(lambda words: " ".join(words).capitalize() + ".")


@settings(max_examples=200)
@given(st.lists(SENTENCES, min_size=1, max_size=12), st.integers(0, 6))
def test_no_word_of_a_plain_text_is_lost(paragraphs: list[str], menu: int) -> None:
    """Under a menu of any length, every paragraph arrives whole and in order."""
    lines = [line for number in range(menu) for line in (f"Entry{number}", f"Entry{number}", "-")]
    (reading,) = read(document("\n".join([*lines, *paragraphs])), SETTING)
    assert reading.content.body_text.split() == " ".join(paragraphs).split()


@settings(max_examples=200)
@given(st.lists(SENTENCES, min_size=2, max_size=6), st.integers(45, 90))
def test_broken_lines_are_put_together_again(paragraphs: list[str], width: int) -> None:
    """No word is lost, doubled or glued to its neighbour, wherever the lines were broken."""
    import textwrap

    broken = "\n".join(textwrap.fill(paragraph, width) for paragraph in paragraphs)
    (reading,) = read(document(broken), SETTING)
    said = f"{reading.content.headline} {reading.content.subhead} {reading.content.body_text}"
    assert said.split() == " ".join(paragraphs).split()


@given(st.text())
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert one_line(one_line(text)) == one_line(text)


@settings(max_examples=50)
@given(st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=HEAD), max_size=8))
def test_a_memory_survives_being_stored(documents: list[list[str]]) -> None:
    memory = Memory()
    for lines in documents:
        memory.add("s", lines)
    stored = Memory.from_json(memory.to_json())
    assert stored.shared("s") == memory.shared("s")
    assert stored.to_json() == memory.to_json()


@pytest.mark.parametrize(
    "data",
    [
        b"<div>" * 200_000,
        b"[" * 200_000,
        b"- " * 50_000,
        b"*a " * 100_000,
        b"a@" * 100_000,
        b"+41 " * 100_000,
        b"1 " * 100_000,
        b"cookies " * 50_000,
        b"<a href=x>" * 20_000,
        b"Geneva, 12 March 2024 " * 20_000,
        b"Contact: Jane Doe, j@x.example, +41 79 000 00 00\n" * 2_000,
        b"[1] x[1]\n" * 20_000,
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.md"])
def test_repetition_does_not_take_for_ever(data: bytes, name: str) -> None:
    """Every pattern is linear: pytest's own time limit would end a test that explodes."""
    try:
        readings = read(document(data, name), SETTING)
    except IntakeError:
        readings = []
    assert len(readings) <= 1
