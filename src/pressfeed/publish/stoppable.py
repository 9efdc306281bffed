"""Work on the network that ends soon after its process is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Found = TypeVar("Found")

LOOK = 0.2  # seconds between two looks whether to stop


def run(work: Coroutine[Any, Any, Found], stopping: Callable[[], bool]) -> Found | None:
    """Run this to its end, or cancel it once ``stopping``; what it returned, None where it was cancelled."""

    async def until_stopped() -> Found | None:
        task = asyncio.create_task(work)
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK)
            if stopping():
                task.cancel()
        return None if task.cancelled() else task.result()

    return asyncio.run(until_stopped())
