"""The language of a body."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pressfeed.intake.language import detect
from tests.unit.intake_room import SETTING, read_one

NEWSROOM = ("en", "fr", "es", "ar")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The Government of Colombia and the Agency today launched a new map.", "en"),
        ("El Gobierno de Colombia y la Agencia lanzaron hoy un mapa nuevo.", "es"),
        ("L'Agence aide les pêcheurs du fleuve à lire le niveau de l'eau.", "fr"),
        ("حكومة البلاد تعلن اليوم عن تدابير جديدة لدعم الصيادين", "ar"),
        ("Правительство сегодня объявило о новых мерах поддержки рыбаков", "ru"),
        ("政府今天宣布新的移民支持措施，联合国表示欢迎。", "zh"),
        ("Der Rat der Europäischen Union hat heute beschlossen, die Mittel zu erhöhen.", "de"),
        ("O governo do Brasil anunciou hoje novas medidas para os pescadores.", "pt"),
        ("Український уряд сьогодні оголосив про нові заходи підтримки", "uk"),
        ("2000 2001 2002", ""),
        ("Hm.", ""),
    ],
)
def test_languages_are_told_also_those_the_newsroom_does_not_write(text: str, language: str) -> None:
    assert detect(text, NEWSROOM) == language


def test_the_menu_does_not_decide_the_language() -> None:
    menu = (
        "-\nQui sommes-nous\nQui sommes-nousL'Agence mesure les"
        " fleuves.\nStructure\nStructure\n- Données et recherche\n"
    )
    text = (
        "Herons move upstream for the summer\nThe herons of the"
        " Kunene have moved, and nobody knows why they did so."
    )
    assert read_one(menu + text).content.language == "en"


def test_a_page_whose_frame_is_wrong_about_its_language_is_reported() -> None:
    text = "<p>L'Agence aide les pêcheurs du fleuve à lire le niveau de l'eau, et leur apprend à le dire.</p>"
    reading = read_one(
        f'<html lang="en"><body><h1>Le fleuve et ses pêcheurs</h1>{text}</body></html>', "a.html"
    )
    assert reading.content.language == "fr"
    assert reading.problems == ("its frame says “en”, but the text is in “fr”",)


def test_the_frame_decides_where_the_body_is_too_short_to_tell() -> None:
    assert (
        read_one('<html lang="fr-CH"><body><h1>Oui</h1><p>Non.</p></body></html>', "a.html").content.language
        == "fr"
    )


def test_a_language_that_the_body_or_the_frame_tells_is_the_newsrooms_own_kind_of_it() -> None:
    setting = replace(SETTING, languages=("en", "pt-br"))
    text = "<h1>O rio</h1><p>O governo do Brasil anunciou hoje novas medidas para os pescadores.</p>"
    for frame in ("", ' lang="pt"', ' lang="pt-BR"'):
        reading = read_one(f"<html{frame}><body>{text}</body></html>", "a.html", setting=setting)
        assert (reading.content.language, reading.problems) == ("pt-br", ())
