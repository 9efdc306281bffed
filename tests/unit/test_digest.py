from __future__ import annotations

import datetime as dt
import html as htmllib
import re
import tomllib
import unicodedata
from dataclasses import fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from pressfeed import resources, texts
from pressfeed.digest import (
    HTML_LIMIT,
    Contents,
    Logo,
    Newsroom,
    Renderer,
    Story,
    check_subject,
    prose,
    subject,
    view,
)
from pressfeed.domain import Contact, PartialDate, Release, Status
from pressfeed.errors import ConfigError
from pressfeed.message import HOLES, PREFERENCES_HOLE, UNSUBSCRIBE_HOLE
from tests.unit import factories

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def contents(*releases: Release, language: str = "en", **values: object) -> Contents:
    stories = tuple(Story(release, f"https://news.example/releases/{release.slug}/") for release in releases)
    base = Contents(
        newsroom=Newsroom("River Commission", "https://news.example/"),
        bulletin=factories.bulletin(),
        regions=factories.regions(),
        slot="2026-03-12T06:30",
        language=language,
        stories=stories
        or (Story(factories.release(language=language), "https://news.example/releases/one/"),),
        online_url=f"https://news.example/global/{language}/",
    )
    return replace(base, **values)  # type: ignore[arg-type]


def many(count: int, language: str = "en", **values: object) -> list[Release]:
    return [
        factories.release(number, language, headline=f"Release number {number} of the day", **values)
        for number in range(1, count + 1)
    ]


def tree(html: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html)


def unwrapped(text: str) -> str:
    return " ".join(text.split())


# ------------------------------------------------------------------------------------------------- whole


@pytest.mark.parametrize("language", LANGUAGES)
def test_same_contents_give_the_same_bytes_from_any_renderer(renderer: Renderer, language: str) -> None:
    what = contents(*many(4, language), language=language)
    assert renderer.render(what) == Renderer().render(what)


@pytest.mark.parametrize("language", LANGUAGES)
def test_holes_stand_in_links_and_in_the_text(renderer: Renderer, language: str) -> None:
    digest = renderer.render(contents(language=language))
    hrefs = tree(digest.html).xpath("//a/@href")
    assert (
        hrefs.count(UNSUBSCRIBE_HOLE) == digest.html.count(UNSUBSCRIBE_HOLE) == 2
    )  # at the top and at the foot
    assert hrefs.count(PREFERENCES_HOLE) == digest.html.count(PREFERENCES_HOLE) == 1
    for hole in HOLES:
        assert [line for line in digest.text.splitlines() if hole in line] == [hole]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_syntax_and_nothing_to_fetch_is_left(renderer: Renderer, language: str) -> None:
    digest = renderer.render(contents(*many(5, language), language=language, more=2))
    for part in (digest.subject, digest.preheader, digest.text):
        assert not re.search(r"[{}]|<[a-z/]", part)
    assert "{{" not in digest.html
    assert "{%" not in digest.html
    assert not re.search(r"@font-face|@import|<link|<script|<img|url\(|data-premailer", digest.html)


def test_the_document_is_complete_after_inlining(renderer: Renderer) -> None:
    digest = renderer.render(contents(*many(4)))
    assert digest.html.startswith('<!DOCTYPE html>\n<html lang="en" dir="ltr">')
    page = tree(digest.html)
    assert len(page.xpath("//h1")) == 1
    assert len(page.xpath("//h2")) == 4
    assert set(page.xpath("//table/@role")) == {"presentation"}
    assert len(page.xpath("//table")) == len(page.xpath("//table[@role]"))
    assert page.xpath("//table[@width='100%' and @lang='en' and @dir='ltr']")
    assert page.xpath("//*[@role='banner'] | //*[@role='main'] | //*[@role='contentinfo']")
    assert page.xpath("//div[@class='preheader']/@style") == ["display:none"]
    style = page.xpath("//style")[0].text
    assert "@media (prefers-color-scheme: dark)" in style
    assert "@media only screen and (max-width: 480px)" in style
    assert style.count("!important") > 20
    assert "[data-ogsc]" in style


def test_previews_show_the_links_of_one_person(renderer: Renderer) -> None:
    digest = renderer.render(contents()).linked("https://news.example/u?a=1&b=2", "https://news.example/p")
    assert not any(hole in digest.html + digest.text for hole in HOLES)
    assert "https://news.example/u?a=1&b=2" in tree(digest.html).xpath("//a/@href")
    assert "https://news.example/u?a=1&b=2\n" in digest.text


