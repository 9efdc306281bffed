"""Feeds in the long run: archive documents (RFC 5005), regions that end, releases that move."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pressfeed.config import Config
from pressfeed.domain import Regions, Release, Status
from pressfeed.publish import moves
from pressfeed.publish.build import BuildResult, build
from pressfeed.site.channels import CLOSING, next_end
from tests.unit.factories import NOW, regions, release
from tests.unit.feed_rules import complaints
from tests.unit.newsroom import MemoryStore, config

ATOM = "{http://www.w3.org/2005/Atom}"
FH = "{http://purl.org/syndication/history/1.0}"
HOUR = dt.timedelta(hours=1)
BASE = "https://press.example.org/"
PLACE = "west-central-africa/en/"


@pytest.fixture
def newsroom(tmp_path: Path) -> Config:
    return config(tmp_path, feed_size=4, compress=())


def many(count: int) -> list[Release]:
    """Releases 1 (the oldest) to count."""
    moments = {id: NOW - (count - id) * HOUR for id in range(1, count + 1)}
    return [
        release(id, published_at=at, updated_at=at, created_at=at, topics=("Early warning",))
        for id, at in moments.items()
    ]


def run(
    newsroom: Config, store: MemoryStore, tree: Regions | None = None, now: dt.datetime = NOW
) -> BuildResult:
    return build(newsroom, tree or regions(), store, now)


def tree_of(newsroom: Config, path: str) -> Any:
    return etree.fromstring((newsroom.public / path).read_bytes())


def ids(newsroom: Config, path: str) -> list[int]:
    """The numbers of the releases that an Atom document holds, in its order."""
    root = tree_of(newsroom, path)
    return [
        int(entry.text.rpartition("-")[2], 16)
        for entry in root.iter(f"{ATOM}id")
        if entry.getparent() is not root
    ]


def links(newsroom: Config, path: str) -> dict[str, str]:
    """The links of a feed by relation, below the newsroom's address."""
    root = tree_of(newsroom, path)
    parent = root if root.tag == f"{ATOM}feed" else root[0]
    return {link.get("rel"): link.get("href").removeprefix(BASE) for link in parent.findall(f"{ATOM}link")}


def followed(newsroom: Config, path: str) -> list[int]:
    """Every release that somebody finds who follows a feed back through its archive."""
    found, at = [], path
    while at:
        found += ids(newsroom, at)
        at = links(newsroom, at).get("prev-archive", "")
    return found


def test_a_feed_that_holds_everything_has_no_archive(newsroom: Config) -> None:
    run(newsroom, MemoryStore(many(4)))
    assert "prev-archive" not in links(newsroom, f"{PLACE}atom.xml")
    assert "next_url" not in json.loads((newsroom.public / PLACE / "feed.json").read_text("utf-8"))
    assert not (newsroom.public / PLACE / "feeds").exists()


@pytest.mark.parametrize("count", [5, 8, 9, 12, 13, 30])
def test_the_newest_are_in_the_feed_and_all_are_found_behind_it(newsroom: Config, count: int) -> None:
    run(newsroom, MemoryStore(many(count)))
    for place in (PLACE, "global/en/", "en/", "topics/en/early-warning/"):
        assert ids(newsroom, f"{place}atom.xml") == list(range(count, count - 4, -1))
        assert set(followed(newsroom, f"{place}atom.xml")) == set(range(1, count + 1))
    data, found = json.loads((newsroom.public / PLACE / "feed.json").read_text("utf-8")), set()
    while True:
        found |= {item["id"] for item in data["items"]}
        if "next_url" not in data:
            break
        data = json.loads((newsroom.public / data["next_url"].removeprefix(BASE)).read_text("utf-8"))
    assert len(found) == count


