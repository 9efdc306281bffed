"""What becomes of editions that are planned and not yet sent when a release changes, or must wait.

An edition never tells an older text than the newest correction, nothing that was withdrawn, and nothing
under embargo but to those who may read ahead. This is asked when recipients are reserved, when a message is
rendered, and, by a change of variant or of the next try, just before each content leaves.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pressfeed.domain import (
    PUBLIC,
    Bulletin,
    Edition,
    EditionKind,
    Notice,
    NoticeKind,
    Notify,
    Regions,
    Release,
    Status,
    Variant,
)
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store

PATIENCE = dt.timedelta(hours=2)
"""How long an edition waits for a release; for a longer time it goes without it, and a later one tells it."""


NOTHING_LEFT = "called off: nothing of it may be told any more"


@dataclass(frozen=True, slots=True)
class Fit:
    """What a variant may tell. ``wait`` is the moment before which nothing of it may leave."""

    variant: Variant | None  # None = nothing is left
    wait: dt.datetime | None = None
    since: dt.datetime | None = None  # when the last of it became public
    postponed: tuple[int, ...] = ()  # notices that it leaves out for now
    embargo: dt.datetime | None = None  # only for the accredited, until then


def waits_until(release: Release, kind: EditionKind, now: dt.datetime) -> dt.datetime | None:
    """The moment from which an edition may tell a release: ``now`` or earlier = it may; None = it may not.

    An advance edition tells what is under embargo, and nothing else.
    """
    if kind is EditionKind.ADVANCE:
        return now if release.is_advance(now) else None
    moment = release.public_from
    if release.status not in PUBLIC or moment is None or moment - now > PATIENCE:
        return None
    return moment


def fit(room: Newsroom, kind: EditionKind, variant: Variant, now: dt.datetime) -> Fit:
    """What a variant of an edition of this kind may tell at ``now``, in which versions."""
    moments, embargoes, postponed = [], [], []
    releases, notices = [], []
    for number, version in variant.releases:
        release = room.store.releases.get(number)
        moment = waits_until(release, kind, now)
        if moment is None:
            continue
        moments.append(moment)
        if kind is EditionKind.ADVANCE and release.embargo_until:
            embargoes.append(release.embargo_until)
        releases.append((number, release.version if _is_outdated(room, release, version) else version))
    for number, was, version in variant.notices:
        notice = room.store.notices.get(number)
        release = room.store.releases.get(notice.release)
        if not holds(room, notice, release):
            continue
        newest = release.version if _is_outdated(room, release, version) else version
        if release.is_public(now) or notice.kind is NoticeKind.WITHDRAWAL:
            notices.append((number, was, newest))
        elif kind.is_notice and release.public_from is not None:
            notices.append((number, was, newest))
            embargoes.append(release.public_from)
        else:
            postponed.append(number)
    wait = max((moment for moment in moments if moment > now), default=None)
    if not releases and not notices:
        return Fit(None, postponed=tuple(postponed))
    fitting = Variant(variant.language, tuple(releases), tuple(notices))
    since = None if kind is EditionKind.ADVANCE else max(moments, default=None)
    return Fit(fitting, wait, since, tuple(postponed), max(embargoes, default=None))


def may_read_ahead(room: Newsroom, bulletin: Bulletin, subscriber: int, now: dt.datetime) -> bool:
    """Whether somebody is accredited for a bulletin's region, or one above it."""
    return is_accredited(room.store, room.regions, subscriber, bulletin.region, now)


def is_accredited(store: Store, regions: Regions, subscriber: int, region: str, now: dt.datetime) -> bool:
    """Whether somebody is accredited for a region, or one above it."""
    return not store.accreditations.regions(subscriber, now).isdisjoint(regions.ancestors(region))


def holds(room: Newsroom, notice: Notice, release: Release) -> bool:
    """Whether a notice is still what readers must be told: no newer one has replaced it.

    A correction of which nobody is to be told replaces none: what waits brings its text.
    """
    if release.status is Status.WITHDRAWN:
        return notice.kind is NoticeKind.WITHDRAWAL
    if notice.kind is NoticeKind.TRANSLATION:
        return True
    return not any(
        one.id > notice.id and one.kind is notice.kind and one.notify is not Notify.NONE
        for one in room.store.notices.of_release(release.id)
    )


def _is_outdated(room: Newsroom, release: Release, version: int) -> bool:
    """Whether a release was corrected since it said this."""
    return version < release.version and any(
        notice.version > version
        for notice in room.store.notices.of_release(release.id)
        if notice.kind is NoticeKind.CORRECTION
    )


def settle(room: Newsroom, edition: Edition, variant_id: int, now: dt.datetime) -> Fit:
    """Bring what is not on the wire yet of a variant to what it may tell. Call it inside a transaction."""
    _, variant = room.store.editions.variant(variant_id)
    found = fit(room, edition.kind, variant, now)
    if found.variant != variant:
        room.store.revisions.change(
            variant_id,
            found.variant,
            postponed=found.postponed,
            reason=NOTHING_LEFT,
            now=now,
        )
    elif found.wait is not None:
        room.store.revisions.postpone(variant_id, found.wait)
    return found


def follow(room: Newsroom, release: Release, now: dt.datetime, *, before: dt.datetime | None = None) -> None:
    """Bring everything that is planned and not on the wire yet in line with a release that was changed.

    ``before`` is the moment for which it has waited until now. Call it inside the transaction of the change.
    """
    store = room.store
    if any(notice.kind is NoticeKind.CORRECTION for notice in store.notices.of_release(release.id)):
        store.revisions.freeze_version(release.id, release.version)
    for variant_id, edition_id, _ in store.revisions.open_variants(release.id):
        if before is not None and before > now:
            store.revisions.resume(variant_id, before, now)
        settle(room, store.editions.get(edition_id), variant_id, now)
