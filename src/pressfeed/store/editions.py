"""Editions: slots taken, stories frozen, recipients reserved."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pressfeed.domain import Edition, EditionKind, EditionState, Variant
from pressfeed.errors import NotFoundError
from pressfeed.store.audit import AuditStore
from pressfeed.store.calling import call_off
from pressfeed.store.codec import names_text, parse_names, parse_time, parse_time_or_none, time_text
from pressfeed.store.connection import Connection, Row


@dataclass(frozen=True, slots=True)
class FrozenStory:
    """A story of an edition: its number, and the release and version that tell it in each language."""

    story: int
    translations: dict[str, tuple[int, int]]
    told: bool = True  # False: the edition was held or called off, and leaves the story to another


@dataclass(frozen=True, slots=True)
class Recipient:
    """An active subscriber of the bulletin, and which of the edition's stories they have had."""

    subscriber: int
    languages: tuple[str, ...]
    had: frozenset[int]
    owed: tuple[tuple[int, int, int], ...] = ()  # what the edition must bring: see ``Variant.notices``


@dataclass(frozen=True, slots=True)
class Reservation:
    """What planning decided for one subscriber. ``items`` are (story, release, version)."""

    subscriber: int
    variant: Variant
    items: tuple[tuple[int, int, int], ...]
    message_id: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who approved an edition, and when."""

    name: str
    given_at: dt.datetime


class EditionStore:
    """Reads and writes editions. Writers of several rows expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, audit: AuditStore) -> None:
        self._db = connection
        self._audit = audit

    # Reading

    def get(self, edition_id: int) -> Edition:
        """One edition; NotFoundError."""
        row = self._db.row("edition", {"id": edition_id})
        if row is None:
            raise NotFoundError(f"there is no edition {edition_id}", remedy="See `pressfeed status`")
        return _edition(row)

    def at(self, bulletin: str, slot: str) -> Edition | None:
        """The edition of a bulletin at a slot, if it has run."""
        row = self._db.row("edition_of_slot", {"bulletin": bulletin, "slot": slot})
        return _edition(row) if row else None

    def newest(self, limit: int) -> list[Edition]:
        return [_edition(row) for row in self._db.rows("editions", {"limit": limit})]

    def in_state(self, state: EditionState) -> list[Edition]:
        """The editions in a state, the oldest first."""
        return [_edition(row) for row in self._db.rows("editions_in_state", {"state": state.value})]

    def of_bulletin(self, bulletin: str, limit: int) -> list[Edition]:
        """The editions of a bulletin, the newest first."""
        rows = self._db.rows("editions_of_bulletin", {"bulletin": bulletin, "limit": limit})
        return [_edition(row) for row in rows]

    def due(self, state: EditionState, now: dt.datetime) -> list[Edition]:
        """The editions in a state whose slot has come, the oldest first."""
        rows = self._db.rows("editions_due", {"state": state.value, "now": time_text(now)})
        return [_edition(row) for row in rows]

    def next_due(self) -> dt.datetime | None:
        """The first slot of those editions that are frozen and wait for it."""
        return parse_time_or_none(self._db.value("next_edition_due"))

    def last_slot(self, bulletin: str) -> str | None:
        """The newest slot of a bulletin that was run; skipped ones do not count."""
        slot: str | None = self._db.value("last_slot", {"bulletin": bulletin})
        return slot

    def last_due(self, bulletin: str, limit: int) -> list[dt.datetime]:
        """When the newest editions of a bulletin that said something were due, the newest first."""
        rows = self._db.rows("last_due", {"bulletin": bulletin, "limit": limit})
        return [parse_time(row["due_at"]) for row in rows]

    def approvals(self, edition_id: int) -> list[Approval]:
        """Who approved an edition, in this order."""
        rows = self._db.rows("approvals", {"edition": edition_id})
        return [Approval(row["name"], parse_time(row["given_at"])) for row in rows]

    def begun(self, edition_id: int) -> bool:
        """Whether anything of an edition was handed over, or may have been."""
        return self._db.row("begun", {"edition": edition_id}) is not None

    def stories(self, edition_id: int) -> list[FrozenStory]:
        """What the edition froze, in order."""
        stories: dict[int, FrozenStory] = {}
        for row in self._db.rows("edition_stories", {"edition": edition_id}):
            story = row["story_id"]
            frozen = stories.setdefault(story, FrozenStory(story, {}, row["told"] == "yes"))
            frozen.translations.setdefault(row["language"], (row["release_id"], row["version"]))
        return list(stories.values())

    def of_release(self, release_id: int) -> list[int]:
        """The numbers of the editions that froze a release, the oldest first."""
        return [row["id"] for row in self._db.rows("editions_of_release", {"release": release_id})]

    def variant(self, variant_id: int) -> tuple[int, Variant]:
        """The number of its edition, and the variant."""
        row = self._db.row("variant", {"id": variant_id})
        if row is None:
            raise NotFoundError(f"there is no variant {variant_id}")
        return row["edition_id"], parse_variant(row)

    def variant_of(self, edition_id: int, subscriber_id: int) -> Variant | None:
        """The variant of an edition that somebody is given; None where it failed or was called off."""
        row = self._db.row("variant_of", {"edition": edition_id, "subscriber": subscriber_id})
        return parse_variant(row) if row else None

    def counts(self, edition_id: int) -> dict[str, int]:
        """How many deliveries of the edition stand in each state."""
        return {
            row["state"]: row["number"] for row in self._db.rows("delivery_counts", {"edition": edition_id})
        }

    def recipients(self, edition: Edition, limit: int) -> list[Recipient]:
        """The next subscribers to plan for, after ``edition.planned_through``."""
        asked = {
            "bulletin": edition.bulletin,
            "after": edition.planned_through,
            "limit": limit,
            "now": time_text(edition.planned_at),
        }
        recipients = self._db.rows("recipients", asked)
        if not recipients:
            return []
        had: dict[int, set[int]] = {}
        parameters = {
            "edition": edition.id,
            "after": edition.planned_through,
            "through": recipients[-1]["id"],
        }
        for row in self._db.rows("items_had", parameters):
            had.setdefault(row["subscriber_id"], set()).add(row["story_id"])
        owed: dict[int, tuple[tuple[int, int, int], ...]] = {}
        for row in self._db.rows("notices_owed", parameters):
            notice = (row["notice_id"], row["was"], row["version"])
            owed[row["subscriber_id"]] = (*owed.get(row["subscriber_id"], ()), notice)
        nothing: frozenset[int] = frozenset()
        languages: dict[str, tuple[str, ...]] = {}
        found = []
        for row in recipients:
            text = row["languages"]
            if text not in languages:
                languages[text] = parse_names(text)
            given = had.get(row["id"])
            stories = frozenset(given) if given else nothing
            found.append(Recipient(row["id"], languages[text], stories, owed.get(row["id"], ())))
        return found

    # Writing

    def open(
        self,
        bulletin: str,
        slot: str,
        stories: Sequence[FrozenStory],
        *,
        now: dt.datetime,
        due_at: dt.datetime | None = None,
        state: EditionState = EditionState.PLANNING,
        stands_for: Sequence[str] = (),
        waiting: int = 0,
        skipped: str = "",
        kind: EditionKind = EditionKind.REGULAR,
        notice: int | None = None,
        reason: str = "",
    ) -> Edition | None:
        """Take a slot and freeze its stories; None where somebody has taken it already.

        ``due_at`` is the slot's moment (default: now), ``state`` what the edition begins as. ``skipped`` says
        why nothing is sent at this slot; its stories then stay free for the next one. ``notice`` is what an
        edition of such a ``kind`` tells.
        """
        state = EditionState.SKIPPED if skipped else state
        rows = self._db.rows(
            "open_edition",
            {
                "uid": str(uuid.uuid4()),
                "bulletin": bulletin,
                "slot": slot,
                "state": state.value,
                "due_at": time_text(due_at or now),
                "stands_for": names_text(stands_for),
                "now": time_text(now),
                "waiting": waiting,
                "reason": skipped or reason,
                "kind": kind.value,
                "notice": notice,
            },
        )
        if not rows:
            return None
        edition = rows[0]["id"]
        for position, story in enumerate(() if skipped else stories):
            self._db.run(
                "add_edition_story",
                {"bulletin": bulletin, "story": story.story, "edition": edition, "position": position},
            )
            for release, version in story.translations.values():
                self._db.run(
                    "add_edition_release", {"edition": edition, "release": release, "version": version}
                )
        if not skipped:  # a slot at which nothing is said says nothing of any release
            told = [list(pair) for story in stories for pair in story.translations.values()]
            self._audit.record(
                f"edition.{state}", now, edition=edition, bulletin=bulletin, slot=slot, releases=told
            )
        return self.get(edition)

    def reserve(
        self, edition: Edition, reservations: Sequence[Reservation], through: int, now: dt.datetime
    ) -> None:
        """Write the deliveries and items of one chunk of subscribers, up to the number ``through``."""
        number = int(self._db.value("last_delivery"))
        variants: dict[str, int] = {}
        deliveries: list[tuple[int, int, int, int, str, str]] = []
        items: list[tuple[int, int, int, int, int]] = []
        told: list[tuple[int, ...]] = []  # who is told which notices
        moment = time_text(now)
        for reservation in reservations:
            key = reservation.variant.key
            if key not in variants:
                variants[key] = self.add_variant(edition.id, reservation.variant)
            number += 1
            deliveries.append(
                (number, edition.id, reservation.subscriber, variants[key], moment, reservation.message_id)
            )
            items.extend(
                (reservation.subscriber, story, number, release, version)
                for story, release, version in reservation.items
            )
            for notice, was, version in reservation.variant.notices:
                if edition.kind.is_notice:
                    told.append((reservation.subscriber, notice, was, version, number))
                else:
                    told.append((number, version, reservation.subscriber, notice))
        self._db.run_many("add_delivery", deliveries)
        self._db.run_many("add_item", items)
        self._db.run_many("add_notice_reader" if edition.kind.is_notice else "bring_notice", told)
        self._db.run("set_planned_through", {"id": edition.id, "through": through})

    def add_variant(self, edition_id: int, variant: Variant) -> int:
        """The number of the edition's variant, made where it is new."""
        parameters = {
            "edition": edition_id,
            "key": variant.key,
            "language": variant.language,
            "releases": json.dumps(variant.releases, separators=(",", ":")),
            "notices": json.dumps(variant.notices, separators=(",", ":")),
        }
        self._db.run("add_variant", parameters)
        return int(self._db.value("variant_id", {"edition": edition_id, "key": variant.key}))

    def set_state(
        self,
        edition: Edition,
        state: EditionState,
        *,
        expected: EditionState,
        now: dt.datetime,
        reason: str = "",
        actor: str = "",
        counts: Mapping[str, int] | None = None,
        ledger: str = "",
    ) -> bool:
        """Move the edition on; False where somebody else has moved it meanwhile.

        ``actor``, ``counts``, of its deliveries by state, and ``ledger``, their digest, are for the audit.
        """
        parameters = {
            "id": edition.id,
            "state": state.value,
            "expected": expected.value,
            "reason": reason,
        }
        with self._db.transaction():
            moved = self._db.run("set_edition_state", parameters) > 0
            if moved:
                told: dict[str, Any] = {"reason": reason} if reason else {}
                if counts is not None:
                    told["deliveries"] = dict(counts)
                if ledger:
                    told["ledger"] = ledger
                if state is EditionState.PLANNED and expected is EditionState.PLANNING:
                    told["recipients"] = self._db.value("recipients_of_edition", {"edition": edition.id})
                resumed = expected is EditionState.PAUSED and state is EditionState.PLANNED
                kind = "edition.resumed" if resumed else f"edition.{state}"
                self._audit.record(kind, now, edition=edition.id, actor=actor, **told)
        return moved

    def free(self, edition_id: int) -> None:
        """Leave an edition's stories to the next one of its bulletin."""
        self._db.run("free_stories", {"edition": edition_id})

    def take_back(self, edition_id: int) -> int:
        """Take the stories that were left again, except those told meanwhile; how many the edition has."""
        self._db.run("take_stories", {"edition": edition_id})
        return sum(story.told for story in self.stories(edition_id))

    def call_off(self, edition_id: int, reason: str, now: dt.datetime) -> int:
        """Cancel every delivery that is not on the wire; these people may be told by others. How many."""
        owe = not self.get(edition_id).kind.is_notice  # a notice that is called off is not wanted any more
        rows = self._db.rows("cancellable_of_edition", {"edition": edition_id})
        cancelled = sum(call_off(self._db, row["id"], reason, now, owe=owe) for row in rows)
        if cancelled:
            self._audit.record(
                "edition.called_off", now, edition=edition_id, recipients=cancelled, reason=reason
            )
        return cancelled

    def approve(self, edition_id: int, name: str, now: dt.datetime) -> bool:
        """Note that a person approves; False where the same person has done so already."""
        parameters = {"edition": edition_id, "name_key": name.casefold(), "name": name, "now": time_text(now)}
        with self._db.transaction():
            new = self._db.run("approve", parameters) == 1
            if new:
                self._audit.record("edition.approval", now, edition=edition_id, actor=name)
        return new

    def withdraw_approvals(self, edition_id: int) -> None:
        """Forget who approved: it must be approved anew."""
        self._db.run("withdraw_approvals", {"edition": edition_id})

    def let_go(self, edition: Edition, now: dt.datetime) -> bool:
        """Reserve a frozen edition's recipients from now on; False where somebody else has moved it."""
        parameters = {"id": edition.id, "expected": edition.state.value, "now": time_text(now)}
        with self._db.transaction():
            going = self._db.run("begin_planning", parameters) > 0
            if going:
                self._audit.record("edition.planning", now, edition=edition.id)
        return going

    def settle(self, now: dt.datetime) -> list[int]:
        """Close the planned editions that have nothing left to send or to decide; their numbers.

        From then on nothing of them changes: the audit has the digest of their ledger, as it has of editions
        that were called off once the last of them is off the wire.
        """
        closed = []
        for edition in self.in_state(EditionState.PLANNED):
            if self._db.row("unsettled", {"edition": edition.id}) is not None:
                continue
            # Counted before anybody must wait for it: they do not change.
            counts, ledger = self.counts(edition.id), self._audit.ledger_digest(edition.id)
            if self.set_state(
                edition,
                EditionState.SENT,
                expected=EditionState.PLANNED,
                now=now,
                counts=counts,
                ledger=ledger,
            ):
                closed.append(edition.id)
        for row in self._db.rows("unsealed_editions"):
            self._seal(row["id"], now)
        return closed

    def _seal(self, edition_id: int, now: dt.datetime) -> None:
        """Record the ledger of an edition that was called off, unless somebody else has."""
        if self._db.row("unsettled", {"edition": edition_id}) is not None:
            return
        counts, ledger = self.counts(edition_id), self._audit.ledger_digest(edition_id)
        with self._db.transaction():
            if any(event.kind == "edition.closed" for event in self._audit.of_edition(edition_id)):
                return
            self._audit.record("edition.closed", now, edition=edition_id, deliveries=counts, ledger=ledger)


def parse_variant(row: Row) -> Variant:
    """The variant that a row of the table describes."""
    releases = tuple((release, version) for release, version in json.loads(row["releases"]))
    notices = tuple((notice, was, version) for notice, was, version in json.loads(row["notices"]))
    return Variant(row["language"], releases, notices)


def _edition(row: Row) -> Edition:
    return Edition(
        id=row["id"],
        uid=row["uid"],
        bulletin=row["bulletin"],
        slot=row["slot"],
        state=EditionState(row["state"]),
        planned_at=parse_time(row["planned_at"]),
        planned_through=row["planned_through"],
        waiting=row["waiting"],
        reason=row["reason"],
        due_at=parse_time(row["due_at"]),
        stands_for=parse_names(row["stands_for"]),
        kind=EditionKind(row["kind"]),
        notice=row["notice_id"],
    )
