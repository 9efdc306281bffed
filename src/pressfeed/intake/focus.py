"""Which regions a release belongs to: a decider, data in and data out.

1. Regions that the operator or the document names decide alone.
2. A country, or a name of a region, weighs 6 in the dateline, 4 in headline or subhead, 3 in the first
   paragraph (once), 1 elsewhere in the body (each at most 4 times); contacts and footnotes weigh nothing.
3. Datelines in New York and Geneva, where the United Nations have their seats, say nothing about the story.
4. A region is chosen with at least 3 points, half of the best one's and a third of all; a subregion stands
   for the region above it if it has more than half of its points.
5. Where nothing is chosen, or the chosen hold less than 60 % of all points, the story is the root's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pressfeed.domain import Regions
from pressfeed.intake import names

DATELINE, HEADLINE, LEAD, PASSING = 6, 4, 3, 1
_ENOUGH = 3
_MENTIONS = 4  # a country is counted this often in the rest of the body


@dataclass(frozen=True, slots=True)
class Texts:
    """Where a release may name its subject."""

    place: str
    headline: str
    subhead: str
    lead: str  # the first paragraph
    rest: str
    footnotes: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a release is about: countries in order of first mention, regions most specific first."""

    countries: tuple[str, ...]
    regions: tuple[str, ...]


class Atlas:
    """The newsroom's regions, ready for looking names up. Build it once per newsroom."""

    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self.region_of: dict[str, str] = {}  # ISO code → the most specific region that lists it
        depth = {region.slug: len(regions.ancestors(region.slug)) for region in regions.all}
        for region in sorted(regions.all, key=lambda region: depth[region.slug]):
            for code in region.countries:
                self.region_of[code] = region.slug
        self.slugs = frozenset(region.slug for region in regions.all)
        self.roots = tuple(region.slug for region in regions.roots)
        self._index = lru_cache(maxsize=64)(self._build)

    def index(self, language: str, *, is_place: bool) -> names.Index:
        """Countries (and, for a dateline, cities), region names and their places, as one index."""
        return self._index(language, is_place)

    def _build(self, language: str, is_place: bool) -> names.Index:
        index = names.place_index(language) if is_place else names.country_index(language)
        for region in self.regions.all:
            own = () if region.parent is None else tuple(region.names.values())
            for name in (*own, *region.places):
                index.add(name, region.slug)
        return index


def subject(texts: Texts, language: str, atlas: Atlas) -> Subject:
    """The countries that a release names and the regions that follow from them (see the rule above)."""
    countries: dict[str, None] = {}
    points: Counter[str] = Counter()
    for field, weight in (
        (texts.place, DATELINE),
        (texts.headline, HEADLINE),
        (texts.subhead, HEADLINE),
        (texts.lead, LEAD),
        (texts.rest, PASSING),
        (texts.footnotes, 0),
    ):
        if not field:
            continue
        is_place = weight == DATELINE
        targets = Counter(mention.target for mention in atlas.index(language, is_place=is_place).find(field))
        if is_place and names.HEADQUARTERS in targets:
            targets = Counter(
                {target: count for target, count in targets.items() if target not in atlas.slugs}
            )
        regions: Counter[str] = Counter()
        for target, times in targets.items():
            if target in atlas.slugs:
                regions[target] += times
            elif target != names.HEADQUARTERS:
                countries[target] = None
                if target in atlas.region_of:
                    regions[atlas.region_of[target]] += min(times, _MENTIONS)
        for slug, times in regions.items():
            points[slug] += weight * (times if weight == PASSING else 1)
    return Subject(tuple(countries), decide(points, atlas.regions, atlas.roots))


def decide(points: Mapping[str, int], regions: Regions, roots: Sequence[str]) -> tuple[str, ...]:
    """Points per region → the regions that a story belongs to, the best first; else the roots."""
    # What points to a region below another speaks for that other one as well.
    inherited: Counter[str] = Counter()
    for slug, count in points.items():
        for ancestor in regions.ancestors(slug):
            inherited[ancestor] += count
    candidates = {slug: count for slug, count in inherited.items() if slug not in roots and count > 0}
    best, everything = max(candidates.values(), default=0), sum(points.values())
    chosen = [
        slug
        for slug, count in candidates.items()
        if count >= _ENOUGH and 2 * count >= best and 3 * count >= everything
    ]
    specific = [slug for slug in chosen if not _is_outweighed(slug, chosen, candidates, regions)]
    if not specific or sum(candidates[slug] for slug in specific) < 0.6 * everything:
        return tuple(roots)
    return tuple(sorted(specific, key=lambda slug: (-candidates[slug], slug)))


def _is_outweighed(slug: str, chosen: Sequence[str], points: Mapping[str, int], regions: Regions) -> bool:
    """Whether a subregion with most of its points stands for this region, or its parent does."""
    for other in chosen:
        if other == slug:
            continue
        if slug in regions.ancestors(other) and 2 * points[other] > points[slug]:
            return True
        if other in regions.ancestors(slug) and 2 * points[slug] <= points[other]:
            return True
    return False
