"""schedules/*.toml → regions and bulletins, or an error with file, line and remedy; the shipped division."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pressfeed import resources
from pressfeed.domain import UN_LANGUAGES, Regions
from pressfeed.errors import ConfigError
from pressfeed.schedule import load_regions
from pressfeed.schedule.regions import countries

LANGUAGES = ("en", "fr", "es", "ar")

ROOT = 'name = "World"\ntime_zone = "UTC"\n'

OFFICE = """\
parent = "global"
time_zone = "Africa/Dakar"
languages = ["fr", "en"]
countries = ["SN", "ML"]
places = ["Dakar", "Sahel"]
name = { en = "West Africa", fr = "Afrique de l’Ouest", zh = "西非" }

[[bulletins]]
name = "daily"
cron = "30 7 * * mon-fri"
languages = ["fr"]
title = "Nouvelles"
subject = { fr = "{bulletin} : {headline}", en = "{count} releases" }
maximum = 10
minimum = 2

[[bulletins]]
name = "weekly"
cron = ["0 14 * * fri", "0 9 last wed * *"]
"""


def load(folder: Path, **regions: str) -> Regions:
    for slug, text in regions.items():
        (folder / f"{slug.replace('_', '-')}.toml").write_text(text, "utf-8")
    return load_regions(folder, LANGUAGES)


def complaint(folder: Path, **regions: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, **regions)
    assert caught.value.remedy
    return caught.value


def test_a_region_with_all_its_keys(tmp_path: Path) -> None:
    regions = load(tmp_path, west_africa=OFFICE, **{"global": ROOT})
    assert [region.slug for region in regions.all] == ["global", "west-africa"]
    assert regions.ancestors("west-africa") == ("west-africa", "global")
    office = regions.get("west-africa")
    assert office is not None
    assert (office.name("fr"), office.name("ar")) == ("Afrique de l’Ouest", "West Africa")
    assert (office.countries, office.places) == (("SN", "ML"), ("Dakar", "Sahel"))
    assert office.zone == ZoneInfo("Africa/Dakar")
    assert office.languages == ("fr", "en")

    daily, weekly = office.bulletins
    assert daily.key == "west-africa/daily"
    assert daily.crons == ("30 7 * * mon-fri",)
    assert daily.zone == ZoneInfo("Africa/Dakar")
    assert daily.languages == ("fr",)
    assert dict(daily.titles) == {"fr": "Nouvelles"}
    assert dict(daily.subjects) == {"fr": "{bulletin} : {headline}", "en": "{count} releases"}
    assert (daily.maximum, daily.minimum) == (10, 2)
    assert weekly.crons == ("0 14 * * fri", "0 9 last wed * *")
    assert weekly.languages == ("fr", "en")
    assert (weekly.maximum, weekly.minimum) == (20, 1)


def test_a_region_has_the_languages_of_the_newsroom_unless_it_says_otherwise(tmp_path: Path) -> None:
    root = load(tmp_path, **{"global": ROOT}).all[0]
    assert root.languages == LANGUAGES
    assert dict(root.names) == dict.fromkeys(LANGUAGES, "World")


def test_other_files_are_not_regions(tmp_path: Path) -> None:
    for name in (".global.toml", "notes.txt", "office.toml~"):
        (tmp_path / name).write_text("not = [", "utf-8")
    assert len(load(tmp_path, **{"global": ROOT}).all) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "remedy"),
    [
        ('parent = "global"', 'parent = "globl"', 1, "no region “globl”", "Did you mean global?"),
        (
            'parent = "global"',
            'parent = "west-africa"',
            1,
            "in a circle",
            "no parent",
        ),
        ('parent = "global"', 'parnet = "global"', 1, "unknown key parnet", "Did you mean parent?"),
        (
            "Africa/Dakar",
            "Africa/Daker",
            2,
            '"Africa/Daker" is not a time zone',
            'Did you mean "Africa/Dakar"?',
        ),
        ('time_zone = "Africa/Dakar"\n', "", 1, "time_zone is missing", "time_zone ="),
        ('"fr", "en"]', '"fr", "ru"]', 3, '"ru" is not among en, fr, es, ar', "pressfeed.toml"),
        ('"fr", "en"]', '"fr", "english"]', 3, '"english" is not a language code', "en"),
        ('"SN", "ML"', '"SN", "ml"', 4, '"ml" is not an ISO 3166-1 country code', 'Write "ML"'),
        ('"SN", "ML"', '"SN", "EU"', 4, '"EU" is not an ISO', "SN"),
        ('"SN", "ML"', '"SN", "SN"', 4, '"SN" stands twice', "Remove"),
        ('"Dakar", "Sahel"', "7", 5, "places: a text is expected", "quotes"),
        ('en = "West Africa"', "en = []", 6, "name: en: a text is expected", "quotes"),
        (
            'name = "daily"',
            'name = "weekly"',
            18,
            "west-africa/weekly is defined twice",
            "Rename",
        ),
        ('name = "daily"', 'name = "Daily News"', 9, '"Daily News" cannot be a name', "hyphens"),
        ('name = "daily"\n', "", 8, "name is missing in [bulletins]", "daily"),
        ("mon-fri", "1-5", 10, "digits, which mean different days", 'Write "mon-fri"'),
        ("30 7 * *", "30 7 30 feb", 10, "can never come true", "Choose"),
        ('"30 7 * * mon-fri"', "[]", 10, "a list is expected", ""),
        ('cron = "30 7 * * mon-fri"\n', "", 8, "cron is missing", "30 7 * * mon-fri"),
        ('"0 9 last wed * *"', '"0 9 last mittwoch * *"', 19, "fields", ""),
        ('languages = ["fr"]', 'languages = ["ar"]', 11, '"ar" is not among fr, en', "Remove it here"),
        ("{headline}", "{headlin}", 13, "unknown place {headlin}", "{headline}"),
        ("{headline}", "{headline", 13, "subject: fr:", "{{"),
        ("maximum = 10", "max = 10", 14, "unknown key max in [bulletins]", "Did you mean maximum?"),
        ("maximum = 10", "maximum = 0", 14, "0 is not a whole number", ""),
        ("minimum = 2", "minimum = 11", 15, "11 is more than the maximum, 10", "raise the maximum"),
        ('[[bulletins]]\nname = "daily"', '[bulletins]\nname = "daily"', 17, "not TOML", ""),
    ],
)
def test_a_complaint_names_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, message: str, remedy: str
) -> None:
    assert old in OFFICE
    error = complaint(tmp_path, west_africa=OFFICE.replace(old, new, 1), **{"global": ROOT})
    assert message in error.message
    assert remedy in error.remedy
    assert (error.file, error.line) == (tmp_path / "west-africa.toml", line)


def test_a_circle_of_parents_is_shown(tmp_path: Path) -> None:
    regions = {
        "a": f'parent = "b"\n{ROOT}',
        "b": f'{ROOT}parent = "c"\n',
        "c": f'parent = "b"\n{ROOT}',
        "global": ROOT,
    }
    error = complaint(tmp_path, **regions)
    assert "b → c → b" in error.message
    assert (error.file, error.line) == (tmp_path / "b.toml", 3)


def test_a_file_name_must_be_a_slug(tmp_path: Path) -> None:
    (tmp_path / "West Africa.toml").write_text(ROOT, "utf-8")
    error = complaint(tmp_path)
    assert "“West Africa” cannot be a region" in error.message
    assert "west-africa.toml" in error.remedy


def test_a_file_name_cannot_be_a_longer_slug_than_others(tmp_path: Path) -> None:
    (tmp_path / f"{'a' * 101}.toml").write_text(ROOT, "utf-8")
    assert "at most 100 characters" in complaint(tmp_path).remedy
    (tmp_path / f"{'a' * 101}.toml").rename(tmp_path / f"{'a' * 100}.toml")
    assert len(load_regions(tmp_path, LANGUAGES).all) == 1


def test_a_newsroom_without_regions_is_told_so(tmp_path: Path) -> None:
    assert "there is no region" in complaint(tmp_path).message
    with pytest.raises(ConfigError, match="there is no region"):
        load_regions(tmp_path / "absent", LANGUAGES)


# ----------------------------------------------------------------------------------- the shipped division

UNINHABITED = {"AQ", "BV", "GS", "HM", "IO", "TF", "UM"}
NOT_ISO_3166_1 = {"AC", "CP", "CQ", "DG", "EA", "IC", "TA"}  # reserved codes, parts of other countries


@pytest.fixture(scope="module")
def shipped() -> Regions:
    return load_regions(resources.folder("schedules"), LANGUAGES)


def test_every_country_has_one_office(shipped: Regions) -> None:
    offices = Counter(code for region in shipped.all for code in region.countries)
    assert {code: count for code, count in offices.items() if count > 1} == {}
    assert set(offices) == countries() - UNINHABITED - NOT_ISO_3166_1
    assert len(offices) == 249 - len(UNINHABITED) + 1  # ISO 3166-1 has 249 codes; XK is added


def test_no_place_points_to_two_offices(shipped: Regions) -> None:
    offices = Counter(place.casefold() for region in shipped.all for place in region.places)
    assert {place: count for place, count in offices.items() if count > 1} == {}


def test_the_shipped_regions_form_one_tree(shipped: Regions) -> None:
    assert [region.slug for region in shipped.roots] == ["global"]
    assert {region.slug for region in shipped.all} == {
        "global",
        "west-central-africa",
        "east-horn-africa",
        "southern-africa",
        "middle-east-north-africa",
        "south-america",
        "central-north-america-caribbean",
        "asia-pacific",
        "europe-central-asia",
    }
    for region in shipped.all:
        assert set(region.names) == set(UN_LANGUAGES)
        assert len(set(region.names.values())) == len(UN_LANGUAGES)
        assert shipped.ancestors(region.slug)[-1] == "global"


def test_every_shipped_region_has_a_daily_bulletin(shipped: Regions) -> None:
    for region in shipped.all:
        daily = shipped.bulletin(f"{region.slug}/daily")
        assert daily is not None
        assert set(daily.titles) == set(UN_LANGUAGES)
        assert daily.languages == LANGUAGES
    assert shipped.bulletin("global/weekly") is not None


@pytest.mark.parametrize("languages", [("en",), ("fr", "ar"), UN_LANGUAGES])
def test_the_shipped_regions_suit_any_languages(languages: tuple[str, ...]) -> None:
    regions = load_regions(resources.folder("schedules"), languages)
    assert {region.languages for region in regions.all} == {languages}


def test_a_region_may_end_and_say_who_follows(tmp_path: Path) -> None:
    ending = OFFICE.replace("languages =", 'ended = 2026-06-30\nsuccessor = "sahel"\nlanguages =', 1)
    regions = load(tmp_path, west_africa=ending, sahel=OFFICE, **{"global": ROOT})
    office = regions.get("west-africa")
    assert office is not None
    assert (str(office.ended), office.successor) == ("2026-06-30", "sahel")
    assert office.ended_at == dt.datetime(2026, 6, 30, tzinfo=dt.UTC)


def test_a_region_that_ends_wrongly_is_refused(tmp_path: Path) -> None:
    error = complaint(tmp_path, west_africa='ended = "soon"\n' + OFFICE, **{"global": ROOT})
    assert (error.line, error.remedy) == (1, "Write ended = 2026-06-30, without quotes")
    for name in ("west-africa", "sahle"):
        error = complaint(tmp_path, west_africa=f'successor = "{name}"\n' + OFFICE, **{"global": ROOT})
        assert "there is no other region" in str(error)