@pytest.mark.parametrize("language", ["pt-br", "zh-tw", "fr-ca", "tlh", "ary", "ckb", "und", "ar-eg"])
def test_a_digest_can_be_in_any_language_and_tell_stories_in_any(renderer: Renderer, language: str) -> None:
    story = replace(factories.release(), content=replace(factories.content(), language=language))
    for digest in (
        renderer.render(contents(story, language=language)),
        renderer.render(contents(story, language="fr")),
    ):
        assert f'lang="{language}"' in digest.html
        assert story.content.headline in htmllib.unescape(digest.html)
        assert digest.text
    spoken = language.partition("-")[0] in LANGUAGES
    assert renderer.render(contents(story, language=language)).language == (language if spoken else "en")


def test_an_edition_without_stories_is_no_digest() -> None:
    with pytest.raises(ValueError, match="without stories"):
        contents(stories=())
    with pytest.raises(ValueError, match="unknown region"):
        contents(bulletin=factories.bulletin("atlantis"))


# ----------------------------------------------------------------------------------------------- content


@pytest.mark.parametrize("language", sorted(factories.TEXTS))
def test_both_parts_say_everything_about_a_story(renderer: Renderer, language: str) -> None:
    release = factories.release(3, language)
    what = contents(release, language=language)
    digest = renderer.render(what)
    shown = unwrapped(tree(digest.html).xpath("string(//div[@role='main'])"))
    spoken = unwrapped(digest.text)
    contact = release.content.contacts[0]
    lead = release.content.body_text.split("\n\n")[0]
    for words in (
        release.content.headline,
        release.content.subhead,
        release.content.place,
        lead,
        contact.name,
        contact.role,
        contact.phone,
        contact.email,
    ):
        assert unwrapped(words) in shown
        assert unwrapped(words) in spoken
    links = tree(digest.html).xpath("//a/@href")
    assert {what.stories[0].url, "tel:+2204392107", "mailto:iceesay@press.example"} <= set(links)
    assert f"\n{what.stories[0].url}\n" in digest.text


def test_the_masthead_says_who_what_and_when(renderer: Renderer) -> None:
    what = contents(*many(2), bulletin=factories.bulletin(titles={"en": "The river, daily"}))
    head = unwrapped(tree(renderer.render(what).html).xpath("string(//div[@role='banner'])"))
    assert "River Commission The river, daily Thursday, 12 March 2026 · 2 press releases" in head


def test_the_footer_says_why_and_who(renderer: Renderer) -> None:
    newsroom = Newsroom(
        "River Commission",
        "https://news.example/",
        about="We measure.\n\nWe warn.",
        address="12 Quay Street\nBanjul",
        contact="press@news.example",
    )
    digest = renderer.render(contents(newsroom=newsroom))
    foot = unwrapped(tree(digest.html).xpath("string(//div[@role='contentinfo'])"))
    for part in (foot, unwrapped(digest.text)):
        assert (
            "You receive “Press releases: World” from River Commission because you subscribed to it." in part
        )
        assert "About River Commission" in part
        assert "We measure. We warn." in part
        assert "12 Quay Street" in part
        assert "press@news.example" in part


def test_a_bare_newsroom_leaves_no_empty_labels(renderer: Renderer) -> None:
    digest = renderer.render(contents())
    assert "About" not in digest.text
    assert "Press office:" not in digest.text


def test_four_stories_have_a_table_of_contents_and_three_do_not(renderer: Renderer) -> None:
    three, four = (renderer.render(contents(*many(count))) for count in (3, 4))
    assert "In this bulletin" not in three.html + three.text
    assert "In this bulletin:\n\n  1. Release number 1 of the day\n" in four.text
    assert (
        tree(four.html).xpath("//td[@class='entry']/a/@href")[3] == "https://news.example/releases/release-4/"
    )


def test_a_story_without_anything_but_a_headline_is_still_a_story(renderer: Renderer) -> None:
    release = factories.release(subhead="", place="", date=None, contacts=(), countries=(), regions=())
    digest = renderer.render(contents(replace(release, published_at=None)))
    assert "Media contact" not in digest.html + digest.text
    assert not tree(digest.html).xpath("normalize-space(//p[@class='meta'])")


