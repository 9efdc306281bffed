"""Feeds rule by rule: RSS 2.0 and its profile, RFC 4287, RFC 6721, JSON Feed 1.1, OPML 2.0."""

from __future__ import annotations

import datetime as dt
import json
import locale
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from pressfeed import feeds
from pressfeed.domain import Contact, Enclosure, Release, Status
from pressfeed.feeds.model import NEVER, Entry, Feed
from pressfeed.site import Channel, Channels, Coverage, Site
from tests.unit.factories import NOW, regions, release
from tests.unit.newsroom import UID, config

ATOM = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

FILES = (
    Enclosure("https://files.example/Gauge é.jpg", "image/jpeg", 1000, "The gauge"),
    Enclosure("https://files.example/note.pdf", "application/pdf", 2000, "Technical note"),
    Enclosure("https://files.example/table.xlsx"),
)


def site(**values: Any) -> Site:
    return Site(config(**values), regions(), UID)


def channels(**values: Any) -> Channels:
    return Channels(site(**values))


def feed_of(*releases: Release, language: str = "en", **values: Any) -> Feed:
    return channels(**values).feed(Channel(language, "west-central-africa"), releases)


def rss(*releases: Release, **values: Any) -> Any:
    return etree.fromstring(feeds.rss(feed_of(*releases, **values)))[0]


def atom(*releases: Release, **values: Any) -> Any:
    return etree.fromstring(feeds.atom(feed_of(*releases, **values)))


def as_json(*releases: Release, **values: Any) -> Any:
    return json.loads(feeds.jsonfeed(feed_of(*releases, **values)))


def withdrawn(id: int = 1, **values: Any) -> Release:
    return release(id, status=Status.WITHDRAWN, version=2, updated_at=NOW, **values)


def corrected(id: int = 1, **values: Any) -> Release:
    return release(id, status=Status.CORRECTED, version=2, updated_at=NOW, **values)


# ------------------------------------------------------------------------------------------------ identity


def test_ids_depend_on_neither_slug_nor_host_nor_scheme_nor_version() -> None:
    before = feed_of(release(1))
    after = feed_of(corrected(1, slug="other", headline="Other"), base_url="http://elsewhere.example/press")
    assert before.entries[0].id == after.entries[0].id == f"urn:uuid:{release(1).uid}"
    assert before.id == after.id
    assert before.entries[0].url != after.entries[0].url


def test_a_feed_keeps_its_id_when_the_newsroom_is_renamed() -> None:
    before, after = feed_of(release(1)), feed_of(release(1), name="Rivers Today", names={})
    assert before.title != after.title
    assert before.id == after.id


def test_feeds_of_two_newsrooms_of_one_name_have_ids_of_their_own() -> None:
    ids = {
        Channels(Site(config(), regions(), uid)).feed(Channel("en", "global"), ()).id
        for uid in (UID, UID[::-1])
    }
    assert len(ids) == 2


def test_every_feed_has_an_id_of_its_own() -> None:
    one = channels()
    ids = {
        one.feed(Channel(language, region.slug), ()).id
        for region in regions().all
        for language in ("en", "fr")
    }
    assert len(ids) == 2 * len(regions().all)
    assert all(id.startswith("urn:uuid:") for id in ids)


def test_all_formats_say_the_same() -> None:
    releases = [release(1, enclosures=FILES), corrected(2), withdrawn(3)]
    channel, document, data = rss(*releases), atom(*releases), as_json(*releases)
    said_by_rss = [
        (
            item.findtext("guid"),
            item.findtext("title"),
            item.findtext("link"),
            item.findtext(f"{CONTENT}encoded"),
        )
        for item in channel.findall("item")
    ]
    said_by_atom = [
        (
            entry.findtext(f"{ATOM}id"),
            entry.findtext(f"{ATOM}title"),
            entry.find(f"{ATOM}link[@rel='alternate']").get("href"),
            entry.findtext(f"{ATOM}content"),
        )
        for entry in document.findall(f"{ATOM}entry")
    ]
    said_by_json = [(item["id"], item["title"], item["url"], item["content_html"]) for item in data["items"]]
    assert said_by_rss == said_by_atom == said_by_json
    assert len(said_by_json) == 3


