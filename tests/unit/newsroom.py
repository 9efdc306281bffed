"""A newsroom in memory for tests of feeds, pages and builds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pressfeed.config import Config
from pressfeed.domain import PUBLIC, Release, ReleaseStub, Status

SHOWN = {*PUBLIC, Status.WITHDRAWN}
UID = "5b0f3a52-7a5e-4a6f-9a34-0f5d1c7f6c11"  # of the newsroom


class MemoryStore:
    """What a build asks of the store, kept in dictionaries; counts what was loaded."""

    newsroom = UID

    def __init__(self, releases: Iterable[Release] = ()) -> None:
        self.kept: dict[int, Release] = {}
        self._changes: dict[int, int] = {}  # release → number of its last change
        self.made: dict[str, tuple[str, int]] = {}
        self.number = 0  # of changes of what was made
        self.loaded: list[int] = []
        self.archived: dict[str, list[tuple[int, ...]]] = {}
        self.moved: list[tuple[int, str, str]] = []
        self.ended: set[str] = set()
        self.pushed: dict[str, str] = {}  # feed → digest
        self.put(*releases)

    def put(self, *releases: Release) -> None:
        for release in releases:
            self.kept[release.id] = release
            self._changes[release.id] = max(self._changes.values(), default=0) + 1

    def hide(self, id: int) -> None:
        """What was public is a draft again."""
        self.put(replace(self.kept[id], status=Status.DRAFT))

    def release_stubs(self, since: int | None) -> tuple[int, dict[int, ReleaseStub | None]]:
        found = {
            id: stub(release) if release.published_at and release.status in SHOWN else None
            for id, release in self.kept.items()
            if since is None or self._changes[id] > since
        }
        if since is None:
            found = {id: one for id, one in found.items() if one}
        return max(self._changes.values(), default=0), found

    def releases(self, ids: Sequence[int]) -> list[Release]:
        self.loaded.extend(ids)
        return [self.kept[id] for id in ids]

    def archives(self) -> dict[str, list[tuple[int, ...]]]:
        return {feed: list(documents) for feed, documents in self.archived.items()}

    def add_archives(self, new: Sequence[tuple[str, int, Sequence[int]]]) -> None:
        for feed, number, releases in new:
            self.archived.setdefault(feed, []).append(tuple(releases))
            assert len(self.archived[feed]) == number

    def moves(self) -> list[tuple[int, str, str]]:
        return self.moved

    def gone(self) -> list[str]:
        return sorted(self.ended)

    def save_gone(self, new: Sequence[str], back: Sequence[str], now: dt.datetime) -> None:
        self.ended = (self.ended | set(new)) - set(back)

    def outputs(self) -> dict[str, tuple[str, int]]:
        return dict(self.made)

    def outputs_number(self) -> int:
        return self.number

    def save_outputs(self, changed: Mapping[str, tuple[str, int]], removed: Sequence[str]) -> None:
        self.number += 1
        self.made.update(changed)
        for path in removed:
            del self.made[path]

    def forget(self, paths: Sequence[str]) -> None:
        self.save_outputs(dict.fromkeys(paths, ("", -1)), ())

    def feeds_built(self, digests: Mapping[str, str], hub: str, now: dt.datetime) -> None:
        self.pushed.update(digests)

    def feeds_ended(self, paths: Sequence[str], now: dt.datetime) -> None:
        for path in paths:
            self.pushed.pop(path, None)

    def save_feeds(self, feeds: Mapping[str, Collection[int]], now: dt.datetime) -> None:
        self.feeds = dict(feeds)


def stub(release: Release) -> ReleaseStub:
    assert release.published_at is not None
    return ReleaseStub(
        id=release.id,
        story=release.story,
        language=release.content.language,
        slug=release.slug,
        status=release.status,
        published_at=release.published_at,
        updated_at=release.updated_at,
        regions=release.content.regions,
        topics=release.content.topics,
        headline=release.content.headline,
        embargo_until=release.embargo_until,
        mark=repr(release),
        uid=release.uid,
    )


def config(root: Path = Path("/newsroom"), **values: Any) -> Config:
    """A newsroom that speaks English, French, Spanish and Arabic."""
    defaults: dict[str, Any] = {
        "root": root,
        "name": "River Watch",
        "names": {
            "en": "River Watch",
            "fr": "Veille des fleuves",
            "es": "Vigía de los ríos",
            "ar": "مرصد الأنهار",
        },
        "base_url": "https://press.example.org",
        "languages": ("en", "fr", "es", "ar"),
        "zone": ZoneInfo("UTC"),
        "sender": "River Watch press office <press@press.example.org>",
        "descriptions": {
            "en": "News from the rivers, for those who live along them and those who report on them."
        },
        "about": {
            "en": "River Watch is an association of 31 observatories.\n\nIt was founded in 1987.",
            "fr": "Veille des fleuves réunit 31 observatoires sur quatre continents.",
            "es": "Vigía de los ríos reúne 31 observatorios en cuatro continentes.",
            "ar": "مرصد الأنهار رابطة تضم 31 مرصدًا في أربع قارات.",
        },
        "address": "River Watch\n12 Quay Street\nBanjul",
    }
    return Config(**{**defaults, **values})
