"""The audit: what became of releases and editions, event after event, in a chain of digests.

Each event holds the SHA-256 of its canonical JSON (RFC 8785), the digest of the event before included. So
whoever changes, moves or removes one must write all later ones anew, and then the last digest is another one
than the one that was noted elsewhere. There is no key in it: it would lie in the same file.

An event is written in the transaction of what it tells: there is never one without the other.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pressfeed.domain import Content, Release, Status
from pressfeed.store.codec import content_text, parse_time, time_text
from pressfeed.store.connection import Connection, Row

START = "0" * 64  # what stands for the digest before the first event
_PEOPLE = 10_000  # whose deliveries are in memory at a time


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that happened. ``actor`` is a person, or a part of pressfeed."""

    id: int
    at: dt.datetime
    kind: str
    actor: str
    release: int | None
    edition: int | None
    details: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store says of a version: the digest of its content, who recorded it when (as text) and why."""

    content: str
    at: str
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the number of the last event, and its digest."""

    id: int
    digest: str

    def __str__(self) -> str:
        return f"{self.id}:{self.digest}"


class AuditStore:
    """Writes and reads the audit. Nothing of it is ever changed."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.actor = ""  # who acts where nobody is named; "" = the operating system's user

    # Writing

    def record(
        self,
        kind: str,
        now: dt.datetime,
        *,
        release: int | None = None,
        edition: int | None = None,
        actor: str = "",
        **details: Any,
    ) -> None:
        """Add an event at the end. ``details`` are strings, integers, and lists and mappings of them.

        Call it inside the transaction of what it tells.
        """
        with self._db.transaction():
            row = self._db.row("audit_end")
            if row is None:
                before = self._append(
                    Head(0, START), "audit.began", now, None, None, "pressfeed", self._found()
                )
            else:
                before = Head(row["id"], row["digest"])
            who = actor or self.actor or _user()
            end = self._append(before, kind, now, release, edition, who, details)
            self._db.run("audit_note_end", {"value": str(end)})

    def added(
        self, release_id: int, status: str, content: Content, now: dt.datetime, author: str, **details: Any
    ) -> None:
        """A release has come into the store. ``author`` is who recorded it, "" where nobody is known."""
        said = {"status": status, "headline": content.headline, "language": content.language}
        told = said | {"version": 1, "content": content_digest(content_text(content))} | details
        told["author"] = author
        self.record("release.added", now, release=release_id, actor=author, **_without_empty(told))

    def saved(self, old: Release, new: Release, reason: str, now: dt.datetime, author: str) -> None:
        """A release has been changed: an event for its version, its status, its embargo, its address."""
        if new.version != old.version:
            told: dict[str, Any] = {
                "version": new.version,
                "content": content_digest(content_text(new.content)),
            }
            if new.content.headline != old.content.headline:
                told["headline"] = new.content.headline
            if author:
                told["author"] = author
            self.record("release.version", now, release=new.id, reason=reason, actor=author, **told)
        if new.status is not old.status:
            told = _without_empty({"from": old.status.value, "published_at": _moment(new.published_at)})
            self.record(f"release.{new.status}", now, release=new.id, reason=reason, actor=author, **told)
        # What is withdrawn under an embargo is not told when that ends: none was lifted.
        if new.embargo_until != old.embargo_until and new.status is not Status.WITHDRAWN:
            told = {"from": _moment(old.embargo_until), "until": _moment(new.embargo_until)}
            kind = f"embargo.{_embargo(old.embargo_until, new.embargo_until, now)}"
            self.record(kind, now, release=new.id, reason=reason, actor=author, **_without_empty(told))
        changes: dict[str, Any] = {
            name: [was, will]
            for name, was, will in (
                ("story", old.story, new.story),
                ("slug", old.slug, new.slug),
                ("published_at", _moment(old.published_at), _moment(new.published_at)),
                ("archive", "yes" if old.archive else "no", "yes" if new.archive else "no"),
            )
            if was != will and not (name == "published_at" and new.status is not old.status)
        }
        if changes:
            self.record("release.changed", now, release=new.id, reason=reason, actor=author, **changes)

    def built(self, feeds: Mapping[str, Collection[int]], now: dt.datetime) -> None:
        """The feeds hold these releases now: an event for each release that entered or left some."""
        with self._db.snapshot():
            known = {(row["feed"], row["release_id"]) for row in self._db.rows("feed_entries")}
        wanted = {(feed, release) for feed, releases in feeds.items() for release in releases}
        if known == wanted:
            return
        with self._db.transaction():
            known = {(row["feed"], row["release_id"]) for row in self._db.rows("feed_entries")}
            entered, left = sorted(wanted - known), sorted(known - wanted)
            self._db.run_many("enter_feed", entered)
            self._db.run_many("leave_feed", left)
            for release in sorted({release for _, release in (*entered, *left)}):
                told = {
                    "entered": [feed for feed, one in entered if one == release],
                    "left": [feed for feed, one in left if one == release],
                }
                self.record("feeds.changed", now, release=release, **_without_empty(told))

    def _found(self) -> dict[str, Any]:
        """What the store holds already when its audit begins."""
        row = self._db.row("audit_foundation")
        assert row is not None
        return dict(row)

    def _append(
        self,
        before: Head,
        kind: str,
        now: dt.datetime,
        release: int | None,
        edition: int | None,
        actor: str,
        details: Mapping[str, Any],
    ) -> Head:
        values = {
            "id": before.id + 1,
            "at": time_text(now),
            "kind": kind,
            "actor": actor,
            "release": release,
            "edition": edition,
        }
        digest = _digest(values | {"details": details}, before.digest)
        self._db.run("audit_append", values | {"details": canonical(details), "digest": digest})
        return Head(before.id + 1, digest)

    # Reading

    def head(self) -> Head:
        """The end of the chain; number 0 where nothing has happened yet."""
        row = self._db.row("audit_end")
        return Head(row["id"], row["digest"]) if row else Head(0, START)

    def noted_end(self) -> str:
        """The end as it stands beside the chain, ``number:digest``; "" where nothing has happened yet."""
        return str(self._db.value("setting", {"name": "audit_end"}) or "")

    def all(self) -> Iterator[AuditEvent]:
        """Every event in order; ValueError for one whose columns cannot be read."""
        return map(_event, self._db.each("audit_events"))

    def first(self) -> AuditEvent | None:
        """The event with which the audit begins."""
        row = self._db.row("audit_events")
        return _event(row) if row else None

    def of_release(self, release_id: int) -> list[AuditEvent]:
        """What became of a release: of the last one of this number, where earlier ones were deleted."""
        events = [_event(row) for row in self._db.rows("audit_events_of_release", {"release": release_id})]
        gone = [place for place, event in enumerate(events[:-1]) if event.kind == "release.deleted"]
        return events[gone[-1] + 1 :] if gone else events

    def of_edition(self, edition_id: int) -> list[AuditEvent]:
        """What became of an edition."""
        return [_event(row) for row in self._db.rows("audit_events_of_edition", {"edition": edition_id})]

    def contents(self) -> Iterator[tuple[int, int, Kept]]:
        """Every version in the store: (release, version, what is kept of it)."""
        for row in self._db.each("contents_of_versions"):
            kept = Kept(content_digest(row["content"]), row["recorded_at"], row["author"], row["reason"])
            yield row["release_id"], row["version"], kept

    def notices(self) -> Iterator[tuple[int, int, str, Mapping[str, Any]]]:
        """What readers were told: (release, version, kind of its event, what the event must say)."""
        for row in self._db.each("all_notices"):
            said = {"at": row["made_at"], "author": row["author"], "reason": row["reason"]}
            said["notes"] = json.loads(row["notes"])
            yield row["release_id"], row["version"], f"notice.{row['kind']}", said

    def over(self) -> Iterator[tuple[int, str]]:
        """The editions of which nothing changes any more: (number, state)."""
        for row in self._db.rows("editions_over"):
            yield row["id"], row["state"]

    def ledger_digest(self, edition_id: int) -> str:
        """The digest of everything that an edition gave to anybody, of which nothing may be on its way.

        SHA-256 over lines in UTF-8: the edition; then each delivery with the releases that its person has by
        it, people in order of their numbers. What is erased some day is not in it: addresses, and what
        servers said.
        """
        edition = self._db.row("edition", {"id": edition_id})
        told = (
            f"{edition['uid']} {edition['bulletin']} {edition['slot']} {edition['kind']}" if edition else ""
        )
        digest = hashlib.sha256(f"{told}\n".encode())
        after = 0
        while True:
            # Chunk by chunk and in no transaction: nobody waits for it, and its memory does not grow.
            asked = {"edition": edition_id, "after": after, "limit": _PEOPLE}
            rows = self._db.rows("sealed_deliveries", asked)
            if not rows:
                return digest.hexdigest()
            digest.update("".join([f"{line} {_in_order(has)}\n" for _, line, has in rows]).encode())
            after = rows[-1]["subscriber_id"]


@lru_cache(maxsize=1024)  # most people have the same
def _in_order(has: str) -> str:
    """Each of some releases once, in the order of its text."""
    return ",".join(sorted(set(has.split(","))))


def follows(event: AuditEvent, before: str) -> bool:
    """Whether an event is the one that was written after the event with the digest ``before``."""
    values = {
        "id": event.id,
        "at": time_text(event.at),
        "kind": event.kind,
        "actor": event.actor,
        "release": event.release,
        "edition": event.edition,
        "details": event.details,
    }
    return _digest(values, before) == event.digest


def canonical(value: Any) -> str:
    """JSON as RFC 8785 writes it: names are ASCII and numbers integers here."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def content_digest(text: str) -> str:
    """The digest of what a version says, given as the store keeps it."""
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(values: Mapping[str, Any], before: str) -> str:
    return hashlib.sha256(canonical({**values, "before": before}).encode()).hexdigest()


def _event(row: Row) -> AuditEvent:
    details = json.loads(row["details"])
    if canonical(details) != row["details"] or time_text(parse_time(row["at"])) != row["at"]:
        raise ValueError(f"event {row['id']} is not written as pressfeed writes events")
    return AuditEvent(
        id=row["id"],
        at=parse_time(row["at"]),
        kind=row["kind"],
        actor=row["actor"],
        release=row["release_id"],
        edition=row["edition_id"],
        details=details,
        digest=row["digest"],
    )


def _embargo(old: dt.datetime | None, new: dt.datetime | None, now: dt.datetime) -> str:
    """What became of an embargo that is another one now."""
    if new is None or new <= now:
        return "lifted"
    if old is None or old <= now:
        return "set"
    return "extended" if new > old else "shortened"


def _moment(moment: dt.datetime | None) -> str:
    return time_text(moment) if moment else ""


def _without_empty(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value not in ("", [])}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return "somebody"