def test_archive_documents_are_linked_in_both_directions(newsroom: Config) -> None:
    run(newsroom, MemoryStore(many(13)))
    for file in ("atom.xml", "rss.xml"):
        at = {number: f"{PLACE}feeds/{number}/{file}" for number in (1, 2, 3, 4)}
        assert links(newsroom, PLACE + file)["prev-archive"] == at[3]
        assert links(newsroom, at[3]) | {"alternate": ""} == {
            "self": at[3],
            "current": PLACE + file,
            "prev-archive": at[2],
            "next-archive": at[4],
            "alternate": "",
        }
        assert "prev-archive" not in links(newsroom, at[1])
        assert [tree_of(newsroom, at[n]).find(f".//{FH}archive") is not None for n in at] == [True] * 3 + [
            False
        ]
        assert "next-archive" not in links(newsroom, at[4])
    assert ids(newsroom, f"{PLACE}feeds/4/atom.xml") == []
    assert tree_of(newsroom, f"{PLACE}feeds/1/atom.xml").findtext(f"{ATOM}id") == tree_of(
        newsroom, f"{PLACE}atom.xml"
    ).findtext(f"{ATOM}id")


def test_the_validator_has_nothing_to_say_of_any_document(newsroom: Config) -> None:
    run(newsroom, MemoryStore(many(13)))
    found = [path for file in ("rss.xml", "atom.xml") for path in newsroom.public.rglob(file)]
    assert len(found) > 40
    for path in found:
        address = BASE + str(path.relative_to(newsroom.public))
        assert complaints(path.read_bytes(), address) == [], path


def test_what_is_in_the_archive_never_changes(newsroom: Config) -> None:
    store = MemoryStore(many(9))
    run(newsroom, store)

    def archived() -> dict[str, bytes]:
        held = [path for path in newsroom.public.rglob("feeds/*/*") if b"archive/>" in path.read_bytes()]
        return {str(path): path.read_bytes() for path in held}

    before = archived()
    assert before
    for id in range(10, 22):
        moment = NOW + id * HOUR
        store.put(release(id, published_at=moment, updated_at=moment))
        run(newsroom, store, now=moment)
        now = archived()
        assert before.items() <= now.items()
        before = now
    assert set(followed(newsroom, f"{PLACE}atom.xml")) == set(range(1, 22))


def test_a_release_with_an_old_date_is_still_told(newsroom: Config) -> None:
    store = MemoryStore(many(9))
    run(newsroom, store)
    old = NOW - 1000 * HOUR
    store.put(release(50, published_at=old, updated_at=NOW))
    result = run(newsroom, store)
    assert ids(newsroom, f"{PLACE}atom.xml") == [9, 8, 7, 6, 50]
    assert not [path for path in result.written if "/feeds/" in path]


def test_a_correction_and_a_withdrawal_reach_the_archive_and_the_feed(newsroom: Config) -> None:
    store = MemoryStore(many(13))
    run(newsroom, store)
    store.put(replace(store.kept[2], status=Status.WITHDRAWN, version=2, updated_at=NOW))
    result = run(newsroom, store)
    assert ids(newsroom, f"{PLACE}atom.xml") == [13, 12, 11, 10, 2]
    assert ids(newsroom, f"{PLACE}feeds/1/atom.xml") == [4, 3, 2, 1]
    assert [path for path in result.written if path.startswith(f"{PLACE}feeds/")] == [
        f"{PLACE}feeds/1/{file}" for file in ("atom.xml", "feed.json", "rss.xml")
    ]
    titles = [title.text for title in tree_of(newsroom, f"{PLACE}feeds/1/atom.xml").iter(f"{ATOM}title")]
    assert titles[3].startswith("Withdrawn: ")


def test_an_embargo_holds_in_the_archive(newsroom: Config) -> None:
    store = MemoryStore(many(13))
    run(newsroom, store)
    store.put(replace(store.kept[2], embargo_until=NOW + HOUR))
    run(newsroom, store)
    assert ids(newsroom, f"{PLACE}feeds/1/atom.xml") == [4, 3, 1]


# ------------------------------------------------------------------------------------------ regions that end


def ending(**values: Any) -> Regions:
    found = regions()
    return Regions(
        tuple(replace(one, **values) if one.slug == "west-central-africa" else one for one in found.all)
    )


def test_a_region_that_ends_says_so_then_is_gone_and_points_elsewhere(newsroom: Config) -> None:
    store = MemoryStore(many(6))
    run(newsroom, store)
    end = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    tree = ending(ended=end.date(), successor="south-america")
    ended_at = tree.get("west-central-africa").ended_at
    assert ended_at is not None
    run(newsroom, store, tree, ended_at - HOUR)
    assert len(ids(newsroom, f"{PLACE}atom.xml")) == 4
    assert next_end(tree.all, ended_at - HOUR) == ended_at

    run(newsroom, store, tree, ended_at)
    root = tree_of(newsroom, f"{PLACE}atom.xml")
    first = root.find(f"{ATOM}entry")
    assert first.findtext(f"{ATOM}title") == "Ended: River Watch – West and Central Africa"
    assert first.find(f"{ATOM}link").get("href") == f"{BASE}south-america/en/"
    assert first.findtext(f"{ATOM}updated") == ended_at.isoformat()
    for file in ("rss.xml", "atom.xml"):
        assert complaints((newsroom.public / PLACE / file).read_bytes(), BASE + PLACE + file) == []
    first_id = first.findtext(f"{ATOM}id")
    run(newsroom, store, tree, ended_at + 10 * HOUR)
    assert tree_of(newsroom, f"{PLACE}atom.xml").findtext(f"{ATOM}entry/{ATOM}id") == first_id

    later = ended_at + CLOSING
    assert next_end(tree.all, ended_at) == later
    run(newsroom, store, tree, later)
    assert not (newsroom.public / PLACE / "atom.xml").exists()
    assert (newsroom.public / PLACE / "index.html").exists()
    gone = moves.read((newsroom.public / moves.GONE).read_bytes())
    assert gone[f"/{PLACE}rss.xml"] == "/south-america/en/"
    assert gone["/west-central-africa/fr/rss.xml"] == "/global/fr/"  # what the successor does not speak
    assert f"/{PLACE}feeds/1/atom.xml" in gone
    pages = [path.read_text("utf-8") for path in newsroom.public.rglob("*.html")]
    assert not [page for page in pages if "west-central-africa/en/rss.xml" in page]
    assert "west-central-africa" not in (newsroom.public / "en" / "feeds.opml").read_text("utf-8")
    assert run(newsroom, store, tree, later).written == ()


def test_a_region_without_a_schedule_is_gone_at_once_and_may_come_back(newsroom: Config) -> None:
    store = MemoryStore(many(6))
    run(newsroom, store)
    fewer = Regions(tuple(one for one in regions().all if one.slug != "west-central-africa"))
    run(newsroom, store, fewer)
    gone = moves.read((newsroom.public / moves.GONE).read_bytes())
    assert gone[f"/{PLACE}"] == "/en/"
    assert gone[f"/{PLACE}rss.xml"] == "/en/"
    run(newsroom, store)
    assert (newsroom.public / moves.GONE).read_bytes() == b""
    assert store.gone() == []


# --------------------------------------------------------------------------------------- releases that move


def test_a_release_that_moved_leads_from_its_old_address_to_the_new_one(newsroom: Config) -> None:
    store = MemoryStore(many(1))
    store.put(replace(store.kept[1], slug="now"))
    store.moved = [(1, "en", "first"), (1, "en", "second"), (7, "en", "of-an-embargoed-one")]
    run(newsroom, store)
    moved = moves.read((newsroom.public / moves.MOVED).read_bytes())
    assert moved["/releases/en/first/"] == moved["/releases/en/second/"] == "/releases/en/now/"
    assert moved["/releases/en/first/release.txt"] == "/releases/en/now/release.txt"
    redirects = (newsroom.public / "_redirects").read_text("ascii")
    assert "/releases/en/first/ /releases/en/now/ 308\n" in redirects
    assert "embargoed" not in redirects + str(moved)


def test_a_topic_of_nothing_but_withdrawn_releases_keeps_its_feeds_for_those_who_have_them(
    newsroom: Config,
) -> None:
    store = MemoryStore(many(2))
    run(newsroom, store)
    folder, listed = newsroom.public / "topics/en/early-warning", newsroom.public / "en/feeds.opml"
    assert "topics/en/early-warning/rss.xml" in listed.read_text("utf-8")
    store.kept = {id: replace(one, status=Status.WITHDRAWN) for id, one in store.kept.items()}
    run(newsroom, store)
    assert not (folder / "index.html").exists()
    assert "Withdrawn:" in (folder / "rss.xml").read_text("utf-8")
    assert "early-warning" not in listed.read_text("utf-8")
