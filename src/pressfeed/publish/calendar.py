"""The coming slots of all bulletins: with what is unusual about them, and as a calendar file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from pressfeed import schedule
from pressfeed.domain import Bulletin
from pressfeed.publish.room import Newsroom
from pressfeed.schedule import Slot


@dataclass(frozen=True, slots=True)
class Coming:
    """A slot that lies ahead, and its edition if it has one already."""

    bulletin: Bulletin
    slot: Slot
    state: str = ""  # of the edition: awaiting, approved …
    clock_change: str = ""  # that the region's clock was changed since the slot before

    @property
    def remarks(self) -> tuple[str, ...]:
        """What an operator should know of it."""
        slot, found = self.slot, []
        if slot.left_out:
            found.append(f"nothing is sent: {slot.day_off}")
        for wall in slot.stands_for:
            found.append(f"also for {wall:%a %Y-%m-%d %H:%M}: {slot.day_off}")
        if self.clock_change:
            found.append(self.clock_change)
        if slot.shifted:
            found.append("the clock jumps over this time: later by the jump")
        if slot.ambiguous:
            found.append("this time comes twice: the first counts")
        if slot.wall in self.bulletin.extra_slots:
            found.append("extra slot")
        if self.state:
            found.append(self.state)
        elif self.bulletin.approvals and not slot.left_out:
            ready = (slot.due_at - self.bulletin.lead).astimezone(self.bulletin.zone)
            found.append(f"to be approved from {ready:%a %H:%M} on")
        return tuple(found)


def coming(room: Newsroom, now: dt.datetime, days: float) -> list[Coming]:
    """The slots of the next so many days, in order; alerts have none."""
    found = []
    for bulletin in room.regions.bulletins:
        if bulletin.at_once:
            continue
        before = now.astimezone(bulletin.zone)
        for slot in schedule.next_slots(bulletin, now, days):
            edition = room.store.editions.at(bulletin.key, str(slot))
            local = slot.due_at.astimezone(bulletin.zone)
            changed = local.utcoffset() != before.utcoffset()
            note = f"the clock was changed to UTC{local.isoformat()[-6:]}" if changed else ""
            found.append(Coming(bulletin, slot, edition.state if edition else "", note))
            before = local
    return sorted(found, key=lambda one: (one.slot.order, one.bulletin.key))


def ical(room: Newsroom, slots: Iterable[Coming], now: dt.datetime) -> bytes:
    """The slots as an iCalendar file (RFC 5545), in UTC: every program shows them in its own zone.

    An event's UID is made of bulletin and slot, so that importing a later file again updates it.
    """
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//pressfeed//bulletins//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"{room.config.name}: bulletins")
    for one in slots:
        event = Event()
        event.add("uid", f"{one.bulletin.key}/{one.slot}@{room.store.newsroom}")
        event.add("dtstamp", now.astimezone(dt.UTC).replace(microsecond=0))
        event.add("dtstart", one.slot.due_at)
        event.add("summary", one.bulletin.key + (f" ({one.slot.day_off})" if one.slot.left_out else ""))
        local = f"{one.slot.wall:%A %Y-%m-%d %H:%M} {one.bulletin.zone.key}"
        event.add("description", "\n".join((local, *one.remarks)))
        event.add("status", "CANCELLED" if one.slot.left_out else "CONFIRMED")
        event.add("transp", "TRANSPARENT")  # it makes nobody busy
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data
