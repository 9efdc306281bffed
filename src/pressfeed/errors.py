"""Every error that pressfeed raises on purpose.

    PressfeedError                 exit code 1
    ├── InputError                 exit code 2: the caller's words or files are wrong
    │   ├── ConfigError            pressfeed.toml, schedules/*.toml, the environment
    │   ├── IntakeError            a document that cannot be read at all
    │   └── NotFoundError          a release, bulletin, subscriber … that does not exist
    ├── StoreError                 the database: full, corrupt, of a newer version
    │   └── BusyError              another process keeps it locked
    └── DeliveryError              the mail transport as a whole; one recipient's refusal is a result

Every error carries its place (file and line, where there is one) and its remedy, and prints as
``file:line: what is wrong. What to do.``
"""

from __future__ import annotations

from pathlib import Path


class PressfeedError(Exception):
    """What went wrong, where, and what to do about it."""

    exit_code = 1

    def __init__(
        self, message: str, *, remedy: str = "", file: Path | str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.file = file
        self.line = line

    def __str__(self) -> str:
        place = ""
        if self.file is not None:
            place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        text = f"{place}{self.message.rstrip('.')}."
        if not self.remedy:
            return text
        return f"{text} {self.remedy.rstrip('.')}" + ("" if self.remedy.endswith("?") else ".")


class InputError(PressfeedError):
    """The caller's words or files are wrong; nothing was done."""

    exit_code = 2


class ConfigError(InputError):
    """A configuration or schedule file, or an environment variable, cannot be used."""


class IntakeError(InputError):
    """A document cannot be read at all (binary, empty, too large, unknown encoding)."""


class NotFoundError(InputError):
    """A release, bulletin, subscriber or edition of that name does not exist."""


class StoreError(PressfeedError):
    """The database refused: locked, full, corrupt, or written by a newer pressfeed."""


class BusyError(StoreError):
    """Another process kept the database locked; nothing was changed."""


class DeliveryError(PressfeedError):
    """The mail transport as a whole failed: unreachable, not authenticated, misconfigured."""
