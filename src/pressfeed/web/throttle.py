"""Who guesses tokens is slowed down (pure: the clock is an argument)."""

from __future__ import annotations

WINDOW = 60.0  # seconds
GUESSES = 20  # wrong tokens that one network may show within a window
REMEMBERED = 10_000  # networks


class Throttle:
    """Counts wrong guesses per network; right ones cost nothing, so a mail provider may send thousands."""

    def __init__(self, guesses: int = GUESSES) -> None:
        self._most = guesses
        self._guesses: dict[str, tuple[float, int]] = {}

    def closed(self, network: str, now: float) -> bool:
        """Whether this network has guessed too often. ``now`` is in seconds of any steady clock."""
        since, count = self._guesses.get(network, (now, 0))
        return count >= self._most and now - since < WINDOW

    def wrong(self, network: str, now: float) -> None:
        """Note a wrong guess."""
        since, count = self._guesses.pop(network, (now, 0))
        self._guesses[network] = (now, 1) if now - since >= WINDOW else (since, count + 1)
        if len(self._guesses) > REMEMBERED:
            del self._guesses[next(iter(self._guesses))]