def test_the_dateline_falls_back_on_the_publication_date_in_the_bulletins_zone(renderer: Renderer) -> None:
    late = dt.datetime(2026, 3, 11, 23, 30, tzinfo=dt.UTC)
    release = factories.release(date=None, published_at=late)
    assert "Banjul · 11 March 2026 · Gambia" in renderer.render(contents(release)).text
    zoned = factories.bulletin(zone=ZoneInfo("Africa/Nairobi"))
    assert "Banjul · 12 March 2026 · Gambia" in renderer.render(contents(release, bulletin=zoned)).text


def test_a_partial_date_stays_as_the_dateline_has_it(renderer: Renderer) -> None:
    release = factories.release(date=PartialDate(month=7, day=25))
    assert "Banjul · 25 July · Gambia" in renderer.render(contents(release)).text


@pytest.mark.parametrize(
    ("countries", "regions", "place", "area"),
    [
        (("GM", "SN"), (), "Banjul", "Gambia, Senegal"),
        (("GM",), (), "Gambia", ""),
        (
            ("GM", "SN", "ML", "BO"),
            ("west-central-africa", "south-america"),
            "",
            "West and Central Africa, South America",
        ),
        (("GM", "SN", "ML", "BO"), (), "", "Gambia, Senegal, Mali and others"),
        ((), ("south-america",), "", "South America"),
        ((), ("global",), "", ""),  # the bulletin's own region says nothing new
    ],
)
def test_the_area_names_few_countries_or_else_regions(
    countries: tuple[str, ...], regions: tuple[str, ...], place: str, area: str
) -> None:
    release = factories.release(countries=countries, regions=regions, place=place)
    assert view.build(contents(release), texts.load).stories[0].area == area


def test_corrections_are_marked(renderer: Renderer) -> None:
    digest = renderer.render(contents(factories.release(status=Status.CORRECTED)))
    assert tree(digest.html).xpath("string(//span[@class='corrected'])") == "Corrected"
    assert "Corrected · Banjul" in digest.text


def test_notices_come_first(renderer: Renderer) -> None:
    digest = renderer.render(contents(notices=("This is a <test>.",)))
    assert tree(digest.html).xpath("string(//td[@class='notice'])") == "This is a <test>."
    assert digest.text.index("! This is a <test>.") < digest.text.index("Early warnings")


def test_a_logo_has_words(renderer: Renderer) -> None:
    logo = Logo("https://news.example/logo.png", "River Commission", 180, 40)
    image = tree(
        renderer.render(contents(newsroom=Newsroom("River", "https://news.example/", logo=logo))).html
    ).xpath("//img")[0]
    assert (image.get("alt"), image.get("width"), image.get("height")) == ("River Commission", "180", "40")


# --------------------------------------------------------------------------------- languages and scripts


def test_right_to_left_is_said_on_the_page_and_the_table(renderer: Renderer) -> None:
    page = tree(renderer.render(contents(*many(4, "ar"), language="ar")).html)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert page.xpath("//body/table[@lang='ar' and @dir='rtl']")
    assert page.xpath("//td[@class='rtl']")  # the contacts' rule stands on the right
    assert set(page.xpath("//td[@class='entry']/@align")) == {"right"}
    assert set(page.xpath("//p[@class='person']/a/bdi/@dir")) == {"ltr"}


def test_a_story_in_another_language_is_marked_and_keeps_its_own(renderer: Renderer) -> None:
    digest = renderer.render(contents(factories.release(1, "ar"), factories.release(2, "en"), language="ar"))
    arabic, english = tree(digest.html).xpath("//td[starts-with(@class, 'story')]")
    assert (arabic.get("lang"), arabic.get("dir")) == ("ar", "rtl")
    assert (english.get("lang"), english.get("dir")) == ("en", "ltr")
    assert not arabic.xpath(".//span[@class='tag']")
    (tag,) = english.xpath(".//span[@class='tag']")
    assert (tag.get("lang"), tag.get("dir"), tag.text) == ("ar", "rtl", "باللغة الإنجليزية")
    assert english.xpath("string(.//p[@class='read'])") == "Read the full release"
    assert "باللغة الإنجليزية · Banjul · 11 March 2026 · Gambia" in digest.text


