"""What to do about slots that are due, and when an alert is due (pure)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pressfeed.domain import Bulletin
from pressfeed.schedule.slots import Slot


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the slots of one bulletin that are due and undecided.

    ``run`` tells everything, for itself and the slots that were missed; ``skip`` pairs every other slot with
    the reason. ``late`` says why nothing was sent although it should have been: an operator must know.
    """

    run: Slot | None
    skip: tuple[tuple[Slot, str], ...]
    made_up_for: tuple[Slot, ...]  # the missed slots whose stories ``run`` tells
    late: str


def decide(due: Sequence[Slot], now: dt.datetime, catch_up: dt.timedelta) -> Decision:
    """What to do at ``now`` about these due slots of one bulletin, given in order.

    Normally there is one. After a pause there may be many: the newest tells everything, unless it is later
    than ``catch_up``; then none runs, and the next one in time tells it.
    """
    skip = [(slot, f"day off: {slot.day_off}") for slot in due if slot.left_out]
    owed = [slot for slot in due if not slot.left_out]
    if not owed:
        return Decision(None, tuple(skip), (), "")
    newest, missed = owed[-1], tuple(owed[:-1])
    if now - newest.due_at > catch_up:
        reason = f"too late: nobody ran it within {words(catch_up)} of its time"
        skip += [(slot, reason) for slot in owed]
        count = f"slot {newest}" if len(owed) == 1 else f"{len(owed)} slots from {owed[0]} to {newest}"
        late = f"{count} of {newest.bulletin} did not run: {reason}"
        return Decision(None, tuple(sorted(skip, key=_in_order)), (), late)
    skip += [(slot, f"missed: its releases are told at {newest}") for slot in missed]
    return Decision(newest, tuple(sorted(skip, key=_in_order)), missed, "")


def _in_order(skipped: tuple[Slot, str]) -> tuple[dt.datetime, dt.datetime]:
    return skipped[0].order


def alert_due(
    bulletin: Bulletin, waiting: Sequence[dt.datetime], earlier: Sequence[dt.datetime]
) -> dt.datetime | None:
    """When the next edition of an alert is due; None while nothing waits.

    ``waiting`` are the moments at which untold releases became public, ``earlier`` those at which its newest
    editions were due, the newest first (at least ``bulletin.rate.count`` of them, if there are). The first
    release goes out at once; what follows within the window makes one edition at its end; the rate holds.
    """
    if not waiting:
        return None
    moment = min(waiting)
    if earlier:
        moment = max(moment, earlier[0] + bulletin.window)
    if len(earlier) >= bulletin.rate.count:
        moment = max(moment, earlier[bulletin.rate.count - 1] + bulletin.rate.period)
    return moment


def definition(bulletin: Bulletin) -> str:
    """The lines of a bulletin that say when it is due, as one text that changes when they do."""
    when = {
        "kind": bulletin.kind,
        "crons": bulletin.crons,
        "zone": bulletin.zone.key,
        "day_off": bulletin.day_off,
        "countries": bulletin.holiday_countries,
        "weekend": bulletin.weekend,
        "quiet": [day.isoformat() for day in bulletin.quiet_days],
        "extra": [wall.isoformat() for wall in bulletin.extra_slots],
    }
    return json.dumps({"kind": when["kind"]} if bulletin.at_once else when)


def words(length: dt.timedelta) -> str:
    """A length of time as schedules write it: ``1d12h``, ``90s`` as ``1m30s``."""
    seconds = int(length.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
