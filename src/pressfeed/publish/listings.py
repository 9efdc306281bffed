"""Which pages lead to every release, and what each is made of: archives by month, topics, press contacts."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from pressfeed.domain import PUBLIC, Region, Release, ReleaseStub
from pressfeed.publish.outline import Outline, Shelf
from pressfeed.site import Site, addresses
from pressfeed.site.listings import PER_PAGE, Listings, Month, Place

Stubs = Sequence[ReleaseStub]
Months = Mapping[Month, Sequence[ReleaseStub]]
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
    """Pages that say the same while ``inputs`` are the same."""

    name: Hashable
    inputs: object
    pages: Iterable[Listing]


class Catalogue:
    """All such pages of one build. ``visible`` gives those of some stubs that may be shown now."""

    def __init__(
        self,
        site: Site,
        outline: Outline,
        visible: Callable[[Stubs, Loaded], list[Release]],
    ) -> None:
        self._outline = outline
        self._visible = visible
        self._listings = Listings(site, outline.coverage)
        self._zone = site.config.zone

    def parts(self) -> Iterator[Part]:
        """The pages in groups, each with all that decides what its pages say."""
        outline = self._outline
        yield from self._archives()
        yield from self._topics()
        stamps = [(code, shelf.stamp) for code, shelf in outline.languages.items()]
        yield Part("contacts", stamps, self._contacts())

    # ----------------------------------------------------------------------------------------- archives

    def _archives(self) -> Iterator[Part]:
        """The archives of the newsroom and of regions, a part for each language."""
        outline = self._outline
        yield from self._archive(None, outline.languages, outline.coverage.languages)
        for region, spoken in outline.archived:
            shelves = {code: outline.shelves[region.slug, code] for code in spoken}
            yield from self._archive(region, shelves, spoken)

    def _archive(
        self, region: Region | None, shelves: Mapping[str, Shelf], languages: Sequence[str]
    ) -> Iterator[Part]:
        """Of a place, in each language: its own months, and in which other languages it has these."""
        every = {code: self._by_month(shelves.get(code)) for code in languages}
        which = [self._months(shelves.get(code)) for code in languages]
        for language in languages:
            stamp = shelves[language].stamp if language in shelves else 0
            place = Place(region, language)
            yield Part(("archive", place.path), (stamp, which), self._archive_of(place, every))

    def _archive_of(self, place: Place, every: Mapping[str, Months]) -> Iterator[Listing]:
        months = every[place.language]
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
            spoken = [code for code in every if month in every[code]]
            for number in range(1, -(-len(stubs) // PER_PAGE) + 1):
                shown = stubs[(number - 1) * PER_PAGE : number * PER_PAGE]
                make = partial(self._listings.month_page, place, month, stubs, number, near, spoken)
                said = f"{near}{spoken}{-(-len(stubs) // PER_PAGE)}"
                path = addresses.month(place.path, *month, number)
                yield Listing(path, said, shown, (), _always(make))

    def _by_month(self, shelf: Shelf | None) -> Months:
        """The public releases of a shelf by month, newest first."""
        return {} if shelf is None else shelf.once("months", partial(self._sort_by_month, shelf))

    def _months(self, shelf: Shelf | None) -> tuple[Month, ...]:
        """The months of a shelf: the same object while nothing on it changes, and so compared at once."""
        return () if shelf is None else shelf.once("names", lambda: tuple(self._by_month(shelf)))

    def _sort_by_month(self, shelf: Shelf) -> Months:
        public, start, found = [stub for stub in shelf.all if stub.status in PUBLIC], 0, dict[Month, Stubs]()
        while start < len(public):
            day = public[start].published_at.astimezone(self._zone)
            begin = dt.datetime(day.year, day.month, 1, tzinfo=self._zone)
            end = bisect_left(public, True, start, key=partial(_is_before, begin))
            found[Month(day.year, day.month)] = public[start:end]
            start = end
        return found

    # ------------------------------------------------------------------------------------------- topics

    def _topics(self) -> Iterator[Part]:
        """The pages of topics, a part for each, and their lists."""
        outline = self._outline
        known: dict[str, list[tuple[str, str, int]]] = {code: [] for code in outline.coverage.languages}
        languages: dict[str, list[str]] = {}
        shelves = {key: shelf for key, shelf in sorted(outline.topics.items()) if shelf.public(1)}
        for slug, language in shelves:
            languages.setdefault(slug, []).append(language)
        for (slug, language), shelf in shelves.items():
            name = outline.topic_names[slug, language]
            stubs = shelf.once("public", partial(shelf.public, TOPIC_SIZE + EARLIER))
            known[language].append((slug, name, len(stubs)))
            spoken = [code for code in outline.coverage.languages if code in languages[slug]]
            page = self._topic_page(slug, language, name, stubs, spoken)
            yield Part(("topic", language, slug), (shelf.stamp, name, spoken), [page])
        for language, topics in known.items():
            make = partial(self._listings.topics_page, language, topics)
            said = repr(topics)
            page = Listing(addresses.topics(language), said, (), (), _always(make))
            yield Part(("topics", language), said, [page])

    def _topic_page(
        self, slug: str, language: str, name: str, stubs: Stubs, spoken: Sequence[str]
    ) -> Listing:
        newest, earlier = stubs[:TOPIC_SIZE], stubs[TOPIC_SIZE:]
        make = partial(self._topic, slug, language, name, newest, earlier, spoken)
        return Listing(addresses.topic(language, slug), f"{name}{spoken}", stubs, newest, make)

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


def _is_before(moment: dt.datetime, stub: ReleaseStub) -> bool:
    return stub.published_at < moment


def _always(make: Callable[[], bytes]) -> Callable[[Loaded], bytes]:
    """For pages that show no release whole."""
    return lambda _: make()
