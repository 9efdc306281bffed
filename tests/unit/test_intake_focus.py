"""Which countries a text names, and which regions it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from pressfeed.intake import focus, names
from pressfeed.intake.focus import Atlas, Texts, decide, subject
from tests.unit.intake_room import REGIONS

ATLAS = Atlas(REGIONS)


def countries(language: str, text: str) -> list[str]:
    return [
        one.target for one in names.country_index(language).find(text) if one.target != names.HEADQUARTERS
    ]


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "From Niger to Nigeria, and not the Niger Delta", ["NE", "NG"]),
        ("en", "Guinea, Guinea-Bissau, Equatorial Guinea, Papua New Guinea", ["GN", "GW", "GQ", "PG"]),
        ("en", "Sudan and South Sudan", ["SD", "SS"]),
        ("en", "the Democratic Republic of the Congo and Congo", ["CD", "CG"]),
        ("en", "Jordan Smith met Michael Jordan in Jordan", ["JO"]),
        ("en", "Chad’s rivers, and Lake Chad, and Chad Brown", ["TD"]),
        ("en", "a turkey and china plates, Turkey and China", ["TR", "CN"]),
        ("en", "New Mexico is not Mexico", ["MX"]),
        ("en", "Syrian refugees", ["SY"]),
        (
            "fr",
            "Guinée, Guinée-Bissau, Guinée équatoriale, Papouasie-Nouvelle-Guinée",
            ["GN", "GW", "GQ", "PG"],
        ),
        ("fr", "l’Equateur, le Pérou, les Etats-Unis et le Royaume des Pays-Bas", ["EC", "PE", "US", "NL"]),
        ("fr", "réfugiés syriens et sierra-léonais", ["SY", "SL"]),
        ("es", "República Dominicana, Sudán del Sur y los venezolanos", ["DO", "SS", "VE"]),
        (
            "ar",
            "في غامبيا ومالي وللصومال والنيجر ونيجيريا وجنوب السودان",
            ["GM", "ML", "SO", "NE", "NG", "SS"],
        ),
        ("ru", "В Нигерии и в Нигере, из Гамбии, в Южном Судане, с Россией", ["NG", "NE", "GM", "SS", "RU"]),
        ("zh", "尼日尔和尼日利亚、几内亚比绍、赤道几内亚、冈比亚", ["NE", "NG", "GW", "GQ", "GM"]),
    ],
)
def test_countries_are_told_apart(language: str, text: str, wanted: list[str]) -> None:
    assert countries(language, text) == wanted


def about(
    language: str = "en",
    *,
    place: str = "",
    headline: str = "",
    lead: str = "",
    rest: str = "",
    footnotes: str = "",
) -> tuple[str, ...]:
    return subject(Texts(place, headline, "", lead, rest, footnotes), language, ATLAS).regions


def test_the_dateline_decides_over_donors_named_in_passing() -> None:
    text = "The work was paid for by the United States and the Kingdom of the Netherlands."
    assert about(place="Banjul", lead="The network met in The Gambia.", rest=text) == ("west-africa",)


def test_a_list_of_one_regions_countries_decides_for_it() -> None:
    text = "Argentina, Bolivia, Brazil, Chile, Colombia, Peru and Uruguay met; the next meeting is in Mexico."
    assert about(rest=text) == ("south-america",)


@pytest.mark.parametrize("place", ["New York", "Genève", "Женева"])
def test_a_dateline_at_the_seat_of_the_united_nations_says_nothing(place: str) -> None:
    assert about(place=place, lead="The Forum opens today.") == ("world",)


def test_a_dateline_in_geneva_with_a_focus_elsewhere_belongs_there() -> None:
    assert about(place="Geneva", headline="Floods in Mozambique", lead="Rain fell.") == ("southern-africa",)


def test_countries_of_every_region_in_passing_make_a_story_of_the_root() -> None:
    assert about(rest="Peru, Kenya, Niger, Laos, Italy, Haiti, Jordan and Namibia took part.") == ("world",)


def test_two_regions_in_the_headline_get_the_story_both() -> None:
    assert about(headline="Senegal and Peru sign") == ("south-america", "west-africa")


def test_a_subregion_stands_for_the_region_above_it_if_it_has_most_of_the_story() -> None:
    assert about(headline="Ecuador counts its condors") == ("andes",)
    assert about(rest="In Quito, Quito, Quito, Peru, Peru and Peru.") == ("south-america",)


def test_names_of_regions_and_places_count_like_countries() -> None:
    assert about("fr", headline="Afrique de l'Ouest et du Centre : les pluies") == ("west-africa",)
    assert about(lead="Fishermen on Lake Victoria celebrate.") == ("east-africa",)


def test_footnotes_weigh_nothing_but_their_countries_are_named() -> None:
    found = subject(Texts("", "", "", "Nothing.", "", "Peru, Peru, Chile, Chile."), "en", ATLAS)
    assert found.regions == ("world",)
    assert found.countries == ("PE", "CL")


def test_countries_stand_in_the_order_in_which_they_are_named() -> None:
    found = subject(Texts("Windhoek", "Peru", "", "Chile and Peru.", "", ""), "en", ATLAS)
    assert found.countries == ("NA", "PE", "CL")


@pytest.mark.parametrize(
    ("points", "wanted"),
    [
        ({}, ("world",)),
        ({"asia": 2}, ("world",)),
        ({"asia": 3}, ("asia",)),
        ({"asia": 6, "europe": 2}, ("asia",)),
        ({"asia": 6, "europe": 4}, ("asia", "europe")),
        ({"asia": 4, "europe": 4, "andes": 4, "west-africa": 4}, ("world",)),
    ],
)
def test_the_decider(points: dict[str, int], wanted: tuple[str, ...]) -> None:
    assert decide(points, REGIONS, ("world",)) == wanted


def test_the_rule_is_documented_as_it_is_written_in_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs" / "intake.md").read_text("utf-8")
    rule = (focus.__doc__ or "").split("\n\n", 1)[1]
    assert " ".join(rule.split()) in " ".join(text.split())
