"""Everything that belongs under ``public/``, as a plan: path, key, and how to make the bytes.

A key is a hash of everything that the bytes depend on, made from stubs alone; the releases themselves are
loaded only for what has to be rendered. Pages come before the lists and feeds that point to them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple, ParamSpec
from urllib.parse import urlsplit

from pressfeed.domain import Release, ReleaseStub, Status, is_slug
from pressfeed.errors import StoreError
from pressfeed.publish import moves as left
from pressfeed.publish.listings import Catalogue, Listing
from pressfeed.publish.memory import Group, Layout
from pressfeed.publish.sitemaps import Sitemaps
from pressfeed.publish.syndicate import Held, Syndication
from pressfeed.site import Channel, Downloads, addresses, assets
from pressfeed.site.sitemap import robots

Loaded = Mapping[int, Release]
Stubs = Sequence[ReleaseStub]
Render = Callable[[Loaded], bytes | None]
"""Releases by id → bytes, or None where there is nothing that may be shown."""
Current = Callable[[str, str], bool]
"""Whether the file at a path is made from what a key stands for."""

P = ParamSpec("P")

HOME_SIZE = 12  # releases on a home page
NEWS = dt.timedelta(days=2)  # for so long a release is in the news sitemap
NEWS_SIZE = 1_000  # and no more than these (developers.google.com/search/docs, “News sitemaps”)
SITEMAP_SIZE = 10_000  # places in a sitemap; the protocol allows 50,000 and 50 MB

_LONGEST_NAME = 255  # bytes: no file system has folders of longer names
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")


class Output(NamedTuple):
    """One file: its path under ``public/``, its key, the releases it shows, and how it is made."""

    path: str
    key: str
    needs: tuple[int, ...]
    render: Render
    rare: bool = False  # seldom asked for: not worth compressing beforehand
    beside: Callable[[Loaded], Mapping[str, bytes | None]] | None = None  # further files, made with this one


class Past(NamedTuple):
    """What earlier builds promised to readers."""

    archives: Held
    moves: Sequence[tuple[int, str, str]]  # where releases were found once: (release, language, slug)
    gone: Collection[str]  # files that have ended
    paths: Mapping[str, object]  # files that were there before this build


class Plan:
    """Every file of the newsroom, compared with what is there.

    ``now`` decides, once more, what may be seen; ``current(path, key)`` says whether a file lies where it
    should, made from what the key stands for. ``paths`` are all files, ``stale`` those to be made, ``ended``
    those that people knew and that are no more. A steady ``layout`` is looked through where releases came,
    went or changed, any other wholly. Raises StoreError for a release whose address cannot be a path.
    """

    def __init__(self, layout: Layout, now: dt.datetime, current: Current, past: Past) -> None:
        site, outline = layout.site, layout.outline
        self._layout = layout
        self.site = site
        self.outline = outline
        self.now = now
        self.paths: set[str] = set()
        self.stale: list[Output] = []
        self.feeds: dict[str, tuple[int, ...]] = {}  # region/language → the releases in its feeds
        self.syndication = Syndication(site, outline, now, past.archives, self._visible)
        self._sitemaps = Sitemaps(site, outline)
        self._downloads = Downloads(site)
        self._current = current
        self._coverage = outline.coverage
        self._size = site.config.feed_size
        self._keys = layout.keys  # of the release pages, made first; lists are made of such releases
        self._frame = f"{site.digest}|{outline.coverage}"  # what all lists depend on
        self._assets()
        self._releases()
        self._feeds()
        self._lists()
        self._catalogue()
        self._fixed()
        self._maps()
        self.ended: set[str] = set()
        self._left(past)

    def _add(
        self, path: str, key: str, needs: tuple[int, ...], render: Render, *, rare: bool = False
    ) -> None:
        self._put(Output(path, key, needs, render, rare))

    def _put(self, output: Output) -> None:
        self.paths.add(output.path)
        if not self._current(output.path, output.key):
            self.stale.append(output)

    def _group(
        self, name: Hashable, inputs: object, make: Callable[[], Iterable[Output]], *, anew: bool = False
    ) -> list[str]:
        """Files that depend on nothing but the inputs and the frame; ``anew``: on more, and that changed.

        Where these are the same, their names and keys are remembered. The keys.
        """
        known = self._layout.groups.get(name)
        if anew or known is None or known.inputs != inputs:
            outputs = list(make())
            for output in outputs:
                self._put(output)
            known = Group(inputs, [(output.path, output.key) for output in outputs])
            self._layout.groups[name] = known
        else:
            self.paths.update([path for path, _ in known.files])
        return [key for _, key in known.files]

    # ------------------------------------------------------------------------------------------ releases

    def _assets(self) -> None:
        for name, data in assets(self.site.config.templates).items():
            self._add(f"assets/{name}", _hash(data), (), partial(_same, data))

    def _releases(self) -> None:
        # Of a new layout this runs for each release that was ever published: what can wait until a page is
        # stale, waits.
        digest, keys, pages, outline = self.site.digest, self._layout.keys, self._layout.pages, self.outline
        for id in keys.keys() - outline.stubs.keys():
            del keys[id], pages[id]

        @cache
        def told(story: Hashable) -> str:
            return repr(outline.stories.get(story))

        for stub in outline.touched.values():
            text = f"{digest}|files|{stub.mark}|{told(stub.story)}"
            keys[stub.id] = _hash(text.encode())
            pages[stub.id] = addresses.release_file(stub.language, stub.slug)
        self.paths.update(pages.values())
        for stub in (outline.touched if self._layout.steady else outline.stubs).values():
            path, key = pages[stub.id], keys[stub.id]
            if not self._current(path, key):
                _require_address(stub)
                self.stale.append(
                    Output(
                        path,
                        key,
                        (stub.id,),
                        partial(self._release_page, stub),
                        False,
                        partial(self._files, stub),
                    )
                )

    def _release_page(self, stub: ReleaseStub, loaded: Loaded) -> bytes | None:
        outline = self.outline
        for release in self._visible([stub], loaded):
            return self.site.release_page(release, outline.translations(stub), outline.regions_of(stub))
        return None

    def _files(self, stub: ReleaseStub, loaded: Loaded) -> Mapping[str, bytes | None]:
        """What lies beside a release's page; None for a file that shall not be there (any more)."""
        folder = addresses.release(stub.language, stub.slug)
        for release in self._visible([stub], loaded):
            files = self._downloads.files(release, self.outline.translations(stub))
            return {folder + name: data for name, data in files.items()}
        return dict.fromkeys(beside(folder))

    # --------------------------------------------------------------------------------------------- lists

    def _feeds(self) -> None:
        syndication, first = self.syndication, len(self.stale)
        order: dict[str, tuple[str, dt.datetime]] = {}

        def outputs(channel: Channel) -> Iterator[Output]:
            last: tuple[Stubs, str] | None = None
            ids: tuple[int, ...] = ()
            key = ""
            for file in syndication.files(channel):
                if last is None or file.stubs is not last[0] or file.said != last[1]:  # not in another format
                    last = (file.stubs, file.said)
                    ids = tuple([stub.id for stub in file.stubs])
                    keys = "|".join([self._keys[id] for id in ids])
                    key = _hash(f"{self.site.digest}|{file.said}|{keys}".encode())
                order[file.path] = file.order
                if file.path == f"{channel.path}rss.xml":
                    self._layout.feeds[channel.path] = ids
                yield Output(file.path, key, ids, file.make, file.archived)

        for channel in syndication.all():
            shelf = self.outline.shelf(channel.language, channel.region, channel.topic)
            inputs = (channel, shelf.stamp, *syndication.state(channel))
            anew = syndication.keeps(channel, self.outline.changed)  # a release that is on the shelf no more
            self._group(("feeds", channel.path), inputs, partial(outputs, channel), anew=anew)
            if channel.region:
                self.feeds[f"{channel.region}/{channel.language}"] = self._layout.feeds[channel.path]
        self.stale[first:] = sorted(self.stale[first:], key=lambda output: order[output.path])

    def _lists(self) -> None:
        for region, languages in self._coverage.regions.items():
            for language in languages:
                stubs = self.outline.shelves[region, language].public(self._size)
                path = addresses.region(region, language)
                self._list(path, partial(self._region_page, region, language, stubs), stubs)
        for language in self._coverage.languages:
            stubs = self.outline.languages[language].public(HOME_SIZE)
            self._list(addresses.home(language), partial(self._home_page, language, stubs), stubs)
        stubs = self.outline.languages[self.site.config.languages[0]].public(HOME_SIZE)
        self._list(addresses.FRONT, partial(self._front_page, stubs), stubs)

    def _region_page(self, region: str, language: str, stubs: Stubs, loaded: Loaded) -> bytes:
        return self.site.region_page(region, language, self._coverage, self._visible(stubs, loaded))

    def _home_page(self, language: str, stubs: Stubs, loaded: Loaded) -> bytes:
        return self.site.home_page(language, self._coverage, self._visible(stubs, loaded))

    def _front_page(self, stubs: Stubs, loaded: Loaded) -> bytes:
        return self.site.front_page(self._coverage, self._visible(stubs, loaded))

    def _catalogue(self) -> None:
        """The pages that lead to every release, however old."""
        catalogue = Catalogue(self.site, self.outline, self._visible)

        def outputs(pages: Iterable[Listing]) -> Iterator[Output]:
            for page in pages:
                said = "|".join([self._frame, page.said, *(self._keys[stub.id] for stub in page.stubs)])
                ids = tuple(stub.id for stub in page.needs)
                yield Output(addresses.file_of(page.path), _hash(said.encode()), ids, page.make)

        for part in catalogue.parts():
            self._group(("pages", part.name), part.inputs, partial(outputs, part.pages))

    def _fixed(self) -> None:
        """What depends on the newsroom's languages and regions, not on releases."""
        site, coverage = self.site, self._coverage
        for language in coverage.languages:
            self._list(addresses.follow(language), _later(site.follow_page, language, coverage))
            self._opml(addresses.opml(language), language)
        self._opml(addresses.OPML)
        self._list(addresses.NOT_FOUND, _later(site.not_found_page, coverage))

    def _opml(self, path: str, language: str | None = None) -> None:
        shelves = self.outline.topics  # one of nothing but withdrawn releases has feeds, but no page
        topics = [one for one in self.syndication.topics if shelves[one.topic, one.language].public(1)]
        make = _later(self.syndication.channels.opml, self._coverage, topics, language)
        self._add(path, _hash(f"{self._frame}|{topics}".encode()), (), make)

    def _list(self, path: str, render: Render, stubs: Stubs = ()) -> None:
        ids = tuple(stub.id for stub in stubs)
        key = _hash("|".join([self._frame, *(self._keys[id] for id in ids)]).encode())
        self._add(addresses.file_of(path), key, ids, render)

    # ------------------------------------------------------------------------------------------ sitemaps

    def _maps(self) -> None:
        """The sitemaps, and what robots shall leave alone."""
        site, maps = self.site, self._sitemaps
        topics = sorted(key for key, shelf in self.outline.topics.items() if shelf.public(1))
        key = _hash(f"{self._frame}|{topics}".encode())
        self._add(addresses.sitemap("pages"), key, (), _later(maps.pages, topics))
        keys = [site.digest]
        for month, shelf in sorted(self.outline.months.items()):
            keys += self._group(("sitemap", month), shelf.stamp, partial(self._month, month))
        fresh = [stub for stub in self.outline.fresh(self.now - NEWS, NEWS_SIZE) if stub.is_public(self.now)]
        keys.append(_hash("|".join([site.digest, *(self._keys[stub.id] for stub in fresh)]).encode()))
        self._add(addresses.NEWS_SITEMAP, keys[-1], (), _later(maps.news, fresh))
        self._add(addresses.SITEMAP, _hash("|".join(keys).encode()), (), _later(maps.index, SITEMAP_SIZE))
        root = urlsplit(site.config.base_url).path
        closed = [
            f"{root}/unsubscribe/",
            f"{root}/preferences/",
            f"{root}/advance/",
            f"{root}/{addresses.SEARCH}",
        ]
        self._list(addresses.ROBOTS, _later(robots, site.url(addresses.SITEMAP), closed))

    def _month(self, month: tuple[int, int]) -> Iterator[Output]:
        for name, stubs in self.outline.parts(month, SITEMAP_SIZE):
            key = _hash("".join([self._keys[stub.id] for stub in stubs]).encode())
            yield Output(addresses.sitemap(name), key, (), _later(self._sitemaps.month, stubs))

    # ----------------------------------------------------------------------------- addresses that were left

    def _left(self, past: Past) -> None:
        """What web servers answer with a redirection, or with the news that it is gone."""
        lost = (path for path in past.paths.keys() - self.paths if left.is_lasting(path))
        self.ended = {*(path for path in past.gone if path not in self.paths), *lost}
        pairs = []
        for id, language, slug in past.moves:
            stub = self.outline.stubs.get(id)
            if (
                stub is not None
                and _is_address(language, slug, left.LONGEST_SLUG)
                and addresses.release_file(language, slug) not in self.paths
            ):
                old, new = addresses.release(language, slug), addresses.release(stub.language, stub.slug)
                pairs += [(old, new), *zip(beside(old), beside(new), strict=True)]
        ended = [(left.page_of(path), self.syndication.successor(path)) for path in self.ended]
        root = urlsplit(self.site.config.base_url).path
        for path, data in (
            (left.MOVED, left.write(pairs)),
            (left.GONE, left.write(ended)),
            (addresses.REDIRECTS, left.redirects(pairs, root)),
        ):
            self._add(path, _hash(data), (), partial(_same, data))

    # ----------------------------------------------------------------------------------------- visibility

    def _visible(self, stubs: Stubs, loaded: Loaded) -> list[Release]:
        """The loaded releases that may be seen now: a stub is a promise, this is the check."""
        found = (loaded.get(stub.id) for stub in stubs)
        return [release for release in found if release is not None and may_be_seen(release, self.now)]


