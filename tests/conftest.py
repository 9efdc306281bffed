"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# Speed is measured in bench/: no property is false because the machine was busy for a moment.
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")
