"""Publish: the store's public releases → the files under ``public/``.

    outline.py   which release stands in which list
    stock.py     which releases are shown, and what has changed
    memory.py    what of the last build need not be found out again
    outputs.py   every file as a plan: path, key, how it is made; listings.py, syndicate.py and sitemaps.py
                 know the archives and topics, the feeds, the sitemaps
    build.py     what of the plan has to be done, and doing it
    crew.py      helpers that share a long build
    folder.py    how files and their compressed siblings are put there, and removed

Only files whose key changed, that are missing or that have another size are rendered, only those whose bytes
changed are written, and files of earlier builds that nothing wants any more are removed. A reader sees the
old file or the new one, never half of one; a build that was killed is continued by the next one.
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from pressfeed.config import Config
from pressfeed.domain import Regions, Release, ReleaseStub
from pressfeed.publish import crew
from pressfeed.publish.folder import THREADS, Folder
from pressfeed.publish.kinds import is_live_feed
from pressfeed.publish.memory import Memory
from pressfeed.publish.outputs import Output, Past, Plan, beside
from pressfeed.site.channels import is_silent

Progress = Callable[[int, int], None]
"""Told (outputs done, outputs to do) while a build writes."""

_BATCH = 500  # releases in memory at a time
_MANY = 1000  # outputs that are worth the start of helpers


class BuildStore(Protocol):
    """What a build asks of the store."""

    @property
    def newsroom(self) -> str:
        """The newsroom's uid, which stays when its name changes."""
        ...

    def release_stubs(self, since: int | None) -> tuple[int, Mapping[int, ReleaseStub | None]]:
        """The releases that changed after so many changes (None: all), and how many there are now.

        Those that are published or withdrawn, whatever their time and embargo; None for others.
        """
        ...

    def releases(self, ids: Sequence[int]) -> list[Release]:
        """The current versions, in the given order."""
        ...

    def outputs(self) -> dict[str, tuple[str, int]]:
        """What earlier builds wrote: path under ``public/`` → (key, size in bytes)."""
        ...

    def outputs_number(self) -> int:
        """A number that grows with every change of what ``outputs`` tells, by whichever process."""
        ...

    def archives(self) -> Mapping[str, Sequence[tuple[int, ...]]]:
        """What the archive documents of feeds hold: folder of the feed → releases of number 1, 2, …"""
        ...

    def add_archives(self, new: Sequence[tuple[str, int, Sequence[int]]]) -> None:
        """Record what new archive documents hold: (folder of the feed, number, releases)."""
        ...

    def moves(self) -> Sequence[tuple[int, str, str]]:
        """Where releases were found once: (release, language, slug)."""
        ...

    def gone(self) -> Sequence[str]:
        """The paths of what was there once and has ended."""
        ...

    def save_gone(self, new: Sequence[str], back: Sequence[str], now: dt.datetime) -> None:
        """Record what has ended now, and what is there again."""
        ...

    def save_outputs(self, changed: Mapping[str, tuple[str, int]], removed: Sequence[str]) -> None:
        """Record what a build wrote and what it removed, in one transaction."""
        ...

    def forget(self, paths: Sequence[str]) -> None:
        """Record that nothing is certain of these files: the next build makes them anew, or removes them."""
        ...

    def feeds_built(self, digests: Mapping[str, str], hub: str, now: dt.datetime) -> None:
        """Note feeds with the digests of their bytes; ``hub`` is one elsewhere that is told of changes."""
        ...

    def feeds_ended(self, paths: Sequence[str], now: dt.datetime) -> None:
        """Note that feeds are not there any more."""
        ...

    def save_feeds(self, feeds: Mapping[str, Collection[int]], now: dt.datetime) -> None:
        """Record which releases each feed, ``region/language``, holds."""
        ...


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did; paths are relative to ``public/``, sorted. What lies beside a page counts with it."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int