def test_a_language_without_texts_borrows_the_interfaces_and_says_so(renderer: Renderer) -> None:
    release = factories.release(1, "pt", headline="Alerta chega a 40 mil famílias")
    digest = renderer.render(contents(release, language="ar"))
    story = tree(digest.html).xpath("//td[starts-with(@class, 'story')]")[0]
    assert (story.get("lang"), story.get("dir")) == ("pt", "ltr")
    assert story.xpath(".//p[@class='read']/a[@lang='ar' and @dir='rtl']")
    alone = renderer.render(contents(release, language="pt"))
    assert alone.language == "en"
    assert "In Portuguese" in alone.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_of_the_language_is_written(language: str) -> None:
    table = tomllib.loads(
        (resources.folder("templates") / "texts" / language / "mail.toml").read_text("utf-8")
    )
    english = tomllib.loads((resources.folder("templates") / "texts" / "en" / "mail.toml").read_text("utf-8"))
    assert table.keys() == english.keys()
    # French and Spanish have "many" for millions, which no bulletin counts.
    needed = set(Locale.parse(language).plural_form.tags) - ({"many"} if language in {"fr", "es"} else set())
    for key, value in table.items():
        if isinstance(value, dict):
            assert value.keys() == needed | {"other"}, key


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("en", {1: "And 1 more release online", 2: "And 2 more releases online"}),
        ("fr", {1: "Et 1 autre communiqué en ligne", 5: "Et 5 autres communiqués en ligne"}),
        (
            "ru",
            {
                1: "И ещё 1 пресс-релиз на сайте",
                3: "И ещё 3 пресс-релиза на сайте",
                5: "И ещё 5 пресс-релизов на сайте",
            },
        ),
        (
            "ar",
            {
                1: "وبيان صحفي آخر على الموقع",
                2: "وبيانان صحفيان آخران على الموقع",
                3: "و3 بيانات صحفية أخرى على الموقع",
                11: "و11 بيانًا صحفيًا آخر على الموقع",
                100: "و100 بيان صحفي آخر على الموقع",
            },
        ),
        ("zh", {1: "网上另有 1 篇新闻稿"}),
    ],
)
def test_what_is_left_out_is_counted_in_the_readers_grammar(
    renderer: Renderer, language: str, counts: dict[int, str]
) -> None:
    for count, words in counts.items():
        digest = renderer.render(contents(language=language, more=count))
        assert tree(digest.html).xpath("string(//td[@class='more'])").replace("\u00a0", " ") == words
        assert words in digest.text.replace("\u00a0", " ")


def test_french_punctuation_has_its_spaces() -> None:
    source = (resources.folder("templates") / "texts" / "fr" / "mail.toml").read_text("utf-8")
    values = re.sub(r"^#.*$", "", source, flags=re.MULTILINE)
    assert not re.search(r"[ ][:;!?»]|«[ ]|\w[:;!?»]|«\w", values)
    assert "'" not in values


# ---------------------------------------------------------------------------------------------- hostility


def test_hostile_words_are_words(renderer: Renderer) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=y> {{ 7*7 }} {% raw %} &amp; \u202egnp\x00'
    contact = Contact(evil, evil, evil, 'x"onclick="y@evil.example')
    release = factories.release(
        headline=evil, subhead=evil, place=evil, contacts=(contact,), paragraphs=(evil,)
    )
    digest = renderer.render(contents(release))
    page = tree(digest.html)
    assert not page.xpath("//script | //img | //@onerror | //@onclick")
    words = '<script>alert(1)</script>"><img src=x onerror=y> {{ 7*7 }} {% raw %} &amp; gnp'
    assert page.xpath("string(//h2)") == words
    assert words in unwrapped(digest.text)
    for part in (digest.subject, digest.html, digest.text):
        assert not re.search("[\u202e\x00]", part)
    assert not page.xpath("//a[starts-with(@href, 'mailto:')]")


def test_a_hole_in_a_text_is_no_hole(renderer: Renderer) -> None:
    plain = renderer.render(contents())
    trap = f"Win %{UNSUBSCRIBE_HOLE}% and {PREFERENCES_HOLE}"
    digest = renderer.render(
        contents(
            factories.release(headline=trap, subhead=trap, paragraphs=(trap,), contacts=(Contact(trap),))
        )
    )
    for hole in HOLES:
        assert digest.html.count(hole) == plain.html.count(hole)
        assert digest.text.count(hole) == plain.text.count(hole)
        assert hole not in digest.subject + digest.preheader


