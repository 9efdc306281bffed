"""One socket that speaks in SMTP replies, and knows exactly what it has handed to the kernel.

An asyncio protocol rather than streams: at thousands of messages a second the streams' locks and buffers
cost as much as the mail. The loop that makes it must be the one that uses it; nothing here is thread-safe.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections import deque
from typing import cast

from pressfeed.delivery.replies import MalformedReply, Reply, ReplyParser, printable

SEVERAL = re.compile(r"\[Errno (\d+)\]")
SEND_BUFFER = 1 << 18  # bytes: a whole digest leaves in one system call
READ_BUFFER = 1 << 13  # bytes: replies are short


class Gone(Exception):
    """The connection is of no use any more: cut, silent for too long, or talking nonsense."""


class Wire(asyncio.BufferedProtocol):
    """Replies in, bytes out, each wait with its own patience."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._socket: asyncio.Transport | None = None  # the same, or what is below TLS
        self._buffer = memoryview(bytearray(READ_BUFFER))
        self._parser = ReplyParser()
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[bool] | None = None
        self._deadline = 0.0  # until when the waiter waits, by the loop's clock
        self._alarm: asyncio.TimerHandle | None = None
        self._lost: str | None = None
        self._full = False
        self.encrypted = False
        # Whether the kernel has taken, or may have taken, the end of what was last written. A connection that
        # fails leaves this as it was: what asyncio had still buffered then is never sent.
        self.taken = True

    # ------------------------------------------------------------------------------ called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = self._socket = cast(asyncio.Transport, transport)
        # With the marks at zero, pause_writing means "the kernel did not take all", and resume_writing that
        # it has by now. This is how a cut connection tells a message begun from a message ended.
        self._transport.set_write_buffer_limits(0)
        sock: socket.socket | None = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        try:
            # A good reply counts even when nonsense follows in the same packet: extend keeps what came first.
            self._replies.extend(self._parser.feed(bytes(self._buffer[:nbytes])))
        except MalformedReply as error:
            self.abort(str(error))
            return
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost is None:
            self._lost = describe(exc) if exc else "the server closed the connection"
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._wake()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self.taken = True
        self._wake()

    # --------------------------------------------------------------------------------- called by the session

    @property
    def peer(self) -> str:
        """The address at the other end, as ``192.0.2.1:25``, "" if there is none."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return f"[{name[0]}]:{name[1]}" if name and ":" in name[0] else f"{name[0]}:{name[1]}" if name else ""

    @property
    def local_address(self) -> str:
        """Our own IP address on this connection."""
        name = self._transport.get_extra_info("sockname") if self._transport else None
        return str(name[0]) if name else ""

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, for its version, cipher and certificate."""
        return self._transport.get_extra_info("ssl_object") if self._transport else None

    @property
    def lost(self) -> str:
        """Why the connection is of no use any more; "" = it is up."""
        return self._lost or ""

    @property
    def unasked(self) -> str:
        """What happened or came while nobody asked: the end of the connection or a reply; "" = nothing."""
        if self._lost is not None:
            return self._lost
        if self._replies:
            return f"{self._replies[0].code} {self._replies[0].text}"
        return "half a reply" if self._parser.pending else ""

    @property
    def failing(self) -> bool:
        """Whether the connection has failed, as ``lost`` says a moment later: what is written is lost."""
        return self._lost is not None or self._socket is None or self._socket.is_closing()

    def write(self, data: bytes) -> None:
        """Send; raises Gone when there is nowhere to send to."""
        if self._lost is not None or self._transport is None:
            raise Gone(self._lost or "not connected")
        self._transport.write(data)
        self.taken = not self._full and not self.failing and self._transport.get_write_buffer_size() == 0

    async def reply(self, patience: float, waiting_for: str) -> Reply:
        """The next reply. Raises Gone when the connection ends first, or after ``patience`` seconds."""
        while not self._replies:
            if self._lost is not None:
                raise Gone(self._lost)
            if not await self._wait(patience) and not self._replies:
                self.abort(f"no reply to {waiting_for} within {patience:g} s")
        return self._replies.popleft()

    async def drained(self, patience: float) -> None:
        """Return when the kernel has everything, or when a reply comes before that.

        Raises Gone when the connection ends, or takes not one byte for ``patience`` seconds.
        """
        while not self.taken and not self._replies:
            if self._lost is not None or self._transport is None:
                raise Gone(self._lost)
            left = self._transport.get_write_buffer_size()
            if not await self._wait(patience) and self._transport.get_write_buffer_size() >= left:
                self.abort(f"the server took no content for {patience:g} s")

    async def start_tls(self, context: ssl.SSLContext, name: str, patience: float) -> None:
        """Encrypt (RFC 3207 §4). Raises Gone with the reason when the handshake or the certificate fails."""
        if self.unasked or self._transport is None:
            # Bytes that came in plain text before the handshake would pass for the server's encrypted words.
            self.abort("plain text came after the STARTTLS reply: somebody is in between")
            raise Gone(self._lost)
        try:
            transport = await self._loop.start_tls(
                self._transport, self, context, server_hostname=name, ssl_handshake_timeout=patience
            )
        except ssl.SSLCertVerificationError as error:
            self.abort(f"the certificate of {name} is not accepted: {error.verify_message}")
            raise Gone(self._lost) from None
        except (OSError, EOFError) as error:
            self.abort(f"TLS failed: {describe(error)}")
            raise Gone(self._lost) from None
        if transport is None:
            self.abort("TLS failed: the server closed the connection")
            raise Gone(self._lost)
        self._transport = transport
        # One, not zero: at zero asyncio's TLS layer says "full" whenever it is empty.
        transport.set_write_buffer_limits(high=1, low=0)
        self._full = False
        self.encrypted = True

    def abort(self, reason: str) -> None:
        """Cut the connection at once, without sending what is still buffered."""
        if self._lost is None:
            self._lost = reason
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    async def _wait(self, patience: float) -> bool:
        """Wait until something happens (True) or ``patience`` seconds have passed (False)."""
        waiter: asyncio.Future[bool] = self._loop.create_future()
        self._waiter = waiter
        self._deadline = self._loop.time() + patience
        # Most waits end long before their deadline. An alarm that rings too early looks again by itself, so
        # one serves for many of them.
        if self._alarm is not None and self._alarm.when() > self._deadline:
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None:
            self._alarm = self._loop.call_at(self._deadline, self._ring)
        try:
            return await waiter
        finally:
            self._waiter = None

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._alarm = self._loop.call_at(self._deadline, self._ring)
        else:
            self._waiter.set_result(False)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)


def describe(error: BaseException) -> str:
    """An operating system's or TLS error in one printable line."""
    if isinstance(error, ssl.SSLError):
        return printable((error.reason or str(error)).replace("_", " ").lower())
    # Names that resolve to several addresses: asyncio packs the errors of all into one text.
    numbers = [int(number) for number in SEVERAL.findall(str(error))]
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and numbers:
        return printable(", ".join(dict.fromkeys(os.strerror(number).lower() for number in numbers)))
    if isinstance(error, OSError) and error.strerror:
        return printable(error.strerror).lower()
    return printable(str(error)) or type(error).__name__
