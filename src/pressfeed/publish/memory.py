"""What a process that builds a newsroom again and again remembers of the last time.

It decides nothing about what a file says: each thing remembered stands beside what it was made from, and is
made anew once that is another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Mapping
from typing import NamedTuple, Protocol

from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.site import Coverage, Site

LOOK = dt.timedelta(hours=1)  # after so long a build looks again whether every file still lies in its place


class Group(NamedTuple):
    """Files that depend on the same things: what these were, and path and key of each file."""

    inputs: object
    files: list[tuple[str, str]]


class Told(NamedTuple):
    """A release: its mark and its story, the file of its page and its key."""

    mark: str
    story: Hashable
    path: str
    key: str


class Records(Protocol):
    """Where builds note what they wrote (``publish.build.BuildStore``)."""

    def outputs(self) -> dict[str, tuple[str, int]]: ...

    def outputs_number(self) -> int: ...


class Memory:
    """Of one newsroom, for one thread. An empty one gives a build as if it were the first."""

    def __init__(self) -> None:
        self._site: Site | None = None
        self._built: dt.datetime | None = None  # the last time
        self._looked: dt.datetime | None = None
        self._frame: tuple[str, Coverage] | None = None
        self._outputs: dict[str, tuple[str, int]] | None = None
        self._number = -1  # the number of changes of these records
        self.groups: dict[Hashable, Group] = {}
        self.releases: dict[int, Told] = {}
        self.stories: Mapping[Hashable, Mapping[str, tuple[str, str]]] = {}  # the translations of each
        self.feeds: dict[str, tuple[int, ...]] = {}  # folder of a feed → its releases

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
        return (known if known is not None and number == self._number else store.outputs()), number

    def keep(self, outputs: dict[str, tuple[str, int]], number: int, now: dt.datetime) -> None:
        """A build is done: these are its records, after so many changes."""
        self._outputs, self._number, self._built = outputs, number, now

    def trusts(self, now: dt.datetime) -> bool:
        """Whether files are where they were put: somebody looked not long ago."""
        if self._looked is not None and self._looked <= now < self._looked + LOOK:
            return True
        self._looked = now
        return False

    def begin(self, digest: str, coverage: Coverage, now: dt.datetime) -> None:
        """Forget what depended on another frame, and everything if the clock was set back."""
        frame = (digest, coverage)
        if frame != self._frame or (self._built is not None and now < self._built):
            self.groups, self.releases, self.stories, self.feeds = {}, {}, {}, {}
        self._frame = frame