def test_the_same_feed_gives_the_same_bytes() -> None:
    releases = [release(1, enclosures=FILES), corrected(2), withdrawn(3)]
    for write in (feeds.rss, feeds.atom, feeds.jsonfeed):
        assert write(feed_of(*releases)) == write(feed_of(*releases))


def test_the_newest_change_dates_the_feed_not_the_build() -> None:
    old = release(1, published_at=NOW - dt.timedelta(days=9), updated_at=NOW - dt.timedelta(days=9))
    assert feed_of(corrected(2), old).updated == NOW
    assert rss(old).findtext("lastBuildDate") == "Tue, 03 Mar 2026 06:30:00 +0000"
    assert atom(old).findtext(f"{ATOM}updated") == "2026-03-03T06:30:00+00:00"


def test_an_empty_feed_is_valid_and_has_no_date_of_its_own() -> None:
    assert feed_of().updated == NEVER
    assert atom().findtext(f"{ATOM}updated") == "2000-01-01T00:00:00+00:00"
    assert rss().findall("item") == []
    assert as_json()["items"] == []
    grammar().assertValid(atom())


def test_no_feed_touches_the_locale_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise AssertionError("the locale belongs to the whole process")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert feeds.rss(feed_of(release(1)))
    assert feeds.atom(feed_of(release(1)))


# ------------------------------------------------------------------------------------------------------ RSS


def test_an_rss_channel_follows_the_profile() -> None:
    channel = rss(release(1), language="en")
    root = channel.getparent()
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)
    assert channel.findtext("title") == "River Watch – West and Central Africa"
    assert channel.findtext("link") == "https://press.example.org/west-central-africa/en/"
    assert channel.findtext("language") == "en"
    assert channel.findtext("description") == "Press releases from River Watch: West and Central Africa"
    assert channel.find("ttl") is None
    [self_link] = channel.findall(f"{ATOM}link")
    assert dict(self_link.attrib) == {
        "href": "https://press.example.org/west-central-africa/en/rss.xml",
        "rel": "self",
        "type": "application/rss+xml",
    }
    singles = [child.tag for child in channel if child.tag != "item"]
    assert len(singles) == len(set(singles))


def test_an_rss_item_follows_the_profile() -> None:
    [item] = rss(release(1, enclosures=FILES, topics=("floods",), subhead="A < B & C")).findall("item")
    tags = [child.tag for child in item if child.tag not in {"category", f"{MEDIA}content"}]
    assert len(tags) == len(set(tags))
    assert item.find("guid").get("isPermaLink") == "false"
    assert parsedate_to_datetime(item.findtext("pubDate")) == release(1).published_at
    assert item.findtext("pubDate") == "Wed, 11 Mar 2026 12:30:00 +0000"
    assert item.find("author") is None  # it would have to be an e-mail address
    assert item.findtext(f"{DC}creator") == "River Watch"
    assert item.findtext(f"{DC}language") == "en"
    assert item.findtext("description") == "A &lt; B &amp; C"  # HTML to every reader
    assert [category.text for category in item.findall("category")] == ["Gambia", "floods"]


def test_rss_has_one_enclosure_and_the_other_files_as_media() -> None:
    [item] = rss(release(1, enclosures=FILES)).findall("item")
    [enclosure] = item.findall("enclosure")
    assert dict(enclosure.attrib) == {
        "url": "https://files.example/note.pdf",
        "length": "2000",
        "type": "application/pdf",
    }
    assert [content.get("url") for content in item.findall(f"{MEDIA}content")] == [
        "https://files.example/Gauge%20%C3%A9.jpg",
        "https://files.example/table.xlsx",
    ]
    assert item.find(f"{MEDIA}thumbnail").get("url") == "https://files.example/Gauge%20%C3%A9.jpg"
    assert item.find(f"{MEDIA}group") is None


def test_a_file_of_unknown_length_and_type_is_announced_as_such() -> None:
    [item] = rss(release(1, enclosures=(Enclosure("https://files.example/data", "nonsense"),))).findall(
        "item"
    )
    enclosure = item.find("enclosure")
    assert (enclosure.get("length"), enclosure.get("type")) == ("0", "application/octet-stream")


