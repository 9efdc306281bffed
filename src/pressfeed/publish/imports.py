"""Import documents: every document becomes releases, or is kept with the reason why not."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from slugify import slugify

from pressfeed import intake
from pressfeed.domain import Content, Need, Release, Status
from pressfeed.errors import InputError, IntakeError
from pressfeed.publish import revision
from pressfeed.publish.room import Newsroom

BATCH = 100  # documents in one transaction
SLUG_LENGTH = 80  # of those made here: shorter than what people may choose
SUFFIXES = frozenset(
    {".txt", ".md", ".markdown", ".html", ".htm", ".xhtml", ".json", ".xml", ".rss", ".atom"}
)


class Action(StrEnum):
    """What an import made of a reading."""

    NEW = "new"
    CHANGED = "changed"  # a new version of a release that was there, or its state
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Imported:
    """One line of an import's report. ``release`` is as stored; None for what was rejected."""

    document: str
    action: Action
    release: Release | None = None
    needs: tuple[Need, ...] = ()
    problems: tuple[str, ...] = ()


Progress = Callable[[int, int], None]
"""Told (documents done, documents in all) while an import runs."""


def documents(paths: Sequence[str], stdin: Callable[[], bytes]) -> list[intake.Document]:
    """The documents that paths name: files as they are, folders with all they hold, ``-`` for standard input.

    In folders only files with a known suffix count, hidden ones do not, and a link to a folder that is being
    walked is not followed again. Raises InputError for a path that does not exist or an empty folder.
    """
    found: list[intake.Document] = []
    for name in paths:
        path = Path(name)
        if name == "-":
            found.append(intake.Document("-", cache(stdin), "-", "-"))
        elif path.is_dir():
            inside = [_document(file) for file in _walk(path)]
            if not inside:
                known = " ".join(sorted(SUFFIXES))
                raise InputError("no document in this folder", file=name, remedy=f"Documents are: {known}")
            found.extend(inside)
        elif path.is_file():
            found.append(_document(path))
        elif path.is_symlink():
            raise InputError("this link leads nowhere, or round in a circle", file=name, remedy="Remove it")
        elif path.exists():
            raise InputError("not a file or folder", file=name, remedy="Give a regular file, a folder, or -")
        else:
            raise InputError("there is no such file or folder", file=name, remedy="Check the path")
    return list({document.key: document for document in found}.values())


def run(
    room: Newsroom,
    found: Sequence[intake.Document],
    overrides: intake.Overrides,
    now: dt.datetime,
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
    author: str = "",
) -> Iterator[Imported]:
    """Read the documents and store what they say, some at a time, each some all or nothing.

    A document that was imported before, unchanged and with the same overrides, changes nothing; a changed one
    becomes a new version of the same release. What an operator has set by hand stays as it is. ``dry_run``
    reports the same and stores nothing.
    """
    memory = intake.Memory.from_json(room.store.documents.memories())
    setting = intake.Setting(room.config.languages, room.regions, room.config.zone)
    for unknown in set(overrides.regions or ()) - {region.slug for region in room.regions.all}:
        raise InputError(f"there is no region {unknown}", remedy="Regions are the files in schedules/")
    memory = intake.learn(found, memory)
    worker = _Import(room, setting, overrides, memory, now, author)
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        reports: list[Imported] = []
        with room.store.transaction(rehearsal=dry_run):
            for document in batch:
                reports.extend(worker.document(document))
        yield from reports
        if progress is not None:
            progress(min(start + BATCH, len(found)), len(found))
    with room.store.transaction(rehearsal=dry_run):
        for source, data in memory.to_json().items():
            room.store.documents.remember_source(source, data)


