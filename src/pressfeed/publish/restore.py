"""Restore a newsroom from an archive: everything is verified before anything is replaced.

unpack      into a folder beside the newsroom: names, sizes, SHA-256
examine     pages, references, schema, audit; settings and schedules
hold back   what may have been sent since the backup (``publish.aftermath``)
put in      one rename where the newsroom is new; else file by file, its settings last
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from pressfeed.config import FILE_NAME
from pressfeed.errors import InputError, PressfeedError, StoreError
from pressfeed.publish import aftermath, audit
from pressfeed.publish.aftermath import Aftermath
from pressfeed.publish.backup import FORMAT, MANIFEST, STORE
from pressfeed.publish.outputs import beside
from pressfeed.publish.room import Newsroom
from pressfeed.store import snapshot

BLOCK = 1 << 20  # bytes unpacked at a time

Progress = Callable[[int, int], None]
"""Told (bytes unpacked, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. ``aside`` is where what was there before lies now; None where nothing was."""

    made_at: dt.datetime
    files: tuple[str, ...]
    aftermath: Aftermath
    aside: Path | None


def restore(
    file: Path,
    root: Path,
    environ: Mapping[str, str],
    now: dt.datetime,
    *,
    force: bool = False,
    nothing_sent: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Restored:
    """Make the newsroom in ``root`` what it was when the archive was made.

    Whatever may have been sent since is in doubt then, unless ``nothing_sent``; see ``publish.aftermath``.
    What was there before is put aside, never deleted. ``force`` also replaces a store that has gone on since,
    and that of another newsroom. Raises InputError and StoreError; then nothing was changed.
    """
    root = root.resolve()
    whole = not root.exists() or (root.is_dir() and not any(root.iterdir()))
    parent = root.parent if whole else root
    try:
        folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=parent))
    except OSError as error:
        raise InputError(
            f"{error.strerror}", file=parent, remedy="Name a folder that you may write to"
        ) from error
    try:
        staging = folder / "newsroom"
        staging.mkdir()
        manifest = _unpack(file, staging, progress)
        made_at = dt.datetime.fromisoformat(manifest["made_at"])
        snapshot.examine(staging / STORE)
        if not whole:
            _refuse_newer(root, staging, force=force)
        after = _examine(staging, manifest, environ, root, now, nothing_sent=nothing_sent, file=file)
        names = tuple(entry["name"] for entry in manifest["files"])
        aside = None
        if whole and not dry_run:
            _move_whole(staging, root)
        elif not dry_run:
            aside = _put_in(staging, root, now)
        return Restored(made_at, names, after, aside)
    except PressfeedError as error:
        if error.file is not None:  # of the unpacked newsroom, which nobody will see
            error.file = str(error.file).replace(f"{folder / 'newsroom'}/", f"{file}:")
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------------------------------------- unpacking


def _unpack(file: Path, staging: Path, progress: Progress | None) -> dict[str, Any]:
    """Unpack an archive, its manifest first; InputError for one that is damaged, or no backup."""
    try:
        with tarfile.open(file, "r:*") as archive:
            first = archive.next()
            if first is None or first.name != MANIFEST or not first.isreg():
                raise InputError("this is no backup of a newsroom", file=file)
            manifest = _manifest(_read(archive, first), file)
            expected = {entry["name"]: entry for entry in manifest["files"]}
            total, done = sum(entry["size"] for entry in expected.values()), 0
            while (member := archive.next()) is not None:
                entry = expected.pop(member.name, None)
                if entry is None or not member.isreg() or member.size != entry["size"]:
                    raise _damaged(file, f"{member.name} is not what the manifest says")
                done = _write(archive, member, entry, staging / member.name, done, total, progress, file)
            if expected:
                raise _damaged(file, f"{next(iter(expected))} is missing")
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"cannot be read: {error.strerror}", file=error.filename or file) from error
        raise _damaged(file, str(error)) from error
    return manifest


def _manifest(text: bytes, file: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(text)
        known = manifest["format"] == FORMAT
        names = [entry["name"] for entry in manifest["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(file, "its manifest cannot be read") from error
    if not known:
        raise InputError("this backup was made by a newer pressfeed", file=file, remedy="Upgrade pressfeed")
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or str(path) != name or path.parts[0].startswith("."):
            raise _damaged(file, f"{name!r} would lie outside the newsroom")
    if STORE not in names or FILE_NAME not in names or len(set(names)) < len(names):
        raise _damaged(file, "its manifest does not list a newsroom")
    return manifest


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    reader = archive.extractfile(member)
    assert reader is not None  # a regular file
    with reader:
        return reader.read()


def _write(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    entry: Mapping[str, Any],
    target: Path,
    done: int,
    total: int,
    progress: Progress | None,
    file: Path,
) -> int:
    """Unpack one file and compare its digest; how many bytes are done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    private = entry["key"] or member.name == STORE
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    digest = hashlib.sha256()
    reader = archive.extractfile(member)
    assert reader is not None  # a regular file
    with os.fdopen(descriptor, "wb") as writer, reader:
        while block := reader.read(BLOCK):
            digest.update(block)
            writer.write(block)
            done += len(block)
            if progress is not None:
                progress(done, total)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != entry["sha256"]:
        raise _damaged(file, f"{member.name} has another SHA-256 than its manifest says")
    return done


def _damaged(file: Path, what: str) -> InputError:
    return InputError(
        f"the backup is damaged: {what}", file=file, remedy="Take another one; nothing was changed"
    )


# -------------------------------------------------------------------------------------------- examination


def _examine(
    staging: Path,
    manifest: Mapping[str, Any],
    environ: Mapping[str, str],
    root: Path,
    now: dt.datetime,
    *,
    nothing_sent: bool,
    file: Path,
) -> Aftermath:
    """Check the unpacked newsroom, upgrade its store, and settle what may have happened since."""
    with Newsroom.open(staging, environ) as room:
        noted = str(manifest["audit_head"])
        verdict = audit.verify(room.store, "" if noted.startswith("0:") else noted)
        if verdict.problems:
            raise StoreError(
                f"the audit in the backup is not whole: {verdict.problems[0]}",
                file=file,
                remedy="Take another backup; nothing was changed",
            )
        made_at = dt.datetime.fromisoformat(manifest["made_at"])
        after = aftermath.settle(room, made_at, now, nothing_sent=nothing_sent)
        room.store.outputs.forget(_published(root / "public", room.store.outputs.outputs()))
    for copy in (staging / STORE).parent.glob("*.before-*"):
        copy.unlink()  # the archive is the copy
    return after


def _published(public: Path, known: Mapping[str, object]) -> set[str]:
    """The files in ``public/`` that builds may have made: those that the next build must look at again."""
    tops = {path.partition("/")[0] for path in known} | {"releases"}
    found = {path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_file()}
    found -= {path for path in found if path.rpartition(".")[0] in found}  # compressed siblings
    found -= {companion for path in found for companion in beside(path)}  # go and come with their page
    return set(known) | {path for path in found if path.partition("/")[0] in tops}


def _refuse_newer(root: Path, staging: Path, *, force: bool) -> None:
    """Raise StoreError where the newsroom's own store must not be replaced."""
    store = root / STORE
    if not store.exists():
        return
    if snapshot.in_use(store):
        raise StoreError(
            "a process works on this newsroom", file=store, remedy="Stop pressfeed, then restore again"
        )
    there, coming = snapshot.facts(store), snapshot.facts(staging / STORE)
    if there is None or coming is None or force:
        return
    if there.newsroom != coming.newsroom:
        raise StoreError(
            "this is the store of another newsroom",
            file=store,
            remedy="Restore into another folder, or replace it all the same with --force",
        )
    if there.last > coming.last:
        raise StoreError(
            f"this store has gone on since the backup: until {there.last[:16].replace('T', ' ')} UTC",
            file=store,
            remedy="Replace it all the same with --force; it is put aside, not deleted",
        )


# ------------------------------------------------------------------------------------------------ putting in


def _move_whole(staging: Path, root: Path) -> None:
    for folder in ("schedules", "public"):
        (staging / folder).mkdir(exist_ok=True)
    staging.replace(root)


def _put_in(staging: Path, root: Path, now: dt.datetime) -> Path | None:
    """Exchange the newsroom's files for those restored; where those from before lie now, if there were any.

    Its settings go first and come last: in between the folder is no newsroom, so that nothing works on half
    of one, and a restore that was killed is simply run again.
    """
    name = f"before-restore-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    aside = next(path for n in count(1) if not (path := root / (f"{name}-{n}" if n > 1 else name)).exists())
    coming = sorted(path.relative_to(staging) for path in staging.rglob("*") if path.is_file())
    replaced = [Path(FILE_NAME), Path("schedules"), Path("templates"), Path(STORE)]
    replaced += [Path(f"{STORE}{companion}") for companion in ("-wal", "-shm")]
    replaced += [path for path in coming if path.parts[0] not in (FILE_NAME, "schedules", "templates")]
    for path in dict.fromkeys(replaced):
        if (root / path).exists():
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            aside.chmod(0o700)
            (root / path).replace(aside / path)
    for path in sorted(coming, key=lambda path: path == Path(FILE_NAME)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (staging / path).replace(root / path)
    return aside if aside.exists() else None