def beside(path: str) -> list[str]:
    """The files that lie beside the page of a release; none beside another file."""
    if not path.startswith("releases/"):
        return []
    return [left.page_of(path) + form.file for form in addresses.DOWNLOADS]


def may_be_seen(release: Release, now: dt.datetime) -> bool:
    """Whether a release, or the notice that it was withdrawn, may be shown at ``now``."""
    if release.status is not Status.WITHDRAWN:
        return release.is_public(now)
    times = (release.published_at, release.embargo_until)
    return release.published_at is not None and all(time is None or time <= now for time in times)


def _require_address(stub: ReleaseStub) -> None:
    """Raises StoreError for a release whose language or slug cannot be names of folders."""
    if not _is_address(stub.language, stub.slug, _LONGEST_NAME):
        slug = not is_slug(stub.slug, _LONGEST_NAME)
        name, value = ("slug", stub.slug) if slug else ("language", stub.language)
        raise StoreError(
            f"release {stub.id} cannot have a page: {name} “{value[:60]}” of {len(value)} characters",
            remedy=f"Give it another with “pressfeed releases edit {stub.id} --{name}”",
        )


def _is_address(language: str, slug: str, longest: int) -> bool:
    """Whether they are plain path segments, the slug one of no more than so many characters."""
    return is_slug(slug, longest) and len(language) <= _LONGEST_NAME and bool(_LANGUAGE.match(language))


def _same(data: bytes, _: Loaded) -> bytes:
    return data


def _later(make: Callable[P, bytes], *args: P.args, **kwargs: P.kwargs) -> Render:
    """For outputs that show no release."""
    return lambda _: make(*args, **kwargs)


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
