"""Retention: once a day, what ``[privacy]`` keeps no longer is erased.

Numbers stay: a delivery still says that subscriber 7 was given a story; nobody knows any more who that was.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
from dataclasses import dataclass, fields
from pathlib import Path

from pressfeed.publish import personal
from pressfeed.publish.room import Newsroom

log = logging.getLogger("pressfeed.privacy")

BATCH = 500  # people in one transaction


@dataclass(slots=True)
class Purge:
    """How much was erased of each kind, or would be."""

    people: int = 0
    consents: int = 0
    messages: int = 0  # who wrote what
    kept: int = 0  # messages that were kept as they came
    replies: int = 0  # what servers said about deliveries
    changes: int = 0  # addresses of changes that are over
    files: int = 0  # in the Maildir of incoming mail

    @property
    def total(self) -> int:
        return sum(getattr(self, one.name) for one in fields(self))


def purge(room: Newsroom, now: dt.datetime, *, dry_run: bool = False) -> Purge:
    """Erase what is kept no longer. ``dry_run``: count it, and leave it. Raises StoreError.

    People who left are forgotten as by ``subscribers forget``: a keyed hash keeps imports from bringing them
    back.
    """
    done = Purge()
    periods, erase = room.config.privacy, room.store.privacy
    # A rehearsal is one transaction that is undone: what it counts is what would happen.
    with room.store.transaction(rehearsal=True) if dry_run else contextlib.nullcontext():
        last = 0
        while people := erase.departed(now - periods.addresses, last, BATCH):
            with room.store.transaction():
                for number in people:
                    holder = room.store.subscribers.holder(number)
                    if holder is not None:
                        personal.forget(room.store, holder[0], now)
            done.people += len(people)
            last = people[-1]
        with room.store.transaction():
            done.consents = erase.consents(now - periods.consent)
            done.kept = erase.mail(now - periods.mail)
            done.messages = erase.words(now - periods.logs, now)
            done.changes = erase.address_changes(now - periods.logs)
        complete = True
        for edition, settled in erase.old_editions(now - periods.logs):
            complete = complete and settled
            with room.store.transaction():
                done.replies += erase.replies(edition, now - periods.logs)
                if complete:
                    erase.mark(edition)
    if room.config.incoming.maildir is not None:
        done.files = _files(room.config.incoming.maildir / "cur", now - periods.mail, dry_run=dry_run)
    if done.total and not dry_run:
        log.info(
            "privacy.purged %s", " ".join(f"{one.name}={getattr(done, one.name)}" for one in fields(done))
        )
    return done


def _files(folder: Path, before: dt.datetime, *, dry_run: bool) -> int:
    """Delete the files of messages that were read and are older; how many."""
    number = 0
    for path in folder.glob("*:2,*S*"):
        with contextlib.suppress(FileNotFoundError):  # somebody else tidies up, too
            if path.stat().st_mtime <= before.timestamp():
                if not dry_run:
                    path.unlink()
                number += 1
    return number