def build(
    config: Config,
    regions: Regions,
    store: BuildStore,
    now: dt.datetime,
    *,
    force: bool = False,
    progress: Progress | None = None,
    memory: Memory | None = None,
) -> BuildResult:
    """Bring ``config.public`` up to what the store says at ``now``; ``force`` renders every file again.

    Who builds again and again gives the same ``memory`` each time. Raises ConfigError for a region whose
    address is taken, StoreError for a release that cannot have one.
    """
    silent = frozenset(region.slug for region in regions.all if is_silent(region, now))
    memory = Memory() if memory is None or force else memory
    site = memory.site(config, regions, store.newsroom, silent)
    known, number = memory.outputs(store)
    form = "".join(sorted(coding[0] for coding in config.compress))  # in which every file lies there
    trusted = memory.trusts(now)
    with _without_collector(), _Disk(config.public, {} if force else known, form, trusted) as disk:
        layout = memory.layout(site, store, now, trusted=trusted)
        past = Past(store.archives(), store.moves(), store.gone(), known)
        plan = Plan(layout, now, disk.holds, past)
        memory.planned(layout)
    # Before these documents are there: what they hold must not be another after a build was killed.
    store.add_archives(plan.syndication.new)

    written: list[str] = []
    saved: dict[str, tuple[str, int]] = {}
    gone = known.keys() - plan.paths
    total, done = len(plan.stale), 0
    if total >= _MANY:
        gc.enable()  # also where nobody wanted it for the short time of a command
    helpers = crew.possible() if total >= _MANY else 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    def begin(batch: _Batch) -> _Batch:
        """Note first what is being made: if this one is killed, the next build makes or removes it."""
        nonlocal number
        store.forget([plan.stale[at].path for at in batch.numbers])
        number += 1
        return batch

    with Folder(config.public, config.compress, threads=0 if helpers else THREADS) as folder:
        press = _Press(plan.stale, folder, form, told=bool(config.hub_url))
        with crew.Crew(press.make, helpers) as hands:
            for stale in _in_order(plan.stale) if helpers else filter(None, [range(total)]):
                batches = _batches(plan.stale, stale, store, _BATCH // (helpers or 1))
                for batch, result in hands.do(map(begin, batches)):
                    made = press.make(batch, tick) if result is None else result
                    if result is not None:
                        for _ in batch.numbers:
                            tick()
                    written += made.written
                    gone.update(made.gone)
                    # First, so that a build which is killed here makes these feeds again.
                    if made.feeds:
                        store.feeds_built(made.feeds, config.distant_hub, now)
                    store.save_outputs(made.outputs, ())
                    saved |= made.outputs
                    number += 1
        removed = sorted(path for path in gone if folder.remove(path))
        for path in gone:
            _put_beside(folder, dict.fromkeys(beside(path)))
    if gone:
        store.feeds_ended([path for path in sorted(gone) if is_live_feed(path)], now)
        store.save_outputs({}, sorted(gone))
        number += 1
        for path in gone:
            known.pop(path, None)
    store.save_gone(sorted(plan.ended - set(past.gone)), sorted(plan.paths & set(past.gone)), now)
    store.save_feeds(plan.feeds, now)
    known.update(saved)
    memory.keep(known, number)
    unchanged = len(plan.paths - gone) - len(written)
    return BuildResult(tuple(sorted(written)), tuple(removed), unchanged)


class _Batch(NamedTuple):
    """Some outputs of a plan, by number, with the releases that they need."""

    numbers: range
    releases: list[Release]


class _Made(NamedTuple):
    """What became of a batch."""

    outputs: dict[str, tuple[str, int]]  # path → key, size
    written: list[str]
    gone: list[str]
    feeds: dict[str, str]  # path → digest, of those whose readers are told


class _Press:
    """Renders outputs and puts them in their place. ``told``: whether anybody is told of changed feeds."""

    def __init__(self, outputs: Sequence[Output], folder: Folder, form: str, *, told: bool) -> None:
        self._outputs = outputs
        self._folder = folder
        self._form = form
        self._told = told

    def make(self, batch: _Batch, tick: Callable[[], None] | None = None) -> _Made:
        """Make a batch, with all that lies beside its files; ``tick`` is called after each output."""
        with _without_collector():
            return self._make(batch, tick)

    def _make(self, batch: _Batch, tick: Callable[[], None] | None) -> _Made:
        loaded = {release.id: release for release in batch.releases}
        made = _Made({}, [], [], {})
        for number in batch.numbers:
            output = self._outputs[number]
            data = output.render(loaded)
            if data is None:
                made.gone.append(output.path)
            else:
                if self._folder.put(output.path, data, rare=output.rare):
                    made.written.append(output.path)
                made.outputs[output.path] = (output.key + self._form, len(data))
                if self._told and is_live_feed(output.path):
                    made.feeds[output.path] = hashlib.blake2b(data, digest_size=16).hexdigest()
            if output.beside is not None:
                _put_beside(self._folder, output.beside(loaded))
            if tick is not None:
                tick()
        self._folder.settle()
        return made


def _put_beside(folder: Folder, files: Mapping[str, bytes | None]) -> None:
    """Write the files that belong to another one, and remove what shall not be there."""
    for path, data in files.items():
        if data is None:
            folder.remove(path)
        else:
            folder.put(path, data, rare=True)


class _Disk:
    """The files under ``public/`` as earlier builds made them. Use it in a ``with`` statement."""

    def __init__(self, public: Path, known: Mapping[str, tuple[str, int]], form: str, trusted: bool) -> None:
        self._public = public
        self._known = known
        self._form = form
        self._trusted = trusted  # somebody looked a short while ago
        self._root: int | None = None

    def __enter__(self) -> Self:
        with suppress(FileNotFoundError, NotADirectoryError):
            self._root = os.open(self._public, os.O_RDONLY | os.O_DIRECTORY)
        return self

    def __exit__(self, *_: object) -> None:
        if self._root is not None:
            os.close(self._root)

    def holds(self, path: str, key: str) -> bool:
        """Whether a file was made from what the key stands for, and still has the size that it had then."""
        made = self._known.get(path)
        if made is None or made[0] != key + self._form or self._root is None:
            return False
        if self._trusted:
            return True
        try:
            # Relative to the open folder: a third of the time of a path, for every page of the newsroom.
            return os.stat(path, dir_fd=self._root).st_size == made[1]
        except (FileNotFoundError, NotADirectoryError):
            return False


@contextmanager
def _without_collector() -> Iterator[None]:
    """No search for reference cycles while ten thousands of objects are made that have none."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _in_order(outputs: Sequence[Output]) -> list[range]:
    """The pages of releases, then the lists and feeds that point to them."""
    pages = max((number for number, output in enumerate(outputs, 1) if output.beside is not None), default=0)
    return [numbers for numbers in (range(pages), range(pages, len(outputs))) if numbers]


def _batches(outputs: Sequence[Output], numbers: range, store: BuildStore, most: int) -> Iterator[_Batch]:
    """The outputs in order, in groups that need no more than so many releases (or are a single one)."""
    start, needed = numbers.start, dict[int, None]()
    for number in numbers:
        needs = outputs[number].needs
        new = sum(id not in needed for id in needs)
        if number > start and len(needed) + new > most:
            yield _Batch(range(start, number), store.releases(list(needed)))
            start, needed = number, {}
        needed.update(dict.fromkeys(needs))
    yield _Batch(range(start, numbers.stop), store.releases(list(needed)) if needed else [])
