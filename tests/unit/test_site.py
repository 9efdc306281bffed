"""Pages: what they say, where they point, how they are dressed, and what a newsroom may override."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree, html

from pressfeed import texts
from pressfeed.domain import Contact, Enclosure, PartialDate, Region, Regions, Status
from pressfeed.errors import ConfigError
from pressfeed.languages import with_territory
from pressfeed.site import Coverage, Site, Translation, assets
from pressfeed.site.channels import Channel, Channels
from pressfeed.site.listings import Listings
from pressfeed.site.metadata import in_script
from pressfeed.site.sitemap import Place, index, robots, sitemap
from tests.unit.factories import NOW, regions, release
from tests.unit.newsroom import UID, config

COVERAGE = Coverage.of(("en", "fr", "es", "ar"), regions(), [])
BASE = "https://press.example.org/"


def site(**values: Any) -> Site:
    return Site(config(**values), regions(), UID)


def tree(page: bytes) -> Any:
    return html.document_fromstring(page)


def story(**values: Any) -> Any:
    return tree(site().release_page(release(1, **values), [], ["west-central-africa"]))


def text(element: Any) -> str:
    return " ".join(element.text_content().split())


def pages(**values: Any) -> dict[str, Any]:
    """One page of each kind, by its path."""
    one = site(**values)
    releases = [release(1, "fr"), release(2, "fr", status=Status.CORRECTED, updated_at=NOW)]
    both = [Translation("en", "other", "2"), Translation("fr", "release-1", "1")]
    made = {
        "": one.front_page(COVERAGE, releases),
        "fr/": one.home_page("fr", COVERAGE, releases),
        "fr/follow/": one.follow_page("fr", COVERAGE),
        "west-central-africa/fr/": one.region_page("west-central-africa", "fr", COVERAGE, releases),
        "releases/fr/release-1/": one.release_page(releases[0], both, ["west-central-africa"]),
    }
    return {path: tree(page) for path, page in made.items()}


# ---------------------------------------------------------------------------------------------- every page


def test_every_page_has_its_language_direction_address_and_feeds() -> None:
    for path, page in pages().items():
        assert page.get("lang") == ("fr" if path else "en")
        assert page.get("dir") == "ltr"
        assert page.xpath("string(//link[@rel='canonical']/@href)") == BASE + path
        types = page.xpath("//link[@rel='alternate'][@title]/@type")
        assert types[:3] == ["application/rss+xml", "application/atom+xml", "application/feed+json"]
        for href in page.xpath("//link[@rel='alternate']/@href"):
            assert href.startswith(BASE)
        assert page.xpath("string(//meta[@property='og:url']/@content)") == BASE + path
        assert page.xpath("string(//meta[@name='description']/@content)")
        assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
        assert page.xpath("//a[@class='skip']/@href") == ["#content"]
        assert page.xpath("//main/@id") == ["content"]


def test_the_feeds_of_a_page_are_called_as_they_call_themselves() -> None:
    one, channels = site(), Channels(site())
    listings = Listings(one, COVERAGE)
    topic = Channel("fr", topic="crues", name="Crues")
    region = Channel("fr", "west-central-africa")
    for page, channel in (
        (listings.topic_page("crues", "fr", "Crues", [], [], ["fr"]), topic),
        (one.region_page(region.region, "fr", COVERAGE, []), region),
    ):
        titles = tree(page).xpath("//link[@rel='alternate'][@title]/@title")[:3]
        assert titles == [
            f"{channels.feed(channel, []).title} ({kind})" for kind in ("RSS", "Atom", "JSON Feed")
        ]
    about = channels.feed(topic, []).description
    assert about == texts.load("fr")("site.topic_description", newsroom=config().name_in("fr"), topic="Crues")
    assert about != channels.feed(region, []).description


def test_languages_point_to_each_other() -> None:
    for path, page in pages().items():
        alternates = dict(
            zip(
                page.xpath("//link[@rel='alternate'][@hreflang]/@hreflang"),
                page.xpath("//link[@rel='alternate'][@hreflang]/@href"),
                strict=True,
            )
        )
        if path:
            assert alternates["fr"] == BASE + path
        assert "en" in alternates
        assert ("x-default" in alternates) == (path in {"", "fr/"})


def test_links_inside_the_site_are_relative_so_that_it_works_below_any_address() -> None:
    for page in pages(base_url="https://example.org/news").values():
        for href in [*page.xpath("//a/@href"), *page.xpath("//link[@rel='stylesheet' or @rel='icon']/@href")]:
            assert not href.startswith(("/", "https://example.org"))
    page = pages()["releases/fr/release-1/"]
    assert page.xpath("string(//link[@rel='stylesheet']/@href)") == "../../../assets/press.css"
    assert "../../../west-central-africa/fr/" in page.xpath("//a/@href")


def test_no_page_has_scripts_styles_or_more_than_a_hundred_kilobytes() -> None:
    for page in pages().values():
        scripts = page.xpath("//script[not(@type='application/ld+json')]")
        assert [script.get("src") for script in scripts] in ([], ["../../../assets/press.js"])
        assert not any(script.text for script in scripts)
        assert page.xpath("//style | //@style | //@onclick") == []
        assert len(etree.tostring(page)) < 100_000


def test_a_right_to_left_language_turns_the_page_round() -> None:
    page = tree(site().home_page("ar", COVERAGE, [release(1, "ar")]))
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
    assert page.xpath("string(//time)") == "11 مارس 2026"


def test_the_stylesheet_knows_no_left_and_right() -> None:
    css = assets(())["press.css"].decode()
    for word in ("-left", "-right", "left:", "right:", "float"):
        assert word not in css
    assert "prefers-color-scheme: dark" in css
    assert "@media print" in css
    assert ":focus-visible" in css


# ---------------------------------------------------------------------------------------------- a release


def test_a_release_page_tells_the_whole_story() -> None:
    page = story(
        date=PartialDate(2026, 3, 10),
        contacts=(Contact("Isatou Ceesay", "Banjul", "+220 439 21 07", "i@press.example"),),
        footnotes=("Census of 2024.",),
        topics=("floods",),
        enclosures=(
            Enclosure("https://files.example/gauge.jpg", "image/jpeg", 0, "The gauge"),
            Enclosure("https://files.example/note.pdf", "", 1_250_000, "Technical note"),
        ),
    )
    said = text(page.xpath("//main")[0])
    assert text(page.xpath("//h1")[0]) == release(1).content.headline
    for part in (
        "Text messages in five languages",
        "Banjul, 10 March 2026",
        "Published 11 March 2026",
        "costs less in a year",
        "Census of 2024.",
        "It was founded in 1987.",
        "Isatou Ceesay Banjul +220 439 21 07 i@press.example",
        "Technical note PDF · 1.2 MB",
        "Gambia",
        "floods",
    ):
        assert part in said
    assert page.xpath("//a[@href='tel:+2204392107']/bdi/@dir") == ["ltr"]
    assert page.xpath("//figure/img/@alt") == ["The gauge"]
    assert page.xpath("//p[@class='trail']/a/text()") == ["West and Central Africa"]


def test_a_dateline_of_the_day_of_publication_does_not_say_it_twice() -> None:
    assert text(story(date=PartialDate(None, 3, 11)).xpath("//p[@class='meta']/span")[0]) == "Banjul"
    assert text(story(date=PartialDate(None, 3, 9)).xpath("//p[@class='meta']/span")[0]) == "Banjul, 9 March"
    assert (
        text(story(date=PartialDate(2026, 3, 9), place="").xpath("//p[@class='meta']/span")[0])
        == "9 March 2026"
    )


def test_dates_are_those_of_the_newsroom_s_zone() -> None:
    page = tree(
        site(zone=ZoneInfo("Pacific/Auckland")).release_page(
            release(1, published_at=dt.datetime(2026, 3, 11, 23, tzinfo=dt.UTC)), [], []
        )
    )
    assert "Published 12 March 2026" in text(page)
    assert page.xpath("string(//time/@datetime)") == "2026-03-11T23:00:00+00:00"


def test_a_phone_number_that_cannot_be_dialled_is_no_link() -> None:
    page = story(contacts=(Contact("A", "", "+1 212 555 01 / 02, ext. 9", "not an address"),))
    assert page.xpath("//ul[@class='contacts']//a") == []
    assert "+1 212 555 01 / 02, ext. 9" in text(page)


def test_machines_read_a_news_article() -> None:
    page = story(
        headline="</script><b>&",
        author="Mariama Jallow",
        enclosures=(Enclosure("https://files.example/a.jpg"),),
    )
    data = json.loads(page.xpath("string(//script[@type])"))
    assert data["@type"] == "NewsArticle"
    assert data["headline"] == "</script><b>&"
    assert data["author"] == {"@type": "Person", "name": "Mariama Jallow"}
    assert data["publisher"]["name"] == "River Watch"
    assert data["datePublished"] == "2026-03-11T12:30:00+00:00"
    assert data["inLanguage"] == "en"
    assert data["image"] == ["https://files.example/a.jpg"]
    assert page.xpath("string(//meta[@property='og:image']/@content)") == "https://files.example/a.jpg"
    assert page.xpath("string(//meta[@property='og:type']/@content)") == "article"


def test_json_in_a_script_cannot_end_it() -> None:
    script = in_script({"a": "</script><!-- & \u2028"})
    assert not set(script) & set("<>&\u2028")
    assert json.loads(script) == {"a": "</script><!-- & \u2028"}


def test_a_corrected_release_says_so_above_its_text() -> None:
    page = story(status=Status.CORRECTED, updated_at=NOW)
    assert text(page.xpath("//p[@class='notice']")[0]).startswith(
        "This release was corrected on 12 March 2026."
    )
    assert "Corrected 12 March 2026" in text(page.xpath("//p[@class='meta']")[0])


def test_a_withdrawn_release_keeps_its_headline_and_contacts_and_nothing_else() -> None:
    page = story(
        status=Status.WITHDRAWN,
        updated_at=NOW,
        footnotes=("A note.",),
        enclosures=(Enclosure("https://files.example/note.pdf"),),
    )
    said = text(page)
    assert "This release was withdrawn on 12 March 2026." in said
    assert text(page.xpath("//h1")[0]) == release(1).content.headline
    assert "Isatou Ceesay" in said
    for gone in ("Mariama", "Text messages", "A note.", "note.pdf", "Gambia"):
        assert gone not in etree.tostring(page, encoding="unicode")
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("//script | //link[@rel='canonical']") == []


def test_lists_show_no_withdrawn_release() -> None:
    page = site().home_page("en", COVERAGE, [release(1, status=Status.WITHDRAWN), release(2, headline="Two")])
    assert [text(title) for title in tree(page).xpath("//article//h3")] == ["Two"]


# -------------------------------------------------------------------------------------------------- lists


def test_a_region_shows_its_place_in_the_tree() -> None:
    page = tree(site().region_page("west-central-africa", "fr", COVERAGE, []))
    assert text(page.xpath("//nav[@class='trail']")[0]) == "Monde Afrique de l’Ouest et du Centre"
    assert "Rien n’a encore été publié ici." in text(page)
    root = tree(site().region_page("global", "fr", COVERAGE, []))
    below = dict(
        zip(
            root.xpath("//ul[@class='regions']//a/text()"),
            root.xpath("//ul[@class='regions']//a/@href"),
            strict=True,
        )
    )
    # South America has no French pages: the link leads to those it has, in the newsroom's order.
    assert below == {
        "Afrique de l’Ouest et du Centre": "../../west-central-africa/fr/",
        "South America": "../../south-america/en/",
    }


def test_the_front_page_offers_the_languages_by_their_own_names() -> None:
    page = tree(site().front_page(COVERAGE, []))
    choice = page.xpath("//nav[@class='choice']//a")
    assert [(link.get("href"), link.get("lang"), link.text) for link in choice] == [
        ("en/", "en", "English"),
        ("fr/", "fr", "français"),
        ("es/", "es", "español"),
        ("ar/", "ar", "العربية"),
    ]


def test_the_follow_page_lists_every_feed_of_its_language() -> None:
    page = tree(site().follow_page("en", COVERAGE))
    rows = page.xpath("//tbody/tr")
    assert len(rows) == 3
    assert rows[1].xpath(".//td/a/@href") == [
        "../../west-central-africa/en/rss.xml",
        "../../west-central-africa/en/atom.xml",
        "../../west-central-africa/en/feed.json",
    ]
    assert page.xpath("//section//ul/li/a/@href") == ["../../en/feeds.opml", "../../feeds.opml"]


def test_the_page_for_unknown_addresses_works_from_anywhere() -> None:
    page = tree(site(base_url="https://example.org/news").not_found_page(COVERAGE))
    assert {
        href.split("/")[1]
        for href in page.xpath("//a[not(@class='skip')][not(starts-with(@href,'mailto'))]/@href")
    } == {"news"}
    assert [section.get("lang") for section in page.xpath("//section")] == ["en", "fr", "es", "ar"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_a_language_without_texts_of_its_own_gets_english_ones() -> None:
    page = tree(site().release_page(release(1, "sw"), [], ["global"]))
    assert page.get("lang") == "sw"
    assert "Media contacts" in text(page)


# ----------------------------------------------------------------------------------------------- coverage


def test_coverage_holds_what_is_promised_and_what_is_there_in_the_newsroom_s_order() -> None:
    found = Coverage.of(("fr", "en"), regions(), [("south-america", "pt"), ("", "sw")])
    assert found.languages == ("fr", "en", "ar", "es", "pt", "sw")
    assert found.regions["south-america"] == ("en", "es", "pt")
    assert found.has("south-america", "pt")
    assert not found.has("south-america", "fr")


def test_a_region_without_languages_speaks_those_of_the_newsroom() -> None:
    bare = Regions((Region("global", {"en": "World"}, None, ZoneInfo("UTC")),))
    assert Coverage.of(("fr", "en"), bare, []).regions == {"global": ("fr", "en")}


# ---------------------------------------------------------------------------------------------- overrides


def test_a_newsroom_overrides_templates_texts_and_colours(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    (own / "site" / "assets").mkdir(parents=True)
    (own / "texts" / "en").mkdir(parents=True)
    (own / "site" / "base.html").write_text(
        '{% extends "shipped/base.html" %}{% block brand %}<p class="brand">Logo</p>{% endblock %}'
    )
    (own / "site" / "assets" / "theme.css").write_text(":root { --accent: #700; }")
    (own / "site" / "assets" / "logo.svg").write_text("<svg/>")
    (own / "texts" / "en" / "site.toml").write_text('latest = "Fresh"')
    one = site(templates=(own,))
    page = tree(one.home_page("en", COVERAGE, []))
    assert text(page.xpath("//header//p[@class='brand']")[0]) == "Logo"
    assert "Fresh" in text(page)
    found = assets((own,))
    assert found["press.css"].endswith(b"--accent: #700; }")
    assert set(found) == {"press.css", "press.js", "icon.svg", "logo.svg"}
    assert one.digest != site().digest


def test_the_digest_follows_the_templates_but_not_the_stylesheet(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    (own / "site" / "assets").mkdir(parents=True)
    before = site(templates=(own,)).digest
    (own / "site" / "assets" / "theme.css").write_text("a {}")
    assert site(templates=(own,)).digest == before
    (own / "site" / "parts.html").write_text("other")
    assert site(templates=(own,)).digest != before


def test_a_misspelt_name_in_a_template_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "home.html").write_text("{{ newsrom }}")
    with pytest.raises(ConfigError, match=r"home.html:1: .*newsrom"):
        site(templates=(tmp_path,)).home_page("en", COVERAGE, [])


@pytest.mark.parametrize("language", ["fr", "es", "ar", "ru", "zh"])
def test_every_language_says_everything_that_english_says(language: str) -> None:
    own, english = texts.load(language), texts.load("en")
    keys = {key for key in english._table if key.startswith("site.")}
    same = {key for key in keys if own._table[key] == english._table[key]}
    alike = {"feed_title", "region_title", "labelled", "dateline", "notes", "follow_life_title", "pages"}
    assert same <= {f"site.{key}" for key in alike}
    for key in keys:
        assert places(own._table[key]) == places(english._table[key]), key


def places(text: Any) -> set[str]:
    """The names in braces of a text, or of the last of its plural forms."""
    return set(re.findall(r"{\w+}", text["other"] if isinstance(text, dict) else text))


# --------------------------------------------------------------------------------------------- for robots


def test_sitemaps_name_addresses_changes_and_translations() -> None:
    places = [Place(BASE + "a/?b&c", NOW, (("fr", BASE + "fr/"), ("en", BASE + "a/?b&c")))]
    root = etree.fromstring(sitemap(places))
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    assert root.findtext("s:url/s:loc", namespaces=names) == BASE + "a/?b&c"
    assert root.findtext("s:url/s:lastmod", namespaces=names) == "2026-03-12T06:30:00+00:00"
    assert [link.get("hreflang") for link in root.findall("s:url/x:link", namespaces=names)] == ["fr", "en"]
    root = etree.fromstring(
        index([(BASE + "sitemaps/2026-03.xml", NOW), (BASE + "sitemaps/pages.xml", None)])
    )
    assert len(root.findall("s:sitemap/s:loc", namespaces=names)) == 2
    assert len(root.findall("s:sitemap/s:lastmod", namespaces=names)) == 1


def test_robots_learn_where_the_sitemap_is() -> None:
    assert robots(BASE + "sitemap.xml", ["/preferences/"]).decode() == (
        "User-agent: *\nDisallow: /preferences/\n\nSitemap: https://press.example.org/sitemap.xml\n"
    )


@pytest.mark.parametrize(
    ("language", "expected"), [("fr", "fr_FR"), ("ar", "ar_EG"), ("zh", "zh_CN"), ("en", "en_US")]
)
def test_open_graph_wants_a_territory(language: str, expected: str) -> None:
    assert with_territory(language) == expected
