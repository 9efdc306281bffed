"""Where a page leads: to feeds, regions, and the same in other languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pressfeed.config import Config
from pressfeed.domain import Region, Regions
from pressfeed.site import addresses
from pressfeed.site.coverage import Coverage
from pressfeed.site.views import Link
from pressfeed.texts import Texts


class Links:
    """The links of a newsroom. What thousands of pages have in common is made once.

    ``silent`` are regions without feeds, ``texts`` gives the interface texts of a language.
    """

    def __init__(
        self, config: Config, regions: Regions, silent: frozenset[str], texts: Callable[[str], Texts]
    ) -> None:
        self._config = config
        self._regions = regions
        self._silent = silent
        self._texts = texts
        self._by_slug = {region.slug: region for region in regions.all}
        self._feeds: dict[tuple[str, ...], tuple[Link, ...]] = {}
        self._homes: dict[str, tuple[Link, ...]] = {}

    def homes(self, language: str) -> tuple[Link, ...]:
        """The newsroom in all its languages."""
        if language not in self._homes:
            homes = [(code, addresses.home(code)) for code in self._config.languages]
            self._homes[language] = in_languages(language, homes)
        return self._homes[language]

    def feeds(self, regions: Sequence[str], language: str) -> tuple[Link, ...]:
        """Autodiscovery: all formats of the first region, then the RSS of the others."""
        key = (language, *regions)
        if key not in self._feeds:
            found: list[Link] = []
            for slug in (slug for slug in regions if slug not in self._silent):
                folder, name = addresses.region(slug, language), self._by_slug[slug].name(language)
                found += self.feeds_in(folder, name, language)[: 1 if found else None]
            self._feeds[key] = tuple(found)
        return self._feeds[key]

    def feeds_upwards(self, regions: Sequence[str], language: str) -> tuple[Link, ...]:
        """The feeds of regions and of those above them."""
        above = (slug for region in regions for slug in self._regions.ancestors(region))
        return self.feeds(list(dict.fromkeys([*regions, *above])), language)

    def feeds_at_the_top(self, language: str, coverage: Coverage) -> tuple[Link, ...]:
        """The feeds of the regions at the top."""
        roots = [region.slug for region in self._regions.roots if coverage.has(region.slug, language)]
        return self.feeds(roots, language)

    def feeds_in(self, folder: str, name: str, language: str) -> tuple[Link, ...]:
        """The feeds in a folder, titled as they title themselves; ``name`` is their region or topic."""
        newsroom = self._config.name_in(language)
        title = self._texts(language)("site.feed_title", newsroom=newsroom, region=name)
        return tuple(
            Link(folder + format.file, f"{title} ({format.name})", language, format.type, format.name)
            for format in addresses.FORMATS
        )

    def region(self, slug: str, language: str) -> Link:
        return Link(addresses.region(slug, language), self._by_slug[slug].name(language), language)

    def regions_below(self, slug: str, language: str, coverage: Coverage) -> list[Link]:
        """The regions one level below, each in the language in which it is best shown."""
        return [
            self._shown(region, language, coverage) for region in self._regions.all if region.parent == slug
        ]

    def tree(self, language: str, coverage: Coverage) -> list[tuple[Link, list[Link]]]:
        """Root regions with everything below them, one level."""
        return [
            (
                self._shown(root, language, coverage),
                [
                    self._shown(region, language, coverage)
                    for region in self._regions.all
                    if region.slug in self._regions.within(root.slug)[1:]
                ],
            )
            for root in self._regions.roots
        ]

    def _shown(self, region: Region, language: str, coverage: Coverage) -> Link:
        """A region for readers of ``language``: in another one where it has no page in theirs."""
        spoken = coverage.regions[region.slug]
        return self.region(region.slug, language if language in spoken else spoken[0])


def in_languages(language: str, places: Iterable[tuple[str, str]]) -> tuple[Link, ...]:
    """Links to (language, path), each under the name that the language has for itself."""
    return tuple(Link(path, Texts.own_name(code), code, current=code == language) for code, path in places)
