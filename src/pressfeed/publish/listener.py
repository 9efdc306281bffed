"""Mail servers hand in what came: LMTP (RFC 2033) or SMTP, on a socket or a port.

A message is acknowledged when it stands in the store, durably; when that fails, the answer is 451 and the
mail server keeps it. Who is killed between the two is given the message again, and knows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from pressfeed.config import Config
from pressfeed.errors import ConfigError, InputError, PressfeedError
from pressfeed.message import a_label, domain_of
from pressfeed.publish.deliver import Clock
from pressfeed.publish.incoming import receive
from pressfeed.store import Store

log = logging.getLogger("pressfeed.incoming")

LONGEST_LINE = 10_000_000  # bytes: a bounce quotes what it likes, and one that is refused is lost
STALL = 300.0  # seconds that a client may be silent (RFC 5321 section 4.5.3.2)


class _Lmtp(LMTP):
    line_length_limit = LONGEST_LINE


class _Smtp(SMTP):
    line_length_limit = LONGEST_LINE


class Inlet:
    """What aiosmtpd asks: whom to take mail for, and what to do with it."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "incoming")  # the store's connection belongs to it
        self._store: Store | None = None
        mail = config.mail
        ours = (
            mail.bounce_address,
            mail.unsubscribe_address,
            mail.help_address,
            config.sender,
            config.reply_to,
        )
        self._ours = frozenset(mailbox(parseaddr(address)[1]) for address in ours if address)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if mailbox(address) not in self._ours:
            return "550 5.1.1 No such mailbox here"
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"  # one reply answers for one recipient, in LMTP too
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        # The last server notes the envelope (RFC 5321 section 4.4), before whatever others have written.
        note = f"Return-Path: <{envelope.mail_from or ''}>\r\nDelivered-To: {envelope.rcpt_tos[0]}\r\n"
        raw = note.encode("utf-8", "surrogateescape") + content
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._take, raw)
        except (PressfeedError, OSError) as error:
            log.error("incoming.failed %s", error)
            return "451 4.3.0 It could not be stored; try again later"
        return "250 2.0.0 Stored"

    def _take(self, raw: bytes) -> None:
        if self._store is None:
            self._store = Store(self._config.database)
        try:
            receive(self._store, self._config.incoming, raw, "lmtp", self._clock())
        except PressfeedError:
            self._store.close()
            self._store = None
            raise

    async def close(self) -> None:
        """Finish what is being stored."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()


def mailbox(address: str) -> str:
    """An address without what stands after its +, as it is compared."""
    local, _, domain = address.rpartition("@")
    with contextlib.suppress(InputError):  # then it is none of ours
        domain = a_label(domain)
    return f"{local.partition('+')[0].casefold()}@{domain.lower()}"


async def serve(config: Config, clock: Clock, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Listen where ``incoming.listen`` says until ``stop`` is set; ``ready`` is told where. ConfigError."""
    where = config.incoming.listen
    loop = asyncio.get_running_loop()
    inlet = Inlet(config, clock)
    kind = _Lmtp if where.startswith("lmtp") else _Smtp

    def session() -> Any:
        return kind(
            inlet,
            data_size_limit=config.incoming.largest,
            enable_SMTPUTF8=True,
            hostname=domain_of(parseaddr(config.sender)[1]),
            ident="pressfeed",
            timeout=STALL,
            loop=loop,
        )

    try:
        if where.startswith("lmtp:") and "//" not in where:
            path = config.root / where.removeprefix("lmtp:")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            server = await loop.create_unix_server(session, path)
            path.chmod(0o660)
            ready(str(path))
        else:
            parts = urlsplit(where)
            server = await loop.create_server(session, parts.hostname, parts.port or 0)
            ready("{}:{}".format(*server.sockets[0].getsockname()[:2]))
    except OSError as error:
        raise ConfigError(
            f"mail cannot be taken at {where}: {error.strerror}", remedy="Choose another place in [incoming]"
        ) from error
    async with server:
        await stop.wait()
    await inlet.close()
