"""Where the shipped data folders are: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The shipped folder ``templates``, ``db``, ``schedules`` or ``examples``.

    A wheel carries them under ``pressfeed/_data``; a checkout has them at its top.
    """
    for parent in (_PACKAGE / "_data", _PACKAGE.parent.parent):
        candidate = parent / name
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"pressfeed was installed without its {name} folder; install it again")


def write_if_changed(path: Path, data: bytes) -> bool:
    """Put data at path so that a reader sees the old bytes or the new ones, never a mixture.

    Returns False, and touches nothing, where the file already holds these bytes. Parent folders are made.
    The new file replaces the old one by ``os.replace`` (POSIX rename), after it is on disk.
    """
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with _opened(temporary) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


def _opened(path: Path) -> BinaryIO:
    """A new file; its folders are made only where they are missing, which is seldom."""
    try:
        return path.open("wb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
