"""What a process that builds a newsroom again and again remembers of the last time.

It decides nothing about what a file says. Each thing remembered stands beside what it was made from, and is
made anew once that is another; where it is not known what happened since, nothing is taken for granted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.publish.outline import Outline
from pressfeed.publish.stock import Source, Stock
from pressfeed.site import Site

LOOK = dt.timedelta(hours=1)  # after so long a build looks again whether every file still lies in its place


class Group(NamedTuple):
    """Files that depend on the same things: what these were, and path and key of each file."""

    inputs: object
    files: list[tuple[str, str]]


@dataclass(slots=True)
class Layout:
    """What plans lay out for one site: which release stands where, and the keys of the files.

    ``steady``: all that the last plan wanted was made, and nobody touched it since.
    """

    site: Site
    outline: Outline
    steady: bool = False
    keys: dict[int, str] = field(default_factory=dict)  # of the pages of releases
    pages: dict[int, str] = field(default_factory=dict)  # the files of these pages
    groups: dict[Hashable, Group] = field(default_factory=dict)
    feeds: dict[str, tuple[int, ...]] = field(default_factory=dict)  # folder of a feed → its releases


class Records(Source, Protocol):
    """Where builds note what they wrote (``publish.build.BuildStore``)."""

    def outputs(self) -> dict[str, tuple[str, int]]: ...

    def outputs_number(self) -> int: ...


class Memory:
    """Of one newsroom, for one thread. An empty one gives a build as if it were the first."""

    def __init__(self) -> None:
        self._site: Site | None = None
        self._looked: dt.datetime | None = None
        self._stock = Stock()
        self._layout: Layout | None = None
        self._outputs: dict[str, tuple[str, int]] | None = None
        self._number = -1  # the number of changes of these records

    def site(self, config: Config, regions: Regions, uid: str, silent: frozenset[str]) -> Site:
        """The site, with its texts, templates and entries, if nothing about it is another."""
        site = Site(config, regions, uid, silent)
        if self._site is None or (self._site.digest, self._site.config, self._site.regions) != (
            site.digest,
            config,
            regions,
        ):
            self._site = site
        return self._site

    def outputs(self, store: Records) -> tuple[dict[str, tuple[str, int]], int]:
        """What earlier builds wrote, and the number of changes of these records; from the store if need be.

        A build changes what it is given, and hands it back when it is done: what it leaves half done is read
        anew.
        """
        number, known = store.outputs_number(), self._outputs
        self._outputs = None
        if known is None or number != self._number:
            known, self._looked = store.outputs(), None
        return known, number

    def trusts(self, now: dt.datetime) -> bool:
        """Whether files are as they were made: the last build ended well, and one looked not long ago."""
        if self._looked is not None and self._looked <= now < self._looked + LOOK:
            return True
        self._looked = now
        return False

    def layout(self, site: Site, store: Source, now: dt.datetime, *, trusted: bool) -> Layout:
        """The layout for what the store shows at ``now``. ``trusted``: nobody need look for files.

        It leaves the memory, so that what a plan leaves half done is laid out anew.
        """
        layout, self._layout = self._layout, None
        change = self._stock.look(store, now)
        if layout is None or layout.site is not site:
            return Layout(site, Outline(site.config.languages, site.regions, self._stock.shown.values()))
        coverage = layout.outline.coverage
        layout.outline.change(*change)
        layout.steady = trusted
        if not layout.steady or layout.outline.coverage != coverage:
            layout.groups, layout.feeds = {}, {}
        return layout

    def planned(self, layout: Layout) -> None:
        """The plan of a layout is whole."""
        self._layout = layout

    def keep(self, outputs: dict[str, tuple[str, int]], number: int) -> None:
        """A build is done: these are its records, after so many changes."""
        self._outputs, self._number = outputs, number
