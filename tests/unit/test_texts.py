"""Dates and times as readers of a language write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from pressfeed.domain import PartialDate
from pressfeed.texts import load

MOMENT = dt.datetime(2026, 3, 12, 23, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("language", "date"),
    [
        ("en", "12 March 2026"),
        ("fr", "12 mars 2026"),
        ("es", "12 de marzo de 2026"),
        ("ar", "12 مارس 2026"),
        ("ru", "12 марта 2026\u202fг."),
        ("zh", "2026年3月12日"),
    ],
)
def test_a_date_is_written_as_in_its_language(language: str, date: str) -> None:
    assert load(language).date(MOMENT) == date


def test_english_dates_are_those_of_most_of_the_world() -> None:
    texts = load("en")
    assert texts.date(MOMENT, "full", ZoneInfo("Asia/Dubai")) == "Friday, 13 March 2026"
    assert texts.date(PartialDate(None, 7, 25)) == "25 July"
    assert texts.date(PartialDate(2024, 7)) == "July 2024"
    assert texts.date(PartialDate(2024, 7, 5)) == "5 July 2024"


def test_who_asks_for_american_english_gets_it() -> None:
    assert load("en-us").date(MOMENT) == "March 12, 2026"


def test_names_stay_those_of_plain_english() -> None:
    texts = load("en")
    assert (texts.own_name("en"), texts.language_name("fr"), texts.country_name("GM")) == (
        "English", "French", "Gambia",
    )  # fmt: skip
