"""When a bulletin is due: slots on a region's wall clock, each exactly once (pure).

A slot is the local date and time *as the schedule writes it*, so it has one name whatever the clocks do. It
is due when the region's clock first shows it. A time that the clock jumps over comes as much later as the
clock jumped: 02:30 on the night to summer time is due at 03:30.

On a day off (``daysoff.py``) a slot is left out or moved to a working day, where it meets what is due at the
same time there: that is one slot then. It is named by the time at which it runs.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from zoneinfo import ZoneInfo

from pressfeed.domain import Bulletin, DayOff
from pressfeed.errors import InputError
from pressfeed.schedule import daysoff
from pressfeed.schedule.cron import next_wall

_MINUTE = dt.timedelta(minutes=1)
_DAY = dt.timedelta(days=1)
_HORIZONS = [15 * _MINUTE, *(days * _DAY for days in (1, 4, 32, 366, 1461))]  # how far to look, bit by bit


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment at which a bulletin is due. ``wall`` is naive local time, ``due_at`` aware UTC."""

    bulletin: str
    wall: dt.datetime
    due_at: dt.datetime
    shifted: bool = False  # the clock jumps over this time; it is due later by as much as the clock jumped
    ambiguous: bool = False  # the clock shows this time twice; it is due the first time
    stands_for: tuple[dt.datetime, ...] = ()  # the wall times as written that were moved here
    day_off: str = ""  # the holidays because of which it was moved or is left out
    left_out: bool = False  # nothing is sent: it is a day off

    @property
    def order(self) -> tuple[dt.datetime, dt.datetime]:
        """Slots run in this order. Around a jump of the clock it is not that of their wall times."""
        return self.due_at, self.wall

    def __str__(self) -> str:
        """The slot's name, ``YYYY-MM-DDTHH:MM`` in local wall time."""
        return self.wall.isoformat(timespec="minutes")


def wall_of(zone: ZoneInfo, moment: dt.datetime) -> dt.datetime:
    """What a zone's clock shows at an aware moment: naive, in whole minutes."""
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0, fold=0)


def slot_at(bulletin: Bulletin, wall: dt.datetime) -> Slot:
    """The slot of a bulletin at a naive wall time, whether or not its schedule names that time."""
    local = wall.replace(tzinfo=bulletin.zone, fold=0)
    due_at = local.astimezone(dt.UTC)
    # Where both readings of a time agree, the clock shows it once. Else it jumps forward over it (and the
    # first reading has the smaller offset) or back through it.
    early, late = local.utcoffset(), local.replace(fold=1).utcoffset()
    if early is None or late is None or early == late:
        return Slot(bulletin.key, wall, due_at)
    return Slot(bulletin.key, wall, due_at, shifted=early < late, ambiguous=early > late)


def slots(bulletin: Bulletin, after: dt.datetime, until: dt.datetime) -> Iterator[Slot]:
    """The slots with ``after`` < wall time ≤ ``until`` (both naive), each once, by wall time."""
    after = after.replace(second=0, microsecond=0)
    if daysoff.any_for(bulletin):
        yield from _around_days_off(bulletin, after, until)
        return
    extra = (wall for wall in sorted(bulletin.extra_slots) if after < wall <= until)
    walls = heapq.merge(extra, *(_walls(line, after, until) for line in bulletin.crons))
    for wall, _ in groupby(walls):
        yield slot_at(bulletin, wall)


def _around_days_off(bulletin: Bulletin, after: dt.datetime, until: dt.datetime) -> Iterator[Slot]:
    """As ``slots``, for a bulletin that has days off: day by day, with what was moved to the day."""
    day = after.date()
    while day <= until.date():
        found: dict[dt.datetime, tuple[list[dt.datetime], list[str], bool]] = {}
        off = daysoff.name_of(bulletin, day)
        for wall in _on(bulletin, day):
            if not off:
                found[wall] = ([], [], False)
            elif bulletin.day_off is DayOff.SKIP:
                found[wall] = ([], [off], True)
        for origin in daysoff.moved_to(bulletin, day):
            for wall in _on(bulletin, origin):
                stands_for, names, _ = found.setdefault(
                    dt.datetime.combine(day, wall.time()), ([], [], False)
                )
                stands_for.append(wall)
                names.append(daysoff.name_of(bulletin, origin))
        for wall in bulletin.extra_slots:
            if wall.date() == day:
                stands_for, names, _ = found.get(wall, ([], [], False))
                found[wall] = (stands_for, names, False) if stands_for else ([], [], False)
        for wall in sorted(found):
            if after < wall <= until:
                stands_for, names, left_out = found[wall]
                reason = ", ".join(dict.fromkeys(names))
                yield replace(
                    slot_at(bulletin, wall), stands_for=tuple(stands_for), day_off=reason, left_out=left_out
                )
        day += _DAY


