"""An open newsroom: its settings, its regions and its store, as every use case needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    def open(cls, root: Path, environ: Mapping[str, str]) -> Self:
        """Read the newsroom's files and open its store; ConfigError or StoreError."""
        config = settings.load(root, environ)
        regions = schedule.load_regions(config.schedules, config.languages)
        return cls(config, regions, Store(config.database))

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
