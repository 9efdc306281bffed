"""Everything that belongs under ``public/``, as a plan: path, key, and how to make the bytes.

A key is a hash of everything that the bytes depend on, made from stubs alone; the releases themselves are
loaded only for what has to be rendered. Pages come before the lists and feeds that point to them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, ParamSpec
from urllib.parse import urlsplit

from pressfeed.domain import Release, ReleaseStub, Status
from pressfeed.feeds import Feed, atom, jsonfeed, rss
from pressfeed.publish.outline import Outline, newest_change
from pressfeed.site import Site, addresses, assets
from pressfeed.site.sitemap import Place, index, robots, sitemap

Loaded = Mapping[int, Release]
Stubs = Sequence[ReleaseStub]
Writer = Callable[[Feed], bytes]
Render = Callable[[Loaded], bytes | None]
"""Releases by id → bytes, or None where there is nothing that may be shown."""

P = ParamSpec("P")

HOME_SIZE = 12  # releases on a home page
SITEMAP_SIZE = 10_000  # places in a sitemap; the protocol allows 50,000 and 50 MB

_WRITERS: dict[str, Writer] = {"rss.xml": rss, "atom.xml": atom, "feed.json": jsonfeed}


class Output(NamedTuple):
    """One file: its path under ``public/``, its key, the releases it shows, and how it is made."""

    path: str
    key: str
    needs: tuple[int, ...]
    render: Render


def plan(site: Site, outline: Outline, now: dt.datetime) -> Iterator[Output]:
    """Every file of the newsroom. ``now`` decides, once more, what may be seen."""
    return _Plan(site, outline, now).outputs()


class _Plan:
    def __init__(self, site: Site, outline: Outline, now: dt.datetime) -> None:
        self.site = site
        self.outline = outline
        self.coverage = outline.coverage
        self.now = now
        self.size = site.config.feed_size
        self.keys: dict[int, str] = {}  # of the release pages, made first; lists are made of such releases
        self.frame = f"{site.digest}|{outline.coverage}"  # what all lists depend on

    def outputs(self) -> Iterator[Output]:
        yield from self._assets()
        yield from self._releases()
        yield from self._feeds()
        yield from self._lists()
        yield from self._fixed()
        yield from self._sitemaps()

    # ------------------------------------------------------------------------------------------ releases

    def _assets(self) -> Iterator[Output]:
        for name, data in assets(self.site.config.templates).items():
            yield Output(f"assets/{name}", _hash(data), (), partial(_same, data))

    def _releases(self) -> Iterator[Output]:
        digest = self.site.digest
        written = set()
        for stub in self.outline.stubs:
            others = self.outline.translations(stub)
            told = " ".join(["/".join(other) for other in others]) if others else ""
            key = _hash(f"{digest}|{_mark(stub)}|{told}".encode())
            self.keys[stub.id] = key
            path = addresses.file_of(addresses.release(stub.language, stub.slug))
            if path in written:  # a withdrawn release whose address a newer one has taken
                continue
            written.add(path)
            yield Output(path, key, (stub.id,), partial(self._release_page, stub))

    def _release_page(self, stub: ReleaseStub, loaded: Loaded) -> bytes | None:
        outline = self.outline
        for release in self._visible([stub], loaded):
            return self.site.release_page(release, outline.translations(stub), outline.regions_of(stub))
        return None

    # --------------------------------------------------------------------------------------------- lists

    def _feeds(self) -> Iterator[Output]:
        for region, languages in self.coverage.regions.items():
            for language in languages:
                stubs = self.outline.shelves[region, language].feed(self.size)
                for file, write in _WRITERS.items():
                    path = addresses.region(region, language) + file
                    yield self._list(path, partial(self._feed, write, region, language, stubs), stubs)

    def _feed(self, write: Writer, region: str, language: str, stubs: Stubs, loaded: Loaded) -> bytes:
        return write(self.site.feed(region, language, self._visible(stubs, loaded)))

    def _lists(self) -> Iterator[Output]:
        for region, languages in self.coverage.regions.items():
            for language in languages:
                stubs = self.outline.shelves[region, language].public(self.size)
                path = addresses.region(region, language)
                yield self._list(path, partial(self._region_page, region, language, stubs), stubs)
        for language in self.coverage.languages:
            stubs = self.outline.languages[language].public(HOME_SIZE)
            yield self._list(addresses.home(language), partial(self._home_page, language, stubs), stubs)
        stubs = self.outline.languages[self.site.config.languages[0]].public(HOME_SIZE)
        yield self._list(addresses.FRONT, partial(self._front_page, stubs), stubs)

    def _region_page(self, region: str, language: str, stubs: Stubs, loaded: Loaded) -> bytes:
        return self.site.region_page(region, language, self.coverage, self._visible(stubs, loaded))

    def _home_page(self, language: str, stubs: Stubs, loaded: Loaded) -> bytes:
        return self.site.home_page(language, self.coverage, self._visible(stubs, loaded))

    def _front_page(self, stubs: Stubs, loaded: Loaded) -> bytes:
        return self.site.front_page(self.coverage, self._visible(stubs, loaded))

    def _fixed(self) -> Iterator[Output]:
        """What depends on the newsroom's languages and regions, not on releases."""
        site, coverage = self.site, self.coverage
        for language in coverage.languages:
            yield self._list(addresses.follow(language), _later(site.follow_page, language, coverage))
            yield self._list(addresses.opml(language), _later(site.opml, coverage, language))
        yield self._list(addresses.OPML, _later(site.opml, coverage))
        yield self._list(addresses.NOT_FOUND, _later(site.not_found_page, coverage))

    def _list(self, path: str, render: Render, stubs: Stubs = ()) -> Output:
        ids = tuple(stub.id for stub in stubs)
        key = _hash("|".join([self.frame, *(self.keys[id] for id in ids)]).encode())
        return Output(addresses.file_of(path), key, ids, render)

    # ------------------------------------------------------------------------------------------ sitemaps

    def _sitemaps(self) -> Iterator[Output]:
        site = self.site
        parts: list[tuple[str, dt.datetime | None]] = [(site.url(addresses.sitemap("pages")), None)]
        yield self._list(addresses.sitemap("pages"), _later(lambda: sitemap(self._pages())))
        for name, stubs in self.outline.months(SITEMAP_SIZE):
            path = addresses.sitemap(name)
            parts.append((site.url(path), newest_change(stubs)))
            key = _hash("".join(self.keys[stub.id] for stub in stubs).encode())
            yield Output(path, key, (), _later(self._month, stubs))
        key = _hash(f"{site.digest}|{parts}".encode())
        yield Output(addresses.SITEMAP, key, (), _later(index, parts))
        root = urlsplit(site.config.base_url).path
        closed = [f"{root}/unsubscribe/", f"{root}/preferences/"]
        yield self._list(addresses.ROBOTS, _later(robots, site.url(addresses.SITEMAP), closed))

    def _month(self, stubs: Stubs) -> bytes:
        return sitemap(self._place(stub) for stub in stubs)

    def _place(self, stub: ReleaseStub) -> Place:
        url = self.site.url
        return Place(
            url(addresses.release(stub.language, stub.slug)),
            max(stub.published_at, stub.updated_at),
            tuple(
                (other.language, url(addresses.release(*other))) for other in self.outline.translations(stub)
            ),
        )

    def _pages(self) -> Iterator[Place]:
        """The front page, then homes, follow pages and region pages, each with its translations."""
        url = self.site.url
        yield Place(url(addresses.FRONT))
        groups = [
            [(language, place(language)) for language in self.coverage.languages]
            for place in (addresses.home, addresses.follow)
        ]
        groups += [
            [(language, addresses.region(region, language)) for language in languages]
            for region, languages in self.coverage.regions.items()
        ]
        for group in groups:
            places = tuple((language, url(path)) for language, path in group)
            for _, address in places:
                yield Place(address, translations=places if len(places) > 1 else ())

    # ----------------------------------------------------------------------------------------- visibility

    def _visible(self, stubs: Stubs, loaded: Loaded) -> list[Release]:
        """The loaded releases that may be seen now: a stub is a promise, this is the check."""
        found = (loaded.get(stub.id) for stub in stubs)
        return [release for release in found if release is not None and may_be_seen(release, self.now)]


def may_be_seen(release: Release, now: dt.datetime) -> bool:
    """Whether a release, or the notice that it was withdrawn, may be shown at ``now``."""
    if release.status is not Status.WITHDRAWN:
        return release.is_public(now)
    times = (release.published_at, release.embargo_until)
    return release.published_at is not None and all(time is None or time <= now for time in times)


def _mark(stub: ReleaseStub) -> str:
    """All that a stub can tell of what may have changed in a release."""
    return (
        f"{stub.id}.{stub.version}.{stub.status}.{stub.language}.{stub.slug}.{stub.uid}"
        f".{stub.published_at.timestamp()}.{stub.updated_at.timestamp()}.{' '.join(stub.regions)}"
    )


def _same(data: bytes, _: Loaded) -> bytes:
    return data


def _later(make: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> Render:
    """For outputs that show no release."""
    return lambda _: make(*args, **kwargs)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
