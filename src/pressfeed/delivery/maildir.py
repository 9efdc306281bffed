"""A Maildir (https://cr.yp.to/proto/maildir.html) as a transport: for trying out, archives and local readers.

A message is written to ``tmp``, flushed to disk and renamed into ``new``, so that a reader never sees half of
it. Its name is made from its Message-ID and recipient: delivered again after a crash it takes the place of
the first copy instead of standing beside it, and one that has been read already (``cur``) is left alone. The
specification lets a name be anything without a slash or colon that does not start with a dot.

As mail delivery agents do, a message is stored with LF line ends and gets Return-Path (RFC 5321 §4.4) and
Delivered-To in front.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import itertools
import os
import re
import time
from pathlib import Path

from pressfeed.delivery.replies import printable
from pressfeed.delivery.smtp import MAILBOX
from pressfeed.delivery.transport import BeforeContent, Outcome, Outgoing, Result
from pressfeed.delivery.wire import describe
from pressfeed.errors import DeliveryError

MESSAGE_ID = re.compile(rb"^message-id:[ \t\r\n]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
LOCKED_OUT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR})
LEFT_OVER = 36 * 3600  # seconds after which the specification calls a file in tmp abandoned


class MaildirTransport:
    """One Maildir, made when it is not there yet."""

    retry_in = 0.0

    def __init__(self, path: Path, connections: int = 4) -> None:
        """``connections`` may write at once. Raises DeliveryError when the folders cannot be made."""
        self.path = path
        self.connections = connections
        self.problem = ""
        self._counter = itertools.count()
        self._read: frozenset[str] = frozenset()
        self._read_at = -1
        try:
            for folder in ("tmp", "new", "cur"):
                (path / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
            self._sweep(time.time())
        except OSError as error:
            raise DeliveryError(
                f"no Maildir can be made at {path}: {describe(error)}", remedy="Choose another path"
            ) from error

    async def connect(self) -> MaildirConnection:
        return MaildirConnection(self)

    async def ready(self) -> None:
        """A folder is always ready."""

    async def close(self) -> None:
        """Nothing is kept open."""

    def name(self, outgoing: Outgoing) -> str:
        """The file name of a message: equal for equal Message-ID and recipient."""
        found = MESSAGE_ID.search(_head(outgoing.message))
        identity = found[1].strip() if found else outgoing.message
        return hashlib.sha256(outgoing.recipient.encode() + b"\0" + identity).hexdigest()[:40] + ".pressfeed"

    def write(self, outgoing: Outgoing) -> str:
        """Store the message durably (blocks); returns where, relative to the Maildir. Raises OSError."""
        name = self.name(outgoing)
        if name in self._names_read():
            return f"cur/{name}"
        temporary = self.path / "tmp" / f"{name}.{os.getpid()}.{next(self._counter)}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(stored(outgoing))
                file.flush()
                os.fsync(descriptor)
            temporary.rename(self.path / "new" / name)
        except OSError:
            with contextlib.suppress(OSError):  # it may not even exist; the first error is the one to tell
                temporary.unlink()
            raise
        self._flush_folder(self.path / "new")
        return f"new/{name}"

    def _names_read(self) -> frozenset[str]:
        """Names in ``cur`` without their flags, read anew only when the folder has changed."""
        changed = (self.path / "cur").stat().st_mtime_ns
        if changed != self._read_at:
            self._read = frozenset(entry.name.partition(":")[0] for entry in os.scandir(self.path / "cur"))
            self._read_at = changed
        return self._read

    def _sweep(self, now: float) -> None:
        for entry in os.scandir(self.path / "tmp"):
            if ".pressfeed." in entry.name and entry.stat().st_mtime < now - LEFT_OVER:
                Path(entry.path).unlink(missing_ok=True)

    @staticmethod
    def _flush_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class MaildirConnection:
    """Writes one message at a time."""

    def __init__(self, transport: MaildirTransport) -> None:
        self._transport = transport

    async def ready(self) -> None:
        """A folder is always ready."""

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, _following: Outgoing | None = None
    ) -> Outcome:
        """Store one message; see ``Connection.deliver``. A full disk defers, a locked folder pauses."""
        if not MAILBOX.match(outgoing.recipient) or (outgoing.sender and not MAILBOX.match(outgoing.sender)):
            text = f"not a mail address: {printable(outgoing.recipient)!r} or {printable(outgoing.sender)!r}"
            return Outcome(Result.FAILED, 0, "5.1.3", text, "maildir")
        if not await before_content():
            return Outcome(Result.DROPPED, text="not ours any more", stage="maildir")
        try:
            place = await asyncio.to_thread(self._transport.write, outgoing)
        except OSError as error:
            # Not renamed, or renamed and not known to be durable: written again it takes the same name.
            result = Result.REFUSED_ALL if error.errno in LOCKED_OUT else Result.DEFERRED
            status = "4.3.1" if error.errno in FULL else ""
            self._transport.problem = describe(error)
            return Outcome(result, 0, status, f"the Maildir cannot be written: {describe(error)}", "maildir")
        self._transport.problem = ""
        return Outcome(Result.SENT, text=f"stored as {place}", stage="maildir")

    async def close(self) -> None:
        """Nothing is kept open."""


def stored(outgoing: Outgoing) -> bytes:
    """The message as the file holds it: trace headers in front, LF line ends."""
    trace = f"Return-Path: <{outgoing.sender}>\nDelivered-To: {outgoing.recipient}\n"
    return trace.encode() + outgoing.message.replace(b"\r\n", b"\n")


def _head(message: bytes) -> bytes:
    """The header section (RFC 5322 §2.1)."""
    return message.partition(b"\r\n\r\n")[0]
