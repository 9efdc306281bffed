"""Which regions and languages have pages and feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pressfeed.domain import Regions, languages_of


@dataclass(frozen=True, slots=True)
class Coverage:
    """The languages of the newsroom, and of each region: those it promises, then those it has releases in.

    A release in a language that nobody promised would otherwise be in no feed, without a word.
    """

    languages: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, languages: tuple[str, ...], regions: Regions, used: Iterable[tuple[str, str]]) -> Coverage:
        """From the newsroom's languages, its regions, and the (region, language) pairs with releases."""
        found = sorted(set(used))
        covered = {
            region.slug: languages_of(
                (*(region.languages or languages), *(code for slug, code in found if slug == region.slug))
            )
            for region in regions.all
        }
        spoken = languages_of([*languages, *(code for codes in covered.values() for code in codes)])
        return cls(spoken, covered)

    def has(self, region: str, language: str) -> bool:
        return language in self.regions.get(region, ())