@dataclass
class _Import:
    room: Newsroom
    setting: intake.Setting
    overrides: intake.Overrides
    memory: intake.Memory
    now: dt.datetime
    author: str

    def document(self, document: intake.Document) -> Iterable[Imported]:
        records = self.room.store.documents
        try:
            raw = document.load()
        except OSError as error:
            problem = str(InputError(f"cannot be read: {error.strerror}", file=document.name))
            return [Imported(document.name, Action.REJECTED, problems=(problem,))]
        said = "\0".join(
            f"{field.name}={getattr(self.overrides, field.name)}" for field in fields(self.overrides)
        )
        fingerprint = hashlib.sha256(raw + b"\0" + said.encode()).hexdigest()
        if document.key != "-" and records.fingerprint(document.key) == fingerprint:
            return [Imported(document.name, Action.UNCHANGED)]
        try:
            readings = intake.read(
                replace(document, load=lambda: raw), self.setting, self.overrides, self.memory
            )
        except IntakeError as error:
            records.reject(
                document.name, str(error), raw if len(raw) <= intake.MAXIMUM_BYTES else b"", self.now
            )
            return [Imported(document.name, Action.REJECTED, problems=(str(error),))]
        records.remember(document.key, fingerprint, self.now)
        return [self._reading(document, reading) for reading in readings]

    def _reading(self, document: intake.Document, reading: intake.Reading) -> Imported:
        store = self.room.store
        content_hash = _content_hash(reading.content)
        known = store.documents.reading(reading.key)
        release_id = known[0] if known else store.documents.same_content(content_hash)
        if known and release_id is None and known[1] == content_hash:
            return Imported(
                document.name, Action.UNCHANGED, problems=(*reading.problems, "deleted by an operator")
            )
        if release_id is None:
            release = self._add(document, reading)
            action = Action.NEW
        else:
            old = store.releases.get(release_id)
            release = self._update(old, reading, document.name)
            action = Action.UNCHANGED if release == old else Action.CHANGED
        store.documents.remember_reading(reading.key, document.key, release.id, content_hash)
        return Imported(document.name, action, release, release.needs, reading.problems)

    def _add(self, document: intake.Document, reading: intake.Reading) -> Release:
        releases = self.room.store.releases
        release_id = releases.add(
            reading.content,
            story=reading.story,
            slug=reading.slug or slug_of(reading.content.headline),
            status=self._status(reading),
            source=document.name,
            now=self.now,
            reason="imported",
            author=self.author,
            published_at=reading.published_at,
            embargo_until=reading.embargo_until,
            archive=reading.archive,
        )
        release = releases.get(release_id)
        if self._said():
            release = releases.save(release, now=self.now, reason="imported", edited=self._said())
        return release

    def _update(self, old: Release, reading: intake.Reading, name: str) -> Release:
        """The release as the new reading has it, but for what an operator set by hand."""
        releases = self.room.store.releases
        edited = tuple(dict.fromkeys((*releases.edited(old.id), *self._said())))
        if "body_html" in edited:
            edited = tuple(dict.fromkeys((*edited, "body_text")))
        kept = {
            field: getattr(old.content, field)
            for field in edited
            if field in _CONTENT_FIELDS and field not in self._said()
        }
        content = replace(reading.content, **kept)
        changed = replace(
            old,
            content=content,
            story=reading.story or old.story,
            published_at=old.published_at
            if "published_at" in edited and self.overrides.published is None
            else reading.published_at or old.published_at,
            embargo_until=old.embargo_until if "embargo_until" in edited else reading.embargo_until,
            archive=reading.archive or old.archive,
        )
        if old.status in (Status.DRAFT, Status.SCHEDULED):
            draft = reading.draft or changed.content.needs() or changed.published_at is None
            changed = replace(changed, status=Status.DRAFT if draft else _due(changed.published_at, self.now))
            if old.status is Status.DRAFT and not old.content.headline:
                changed = replace(changed, slug=reading.slug or slug_of(content.headline) or old.slug)
        elif reading.withdrawn:
            changed = replace(changed, status=Status.WITHDRAWN)
        if changed == old and edited == releases.edited(old.id):
            return old
        reason = f"imported again from {name}"
        release = releases.save(changed, now=self.now, reason=reason, author=self.author, edited=edited)
        if (release.status, release.public_from) != (old.status, old.public_from):
            revision.follow(self.room, release, self.now, before=old.public_from)
        return release

    def _status(self, reading: intake.Reading) -> Status:
        if reading.draft or reading.content.needs() or reading.published_at is None:
            return Status.DRAFT
        if reading.withdrawn:
            return Status.WITHDRAWN
        return _due(reading.published_at, self.now)

    def _said(self) -> tuple[str, ...]:
        """The fields that the operator gave on the command line."""
        given = {
            "headline": self.overrides.headline,
            "language": self.overrides.language,
            "regions": self.overrides.regions,
            "place": self.overrides.place,
            "published_at": self.overrides.published,
            "embargo_until": self.overrides.embargo,
        }
        return tuple(name for name, value in given.items() if value is not None)


_CONTENT_FIELDS = frozenset(field.name for field in fields(Content))


def slug_of(headline: str) -> str:
    """The address of a headline: ``le-premier-forum-historique``; "" for one without a usable letter."""
    return str(slugify(headline, max_length=SLUG_LENGTH, word_boundary=True, save_order=True))


def _due(published_at: dt.datetime | None, now: dt.datetime) -> Status:
    return Status.SCHEDULED if published_at is not None and published_at > now else Status.PUBLISHED


def _content_hash(content: Content) -> str:
    said = (content.language, content.headline, content.subhead, content.body_html, *content.footnotes)
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _document(path: Path) -> intake.Document:
    def load() -> bytes:
        with path.open("rb") as file:
            return file.read(intake.MAXIMUM_BYTES + 1)

    resolved = path.resolve()
    return intake.Document(str(path), load, str(resolved), str(resolved.parent))


def _walk(folder: Path) -> Iterator[Path]:
    """The documents below a folder in a stable order, each real folder once."""
    seen: set[tuple[int, int]] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        status = Path(root).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(root) / name
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file():
                yield path
