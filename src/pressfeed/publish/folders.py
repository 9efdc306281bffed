"""Mail that lies in folders: a Maildir, an IMAP mailbox. Read, recorded, and only then marked as read."""

from __future__ import annotations

import contextlib
import imaplib
import ipaddress
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pressfeed.errors import DeliveryError
from pressfeed.publish.deliver import Clock
from pressfeed.publish.incoming import Receipt, receive
from pressfeed.publish.room import Newsroom

PATIENCE = 60.0  # seconds for an IMAP server to answer
WINDOW = 10_000  # UIDs that are asked for at a time, so that no answer is longer than imaplib takes

Tally = Counter[str]
"""How many messages had which action; ``repeated`` ones had come before."""


def poll(room: Newsroom, clock: Clock, stopping: Callable[[], bool] = lambda: False) -> Tally:
    """Read what is new in the folders of ``[incoming]``. DeliveryError, StoreError: nothing is lost."""
    tally: Tally = Counter()
    settings = room.config.incoming
    if settings.maildir is not None:
        for receipt in _maildir(room, settings.maildir, clock, stopping):
            tally[_name(receipt)] += 1
    if settings.imap:
        for receipt in _imap(room, settings.imap, clock, stopping):
            tally[_name(receipt)] += 1
    return tally


def _name(receipt: Receipt) -> str:
    return "repeated" if receipt.repeated else receipt.action.value


def _maildir(room: Newsroom, folder: Path, clock: Clock, stopping: Callable[[], bool]) -> Iterator[Receipt]:
    largest = room.config.incoming.largest
    try:
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        unread = sorted((folder / "new").iterdir())
        unread += sorted(
            path for path in (folder / "cur").iterdir() if "S" not in path.name.rpartition(":2,")[2]
        )
        for path in unread:
            if stopping():
                return
            with path.open("rb") as file:
                raw = file.read(largest)
            yield receive(room.store, room.config.incoming, raw, "maildir", clock())
            path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
    except FileNotFoundError:
        return  # somebody else reads the same folder: what it moved, it has recorded
    except OSError as error:
        raise DeliveryError(f"the Maildir cannot be read: {error.strerror}", file=folder) from error


def _imap(room: Newsroom, url: str, clock: Clock, stopping: Callable[[], bool]) -> Iterator[Receipt]:
    """Messages beyond the position that the store remembers, each recorded together with its position."""
    parts = urlsplit(url)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    name = f"{unquote(parts.username or '')}@{parts.hostname}/{folder}"
    store, settings = room.store, room.config.incoming
    try:
        with _session(room, url) as server:
            _ok(server.select('"{}"'.format(folder.replace("\\", "\\\\").replace('"', '\\"'))))
            validity, following = (int(_said(server, what)) for what in ("UIDVALIDITY", "UIDNEXT"))
            known, last = store.incoming.position(name)
            first = last + 1 if known == validity else 1
            for start in range(first, following, WINDOW):
                end = min(start + WINDOW, following) - 1
                for uid in sorted(
                    map(int, (_ok(server.uid("SEARCH", f"UID {start}:{end}"))[0] or b"").split())
                ):
                    if stopping():
                        return
                    fetched = _ok(server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{settings.largest}>)"))
                    raw = next((part[1] for part in fetched if isinstance(part, tuple)), None)
                    if raw is None:
                        continue  # deleted by somebody meanwhile
                    with store.transaction(durable=True):
                        receipt = receive(store, settings, raw, "imap", clock())
                        store.incoming.move_position(name, validity, uid)
                    server.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
                    yield receipt
    except (imaplib.IMAP4.error, OSError) as error:
        raise DeliveryError(
            f"the IMAP folder of {parts.hostname} cannot be read: {error}",
            remedy="Check incoming.imap; it is tried again",
        ) from error


@contextlib.contextmanager
def _session(room: Newsroom, url: str) -> Iterator[imaplib.IMAP4]:
    """A session that is logged in. TLS is verified; only a server on this machine is spoken to without."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    options = parse_qs(parts.query)
    ca = options.get("ca", [""])[0]
    context = ssl.create_default_context(cafile=str(room.config.root / ca) if ca else None)
    if parts.scheme == "imaps":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, parts.port or 993, ssl_context=context, timeout=PATIENCE
        )
    else:
        server = imaplib.IMAP4(host, parts.port or 143, timeout=PATIENCE)
        if not _is_here(host):
            server.starttls(context)
    try:
        _ok(server.login(unquote(parts.username or ""), unquote(parts.password or "")))
        yield server
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):  # what was read is recorded
            server.logout()


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ok(answer: tuple[str, Any]) -> Any:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"the server says {kind}: {data}")
    return data


def _said(server: imaplib.IMAP4, what: str) -> bytes:
    _, data = server.response(what)
    if not data or not isinstance(data[0], bytes):
        raise imaplib.IMAP4.error(f"the server does not say {what}")
    return data[0]
