"""The life of a release as its audit and the ledger tell it, and whether the audit is whole."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pressfeed.domain import NoticeKind, Release
from pressfeed.errors import InputError, NotFoundError
from pressfeed.store import Store
from pressfeed.store.audit import START, AuditEvent, Head, Kept, follows
from pressfeed.store.codec import time_text
from pressfeed.store.ledger import Tally

MOST = 20  # problems that are told; more say nothing new

Progress = Callable[[int, int], None]
"""Told (events or editions checked, in all)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the ledger says of one version: how many were sent it, as a story or by a notice that brings it.

    A withdrawal brings no version.
    """

    version: int
    sent: int
    waiting: int  # planned, on the wire, or in doubt
    not_sent: int  # failed or called off


@dataclass(frozen=True, slots=True)
class Standing:
    """A feed that a release entered, and when it left it, if it did."""

    feed: str
    entered: dt.datetime
    left: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Life:
    """Everything that is known of one release. ``release`` is None for one that was deleted."""

    number: int
    release: Release | None
    began: dt.datetime | None  # when the audit began, if the release was there before
    events: tuple[AuditEvent, ...]  # its own and those of the editions that told it, in order
    given: tuple[Given, ...]
    tallies: tuple[Tally, ...]
    feeds: tuple[Standing, ...]


def life(store: Store, release_id: int) -> Life:
    """The life of a release, all of one moment; NotFoundError where nothing is known of it."""
    with store.snapshot():
        own = store.audit.of_release(release_id)
        try:
            release = store.releases.get(release_id)
        except NotFoundError:
            if not own:
                raise
            release = None
        tallies = tuple(store.ledger.tallies(release_id)) if release else ()
        editions = store.editions.of_release(release_id) if release else []
        events = {event.id: event for event in own}
        for edition in editions:
            events |= {event.id: event for event in store.audit.of_edition(edition)}
        first = store.audit.first()
    added = any(event.kind == "release.added" for event in own)
    return Life(
        number=release_id,
        release=release,
        began=first.at if first and not added else None,
        events=tuple(events[number] for number in sorted(events)),
        given=tuple(_given(tallies)),
        tallies=tallies,
        feeds=tuple(_standings(own)),
    )


def _given(tallies: tuple[Tally, ...]) -> Iterator[Given]:
    bringing = [tally for tally in tallies if tally.kind != NoticeKind.WITHDRAWAL]
    for version in sorted({tally.version for tally in bringing}):
        states: Counter[str] = Counter()
        for tally in bringing:
            if tally.version == version:
                states[tally.state] += tally.number
        waiting = sum(states[state] for state in ("pending", "claimed", "sending", "unknown"))
        yield Given(version, states["sent"], waiting, states["failed"] + states["cancelled"])


def _standings(events: list[AuditEvent]) -> Iterator[Standing]:
    open_: dict[str, dt.datetime] = {}
    for event in events:
        if event.kind == "feeds.changed":
            for feed in event.details.get("entered", ()):
                open_[feed] = event.at
            for feed in event.details.get("left", ()):
                if feed in open_:
                    yield Standing(feed, open_.pop(feed), event.at)
    for feed, entered in open_.items():
        yield Standing(feed, entered, None)


# ----------------------------------------------------------------------------------------- verification


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking the audit. Sound where there are no problems."""

    head: Head
    began: dt.datetime | None
    problems: tuple[str, ...]


def verify(store: Store, noted: str = "", progress: Progress | None = None) -> Verdict:
    """Check that no event was changed, moved or removed, and that the store says what the events say.

    That is: every version, every notice, and the ledger of every edition that is over.

    ``noted`` is a head that was written down earlier, ``number:digest``: only with it is it certain that the
    whole chain was not written anew. Raises InputError for one that is not of this form.
    """
    with store.snapshot():
        check = _Check(store, _head(noted) if noted else None)
        if check.events(progress):
            check.versions()
            check.notices()
            check.ledger(progress)
    return check.verdict()


def chain(store: Store) -> Verdict:
    """Check the events alone: quick enough for whoever just reads them."""
    with store.snapshot():
        check = _Check(store, None)
        check.events(None)
    return check.verdict()


