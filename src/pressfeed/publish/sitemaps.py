"""What sitemaps say: every page for search engines, the newest releases for news services."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from pressfeed.domain import ReleaseStub
from pressfeed.markup import one_line
from pressfeed.publish.outline import Outline, newest_change
from pressfeed.site import Site, addresses
from pressfeed.site.sitemap import Place, Story, index, news, sitemap

Stubs = Sequence[ReleaseStub]


class Sitemaps:
    """Makes the sitemaps of one build."""

    def __init__(self, site: Site, outline: Outline) -> None:
        self._site = site
        self._outline = outline

    def index(self, most: int) -> bytes:
        """The sitemap of sitemaps; months are in parts of ``most`` releases."""
        url, outline = self._site.url, self._outline
        lists = [(url(addresses.sitemap("pages")), None), (url(addresses.NEWS_SITEMAP), None)]
        months = [part for month in sorted(outline.months) for part in self._changes(month, most)]
        return index([*lists, *((url(addresses.sitemap(name)), changed) for name, changed in months)])

    def _changes(self, month: tuple[int, int], most: int) -> list[tuple[str, dt.datetime]]:
        """The parts of a month, and when something in each was last published or changed."""

        def find() -> list[tuple[str, dt.datetime]]:
            return [(name, newest_change(stubs)) for name, stubs in self._outline.parts(month, most)]

        return self._outline.months[month].once(f"changes {most}", find)

    def news(self, stubs: Stubs) -> bytes:
        """The Google News sitemap, of releases."""
        site = self._site
        return news(
            Story(
                site.url(addresses.release(stub.language, stub.slug)),
                one_line(stub.headline) or site.texts(stub.language)("site.untitled"),
                stub.language,
                stub.published_at,
                site.config.name_in(stub.language),
            )
            for stub in stubs
        )

    def month(self, stubs: Stubs) -> bytes:
        """Releases, each with its translations."""
        return sitemap(self._place(stub) for stub in stubs)

    def pages(self, topics: Sequence[tuple[str, str]]) -> bytes:
        """All lists; ``topics`` are those that have pages: (slug, language), sorted."""
        return sitemap(self._pages(topics))

    def _place(self, stub: ReleaseStub) -> Place:
        url = self._site.url
        return Place(
            url(addresses.release(stub.language, stub.slug)),
            max(stub.published_at, stub.updated_at),
            tuple(
                (other.language, url(addresses.release(other.language, other.slug)))
                for other in self._outline.translations(stub)
            ),
        )

    def _pages(self, topics: Sequence[tuple[str, str]]) -> Iterator[Place]:
        """The front page, then every list but the months of archives, each with its translations."""
        url = self._site.url
        yield Place(url(addresses.FRONT))
        groups = [
            [(language, place(language)) for language in self._outline.coverage.languages]
            for place in (
                addresses.home, addresses.follow, addresses.topics, addresses.contacts,
                lambda code: addresses.archive(addresses.home(code)),
            )
        ]  # fmt: skip
        groups += [
            [(language, addresses.region(region, language)) for language in languages]
            for region, languages in self._outline.coverage.regions.items()
        ]
        groups += [
            [(language, addresses.archive(addresses.region(region.slug, language))) for language in languages]
            for region, languages in self._outline.archived
        ]
        groups += [
            [(language, addresses.topic(language, slug)) for _, language in places]
            for slug, places in groupby(topics, key=itemgetter(0))
        ]
        for group in groups:
            places = tuple((language, url(path)) for language, path in group)
            for _, address in places:
                yield Place(address, translations=places if len(places) > 1 else ())
