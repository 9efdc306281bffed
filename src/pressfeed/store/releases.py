"""Releases, their versions and their stories."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pressfeed.domain import LONGEST_SLUG, PUBLIC, Content, Release, ReleaseStub, Status
from pressfeed.errors import InputError, NotFoundError
from pressfeed.store.audit import AuditStore
from pressfeed.store.codec import (
    content_text,
    names_text,
    parse_content,
    parse_names,
    parse_time,
    parse_time_or_none,
    time_or_none,
    time_text,
)
from pressfeed.store.connection import Connection, Row
from pressfeed.store.search import SearchStore


@dataclass(frozen=True, slots=True)
class Candidate:
    """A public release whose story a bulletin has not told yet. ``story`` is the story's number."""

    release: int
    version: int
    language: str
    published_at: dt.datetime
    story: int
    public_since: dt.datetime  # published, out of embargo, and known to this newsroom


@dataclass(frozen=True, slots=True)
class Version:
    """What a release said from a moment on, and who recorded it why."""

    version: int
    recorded_at: dt.datetime
    author: str  # "" where nobody is known
    reason: str
    content: Content


_STATUSES = {status.value: status for status in Status}
_SHOWN = frozenset({*PUBLIC, Status.WITHDRAWN})
_FOREVER = dt.datetime.max.replace(tzinfo=dt.UTC)


