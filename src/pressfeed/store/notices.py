"""Notices: what readers are told about a release that they have, and who is told."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pressfeed.domain import Notice, NoticeKind, Notify
from pressfeed.errors import NotFoundError
from pressfeed.store.audit import AuditStore
from pressfeed.store.codec import names_text, parse_names, parse_time, time_text
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who has an older version."""

    subscriber: int
    was: int  # the version that they have
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """How many people with the same languages, whom the same bulletin can tell, have an older version."""

    bulletin: str  # "" = none
    languages: tuple[str, ...]
    number: int


class NoticeStore:
    """Reads and writes notices. Writers of several rows expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, audit: AuditStore) -> None:
        self._db = connection
        self._audit = audit

    def add(
        self,
        release: int,
        version: int,
        kind: NoticeKind,
        notify: Notify,
        *,
        notes: Mapping[str, str],
        reason: str,
        author: str,
        now: dt.datetime,
    ) -> int:
        """Note what readers of a release are told from this version on; its number."""
        rows = self._db.rows(
            "add_notice",
            {
                "release": release,
                "version": version,
                "kind": kind.value,
                "notify": notify.value,
                "notes": json.dumps(dict(notes), ensure_ascii=False, sort_keys=True),
                "reason": reason,
                "author": author,
                "now": time_text(now),
            },
        )
        number: int = rows[0]["id"]
        told: dict[str, Any] = {
            "version": version,
            "notify": notify.value,
            "reason": reason,
            "notes": json.loads(rows[0]["notes"]),
        }
        if author:
            told["author"] = author
        self._audit.record(f"notice.{kind}", now, release=release, actor=author, **told)
        return number

    def get(self, notice_id: int) -> Notice:
        """One notice; NotFoundError."""
        row = self._db.row("notice", {"id": notice_id})
        if row is None:
            raise NotFoundError(f"there is no notice {notice_id}")
        return _notice(row)

    def of_release(self, release_id: int) -> list[Notice]:
        """What readers of a release were told, in this order."""
        return [_notice(row) for row in self._db.rows("notices_of_release", {"release": release_id})]

    def unfinished(self) -> list[Notice]:
        """The notices of which it is not noted yet who is owed them: a process was killed, or is at work."""
        return [_notice(row) for row in self._db.rows("notices_unfinished")]

    def counts(self, notice_id: int) -> dict[str, int]:
        """How many people it was reserved for, by the state of what brings it; "" = their next bulletin."""
        rows = self._db.rows("notice_counts", {"notice": notice_id})
        return {row["state"]: row["number"] for row in rows}

    def bulletins_that_told(self, release_id: int) -> list[str]:
        """The bulletins that may have given a release, or another translation of it, to somebody."""
        return [row["bulletin"] for row in self._db.rows("bulletins_that_told", {"release": release_id})]

    def readers(
        self,
        bulletin: str,
        release_id: int,
        below: int,
        *,
        notice: int,
        known: Sequence[str],
        after: int,
        limit: int,
    ) -> list[Reader]:
        """The next people, by number, whom a bulletin tells that their version is below one.

        It gave it to them, or they get it while none of the ``known`` bulletins that they get did. Who is
        told already, or has a newer version by another notice, is left out.
        """
        parameters = {
            "bulletin": bulletin,
            "release": release_id,
            "below": below,
            "notice": notice,
            "known": names_text(known),
            "after": after,
            "limit": limit,
        }
        return [_reader(row) for row in self._db.rows("notice_readers", parameters)]

    def bulletins_beside(
        self, release_id: int, below: int, *, notice: int, known: Sequence[str], advance: Sequence[str]
    ) -> list[str]:
        """The bulletins that reach people who left, or lost, the one that gave them a version below one.

        ``known`` are those in the schedules, ``advance`` those of them that are taken only without others.
        """
        parameters = {
            "release": release_id,
            "below": below,
            "notice": notice,
            "known": names_text(known),
            "advance": names_text(advance),
        }
        found = [row["bulletin"] for row in self._db.rows("bulletins_beside", parameters)]
        return [bulletin for bulletin in found if bulletin is not None]

    def readers_elsewhere(
        self, bulletin: str, release_id: int, *, after: int, limit: int
    ) -> list[tuple[Reader, str]]:
        """The next people, by number, whom a bulletin gave the story in another language, and which."""
        parameters = {"bulletin": bulletin, "release": release_id, "after": after, "limit": limit}
        rows = self._db.rows("translation_readers", parameters)
        return [(_reader(row), row["given"]) for row in rows]

    def audience(
        self, release_id: int, below: int, *, known: Sequence[str], advance: Sequence[str]
    ) -> list[Audience]:
        """How many people have a version below one, by the bulletin that can tell them and their languages.

        The bulletin is "" for those who get none any more; ``known`` and ``advance`` as above.
        """
        parameters = {
            "release": release_id,
            "below": below,
            "known": names_text(known),
            "advance": names_text(advance),
        }
        rows = self._db.rows("notice_audience", parameters)
        return [Audience(row["bulletin"], parse_names(row["languages"]), row["number"]) for row in rows]

    def editions(self, notice_id: int) -> list[int]:
        """The editions that tell a notice and are not over."""
        return [row["id"] for row in self._db.rows("editions_of_notice", {"notice": notice_id})]

    def owe(self, notice: Notice, readers: Sequence[Reader]) -> None:
        """Note that these people are owed a notice with their next bulletin."""
        rows = [(reader.subscriber, notice.id, reader.was, notice.version, None) for reader in readers]
        self._db.run_many("add_notice_reader", rows)

    def spread(self, notice_id: int) -> None:
        """It is noted who is owed a notice."""
        self._db.run("notice_spread", {"id": notice_id})

    def somebody_is_owed(self, bulletin: str, now: dt.datetime) -> bool:
        """Whether somebody who gets a bulletin is owed a notice."""
        return self._db.row("somebody_is_owed", {"bulletin": bulletin, "now": time_text(now)}) is not None

    def forget_owed(self, notice_id: int) -> None:
        """A newer notice replaces this one."""
        self._db.run("forget_owed", {"notice": notice_id})
        self.spread(notice_id)


def _reader(row: Row) -> Reader:
    return Reader(row["subscriber_id"], row["was"], parse_names(row["languages"]))


def _notice(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        release=row["release_id"],
        version=row["version"],
        kind=NoticeKind(row["kind"]),
        notify=Notify(row["notify"]),
        notes=json.loads(row["notes"]),
        reason=row["reason"],
        author=row["author"],
        made_at=parse_time(row["made_at"]),
    )
