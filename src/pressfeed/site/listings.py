"""The pages that lead to every release: archives by month, topics, press contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pressfeed.domain import PartialDate, Region, Release, ReleaseStub
from pressfeed.markup import one_line
from pressfeed.site import addresses
from pressfeed.site.article import ContactView
from pressfeed.site.coverage import Coverage
from pressfeed.site.links import in_languages
from pressfeed.site.pages import Site
from pressfeed.site.views import Line, Link, Page
from pressfeed.texts import Texts

PER_PAGE = 100  # headlines on a page of a month: it stays far below 100 KB
_CONTACTS = 6  # people of one region


class Place(NamedTuple):
    """What has an archive: a region, or None for the newsroom as a whole; in one language."""

    region: Region | None
    language: str

    @property
    def path(self) -> str:
        if self.region is None:
            return addresses.home(self.language)
        return addresses.region(self.region.slug, self.language)


class Month(NamedTuple):
    """A month of an archive."""

    year: int
    month: int

    @property
    def date(self) -> PartialDate:
        return PartialDate(self.year, self.month)


def lines(stubs: Iterable[ReleaseStub], texts: Texts) -> list[Line]:
    """Releases as lists of headlines show them."""
    return [
        Line(
            addresses.release(stub.language, stub.slug),
            one_line(stub.headline) or texts("site.untitled"),
            stub.published_at,
        )
        for stub in stubs
    ]


class Listings:
    """Renders these pages, in the frame of a site. What they list comes with each call, newest first."""

    def __init__(self, site: Site, coverage: Coverage) -> None:
        self._site = site
        self._coverage = coverage

    # ----------------------------------------------------------------------------------------- archives

    def archive_page(self, place: Place, months: Mapping[Month, int]) -> bytes:
        """All months of a place with the number of their releases."""
        texts = self._site.texts(place.language)
        title = self._title(texts("site.archive"), place, texts)
        years: dict[int, list[Link]] = {}
        for month, count in months.items():
            name = _capital(texts.month_name(month.month))
            path = addresses.month(place.path, month.year, month.month)
            years.setdefault(month.year, []).append(Link(path, name, count=count))
        page = self._page(
            addresses.archive(place.path),
            place.language,
            title,
            texts("site.archive_lead"),
            [(code, addresses.archive(Place(place.region, code).path)) for code in self._spoken(place)],
        )
        return self._site.render(
            "archive.html", page, title=title, above=self._above(place), years=list(years.items())
        )

    def month_page(
        self,
        place: Place,
        month: Month,
        stubs: Sequence[ReleaseStub],
        number: int,
        near: tuple[Month | None, Month | None],
        languages: Sequence[str],
    ) -> bytes:
        """A page of a month. ``stubs`` are all releases of the month, ``number`` counts its pages from 1.

        ``near`` are the months before and after; ``languages`` those in which the place has this month.
        """
        texts = self._site.texts(place.language)
        name = _capital(texts.date(month.date))
        title = self._title(name, place, texts)
        pages = -(-len(stubs) // PER_PAGE)
        page = self._page(
            addresses.month(place.path, *month, number),
            place.language,
            title if number == 1 else texts("site.region_title", region=title, newsroom=number),
            texts("site.region_description", newsroom=self._newsroom(place.language), region=title),
            [(code, addresses.month(Place(place.region, code).path, *month)) for code in languages]
            if number == 1
            else [],
        )
        archive = Link(addresses.archive(place.path), texts("site.archive"))
        return self._site.render(
            "month.html",
            page,
            title=title,
            month=name,
            above=[*self._above(place), archive],
            lines=lines(stubs[(number - 1) * PER_PAGE : number * PER_PAGE], texts),
            before=self._step(place, month, number + 1, pages, near[0], texts),
            after=self._step(place, month, number - 1, pages, near[1], texts),
        )

    def _step(
        self, place: Place, month: Month, number: int, pages: int, beyond: Month | None, texts: Texts
    ) -> Link | None:
        """The next page of the month, or the month beyond it."""
        if 1 <= number <= pages:
            name = texts("site.page_number", number=number, count=pages)
            return Link(addresses.month(place.path, *month, number), name)
        if beyond is None:
            return None
        return Link(addresses.month(place.path, *beyond), _capital(texts.date(beyond.date)))

    def _above(self, place: Place) -> list[Link]:
        if place.region is None:
            return []
        return [self._site.links.region(place.region.slug, place.language)]

    def _title(self, what: str, place: Place, texts: Texts) -> str:
        if place.region is None:
            return what
        return texts("site.region_title", region=what, newsroom=place.region.name(place.language))

    def _spoken(self, place: Place) -> tuple[str, ...]:
        if place.region is None:
            return self._coverage.languages
        return self._coverage.regions[place.region.slug]

    # ------------------------------------------------------------------------------------------- topics

    def topics_page(self, language: str, topics: Sequence[tuple[str, str, int]]) -> bytes:
        """All topics of a language: (slug, name, how many releases)."""
        texts = self._site.texts(language)
        page = self._page(
            addresses.topics(language),
            language,
            texts("site.topics"),
            texts("site.topics_lead"),
            [(code, addresses.topics(code)) for code in self._coverage.languages],
        )
        links = [Link(addresses.topic(language, slug), name, count=count) for slug, name, count in topics]
        return self._site.render("topics.html", page, topics=sorted(links, key=_alphabet))

    def topic_page(
        self,
        slug: str,
        language: str,
        name: str,
        releases: Iterable[Release],
        earlier: Iterable[ReleaseStub],
        languages: Sequence[str],
    ) -> bytes:
        """A topic: its newest releases, earlier ones as headlines, its feeds.

        ``languages`` are those that have a topic of this address.
        """
        texts = self._site.texts(language)
        path = addresses.topic(language, slug)
        page = self._page(
            path,
            language,
            name,
            texts("site.topic_description", newsroom=self._newsroom(language), topic=name),
            [(code, addresses.topic(code, slug)) for code in languages],
            feeds=self._site.links.feeds_in(path, name, language),
        )
        return self._site.render(
            "topic.html",
            page,
            topic=name,
            above=[Link(addresses.topics(language), texts("site.topics"))],
            releases=self._site.teasers(releases),
            lines=lines(earlier, texts),
        )

    # ----------------------------------------------------------------------------------------- contacts

    def contacts_page(self, language: str, offices: Mapping[str, Sequence[Release]]) -> bytes:
        """Whom to call, by region: the contacts of each region's newest releases, in whatever language."""
        texts = self._site.texts(language)
        page = self._page(
            addresses.contacts(language),
            language,
            texts("site.press_contacts"),
            texts("site.press_contacts_lead"),
            [(code, addresses.contacts(code)) for code in self._coverage.languages],
        )
        shown = []
        for slug, releases in offices.items():
            link = self._site.links.region(slug, language)
            spoken = releases[0].content.language if releases else language
            shown.append((Link(link.path, link.text, spoken, name=slug), self._people(releases)))
        return self._site.render("contacts.html", page, offices=shown)

    def _people(self, releases: Iterable[Release]) -> list[ContactView]:
        """The contacts of releases, each once, as the newest of them has it."""
        found: dict[str, ContactView] = {}
        for story in self._site.teasers(releases):
            for person in story.article.contacts:
                found.setdefault((person.name or person.email or person.phone).casefold(), person)
        return list(found.values())[:_CONTACTS]

    # -------------------------------------------------------------------------------------------- parts

    def _page(
        self,
        path: str,
        language: str,
        title: str,
        description: str,
        places: Sequence[tuple[str, str]],
        feeds: tuple[Link, ...] = (),
    ) -> Page:
        texts = self._site.texts(language)
        return Page(
            path=path,
            language=language,
            title=texts("site.region_title", region=title, newsroom=self._newsroom(language)),
            description=description,
            alternates=in_languages(language, places),
            feeds=feeds or self._site.links.feeds_at_the_top(language, self._coverage),
        )

    def _newsroom(self, language: str) -> str:
        return self._site.config.name_in(language)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _alphabet(link: Link) -> str:
    return link.text.casefold()
