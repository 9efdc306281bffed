"""``schedules/*.toml`` → the tree of regions with their bulletins. Every key: ``docs/schedules.md``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pressfeed import fields
from pressfeed.domain import LONGEST_SLUG, Region, Regions, is_slug
from pressfeed.errors import ConfigError
from pressfeed.fields import Document, Invalid
from pressfeed.schedule.bulletins import one_of, read_bulletin

_NO_COUNTRIES = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # in CLDR, but not countries


def load_regions(folder: Path, languages: tuple[str, ...]) -> Regions:
    """The regions that the TOML files of a folder describe, roots first, then by slug.

    A file's name is the region's slug. ``languages`` are the newsroom's: a region has these unless it says
    otherwise, and no others. Raises ConfigError with file, line and remedy.
    """
    return read_regions([Document.read(file) for file in files(folder)], languages)


def files(folder: Path) -> list[Path]:
    """The schedule files of a folder, sorted; ConfigError where there is none."""
    found = sorted(file for file in folder.glob("*.toml") if not file.name.startswith("."))
    if not found:
        raise ConfigError("there is no region", remedy="Write one TOML file per region", file=folder)
    return found


def read_regions(documents: list[Document], languages: tuple[str, ...]) -> Regions:
    """As ``load_regions``, from documents at hand."""
    regions = {document.file.stem: _region(document, languages) for document in documents}
    for document in documents:
        _check_parents(document, regions)
    return Regions(
        tuple(sorted(regions.values(), key=lambda region: (region.parent is not None, region.slug)))
    )


def _region(document: Document, newsroom_languages: tuple[str, ...]) -> Region:
    slug = document.file.stem
    if not is_slug(slug):
        raise ConfigError(
            f"“{slug}” cannot be a region",
            remedy="Name the file in lower-case letters, digits and single hyphens, such as west-africa.toml,"
            f" in at most {LONGEST_SLUG} characters",
            file=document.file,
        )
    table = document.root
    languages = table.take("languages", fields.many(one_of(newsroom_languages)), newsroom_languages)
    zone = table.require("time_zone", fields.zone, 'Say whose clock it follows: time_zone = "Africa/Dakar"')
    region = Region(
        slug=slug,
        names=table.require("name", fields.per_language(languages), 'Name it: name = { en = "…", fr = "…" }'),
        parent=table.take("parent", fields.text, None),
        zone=zone,
        countries=table.take("countries", fields.many(_country, empty=True), ()),
        places=table.take("places", fields.many(fields.text, empty=True), ()),
        languages=languages,
        ended=table.take("ended", _day, None),
        successor=table.take("successor", fields.text, ""),
        bulletins=tuple(read_bulletin(entry, slug, zone, languages) for entry in table.tables("bulletins")),
    )
    table.close()
    names = [bulletin.name for bulletin in region.bulletins]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise document.error(
                f"the bulletin {slug}/{name} is defined twice",
                "Rename or remove one of them",
                ("bulletins", position, "name"),
            )
    return region


def _check_parents(document: Document, regions: Mapping[str, Region]) -> None:
    """Refuse a parent that does not exist, or is reached from itself."""
    slug = document.file.stem
    parent = regions[slug].parent
    if parent is not None and parent not in regions:
        near = fields.nearest(parent, regions)
        remedy = f"Did you mean {near}?" if near else f"Write {parent}.toml, or leave parent out for a root"
        raise document.error(f"parent: there is no region “{parent}”", remedy, ("parent",))
    successor = regions[slug].successor
    if successor and (successor not in regions or successor == slug):
        near = fields.nearest(successor, regions)
        remedy = f"Did you mean {near}?" if near else "Name the region that readers shall go to"
        raise document.error(f"successor: there is no other region “{successor}”", remedy, ("successor",))
    chain = [slug]
    while parent is not None and parent in regions and parent not in chain:
        chain.append(parent)
        parent = regions[parent].parent
    if parent == slug:
        loop = " → ".join([*chain, slug])
        raise document.error(
            f"parent: the regions run in a circle: {loop}", "Let one of them have no parent", ("parent",)
        )


# ------------------------------------------------------------------------------------------------ checks


def _day(value: object) -> dt.date:
    if type(value) is not dt.date:
        raise Invalid("not a day", "Write ended = 2026-06-30, without quotes")
    return value


def _country(value: object) -> str:
    code = fields.text(value)
    if code not in countries():
        near = f'Write "{code.upper()}"' if code.upper() in countries() else 'Write codes such as "SN"'
        raise Invalid(f'"{code}" is not an ISO 3166-1 country code', near)
    return code


@cache
def countries() -> frozenset[str]:
    """The country codes that a region may list: ISO 3166-1 alpha-2 and XK, as CLDR names them."""
    from babel import Locale

    codes = {str(code) for code in Locale("en").territories}
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES
