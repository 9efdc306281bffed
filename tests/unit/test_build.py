"""Builds: the right files, only the changed ones, never what is not public, and nothing left behind."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.config import Config
from pressfeed.domain import Region, Regions, Release, Status, is_slug
from pressfeed.errors import ConfigError, StoreError
from pressfeed.publish.build import BuildResult, build
from pressfeed.publish.outline import Outline
from tests.unit.factories import NOW, regions, release
from tests.unit.newsroom import MemoryStore, config, stub

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def newsroom(tmp_path: Path) -> Config:
    return config(tmp_path)


def run(newsroom: Config, store: MemoryStore, **values: Any) -> BuildResult:
    return build(newsroom, regions(), store, values.pop("now", NOW), **values)


def files(newsroom: Config) -> dict[str, bytes]:
    """What lies in public/, but for compressed siblings (test_folder.py), downloads (test_downloads.py)."""
    return {
        path.relative_to(newsroom.public).as_posix(): path.read_bytes()
        for path in newsroom.public.rglob("*")
        if path.is_file() and path.suffix not in (".gz", ".br") and not path.name.startswith("release.")
    }


def many(count: int, **values: Any) -> list[Release]:
    """Releases an hour apart, alternating between English and French, oldest first."""
    found = []
    for id in range(1, count + 1):
        when = NOW - (count - id + 1) * HOUR
        times = {"published_at": when, "updated_at": when, "created_at": when}
        found.append(release(id, ("en", "fr")[id % 2], headline=f"Headline {id}", **{**times, **values}))
    return found


def test_a_build_writes_every_page_feed_and_list(newsroom: Config) -> None:
    result = run(newsroom, MemoryStore(many(2)))
    made = files(newsroom)
    assert sorted(made) == list(result.written)
    assert (result.removed, result.unchanged) == ((), 0)
    for path in (
        "index.html", "404.html", "robots.txt", "sitemap.xml", "sitemaps/pages.xml", "sitemaps/2026-03.xml",
        "feeds.opml", "fr/feeds.opml", "fr/index.html", "fr/follow/index.html", "assets/press.css",
        "releases/en/release-2/index.html", "releases/fr/release-1/index.html",
    ):  # fmt: skip
        assert path in made
    for region, languages in {
        "global": ("en", "fr", "es", "ar"),
        "west-central-africa": ("en", "fr"),
        "south-america": ("en", "es"),
    }.items():
        for language in languages:
            for file in ("index.html", "rss.xml", "atom.xml", "feed.json"):
                assert f"{region}/{language}/{file}" in made
    assert not list(newsroom.public.rglob("*.tmp"))


def test_the_same_store_gives_the_same_bytes_wherever_and_whenever(newsroom: Config, tmp_path: Path) -> None:
    run(newsroom, MemoryStore(many(5)))
    elsewhere = config(tmp_path / "elsewhere")
    run(elsewhere, MemoryStore(reversed(many(5))), now=NOW + 24 * HOUR)
    assert files(newsroom) == files(elsewhere)


def test_a_second_build_renders_and_touches_nothing(newsroom: Config) -> None:
    store = MemoryStore(many(5))
    first = run(newsroom, store)
    times = {path: path.stat().st_mtime_ns for path in newsroom.public.rglob("*")}
    store.loaded.clear()
    second = run(newsroom, store)
    assert (second.written, second.removed, second.unchanged) == ((), (), len(first.written))
    assert store.loaded == []
    assert {path: path.stat().st_mtime_ns for path in newsroom.public.rglob("*")} == times


def test_one_new_release_changes_its_page_its_lists_and_nothing_else(newsroom: Config) -> None:
    store = MemoryStore(many(80))
    run(newsroom, store)
    store.loaded.clear()
    store.put(release(81, "fr", published_at=NOW, updated_at=NOW))
    result = run(newsroom, store)
    lists = {f"{region}/fr/{file}" for region in ("global", "west-central-africa")
             for file in ("index.html", "rss.xml", "atom.xml", "feed.json", "ninjs.json")}  # fmt: skip
    assert set(result.written) == lists | {
        "releases/fr/release-81/index.html", "fr/index.html", "sitemap.xml", "sitemaps/2026-03.xml",
        "fr/rss.xml", "fr/atom.xml", "fr/feed.json", "fr/ninjs.json",
        "fr/archive/index.html", "fr/2026-03/index.html",
        "west-central-africa/fr/archive/index.html", "west-central-africa/fr/2026-03/index.html",
        "sitemaps/news.xml",
    }  # fmt: skip
    assert len(set(store.loaded)) <= newsroom.feed_size


def test_a_translation_changes_the_pages_of_its_story(newsroom: Config) -> None:
    one, other = release(1, "en", story="s"), release(2, "fr", story="s")
    store = MemoryStore([one])
    run(newsroom, store)
    assert b"release-2" not in files(newsroom)["releases/en/release-1/index.html"]
    store.put(other)
    result = run(newsroom, store)
    assert "releases/en/release-1/index.html" in result.written
    assert (
        b'hreflang="fr" href="https://press.example.org/releases/fr/release-2/"'
        in (files(newsroom)["releases/en/release-1/index.html"])
    )
    assert "global/en/rss.xml" not in result.written
    for file in ("releases/en/release-1/release.ninjs.json", "global/en/ninjs.json"):
        item = json.loads((newsroom.public / file).read_text("utf-8"))
        item = item[0] if isinstance(item, list) else item
        assert [(one["language"], one["uri"]) for one in item["associations"]] == [
            ("fr", f"urn:uuid:{other.uid}")
        ]
    store.put(replace(other, status=Status.WITHDRAWN, version=2, updated_at=NOW))
    run(newsroom, store)
    said = (newsroom.public / "releases/en/release-1/release.ninjs.json").read_text("utf-8")
    assert "associations" not in json.loads(said)


def test_a_correction_changes_its_page_and_feeds(newsroom: Config) -> None:
    store = MemoryStore(many(3))
    run(newsroom, store)
    store.put(replace(store.kept[2], status=Status.CORRECTED, version=2, updated_at=NOW))
    written = run(newsroom, store).written
    assert "releases/en/release-2/index.html" in written
    assert "west-central-africa/en/atom.xml" in written
    assert not [path for path in written if "/fr/" in path]


def test_a_new_slug_moves_the_page_and_leaves_no_empty_folder(newsroom: Config) -> None:
    store = MemoryStore(many(1))
    run(newsroom, store)
    store.put(replace(store.kept[1], slug="better"))
    result = run(newsroom, store)
    assert result.removed == ("releases/fr/release-1/index.html",)
    assert not (newsroom.public / "releases/fr/release-1").exists()
    assert (newsroom.public / "releases/fr/better/index.html").exists()
    assert "releases/fr/release-1/index.html" not in store.made


@pytest.mark.parametrize(("length", "leads"), [(255, True), (300, True), (5000, False)])
def test_a_slug_that_was_too_long_for_a_folder_can_be_left(
    newsroom: Config, length: int, leads: bool
) -> None:
    long = "a" * length
    store = MemoryStore([release(1, language="fr", slug="better"), *many(2)[1:]])
    store.moved.append((1, "fr", long))
    store.made[f"releases/fr/{long}/index.html"] = ("", 0)  # a build had begun with it
    result = run(newsroom, store)
    assert "releases/fr/better/index.html" in result.written and result.removed == ()
    assert f"releases/fr/{long}/index.html" not in store.made
    moved = (newsroom.public / ".moved.map").read_text()
    assert (f"/releases/fr/{long}/ /releases/fr/better/;" in moved) == leads
    assert run(newsroom, store).written == ()


def test_a_slug_from_before_there_was_a_limit_keeps_its_page(newsroom: Config) -> None:
    run(newsroom, MemoryStore([release(1, "fr", slug="a" * 255)]))
    assert [path.name for path in (newsroom.public / "releases/fr").glob("a*")] == ["a" * 255]


def test_long_topics_have_pages_of_their_own(newsroom: Config) -> None:
    """Chinese and Arabic names become Latin letters, so that their length in bytes is no matter."""
    same = "the protection of herons and other wading birds along the delta of the river"
    topics = (f"{same} Gambia", f"{same} Senegal", "水" * 300, "مياه" * 90, "x" * 300)
    run(newsroom, MemoryStore([release(1, "fr", topics=topics)]))
    pages = [path.name for path in (newsroom.public / "topics/fr").iterdir()]
    assert len(pages) == len(topics) and all(is_slug(page, 60) for page in pages), pages


def test_files_that_no_build_made_stay(newsroom: Config) -> None:
    store = MemoryStore(many(1))
    run(newsroom, store)
    mine = newsroom.public / "releases/fr/release-1/photo.jpg"
    mine.write_bytes(b"mine")
    store.kept.clear()
    run(newsroom, store)
    assert mine.read_bytes() == b"mine"
    assert not (newsroom.public / "releases/fr/release-1/index.html").exists()


def test_lost_and_damaged_files_are_made_again(newsroom: Config) -> None:
    store = MemoryStore(many(2))
    run(newsroom, store)
    before = files(newsroom)
    (newsroom.public / "fr/index.html").unlink()
    (newsroom.public / "global/en/rss.xml").write_bytes(b"")
    assert run(newsroom, store).written == ("fr/index.html", "global/en/rss.xml")
    assert files(newsroom) == before


def run_and_die(newsroom: Config, store: MemoryStore) -> None:
    """A build that is killed after six outputs."""

    def die(done: int, _: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(newsroom, store, progress=die)


def test_a_build_that_was_killed_is_continued(newsroom: Config) -> None:
    store = MemoryStore(many(4))
    run_and_die(newsroom, store)
    assert not list(newsroom.public.rglob("*.tmp"))
    run(newsroom, store)
    assert files(newsroom).keys() == store.made.keys()


def test_what_a_killed_build_made_is_removed_if_it_may_not_be_seen_any_more(newsroom: Config) -> None:
    store = MemoryStore(many(4))
    run_and_die(newsroom, store)
    made = [path for path in files(newsroom) if path.startswith("releases/")]
    assert made
    for one in many(4):
        store.put(replace(one, embargo_until=NOW + HOUR))
    run(newsroom, store)
    assert not [path for path in newsroom.public.rglob("*") if "release-" in path.name]


def test_force_renders_everything_but_writes_only_changed_bytes(newsroom: Config) -> None:
    store = MemoryStore(many(2))
    first = run(newsroom, store)
    (newsroom.public / "fr/index.html").write_bytes(b"x" * store.made["fr/index.html"][1])
    seen: list[tuple[int, int]] = []
    forced = run(newsroom, store, force=True, progress=lambda done, total: seen.append((done, total)))
    assert forced.written == ("fr/index.html",)
    assert forced.unchanged == len(first.written) - 1
    assert seen[-1] == (len(first.written), len(first.written))


def test_a_changed_setting_reaches_every_page(newsroom: Config) -> None:
    store = MemoryStore(many(2))
    run(newsroom, store)
    written = build(replace(newsroom, base_url="https://elsewhere.example"), regions(), store, NOW).written
    same = {path for path, data in files(newsroom).items() if data in (b"", b"[]\n")}
    assert set(written) == set(files(newsroom)) - {"assets/press.css", "assets/icon.svg", *same} - {
        "assets/press.js"
    }
    assert not [path for path, data in files(newsroom).items() if b"press.example.org/" in data]


# ------------------------------------------------------------------------------------------------ embargo


def test_a_newsroom_s_own_template_texts_and_regions_reach_every_page(newsroom: Config) -> None:
    store = MemoryStore(many(2))
    run(newsroom, store)
    page = "releases/en/release-2/index.html"
    mine = newsroom.root / "templates"
    (mine / "site").mkdir(parents=True)
    (mine / "site/base.html").write_text(
        '{% extends "shipped/base.html" %}{% block brand %}<p>Ours</p>{% endblock %}', "utf-8"
    )
    dressed = replace(newsroom, templates=(mine,))
    assert page in run(dressed, store).written
    assert b"<p>Ours</p>" in files(newsroom)[page]
    (mine / "texts/en").mkdir(parents=True)
    (mine / "texts/en/site.toml").write_text('feed_title = "{region}, by {newsroom}"', "utf-8")
    assert page in run(dressed, store).written
    renamed = Regions(
        tuple(replace(one, names={**one.names, "en": f"The {one.slug}"}) for one in regions().all)
    )
    assert page in build(dressed, renamed, store, NOW).written
    assert b"The global, by River Watch" in files(newsroom)["global/en/rss.xml"]


def test_what_is_not_public_is_nowhere(newsroom: Config) -> None:
    hidden = [
        release(1, headline="SECRET", status=Status.DRAFT),
        release(2, headline="SECRET", status=Status.SCHEDULED, published_at=NOW + HOUR),
        release(3, headline="SECRET", published_at=NOW + HOUR),
        release(4, headline="SECRET", embargo_until=NOW + HOUR),
        release(5, headline="SECRET", status=Status.WITHDRAWN, embargo_until=NOW + HOUR),
    ]
    run(newsroom, MemoryStore([*hidden, release(6)]))
    for path, data in files(newsroom).items():
        assert b"SECRET" not in data, path
        assert b"release-1/" not in data, path
    later = run(newsroom, MemoryStore(hidden), now=NOW + HOUR)
    assert "releases/en/release-4/index.html" in later.written


def test_the_store_s_promise_is_checked_once_more_before_anything_is_shown(newsroom: Config) -> None:
    class Careless(MemoryStore):
        def release_stubs(self, since: int | None) -> tuple[int, dict[int, Any]]:
            found = {id: stub(release) for id, release in self.kept.items()}
            return 0, {id: one._replace(embargo_until=None, headline="") for id, one in found.items()}

    store = Careless([release(1, headline="SECRET", embargo_until=NOW + HOUR), release(2)])
    result = run(newsroom, store)
    assert not [path for path, data in files(newsroom).items() if b"SECRET" in data]
    assert "releases/en/release-1/index.html" not in result.written
    assert "releases/en/release-2/index.html" in result.written


def test_a_withdrawn_release_keeps_its_page_but_leaves_lists_and_sitemaps(newsroom: Config) -> None:
    store = MemoryStore(many(2))
    run(newsroom, store)
    store.put(replace(store.kept[2], status=Status.WITHDRAWN, version=2, updated_at=NOW))
    run(newsroom, store)
    made = files(newsroom)
    assert b"This release was withdrawn" in made["releases/en/release-2/index.html"]
    assert b"Withdrawn: Headline 2" in made["global/en/rss.xml"]
    for path in ("global/en/index.html", "en/index.html", "sitemaps/2026-03.xml"):
        assert b"release-2" not in made[path]


# -------------------------------------------------------------------------------------------------- lists


def outline(*releases: Release, languages: tuple[str, ...] = ("en",), tree: Regions | None = None) -> Outline:
    store = MemoryStore(releases)
    return Outline(
        languages, tree or regions(), [stub for stub in store.release_stubs(None)[1].values() if stub]
    )


def test_a_release_belongs_to_its_regions_and_all_above_them() -> None:
    found = outline(release(1), release(2, regions=("south-america", "west-central-africa")))
    assert [one.id for one in found.shelves["global", "en"].all] == [1, 2]
    assert [one.id for one in found.shelves["south-america", "en"].all] == [2]
    assert found.regions_of(stub(release(2, regions=("south-america", "west-central-africa")))) == (
        "south-america", "west-central-africa",
    )  # fmt: skip


def test_a_release_of_no_known_region_belongs_to_the_roots() -> None:
    found = outline(release(1, regions=()), release(2, regions=("atlantis",)))
    assert [one.id for one in found.shelves["global", "en"].all] == [1, 2]


def test_a_language_that_nobody_promised_gets_its_feeds() -> None:
    found = outline(release(1, "zh"))
    assert found.coverage.has("west-central-africa", "zh")
    assert found.coverage.has("global", "zh")
    assert not found.coverage.has("south-america", "zh")
    assert "zh" in found.coverage.languages


def test_a_newsroom_without_regions_still_has_its_pages(tmp_path: Path) -> None:
    newsroom = config(tmp_path)
    result = build(newsroom, Regions(()), MemoryStore(many(2)), NOW)
    assert "releases/en/release-2/index.html" in result.written
    assert "fr/index.html" in result.written


def test_feeds_hold_the_newest_and_older_ones_that_changed_since() -> None:
    releases = many(40)
    releases[0] = replace(releases[0], status=Status.CORRECTED, updated_at=NOW)
    releases[1] = replace(releases[1], status=Status.WITHDRAWN, updated_at=NOW - HOUR)
    releases[2] = replace(releases[2], status=Status.CORRECTED, updated_at=releases[3].published_at or NOW)
    shelf = outline(*(replace(one, content=release(1).content) for one in releases)).shelves["global", "en"]
    assert [one.id for one in shelf.feed(10)] == [*range(40, 30, -1), 1, 2]
    assert [one.id for one in shelf.feed(100)] == list(range(40, 0, -1))
    assert [one.id for one in shelf.public(39)] == [*range(40, 2, -1), 1]


def test_a_mass_correction_does_not_flood_feeds() -> None:
    fresh = many(100)
    old = [replace(one, content=release(1).content, status=Status.CORRECTED, updated_at=NOW) for one in fresh]
    shelf = outline(*old).shelves["global", "en"]
    assert len(shelf.feed(30)) == 40


@given(
    st.integers(1, 60), st.lists(st.tuples(st.sampled_from(list(Status)), st.integers(0, 99)), max_size=60)
)
def test_any_feed_starts_with_the_newest_and_repeats_nothing(
    size: int, told: list[tuple[Status, int]]
) -> None:
    releases = [
        release(id, status=status, published_at=NOW + id * HOUR, updated_at=NOW + (id + late) * HOUR)
        for id, (status, late) in enumerate(told, 1)
    ]
    shelf = outline(*releases, release(99)).shelves["global", "en"]
    ids = [one.id for one in shelf.feed(size)]
    assert len(ids) == len(set(ids)) <= size + max(size // 3, 1)
    assert ids[:size] == [one.id for one in shelf.all][:size]


def test_sitemaps_go_by_month_and_never_grow_too_large() -> None:
    january = dt.datetime(2026, 1, 31, 23, 59, tzinfo=dt.UTC)
    found = outline(*many(5), release(9, published_at=january))
    assert [(name, len(part)) for month in sorted(found.months) for name, part in found.parts(month, 3)] == [
        ("2026-01", 1), ("2026-03", 3), ("2026-03-2", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("slug", ["releases", "assets", "fr"])
def test_a_region_may_not_take_an_address_that_is_taken(tmp_path: Path, slug: str) -> None:
    tree = Regions((Region(slug, {"en": "X"}, None, ZoneInfo("UTC")),))
    with pytest.raises(ConfigError, match="that address is taken"):
        build(config(tmp_path), tree, MemoryStore(), NOW)


@pytest.mark.parametrize(
    "values",
    [{"slug": "../../etc/passwd"}, {"slug": ""}, {"slug": "a" * 256}, {"language": "../x"}],
)
def test_an_address_cannot_leave_the_public_folder_or_be_none(tmp_path: Path, values: dict[str, str]) -> None:
    with pytest.raises(StoreError, match="release 1 cannot have a page"):
        build(config(tmp_path), regions(), MemoryStore([release(1, **values)]), NOW)
