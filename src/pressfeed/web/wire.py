"""HTTP/1.1 as uvicorn speaks it, with limits for strangers and a short way for files that are in memory.

The limits are those that a web server in front would set: a request has to arrive within a time and a size,
and an answer has to be taken off our hands.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from http import HTTPStatus
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pressfeed.web.files import METHODS, PublicFiles
from pressfeed.web.kept import Answer

HEAD = 16 * 1024  # bytes of a request line with all headers
TARGET = 8 * 1024  # bytes of an address
WAITING = 100  # requests of one connection that wait for the answers to earlier ones
ARRIVAL = 30.0  # seconds for a request to arrive, with its body
TAKING = 60.0  # seconds without the client taking anything of an answer
SHORT = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED, HTTPStatus.PARTIAL_CONTENT})
BODY = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


class _Answered:
    """Stands for a request that was answered on the short way."""

    response_complete = True
    keep_alive = True
    disconnected = False

    def __init__(self) -> None:
        self.message_event = asyncio.Event()


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    files: PublicFiles

    @classmethod
    def around(cls, files: PublicFiles) -> type[asyncio.Protocol]:
        """The class of connections whose files are these."""
        return type("Connection", (cls,), {"files": files})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving = False  # a request has begun and is not complete
        self._in_head = False
        self._head = 0  # bytes of a head that comes in pieces
        self._arrival: TimerHandle | None = None
        self._taking: TimerHandle | None = None
        self._running: RequestResponseCycle | None = None  # the one that is being answered, of several
        self._answered: RequestResponseCycle = _Answered()  # type: ignore[assignment]  # all that is asked of it

    # Limits

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._arrival = self.loop.call_later(ARRIVAL, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._arrival, self._taking):
            if timer is not None:
                timer.cancel()
        self._forsake()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head += len(data.rpartition(b"\r\n\r\n")[2])  # before it, other requests have ended
            if self._head > HEAD:
                self._refuse(431)
                return
        if not self._arriving:
            if self._arrival is not None:
                self._arrival.cancel()
                self._arrival = None
        elif self._arrival is None:
            self._arrival = self.loop.call_later(ARRIVAL, self._late)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arriving = self._in_head = True
        self._head = 0

    def on_message_complete(self) -> None:
        self._arriving = False
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._taking is None:
            self._taking = self.loop.call_later(TAKING, self.transport.abort)

    def resume_writing(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        super().resume_writing()

    def _late(self) -> None:
        if not self.transport.is_closing():
            self._refuse(408)

    def _forsake(self) -> None:
        """Whatever is still being answered, nobody takes it."""
        for cycle in (self._running, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _refuse(self, status: int) -> None:
        running = self._running
        busy = running is not None and not running.response_complete
        self._forsake()
        if running is not None and busy and (running.response_started or running is not self.cycle):
            self.transport.abort()  # it would be taken for the answer to an earlier request
            return
        phrase = HTTPStatus(status).phrase
        text = f"{status} {phrase}\n"
        self.transport.write(
            f"HTTP/1.1 {status} {phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(text)}\r\nconnection: close\r\n\r\n{text}".encode()
        )
        self.transport.close()

    # The short way

    def on_headers_complete(self) -> None:
        self._in_head = False
        if len(self.url) > TARGET:
            self._end(414)
        elif sum(len(name) + len(value) for name, value in self.headers) > HEAD:
            self._end(431)
        elif not self._names_host():
            self._end(400)
        elif len(self.pipeline) >= WAITING:
            self._end(429)
        else:
            answer = self._short()
            if answer is None:
                super().on_headers_complete()
            else:
                self._give(answer)

    def _names_host(self) -> bool:
        """Whether it has one Host; only what is older than HTTP/1.1 may lack it (RFC 9112, section 3.2)."""
        hosts = [name for name, _ in self.headers].count(b"host")
        return hosts == 1 or (hosts == 0 and self.parser.get_http_version() != "1.1")

    def _end(self, status: int) -> None:
        self.cycle = self._answered
        if not self.transport.is_closing():
            self._refuse(status)

    def _short(self) -> Answer | None:
        """The answer to a plain request for a plain file, when nothing else is under way."""
        method = self.parser.get_method()
        if method not in METHODS or b"%" in self.url or not self.url.startswith(b"/"):
            return None
        busy = self.pipeline or (self.cycle is not None and not self.cycle.response_complete)
        if busy or self.flow.write_paused or any(name in BODY for name, _ in self.headers):
            return None
        try:
            path = self.url.partition(b"?")[0].decode("ascii")
        except UnicodeDecodeError:
            return None
        answer = self.files.answer(method, path, self.headers)
        return answer if answer is not None and answer.status in SHORT and not answer.file else None

    def _give(self, answer: Answer) -> None:
        self.cycle = self._answered
        keep = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        pieces = [answer.head]
        for name, value in self.server_state.default_headers:  # the date
            pieces += (name, b": ", value, b"\r\n")
        pieces.append(b"\r\n" if keep else b"connection: close\r\n\r\n")
        if self.parser.get_method() != b"HEAD":
            pieces.append(answer.body)
        self.transport.write(b"".join(pieces))
        if not keep:
            self.transport.close()
        self.on_response_complete()