def test_items_stand_in_the_order_given() -> None:
    titles = [f"Release {number}" for number in (3, 1, 2)]
    releases = [release(number, headline=title) for number, title in enumerate(titles, 1)]
    assert [item.findtext("title") for item in rss(*releases).findall("item")] == titles
    assert [entry.findtext(f"{ATOM}title") for entry in atom(*releases).findall(f"{ATOM}entry")] == titles


# ----------------------------------------------------------------------------------------------------- Atom


def grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "data" / "atom.rng"))


def test_atom_is_valid_by_the_grammar_of_rfc_4287() -> None:
    for language in ("en", "fr", "ar"):
        grammar().assertValid(
            atom(release(1, language, enclosures=FILES, topics=("x",)), withdrawn(2), language=language)
        )


def test_the_grammar_finds_what_is_wrong() -> None:
    document = atom(release(1))
    document.find(f"{ATOM}entry").remove(document.find(f"{ATOM}entry/{ATOM}id"))
    assert not grammar().validate(document)


def test_an_atom_feed_says_who_and_where_it_is() -> None:
    document = atom(release(1, "fr"), language="fr")
    assert document.get(XML_LANG) == "fr"
    links = {link.get("rel"): dict(link.attrib) for link in document.findall(f"{ATOM}link")}
    assert links == {
        "self": {
            "href": "https://press.example.org/west-central-africa/fr/atom.xml",
            "rel": "self",
            "type": "application/atom+xml",
        },
        "alternate": {
            "href": "https://press.example.org/west-central-africa/fr/",
            "rel": "alternate",
            "type": "text/html",
            "hreflang": "fr",
        },
    }
    assert document.findtext(f"{ATOM}author/{ATOM}name") == "Veille des fleuves"
    assert document.find(f"{ATOM}generator").text == "pressfeed"


def test_an_atom_entry_has_one_alternate_and_whole_links() -> None:
    entry = atom(release(1, enclosures=FILES)).find(f"{ATOM}entry")
    links = [dict(link.attrib) for link in entry.findall(f"{ATOM}link")]
    assert links[0] == {
        "href": "https://press.example.org/releases/en/release-1/",
        "rel": "alternate",
        "type": "text/html",
        "hreflang": "en",
    }
    assert links[2] == {
        "href": "https://files.example/note.pdf",
        "rel": "enclosure",
        "type": "application/pdf",
        "length": "2000",
        "title": "Technical note",
    }
    assert [link["rel"] for link in links] == ["alternate", "enclosure", "enclosure", "enclosure"]
    assert entry.get(XML_LANG) == "en"
    assert entry.find(f"{ATOM}content").get("type") == "html"
    assert entry.find(f"{ATOM}summary").get("type") == "text"
    [country] = entry.findall(f"{ATOM}category")
    assert dict(country.attrib) == {"term": "GM", "scheme": "urn:iso:std:iso:3166", "label": "Gambia"}


def test_no_two_entries_share_a_moment_of_change() -> None:
    """Validators take equal dates for a mistake; a batch import makes many."""
    when = dt.datetime(2024, 7, 26, tzinfo=dt.UTC)
    same = [release(id, published_at=when, updated_at=when, created_at=when) for id in range(1, 31)]
    found = [entry.findtext(f"{ATOM}updated") for entry in atom(*same).findall(f"{ATOM}entry")]
    assert len(set(found)) == 30
    assert {dt.datetime.fromisoformat(text).replace(microsecond=0) for text in found} == {when}


# ----------------------------------------------------------------------------------------- life of an entry


def test_a_correction_keeps_the_id_moves_updated_and_says_so_first() -> None:
    before, after = feed_of(release(1)).entries[0], feed_of(corrected(1)).entries[0]
    assert after.id == before.id
    assert after.published == before.published
    assert after.updated == NOW > before.updated
    assert after.html.startswith("<p><strong>This release was corrected on 12 March 2026.")
    assert after.title == before.title