def test_only_web_pages_are_linked() -> None:
    story = Story(factories.release(), "javascript:alert(1)")
    with pytest.raises(ValueError, match="not the address of a page"):
        Renderer().render(contents(stories=(story,)))


@pytest.mark.parametrize(
    ("phone", "url"),
    [
        ("+41 79 636 98 74", "tel:+41796369874"),
        ("+41 (0)79 636 98 74", "tel:+41796369874"),
        ("Tel. +54 1 14 815 51 94", "tel:+541148155194"),
        ("+254\u00a020\u202f422‑1000".replace("‑", "-"), "tel:+254204221000"),
        ("+220 439 2107 ext. 12", "tel:+2204392107;ext=12"),
        ("020 7946 0018", "tel:02079460018"),
        ("+220 439 21 07 / +220 439 21 08", "tel:+2204392107"),
        ("ask the switchboard", ""),
        ("112", ""),
    ],
)
def test_numbers_that_can_be_dialled_are_links(phone: str, url: str) -> None:
    release = factories.release(contacts=(Contact("A", phone=phone),))
    assert view.build(contents(release), texts.load).stories[0].contacts[0].phone_url == url


# --------------------------------------------------------------------------------------------------- size


def test_a_full_bulletin_fits_whole(renderer: Renderer) -> None:
    for language in factories.TEXTS:
        digest = renderer.render(contents(*many(20, language), language=language))
        assert len(digest.html.encode()) <= HTML_LIMIT
        assert digest.shown == 20
        assert len(tree(digest.html).xpath("//p[@class='read']")) == 20


def test_later_stories_are_shortened_first(renderer: Renderer) -> None:
    digest = renderer.render(contents(*many(60)))
    assert 0.9 * HTML_LIMIT < len(digest.html.encode()) <= HTML_LIMIT
    page = tree(digest.html)
    assert digest.shown == len(page.xpath("//h2")) == 60
    stories = page.xpath("//td[starts-with(@class, 'story')]")
    whole = [bool(story.xpath(".//p[@class='text']")) for story in stories]
    assert whole == sorted(whole, reverse=True)
    assert 0 < sum(whole) < 60
    assert "https://news.example/releases/release-60/\n" in digest.text
    assert "more release" not in digest.text


def test_where_headlines_alone_are_too_many_the_rest_is_counted(renderer: Renderer) -> None:
    digest = renderer.render(contents(*many(200), more=7))
    assert 0.9 * HTML_LIMIT < len(digest.html.encode()) <= HTML_LIMIT
    assert 20 < digest.shown < 200
    rest = 200 - digest.shown + 7
    assert tree(digest.html).xpath("string(//td[@class='more'])") == f"And {rest} more releases online"
    assert f"And {rest} more releases online:\nhttps://news.example/global/en/\n" in digest.text
    assert f"Release number {digest.shown} " in digest.text
    assert f"Release number {digest.shown + 1} " not in digest.text


def test_a_release_of_any_size_fits(renderer: Renderer) -> None:
    contacts = tuple(
        Contact(f"Contact {number} " + "ن" * 500, email=f"c{number}@x.example") for number in range(400)
    )
    release = factories.release(
        1,
        "ar",
        headline="ع" * 10_000,
        subhead="ع" * 10_000,
        paragraphs=("كلمة " * 50_000,),
        contacts=contacts,
    )
    digest = renderer.render(contents(release, language="ar"))
    assert len(digest.html.encode()) <= HTML_LIMIT


# --------------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_lines_are_narrow_and_rules_fit(renderer: Renderer, language: str) -> None:
    body = "联合国发布了关于河流的新报告，" * 20 if language == "zh" else None
    release = factories.release(1, language, **({"paragraphs": (body,)} if body else {}))
    text = renderer.render(contents(release, *many(3, language), language=language, more=3)).text
    for line in text.splitlines():
        assert prose.width(line) <= prose.COLUMNS or "https://" in line
        assert line == line.rstrip()
    assert "\n\n\n" not in text
    assert text.endswith("\n")


def test_headlines_are_underlined_to_their_width(renderer: Renderer) -> None:
    text = renderer.render(contents(factories.release(headline="河流水位上升"))).text
    assert "1. 河流水位上升\n===============\n" in text


