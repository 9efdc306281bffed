"""Publish: the store's public releases → the files under ``public/``.

    outline.py   which release stands in which list
    outputs.py   every file as a plan: path, key, how it is made
    build.py     what of the plan has to be done, and doing it

Only files whose key changed, that are missing or that have another size are rendered, only those whose bytes
changed are written, and files of earlier builds that nothing wants any more are removed. A reader sees the
old file or the new one, never half of one; a build that was killed is continued by the next one.
"""

from __future__ import annotations

import datetime as dt
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pressfeed.config import Config
from pressfeed.domain import Regions, Release, ReleaseStub
from pressfeed.publish.outline import Outline
from pressfeed.publish.outputs import Output, plan
from pressfeed.resources import write_if_changed
from pressfeed.site import Site

Progress = Callable[[int, int], None]
"""Told (outputs done, outputs to do) while a build writes."""

_BATCH = 500  # releases in memory at a time


class BuildStore(Protocol):
    """What a build asks of the store."""

    def release_stubs(self, now: dt.datetime) -> list[ReleaseStub]:
        """Releases public at ``now``, or withdrawn after they were; newest first, ties by id."""
        ...

    def releases(self, ids: Sequence[int]) -> list[Release]:
        """The current versions, in the given order."""
        ...

    def outputs(self) -> dict[str, tuple[str, int]]:
        """What earlier builds wrote: path under ``public/`` → (key, size in bytes)."""
        ...

    def save_outputs(self, changed: Mapping[str, tuple[str, int]], removed: Sequence[str]) -> None:
        """Record what a build wrote and what it removed, in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did; paths are relative to ``public/``, sorted."""

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
    site = Site(config, regions)
    known = store.outputs()
    with _without_collector():
        outline = Outline(config.languages, regions, store.release_stubs(now))
        outputs = list(plan(site, outline, now))
        stale = outputs if force else _stale(config.public, outputs, known)

    written: list[str] = []
    gone = set(known) - {output.path for output in outputs}
    done = 0
    for batch in _batches(stale):
        ids = dict.fromkeys(id for output in batch for id in output.needs)
        loaded = {release.id: release for release in store.releases(list(ids))} if ids else {}
        made: dict[str, tuple[str, int]] = {}
        for output in batch:
            data = output.render(loaded)
            if data is None:
                gone.add(output.path)
            else:
                if write_if_changed(config.public / output.path, data, durable=False):
                    written.append(output.path)
                made[output.path] = (output.key, len(data))
            done += 1
            if progress is not None:
                progress(done, len(stale))
        store.save_outputs(made, ())

    removed = sorted(path for path in gone if _remove(config.public, path))
    if gone:
        store.save_outputs({}, sorted(gone & known.keys()))
    unchanged = len(outputs) - len(written) - len({output.path for output in outputs} & gone)
    return BuildResult(tuple(sorted(written)), tuple(removed), unchanged)


def _stale(public: Path, outputs: Sequence[Output], known: Mapping[str, tuple[str, int]]) -> list[Output]:
    """The outputs that no earlier build made as they should be, or that do not lie there any more."""
    try:
        root = os.open(public, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return list(outputs)
    stale = []
    try:
        for output in outputs:
            key, size = known.get(output.path, ("", 0))
            try:
                # Relative to the open folder: a third of the time of a path, for every page of the newsroom.
                if key == output.key and os.stat(output.path, dir_fd=root).st_size == size:
                    continue
            except (FileNotFoundError, NotADirectoryError):
                pass
            stale.append(output)
    finally:
        os.close(root)
    return stale


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


def _remove(public: Path, path: str) -> bool:
    """Remove a file that a build made, and the folders that it leaves empty; False if it was gone already."""
    file = public / path
    try:
        file.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    for folder in file.relative_to(public).parents:
        try:
            (public / folder).rmdir()
        except OSError:  # it holds something else, or is public/ itself in use
            break
    return True
