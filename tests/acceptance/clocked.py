"""``python -m tests.acceptance.clocked MOMENT …``: the real command in a process whose clock was set.

It goes on from there as time does.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable


def set_clock(moment: dt.datetime) -> Callable[[], dt.datetime]:
    """Let everything that looks at the clock see this moment (aware) and what follows it."""
    offset = moment - dt.datetime.now(dt.UTC)

    def clock() -> dt.datetime:
        return dt.datetime.now(dt.UTC) + offset

    from pressfeed import service
    from pressfeed.cli import base
    from pressfeed.publish import deliver

    base.now = clock
    for function in (service.Service.__init__, deliver.send_due):
        assert function.__kwdefaults__["clock"] is deliver.utc_now
        function.__kwdefaults__["clock"] = clock
    return clock


if __name__ == "__main__":
    set_clock(dt.datetime.fromisoformat(sys.argv[1]))
    sys.argv = ["pressfeed", *sys.argv[2:]]
    from pressfeed.cli import main

    main()
