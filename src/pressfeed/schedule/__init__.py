"""``schedules/`` → regions and bulletins, and when each bulletin is due (pure)."""

from pressfeed.schedule.regions import load_regions
from pressfeed.schedule.slots import (
    Slot,
    due_between,
    next_slot,
    next_slots,
    parse_slot,
    slot_at,
    slot_of,
    slots,
    wall_of,
)

__all__ = [
    "Slot",
    "due_between",
    "load_regions",
    "next_slot",
    "next_slots",
    "parse_slot",
    "slot_at",
    "slot_of",
    "slots",
    "wall_of",
]
