"""Documents in, releases out (pure: no store, no network). See ``docs/intake.md``."""

from __future__ import annotations

from pressfeed.intake.memory import Memory
from pressfeed.intake.types import MAXIMUM_BYTES, Document, Overrides, Reading, Setting

__all__ = ["MAXIMUM_BYTES", "Document", "Memory", "Overrides", "Reading", "Setting"]
