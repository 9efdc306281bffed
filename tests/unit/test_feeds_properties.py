"""Whatever a release says: feeds stay well-formed and valid, pages harmless."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pressfeed import feeds
from pressfeed.domain import Contact, Content, Enclosure, Release, Status
from pressfeed.feeds.model import plain
from pressfeed.markup import one_line
from pressfeed.site import Channel, Channels, Coverage, Site, Translation
from pressfeed.site.finder import Answer, Asked, Finder
from pressfeed.site.listings import Listings, Month, Place
from tests.unit.factories import content, regions, release
from tests.unit.intake_room import read_one
from tests.unit.newsroom import UID, config, stub
from tests.unit.test_intake_properties import PIECES

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "data" / "atom.rng"))
SITE = Site(config(), regions(), UID)
COVERAGE = Coverage.of(("en", "fr", "es", "ar", "zh"), regions(), [("global", "zh")])
LISTINGS = Listings(SITE, COVERAGE)
FINDER = Finder(SITE)

UNTITLED = {language: SITE.texts(language)("site.untitled") for language in ("en", "fr", "ar", "zh")}

NASTY = (
    """
<script>alert(1)</script>|</script><script>alert(1)//|]]>|<![CDATA[|<!--|-->|&amp;|&#0;|é|新|🎉
<img src=x onerror=a>|"><svg onload=a>|{{ 7 * 7 }}|{% raw %}|%%|javascript:alert(1)|<?xml?>|</textarea>
</title><script>|<style>|<base href=//x>|<a href="javascript:a">|<iframe src=//x>|' onclick='a
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
CONTROLS = ["\x00", "\x0b", "\x85", "\ufffe", "\u2028", "\u202e", "\u200f", "\r\n", " "]

nasty = st.sampled_from(NASTY + CONTROLS)
words = st.lists(st.one_of(nasty, st.text(st.characters(exclude_categories=["Cs"]), max_size=12)), max_size=6)
texts = words.map("".join)

contents = st.builds(
    content,
    st.sampled_from(["en", "fr", "ar", "zh"]),
    headline=texts,
    subhead=texts,
    place=texts,
    body_html=texts,
    body_text=texts,
    author=texts,
    footnotes=st.lists(texts, max_size=2).map(tuple),
    contacts=st.lists(
        st.builds(Contact, texts.map(lambda text: text or "x"), texts, texts, texts), max_size=2
    ).map(tuple),
    countries=st.lists(texts, max_size=2).map(tuple),
    topics=st.lists(texts, max_size=2).map(tuple),
    enclosures=st.lists(
        st.builds(
            Enclosure, texts.map("https://files.example/{}".format), texts, st.integers(-1, 10**12), texts
        ),
        max_size=3,
    ).map(tuple),
)
statuses = st.sampled_from([Status.PUBLISHED, Status.CORRECTED, Status.WITHDRAWN])


class Tags(HTMLParser):
    """The elements of a page as a browser would start them, and what its scripts hold."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.open: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in MAY_STAY_OPEN:
            self.open.pop()
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts.append(data)


def made(said: Content, status: Status) -> Release:
    return Release(
        **{
            **{name: getattr(release(1), name) for name in Release.__dataclass_fields__},
            "content": said,
            "status": status,
        }
    )


@given(contents, statuses)
@settings(max_examples=150)
def test_any_content_gives_feeds_that_parse(said: Content, status: Status) -> None:
    one = made(said, status)
    feed = Channels(Site(SITE.config, SITE.regions, UID)).feed(Channel(said.language, "global"), [one])
    for write in (feeds.rss, feeds.atom):
        data = write(feed)
        parsed = feedparser.parse(data)
        assert not parsed.bozo
        assert [entry.id for entry in parsed.entries] == [f"urn:uuid:{one.uid}"]
        assert parsed.entries[0].link == f"https://press.example.org/releases/{said.language}/release-1/"
    GRAMMAR.assertValid(etree.fromstring(feeds.atom(feed)))
    [item] = json.loads(feeds.jsonfeed(feed))["items"]
    assert item["title"].endswith(plain(said.headline) or UNTITLED[said.language])
    assert "<script" not in item["content_html"].lower()


OUR_SCRIPT = {"src": "../../../assets/press.js", "defer": None}
VOID = {"br", "col", "hr", "img", "input", "link", "meta", "wbr"}
MAY_STAY_OPEN = {"p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "rp", "rt"}


def assert_harmless(page: bytes) -> Tags:
    """Nothing but our own script, form and links; every element that is opened is closed."""
    tags = Tags(page)
    scripts = [attributes for tag, attributes in tags.found if tag == "script"]
    assert [each for each in scripts if each not in (OUR_SCRIPT, {"type": "application/ld+json"})] == []
    assert sum(tag == "form" for tag, _ in tags.found) == 1
    for tag, attributes in tags.found:
        assert tag not in {"base", "iframe", "style", "svg", "object", "embed", "math", "template"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            assert not re.match(r"\s*(javascript|data|vbscript):", attributes.get(name) or "", re.IGNORECASE)
    assert tags.open == [], "every element is closed"
    return tags


@given(contents, statuses)
@settings(max_examples=100)
def test_any_content_gives_a_sound_page_without_foreign_scripts(said: Content, status: Status) -> None:
    one = made(said, status)
    others = [Translation("en", "release-1", "1"), Translation("fr", "autre", "2")]
    tags = assert_harmless(SITE.release_page(one, others, ["west-central-africa"]))
    if status is not Status.WITHDRAWN:
        [script] = tags.scripts
        assert json.loads(script)["headline"] == (one_line(said.headline) or UNTITLED[said.language])


@given(contents)
@settings(max_examples=60)
def test_any_content_gives_sound_lists_and_answers(said: Content) -> None:
    one, language = made(said, Status.PUBLISHED), said.language
    light = stub(one)
    for name in said.topics:
        assert_harmless(LISTINGS.topic_page("x", language, one_line(name), [one], [light], [language]))
    assert_harmless(SITE.home_page(language, COVERAGE, [one]))
    assert_harmless(
        LISTINGS.month_page(Place(None, language), Month(2026, 3), [light], 1, (None, None), [language])
    )
    assert_harmless(LISTINGS.contacts_page(language, {"global": [one]}))
    answer = Answer(one, [(said.headline, True)], [(said.body_text, False)])
    asked = Asked(said.headline)
    page = FINDER.page(language, asked, [answer], total=1, pages=1, more=False, closeness="similar")
    assert_harmless(page)


@given(st.lists(st.one_of(nasty, PIECES), min_size=1, max_size=25))
@settings(max_examples=60)
def test_what_the_intake_accepts_gives_sound_pages(pieces: list[str]) -> None:
    body = "".join(pieces)
    html = (
        f"<html lang=en><h1>Early warnings</h1><p>Banjul, 20 November 2026 – The water came.</p>{body}</html>"
    )
    said = read_one(html.encode("utf-8", "replace"), "a.html").content
    tags = assert_harmless(SITE.release_page(made(said, Status.PUBLISHED), [], ["global"]))
    assert {"main", "article"} <= {tag for tag, _ in tags.found}


def test_the_checks_find_what_got_through() -> None:
    page = SITE.release_page(release(1), [], ["global"])
    for wrong in (
        b"<script>x</script>",
        b"<p onclick=x>",
        b"<a href='JavaScript:x'>",
        b"<section>",
        b"<form>",
    ):
        with pytest.raises(AssertionError):
            assert_harmless(page.replace(b"<article", wrong + b"<article", 1))
