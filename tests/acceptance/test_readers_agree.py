"""Seven readers on every feed of the sample newsroom: they tell the same, and nothing twice."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from pressfeed.domain import Enclosure, Status
from pressfeed.publish.build import build
from tests.acceptance import feed_readers as readers
from tests.acceptance.cli import Newsroom
from tests.acceptance.feed_readers import Newsboat, Told
from tests.unit.factories import NOW, regions, release
from tests.unit.feed_rules import complaints
from tests.unit.newsroom import MemoryStore, config

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
UNKNOWN = "UnknownNamespace: http://purl.org/atompub/tombstones/1.0"


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the sample newsroom publishes."""
    room = Newsroom(tmp_path_factory.mktemp("sample") / "newsroom")
    shutil.copy(SAMPLE / "pressfeed.toml", room.folder / "pressfeed.toml")
    room.run("import", str(SAMPLE / "releases"))
    room.run("build")
    return room.folder / "public"


def feeds_in(public: Path, name: str) -> list[Path]:
    return sorted(path for path in public.rglob(name))


@cache
def expected(path: Path) -> tuple[Told, ...]:
    """What JSON Feed says beside an XML feed."""
    return tuple(readers.by_json(path.with_name("feed.json")))


def as_far_as_known(told: Told, known: Told) -> Told:
    """What was expected, without what a reader does not know of. RSS has room for one enclosure."""
    return replace(
        told,
        updated=told.updated if known.updated else None,
        language=told.language if known.language else None,
        enclosures=None,
    )


def agree(found: list[Told], path: Path, reader: str) -> None:
    wanted = {one.id: one for one in expected(path)}
    assert len(found) == len({one.id for one in found}), (path, reader)
    assert {one.id for one in found} == wanted.keys(), (path, reader)
    for one in found:
        want = wanted[one.id]
        assert replace(one, enclosures=None) == as_far_as_known(want, one), (path, reader)
        all_files, known = want.enclosures or (), one.enclosures or ()
        if reader == "newsboat" or (path.name == "atom.xml" and reader == "rss-parser"):
            # newsboat takes recordings only, rss-parser nothing from Atom
            recordings = [file for file in all_files if file.endswith(".mp3")]
            assert list(known) == (recordings[:1] if reader == "newsboat" else []), (path, reader)
        elif path.name == "rss.xml":
            assert len(known) == min(len(all_files), 1) and set(known) <= set(all_files), (path, reader)
        else:
            assert known == all_files, (path, reader)


def test_the_sample_newsroom_has_feeds_of_every_kind(public: Path) -> None:
    found = [path.relative_to(public).as_posix() for path in feeds_in(public, "rss.xml")]
    assert {"en/rss.xml", "ar/rss.xml", "global/fr/rss.xml"} <= set(found)
    assert [path for path in found if path.startswith("topics/")]
    assert max(len(expected(public / path)) for path in found) > 10


def test_the_validator_has_nothing_to_say_of_any_feed(public: Path) -> None:
    checked = [*feeds_in(public, "rss.xml"), *feeds_in(public, "atom.xml")]
    base = "https://press.example.org"
    for path in checked:
        data = path.read_bytes()
        own = next(line for line in data.decode().splitlines() if 'rel="self"' in line)
        base = own.partition('href="')[2].partition(path.relative_to(public).as_posix())[0]
        assert complaints(data, base + path.relative_to(public).as_posix()) == [], path
    assert len(checked) > 100


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])
def test_readers_in_python_agree_on_every_feed(public: Path, file: str) -> None:
    paths = feeds_in(public, file)
    found = readers.by_reader(public, paths)
    for path in paths:
        agree(readers.by_feedparser(path), path, "feedparser")
        agree(readers.by_fastfeedparser(path), path, "fastfeedparser")
        agree(found[path], path, "reader")


def test_readers_in_javascript_agree_on_every_feed(public: Path) -> None:
    paths = [path for name in ("rss.xml", "atom.xml", "feed.json") for path in feeds_in(public, name)]
    found = readers.by_node(paths)
    assert len(found) == len(paths) + len([path for path in paths if path.suffix == ".xml"])
    for (path, reader), told in found.items():
        agree(told, path, reader)


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])
def test_newsboat_agrees_on_every_feed(public: Path, file: str, tmp_path: Path) -> None:
    # It knows an item again in whichever feed it finds it: so each place is looked at alone.
    paths = feeds_in(public, file)
    assert len(paths) > 10

    def look(path: Path) -> list[Told]:
        folder = tmp_path / path.relative_to(public).parent.as_posix().replace("/", "-")
        return [told for told, _ in Newsboat(folder).look([path.as_uri()]).get(path.as_uri(), [])]

    with ThreadPoolExecutor(8) as several:  # it sleeps more than it works
        for path, found in zip(paths, several.map(look, paths), strict=True):
            agree(found, path, "newsboat")


@pytest.mark.parametrize("file", ["rss.xml", "atom.xml"])
def test_the_life_of_a_release_in_readers_that_remember_and_that_do_not(tmp_path: Path, file: str) -> None:
    newsroom = config(tmp_path / "room", compress=())
    files = (Enclosure("https://files.example/a b.pdf", "application/pdf", 2000, "Note"),)
    sound = (Enclosure("https://files.example/voices.mp3", "audio/mpeg", 5000, "Voices"),)
    store = MemoryStore([release(1, enclosures=files), release(2, headline="Another", enclosures=sound)])
    path = newsroom.public / "west-central-africa" / "en" / file
    newsboat = Newsboat(tmp_path / "newsboat")
    own = f"urn:uuid:{release(1).uid}"

    def look(settings=newsroom) -> tuple[Told, str]:
        build(settings, regions(), store, NOW)
        expected.cache_clear()
        for (one, reader), told in readers.by_node([path]).items():
            agree(told, one, reader)
        agree(readers.by_feedparser(path), path, "feedparser")
        agree(readers.by_fastfeedparser(path), path, "fastfeedparser")
        kept = newsboat.look([path.as_uri()])[path.as_uri()]
        assert len(kept) == 2
        agree([told for told, _ in kept], path, "newsboat")
        return next((told, text) for told, text in kept if told.id == own)

    assert "Mariama Jallow" in look()[1]
    store.put(
        replace(release(1, body_html="<p>Now right.</p>"), status=Status.CORRECTED, version=2, updated_at=NOW)
    )
    text = look()[1]
    assert "This release was corrected on 12 March 2026." in text
    assert "Now right." in text
    assert "Mariama Jallow" not in text

    store.put(replace(store.kept[1], slug="a-better-address"))
    moved = replace(newsroom, base_url="https://elsewhere.example/press")
    assert look(moved)[0].link == "https://elsewhere.example/press/releases/en/a-better-address/"

    store.put(replace(store.kept[1], status=Status.WITHDRAWN, version=3, updated_at=NOW))
    told, text = look(moved)
    assert told.title == f"Withdrawn: {release(1).content.headline}"
    assert "Now right." not in text
