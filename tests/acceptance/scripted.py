"""Mail servers that follow a script, line by line: for faults that no real server has on demand."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

EHLO = "250-server.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 1000000\r\n"
PLAIN_EHLO = "250 server.example\r\n"


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.heard: list[str] = []

    @property
    def early(self) -> bytes:
        """What has come and was not heard yet."""
        return bytes(self.reader._buffer)  # type: ignore[attr-defined]

    async def say(self, text: str | bytes) -> None:
        self.writer.write(text.encode() if isinstance(text, str) else text)
        await self.writer.drain()

    async def hear(self, prefix: str = "") -> str:
        """The next line, which must begin so."""
        line = (await self.reader.readline()).decode()
        assert line.endswith("\r\n"), f"expected {prefix!r}, got the end: {line!r}"
        assert line.upper().startswith(prefix), f"expected {prefix!r}, got {line!r}"
        self.heard.append(line.rstrip("\r\n"))
        return self.heard[-1]

    async def greet(self, ehlo: str = EHLO) -> None:
        await self.say("220 server.example ESMTP\r\n")
        await self.hear("EHLO")
        await self.say(ehlo)

    async def envelope(self, mail: str = "250 ok", rcpt: str = "250 ok", data: str = "354 go") -> None:
        """One pipelined envelope, answered at once."""
        for word in ("MAIL", "RCPT", "DATA"):
            await self.hear(word)
        await self.say("".join(f"{reply}\r\n" for reply in (mail, rcpt, data)))

    async def content(self) -> bytes:
        """The content without dot-stuffing. What the client says behind it stays to be heard."""
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise ConnectionResetError
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    async def silence(self) -> None:
        """Say nothing until the client goes away."""
        while await self.reader.read(65536):
            pass

    async def read_end(self) -> None:
        """The client must go away, and say nothing more."""
        assert await self.reader.read() == b""

    def reset(self) -> None:
        """Cut the connection with a RST."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context)


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class ScriptedServer:
    """Its port, and what each connection heard."""

    port: int = 0
    peers: list[Peer] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@asynccontextmanager
async def scripted(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[ScriptedServer]:
    """A server whose nth connection follows the nth script, the last one for all later ones.

    A script that fails fails the test, when the context ends.
    """
    server = ScriptedServer()
    failures: list[BaseException] = []
    running: set[asyncio.Task[None]] = set()

    async def follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        peer = Peer(reader, writer)
        server.peers.append(peer)
        try:
            await scripts[min(len(server.peers), len(scripts)) - 1](peer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client's right
        except Exception as error:  # noqa: BLE001 - raised again by whoever wrote the script
            failures.append(error)
        finally:
            running.discard(task)
            writer.close()

    listener = await asyncio.start_server(follow, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
        if running:
            await asyncio.wait(set(running), timeout=0.5)
    finally:
        listener.close()
        for task in list(running):
            task.cancel()
        if running:
            await asyncio.wait(set(running))
    for failure in failures:
        raise failure
