"""Whatever a release says: feeds stay well-formed and valid, pages harmless."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import feedparser
from factories import content, regions, release
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from newsroom import UID, config

from pressfeed import feeds
from pressfeed.domain import Contact, Content, Enclosure, Release, Status
from pressfeed.feeds.model import plain
from pressfeed.site import Channel, Channels, Site, Translation

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "data" / "atom.rng"))
SITE = Site(config(), regions(), UID)

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
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

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
@settings(max_examples=150, deadline=None)
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


@given(contents, statuses)
@settings(max_examples=150, deadline=None)
def test_any_content_gives_a_page_without_foreign_scripts(said: Content, status: Status) -> None:
    one = made(said, status)
    others = [Translation("en", "release-1"), Translation("fr", "autre")]
    page = SITE.release_page(one, others, ["west-central-africa"])
    tags = Tags(page)
    types = [attributes.get("type") for tag, attributes in tags.found if tag == "script"]
    assert types == ([] if status is Status.WITHDRAWN else ["application/ld+json"])
    for script in tags.scripts:
        assert json.loads(script)["headline"] == (plain(said.headline) or UNTITLED[said.language])
    for tag, attributes in tags.found:
        assert tag not in {"base", "iframe", "style", "svg", "object", "embed", "form"}
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src"):
            assert not (attributes.get(name) or "").lower().startswith("javascript:")


def test_the_check_finds_a_script_that_got_through() -> None:
    page = SITE.release_page(release(1), [], ["global"]).replace(b"<main", b"<script>x</script><main")
    assert [tag for tag, _ in Tags(page).found].count("script") == 2
