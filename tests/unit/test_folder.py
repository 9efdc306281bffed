"""Compressed siblings in public/: they say what their file says, and go when it goes."""

from __future__ import annotations

import gzip
from pathlib import Path

import brotli
import pytest

from pressfeed.publish.build import build
from pressfeed.publish.folder import Folder
from tests.unit.factories import NOW, regions, release
from tests.unit.newsroom import MemoryStore, config

TEXT = b"<p>The gauges upstream of the delta passed six metres on Monday.</p>\n" * 40
BOTH = ("gzip", "br")


def names(path: Path) -> list[str]:
    return sorted(file.name for file in path.rglob("*") if file.is_file())


def put(path: Path, data: bytes, name: str = "a.html", codings: tuple[str, ...] = BOTH) -> bool:
    with Folder(path, codings) as public:
        return public.put(name, data)


def test_siblings_say_what_their_file_says_and_bear_its_time(tmp_path: Path) -> None:
    assert put(tmp_path, TEXT)
    assert gzip.decompress((tmp_path / "a.html.gz").read_bytes()) == TEXT
    assert brotli.decompress((tmp_path / "a.html.br").read_bytes()) == TEXT
    times = {file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(times) == 1


@pytest.mark.parametrize("name", ["absent.html", "a" * 300 + "/index.html", "a" * 300, "a.html/index.html"])
def test_what_cannot_be_there_is_gone_already(tmp_path: Path, name: str) -> None:
    put(tmp_path, TEXT)
    with Folder(tmp_path, BOTH) as public:
        assert not public.remove(name)
    assert names(tmp_path) == ["a.html", "a.html.br", "a.html.gz"]


def test_the_same_bytes_give_the_same_siblings_and_touch_no_file(tmp_path: Path) -> None:
    put(tmp_path, TEXT)
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in tmp_path.iterdir()}
    assert not put(tmp_path, TEXT)
    put(tmp_path / "elsewhere", TEXT)
    assert {f.name: (f.read_bytes(), f.stat().st_mtime_ns) for f in tmp_path.glob("a.*")} == before
    elsewhere = {file.name: file.read_bytes() for file in (tmp_path / "elsewhere").iterdir()}
    assert elsewhere == {name: data for name, (data, _) in before.items()}


def test_a_killed_build_leaves_no_sibling_of_older_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, TEXT)
    monkeypatch.setattr(Folder, "_pack", lambda *_: None)  # killed before it came to that
    assert put(tmp_path, TEXT.replace(b"six", b"ten"))
    assert names(tmp_path) == ["a.html"]
    monkeypatch.undo()
    assert not put(tmp_path, TEXT.replace(b"six", b"ten"))
    assert names(tmp_path) == ["a.html", "a.html.br", "a.html.gz"]


def test_of_two_builds_at_once_the_slower_one_leaves_nothing_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(TEXT)
    with Folder(tmp_path, BOTH) as slow:
        before = slow._identity("a.html")
        put(tmp_path, TEXT.replace(b"six", b"ten"))
        slow._pack("a.html", TEXT, before)
    assert gzip.decompress((tmp_path / "a.html.gz").read_bytes()) == (tmp_path / "a.html").read_bytes()
    assert names(tmp_path) == ["a.html", "a.html.br", "a.html.gz"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<p>short</p>"),
        ("a.png", TEXT),
        ("a.txt", bytes(range(256)) * 8),
    ],
)
def test_what_is_small_or_does_not_shrink_has_no_siblings(tmp_path: Path, name: str, data: bytes) -> None:
    put(tmp_path, TEXT, name)
    put(tmp_path, data if name != "a.txt" else _noise(), name)
    assert names(tmp_path) == [name]


def _noise() -> bytes:
    import random

    return random.Random(1).randbytes(4000)


def test_siblings_go_with_their_file_and_their_folder(tmp_path: Path) -> None:
    put(tmp_path, TEXT, "deep/down/a.html")
    with Folder(tmp_path, BOTH) as public:
        assert public.remove("deep/down/a.html")
        assert not public.remove("deep/down/a.html")
    assert not (tmp_path / "deep").exists()


def test_files_in_a_new_folder_go_again_with_their_siblings(tmp_path: Path) -> None:
    with Folder(tmp_path, BOTH, threads=0) as public:
        assert public.put("deep/down/a.html", TEXT)
        assert public.put("deep/down/b.html", TEXT, rare=True)
        assert names(tmp_path) == ["a.html", "a.html.br", "a.html.gz", "b.html"]
        assert public.remove("deep/down/a.html")
        assert names(tmp_path) == ["b.html"]


def test_a_folder_that_somebody_took_away_is_an_error_and_no_endless_search(tmp_path: Path) -> None:
    with Folder(tmp_path / "public", BOTH) as public:
        (tmp_path / "public").rmdir()
        with pytest.raises(FileNotFoundError):
            public.put("deep/down/a.html", TEXT)


def test_a_changed_setting_makes_and_removes_siblings(tmp_path: Path) -> None:
    store = MemoryStore([release()])
    for codings, endings in ((BOTH, {".gz", ".br"}), (("br",), {".br"}), ((), set())):
        newsroom = config(tmp_path, compress=codings)
        build(newsroom, regions(), store, NOW)
        found = {file.suffix for file in newsroom.public.rglob("index.html.*")}
        assert found == endings
        assert build(newsroom, regions(), store, NOW).written == ()


def test_a_withdrawn_release_is_not_left_in_a_sibling(tmp_path: Path) -> None:
    newsroom = config(tmp_path)
    store = MemoryStore([release(body_html="<p>The secret gauge.</p>" * 100)])
    build(newsroom, regions(), store, NOW)
    store.kept.clear()
    build(newsroom, regions(), store, NOW)
    for file in newsroom.public.rglob("*.gz"):
        assert b"secret gauge" not in gzip.decompress(file.read_bytes()), file
