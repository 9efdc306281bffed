"""An open newsroom: its settings, its regions and its store, as every use case needs them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from pressfeed import config as settings
from pressfeed import schedule
from pressfeed.config import Config
from pressfeed.domain import Bulletin, Regions
from pressfeed.errors import NotFoundError
from pressfeed.store import Store


@dataclass(frozen=True)
class Newsroom:
    """What the use cases work on. Close it, or use it in a ``with`` statement."""

    config: Config
    regions: Regions
    store: Store

    @classmethod
    def open(cls, root: Path, environ: Mapping[str, str], *, any_thread: bool = False) -> Self:
        """Read the newsroom's files and open its store, see ``Store``; ConfigError or StoreError."""
        config = settings.load(root, environ)
        regions = schedule.load_regions(config.schedules, config.languages)
        return cls(config, regions, Store(config.database, any_thread=any_thread))

    def reread(self) -> Self:
        """The newsroom with its schedules as they are now, on the same store; ConfigError."""
        regions = schedule.load_regions(self.config.schedules, self.config.languages)
        return replace(self, regions=regions)

    def stamp(self) -> tuple[tuple[str, int, int, int], ...]:
        """What tells changed schedule files from unchanged ones: their names, times, sizes and inodes."""
        found = []
        with os.scandir(self.config.schedules) as entries:
            for entry in entries:
                if entry.name.endswith(".toml") and not entry.name.startswith("."):
                    about = entry.stat()
                    found.append((entry.name, about.st_mtime_ns, about.st_size, about.st_ino))
        return tuple(sorted(found))

    def settings_stamp(self) -> tuple[int, int, int]:
        """What tells a changed ``pressfeed.toml`` from an unchanged one; OSError where it is not there."""
        about = (self.config.root / settings.FILE_NAME).stat()
        return about.st_mtime_ns, about.st_size, about.st_ino

    def bulletin(self, key: str) -> Bulletin:
        """The bulletin ``region/name``; NotFoundError with the names that there are."""
        found = self.regions.bulletin(key)
        if found is None:
            known = ", ".join(bulletin.key for bulletin in self.regions.bulletins) or "none"
            raise NotFoundError(f"there is no bulletin {key}", remedy=f"Bulletins are: {known}")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()
