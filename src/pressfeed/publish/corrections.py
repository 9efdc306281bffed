"""Correct and withdraw what has been published; lift and extend embargoes."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from pressfeed import intake
from pressfeed.domain import PUBLIC, Content, NoticeKind, Notify, Release, Status
from pressfeed.errors import InputError
from pressfeed.publish import imports, notices, releases, revision
from pressfeed.publish.notices import Announced
from pressfeed.publish.room import Newsroom


@dataclass(frozen=True, slots=True)
class Revised:
    """What an operator's act made of a release, and whom it concerns."""

    release: Release
    announced: Announced


def correct(
    room: Newsroom,
    release_id: int,
    changes: releases.Edit,
    *,
    notify: Notify,
    notes: Mapping[str, str],
    reason: str,
    author: str,
    now: dt.datetime,
    dry_run: bool = False,
) -> Revised:
    """Publish a new version of a release, and tell exactly those who were sent an older one.

    Without ``changes`` the newest version, which came by an import, is announced as the correction. What is
    planned and not on the wire yet tells the new version. ``notify`` says when people are told; the editions
    that tell them are opened here and reserved by ``publish.editions.go_on``. ``dry_run`` changes nothing.
    Raises InputError for a release that is not out, or has nothing to correct.
    """
    with room.store.transaction(rehearsal=dry_run):
        old = room.store.releases.get(release_id)
        _require_out(old, "corrected")
        if changes.given():
            edited = releases.edit(
                room, release_id, changes, now, author=author, reason=reason or "corrected"
            )
            if edited.version == old.version:
                raise InputError(f"release {release_id} says that already", remedy="Nothing was changed")
        elif old.version == 1 or any(
            notice.version == old.version
            and notice.kind is NoticeKind.CORRECTION
            and (notice.notify is not Notify.NONE or notify is Notify.NONE)
            for notice in room.store.notices.of_release(release_id)
        ):
            raise InputError(
                f"release {release_id} has no change to announce",
                remedy="Say what is to be corrected: see pressfeed releases correct --help",
            )
        revised = _announce(
            room, release_id, Status.CORRECTED, NoticeKind.CORRECTION, notify, notes, reason, author, now
        )
    return replace(revised, announced=notices.count(room, revised.announced))


def withdraw(
    room: Newsroom,
    release_id: int,
    *,
    notify: Notify,
    notes: Mapping[str, str],
    reason: str,
    author: str,
    now: dt.datetime,
    dry_run: bool = False,
) -> Revised:
    """Take a release back, and tell exactly those who were sent any version of it.

    Its page and its feed entries say so; nothing planned tells it any more. One that never was public leaves
    no trace but in the mailboxes of those who had it ahead. Where nobody was told of an earlier withdrawal
    they are now. Raises InputError for a release that is not out.
    """
    with room.store.transaction(rehearsal=dry_run):
        old = room.store.releases.get(release_id)
        if old.status is not Status.WITHDRAWN or notify is Notify.NONE:
            _require_out(old, "withdrawn")
        elif any(
            notice.kind is NoticeKind.WITHDRAWAL and notice.notify is not Notify.NONE
            for notice in room.store.notices.of_release(release_id)
        ):
            raise InputError(f"release {release_id} is withdrawn, and its readers are told")
        revised = _announce(
            room, release_id, Status.WITHDRAWN, NoticeKind.WITHDRAWAL, notify, notes, reason, author, now
        )
    return replace(revised, announced=notices.count(room, revised.announced))


def retell(
    room: Newsroom, release_id: int, *, notify: Notify, author: str, now: dt.datetime, dry_run: bool = False
) -> Revised:
    """Tell those who had a story in a language that they like less that this translation exists, once.

    Raises InputError for a release that is not public, or was told so already in this version.
    """
    with room.store.transaction(rehearsal=dry_run):
        release = room.store.releases.get(release_id)
        if not release.is_public(now):
            raise InputError(f"release {release_id} is not public")
        if any(
            notice.kind is NoticeKind.TRANSLATION and notice.version == release.version
            for notice in room.store.notices.of_release(release_id)
        ):
            raise InputError(f"readers of other languages were told of release {release_id} already")
        announced = notices.announce(
            room,
            release,
            NoticeKind.TRANSLATION,
            notify,
            notes={},
            reason="a translation that came later",
            author=author,
            now=now,
        )
    return Revised(release, notices.count(room, announced))


