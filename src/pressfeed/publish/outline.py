"""Which release stands in which list: the stubs, sorted into what pages and feeds need (pure)."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TypeVar, cast

from pressfeed.domain import PUBLIC, Region, Regions, ReleaseStub, Status
from pressfeed.errors import ConfigError
from pressfeed.site import Coverage, Translation, addresses
from pressfeed.site.topics import topics_of

T = TypeVar("T")

_END = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(slots=True, eq=False)
class Shelf:
    """Releases that belong together: of one region or topic in one language, of one month; newest first."""

    all: list[ReleaseStub] = field(default_factory=list)
    changed: list[ReleaseStub] = field(default_factory=list)  # corrected or withdrawn
    stamp: int = 0  # another one after anything about its releases, or their translations, is another
    _kept: dict[str, object] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What is made from the releases, and from nothing else that changes: once for each stamp."""
        if name not in self._kept:
            self._kept[name] = make()
        return cast(T, self._kept[name])

    def touch(self, stamp: int) -> None:
        """Something about its releases is another."""
        self.stamp = stamp
        self._kept.clear()

    def feed(self, size: int, loose: Sequence[ReleaseStub] = ()) -> list[ReleaseStub]:
        """The newest ``size`` releases, ``loose`` ones, older ones that changed since the oldest appeared.

        ``loose`` are those in no archive document; some may bear an old date. Whoever has read a release must
        hear that it was corrected or withdrawn, however old it is. A third of ``size`` of these at most, so
        that a mass correction does not flood readers.
        """
        newest = self.all[:size]
        if len(newest) < size:
            return newest
        shown = {stub.id for stub in newest}
        since = newest[-1].published_at
        further = [stub for stub in loose if stub.id not in shown]
        newest += further
        shown.update(stub.id for stub in further)
        late = [stub for stub in self.changed if stub.id not in shown and stub.updated_at >= since]
        late.sort(key=lambda stub: stub.updated_at, reverse=True)
        return newest + late[: max(size // 3, 1)]

    def public(self, size: int) -> list[ReleaseStub]:
        """The newest ``size`` releases that are not withdrawn."""
        found: list[ReleaseStub] = []
        for stub in self.all:
            if stub.status in PUBLIC:
                found.append(stub)
                if len(found) == size:
                    break
        return found


class Archives:
    """Which releases the archive documents of one feed hold (RFC 5005, section 4).

    ``documents`` are those that there are, oldest first, each with the numbers of its releases, newest first.
    They never change: a further one is filled once more than ``size`` releases are in none, with the oldest
    of these. ``loose`` are the releases in no document, newest first; ``new`` the documents to be recorded.
    """

    def __init__(self, documents: Sequence[tuple[int, ...]], shelf: Shelf, size: int) -> None:
        self.documents = list(documents)
        self.new: list[tuple[int, tuple[int, ...]]] = []  # (number, releases)
        held = {id for document in documents for id in document}
        self.loose = [stub for stub in shelf.all if stub.id not in held] if held else shelf.all
        while len(self.loose) > size:
            self.documents.append(tuple(stub.id for stub in self.loose[-size:]))
            self.new.append((len(self.documents), self.documents[-1]))
            self.loose = self.loose[:-size]


class Outline:
    """The stubs, sorted once, and brought up to date by ``change``.

    ``touched`` are those that the last change brought, or that have other translations since; ``changed`` are
    their numbers, and those of the stubs that it took away. ConfigError for a region whose address is taken.
    """

    def __init__(
        self, languages: tuple[str, ...], regions: Regions, stubs: Iterable[ReleaseStub] = ()
    ) -> None:
        self.regions = regions
        self.stubs: dict[int, ReleaseStub] = {}
        # Of the public: language → slug, uid; sorted by language.
        self.stories: dict[Hashable, dict[str, tuple[str, str]]] = {}
        self.everything = Shelf()
        self.shelves: dict[tuple[str, str], Shelf] = defaultdict(Shelf)
        self.languages: dict[str, Shelf] = defaultdict(Shelf)
        self.topics: dict[tuple[str, str], Shelf] = defaultdict(Shelf)  # (slug, language)
        self.topic_names: dict[tuple[str, str], str] = {}  # as the newest release writes it
        self.months: dict[tuple[int, int], Shelf] = defaultdict(Shelf)  # (year, month), in UTC
        self.touched: dict[int, ReleaseStub] = {}
        self.changed: frozenset[int] = frozenset()
        self._spoken = languages
        self._roots = tuple(region.slug for region in regions.roots)
        self._ancestors = {region.slug: regions.ancestors(region.slug) for region in regions.all}
        self._places: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Shelf]] = {}
        self._told: dict[Hashable, list[ReleaseStub]] = defaultdict(list)  # those of each story
        self._stamp = 0
        self.change((), stubs)

    def change(self, left: Collection[ReleaseStub], come: Iterable[ReleaseStub]) -> None:
        """Take stubs out, exactly as they are here, and put others in."""
        self._stamp += 1
        put: Callable[[list[ReleaseStub], ReleaseStub], None] = _insert if self.stubs else list.append
        moved: dict[int, list[Shelf]] = {}  # shelves with other releases, those of each kind of release once
        stories: dict[Hashable, None] = {}
        gone = {stub.id for stub in left}
        for stub in left:
            for shelf in self._shelves_of(stub, moved):
                _remove(shelf.all, stub)
                if stub.status is not Status.PUBLISHED:
                    _remove(shelf.changed, stub)
            del self.stubs[stub.id]
            _remove(self._told[stub.story], stub)
            stories[stub.story] = None
        self.touched = {stub.id: stub for stub in _newest_first(come)}
        for stub in self.touched.values():
            shelves = self._shelves_of(stub, moved)
            for shelf in shelves:
                put(shelf.all, stub)
            if stub.status is not Status.PUBLISHED:
                for shelf in shelves:
                    put(shelf.changed, stub)
            put(self._told[stub.story], stub)
            stories[stub.story] = None
        self.stubs.update(self.touched)
        for story in stories:
            self._retell(story, moved)
        for shelf in {id(shelf): shelf for shelves in moved.values() for shelf in shelves}.values():
            shelf.touch(self._stamp)
        self.changed = frozenset(self.touched.keys() | gone)
        self._name_topics()
        used = [key for key, shelf in self.shelves.items() if shelf.all]
        used += [("", language) for language, shelf in self.languages.items() if shelf.all]
        self.coverage = Coverage.of(self._spoken, self.regions, used)
        self._refuse_clashes()

    def _shelves_of(self, stub: ReleaseStub, moved: dict[int, list[Shelf]]) -> list[Shelf]:
        """The shelves of a stub: all, its language, its regions and all above them, its topics, its month."""
        key = (stub.language, stub.regions, stub.topics)
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = self._find_places(*key)
        published = stub.published_at.astimezone(dt.UTC)
        month = self.months[published.year, published.month]
        moved[id(places)] = places
        moved[id(month)] = [month]
        return [*places, month]

    def _find_places(self, language: str, regions: tuple[str, ...], topics: tuple[str, ...]) -> list[Shelf]:
        above = (slug for known in self._known(regions) for slug in self._ancestors[known])
        return [
            self.everything,
            self.languages[language],
            *(self.shelves[slug, language] for slug in dict.fromkeys(above)),
            *(self.topics[slug, language] for slug in topics_of(topics)),
        ]

    def _retell(self, story: Hashable, moved: dict[int, list[Shelf]]) -> None:
        """See in which languages a story is told; if in others than before, all its releases are touched."""
        stubs = self._told[story]
        told: dict[str, tuple[str, str]] = {}
        for stub in stubs:
            if stub.status in PUBLIC:
                told.setdefault(stub.language, (stub.slug, stub.uid))
        told = dict(sorted(told.items()))
        if told != self.stories.get(story):
            for stub in stubs:
                if stub.id not in self.touched:
                    self.touched[stub.id] = stub
                    self._shelves_of(stub, moved)
        if told:
            self.stories[story] = told
        else:
            self.stories.pop(story, None)
        if not stubs:
            del self._told[story]

    def _name_topics(self) -> None:
        for (slug, language), shelf in self.topics.items():
            if not shelf.all:
                self.topic_names.pop((slug, language), None)
            elif shelf.stamp == self._stamp:
                self.topic_names[slug, language] = topics_of(shelf.all[0].topics)[slug]

    def _known(self, regions: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the regions that there are.

        A release of no known region belongs to the roots: it was published, so somebody must see it.
        """
        return tuple(slug for slug in dict.fromkeys(regions) if slug in self._ancestors) or self._roots

    def _refuse_clashes(self) -> None:
        taken = addresses.RESERVED | set(self.coverage.languages)
        for region in self.regions.all:
            if region.slug in taken:
                raise ConfigError(
                    f"a region cannot be called “{region.slug}”: that address is taken",
                    remedy=f"Rename schedules/{region.slug}.toml",
                )

    def shelf(self, language: str, region: str = "", topic: str = "") -> Shelf:
        """The releases of a region or a topic in a language, or all in the language."""
        if topic:
            return self.topics[topic, language]
        return self.shelves[region, language] if region else self.languages[language]

    @property
    def archived(self) -> list[tuple[Region, tuple[str, ...]]]:
        """The regions with archives of their own, and their languages: a lone root has the newsroom's."""
        roots = self.regions.roots
        return [
            (region, self.coverage.regions[region.slug])
            for region in self.regions.all
            if len(roots) > 1 or region not in roots
        ]

    def regions_of(self, stub: ReleaseStub) -> tuple[str, ...]:
        """The known regions of a release, most specific first, without those above them."""
        return self._known(stub.regions)

    def translations(self, stub: ReleaseStub) -> list[Translation]:
        """The public releases of its story, one a language, in the order of the newsroom's languages.

        None for a story that stands alone.
        """
        told = self.stories.get(stub.story, {})
        if len(told) < 2:
            return []
        return [Translation(code, *told[code]) for code in self.coverage.languages if code in told]

    def fresh(self, since: dt.datetime, most: int) -> list[ReleaseStub]:
        """The newest public releases, ``most`` of them, that were published after a moment; newest first."""
        return [stub for stub in self.everything.public(most) if stub.published_at > since]

    def parts(self, month: tuple[int, int], most: int) -> list[tuple[str, list[ReleaseStub]]]:
        """The public releases of a month, oldest first, ``most`` to a part: ``2024-07``, ``2024-07-2`` …"""
        public = [stub for stub in reversed(self.months[month].all) if stub.status in PUBLIC]
        name = f"{month[0]:04}-{month[1]:02}"
        return [
            (f"{name}-{number}" if number > 1 else name, public[start : start + most])
            for number, start in enumerate(range(0, len(public), most), start=1)
        ]


def newest_change(stubs: Sequence[ReleaseStub]) -> dt.datetime:
    """When the last of them was published or changed; there is at least one."""
    published: dt.datetime = max(map(attrgetter("published_at"), stubs))
    updated: dt.datetime = max(map(attrgetter("updated_at"), stubs))
    return max(published, updated)


def _newest_first(stubs: Iterable[ReleaseStub]) -> list[ReleaseStub]:
    """By time of publication, ties by number: the order of every list."""
    found = sorted(stubs, key=attrgetter("id"))
    found.sort(key=attrgetter("published_at"), reverse=True)
    return found


def _place(stub: ReleaseStub) -> tuple[dt.timedelta, int]:
    """What sorts as ``_newest_first`` does."""
    return _END - stub.published_at, stub.id


def _insert(stubs: list[ReleaseStub], stub: ReleaseStub) -> None:
    insort(stubs, stub, key=_place)


def _remove(stubs: list[ReleaseStub], stub: ReleaseStub) -> None:
    del stubs[bisect_left(stubs, _place(stub), key=_place)]
