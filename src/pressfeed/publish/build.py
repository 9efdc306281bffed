"""Publish: the store's public releases → the files under ``public/``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pressfeed.domain import Release, ReleaseStub

Progress = Callable[[int, int], None]
"""Told (outputs done, outputs to do) while a build writes."""


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
