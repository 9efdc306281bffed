"""Dates as people write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from pressfeed.intake import dates

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("26 July 2024", "2024-07-26"),
        ("Friday, July 26, 2024", "2024-07-26"),
        ("March 12th, 2024", "2024-03-12"),
        ("Sept. 5, 2024", "2024-09-05"),
        ("le 3 juin", "--06-03"),
        ("1er août 2023", "2023-08-01"),
        ("5 de mayo de 2021", "2021-05-05"),
        ("1º de enero de 2024", "2024-01-01"),
        ("١٢ مارس ٢٠٢٤", "2024-03-12"),
        ("26 تموز/يوليو 2024", "2024-07-26"),
        ("3 كانون الثاني 2024", "2024-01-03"),
        ("12 марта 2024 г.", "2024-03-12"),
        ("2024年3月12日", "2024-03-12"),
        ("3月12日", "--03-12"),
        ("26/07/2024", "2024-07-26"),
        ("07/26/2024", "2024-07-26"),
        ("12.03.2024", "2024-03-12"),
        ("2024-07-26", "2024-07-26"),
    ],
)
def test_a_line_that_is_a_date(text: str, wanted: str) -> None:
    found = dates.whole(text)
    assert found is not None
    assert str(found[0]) == wanted


@pytest.mark.parametrize(
    "text", ["40 May 2020", "31 February 2024", "May 2020", "the 5th of nothing", "2024", ""]
)
def test_what_is_no_date(text: str) -> None:
    assert dates.whole(text) is None


def test_day_and_month_that_cannot_be_told_apart_are_not_read_in_english() -> None:
    assert dates.whole("04/05/2024", "en") is None
    french = dates.whole("04/05/2024", "fr")
    assert french is not None
    assert str(french[0]) == "2024-05-04"


def test_a_time_beside_the_date_is_read_with_its_zone() -> None:
    found = dates.whole("26 July 2024 - 14:30 GMT")
    assert found is not None
    assert found[1:] == (dt.time(14, 30), True)


def test_a_date_inside_a_sentence_is_found_where_it_stands() -> None:
    text = "Since 12 March 2024 and until May 3 they wait."
    assert [text[one.start : one.end] for one in dates.find(text)] == ["12 March 2024", "May 3"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2024-07-26", "2024-07-25T22:00:00+00:00"),
        ("2024-07-26T10:00:00Z", "2024-07-26T10:00:00+00:00"),
        ("2024-01-26 10:00", "2024-01-26T09:00:00+00:00"),
        ("Fri, 26 Jul 2024 10:00:00 +0300", "2024-07-26T07:00:00+00:00"),
        ("26 juillet 2024", "2024-07-25T22:00:00+00:00"),
    ],
)
def test_moments_are_utc_and_read_in_the_newsrooms_zone(text: str, wanted: str) -> None:
    found = dates.moment(text, ZURICH)
    assert found is not None
    assert found.isoformat() == wanted


@pytest.mark.parametrize("text", ["soon", "0001-01-01T00:00:00+14:00", "9999-12-31", "26 July"])
def test_what_is_no_moment(text: str) -> None:
    assert dates.moment(text, ZURICH) is None
