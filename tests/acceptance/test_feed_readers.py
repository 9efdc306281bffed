"""What real readers make of the feeds: served over HTTP, through corrections, withdrawals and moves."""

from __future__ import annotations

import datetime as dt
import functools
import http.server
import itertools
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
import feedparser_sgmllib
import pytest
from lxml import html
from reader import make_reader

from pressfeed.config import Config
from pressfeed.domain import Enclosure, Release, Status
from pressfeed.publish.build import build
from tests.unit.factories import NOW, TEXTS, regions, release
from tests.unit.newsroom import MemoryStore, config

# reader's own copy of feedparser asks for it by its former name.
sys.modules.setdefault("sgmllib", feedparser_sgmllib)

HOUR = dt.timedelta(hours=1)
FILES = ("rss.xml", "atom.xml")


@pytest.fixture
def newsroom(tmp_path: Path) -> Config:
    return config(tmp_path)


@pytest.fixture
def served(newsroom: Config) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    newsroom.public.mkdir()
    handler = functools.partial(Quiet, directory=str(newsroom.public))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def releases() -> list[Release]:
    """Three stories in every language, one of them corrected, one withdrawn."""
    found = []
    for number, status in enumerate((Status.PUBLISHED, Status.CORRECTED, Status.WITHDRAWN)):
        for language in TEXTS:
            when = NOW - (number + 1) * HOUR
            found.append(
                release(
                    len(found) + 1,
                    language,
                    story=f"story-{number}",
                    status=status,
                    version=1 if status is Status.PUBLISHED else 2,
                    published_at=when,
                    updated_at=when if status is Status.PUBLISHED else NOW,
                    created_at=when,
                    enclosures=(Enclosure("https://files.example/a b.pdf", "application/pdf", 2000, "Note"),),
                    author="Mariama Jallow" if number == 0 else "",
                )
            )
    return found


Told = dict[str, Any]


def by_feedparser(path: Path) -> list[Told]:
    parsed = feedparser.parse(path.read_bytes())
    assert not parsed.bozo
    return [
        {
            "id": entry.id,
            "link": entry.link,
            "title": entry.title,
            "published": dt.datetime(*entry.published_parsed[:6], tzinfo=dt.UTC),
            "updated": dt.datetime(*entry.updated_parsed[:6], tzinfo=dt.UTC),
            "enclosures": [file.href for file in entry.enclosures],
            "author": entry.author,
            "language": entry.get("language") or entry.content[0].language,
            "content": entry.content[0].value,
        }
        for entry in parsed.entries
    ]


def by_fastfeedparser(path: Path) -> list[Told]:
    parsed = fastfeedparser.parse(path.read_bytes())
    return [
        {
            "id": entry["id"],
            "link": entry["link"],
            "title": entry["title"],
            "published": dt.datetime.fromisoformat(entry["published"]),
            "updated": dt.datetime.fromisoformat(entry["updated"]).replace(microsecond=0),
            "enclosures": [file["url"] for file in entry.get("enclosures", ())]
            + [link["href"] for link in entry["links"] if link["rel"] == "enclosure"],
            "author": entry["author"],
        }
        for entry in parsed.entries
    ]


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_readers_agree_on_every_feed(newsroom: Config, language: str) -> None:
    build(newsroom, regions(), MemoryStore(releases()), NOW)
    folder = newsroom.public / "global" / language
    expected = [one for one in releases() if one.content.language == language]
    told = by_feedparser(folder / "atom.xml")
    assert [entry["id"] for entry in told] == [f"urn:uuid:{one.uid}" for one in expected]
    for entry, one in zip(told, expected, strict=True):
        assert entry["link"] == f"https://press.example.org/releases/{language}/{one.slug}/"
        assert entry["title"].endswith(one.content.headline)
        assert entry["published"] == one.published_at
        assert entry["updated"] == one.last_changed
        assert entry["language"] == language
        assert entry["author"] == one.content.author or newsroom.name_in(language)
        assert entry["enclosures"] == (
            [] if one.status is Status.WITHDRAWN else ["https://files.example/a%20b.pdf"]
        )
    assert by_feedparser(folder / "rss.xml") == told
    short = [{key: entry[key] for key in entry if key not in {"language", "content"}} for entry in told]
    assert by_fastfeedparser(folder / "rss.xml") == short
    assert by_fastfeedparser(folder / "atom.xml") == short