def test_the_office_s_own_words_reach_those_who_read_no_markup() -> None:
    said = "The number of villages is 40, not 14."
    [item] = as_json(replace(corrected(1), note=said))["items"]
    notice, text = item["content_text"].split("\n\n", 1)
    assert notice.startswith("This release was corrected on 12 March 2026.")
    assert notice.endswith(said)
    assert text == as_json(release(1))["items"][0]["content_text"]
    [item] = as_json(replace(withdrawn(1), note="The gauge was broken."))["items"]
    assert item["content_text"] == item["summary"]
    assert item["summary"].endswith("The gauge was broken.")


def test_a_withdrawal_is_a_last_version_and_a_tombstone() -> None:
    body = "Mariama Jallow"
    document = atom(withdrawn(1, enclosures=FILES))
    [stone] = document.findall(f"{AT}deleted-entry")
    entry = document.find(f"{ATOM}entry")
    assert stone.get("ref") == entry.findtext(f"{ATOM}id")
    assert stone.get("when") == "2026-03-12T06:30:00+00:00"
    assert stone.findtext(f"{AT}comment") == entry.findtext(f"{ATOM}summary")
    assert entry.findtext(f"{ATOM}title").startswith("Withdrawn: Early warnings")
    for write in (feeds.rss, feeds.atom, feeds.jsonfeed):
        told = write(feed_of(withdrawn(1, enclosures=FILES))).decode()
        assert body not in told
        assert "note.pdf" not in told
        assert "This release was withdrawn on 12 March 2026." in told


def test_public_releases_have_no_tombstone() -> None:
    assert atom(release(1), corrected(2)).findall(f"{AT}deleted-entry") == []


# ------------------------------------------------------------------------------------------------- contents


def test_an_entry_carries_the_full_text_with_notes_files_boilerplate_and_contacts() -> None:
    entry = feed_of(
        release(
            1,
            enclosures=FILES,
            footnotes=("Census of 2024.",),
            contacts=(Contact("Isatou Ceesay", "Banjul", "+220 439 21 07", "i@press.example"),),
        )
    ).entries[0]
    tree = html.fragment_fromstring(entry.html, create_parent=True)
    assert [heading.text for heading in tree.iter("h2")] == [
        "Notes",
        "Files",
        "About River Watch",
        "Media contacts",
    ]
    links = [link.get("href") for link in tree.iter("a")]
    assert links == [
        "https://files.example/note.pdf",
        "https://files.example/table.xlsx",
        "tel:+2204392107",
        "mailto:i@press.example",
    ]
    assert "costs less in a year than one day of emergency food" in entry.html
    assert [image.get("src") for image in tree.iter("img")] == ["https://files.example/Gauge%20%C3%A9.jpg"]
    assert not {name for element in tree.iter() for name in element.attrib} & {"class", "style", "id"}
    assert entry.summary.startswith("Text messages in five languages")


def test_every_address_in_a_feed_is_absolute_and_ascii() -> None:
    body = '<p><a href="/local">a</a><a href="https://example.org/é">b</a><img src="pic.jpg" alt=""></p>'
    one = release(1, body_html=body, enclosures=(Enclosure("relative.pdf"), Enclosure("ftp://x/y")))
    for tree in (rss(one), atom(one)):
        values = [
            value
            for element in tree.iter()
            for name, value in element.attrib.items()
            if name in {"href", "url", "src", "ref", "uri"}
        ]
        values += [element.text for element in tree.iter("link", "guid", f"{ATOM}id", f"{ATOM}uri", "docs")]
        for value in filter(None, values):
            assert value.isascii()
            assert value.startswith(("https://", "http://", "urn:uuid:"))
    inside = html.fragment_fromstring(feed_of(one).entries[0].html, create_parent=True)
    assert "https://example.org/%C3%A9" in [link.get("href") for link in inside.iter("a")]
    assert [image.get("src") for image in inside.iter("img")] == [None]
    assert as_json(one)["items"][0].get("attachments") is None


def test_texts_that_only_look_like_markup_stay_texts() -> None:
    headline = "AT&T <b>wins</b> ]]> \x00\x0b\x85case"
    for title in (
        rss(release(1, headline=headline)).findtext("item/title"),
        atom(release(1, headline=headline)).findtext(f"{ATOM}entry/{ATOM}title"),
        as_json(release(1, headline=headline))["items"][0]["title"],
    ):
        assert title == "AT&T ‹b>wins‹/b> ]]> case"


