"""Which files feeds are: of every channel what people subscribe to and its archive, in every format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from pressfeed.domain import Release, ReleaseStub
from pressfeed.feeds import Feed, atom, jsonfeed, ninjs_bytes, rss
from pressfeed.publish.outline import Archives, Outline
from pressfeed.site import Channel, Channels, Downloads, Site, addresses
from pressfeed.site.channels import has_ended
from pressfeed.site.topics import topics_of

Stubs = Sequence[ReleaseStub]
Visible = Callable[[Stubs, Mapping[int, Release]], list[Release]]
Held = Mapping[str, Sequence[tuple[int, ...]]]
"""What archive documents hold: folder of the feed → releases of number 1, 2, …"""

_WRITERS: dict[str, Callable[[Feed], bytes]] = {"rss.xml": rss, "atom.xml": atom, "feed.json": jsonfeed}
_EMPTY = ("rss.xml", "atom.xml")  # JSON Feed has no link to what follows


_FIRST = ("", dt.datetime.min.replace(tzinfo=dt.UTC))


class FeedFile(NamedTuple):
    """One document of a feed: where it lies, what it shows, what else it says, and how it is made."""

    path: str
    stubs: Stubs
    said: str
    make: Callable[[Mapping[int, Release]], bytes]
    archived: bool  # or seldom asked for in another way
    order: tuple[str, dt.datetime] = _FIRST  # documents with the same releases are made one after the other


class Syndication:
    """The feeds of one build. ``held`` is what archive documents hold already."""

    def __init__(self, site: Site, outline: Outline, now: dt.datetime, held: Held, visible: Visible) -> None:
        self.channels = Channels(site)
        self._downloads = Downloads(site)
        self.new: list[tuple[str, int, tuple[int, ...]]] = []  # archive documents: folder, number, releases
        self.topics = [
            Channel(language, topic=slug, name=name)
            for (slug, language), name in sorted(outline.topic_names.items())
        ]
        self._outline = outline
        self._visible = visible
        self._now = now
        self._size = site.config.feed_size
        self._held = held
        self._stubs = outline.stubs
        self._regions = {region.slug: region for region in site.regions.all if region.slug not in site.silent}

    def all(self) -> list[Channel]:
        """Everything that can be subscribed to."""
        coverage = self._outline.coverage
        found = [
            Channel(language, region)
            for region, languages in coverage.regions.items()
            if region in self._regions
            for language in languages
        ]
        return [*found, *(Channel(language) for language in coverage.languages), *self.topics]

    def successor(self, path: str) -> str:
        """The page to which readers go from a path that has ended."""
        region, _, rest = path.partition("/")
        spoken = self._outline.coverage.languages
        language = next((part for part in [region, *rest.split("/")] if part in spoken), "")
        return self.channels.successor(Channel(language, region)).path if language else addresses.FRONT

    def state(self, channel: Channel) -> tuple[Sequence[tuple[int, ...]], dt.datetime | None]:
        """What the files of a channel depend on besides its releases: its archive, and when it ended."""
        return self._held.get(channel.path, ()), self._ended(channel)

    def keeps(self, channel: Channel, releases: Collection[int]) -> bool:
        """Whether one of these releases is in the archive of a channel, whatever shelf it stands on now."""
        wanted = frozenset(releases)
        return not all(map(wanted.isdisjoint, self._held.get(channel.path, ())))

    def files(self, channel: Channel) -> Iterator[FeedFile]:
        """Every document of a feed."""
        shelf = self._outline.shelf(channel.language, channel.region, channel.topic)
        held, ended = self.state(channel)
        archives = Archives(held, shelf, self._size)
        self.new += [(channel.path, number, releases) for number, releases in archives.new]
        count = len(archives.documents)
        stubs = shelf.feed(self._size, archives.loose)
        for file, write in _WRITERS.items():
            make = partial(self._make, write, channel, stubs, 0, count, ended)
            yield FeedFile(channel.path + file, stubs, f"{count}{ended}", make, archived=False)
        newest = shelf.all[: self._size]
        yield FeedFile(
            channel.path + addresses.NINJS, newest, "", partial(self._ninjs, newest), archived=True
        )
        for number in range(1, count + 1):
            ids = archives.documents[number - 1]
            documents = [self._stubs[id] for id in ids if id in self._stubs]
            yield from self._archive(channel, documents, number, count, tuple(_WRITERS))
        if count:
            yield from self._archive(channel, (), count + 1, count, _EMPTY)

    def _archive(
        self, channel: Channel, stubs: Stubs, number: int, count: int, files: Sequence[str]
    ) -> Iterator[FeedFile]:
        folder = f"{addresses.feed_archives(channel.path)}{number}/"
        if channel.topic:  # as the document's own releases write it: a later one must not change its bytes
            written = (topics_of(stub.topics).get(channel.topic) for stub in stubs)
            channel = replace(channel, name=next(filter(None, written), channel.name))
        said = f"{number <= count}{channel.name}"
        for file in files:
            make = partial(self._make, _WRITERS[file], channel, stubs, number, count, None)
            yield FeedFile(folder + file, stubs, said, make, True, _order(stubs))

    def _make(
        self,
        write: Callable[[Feed], bytes],
        channel: Channel,
        stubs: Stubs,
        number: int,
        count: int,
        ended: dt.datetime | None,
        loaded: Mapping[int, Release],
    ) -> bytes:
        releases = self._visible(stubs, loaded)
        return write(self.channels.feed(channel, releases, number=number, archives=count, ended=ended))

    def _ninjs(self, stubs: Stubs, loaded: Mapping[int, Release]) -> bytes:
        told = self._outline.translations
        return ninjs_bytes(
            self._downloads.line(release, told(self._stubs[release.id]))
            for release in self._visible(stubs, loaded)
        )

    def _ended(self, channel: Channel) -> dt.datetime | None:
        region = self._regions.get(channel.region)
        return region.ended_at if region is not None and has_ended(region, self._now) else None


def _order(stubs: Stubs) -> tuple[str, dt.datetime]:
    """Documents with the same releases come together, so that each release is made into an entry once."""
    return (stubs[0].language, stubs[0].published_at) if stubs else _FIRST