@given(st.text(max_size=400), st.integers(20, 80))
def test_wrapping_loses_nothing_but_spaces(text: str, columns: int) -> None:
    line = prose.line(text)
    wrapped = prose.wrap(line, "* ", "  ", columns)
    assert wrapped.replace("\n", "").replace(" ", "") == "*" + line.replace(" ", "")
    for part in wrapped.split("\n")[:-1]:
        assert prose.width(part) <= columns or " " not in part[2:].strip()


def test_urls_and_no_break_spaces_never_break() -> None:
    url = "https://news.example/" + "a" * 100
    assert f"\n{url}\n" in prose.wrap(f"see {url} there", columns=20)
    assert "40\u202f000\u00a0km" in prose.wrap("aaaa " * 3 + "40\u202f000\u00a0km" + " bb" * 9, columns=20)


def test_chinese_breaks_anywhere_but_around_punctuation() -> None:
    lines = prose.wrap("水位上升，人们撤离。「我们及时得到了消息」，她说。" * 3, columns=20).split("\n")
    assert len(lines) > 5
    assert not any(line[0] in "，。」" or line[-1] == "「" for line in lines)


@given(st.text(max_size=600), st.integers(10, 300))
def test_cutting_keeps_the_limit_and_the_beginning(text: str, limit: int) -> None:
    line = prose.line(text)
    cut = prose.cut(line, limit)
    assert prose.size(cut) <= limit
    assert line.startswith(cut.removesuffix("…"))
    if prose.size(line) <= limit:
        assert cut == line


def test_a_cut_ends_at_a_sentence_or_a_word() -> None:
    text = "The water came early. Nobody was hurt because everybody knew. Afterwards they went home again."
    assert prose.cut(text, 70) == "The water came early. Nobody was hurt because everybody knew."
    assert prose.cut(text, 40) == "The water came early. Nobody was hurt…"
    assert prose.cut("He met Dr. Ceesay of the river commission in Banjul", 18) == "He met Dr. Ceesay…"
    assert prose.cut("水位上升。" + "人们撤离了" * 10, 20) == "水位上升。人们撤离…"


@pytest.mark.parametrize(
    ("body", "place", "summary"),
    [
        ("Banjul, 11 March – The water rose.", "Banjul", ("The water rose.",)),
        ("BANJUL — The water rose.", "Banjul", ("The water rose.",)),
        ("Banjul - The water rose.", "Banjul", ("The water rose.",)),
        ("Banjul residents – all of them – left.", "Banjul", ("Banjul residents – all of them – left.",)),
        ("Short.\n\nThe second paragraph.", "", ("Short.", "The second paragraph.")),
        ("", "", ()),
    ],
)
def test_a_summary_is_the_lead_without_its_dateline(body: str, place: str, summary: tuple[str, ...]) -> None:
    assert view.summary(body, place) == summary


# ------------------------------------------------------------------------------------------------ subject


def test_the_subject_is_the_lead_and_how_much_follows(renderer: Renderer) -> None:
    assert renderer.render(contents(*many(1))).subject == "Release number 1 of the day"
    assert renderer.render(contents(*many(3))).subject == "Release number 1 of the day – and 2 more"


def test_a_bulletin_may_have_its_own_pattern(renderer: Renderer) -> None:
    pattern = "{newsroom} · {bulletin} · {region} · {date} · {count} · {headline}"
    what = contents(*many(2), bulletin=factories.bulletin(subjects={"en": pattern}))
    assert renderer.render(what).subject == (
        "River Commission · Press releases: World · World · 12 March 2026 · 2 · Release number 1 of the day"
    )


def test_a_long_headline_gives_way_to_what_follows_it(renderer: Renderer) -> None:
    line = renderer.render(contents(factories.release(headline="word " * 60), *many(2))).subject
    assert len(line) <= 150
    assert line.endswith("… – and 2 more")


@pytest.mark.parametrize(
    "pattern", ["{nonsense}", "{", "}", "{headline!r}", "{headline:>9}", "{0}", "{}", "{count.real}", " "]
)
def test_a_pattern_that_cannot_be_filled_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_subject(pattern, file="schedules/global.toml", line=7)
    assert str(caught.value).startswith("schedules/global.toml:7: ")