def test_a_release_that_says_nothing_of_itself_still_makes_a_whole_entry() -> None:
    bare = release(1, headline="", subhead="", place="", date=None, body_html="", body_text="", contacts=())
    entry = feed_of(bare, about={}).entries[0]
    assert entry.title == entry.summary == "Untitled release"
    grammar().assertValid(atom(bare))
    assert rss(bare).findtext("item/description") == "Untitled release"


def test_a_named_author_wins_over_the_newsroom() -> None:
    assert feed_of(release(1, author="Mariama Jallow")).entries[0].author == "Mariama Jallow"
    assert as_json(release(1, author="Mariama Jallow"))["items"][0]["authors"] == [{"name": "Mariama Jallow"}]


def test_a_release_without_publication_time_is_no_entry() -> None:
    one = site()
    with pytest.raises(ValueError, match="no publication time"):
        feeds.entry(
            replace(release(1), published_at=None),
            html="",
            url="https://press.example.org/x/",
            author="x",
            texts=one.texts("en"),
        )


# ------------------------------------------------------------------------------------------------ JSON Feed

ITEM_KEYS = {
    "id": str, "url": str, "title": str, "summary": str, "content_html": str, "content_text": str,
    "date_published": str, "date_modified": str, "authors": list, "language": str, "tags": list,
    "attachments": list, "image": str,
}  # fmt: skip


def test_json_feed_keeps_to_version_1_1() -> None:
    data = as_json(release(1, enclosures=FILES, topics=("floods",)), withdrawn(2))
    assert data["version"] == "https://jsonfeed.org/version/1.1"
    assert data["home_page_url"] == "https://press.example.org/west-central-africa/en/"
    assert data["feed_url"] == "https://press.example.org/west-central-africa/en/feed.json"
    assert data["language"] == "en"
    assert data["authors"] == [{"name": "River Watch", "url": "https://press.example.org/en/"}]
    for item in data["items"]:
        assert {key: type(value) for key, value in item.items()} == {key: ITEM_KEYS[key] for key in item}
        for key in ("date_published", "date_modified"):
            assert dt.datetime.fromisoformat(item[key]).tzinfo is not None
    first = data["items"][0]
    assert first["attachments"][1] == {
        "url": "https://files.example/note.pdf",
        "mime_type": "application/pdf",
        "title": "Technical note",
        "size_in_bytes": 2000,
    }
    assert first["attachments"][2] == {
        "url": "https://files.example/table.xlsx",
        "mime_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
    assert first["image"] == "https://files.example/Gauge%20%C3%A9.jpg"
    assert first["tags"] == ["Gambia", "floods"]
    assert first["content_text"].startswith("When the gauges at Basse")


# ----------------------------------------------------------------------------------------------------- OPML


def test_opml_lists_every_region_once_in_each_language() -> None:
    coverage = Coverage.of(("en", "fr"), regions(), [])
    root = etree.fromstring(channels().opml(coverage, ()))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "River Watch: all feeds"
    folders = {folder.get("text"): folder for folder in root.find("body")}
    assert list(folders) == ["English", "français", "العربية", "español"]
    feeds_found = root.findall("body/outline/outline")
    urls = [outline.get("xmlUrl") for outline in feeds_found]
    assert len(urls) == len(set(urls)) == sum(map(len, coverage.regions.values())) + len(folders)
    for outline in feeds_found:
        assert outline.get("type") == "rss"
        assert outline.get("text") == outline.get("title")
        assert outline.get("htmlUrl") + "rss.xml" == outline.get("xmlUrl")


def test_opml_of_one_language_has_no_folders() -> None:
    root = etree.fromstring(channels().opml(Coverage.of(("en", "fr"), regions(), []), (), "fr"))
    assert {outline.get("language") for outline in root.findall("body/outline")} == {"fr"}


def test_entries_are_made_once_for_all_feeds() -> None:
    one = channels()
    first: Entry = one.feed(Channel("en", "global"), [release(1)]).entries[0]
    assert one.feed(Channel("en", "west-central-africa"), [release(1)]).entries[0] is first
