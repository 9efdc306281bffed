"""Calling deliveries off: what was reserved with one is free again, what it was to bring is owed again."""

from __future__ import annotations

import datetime as dt

from pressfeed.store.codec import time_text
from pressfeed.store.connection import Connection


def call_off(db: Connection, delivery_id: int, reply: str, now: dt.datetime, *, owe: bool = True) -> bool:
    """Call a delivery off; False where it is on the wire or over. ``reply`` is what the ledger says of it.

    With ``owe`` the notices that it was to bring are owed with the person's next bulletin.
    """
    if db.run("cancel", {"id": delivery_id, "reply": reply, "now": time_text(now)}) == 0:
        return False
    give_back(db, delivery_id, now, owe=owe)
    return True


def give_back(db: Connection, delivery_id: int, now: dt.datetime, *, owe: bool = True) -> None:
    """It gave nothing: its stories are free for this person, its notices owed, those about it moot.

    What the person's other bulletins left out, because it was on its way, they tell again.
    """
    db.run("free_left_out", {"id": delivery_id})
    db.run("release_items", {"id": delivery_id})
    if not owe:
        return
    db.run("owe_again", {"delivery": delivery_id})
    db.run("moot_owed", {"delivery": delivery_id})
    for row in db.rows("moot_deliveries", {"delivery": delivery_id}):
        reply = "called off: the release itself did not arrive"
        db.run("cancel", {"id": row["id"], "reply": reply, "now": time_text(now)})
