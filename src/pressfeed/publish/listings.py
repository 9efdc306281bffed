"""Which pages lead to every release, and what each is made of: archives by month, topics, press contacts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from pressfeed.domain import Region, Release, ReleaseStub
from pressfeed.publish.outline import Outline, Shelf
from pressfeed.site import Site, addresses
from pressfeed.site.listings import PER_PAGE, Listings, Month, Place

Stubs = Sequence[ReleaseStub]
Loaded = Mapping[int, Release]

TOPIC_SIZE = 12  # releases that a topic's page shows with a summary
EARLIER = 300  # headlines below them
OFFICE_SIZE = 6  # releases of a region that say whom to call


class Listing(NamedTuple):
    """A page: its path, what it says besides releases, those that it shows, those to load, how it is made."""

    path: str
    said: str
    stubs: Stubs
    needs: Stubs
    make: Callable[[Loaded], bytes]


class Part(NamedTuple):
    """Pages that say the same while the same releases stand on these shelves, in the same order."""

    name: str
    shelves: Sequence[tuple[Hashable, Shelf]]
    pages: Iterable[Listing]


class Catalogue:
    """All such pages of one build. ``visible`` gives those of some stubs that may be shown at ``now``."""

    def __init__(
        self,
        site: Site,
        outline: Outline,
        now: dt.datetime,
        visible: Callable[[Stubs, Loaded], list[Release]],
    ) -> None:
        self._outline = outline
        self._now = now
        self._visible = visible
        self._listings = Listings(site, outline.coverage)
        self._zone = site.config.zone

    def parts(self) -> Iterator[Part]:
        """The pages in groups, each with the shelves that alone decide what its pages say."""
        outline = self._outline
        yield from self._archives()
        topics = sorted(outline.topics.items())
        yield Part(
            "topics", [((*key, outline.topic_names[key]), shelf) for key, shelf in topics], self._topics()
        )
        everything = list(outline.languages.items())
        yield Part("contacts", everything, self._contacts())

    # ----------------------------------------------------------------------------------------- archives

    def _archives(self) -> Iterator[Part]:
        """The archives of the newsroom and of regions."""
        outline = self._outline
        yield self._archive(None, outline.languages, outline.coverage.languages)
        for region, spoken in outline.archived:
            shelves = {code: outline.shelves[region.slug, code] for code in spoken}
            yield self._archive(region, shelves, spoken)

    def _archive(self, region: Region | None, shelves: Mapping[str, Shelf], languages: Sequence[str]) -> Part:
        name = "" if region is None else region.slug
        pages = self._archives_of(region, shelves, languages)
        return Part(f"archive {name}", list(shelves.items()), pages)

    def _archives_of(
        self, region: Region | None, shelves: Mapping[str, Shelf], languages: Sequence[str]
    ) -> Iterator[Listing]:
        every = {code: self._by_month(shelves.get(code)) for code in languages}
        for language, months in every.items():
            place = Place(region, language)
            counts = {month: len(stubs) for month, stubs in months.items()}
            yield Listing(
                addresses.archive(place.path),
                repr(list(counts.items())),
                (),
                (),
                _always(partial(self._listings.archive_page, place, counts)),
            )
            order = list(months)
            for at, (month, stubs) in enumerate(months.items()):
                near = (order[at + 1] if at + 1 < len(order) else None, order[at - 1] if at else None)
                spoken = [code for code in languages if month in every[code]]
                for number in range(1, -(-len(stubs) // PER_PAGE) + 1):
                    shown = stubs[(number - 1) * PER_PAGE : number * PER_PAGE]
                    make = partial(self._listings.month_page, place, month, stubs, number, near, spoken)
                    said = f"{near}{spoken}{-(-len(stubs) // PER_PAGE)}"
                    path = addresses.month(place.path, *month, number)
                    yield Listing(path, said, shown, (), _always(make))

    def _by_month(self, shelf: Shelf | None) -> dict[Month, list[ReleaseStub]]:
        """The public releases of a shelf by month, newest first."""
        if shelf is None:
            return {}
        found = (stub for stub in shelf.all if stub.is_public(self._now))
        return {month: list(stubs) for month, stubs in groupby(found, key=self._month)}

    def _month(self, stub: ReleaseStub) -> Month:
        day = stub.published_at.astimezone(self._zone)
        return Month(day.year, day.month)

    # ------------------------------------------------------------------------------------------- topics

    def _topics(self) -> Iterator[Listing]:
        outline = self._outline
        known: dict[str, list[tuple[str, str, int]]] = {code: [] for code in outline.coverage.languages}
        languages: dict[str, list[str]] = {}
        shelves = {
            key: [stub for stub in shelf.public(TOPIC_SIZE + EARLIER) if stub.is_public(self._now)]
            for key, shelf in outline.topics.items()
        }
        for (slug, language), stubs in shelves.items():
            if stubs:
                languages.setdefault(slug, []).append(language)
        for (slug, language), stubs in shelves.items():
            if not stubs:
                continue
            name = outline.topic_names[slug, language]
            known[language].append((slug, name, len(stubs)))
            spoken = [code for code in outline.coverage.languages if code in languages[slug]]
            newest, earlier = stubs[:TOPIC_SIZE], stubs[TOPIC_SIZE:]
            make = partial(self._topic, slug, language, name, newest, earlier, spoken)
            yield Listing(addresses.topic(language, slug), f"{name}{spoken}", stubs, newest, make)
        for language, topics in known.items():
            page = partial(self._listings.topics_page, language, topics)
            yield Listing(addresses.topics(language), repr(topics), (), (), _always(page))

    def _topic(
        self,
        slug: str,
        language: str,
        name: str,
        newest: Stubs,
        earlier: Stubs,
        spoken: Sequence[str],
        loaded: Loaded,
    ) -> bytes:
        shown = self._visible(newest, loaded)
        return self._listings.topic_page(slug, language, name, shown, earlier, spoken)

    # ----------------------------------------------------------------------------------------- contacts

    def _contacts(self) -> Iterator[Listing]:
        outline = self._outline
        for language in outline.coverage.languages:
            offices = {
                region.slug: self._office(region.slug, language)
                for region in outline.regions.all
                if outline.coverage.has(region.slug, language)
            }
            every = [stub for stubs in offices.values() for stub in stubs]
            make = partial(self._office_page, language, offices)
            yield Listing(addresses.contacts(language), "", every, every, make)

    def _office(self, region: str, language: str) -> Stubs:
        """The newest releases of a region itself, in a language or, where it has none, in another."""
        outline = self._outline
        for code in dict.fromkeys((language, *outline.coverage.regions[region])):
            newest = outline.shelf(code, region).public(OFFICE_SIZE * 10)
            own = [stub for stub in newest if region in outline.regions_of(stub)]
            if own:
                return own[:OFFICE_SIZE]
        return []

    def _office_page(self, language: str, offices: Mapping[str, Stubs], loaded: Loaded) -> bytes:
        shown = {slug: self._visible(stubs, loaded) for slug, stubs in offices.items()}
        return self._listings.contacts_page(language, shown)


def _always(make: Callable[[], bytes]) -> Callable[[Loaded], bytes]:
    """For pages that show no release whole."""
    return lambda _: make()
