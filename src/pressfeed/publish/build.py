"""Publish: the store's public releases → the files under ``public/``.

    outline.py   which release stands in which list
    outputs.py   every file as a plan: path, key, how it is made
    build.py     what of the plan has to be done, and doing it
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
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from pressfeed.config import Config
from pressfeed.domain import Regions, Release, ReleaseStub
from pressfeed.publish.folder import Folder
from pressfeed.publish.kinds import is_live_feed
from pressfeed.publish.outline import Outline
from pressfeed.publish.outputs import Output, Past, Plan, beside
from pressfeed.site import Site
from pressfeed.site.channels import is_silent

Progress = Callable[[int, int], None]
"""Told (outputs done, outputs to do) while a build writes."""

_BATCH = 500  # releases in memory at a time


class BuildStore(Protocol):
    """What a build asks of the store."""

    @property
    def newsroom(self) -> str:
        """The newsroom's uid, which stays when its name changes."""
        ...

    def release_stubs(self, now: dt.datetime) -> list[ReleaseStub]:
        """Releases public at ``now``, or withdrawn after they were; newest first, ties by id."""
        ...

    def releases(self, ids: Sequence[int]) -> list[Release]:
        """The current versions, in the given order."""
        ...

    def outputs(self) -> dict[str, tuple[str, int]]:
        """What earlier builds wrote: path under ``public/`` → (key, size in bytes)."""
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
) -> BuildResult:
    """Bring ``config.public`` up to what the store says at ``now``; ``force`` renders every file again.

    Raises ConfigError for a region whose address is taken, StoreError for a release that cannot have one.
    """
    silent = frozenset(region.slug for region in regions.all if is_silent(region, now))
    site = Site(config, regions, store.newsroom, silent)
    known = store.outputs()
    form = "".join(sorted(coding[0] for coding in config.compress))  # in which every file lies there
    with _without_collector(), _Disk(config.public, {} if force else known, form) as disk:
        outline = Outline(config.languages, regions, store.release_stubs(now))
        past = Past(store.archives(), store.moves(), store.gone(), known)
        plan = Plan(site, outline, now, disk.holds, past)
    # Before these documents are there: what they hold must not be another after a build was killed.
    store.add_archives(plan.syndication.new)

    written: list[str] = []
    gone = set(known) - plan.paths
    done = 0
    with Folder(config.public, config.compress) as folder:
        for batch in _batches(plan.stale):
            ids = dict.fromkeys(id for output in batch for id in output.needs)
            loaded = {release.id: release for release in store.releases(list(ids))} if ids else {}
            made: dict[str, tuple[str, int]] = {}
            pushed: dict[str, str] = {}
            for output in batch:
                data = output.render(loaded)
                if data is None:
                    gone.add(output.path)
                else:
                    if folder.put(output.path, data, rare=output.rare):
                        written.append(output.path)
                    made[output.path] = (output.key + form, len(data))
                    if config.hub_url and is_live_feed(output.path):
                        pushed[output.path] = hashlib.blake2b(data, digest_size=16).hexdigest()
                if output.beside is not None:
                    _put_beside(folder, output.beside(loaded))
                done += 1
                if progress is not None:
                    progress(done, len(plan.stale))
            folder.settle()
            # First, so that a build which is killed here makes these feeds again.
            if pushed:
                store.feeds_built(pushed, config.distant_hub, now)
            store.save_outputs(made, ())
        removed = sorted(path for path in gone if folder.remove(path))
        for path in gone:
            _put_beside(folder, dict.fromkeys(beside(path)))
    if gone:
        store.feeds_ended([path for path in sorted(gone) if is_live_feed(path)], now)
        store.save_outputs({}, sorted(gone & known.keys()))
    store.save_gone(sorted(plan.ended - set(past.gone)), sorted(plan.paths & set(past.gone)), now)
    store.save_feeds(plan.feeds, now)
    unchanged = len(plan.paths - gone) - len(written)
    return BuildResult(tuple(sorted(written)), tuple(removed), unchanged)


def _put_beside(folder: Folder, files: Mapping[str, bytes | None]) -> None:
    """Write the files that belong to another one, and remove what shall not be there."""
    for path, data in files.items():
        if data is None:
            folder.remove(path)
        else:
            folder.put(path, data, rare=True)


class _Disk:
    """The files under ``public/`` as earlier builds made them. Use it in a ``with`` statement."""

    def __init__(self, public: Path, known: Mapping[str, tuple[str, int]], form: str) -> None:
        self._public = public
        self._known = known
        self._form = form
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
        made, size = self._known.get(path, ("", 0))
        if made != key + self._form or self._root is None:
            return False
        try:
            # Relative to the open folder: a third of the time of a path, for every page of the newsroom.
            return os.stat(path, dir_fd=self._root).st_size == size
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


def _batches(outputs: Iterable[Output]) -> Iterator[list[Output]]:
    """The outputs in order, in groups that need no more than ``_BATCH`` releases (or a single one)."""
    batch: list[Output] = []
    needed: set[int] = set()
    for output in outputs:
        new = sum(id not in needed for id in output.needs)
        if batch and len(needed) + new > _BATCH:
            yield batch
            batch, needed = [], set()
        batch.append(output)
        needed.update(output.needs)
    if batch:
        yield batch
