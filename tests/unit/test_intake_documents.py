"""Every document of tests/data/intake becomes what expected.toml says, alone and in company."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from pressfeed.errors import IntakeError
from pressfeed.intake import Memory, Reading, learn, read, sanitise
from tests.unit.intake_room import DATA, SETTING, stored

EXPECTED: dict[str, list[dict[str, Any]]] = tomllib.loads((DATA / "expected.toml").read_text("utf-8"))
READABLE = sorted(name for name, wanted in EXPECTED.items() if "error" not in wanted[0])
MENU_LINES = (
    "Who we are",
    "Structure",
    "Get involved",
    "2030 Agenda",
    "Quiénes somos",
    "Agenda 2030",
    "Notre action",
    "Données et recherche",
    "Skip to main content",
    "Newsroom",
    "Privacy policy",
    "cookies",
    "Síganos",
    "À lire aussi",
    "الرئيسية",
    "Главная",
    "首页",
)


def described(reading: Reading) -> dict[str, Any]:
    """A reading in the words of expected.toml."""
    content = reading.content
    paragraphs = content.body_text.split("\n\n")
    said = {
        "headline": content.headline,
        "subhead": content.subhead,
        "language": content.language,
        "place": content.place,
        "date": str(content.date or ""),
        "published": reading.published_at.isoformat() if reading.published_at else "",
        "regions": list(content.regions),
        "countries": list(content.countries),
        "contacts": [[one.name, one.role, one.phone, one.email] for one in content.contacts],
        "footnotes": list(content.footnotes),
        "author": content.author,
        "topics": list(content.topics),
        "paragraphs": len(paragraphs),
        "first": paragraphs[0][:60],
        "last": paragraphs[-1][-60:],
        "problems": list(reading.problems),
    }
    return {key: value for key, value in said.items() if value or key == "headline"}


def test_every_document_is_expected_to_become_something() -> None:
    assert {path.name for path in DATA.iterdir()} - {"expected.toml"} == set(EXPECTED)


@pytest.mark.parametrize("name", READABLE)
def test_a_document_alone(name: str) -> None:
    assert [described(reading) for reading in read(stored(name), SETTING)] == EXPECTED[name]


@pytest.mark.parametrize("name", READABLE)
def test_a_document_together_with_all_others(name: str, memory: Memory) -> None:
    assert [described(reading) for reading in read(stored(name), SETTING, None, memory)] == EXPECTED[name]


@pytest.fixture(scope="module")
def memory() -> Memory:
    return learn([stored(name) for name in sorted(EXPECTED)])


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - set(READABLE)))
def test_what_cannot_be_read_says_why_and_where(name: str) -> None:
    with pytest.raises(IntakeError) as caught:
        read(stored(name), SETTING)
    wanted = EXPECTED[name][0]
    assert (caught.value.message, caught.value.line) == (wanted["error"], wanted.get("line"))
    assert caught.value.remedy
    assert name in str(caught.value)


@pytest.mark.parametrize("name", READABLE)
def test_no_line_of_a_menu_is_left(name: str) -> None:
    for reading in read(stored(name), SETTING):
        for line in reading.content.body_text.splitlines():
            assert not line.startswith(MENU_LINES)


@pytest.mark.parametrize("name", READABLE)
def test_html_and_text_of_a_body_agree(name: str) -> None:
    for reading in read(stored(name), SETTING):
        content = reading.content
        assert sanitise(content.body_html) == content.body_html
        plain = "".join(letter for letter in content.body_text if letter.isalpha())
        assert _letters(content.body_html) == plain


def _letters(html: str) -> str:
    from lxml.html import fromstring

    return "".join(letter for letter in fromstring(f"<div>{html}</div>").text_content() if letter.isalpha())