class ReleaseStore:
    """Reads and writes releases. Writers of several rows expect to run inside ``Store.transaction()``."""

    def __init__(self, connection: Connection, audit: AuditStore, search: SearchStore) -> None:
        self._db = connection
        self._audit = audit
        self._search = search

    # Reading

    def get(self, release_id: int) -> Release:
        """The release in its current version; NotFoundError."""
        row = self._db.row("release", {"id": release_id})
        if row is None:
            raise NotFoundError(f"there is no release {release_id}", remedy="See `pressfeed releases list`")
        return _release(row)

    def get_version(self, release_id: int, version: int) -> Release:
        """The release with the content of one of its versions; state and times are today's. NotFoundError."""
        row = self._db.row("release_at_version", {"id": release_id, "version": version})
        if row is None:
            raise NotFoundError(f"release {release_id} has no version {version}")
        return _release(row, version=row["wanted_version"], updated_at=parse_time(row["wanted_recorded_at"]))

    def shown(self, release: Release, now: dt.datetime) -> int | None:
        """The newest version that everybody can see, or could before it was hidden; None = there is none."""
        if release.is_public(now):
            return release.version
        version: int | None = self._db.value("shown_version", {"id": release.id})
        return version

    def versions(self, release_id: int) -> list[Version]:
        """What a release said, the first version first."""
        return [
            Version(
                row["version"],
                parse_time(row["recorded_at"]),
                row["author"],
                row["reason"],
                parse_content(row["content"]),
            )
            for row in self._db.rows("versions", {"id": release_id})
        ]

    def many(self, ids: Sequence[int]) -> list[Release]:
        """These releases in their current versions, in the given order; NotFoundError."""
        found = {row["id"]: row for row in self._db.rows("releases_by_id", {"ids": json.dumps(list(ids))})}
        missing = next((release_id for release_id in ids if release_id not in found), None)
        if missing is not None:
            raise NotFoundError(f"there is no release {missing}", remedy="See `pressfeed releases list`")
        return [_release(found[release_id]) for release_id in ids]

    def all(self) -> Iterator[Release]:
        """Every release in its current version, by number."""
        return map(_release, self._db.each("releases"))

    def stubs(self, now: dt.datetime) -> list[ReleaseStub]:
        """Releases that are public at ``now``, or were and are withdrawn; newest first, ties by id."""
        found = self._stubs(now)
        found.sort(key=attrgetter("id"))
        found.sort(key=attrgetter("published_at"), reverse=True)
        return found

    def _stubs(self, now: dt.datetime) -> list[ReleaseStub]:
        return [_stub(*row) for row in self._db.rows("release_stubs", {"now": time_text(now)})]

    def changed_stubs(self, since: int | None) -> tuple[int, dict[int, ReleaseStub | None]]:
        """The releases that changed after so many changes (None: all), and how many changes there are now.

        A stub where one is published or withdrawn, be it for a time to come or under embargo; else None.
        What was public is never deleted, so nothing else has vanished.
        """
        with self._db.snapshot():
            number = self.changes()
            if since is None:
                return number, {stub.id: stub for stub in self._stubs(_FOREVER)}
            rows = self._db.rows("changed_stubs", {"since": since})
        return number, {
            row["id"]: _stub(*row) if row["status"] in _SHOWN and row["published_at"] else None
            for row in rows
        }

    def of_story(self, story: str) -> list[tuple[int, str]]:
        """The translations of a story: (release id, language)."""
        return [(row["id"], row["language"]) for row in self._db.rows("releases_of_story", {"story": story})]

    def candidates(
        self, bulletin: str, regions: Sequence[str], now: dt.datetime, *, since: dt.datetime | None = None
    ) -> list[Candidate]:
        """The public releases of these regions whose story was in no edition of the bulletin yet.

        ``since`` restricts them to those that became public after a moment.
        """
        found: dict[int, Candidate] = {}
        name = "new_candidates" if since else "candidates"
        for region in regions:
            parameters = {"bulletin": bulletin, "region": region, "now": time_text(now)}
            if since:
                parameters["since"] = time_text(since)
            for row in self._db.rows(name, parameters):
                published = parse_time(row["published_at"])
                moments = (row["published_at"], row["public_since"], row["embargo_until"] or "")
                found[row["id"]] = Candidate(
                    row["id"],
                    row["version"],
                    row["language"],
                    published,
                    row["story_id"],
                    parse_time(max(moments)),
                )
        return list(found.values())

    def moves(self) -> list[tuple[int, str, str]]:
        """Where releases were found once: (release, language, slug), in the order of these addresses."""
        return [(id, language, slug) for id, language, slug in self._db.rows("former_addresses")]

    def advance_candidates(self, bulletin: str, regions: Sequence[str], now: dt.datetime) -> list[Candidate]:
        """The releases of these regions under embargo whose story was in no edition of the bulletin yet.

        ``public_since`` is when their newest version was recorded: since then they wait.
        """
        found: dict[int, Candidate] = {}
        for region in regions:
            parameters = {"bulletin": bulletin, "region": region, "now": time_text(now)}
            for row in self._db.rows("advance_candidates", parameters):
                found[row["id"]] = Candidate(
                    row["id"],
                    row["version"],
                    row["language"],
                    parse_time(row["embargo_until"]),
                    row["story_id"],
                    parse_time(row["updated_at"]),
                )
        return list(found.values())

    def due(self, now: dt.datetime) -> list[int]:
        """The scheduled releases whose time has come."""
        return [row["id"] for row in self._db.rows("due_releases", {"now": time_text(now)})]

    def next_publication(self, now: dt.datetime) -> dt.datetime | None:
        """When the next scheduled or embargoed release becomes public."""
        return parse_time_or_none(self._db.value("next_publication", {"now": time_text(now)}))

    def oldest_since(self, moment: dt.datetime) -> dt.datetime | None:
        """When the oldest of the releases was published that were published after a moment."""
        return parse_time_or_none(self._db.value("oldest_since", {"moment": time_text(moment)}))

    def changes(self) -> int:
        """A number that grows with every change of a release, by whichever process."""
        return int(self._db.value("setting", {"name": "changes"}) or 0)

    def counts(self) -> dict[str, int]:
        """How many releases stand in each status."""
        return {row["status"]: row["number"] for row in self._db.rows("counts_by_status")}

    def edited(self, release_id: int) -> tuple[str, ...]:
        """The fields that an operator set by hand, which a later import leaves alone."""
        row = self._db.row("release", {"id": release_id})
        return parse_names(row["edited"]) if row else ()

    # Writing

    def add(
        self,
        content: Content,
        *,
        story: str | None,
        slug: str,
        status: Status,
        source: str,
        now: dt.datetime,
        reason: str,
        author: str = "",
        published_at: dt.datetime | None = None,
        embargo_until: dt.datetime | None = None,
        archive: bool = False,
    ) -> int:
        """Store a new release as version 1; its number. ``story`` is a key; None = a story of its own."""
        uid = str(uuid.uuid4())
        release_id = self._db.insert(
            "add_release",
            {
                "uid": uid,
                "story_id": self._story_id(story or uid, now),
                "language": content.language,
                "slug": self._free_slug(content.language, slug or uid[:8], None),
                "status": status.value,
                "headline": content.headline,
                "regions": names_text(content.regions),
                "topics": names_text(content.topics),
                "source": source,
                "archive": "yes" if archive else "no",
                "now": time_text(now),
                "published_at": time_or_none(published_at),
                "embargo_until": time_or_none(embargo_until),
            },
        )
        self._add_version(release_id, 1, content, now, reason, author)
        self._set_regions(release_id, content.regions)
        self._audit.added(
            release_id,
            status.value,
            content,
            now,
            author,
            uid=uid,
            source=source,
            reason=reason,
            published_at=time_or_none(published_at) or "",
            embargo_until=time_or_none(embargo_until) or "",
        )
        self._db.run("note_change")
        if status in PUBLIC:
            self._search.update(self.get(release_id))
        return release_id

    def save(
        self,
        release: Release,
        *,
        now: dt.datetime,
        reason: str,
        author: str = "",
        edited: Sequence[str] | None = None,
    ) -> Release:
        """Store a changed release: a new version where its content changed, its state in any case.

        ``updated_at`` is ``now`` then where content or status changed, else what the release says.

        Returns what is stored now. ``edited`` replaces the list of fields that an operator set by hand.
        """
        old = self.get(release.id)
        changed = content_text(old.content) != content_text(release.content)
        version = old.version + 1 if changed else old.version
        language = release.content.language
        address = {"language": language, "slug": self._free_slug(language, release.slug, release.id)}
        self._db.run("leave_address", {"id": release.id, "now": time_text(now), **address})
        self._db.run("take_address", address)
        self._db.run(
            "update_release",
            {
                "id": release.id,
                "story_id": self._move_story(release.id, old.story, release.story, now),
                **address,
                "status": release.status.value,
                "version": version,
                "headline": release.content.headline,
                "regions": names_text(release.content.regions),
                "topics": names_text(release.content.topics),
                "archive": "yes" if release.archive else "no",
                "edited": names_text(self.edited(release.id) if edited is None else edited),
                "updated_at": time_text(
                    now if changed or release.status is not old.status else release.updated_at
                ),
                "published_at": time_or_none(release.published_at),
                "embargo_until": time_or_none(release.embargo_until),
                "shown": old.version if old.is_public(now) else None,
                "now": time_text(now),
            },
        )
        self._db.run("note_change")
        if changed:
            self._add_version(release.id, version, release.content, now, reason, author)
            self._set_regions(release.id, release.content.regions)
        stored = self.get(release.id)
        self._audit.saved(old, stored, reason, now, author)
        self._search.update(stored)
        return stored

    def delete(self, release_id: int, now: dt.datetime) -> None:
        """Delete a release that nobody has been told of; InputError for one that is or was public."""
        release = self.get(release_id)
        told = self._db.value("release_in_edition", {"id": release_id})
        if told or release.status not in (Status.DRAFT, Status.SCHEDULED):
            raise InputError(
                f"release {release_id} has been published, so readers have it",
                remedy=f"Withdraw it instead: pressfeed releases edit {release_id} --status withdrawn",
            )
        self._search.remove(release_id)
        for statement in ("forget_reading", "delete_versions", "delete_release"):
            if statement == "delete_release":
                self._db.run("clear_regions", {"release_id": release_id})
            self._db.run(statement, {"id": release_id})
        self._audit.record("release.deleted", now, release=release_id, uid=release.uid)
        self._db.run("note_change")

    def _add_version(
        self, release_id: int, version: int, content: Content, now: dt.datetime, reason: str, author: str
    ) -> None:
        self._db.run(
            "add_version",
            {
                "release_id": release_id,
                "version": version,
                "now": time_text(now),
                "reason": reason,
                "author": author,
                "content": content_text(content),
            },
        )

    def _set_regions(self, release_id: int, regions: Sequence[str]) -> None:
        self._db.run("clear_regions", {"release_id": release_id})
        for region in regions:
            self._db.run("add_region", {"region": region, "release_id": release_id})

    def _story_id(self, key: str, now: dt.datetime) -> int:
        self._db.run("add_story", {"key": key, "now": time_text(now)})
        return int(self._db.value("story_id", {"key": key}))

    def _move_story(self, release_id: int, old: str, new: str, now: dt.datetime) -> int:
        """Put a release into another story; who was given it under the old one counts for the new one."""
        new_id = self._story_id(new, now)
        if new != old:
            parameters = {
                "release_id": release_id,
                "old_story": self._story_id(old, now),
                "new_story": new_id,
            }
            self._db.run("inherit_items", parameters)
            self._db.run("inherit_editions", parameters)
        return new_id

    def _free_slug(self, language: str, wanted: str, release_id: int | None) -> str:
        """The wanted slug, or the first of ``wanted-2``, ``wanted-3`` … that no other release has or had."""
        slug, number = wanted, 1
        while True:
            owner = self._db.value("slug_owner", {"language": language, "slug": slug})
            if owner is None or owner == release_id:
                return slug
            number += 1
            suffix = f"-{number}"
            slug = wanted[: LONGEST_SLUG - len(suffix)].rstrip("-") + suffix