@given(
    st.text(max_size=300),
    st.text(max_size=300),
    st.sampled_from(
        ["{headline}", "{bulletin}: {headline} ({count})", "{headline} {headline}", "{{{region}}}"]
    ),
)
def test_any_subject_is_one_short_visible_line(headline: str, region: str, pattern: str) -> None:
    values = dict.fromkeys(subject.PLACES, "x") | {"headline": headline, "region": region}
    line = subject.compose(pattern, values)
    assert 0 < len(line) <= subject.LIMIT
    assert unicodedata.is_normalized("NFC", line)
    assert line == line.strip()
    assert not re.search(
        "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", line
    )
    assert "  " not in line
    line.encode()


def test_the_preheader_adds_to_the_subject(renderer: Renderer) -> None:
    digest = renderer.render(contents(*many(3)))
    assert digest.preheader == "Also: Release number 2 of the day · Release number 3 of the day"
    assert renderer.render(contents()).preheader.startswith("Text messages in five languages")
    assert htmllib.escape(digest.preheader) in digest.html


# ---------------------------------------------------------------------------------------------- overrides


def overridden(tmp_path: Path, name: str, source: str) -> Renderer:
    path = tmp_path / "email" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, "utf-8")
    return Renderer([tmp_path])


def test_a_newsroom_may_replace_any_part(tmp_path: Path) -> None:
    palette = (resources.folder("templates") / "email" / "palette.jinja").read_text("utf-8")
    renderer = overridden(tmp_path, "palette.jinja", palette.replace("#0b4a85", "#7a1f1f"))
    html = renderer.render(contents()).html
    assert "#7a1f1f" in html
    assert "#0b4a85" not in html
    own = tmp_path / "texts" / "en" / "mail.toml"
    own.parent.mkdir(parents=True)
    own.write_text('read_release = "All of it"\n', "utf-8")
    assert "All of it:\n" in Renderer([tmp_path]).render(contents()).text


@pytest.mark.parametrize(
    "rule", ['@import url("x.css");', "@IMPORT 'x.css';", "@\\69mport 'x.css';", "@/**/import 'x';"]
)
def test_imports_are_refused_before_anything_is_fetched(tmp_path: Path, rule: str) -> None:
    with pytest.raises(ConfigError, match="@import"):
        overridden(tmp_path, "digest.css", rule).render(contents())


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("one\n{{ nonsense }}", 2),
        ("one\ntwo\n{% if %}", 3),
        ("{{ title.nonsense }}", 1),
        ("{% include 'gone.txt' %}", 0),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, source: str, line: int) -> None:
    renderer = overridden(tmp_path, "story.txt", source)
    with pytest.raises(ConfigError) as caught:
        renderer.render(contents())
    assert caught.value.exit_code == 2
    if line:
        assert str(caught.value).startswith(f"{tmp_path / 'email' / 'story.txt'}:{line}: ")


def test_broken_templates_are_found_without_rendering(tmp_path: Path) -> None:
    Renderer().check()
    with pytest.raises(ConfigError, match=r"footer\.html:1"):
        overridden(tmp_path, "footer.html", "{% endfor %}").check()


@pytest.mark.parametrize("name", ["footer.txt", "footer.html"])
def test_a_template_without_a_way_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="does not offer"):
        overridden(tmp_path, name, "Goodbye").render(contents())


def test_a_style_sheet_that_cannot_be_inlined_is_an_error_of_the_newsroom(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be inlined"):
        overridden(tmp_path, "digest.css", '[title="a,b"] { color: red }').render(contents())


@pytest.mark.parametrize("text", ['count = "{nonsense}"', 'count = "{"'])
def test_a_text_that_cannot_be_filled_is_named_with_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "texts" / "en" / "mail.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        Renderer([tmp_path]).render(contents())
    assert str(caught.value).startswith(f"{path}: ")


# --------------------------------------------------------------------------------------------------- docs


def test_the_docs_name_every_file_value_and_place() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
    named = set(re.findall(r"[\w./{}]+", " ".join(re.findall(r"`([^`]+)`", docs))))
    files = {path.name for path in (resources.folder("templates") / "email").iterdir()}
    assert files <= {Path(name).name for name in named}
    assert {field.name for field in fields(view.DigestView)} | {"t", "subject", "preheader"} <= named
    assert {f"story.{field.name}" for field in fields(view.StoryView)} <= named
    assert {f"contact.{field.name}" for field in fields(view.ContactView)} <= named
    assert {f"{{{place}}}" for place in subject.PLACES} <= named
