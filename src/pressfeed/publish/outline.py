"""Which release stands in which list: the stubs, sorted into what pages and feeds need (pure)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from pressfeed.domain import PUBLIC, Region, Regions, ReleaseStub, Status
from pressfeed.errors import ConfigError
from pressfeed.site import Coverage, Translation, addresses
from pressfeed.site.topics import topics_of


@dataclass(slots=True)
class Shelf:
    """The releases of one region or topic in one language, or of one language; newest first."""

    all: list[ReleaseStub] = field(default_factory=list)
    changed: list[ReleaseStub] = field(default_factory=list)  # corrected or withdrawn

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
    """The stubs of one build, sorted once. ConfigError for a region whose address is taken."""

    def __init__(self, languages: tuple[str, ...], regions: Regions, stubs: Sequence[ReleaseStub]) -> None:
        self.stubs = stubs
        self.regions = regions
        self._roots = tuple(region.slug for region in regions.roots)
        self._ancestors = {region.slug: regions.ancestors(region.slug) for region in regions.all}
        self._places: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[Shelf]] = {}
        # Of the public: language → slug, uid.
        self.stories: dict[Hashable, dict[str, tuple[str, str]]] = defaultdict(dict)
        self.public: list[ReleaseStub] = []
        self.shelves: dict[tuple[str, str], Shelf] = defaultdict(Shelf)
        self.languages: dict[str, Shelf] = defaultdict(Shelf)
        self.topics: dict[tuple[str, str], Shelf] = defaultdict(Shelf)  # (slug, language)
        self.topic_names: dict[tuple[str, str], str] = {}  # as the newest release writes it
        self._sort()
        used = [*self.shelves, *(("", language) for language in self.languages)]
        self.coverage = Coverage.of(languages, regions, used)
        self._refuse_clashes()

    def _sort(self) -> None:
        for stub in self.stubs:
            language, regions, topics, status = stub.language, stub.regions, stub.topics, stub.status
            places = self._places.get((language, regions, topics))
            if places is None:
                places = self._find_places(language, regions, topics)
            for shelf in places:
                shelf.all.append(stub)
            if status is not Status.PUBLISHED:
                for shelf in places:
                    shelf.changed.append(stub)
                if status not in PUBLIC:
                    continue
            self.public.append(stub)
            self.stories[stub.story].setdefault(language, (stub.slug, stub.uid))

    def _find_places(self, language: str, regions: tuple[str, ...], topics: tuple[str, ...]) -> list[Shelf]:
        """The shelves of releases: their language, their regions and all above them, their topics."""
        above = (slug for known in self._known(regions) for slug in self._ancestors[known])
        places = [self.languages[language], *(self.shelves[slug, language] for slug in dict.fromkeys(above))]
        for slug, name in topics_of(topics).items():
            self.topic_names.setdefault((slug, language), name)
            places.append(self.topics[slug, language])
        self._places[language, regions, topics] = places
        return places

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
        return [stub for stub in self.public[:most] if stub.published_at > since]

    def months(self, most: int) -> list[tuple[str, list[ReleaseStub]]]:
        """Public releases by month of publication (UTC), oldest first, ``most`` to a part: ``2024-07-2``."""
        found: dict[tuple[int, int], list[ReleaseStub]] = defaultdict(list)
        for stub in reversed(self.public):
            day = stub.published_at.astimezone(dt.UTC)
            found[day.year, day.month].append(stub)
        return [
            (f"{year:04}-{month:02}" + (f"-{number}" if number > 1 else ""), stubs[start : start + most])
            for (year, month), stubs in sorted(found.items())
            for number, start in enumerate(range(0, len(stubs), most), start=1)
        ]


def newest_change(stubs: Sequence[ReleaseStub]) -> dt.datetime:
    """When the last of them was published or changed; there is at least one."""
    published: dt.datetime = max(map(attrgetter("published_at"), stubs))
    updated: dt.datetime = max(map(attrgetter("updated_at"), stubs))
    return max(published, updated)
