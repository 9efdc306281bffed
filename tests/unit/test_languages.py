"""Language tags: one spelling, and texts, dates, names and direction for every one that a door lets in."""

from __future__ import annotations

import datetime as dt
import string
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from pressfeed import fields
from pressfeed.domain import PartialDate
from pressfeed.errors import InputError
from pressfeed.intake.fields import language_code
from pressfeed.languages import direction, is_language, lineage, own_name, tag, with_territory
from pressfeed.publish import subscribers
from pressfeed.schedule.words import frequency
from pressfeed.texts import load
from pressfeed.web.forms import preferred
from tests.unit import factories

MOMENT = dt.datetime(2026, 3, 12, 23, 30, tzinfo=dt.UTC)
ZONE = ZoneInfo("Africa/Dakar")
TAGS = (
    "pt-br pt-BR pt_BR zh-tw zh-hant-hk zh-xx tlh ary fil ckb sr-latn sr-Cyrl-ME es-419 en-001 en-us fr-ca",
    "fr-zz mul und zxx iw no ku-arab ca-es-valencia de-ch-1901 sl-rozaj yue hi-latn ar-eg fa-ir he yi dv ur",
)


def check_everything(language: str) -> None:
    """Whatever pages and mails ask about a language has an answer."""
    texts = load(language)
    assert texts.language == language
    for style in ("short", "medium", "long", "full"):
        assert texts.date(MOMENT, style, ZONE)
    for date in ((2024, 7, 5), (2024, 7, None), (None, 7, 5), (None, 7, None)):
        assert texts.date(PartialDate(*date))
    assert texts.month_name(3)
    assert texts.time(MOMENT, ZONE)
    assert texts.moment(MOMENT, ZONE)
    assert texts.zoned(MOMENT, ZoneInfo("Africa/Kampala"))
    assert texts.own_name(language)
    assert texts.language_name(language)
    assert texts.language_name("en")
    assert load("fr").language_name(language)
    assert texts.country_name("SN")
    assert texts.direction in ("ltr", "rtl")
    assert with_territory(language).startswith(lineage(language)[0])
    for count in (0, 1, 2, 5, 1_000_000):
        assert texts("mail.count", count=count)
    assert frequency(factories.bulletin(), texts, MOMENT)


@pytest.mark.parametrize("language", " ".join(TAGS).split())
def test_every_language_that_is_let_in_can_be_written_in(language: str) -> None:
    code = subscribers.language(language)
    assert code == fields.language(language) == tag(code) == code.lower()
    check_everything(code)
    check_everything(language_code(language))


def test_every_language_that_has_a_name_can_be_written_in() -> None:
    for code in Locale("en").languages:
        if language_code(code):
            check_everything(language_code(code))


@given(st.text(string.ascii_letters + string.digits + "-_ ü.@!", max_size=40))
@example("pt-br")
@example("Frensh!!")
@example("en.utf-8")
@example("a" * 50)
def test_what_a_door_takes_for_a_language_is_one_and_can_be_written_in(text: str) -> None:
    for code in {tag(text), language_code(text)} - {""}:
        assert tag(code) == code
        assert is_language(lineage(code)[0])
        assert own_name(code)
        assert load(code).date(MOMENT)
        assert direction(code) in ("ltr", "rtl")


@pytest.mark.parametrize(
    "text",
    ["", "f", "xx", "Frensh!!", "english", "fr-", "-fr", "fr--ca", "en.utf-8", "en@euro", "fr-u-ca-buddhist",
     "x-klingon", "en fr", "a" * 50, "fr-" + "a" * 50, "fr" + "-valencia" * 5, "İt"],
)  # fmt: skip
def test_what_is_no_tag_is_refused_at_every_door(text: str) -> None:
    assert tag(text) == ""
    with pytest.raises(fields.Invalid, match="is not a language code"):
        fields.language(text)
    with pytest.raises(InputError, match="is not a language code"):
        subscribers.language(text)