def _on(bulletin: Bulletin, day: dt.date) -> list[dt.datetime]:
    """The wall times that the schedule's lines name on a day."""
    start = dt.datetime.combine(day, dt.time())
    walls = heapq.merge(*(_walls(line, start - _MINUTE, start + _DAY - _MINUTE) for line in bulletin.crons))
    return [wall for wall, _ in groupby(walls)]


def due_between(bulletin: Bulletin, after: dt.datetime, until: dt.datetime) -> list[Slot]:
    """The slots with ``after`` < due time ≤ ``until`` (both aware), in the order in which they are due."""
    return [slot for slot in _due_between(bulletin, after, until) if slot.due_at > after]


def next_slots(bulletin: Bulletin, now: dt.datetime, days: float) -> list[Slot]:
    """The slots that become due after ``now`` (aware) and within so many days of 24 hours, in order."""
    return due_between(bulletin, now, now + dt.timedelta(days=days))


def next_slot(bulletin: Bulletin, after: dt.datetime) -> Slot | None:
    """The first slot that becomes due after a moment (aware); None where there is none within five years.

    Leap days with a weekday come less often than that; a bulletin that says nothing for five years is asked
    again by then.
    """
    start = after
    for length in _HORIZONS:
        end = start + length
        found = due_between(bulletin, start, end)
        if found:
            return found[0]
        start = end
    return None


def slot_of(bulletin: Bulletin, now: dt.datetime) -> Slot:
    """The slot of an unscheduled edition: the minute that the region's clock shows at ``now`` (aware)."""
    return slot_at(bulletin, wall_of(bulletin.zone, now))


def parse_slot(text: str, bulletin: Bulletin) -> Slot:
    """The slot that an operator names.

    ``2024-07-26T07:00`` and ``2024-07-26 07:00`` are the region's wall time; with ``Z`` or an offset, the
    moment is converted to it. Raises InputError for anything else.
    """
    try:
        given = dt.datetime.fromisoformat(text.strip())
        if len(text.strip()) < len("2024-07-26T07") or given.second or given.microsecond:
            raise ValueError("a slot is a date and a time in whole minutes")
        return slot_of(bulletin, given) if given.tzinfo else slot_at(bulletin, given)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"“{text}” is not a slot",
            remedy="Write the bulletin's local date and time, such as 2024-07-26T07:00",
        ) from error


def _walls(line: str, after: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    wall = next_wall(line, after)
    while wall is not None and wall <= until:
        yield wall
        wall = next_wall(line, wall)


def _due_between(bulletin: Bulletin, start: dt.datetime, end: dt.datetime) -> list[Slot]:
    """The slots with ``start`` ≤ due time ≤ ``end`` (aware), in order.

    Local time is UTC plus an offset: the one in force, or for slots that the clock jumped over the one before
    the jump, and no jump is longer than a day. So the wall times to look at lie between the extremes.
    """
    first = _naive(start) + min(_offsets(bulletin.zone, start))
    latest = _naive(end) + max(_offsets(bulletin.zone, end))
    found = [slot for slot in slots(bulletin, first - _MINUTE, latest) if start <= slot.due_at <= end]
    return sorted(found, key=lambda slot: slot.order)


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _offsets(zone: ZoneInfo, moment: dt.datetime) -> list[dt.timedelta]:
    """A zone's offsets from UTC at a moment and a day before."""
    return [
        moment_there.utcoffset() or dt.timedelta()
        for moment_there in (moment.astimezone(zone), (moment - _DAY).astimezone(zone))
    ]