@pytest.mark.parametrize("file", FILES)
def test_a_reader_sees_the_life_of_a_release_and_nothing_twice(
    newsroom: Config, served: str, file: str
) -> None:
    store = MemoryStore([release(1), release(2, headline="Another", published_at=NOW - HOUR)])
    reader = make_reader(":memory:")
    clock = itertools.count(1_700_000_000)
    address = f"{served}/west-central-africa/en/{file}"

    def look(newsroom: Config = newsroom) -> dict[str, Any]:
        for path in build(newsroom, regions(), store, NOW).written:
            moment = next(clock)  # Last-Modified counts seconds, and these builds follow each other at once
            os.utime(newsroom.public / path, (moment, moment))
        for update in reader.update_feeds_iter(scheduled=False):
            assert not isinstance(update.value, Exception), update
        return {entry.id: entry for entry in reader.get_entries()}

    reader.add_feed(address)
    first = look()
    own = f"urn:uuid:{release(1).uid}"
    assert len(first) == 2
    assert first[own].title == release(1).content.headline
    assert reader.get_feed(address).title == "River Watch – West and Central Africa"
    assert "Mariama Jallow" in first[own].get_content().value

    store.put(release(1, status=Status.CORRECTED, version=2, updated_at=NOW, body_html="<p>Now right.</p>"))
    after = look()
    assert after.keys() == first.keys()
    assert after[own].updated == NOW
    assert after[own].published == first[own].published
    assert after[own].get_content().value.startswith("<p><strong>This release was corrected")
    assert "Now right." in after[own].get_content().value

    store.put(replace(store.kept[1], slug="a-better-address"))
    moved = look(replace(newsroom, base_url="http://elsewhere.example/press"))
    assert moved.keys() == first.keys()
    assert moved[own].link == "http://elsewhere.example/press/releases/en/a-better-address/"

    store.put(replace(store.kept[1], status=Status.WITHDRAWN, version=3, updated_at=NOW + HOUR))
    gone = look()
    assert gone.keys() == first.keys()
    assert gone[own].title == f"Withdrawn: {release(1).content.headline}"
    assert "Now right." not in gone[own].get_content().value


def test_any_page_leads_a_reader_to_its_feeds(newsroom: Config) -> None:
    build(newsroom, regions(), MemoryStore(releases()), NOW)
    pages = list(newsroom.public.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        links = feedparser.parse(page.read_bytes()).feed.get("links", [])
        feeds = [link for link in links if link.get("type") == "application/rss+xml"]
        assert feeds, page
        for feed in feeds:
            path = newsroom.public / feed.href.removeprefix("https://press.example.org/")
            assert feedparser.parse(path.read_bytes()).version == "rss20"


def test_nothing_in_public_points_to_a_file_that_is_not_there(newsroom: Config) -> None:
    build(newsroom, regions(), MemoryStore(releases()), NOW)
    checked = 0
    for page in newsroom.public.rglob("*.html"):
        if page.name == "404.html":
            continue
        tree = html.document_fromstring(page.read_bytes())
        for href in [*tree.xpath("//a/@href"), *tree.xpath("//head/link/@href")]:
            target = href.removeprefix("https://press.example.org/")
            folder = newsroom.public if target != href else page.parent
            if ":" in target or target.startswith("#"):
                continue
            path = folder / target.partition("#")[0].partition("?")[0]
            if path.resolve().relative_to(newsroom.public.resolve()).parts[:1] == ("subscribe",):
                continue  # no file: the web application answers
            assert (path / "index.html" if path.is_dir() else path).is_file(), (page, href)
            checked += 1
    assert checked > 500
