"""Datelines in six languages, and what only looks like one."""

from __future__ import annotations

import pytest

from pressfeed.intake import dateline


@pytest.mark.parametrize(
    ("language", "text", "place", "date", "rest"),
    [
        ("fr", "New York – Le Forum s'ouvre.", "New York", "None", "Le Forum s'ouvre."),
        ("fr", "Banjul, 25 juillet Le Réseau a dit.", "Banjul", "--07-25", "Le Réseau a dit."),
        ("en", "GENEVA, 12 March 2024 – The Agency", "GENEVA", "2024-03-12", "The Agency"),
        ("es", "Ginebra, 5 de mayo de 2021 - El río", "Ginebra", "2021-05-05", "El río"),
        ("es", "La Paz, 5 de mayo – El río", "La Paz", "--05-05", "El río"),
        ("es", "Santo Domingo, domingo 5 de mayo – El río", "Santo Domingo", "--05-05", "El río"),
        ("ar", "جنيف، ١٢ مارس 2024 – قالت المنظمة", "جنيف", "2024-03-12", "قالت المنظمة"),
        ("ru", "Женева, 12 марта 2024 г. – Агентство", "Женева", "2024-03-12", "Агентство"),
        ("zh", "日内瓦，2024年3月12日 — 联合国", "日内瓦", "2024-03-12", "联合国"),
        ("fr", "Nairobi/Genève, le 3 juin – Des milliers", "Nairobi/Genève", "--06-03", "Des milliers"),
        ("fr", "Genève, le vendredi 12 mars 2024 : Le", "Genève", "2024-03-12", "Le"),
        ("fr", "Niger - L'Agence a", "Niger", "None", "L'Agence a"),
        ("en", "Geneva/Nairobi — More than", "Geneva/Nairobi", "None", "More than"),
        ("en", "(Geneva, 12 March 2024) – The", "Geneva", "2024-03-12", "The"),
        ("en", "12 March 2024, Geneva – The", "Geneva", "2024-03-12", "The"),
        ("en", "Geneva – 12 March 2024 – The", "Geneva", "2024-03-12", "The"),
        ("en", "Washington, D.C., March 12, 2024 – The", "Washington, D.C.", "2024-03-12", "The"),
        ("en", "PORT-AU-PRINCE, Haiti, 4 June — A", "PORT-AU-PRINCE, Haiti", "--06-04", "A"),
        ("en", "Cox's Bazar, 25 August – A", "Cox's Bazar", "--08-25", "A"),
        ("en", "Kukawa – The", "Kukawa", "None", "The"),
        ("en", "12 March 2024 – The", "", "2024-03-12", "The"),
    ],
)
def test_a_dateline_gives_place_and_date(language: str, text: str, place: str, date: str, rest: str) -> None:
    found = dateline.find(text, language)
    assert found is not None
    assert (found.place, str(found.date), text[found.length :]) == (place, date, rest)
    assert found.separable


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Migration – one of the great issues – is on the rise."),
        ("en", "Sudan – two years on – is tired."),
        ("en", "The report – The first of its kind – is out."),
        ("en", "On 12 March 2024, The Agency opened."),
        ("en", "Today, 12 March, The Agency opened."),
        ("en", "Paris, 12 March marks a new start."),
        ("en", "“We are here – The Agency” is a slogan."),
        ("fr", "COVID-19 – Les pays rouvrent."),
        ("fr", "L’Assemblée – Les membres – a voté."),
        ("fr", "Alors que le pays se stabilise, l'Agence part."),
        ("en", ""),
    ],
)
def test_a_sentence_is_no_dateline(language: str, text: str) -> None:
    assert dateline.find(text, language) is None


def test_a_dateline_that_says_more_than_place_and_date_stays_on_the_body() -> None:
    found = dateline.find("GENEVA (WRA) – The Agency", "en")
    assert found is not None
    assert found.place == "GENEVA"
    assert not found.separable


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Geneva, 12 March 2024", ("Geneva", "2024-03-12")),
        ("Windhoek", ("Windhoek", "None")),
        ("Victims in Mozambique", None),
        ("The rains have come", None),
    ],
)
def test_a_line_that_is_a_dateline_and_nothing_else(line: str, wanted: tuple[str, str] | None) -> None:
    found = dateline.whole(line, "en")
    assert (found and (found[0], str(found[1]))) == wanted
