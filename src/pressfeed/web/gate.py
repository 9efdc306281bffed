"""Who asks or guesses too often is told to wait."""

from __future__ import annotations

import threading
import time

from fastapi import Request
from starlette.exceptions import HTTPException

from pressfeed.web.forms import network

WINDOW = 60.0  # seconds
REMEMBERED = 10_000  # networks


class Gate:
    """Lets each network through ``most`` times within a window. Any thread may ask."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def admit(self, request: Request) -> None:
        """Count a request for its network. Raises HTTPException (429) where that is one too many."""
        caller, now = network(request), time.monotonic()
        with self._lock:
            since, count = self._seen.pop(caller, (now, 0))
            if now - since >= WINDOW:
                since, count = now, 0
            self._seen[caller] = since, min(count + 1, self._most + 1)
            if len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
        if count >= self._most:
            raise HTTPException(429, headers={"Retry-After": f"{WINDOW:.0f}"})
