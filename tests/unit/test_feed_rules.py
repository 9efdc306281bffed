"""The W3C feed validator's rules (``feed_rules.py``) on everything that pressfeed can be made to publish."""

from __future__ import annotations

import datetime as dt

import lxml.html
import pytest
from hypothesis import given, settings
from lxml import etree

from pressfeed import feeds
from pressfeed.domain import Content, Enclosure, Status
from pressfeed.feeds.model import Feed
from pressfeed.site import Channel, Channels, Site
from tests.unit.factories import NOW, TEXTS, release
from tests.unit.feed_rules import complaints
from tests.unit.test_feeds import FILES, corrected, feed_of, withdrawn
from tests.unit.test_feeds_properties import SITE, UID, contents, made, statuses

UNKNOWN = "UnknownNamespace: http://purl.org/atompub/tombstones/1.0"


def both(feed: Feed) -> list[str]:
    """What the validator says of a feed as RSS and as Atom."""
    return complaints(feeds.rss(feed), feed.rss_url) + complaints(feeds.atom(feed), feed.atom_url)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_the_validator_has_nothing_to_say_of_a_feed(language: str) -> None:
    releases = [
        release(1, language, enclosures=FILES, topics=("R&D", "floods"), author="Mariama Jallow"),
        corrected(2, language=language),
        release(3, language, headline="Salt&4 <b>x</b> &lt; &amp;amp; </p>", subhead="<script>a</script>"),
    ]
    assert both(feed_of(*releases, language=language)) == []
    assert both(feed_of(language=language)) == []


def test_releases_of_one_import_do_not_look_like_one_moment() -> None:
    moment = NOW.replace(microsecond=123456)
    releases = [release(id, published_at=moment, updated_at=moment) for id in range(1, 31)]
    assert both(feed_of(*releases)) == []


def test_code_points_that_are_no_characters_are_left_out() -> None:
    body = f"<p>Rivers\ufdd0 rise{chr(0x1FFFE)}.{chr(0x1F30A)}</p>"
    feed = feed_of(release(1, body_html=body, headline=f"Rivers{chr(0x10FFFF)} rise"))
    assert both(feed) == []
    assert "<p>Rivers rise.🌊</p>".encode() in feeds.rss(feed)


def test_a_tombstone_costs_one_warning_that_the_validator_cannot_be_spared() -> None:
    """It does not know RFC 6721; so the namespace is there only where a tombstone is."""
    assert set(both(feed_of(release(1), withdrawn(2)))) == {UNKNOWN}


@pytest.mark.parametrize("text", ["Palavras da MANHÃ\u00a0de hoje", "cafÃ©", "Â\u00a0Ã\u00a1", "MANHû"])
def test_text_that_looks_as_if_it_had_been_encoded_twice_is_no_warning_and_stays_as_it_is(text: str) -> None:
    body = f"<p>{text}</p><p>x {text} x</p>"
    feed = feed_of(release(1, headline=text, subhead=text, body_html=body, author=text))
    assert both(feed) == []
    document = etree.fromstring(feeds.rss(feed))
    assert document.findtext("channel/item/title") == text
    encoded = document.findtext("channel/item/{http://purl.org/rss/1.0/modules/content/}encoded")
    assert encoded is not None
    assert lxml.html.fromstring(encoded).text_content().count(text) >= 3


@pytest.mark.parametrize(
    "alt", ["The code src='my logo.png' on a screen", "the src=foo bar", "SRC=x src=y", "src="]
)
def test_what_a_picture_shows_is_not_taken_for_its_address(alt: str) -> None:
    picture = f'<p><img src="https://files.example/a.png" alt="{alt}" title="{alt}">Seen</p>'
    feed = feed_of(release(1, body_html=picture))
    assert both(feed) == []
    shown = lxml.html.fromstring(feed.entries[0].html).find(".//img")
    assert (shown.get("src"), shown.get("alt")) == ("https://files.example/a.png", alt)


def test_where_full_texts_are_too_much_for_a_document_the_oldest_entries_have_their_summary() -> None:
    text = "<p>Rivers rise.</p>" * 50_000
    releases = [release(id, subhead=f"Story {id}", body_html=text) for id in range(8, 1, -1)]
    releases.append(corrected(1, subhead="Story 1", body_html=text))
    feed = Channels(Site(SITE.config, SITE.regions, UID)).feed(Channel("en", "global"), releases)
    assert both(feed) == []
    assert [len(entry.html) > len(text) for entry in feed.entries] == [True] * 4 + [False] * 4
    assert feed.entries[4].html == "<p>Story 4</p>"
    assert feed.entries[7].html.startswith(f"<p>{feed.entries[7].notice}</p>")
    assert len(feeds.rss(feed)) > 3_500_000


@pytest.mark.parametrize(
    "address",
    [
        "https://files.example?a=b",
        "http://localhost:8000/a.pdf",
        "http://[::1]/a.pdf",
        "https://press_room.example/a.pdf",
    ],
)
def test_a_file_at_an_odd_host_breaks_no_rule(address: str) -> None:
    assert both(feed_of(release(1, enclosures=(Enclosure(address, "application/pdf", 10),)))) == []


@given(contents, statuses)
@settings(max_examples=100)
def test_whatever_a_release_says_the_validator_has_nothing_to_say(said: Content, status: Status) -> None:
    feed = Channels(Site(SITE.config, SITE.regions, UID)).feed(
        Channel(said.language, "global"), [made(said, status)]
    )
    expected = {UNKNOWN} if status is Status.WITHDRAWN else set()
    assert set(both(feed)) == expected


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('<guid isPermaLink="false">', "<guid>", "InvalidHttpGUID"),
        ("<pubDate>Wed", "<pubDate>Thu", "IncorrectDOW"),
        ('rel="self"', 'rel="via"', "UnregisteredAtomLinkRel"),
        ('length="2000"', 'length="-1"', "InvalidIntegerAttribute"),
        ("<p>When", "<p onclick='a'>When", "SecurityRiskAttr"),
        ("<p>When", "<p><iframe src='x'></iframe>When", "SecurityRisk"),
        ("<p>When", "<p><em>When", "NotHtml"),
        ('href="https://files.example/note.pdf"', 'href="note.pdf"', "ContainsRelRef"),
        ("<language>en", "<language>english!", "InvalidLanguage"),
        ("<docs>", "<blink/><docs>", "UndefinedElement"),
        ("<title>Early", "<title>R&amp;D", "CharacterData"),
        ("</channel>", "<ttl>5</ttl></channel>", "MisplacedItem"),
        ("xmlns:dc=", "xmlns:odd=", "SAXError"),
        ("?>", "?>\ufffd", "SAXError"),
    ],
)
def test_the_rules_find_what_is_wrong(before: str, after: str, rule: str) -> None:
    feed = feed_of(release(1, enclosures=FILES))
    data = feeds.rss(feed).decode()
    assert before in data
    found = complaints(data.replace(before, after, 1).encode(), feed.rss_url)
    assert any(line.startswith(rule) for line in found), found


def test_the_rules_find_two_entries_of_one_moment() -> None:
    feed = feed_of(release(1), release(2, published_at=NOW - dt.timedelta(hours=18), updated_at=NOW))
    data = feeds.atom(feed).decode()
    first, second = [entry.changed.isoformat() for entry in feed.entries]
    assert "DuplicateUpdated" in complaints(data.replace(second, first).encode(), feed.atom_url)
