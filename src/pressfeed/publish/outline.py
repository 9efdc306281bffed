"""Which release stands in which list: the stubs, sorted into what pages and feeds need (pure)."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pressfeed.domain import PUBLIC, Regions, ReleaseStub, Status, is_slug
from pressfeed.errors import ConfigError, StoreError
from pressfeed.site import Coverage, Translation, addresses

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")


@dataclass(slots=True)
class Shelf:
    """The releases of one region in one language, or of one language; newest first."""

    all: list[ReleaseStub] = field(default_factory=list)
    changed: list[ReleaseStub] = field(default_factory=list)  # corrected or withdrawn

    def add(self, stub: ReleaseStub, changed: bool) -> None:
        self.all.append(stub)
        if changed:
            self.changed.append(stub)

    def feed(self, size: int) -> list[ReleaseStub]:
        """The newest ``size`` releases, and older ones that changed since the oldest of these appeared.

        Whoever has read a release must hear that it was corrected or withdrawn, however old it is. A third of
        ``size`` at most, so that a mass correction does not flood readers.
        """
        newest = self.all[:size]
        if len(newest) < size:
            return newest
        shown = {stub.id for stub in newest}
        since = newest[-1].published_at
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


class Outline:
    """The stubs of one build, sorted once. Raises StoreError for a release whose address cannot be a path."""

    def __init__(self, languages: tuple[str, ...], regions: Regions, stubs: Sequence[ReleaseStub]) -> None:
        self.stubs = stubs
        self.regions = regions
        self._roots = tuple(region.slug for region in regions.roots)
        self._ancestors = {region.slug: regions.ancestors(region.slug) for region in regions.all}
        self._memberships: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._stories: dict[str, dict[str, Translation]] = {}
        self.shelves: dict[tuple[str, str], Shelf] = defaultdict(Shelf)
        self.languages: dict[str, Shelf] = defaultdict(Shelf)
        for stub in stubs:
            self._sort(stub)
        used = [*self.shelves, *(("", language) for language in self.languages)]
        self.coverage = Coverage.of(languages, regions, used)
        self._refuse_clashes()

    def _sort(self, stub: ReleaseStub) -> None:
        if not is_slug(stub.slug) or not (stub.language in self.languages or _LANGUAGE.match(stub.language)):
            raise StoreError(
                f"release {stub.id} cannot have a page: language “{stub.language}”, slug “{stub.slug}”",
                remedy=f"Correct it with “pressfeed releases edit {stub.id}”",
            )
        changed = stub.status is not Status.PUBLISHED
        if stub.status in PUBLIC:
            story = self._stories.setdefault(stub.story, {})
            if stub.language not in story:
                story[stub.language] = Translation(stub.language, stub.slug)
        self.languages[stub.language].add(stub, changed)
        for slug in self._membership(stub.regions)[1]:
            self.shelves[slug, stub.language].add(stub, changed)

    def _membership(self, regions: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The known regions of a release, and these with all above them.

        A release of no known region belongs to the roots: it was published, so somebody must see it.
        """
        if regions not in self._memberships:
            known = tuple(slug for slug in dict.fromkeys(regions) if slug in self._ancestors) or self._roots
            every = dict.fromkeys(above for slug in known for above in self._ancestors[slug])
            self._memberships[regions] = (known, tuple(every))
        return self._memberships[regions]

    def _refuse_clashes(self) -> None:
        taken = addresses.RESERVED | set(self.coverage.languages)
        for region in self.regions.all:
            if region.slug in taken:
                raise ConfigError(
                    f"a region cannot be called “{region.slug}”: that address is taken",
                    remedy=f"Rename schedules/{region.slug}.toml",
                )

    def regions_of(self, stub: ReleaseStub) -> tuple[str, ...]:
        """The known regions of a release, most specific first, without those above them."""
        return self._membership(stub.regions)[0]

    def translations(self, stub: ReleaseStub) -> list[Translation]:
        """The public releases of its story, one a language, in the order of the newsroom's languages.

        None for a story that stands alone.
        """
        story = self._stories.get(stub.story, {})
        return [story[code] for code in self.coverage.languages if code in story] if len(story) > 1 else []

    def months(self, most: int) -> list[tuple[str, list[ReleaseStub]]]:
        """Public releases by month of publication (UTC), oldest first, ``most`` to a part: ``2024-07-2``."""
        found: dict[tuple[int, int], list[ReleaseStub]] = defaultdict(list)
        for stub in reversed(self.stubs):
            if stub.status in PUBLIC:
                day = stub.published_at.astimezone(dt.UTC)
                found[day.year, day.month].append(stub)
        return [
            (f"{year:04}-{month:02}" + (f"-{number}" if number > 1 else ""), stubs[start : start + most])
            for (year, month), stubs in sorted(found.items())
            for number, start in enumerate(range(0, len(stubs), most), start=1)
        ]


def newest_change(stubs: Iterable[ReleaseStub]) -> dt.datetime | None:
    """When the last of them was published or changed."""
    return max((max(stub.published_at, stub.updated_at) for stub in stubs), default=None)
