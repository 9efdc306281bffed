"""Complete, publish, withdraw and delete releases by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pressfeed import intake
from pressfeed.domain import PUBLIC, Contact, Content, PartialDate, Release, Status
from pressfeed.errors import InputError
from pressfeed.intake.text import one_line
from pressfeed.publish import revision
from pressfeed.publish.imports import slug_of
from pressfeed.publish.room import Newsroom


@dataclass(frozen=True, slots=True)
class Edit:
    """What an operator changes; None = as it was. Times are aware."""

    headline: str | None = None
    subhead: str | None = None
    language: str | None = None
    place: str | None = None
    date: PartialDate | None = None
    body_html: str | None = None
    regions: tuple[str, ...] | None = None
    contacts: tuple[Contact, ...] | None = None
    topics: tuple[str, ...] | None = None
    story: str | None = None
    slug: str | None = None
    published_at: dt.datetime | None = None
    embargo_until: dt.datetime | None = None
    status: Status | None = None
    document: Content | None = None  # a whole new text; what it lacks stays, and the other fields win over it

    def given(self) -> Mapping[str, object]:
        """The fields that were given."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}


_CONTENT = frozenset({"headline", "subhead", "language", "place", "date", "regions", "contacts", "topics"})
_RELEASE = frozenset({"story", "slug", "published_at", "embargo_until"})


def edit(
    room: Newsroom,
    release_id: int,
    changes: Edit,
    now: dt.datetime,
    *,
    author: str = "",
    reason: str = "edited",
) -> Release:
    """Apply an operator's changes; the release as stored then.

    What was set by hand wins over later imports. Nobody is told, but what is planned follows a withdrawal or
    another embargo. Raises InputError for a change that makes no sense.
    """
    given = {
        name: one_line(value) if type(value) is str else value for name, value in changes.given().items()
    }
    _check(room, changes)
    with room.store.transaction():
        old = room.store.releases.get(release_id)
        content = _rewritten(old.content, changes.document)
        content = replace(content, **{k: v for k, v in given.items() if k in _CONTENT})  # type: ignore[arg-type]
        if changes.body_html is not None:
            html, text = intake.body(changes.body_html)
            content = replace(content, body_html=html, body_text=text)
        changed = replace(old, content=content, **{k: v for k, v in given.items() if k in _RELEASE})  # type: ignore[arg-type]
        if changes.slug is None and old.status is Status.DRAFT and content.headline != old.content.headline:
            changed = replace(changed, slug=slug_of(content.headline) or old.slug)
        if changes.status is not None:
            changed = _move(changed, changes.status)
            if changes.status is Status.WITHDRAWN:
                changed = taken_back(room, old, changed, now)
        elif old.status is Status.SCHEDULED and changed.published_at is not None:
            changed = replace(changed, status=_due(changed.published_at, now))
        if old.status is not Status.DRAFT and (missing := changed.content.needs()):
            raise InputError(f"release {release_id} is out, it cannot lose its {', '.join(missing)}")
        names = [name for name in given if name != "document"]
        if changes.document is not None:
            names += [name for name in _REWRITTEN if getattr(content, name) != getattr(old.content, name)]
        edited = tuple(dict.fromkeys((*room.store.releases.edited(release_id), *names)))
        release = room.store.releases.save(changed, now=now, reason=reason, author=author, edited=edited)
        if (release.status, release.public_from) != (old.status, old.public_from):
            revision.follow(room, release, now, before=old.public_from)
        return release


def taken_back(room: Newsroom, old: Release, changed: Release, now: dt.datetime) -> Release:
    """A release that is being withdrawn as its page and feed entries show it from now on.

    One that is hidden says what the public saw of it last. One that never was public leaves no trace.
    """
    shown = room.store.releases.shown(old, now)
    if shown is None:
        return replace(changed, published_at=None, embargo_until=None)
    if changed.public_from is not None and changed.public_from <= now:
        return changed
    return replace(
        changed,
        content=room.store.releases.get_version(old.id, shown).content,
        published_at=min(changed.published_at or now, now),
        embargo_until=None,
    )


def publish(
    room: Newsroom,
    release_ids: Sequence[int],
    at: dt.datetime | None,
    now: dt.datetime,
    *,
    author: str = "",
) -> list[Release]:
    """Publish drafts, all or none: at ``at``, else at the time that they name, else now.

    A time ahead makes them scheduled. Raises InputError for a draft that lacks something, naming what.
    """
    published = []
    with room.store.transaction():
        for release_id in release_ids:
            release = room.store.releases.get(release_id)
            if release.status in PUBLIC:
                raise InputError(f"release {release_id} is published already")
            if release.status is Status.WITHDRAWN:
                raise InputError(f"release {release_id} is withdrawn", remedy="Import it as a new release")
            missing = release.content.needs()
            if missing:
                raise InputError(
                    f"release {release_id} needs a {' and a '.join(missing)}",
                    remedy=f"pressfeed releases edit {release_id} --{missing[0]} …",
                )
            moment = at or release.published_at or now
            changed = replace(release, published_at=moment, status=_due(moment, now))
            published.append(room.store.releases.save(changed, now=now, reason="published", author=author))
    return published


def publish_due(room: Newsroom, now: dt.datetime) -> list[int]:
    """Publish the scheduled releases whose time has come; their numbers."""
    with room.store.transaction():
        due = room.store.releases.due(now)
        for release_id in due:
            release = room.store.releases.get(release_id)
            room.store.releases.save(
                replace(release, status=Status.PUBLISHED), now=now, reason="published as scheduled"
            )
    return due


def delete(room: Newsroom, release_ids: Sequence[int], now: dt.datetime) -> None:
    """Delete drafts, all or none; InputError for one that has been published."""
    with room.store.transaction():
        for release_id in release_ids:
            room.store.releases.delete(release_id, now)


def _due(moment: dt.datetime, now: dt.datetime) -> Status:
    return Status.SCHEDULED if moment > now else Status.PUBLISHED


def _move(release: Release, status: Status) -> Release:
    """A change of status by hand: withdrawing what is public, or taking back what is only scheduled."""
    allowed = {
        Status.WITHDRAWN: release.status in PUBLIC,
        Status.CORRECTED: release.status in PUBLIC,
        Status.DRAFT: release.status is Status.SCHEDULED,
    }
    if status is not release.status and not allowed.get(status, False):
        raise InputError(
            f"release {release.id} is {release.status} and cannot become {status}",
            remedy=f"Use pressfeed releases publish {release.id}" if status is Status.PUBLISHED else "",
        )
    return replace(release, status=status)


_REWRITTEN = (
    *("headline", "subhead", "place", "date", "body_html", "body_text"),
    *("footnotes", "contacts", "countries", "author", "enclosures", "topics"),
)


def _rewritten(old: Content, new: Content | None) -> Content:
    """The content as a new document has it; what that leaves out stays."""
    if new is None:
        return old
    given = {name: getattr(new, name) for name in _REWRITTEN if getattr(new, name)}
    return replace(old, **given)


def _check(room: Newsroom, changes: Edit) -> None:
    known = {region.slug for region in room.regions.all}
    unknown = [slug for slug in changes.regions or () if slug not in known]
    if unknown:
        raise InputError(
            f"there is no region {unknown[0]}", remedy=f"Regions are: {', '.join(sorted(known))}"
        )
    if not changes.given():
        raise InputError("nothing to change", remedy="Say what: see pressfeed releases edit --help")
