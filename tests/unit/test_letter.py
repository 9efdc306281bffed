"""Mails to one person about their subscription."""

from __future__ import annotations

from pathlib import Path

import pytest

from pressfeed import texts
from pressfeed.digest import LetterContents, LetterRenderer, Newsroom
from pressfeed.errors import ConfigError

ROOM = Newsroom(name="River Watch", url="https://press.example.org/", address="1 Quay\nGeneva")
LETTER = LetterContents(
    subject="Confirm",
    title="Nearly there",
    paragraphs=("Press the button, <you>.",),
    choices=(("Daily news", "every day"),),
    button="Confirm",
    url="https://press.example.org/confirm/abc",
    after=("Otherwise do nothing.",),
)


def test_a_letter_says_the_same_in_html_and_text() -> None:
    letter = LetterRenderer().render(LETTER, ROOM, texts.load("en", ()))
    assert letter.subject == "Confirm"
    assert "Press the button, &lt;you&gt;." in letter.html
    assert 'href="https://press.example.org/confirm/abc"' in letter.html
    for said in ("Press the button, <you>.", "Daily news", "https://press.example.org/confirm/abc", "Geneva"):
        assert said in letter.text


@pytest.mark.parametrize(
    "source", ["{{ nothing_of_the_kind }}", "{% endfor %}", '{{ t("web.no_such_text") }}']
)
def test_a_broken_letter_is_an_error_of_the_newsroom(tmp_path: Path, source: str) -> None:
    file = tmp_path / "email" / "letter.html"
    file.parent.mkdir()
    file.write_text(source, "utf-8")
    with pytest.raises(ConfigError) as caught:
        LetterRenderer((tmp_path,)).render(LETTER, ROOM, texts.load("en", ()))
    if "no_such_text" not in source:  # a missing text is named instead
        assert str(caught.value).startswith(f"{file}:1: ")
