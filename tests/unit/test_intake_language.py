"""The language of a body."""

from __future__ import annotations

import pytest
from intake_room import read_one

from pressfeed.intake.language import detect

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