class _Check:
    def __init__(self, store: Store, noted: Head | None) -> None:
        self._store = store
        self._noted = noted
        self._contents: dict[tuple[int, int], tuple[int, Kept]] = {}  # of versions: event, what it says
        self._notices: dict[tuple[int, int, str], tuple[int, Mapping[str, Any]]] = {}
        self._closed: dict[int, tuple[int, str]] = {}  # of editions: event, digest
        self._before = 0  # editions up to this number may have been over before the audit
        self._founded = 0  # releases up to this number were there before the audit
        self.head = store.audit.head()
        self.began: dt.datetime | None = None
        self.problems: list[str] = []

    def events(self, progress: Progress | None) -> bool:
        """Follow the chain; False where it cannot be followed to its end."""
        before = Head(0, START)
        events = self._store.audit.all()
        while True:
            try:
                event = next(events, None)
            except ValueError as error:
                # Nothing can be said of what follows: it hangs on an event that is not there any more.
                self.problems.append(f"event {before.id + 1} was changed: it cannot be read ({error})")
                return False
            if event is None:
                break
            if event.id != before.id + 1:
                self.problems.append(f"{_missing(before.id + 1, event.id - 1)} after event {before.id}")
            elif not follows(event, before.digest):
                self.problems.append(
                    f"{_named(event)} is not what was written after event {before.id}:"
                    f" one of the two was changed or moved"
                )
            self._note(event)
            before = Head(event.id, event.digest)
            if progress is not None and event.id % 1000 == 0:
                progress(event.id, self.head.id)
        self._end(before)
        return True

    def _note(self, event: AuditEvent) -> None:
        if event.kind == "audit.began":
            self.began, self._founded = event.at, event.details["releases"]
            self._before = event.details["editions"]
        if event.release is not None and "content" in event.details:
            said = event.details
            kept = Kept(said["content"], time_text(event.at), said.get("author", ""), said.get("reason", ""))
            self._contents[event.release, said["version"]] = (event.id, kept)
        if event.release is not None and event.kind.startswith("notice."):
            said = {"author": "", "reason": "", "notes": {}, "at": time_text(event.at), **event.details}
            self._notices[event.release, said["version"], event.kind] = (event.id, said)
        if event.edition is not None and "ledger" in event.details:
            self._closed[event.edition] = (event.id, event.details["ledger"])
        if event.kind == "release.deleted":
            gone = [version for version in self._contents if version[0] == event.release]
            for version in gone:
                del self._contents[version]
        if self._noted and event.id == self._noted.id and event.digest != self._noted.digest:
            self.problems.append(
                f"event {event.id} has another digest than the one that was noted: the audit was written anew"
            )

    def _end(self, end: Head) -> None:
        noted = self._store.audit.noted_end()
        if noted and noted != str(end):
            last = int(noted.partition(":")[0])
            if last > end.id:
                self.problems.append(f"{_missing(end.id + 1, last)} at the end")
            else:
                self.problems.append(f"event {end.id} is not the one that was written last")
        if self._noted and self._noted.id > end.id:
            self.problems.append(
                f"{_missing(end.id + 1, self._noted.id)} at the end: event {self._noted.id} was noted"
            )

    def versions(self) -> None:
        """Compare every version, its time, author and reason with its event."""
        seen = set()
        for release, version, kept in self._store.audit.contents():
            seen.add((release, version))
            event, told = self._contents.get((release, version), (0, None))
            if told is not None:
                for what, now, then in (
                    ("", kept.content, told.content),
                    ("the time of ", kept.at, told.at),
                    ("the author of ", kept.author, told.author),
                    ("the reason of ", kept.reason, told.reason),
                ):
                    if now != then:
                        was = f"it is not what event {event} recorded"
                        self.problems.append(
                            f"{what}version {version} of release {release} was changed: {was}"
                        )
            elif release > self._founded and self.began:
                self.problems.append(f"version {version} of release {release} has no event")
        for release, version in sorted(self._contents.keys() - seen):
            event, _ = self._contents[release, version]
            self.problems.append(f"version {version} of release {release}, event {event}, was removed")

    def notices(self) -> None:
        """Compare what readers were told with its events."""
        for release, version, kind, kept in self._store.audit.notices():
            what = f"the {kind.partition('.')[2]} notice of version {version} of release {release}"
            event, told = self._notices.pop((release, version, kind), (0, None))
            if told is None:
                self.problems.append(f"{what} has no event")
            elif any(told[name] != value for name, value in kept.items()):
                self.problems.append(f"{what} was changed: it is not what event {event} recorded")
        for (release, version, kind), (event, _) in self._notices.items():
            what = f"the {kind.partition('.')[2]} notice of version {version} of release {release}"
            self.problems.append(f"{what}, event {event}, was removed")

    def ledger(self, progress: Progress | None) -> None:
        """Compare what every edition that is over gave to whom with the digest in its event."""
        over = dict(self._store.audit.over())
        for number, (edition, state) in enumerate(over.items(), start=1):
            event, told = self._closed.get(edition, (0, ""))
            if told and told != self._store.audit.ledger_digest(edition):
                was = f"it is not what event {event} recorded"
                self.problems.append(f"the ledger of edition {edition} was changed: {was}")
            elif not told and state == "sent" and edition > self._before and self.began:
                self.problems.append(f"edition {edition} is over, and has no event that says so")
            if progress is not None:
                progress(number, len(over))
        for edition in self._closed.keys() - over.keys():
            self.problems.append(f"edition {edition} was over, event {self._closed[edition][0]}, and is not")

    def verdict(self) -> Verdict:
        return Verdict(self.head, self.began, tuple(self.problems[:MOST]))


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise InputError(
            f"{text!r} is no head of an audit", remedy="Give what `pressfeed audit head` printed: 17:9f86d08…"
        )
    return Head(int(number), digest.lower())


def _missing(first: int, last: int) -> str:
    return f"event {first} is missing" if first == last else f"events {first} to {last} are missing"


def _named(event: AuditEvent) -> str:
    about = f" of release {event.release}" if event.release else ""
    about += f" of edition {event.edition}" if event.edition else ""
    return f"event {event.id} ({event.kind}{about})"