def _stub(
    id: int,
    story: int,
    language: str,
    slug: str,
    status: str,
    published: str,
    updated: str,
    regions: str,
    topics: str,
    headline: str,
    embargo: str | None,
    version: int,
    uid: str,
) -> ReleaseStub:
    return ReleaseStub(
        id,
        story,
        language,
        slug,
        _STATUSES[status],
        parse_time(published),
        parse_time(updated),
        parse_names(regions),
        parse_names(topics),
        headline,
        parse_time_or_none(embargo),
        f"{id} {version} {status} {language} {slug} {published} {updated} {regions}",
        uid,
    )


def _release(row: Row, **changes: Any) -> Release:
    values: dict[str, Any] = {
        "id": row["id"],
        "uid": row["uid"],
        "story": row["story"],
        "slug": row["slug"],
        "status": Status(row["status"]),
        "version": row["version"],
        "content": parse_content(row["content"]),
        "source": row["source"],
        "created_at": parse_time(row["created_at"]),
        "updated_at": parse_time(row["updated_at"]),
        "published_at": parse_time_or_none(row["published_at"]),
        "embargo_until": parse_time_or_none(row["embargo_until"]),
        "archive": row["archive"] == "yes",
        "note": json.loads(row["notes"] or "{}").get(row["language"], ""),
    }
    return Release(**values | changes)
