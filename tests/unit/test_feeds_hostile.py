"""Whatever comes in, through the intake or past it: feeds are valid, and nothing hostile reaches a reader."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pressfeed import feeds
from pressfeed.domain import Content, Release, Status
from pressfeed.feeds.model import Feed
from pressfeed.site import Channel, Channels, Site
from tests.unit.factories import regions
from tests.unit.feed_rules import complaints
from tests.unit.intake_room import read_one
from tests.unit.json_schemas import JSON_FEED
from tests.unit.newsroom import UID, config
from tests.unit.test_downloads import valid
from tests.unit.test_feeds_properties import contents, made, nasty, statuses
from tests.unit.test_intake_properties import PIECES

GRAMMAR = etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "data" / "atom.rng"))
RUNS = {
    "script",
    "style",
    "iframe",
    "svg",
    "math",
    "object",
    "embed",
    "base",
    "form",
    "link",
    "meta",
    "input",
}


class Elements(HTMLParser):
    """What an HTML parser that knows no mercy sees: elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def feed_of(one: Release) -> Feed:
    # A site remembers entries by number and version, and each example has the same.
    channels = Channels(Site(config(), regions(), UID))
    return channels.feed(Channel(one.content.language, "global"), [one])


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag not in RUNS
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "cite"):
            assert (attributes.get(name) or "https:").startswith(("https:", "http:", "mailto:", "tel:"))


def check(feed: Feed) -> None:
    """Valid in every format; and harmless to a reader that cleans nothing, that takes plain texts for HTML,
    and that shows the bytes of an element as they are.
    """
    [item] = json.loads(feeds.jsonfeed(feed))["items"]
    valid(JSON_FEED, json.loads(feeds.jsonfeed(feed)))
    GRAMMAR.assertValid(etree.fromstring(feeds.atom(feed)))
    assert_harmless(item["content_html"])
    texts = [item["title"], item["summary"], item["authors"][0]["name"], *item.get("tags", ())]
    for data, address in ((feeds.rss(feed), feed.rss_url), (feeds.atom(feed), feed.atom_url)):
        found = complaints(data, address)
        assert [line for line in found if "tombstones" not in line] == []
        parsed = feedparser.parse(data, sanitize_html=False)
        assert not parsed.bozo
        [entry] = parsed.entries
        assert_harmless(entry.content[0].value)
        texts += [entry.title, entry.author, *(tag.label or tag.term for tag in entry.get("tags", ()))]
        for element in etree.fromstring(data).iter("description", "{http://www.w3.org/2005/Atom}summary"):
            assert_harmless(element.text or "")
    for text in texts:
        assert Elements(text).found == [], text


@given(contents, statuses)
@settings(max_examples=60)
def test_whatever_stands_in_the_store_feeds_are_valid_and_harmless(said: Content, status: Status) -> None:
    check(feed_of(made(said, status)))


@given(st.lists(st.one_of(nasty, PIECES), min_size=1, max_size=25))
@settings(max_examples=60)
def test_what_the_intake_accepts_gives_valid_and_harmless_feeds(pieces: list[str]) -> None:
    body = "".join(pieces)
    page = (
        f"<html lang=en><h1>Early warnings</h1><p>Banjul, 20 November 2026 – The water came.</p>{body}</html>"
    )
    check(feed_of(made(read_one(page.encode("utf-8", "replace"), "a.html").content, Status.PUBLISHED)))


def test_the_check_finds_what_is_hostile() -> None:
    for wrong in ("<script>a</script>", "<p onclick='a'>", "<a href='javascript:a'>b</a>"):
        try:
            assert_harmless(wrong)
        except AssertionError:
            continue
        raise AssertionError(wrong)
