"""How often a bulletin comes, in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from pressfeed import texts
from pressfeed.domain import Bulletin, Kind
from pressfeed.schedule.words import frequency

NOW = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
DAILY = Bulletin("global", "daily", ("30 7 * * mon-fri",), ZoneInfo("Africa/Dakar"), ("en",))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Monday to Friday at 7:30 am, Dakar time"),
        ("fr", "du lundi au vendredi à 07:30 (heure locale, Dakar)"),
        ("es", "de lunes a viernes, a las 7:30 (hora local, Dakar)"),
        ("ar", "من الاثنين إلى الجمعة في الساعة 7:30 ص بتوقيت داكار"),
        ("ru", "по будням в 07:30 (местное время, Дакар)"),
        ("zh", "周一至周五 07:30（达喀尔时间）"),
    ],
)
def test_a_daily_bulletin_in_six_languages(language: str, words: str) -> None:
    assert frequency(DAILY, texts.load(language), NOW).replace("\u202f", " ") == words


@pytest.mark.parametrize(
    ("crons", "words"),
    [
        (("0 9 * * *",), "every day at 9:00 am"),
        (("0 9,16 * * mon,thu",), "on Mondays and on Thursdays at 9:00 am and 4:00 pm"),
        (("30 8 * * sun-thu",), "Sunday to Thursday at 8:30 am"),
        (("0 9 * * mon-fri", "0 11 * * sat"), "Monday to Friday at 9:00 am and on Saturdays at 11:00 am"),
        (("0 9 * * fri", "0 17 * * fri"), "on Fridays at 9:00 am and 5:00 pm"),
    ],
)
def test_lines_of_a_weekly_rhythm_are_told(crons: tuple[str, ...], words: str) -> None:
    bulletin = replace(DAILY, crons=crons)
    assert frequency(bulletin, texts.load("en"), NOW).replace("\u202f", " ") == f"{words}, Dakar time"


@pytest.mark.parametrize("cron", ["0 9 1 * *", "*/10 * * * *", "0 9 * jan *", "0 9 1st mon * *"])
def test_other_rhythms_tell_when_the_next_one_comes(cron: str) -> None:
    assert "next on" in frequency(replace(DAILY, crons=(cron,)), texts.load("en"), NOW)


def test_alerts_and_bulletins_without_a_time_ahead() -> None:
    alert = replace(DAILY, crons=(), kind=Kind.ALERT)
    assert frequency(alert, texts.load("en"), NOW) == "as soon as something is published"
    assert frequency(replace(DAILY, crons=("0 9 29 feb *",)), texts.load("en"), NOW) == "on special days"


def test_universal_time_and_zones_under_an_old_name() -> None:
    assert frequency(replace(DAILY, zone=ZoneInfo("UTC")), texts.load("en"), NOW).endswith(" UTC")
    zone = ZoneInfo("America/Argentina/Buenos_Aires")
    assert "(hora local, Buenos Aires)" in frequency(replace(DAILY, zone=zone), texts.load("es"), NOW)
