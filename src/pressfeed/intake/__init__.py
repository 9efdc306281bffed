"""Documents in, releases out (pure: no store, no network). See ``docs/intake.md``.

``learn`` looks at a folder's documents for the lines they share; ``read`` turns each of them into readings.
"""

from __future__ import annotations

from pressfeed.intake.memory import Memory
from pressfeed.intake.read import learn, read
from pressfeed.intake.sanitise import body, sanitise
from pressfeed.intake.types import MAXIMUM_BYTES, Document, Overrides, Reading, Setting

__all__ = [
    "MAXIMUM_BYTES",
    "Document",
    "Memory",
    "Overrides",
    "Reading",
    "Setting",
    "body",
    "learn",
    "read",
    "sanitise",
]
