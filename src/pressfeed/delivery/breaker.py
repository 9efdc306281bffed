"""When to leave the other side alone: a circuit breaker for dialling, and a pace for messages.

Both are arithmetic on a monotonic clock whose reading is an argument; neither sleeps.
"""

from __future__ import annotations

import random

from pressfeed.delivery.transport import Outcome

PACE_SLACK = 0.1  # seconds that a late sleeper may catch up


class Breaker:
    """Opens at the first failed connection, for a time that doubles with each further failure.

    While it is open nobody dials. When its time has passed one caller may try (the pool sees to "one");
    success closes it.
    """

    def __init__(self, first: float, longest: float, chance: random.Random | None = None) -> None:
        self._first = first
        self._longest = longest
        self._chance = chance or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._failures = 0
        self._until = 0.0
        self.verdict: Outcome | None = None  # what the last failure was; None = all is well

    def failed(self, outcome: Outcome, now: float) -> None:
        """Note a failure; the pause is ``first``, doubled per failure up to ``longest``, ± a fifth.

        What fails during a pause was tried before it: one outage that meets many connections counts once.
        """
        self.verdict = outcome
        if now >= self._until:
            pause = min(self._longest, self._first * 2.0 ** min(self._failures, 60))
            self._failures += 1
            self._until = now + pause * self._chance.uniform(0.8, 1.2)

    def succeeded(self) -> None:
        self._failures = 0
        self._until = 0.0
        self.verdict = None

    def pause(self, now: float) -> float:
        """Seconds until the next attempt is allowed; 0 = now."""
        return max(0.0, self._until - now)

    @property
    def suspicious(self) -> bool:
        """Whether the last attempt failed, so that only one should be made at a time."""
        return self._failures > 0


class Pace:
    """At most ``rate`` messages a second, evenly spread (the generic cell rate algorithm); 0 = no limit."""

    def __init__(self, rate: float) -> None:
        self._interval = 1.0 / rate if rate else 0.0
        self._next = 0.0

    def take(self, now: float) -> float:
        """Reserve the next place; returns in how many seconds it is due."""
        if not self._interval:
            return 0.0
        self._next = max(self._next, now - PACE_SLACK)
        due, self._next = self._next, self._next + self._interval
        return max(0.0, due - now)
