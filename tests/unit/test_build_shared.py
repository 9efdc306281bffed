"""A build that is shared among helpers gives what one process alone gives, whatever becomes of them."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pressfeed.config import Config
from pressfeed.domain import Release
from pressfeed.errors import ConfigError
from pressfeed.site import Site
from tests.unit.newsroom import MemoryStore, config
from tests.unit.test_build import files, many, run


@pytest.fixture
def newsroom(tmp_path: Path) -> Config:
    return config(tmp_path)


def in_parts(monkeypatch: pytest.MonkeyPatch, helpers: int = 2) -> None:
    """Have every build be shared among so many helpers, a few releases at a time."""
    monkeypatch.setattr("pressfeed.publish.build._MANY", 1)
    monkeypatch.setattr("pressfeed.publish.build._BATCH", 6)
    monkeypatch.setattr("pressfeed.publish.crew.possible", lambda: helpers)


def everything(newsroom: Config) -> dict[str, bytes]:
    """All files, compressed ones and hidden ones too."""
    public = newsroom.public
    return {str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.is_file()}


def test_helpers_make_the_same_bytes_and_the_same_records(
    newsroom: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, seen = MemoryStore(many(70)), list[tuple[int, int]]()
    hub = replace(newsroom.websub, hub="own")
    newsroom = replace(newsroom, websub=hub)
    alone = run(newsroom, store)
    in_parts(monkeypatch)
    other = replace(config(tmp_path / "elsewhere"), websub=hub)
    shared_store = MemoryStore(many(70))
    shared = run(other, shared_store, progress=lambda done, total: seen.append((done, total)))
    assert shared == alone
    assert everything(other) == everything(newsroom)
    assert (shared_store.made, shared_store.pushed) == (store.made, store.pushed)
    assert [done for done, _ in seen] == list(range(1, seen[-1][1] + 1))
    assert run(other, shared_store).written == ()


def test_what_helpers_cannot_do_is_done_without_them(
    newsroom: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(newsroom, MemoryStore(many(20)))
    in_parts(monkeypatch)
    here, made = os.getpid(), Site.release_page

    def killed(self: Site, release: Release, *others: Any) -> bytes:
        if os.getpid() != here and release.id % 5 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if os.getpid() != here and release.id % 3 == 0:
            raise ValueError
        return made(self, release, *others)

    monkeypatch.setattr(Site, "release_page", killed)
    other = config(tmp_path / "elsewhere")
    run(other, MemoryStore(many(20)))
    assert everything(other) == everything(newsroom)


def test_errors_of_helpers_are_raised_as_ever_and_nobody_is_left_behind(
    newsroom: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts(monkeypatch)
    helpers, fork = list[int](), os.fork
    monkeypatch.setattr(os, "fork", lambda: helpers.append(fork()) or helpers[-1])
    templates = newsroom.root / "templates"
    (templates / "site").mkdir(parents=True)
    (templates / "site/release.html").write_text("{{ nothing }}", "utf-8")
    store = MemoryStore(many(20))
    with pytest.raises(ConfigError, match="'nothing' is undefined"):
        run(replace(newsroom, templates=(templates,)), store)
    assert len(helpers) == 2
    for process in helpers:
        with pytest.raises(ChildProcessError):  # it has ended, and was waited for
            os.waitpid(process, os.WNOHANG)
    assert not list(newsroom.public.rglob("*.tmp"))
    monkeypatch.undo()
    run(newsroom, store)
    assert files(newsroom).keys() == store.made.keys()
