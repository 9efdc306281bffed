"""Which regions and languages have pages and feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pressfeed.domain import Regions, languages_of


@dataclass(frozen=True, slots=True)
class Coverage:
    """The languages of the newsroom, and of each region: those that it promises or has releases in.

    A release in a language that nobody promised would otherwise be in no feed, without a word.
    """

    languages: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, languages: tuple[str, ...], regions: Regions, used: Iterable[tuple[str, str]]) -> Coverage:
        """From the newsroom's languages, its regions, and the (region, language) pairs with releases.

        A pair may name no region, for a language that only the newsroom as a whole has.
        """
        found = set(used)
        promised = {region.slug: {*(region.languages or languages)} for region in regions.all}
        extra = sorted(
            {*(code for _, code in found), *(code for codes in promised.values() for code in codes)}
        )
        spoken = languages_of([*languages, *extra])
        covered = {
            slug: tuple(code for code in spoken if code in codes or (slug, code) in found)
            for slug, codes in promised.items()
        }
        return cls(spoken, covered)

    def has(self, region: str, language: str) -> bool:
        return language in self.regions.get(region, ())