def test_settings_take_tags_in_any_case_and_each_once() -> None:
    titles = fields.per_language(("pt-br",))
    assert titles({"pt-BR": "Diário"}) == {"pt-br": "Diário"}
    with pytest.raises(fields.Invalid, match="stands twice"):
        titles({"pt-BR": "Diário", "pt-br": "Diário"})
    with pytest.raises(fields.Invalid, match="stands twice"):
        fields.many(fields.language)(["fr", "FR"])


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("fr", "français"),
        ("ar", "العربية"),
        ("pt-br", "português (Brasil)"),
        ("es-419", "español (Latinoamérica)"),
        ("sr-latn", "srpski (latinica)"),
        ("zh-tw", "中文 (繁體, 台灣)"),
        ("zh-xx", "中文 (zh-xx)"),
        ("ca-es-valencia", "català (ca-es-valencia)"),
        ("tlh", "tlh"),
        ("und", "und"),
    ],
)
def test_a_language_calls_itself_by_its_name_or_by_its_tag(language: str, name: str) -> None:
    assert own_name(language) == name


def test_others_name_also_languages_that_write_no_dates() -> None:
    assert load("en").language_name("tlh") == "Klingon"
    assert load("fr").language_name("pt-br") == "portugais (Brésil)"
    assert load("fr").language_name("fr-zz") == "français (fr-zz)"


@pytest.mark.parametrize(
    ("way", "languages"),
    [
        (
            "rtl",
            "ar ar-eg ary fa fa-ir he iw ckb ur ur-pk ps yi dv sd ug syr az-arab pa-pk ff-adlm ku-arab",
        ),
        ("ltr", "en fr-ca zh-hant-hk sr-latn ku az pa ks-deva ar-latn uz tlh und mul"),
    ],
)
def test_the_direction_is_that_of_the_script(way: str, languages: str) -> None:
    assert {code: direction(code) for code in languages.split()} == dict.fromkeys(languages.split(), way)


def test_a_regional_language_has_the_words_of_the_one_that_it_narrows(tmp_path: Path) -> None:
    key = "mail.preferences"
    assert load("fr-ca")(key) == load("fr")(key) != load("en")(key)
    assert load("zh-hant-hk")(key) == load("zh")(key)
    assert load("pt-br")(key) == load("en")(key)
    for code in ("pt", "pt-br"):
        (tmp_path / "texts" / code).mkdir(parents=True)
    (tmp_path / "texts" / "pt" / "mail.toml").write_text('preferences = "P"\nunsubscribe = "U"\n', "utf-8")
    (tmp_path / "texts" / "pt-br" / "mail.toml").write_text('unsubscribe = "B"\n', "utf-8")
    texts = load("pt-br", [tmp_path])
    assert (texts(key), texts("mail.unsubscribe")) == ("P", "B")


def test_a_language_without_dates_of_its_own_has_those_of_the_next_one() -> None:
    assert load("tlh").date(MOMENT) == load("und").date(MOMENT) == load("en").date(MOMENT) == "12 March 2026"
    assert load("zh-xx").date(MOMENT) == load("zh").date(MOMENT)
    assert load("fr-zz").date(MOMENT) == load("fr").date(MOMENT)
    assert load("pt-br").date(MOMENT) == "12 de março de 2026"


@pytest.mark.parametrize(
    ("accepts", "language"),
    [
        ("pt-BR,pt;q=0.8", "pt-br"),
        ("pt", "pt-br"),
        ("pt-PT", "pt-br"),
        ("fr-CA, en", "fr"),
        ("zh-Hant-HK", "zh-hant"),
        ("zh-CN", "zh-hant"),
        ("tlh", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_a_visitor_gets_the_nearest_language(accepts: str, language: str) -> None:
    request = Request({"type": "http", "headers": [(b"accept-language", accepts.encode())]})
    assert preferred(request, ("en", "fr", "pt-br", "zh-hant")) == language


def test_a_release_has_the_regional_language_that_its_newsroom_writes() -> None:
    spoken = ("en", "fr-ca", "zh-hant", "pt")
    written = {"fr_CA": "fr-ca", "fr-ch": "fr", "fr": "fr", "zh-Hant-HK": "zh-hant", "pt-BR": "pt-br"}
    assert {text: language_code(text, spoken) for text in written} == written


def test_english_words_are_counted_in_english() -> None:
    assert load("pt-br")("mail.count", count=0) == "0 press releases"  # Portuguese would say "0 release"
    assert load("ja")("mail.count", count=1) == "1 press release"
