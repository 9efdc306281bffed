"""A release as a file to take along: plain text, Markdown, ninjs; and what JSON says, by its schemas."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from pressfeed import feeds, intake
from pressfeed.domain import Content, Status
from pressfeed.publish.build import build
from pressfeed.site import Downloads, Site, Translation
from tests.unit.factories import NOW, TEXTS, regions, release
from tests.unit.intake_room import SETTING, document
from tests.unit.json_schemas import JSON_FEED, NINJS
from tests.unit.newsroom import UID, MemoryStore, config
from tests.unit.test_feeds import FILES, corrected, feed_of, withdrawn
from tests.unit.test_feeds_properties import contents, made, statuses

HOSTILE = ("<script", "<iframe", "<style", "javascript:", "onerror", "onload", "onclick", "<svg", "<base")


def downloads() -> Downloads:
    return Downloads(Site(config(), regions(), UID))


def valid(schema: dict[str, Any], value: Any) -> None:
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(value)


def test_the_text_is_the_whole_release() -> None:
    one = release(1, enclosures=FILES, footnotes=("Census of 2024.",))
    text = downloads().text(one).decode()
    lines = text.split("\n\n")
    assert lines[:3] == [one.content.headline, one.content.subhead, "Banjul, 11 March 2026"]
    for part in (one.content.body_text, "Census of 2024.", "https://files.example/note.pdf", "Isatou Ceesay"):
        assert part in text
    assert lines[-1] == "https://press.example.org/releases/en/release-1/\n"


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_markdown_comes_back_through_the_intake(language: str) -> None:
    one = release(1, language, enclosures=FILES[1:], topics=("R&D: rivers", "floods"))
    data = downloads().markdown(one)
    [reading] = intake.read(document(data, "release.md"), SETTING, intake.Overrides(), intake.Memory())
    content = reading.content
    assert content.headline == one.content.headline
    assert content.language == language
    assert content.topics == one.content.topics
    assert reading.published_at == one.published_at
    for paragraph in one.content.body_text.split("\n\n"):
        assert paragraph in content.body_text


def test_what_looks_like_an_entity_stays_as_it_is_written() -> None:
    said = "Write &copy; or &#169; or &#xA9; for ©, R&D; and AT&T, a &amp b & c"
    written = feeds.markdown(f"<p>{escape(said)}</p>")
    assert written == r"Write \&copy; or \&#169; or \&#xA9; for ©, R\&D; and AT&T, a &amp b & c"
    page = MarkdownIt("commonmark").render(written)
    assert unescape(page.removeprefix("<p>").removesuffix("</p>\n")) == said


def test_markdown_keeps_what_html_marks() -> None:
    html = (
        "<h2>What <em>rose</em></h2><p>A <b>dam</b>, 5 * 3 [sic], <a href='https://x.example/a_b'>here</a>."
        "<br>1. not a list</p><ul><li>one</li><li>two<ul><li>deep</li></ul></li></ul>"
        "<ol start='3'><li>x</li></ol>"
        "<blockquote><p>So it is.</p></blockquote><pre>a  b</pre>"
        "<table><tr><th>River</th><th>m</th></tr><tr><td>Niger</td><td>6|7</td></tr></table>"
    )
    assert feeds.markdown(html) == (
        "## What *rose*\n\n"
        "A **dam**, 5 \\* 3 \\[sic\\], [here](https://x.example/a_b).\\\n1\\. not a list\n\n"
        "- one\n- two\n  - deep\n\n3. x\n\n> So it is.\n\n    a  b\n\n"
        "| River | m |\n| --- | --- |\n| Niger | 6\\|7 |"
    )
    assert feeds.markdown("") == ""


def test_agencies_get_ninjs() -> None:
    one = release(1, enclosures=FILES, topics=("floods",), author="Mariama Jallow")
    item = downloads().ninjs(one)
    valid(NINJS, item)
    assert (item["uri"], item["pubstatus"], item["version"]) == (f"urn:uuid:{one.uid}", "usable", "1")
    assert [body["contenttype"] for body in item["bodies"]] == ["text/html", "text/plain"]
    assert item["places"] == [{"name": "Gambia", "literal": "GM"}]
    assert [one["type"] for one in item["associations"]] == ["picture", "text", "text"]
    assert item["infosources"][1]["contactinfo"][0]["type"] == "phone"
    with pytest.raises(jsonschema.ValidationError):
        valid(NINJS, item | {"pubstatus": "withdrawn"})


def test_agencies_find_the_translations() -> None:
    one = release(1, enclosures=FILES)
    others = [
        Translation("fr", "la-crue", "7d1f0b1e"),
        Translation("en", one.slug, one.uid),
        Translation("ar", "release-3", "9c2a"),
    ]
    item = downloads().ninjs(one, others)
    valid(NINJS, item)
    assert [told["name"] for told in item["associations"][3:]] == ["translation-fr", "translation-ar"]
    assert item["associations"][3] == {
        "name": "translation-fr",
        "uri": "urn:uuid:7d1f0b1e",
        "type": "text",
        "representationtype": "partial",
        "language": "fr",
        "altids": [{"role": "web page", "value": "https://press.example.org/releases/fr/la-crue/"}],
    }
    # Taken in again they are no files.
    data = json.dumps(item).encode()
    [reading] = intake.read(document(data, "item.json"), SETTING, intake.Overrides(), intake.Memory())
    assert "la-crue" not in str(reading.content.enclosures)


def test_agencies_read_of_a_correction_what_the_office_says_of_it() -> None:
    item = downloads().ninjs(replace(corrected(1), note="The number of villages is 40."))
    valid(NINJS, item)
    assert item["ednote"].startswith("This release was corrected on 12 March 2026.")
    assert item["ednote"].endswith("The number of villages is 40.")
    assert "ednote" not in downloads().ninjs(release(1))


def test_a_withdrawn_release_is_canceled_and_says_nothing() -> None:
    item = downloads().ninjs(withdrawn(1, enclosures=FILES), [Translation("fr", "la-crue", "7d1f0b1e")])
    valid(NINJS, item)
    assert item["pubstatus"] == "canceled"
    assert not {"bodies", "associations", "places"} & item.keys()
    assert downloads().files(withdrawn(1))["release.txt"] is None


def test_json_feed_keeps_to_its_schema() -> None:
    feed = feed_of(release(1, enclosures=FILES, topics=("floods",)), corrected(2), withdrawn(3))
    archived = replace(
        feed, hub="https://hub.example/", archives=3, archive_url="https://press.example.org/x/feeds/"
    )
    for one in (feed, feed_of(), archived, replace(archived, number=2)):
        valid(JSON_FEED, json.loads(feeds.jsonfeed(one)))
    assert json.loads(feeds.jsonfeed(archived))["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    with pytest.raises(jsonschema.ValidationError):
        valid(JSON_FEED, {"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"id": 1}]})


@given(contents, statuses)
@settings(max_examples=80)
def test_whatever_a_release_says_its_files_are_valid_and_harmless(said: Content, status: Status) -> None:
    one, kit = made(said, status), downloads()
    item = kit.ninjs(one)
    valid(NINJS, item)
    for body in item.get("bodies", ()):
        if body["contenttype"] == "text/html":
            assert not [mark for mark in HOSTILE[:3] if mark in body["value"].lower()]
    if status is not Status.WITHDRAWN:
        kit.text(one).decode()
        front = kit.markdown(one).decode().split("---\n")[1]
        for line in front.strip().split("\n"):
            json.loads(line.partition(": ")[2])


def test_the_files_lie_beside_the_page_and_go_when_the_release_is_withdrawn(tmp_path: Path) -> None:
    newsroom, store = config(tmp_path), MemoryStore([release(1), release(2, headline="Another")])
    build(newsroom, regions(), store, NOW)
    folder = newsroom.public / "releases" / "en" / "release-1"
    names = {"index.html", "release.txt", "release.md", "release.ninjs.json"}
    assert {path.name for path in folder.iterdir() if path.suffix not in {".gz", ".br"}} == names
    items = json.loads((newsroom.public / "west-central-africa" / "en" / "ninjs.json").read_text("utf-8"))
    assert [item["version"] for item in items] == ["1", "1"]

    store.put(replace(store.kept[1], status=Status.WITHDRAWN, version=2, updated_at=NOW))
    build(newsroom, regions(), store, NOW)
    assert not (folder / "release.txt").exists() and not (folder / "release.md").exists()
    assert json.loads((folder / "release.ninjs.json").read_text("utf-8"))["pubstatus"] == "canceled"

    store.put(replace(store.kept[2], slug="moved"))
    build(newsroom, regions(), store, NOW)
    assert not (folder.parent / "release-2").exists()
    assert (folder.parent / "moved" / "release.txt").exists()