def set_embargo(
    room: Newsroom, release_id: int, until: dt.datetime | None, *, author: str, now: dt.datetime
) -> Release:
    """Lift an embargo (None), or let it last until a moment; the release as it is then.

    What is planned waits, goes without the release, or goes on; files are built anew by the next build.
    Raises InputError for a withdrawn release, and for a moment that is over.
    """
    with room.store.transaction():
        old = room.store.releases.get(release_id)
        if old.status is Status.WITHDRAWN:
            raise InputError(f"release {release_id} is withdrawn: it has no embargo")
        if until is not None and until <= now:
            raise InputError(
                "that moment is over", remedy=f"To lift the embargo: releases embargo {release_id} --lift"
            )
        edited = tuple(dict.fromkeys((*room.store.releases.edited(release_id), "embargo_until")))
        if until is None and (old.embargo_until is None or old.embargo_until <= now):
            raise InputError(f"release {release_id} is under no embargo")
        # Lifted, it counts as public from now on, which alerts go by.
        changed = replace(old, embargo_until=until or now)
        release = room.store.releases.save(
            changed, now=now, reason="embargo changed", author=author, edited=edited
        )
        revision.follow(room, release, now, before=old.public_from)
        return release


def document(room: Newsroom, release: Release, name: str) -> Content:
    """A whole corrected release from a file of any format that can be imported, or ``-``; InputError."""
    found = imports.documents([name], lambda: sys.stdin.buffer.read(intake.MAXIMUM_BYTES + 1))
    setting = intake.Setting(room.config.languages, room.regions, room.config.zone)
    overrides = intake.Overrides(language=release.content.language, regions=release.content.regions)
    memory = intake.Memory.from_json(room.store.documents.memories())
    readings = [reading for each in found for reading in intake.read(each, setting, overrides, memory)]
    if len(readings) != 1:
        raise InputError(
            f"{len(readings)} releases in it", file=name, remedy="Give the one that is corrected"
        )
    return readings[0].content


def _require_out(release: Release, become: str) -> None:
    if release.status not in (*PUBLIC, Status.SCHEDULED):
        remedy = "Edit it: pressfeed releases edit" if release.status is Status.DRAFT else ""
        raise InputError(f"release {release.id} is {release.status} and cannot be {become}", remedy=remedy)


def _announce(
    room: Newsroom,
    release_id: int,
    status: Status,
    kind: NoticeKind,
    notify: Notify,
    notes: Mapping[str, str],
    reason: str,
    author: str,
    now: dt.datetime,
) -> Revised:
    release = room.store.releases.get(release_id)
    if release.status is Status.SCHEDULED and status is Status.CORRECTED:
        status = release.status  # nobody has seen it but the accredited: it will be published as it is then
    changed = replace(release, status=status, updated_at=now)  # its note is another, whatever else is
    if kind is NoticeKind.WITHDRAWAL:
        changed = releases.taken_back(room, release, changed, now)
        told = changed.published_at is not None
    else:
        told = release.is_public(now)
    if notify is Notify.NEXT and not told:
        raise InputError(
            f"release {release_id} is not public: no bulletin may name it",
            remedy="Tell those who have it at once: --notify now",
        )
    release = room.store.releases.save(changed, now=now, reason=reason, author=author)
    announced = notices.announce(
        room, release, kind, notify, notes=notes, reason=reason, author=author, now=now
    )
    release = room.store.releases.get(release_id)
    revision.follow(room, release, now)
    return Revised(release, announced)
