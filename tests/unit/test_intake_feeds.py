"""JSON Feed, ninjs, plain JSON objects, RSS and Atom."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from pressfeed.domain import Contact, Enclosure
from pressfeed.errors import IntakeError
from pressfeed.intake import Reading, read
from tests.unit.intake_room import SETTING, document, read_one, stored


def readings(data: object, name: str = "a.json") -> list[Reading]:
    return read(document(json.dumps(data), name), SETTING)


def test_a_json_feed_gives_a_release_per_item() -> None:
    first, second = read(stored("feed.json"), SETTING)
    assert first.key == "tag:wra.example,2024:1"
    assert first.content.enclosures == (Enclosure("https://wra.example/p.jpg", "image/jpeg", 12),)
    assert 'href="https://wra.example/mapa"' in first.content.body_html
    assert (second.key, second.story, second.content.place) == ("2", "s-2", "Lima")


def test_ninjs_says_identity_embargo_story_and_status() -> None:
    (first,) = read(stored("ninjs.json"), SETTING)
    assert (first.key, first.story) == ("urn:newsml:wra.example:20240726:1", "herons")
    assert first.embargo_until == dt.datetime(2024, 7, 26, 22, tzinfo=dt.UTC)
    assert first.content.enclosures == (Enclosure("https://wra.example/h.jpg", "image/jpeg", 5, "A heron"),)
    (second,) = read(stored("ninjs2.json"), SETTING)
    assert second.withdrawn
    assert not first.withdrawn


def test_withheld_ninjs_stays_a_draft() -> None:
    (reading,) = readings({"uri": "urn:x:1", "headline": "H", "body_text": "Text.", "pubstatus": "withheld"})
    assert reading.draft


def test_what_show_json_writes_can_be_read_again() -> None:
    shown = {
        "id": 7,
        "uid": "c3b2",
        "story": "s",
        "status": "published",
        "version": 2,
        "language": "fr",
        "headline": "Un héron",
        "subhead": "",
        "place": "Windhoek",
        "date": "--07-25",
        "published_at": "2024-07-26T10:00:00+00:00",
        "embargo_until": None,
        "updated_at": "2024-07-26T10:00:00+00:00",
        "slug": "un-heron",
        "regions": ["asia"],
        "countries": ["NA"],
        "topics": ["oiseaux"],
        "contacts": [{"name": "A. Rey", "role": "", "phone": "+41", "email": ""}],
        "needs": [],
        "body_text": "Un.\n\nDeux.",
        "body_html": "<p>Un.</p><p>Deux.</p>",
        "footnotes": ["Note"],
        "author": "B",
        "enclosures": [{"url": "https://a.example/x", "type": "a/b", "length": 1, "title": "t"}],
        "archive": True,
        "source": "x.md",
    }
    (reading,) = readings(shown)
    content = reading.content
    assert reading.problems == ()
    assert (content.headline, content.place, str(content.date), content.regions) == (
        "Un héron",
        "Windhoek",
        "--07-25",
        ("asia",),
    )
    assert content.contacts == (Contact("A. Rey", "", "+41"),)
    assert (content.body_text, content.footnotes) == ("Un.\n\nDeux.", ("Note",))
    assert (reading.key, reading.story, reading.slug, reading.archive) == ("c3b2", "s", "un-heron", True)


def test_plain_text_in_json_keeps_its_paragraphs() -> None:
    (reading,) = readings([{"headline": "H", "body_text": "One <b>.\n\nTwo.", "language": "en"}])
    assert reading.content.body_html == "<p>One &lt;b&gt;.</p>\n<p>Two.</p>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": ', "not JSON"),
        ("[" * 100_000, "cannot be read"),
        ("{}", "no release"),
        ("[]", "no releases"),
        ("3", "no release"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": 3}', "no releases"),
        ('{"headline": 1' + "0" * 5000 + "}", "cannot be read"),
    ],
)
def test_json_that_is_no_release_is_an_error(text: str, reason: str) -> None:
    with pytest.raises(IntakeError, match=reason):
        read(document(text, "a.json"), SETTING)


def test_the_line_of_broken_json_is_named() -> None:
    with pytest.raises(IntakeError) as caught:
        read(document('{"headline": "x",\n"body": }', "a.json"), SETTING)
    assert caught.value.line == 2


def test_values_of_the_wrong_kind_are_no_error() -> None:
    (reading,) = readings(
        {
            "headline": ["x"],
            "body_html": 3,
            "body_text": "Text.",
            "contacts": {"a": [1]},
            "regions": {"a": 1},
            "language": [],
        }
    )
    assert reading.content.body_text == "Text."
    assert reading.problems


def test_rss_prefers_the_full_text_and_keeps_identity() -> None:
    first, second = read(stored("feed.rss"), SETTING)
    assert first.key == "tag:wra.example,2024:f"
    assert first.content.enclosures == (Enclosure("https://wra.example/f.jpg", "image/jpeg", 12),)
    assert first.content.body_html == (
        '<p>The ferry to Gorée in Senegal has a new bell. <a href="https://wra.example/bell">Listen</a>.</p>'
    )
    assert second.key == "https://wra.example/s"
    assert second.content.body_text == "Only a summary."


def test_atom_gives_dates_authors_and_plain_titles() -> None:
    (reading,) = read(stored("feed.atom"), SETTING)
    assert (reading.key, reading.content.headline) == ("tag:amf.example,2024:1", "L'eau claire")
    assert str(reading.published_at) == "2024-07-25 10:00:00+00:00"


def test_entries_without_identity_are_told_apart() -> None:
    feed = (
        "<rss version='2.0'><channel>"
        + "<item><title>Same</title><description>x</description></item>" * 2
        + "</channel></rss>"
    )
    assert [one.key for one in read(document(feed, "a.xml"), SETTING)] == ["/site/a.xml#1", "/site/a.xml#2"]


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><rss/>", "entities"),
        ("<?xml version='1.0'?><note><to>x</to></note>", "neither RSS nor Atom"),
        ("<rss version='2.0'><channel><title>x</title></channel></rss>", "no entries"),
    ],
)
def test_xml_that_is_no_feed_is_an_error(xml: str, reason: str) -> None:
    with pytest.raises(IntakeError, match=reason):
        read(document(xml, "a.xml"), SETTING)


def test_a_feed_that_is_not_well_formed_is_read_and_reported() -> None:
    reading = read_one(
        "<rss version='2.0'><channel><item><title>A & B</title><description>Text.</description></item>",
        "a.xml",
    )
    assert reading.content.headline == "A & B"
    assert "not well-formed" in reading.problems[0]
