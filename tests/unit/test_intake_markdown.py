"""Markdown and its front matter."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from pressfeed.domain import Contact, Enclosure
from pressfeed.errors import IntakeError
from pressfeed.intake import read
from pressfeed.intake.fields import KEYS, language_code
from tests.unit.intake_room import SETTING, document, read_one

FULL = """---
headline: "Herons: a summer"
subhead: They moved
lang: pt_BR
published: 2024-07-26T10:00:00+02:00
embargo: 2024-07-27 00:00
place: Windhoek
date: 25 July
regions: [asia, europe]
countries: [na, BR]
contacts:
  - {name: Jane Doe, office: WRA, phone: "+41 22", email: j@wra.example}
  - "John Roe, Spokesperson, roe@wra.example"
footnotes: [One note]
story: herons
id: tag:wra.example,2024:1
slug: a-summer
author: [A. Rey, B. Ray]
tags: birds, rivers
images:
  - https://wra.example/h.jpg
  - {url: https://wra.example/h.pdf, type: application/pdf, length: 12, title: A map}
archive: yes
draft: true
---
Herons.
"""


def test_every_key_reaches_the_reading() -> None:
    reading = read_one(FULL, "a.md")
    content = reading.content
    assert reading.problems == ()
    assert (content.headline, content.subhead, content.language) == (
        "Herons: a summer",
        "They moved",
        "pt-br",
    )
    assert (content.place, str(content.date), content.regions) == ("Windhoek", "--07-25", ("asia", "europe"))
    assert content.countries == ("NA", "BR")
    assert content.contacts == (
        Contact("Jane Doe", "WRA", "+41 22", "j@wra.example"),
        Contact("John Roe", "Spokesperson", "", "roe@wra.example"),
    )
    assert (content.footnotes, content.author, content.topics) == (
        ("One note",),
        "A. Rey, B. Ray",
        ("birds", "rivers"),
    )
    assert content.enclosures == (
        Enclosure("https://wra.example/h.jpg", "image/jpeg"),
        Enclosure("https://wra.example/h.pdf", "application/pdf", 12, "A map"),
    )
    assert (reading.key, reading.story, reading.slug) == ("tag:wra.example,2024:1", "herons", "a-summer")
    assert reading.published_at == dt.datetime(2024, 7, 26, 8, tzinfo=dt.UTC)
    assert reading.embargo_until == dt.datetime(2024, 7, 26, 22, tzinfo=dt.UTC)
    assert (reading.draft, reading.archive) == (True, True)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("colour: blue", "line 2: the key “colour” is not understood"),
        ("headlin: x", "line 2: the key “headlin” is not understood; did you mean “headline”?"),
        ("language: klingon", "line 2: “language” “klingon” is not a language code such as en or pt-br"),
        (
            "published: soon",
            "line 2: “published” “soon” is not a date; write 2024-07-26 or 2024-07-26T10:00:00+02:00",
        ),
        ("regions: [atlantis]", "there is no region “atlantis”"),
        ("slug: Ä b", "line 2: “slug” “ä b” may have only"),
        (f"slug: {'long-' * 60}road", "line 2: “slug” “long-"),
        ("images: [/x.jpg]", "line 2: “images” “/x.jpg” is not an absolute http(s) address; left out"),
        ("contacts: [Jane Doe]", "line 2: “contacts” “Jane Doe” has no e-mail address or telephone number"),
        ("contacts: [{nom: Jane}]", "line 2: “contacts” has a contact with the unknown key “nom”"),
        ("countries: [Peru]", "line 2: “countries” “PERU” is not an ISO 3166-1 code of two letters"),
        ("draft: perhaps", "line 2: “draft” “perhaps” is neither true nor false"),
        ("headline: [a, {b: c}]", "line 2: “headline” is not a text"),
    ],
)
def test_what_is_not_understood_is_reported_with_its_line(line: str, problem: str) -> None:
    reading = read_one(f"---\n{line}\n---\nThe text of this release is short.", "a.md")
    assert any(said.startswith(problem) for said in reading.problems), reading.problems


def test_an_embargo_that_cannot_be_read_keeps_the_release_a_draft() -> None:
    reading = read_one("---\nembargo: when it rains\n---\nText.", "a.md")
    assert reading.draft
    assert reading.embargo_until is None
    assert "stays a draft" in reading.problems[0]


def test_norway_is_a_language_and_numbers_are_texts() -> None:
    reading = read_one("---\nlanguage: no\nheadline: 2024\nstory: 007\n---\nTekst.", "a.md")
    assert (reading.content.language, reading.content.headline, reading.story) == ("no", "2024", "007")


@pytest.mark.parametrize(
    ("matter", "line"),
    [
        ("headline: a: b", 2),
        ("headline: x\n\tlang: en", 3),
        ("x: [1", 2),
        ("- a\n- b", 2),
        ("a: &a [x]\nb: [*a, *a]", 3),
        ("x: " + "[" * 100, 2),
        ("\n".join("  " * depth + "a:" for depth in range(40)), 22),
        ("x: " + "y" * 70_000, 2),
    ],
)
def test_broken_front_matter_is_an_error_with_its_line(matter: str, line: int) -> None:
    with pytest.raises(IntakeError) as caught:
        read(document(f"---\n{matter}\n---\nText.", "a.md"), SETTING)
    assert caught.value.line == line


def test_front_matter_without_an_end_is_an_error() -> None:
    with pytest.raises(IntakeError, match="does not end"):
        read(document("---\nheadline: x\nText.", "a.md"), SETTING)


def test_markup_becomes_semantic_html_and_footnotes_stand_apart() -> None:
    content = read_one(
        "---\nheadline: H\nlanguage: en\n---\n"
        "A **bold** word[^a] and a [link](https://wra.example).\n\n## A part\n\n- one\n- two\n\n"
        "| a | b |\n|--|--|\n| c | d |\n\n[^a]: Said *quietly*,\n    on two lines.\n",
        "a.md",
    ).content
    assert content.body_html == (
        '<p>A <strong>bold</strong> word<sup>[1]</sup> and a <a href="https://wra.example">link</a>.</p>\n'
        "<h2>A part</h2>\n<ul><li>one</li><li>two</li></ul>\n"
        "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>c</td><td>d</td></tr></tbody></table>"
    )
    assert content.body_text == "A bold word[1] and a link.\n\nA part\n\n- one\n- two\n\na | b\nc | d"
    assert content.footnotes == ("[1] Said quietly, on two lines.",)


@pytest.mark.parametrize(
    "body",
    [
        "One paragraph & <no tag>.\n\nAnother,\non two lines.",
        "Costs 5 > 3.",
        "Äpfel – „gut“.\n\n\n\nEnde.",
    ],
)
def test_plain_paragraphs_are_the_same_with_and_without_the_parser(body: str) -> None:
    plain = read_one(f"---\nheadline: H\nlanguage: en\n---\n{body}", "a.md").content
    parsed = read_one(f"---\nheadline: H\nlanguage: en\n---\n{body}\n\n*x*", "a.md").content
    assert parsed.body_text == f"{plain.body_text}\n\nx"


def test_relative_links_go_to_the_pages_own_address() -> None:
    content = read_one(
        "---\nurl: https://wra.example/n/1\nheadline: H\n---\n[x](2) ![i](/i.jpg)", "a.md"
    ).content
    assert 'href="https://wra.example/n/2"' in content.body_html
    assert 'src="https://wra.example/i.jpg"' in content.body_html


def test_the_documented_keys_are_the_ones_that_are_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "intake.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", text, re.MULTILINE)
    documented = {key: tuple(re.findall(r"`(\w+)`", others)) for key, others in rows}
    assert documented == KEYS


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("EN", "en"),
        ("en-GB", "en"),
        ("pt_BR", "pt-br"),
        ("zh-Hans-CN", "zh"),
        ("zh-TW", "zh-tw"),
        ("xx", ""),
        ("", ""),
    ],
)
def test_language_codes(tag: str, code: str) -> None:
    assert language_code(tag) == code
