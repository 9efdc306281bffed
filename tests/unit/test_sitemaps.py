"""Sitemaps: every page once, its translations in both directions, and as news only what is new."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree, html

from pressfeed.config import Config
from pressfeed.domain import Status
from pressfeed.publish.build import build
from pressfeed.publish.builder import Builder
from pressfeed.publish.newsroom import create
from pressfeed.store import Store
from tests.unit.factories import NOW, content, regions, release
from tests.unit.newsroom import MemoryStore, config

BASE = "https://press.example.org/"
SPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
    "x": "http://www.w3.org/1999/xhtml",
}
DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def newsroom(tmp_path: Path) -> Config:
    return config(tmp_path, compress=())


def made(newsroom: Config, store: MemoryStore, now: dt.datetime = NOW) -> None:
    build(newsroom, regions(), store, now)


def elements(newsroom: Config, path: str) -> list[Any]:
    """The places in a sitemap."""
    return list(etree.fromstring((newsroom.public / path).read_bytes()))


def said(element: Any, path: str) -> str:
    """The one text that a place has at a path."""
    (found,) = element.xpath(f"{path}/text()", namespaces=SPACES)
    return str(found)


def news(newsroom: Config) -> list[str]:
    return [
        said(one, "s:loc").removeprefix(f"{BASE}releases/") for one in elements(newsroom, "sitemaps/news.xml")
    ]


def test_the_news_sitemap_says_what_google_asks_for(newsroom: Config) -> None:
    at = NOW - DAY
    told = [
        release(1, headline="Dams & “gauges”  <new>", published_at=at),
        release(2, "zh", headline="河流", published_at=at - SECOND),
        release(3, "fr", headline="Crues", published_at=at - 2 * SECOND),
    ]
    made(newsroom, MemoryStore(told))
    first, second, third = elements(newsroom, "sitemaps/news.xml")
    assert [said(first, f"n:news/{path}") for path in (
        "n:publication/n:name", "n:publication/n:language", "n:publication_date", "n:title"
    )] == ["River Watch", "en", at.isoformat(), "Dams & “gauges” <new>"]  # fmt: skip
    assert said(first, "s:loc") == f"{BASE}releases/en/release-1/"
    # “An ISO 639 language code; use zh-cn for Simplified Chinese”
    assert said(second, "n:news/n:publication/n:language") == "zh-cn"
    assert said(third, "n:news/n:publication/n:name") == "Veille des fleuves"


def test_the_news_sitemap_has_the_public_of_the_last_two_days_and_no_others(newsroom: Config) -> None:
    moments = {1: NOW, 2: NOW - DAY, 3: NOW - 2 * DAY + SECOND, 4: NOW - 2 * DAY, 5: NOW - 9 * DAY}
    store = MemoryStore(release(id, published_at=at, updated_at=at) for id, at in moments.items())
    store.put(release(6, published_at=NOW, embargo_until=NOW + DAY))
    store.put(release(7, published_at=NOW - DAY, updated_at=NOW, status=Status.WITHDRAWN))
    made(newsroom, store)
    assert news(newsroom) == ["en/release-1/", "en/release-2/", "en/release-3/"]
    made(newsroom, store, NOW + DAY)
    assert news(newsroom) == ["en/release-1/", "en/release-6/"]
    made(newsroom, store, NOW + 9 * DAY)
    assert news(newsroom) == []
    store.put(replace(store.kept[5], version=2, status=Status.CORRECTED, updated_at=NOW + 9 * DAY))
    made(newsroom, store, NOW + 9 * DAY)
    assert news(newsroom) == [], "a correction of something old is no news"


def test_a_running_newsroom_takes_out_what_is_no_news_any_more(tmp_path: Path) -> None:
    create(tmp_path / "room")
    with Store(tmp_path / "room/db/pressfeed.sqlite3", create=True) as store, store.transaction():
        for number, at in ((1, NOW), (2, NOW - DAY)):
            store.releases.add(
                content("en", regions=("global",)), story=None, slug=f"release-{number}", source="test",
                status=Status.PUBLISHED, now=at, reason="new", published_at=at,
            )  # fmt: skip
    builder = Builder(tmp_path / "room", {})
    builder.open()
    file = tmp_path / "room/public/sitemaps/news.xml"
    counts = []
    for moment in (NOW, NOW + DAY - SECOND, NOW + DAY, NOW + 2 * DAY - SECOND, NOW + 2 * DAY, NOW + 9 * DAY):
        result = builder.look(moment)
        counts.append((result is not None, file.read_bytes().count(b"<loc>")))
    builder.close()
    assert counts == [(True, 2), (False, 2), (True, 1), (False, 1), (True, 0), (False, 0)]


def test_sitemaps_name_every_page_once_and_agree_with_it_on_its_translations(newsroom: Config) -> None:
    store = MemoryStore(
        release(id, code, story=story, published_at=NOW - id * 20 * DAY, topics=("Early warning",))
        for id, (code, story) in enumerate(
            [("en", "a"), ("fr", "a"), ("ar", "a"), ("es", "b"), ("en", "b"), ("zh", "c")], start=1
        )
    )
    store.put(release(9, status=Status.WITHDRAWN))
    made(newsroom, store)
    listed = [said(one, "s:loc") for one in elements(newsroom, "sitemap.xml")]
    assert sorted(listed) == sorted(
        BASE + path.relative_to(newsroom.public).as_posix() for path in newsroom.public.glob("sitemaps/*.xml")
    )
    assert f"Sitemap: {BASE}sitemap.xml" in (newsroom.public / "robots.txt").read_text("ascii")

    alternates = {}
    for file in newsroom.public.rglob("*.html"):
        path = file.relative_to(newsroom.public).as_posix().removesuffix("index.html")
        links = html.fromstring(file.read_bytes()).xpath("//link[@rel='alternate'][@hreflang][not(@type)]")
        alternates[BASE + path] = {link.get("hreflang"): link.get("href") for link in links}
    for page, links in alternates.items():
        assert not links or page in links.values(), page
        for other in links.values():
            assert alternates[other] == links, (page, other)

    places = [
        one
        for path in listed
        if not path.endswith("news.xml")
        for one in elements(newsroom, path.removeprefix(BASE))
    ]
    named = [said(one, "s:loc") for one in places]
    assert len(named) == len(set(named))
    unnamed = {BASE + "404.html", BASE + "releases/en/release-9/"}  # and the months of archives
    assert {page for page in alternates if "/20" not in page} - set(named) == unnamed
    for one, page in zip(places, named, strict=True):
        links = {link.get("hreflang"): link.get("href") for link in one.findall("x:link", SPACES)}
        assert links == {} or links == {k: v for k, v in alternates[page].items() if k != "x-default"}, page
        assert bool(links) == (len(alternates[page]) > 1) or page == BASE, page
