"""A mail server that records what it accepted, and misbehaves as told: the other side of the kill test.

    python -m tests.acceptance.servers --port 0 --log accepted.tsv --faults 4xx=0.1,5xx=0.03,cut:dot=0.01

prints ``listening PORT``. Before each 250 it appends message-id, recipient, connection and a digest of the
content to the log, with tabs between: what stands there, the server has taken responsibility for. Faults are
separated by commas:

    4xx[:STAGE]=P            450 at mail, rcpt (default), data or content, anew for each attempt
    5xx[:STAGE]=P            550, always for the same recipients (see ``is_doomed``)
    421[:STAGE]=P            421 and cut
    cut[:STAGE]=P            cut at greeting, ehlo, mail, rcpt (default), data, content (amid it), dot (all
                             came, nothing recorded), reply (recorded, not answered) or after (answered)
    stall[:STAGE]=P/SECONDS  silence before the answer at greeting, ehlo, mail, rcpt, data or reply
    outage=START+LENGTH      no connections for LENGTH seconds, START seconds after the first; repeatable
    seed=N                   other luck

P is a probability. Luck depends on the seed, the recipient and how often that one was tried (for greeting
and ehlo: on the connection's number), so a run can be repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

ROOT = Path(__file__).parents[2]
STAGES = ("greeting", "ehlo", "mail", "rcpt", "data", "content", "dot", "reply", "after")
PATH = re.compile(rb"<([^>]*)>")
MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
END = b"\r\n.\r\n"


class Accepted(NamedTuple):
    """One message that the server took."""

    message_id: str
    recipient: str
    connection: int
    digest: str  # of all its bytes


def read_log(path: Path) -> list[Accepted]:
    """What was accepted so far, in order."""
    if not path.exists():
        return []
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return [Accepted(id, recipient, int(connection), digest) for id, recipient, connection, digest in rows]


@dataclass
class Faults:
    """The parsed ``--faults``."""

    seed: int = 0
    chances: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)  # P, seconds
    outages: list[tuple[float, float]] = field(default_factory=list)

    @classmethod
    def parse(cls, spec: str) -> Faults:
        faults = cls()
        for item in filter(None, spec.split(",")):
            name, _, value = item.partition("=")
            kind, _, stage = name.partition(":")
            if kind == "seed":
                faults.seed = int(value)
            elif kind == "outage":
                start, _, length = value.partition("+")
                faults.outages.append((float(start), float(length)))
            elif kind in ("4xx", "5xx", "421", "cut", "stall") and (stage or "rcpt") in STAGES:
                probability, _, seconds = value.partition("/")
                faults.chances[kind, stage or "rcpt"] = float(probability), float(seconds or 5)
            else:
                raise ValueError(f"unknown fault: {item}")
        return faults

    def strikes(self, kind: str, stage: str, key: str) -> float:
        """0 for no; else the fault's seconds."""
        chance = self.chances.get((kind, stage))
        if chance is None:
            return 0.0
        digest = hashlib.blake2b(f"{self.seed} {kind} {stage} {key}".encode(), digest_size=8).digest()
        return chance[1] if int.from_bytes(digest, "big") < chance[0] * 2**64 else 0.0


def is_doomed(spec: str, recipient: str) -> bool:
    """Whether a server with these faults answers 5xx to this recipient, whenever asked."""
    faults = Faults.parse(spec)
    return any(faults.strikes("5xx", stage, recipient) for kind, stage in faults.chances if kind == "5xx")


class Server:
    """What all connections share."""

    def __init__(self, log: Path, faults: Faults, keep: Path | None) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.faults = faults
        self.keep = keep
        self.tries: Counter[str] = Counter()
        self.accepted = 0
        self.connections = 0
        self.open: set[Session] = set()
        self.first = asyncio.Event()

    def record(self, message: bytearray, recipient: str, connection: int) -> None:
        found = MESSAGE_ID.search(message, 0, 20_000)
        message_id = found[1].decode("ascii", "replace") if found else "-"
        digest = hashlib.blake2b(message, digest_size=8).hexdigest()
        os.write(self.log, f"{message_id}\t{recipient}\t{connection}\t{digest}\n".encode())
        self.accepted += 1
        if self.keep is not None:
            whole = bytes(message[2 : -len(END) + 2])
            content = whole.replace(b"\r\n..", b"\r\n.")
            begun = self.keep / f"{self.accepted:06}.part"
            begun.write_bytes(content[1:] if content.startswith(b"..") else content)
            begun.rename(begun.with_suffix(".eml"))  # whole from the beginning, for who looks meanwhile


class Session(asyncio.Protocol):
    """One connection: the commands of RFC 5321 that a client needs, with PIPELINING."""

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = bytearray()
        self.in_data = False
        self.waiting = False  # stalled: what comes meanwhile is read later
        self.recipient = ""
        self.sender = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections += 1
        self.number = self.server.connections
        self.server.open.add(self)
        self.server.first.set()
        self.key = f"connection {self.number}"
        self.answer("greeting", b"220 recorder ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.open.discard(self)

    def data_received(self, data: bytes) -> None:
        seen = len(self.buffer)
        self.buffer += data
        if self.in_data:
            self.read_content(seen)
        else:
            self.read_commands()

    def read_content(self, seen: int) -> None:
        if self.server.faults.strikes("cut", "content", self.key) and len(self.buffer) > 100:
            self.transport.abort()
            return
        end = self.buffer.find(END, max(0, seen - len(END)))
        if end < 0:
            return
        message, self.buffer = self.buffer[: end + len(END)], self.buffer[end + len(END) :]
        self.in_data = self.sender = False
        recipient, self.recipient = self.recipient, ""
        # The refusals of stage "content" come now; amid the content only cuts make sense.
        if self.refused("content") or self.server.faults.strikes("cut", "dot", self.key):
            if not self.answer_refusal("content"):
                self.transport.abort()
            self.read_commands()
            return
        self.server.record(message, recipient, self.number)
        self.answer("reply", b"250 2.0.0 recorded\r\n")
        if self.server.faults.strikes("cut", "after", self.key):
            self.transport.close()
        self.read_commands()

    def read_commands(self) -> None:
        while not self.in_data and not self.waiting and not self.transport.is_closing():
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self.command(line)

    def command(self, line: bytearray) -> None:
        match bytes(line[:4]).upper():
            case b"EHLO":
                self.answer(
                    "ehlo", b"250-recorder\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n"
                )
            case b"MAIL":
                # The recipient is what luck depends on, and comes later: MAIL looks ahead.
                ahead = PATH.search(self.buffer) if self.buffer.upper().startswith(b"RCPT") else None
                self.meet(ahead[1].decode() if ahead else f"connection {self.number}")
                self.sender = self.answer("mail", b"250 2.1.0 ok\r\n")
            case b"RCPT":
                path = PATH.search(line)
                if not self.sender or path is None:
                    self.transport.write(b"503 5.5.1 MAIL first\r\n")
                    return
                address = path[1].decode()
                if address != self.address:
                    self.meet(address)
                self.recipient = address if self.answer("rcpt", b"250 2.1.5 ok\r\n") else ""
            case b"DATA":
                if not self.recipient:
                    self.transport.write(b"503 5.5.1 RCPT first\r\n")
                elif self.answer("data", b"354 go on\r\n"):
                    self.in_data = True
                    self.buffer[:0] = b"\r\n"
            case b"RSET" | b"NOOP":
                self.sender, self.recipient = False, ""
                self.transport.write(b"250 2.0.0 ok\r\n")
            case b"QUIT":
                self.transport.write(b"221 2.0.0 bye\r\n")
                self.transport.close()
            case _:
                self.transport.write(b"500 5.5.2 what?\r\n")

    address = ""

    def meet(self, address: str) -> None:
        """A recipient is tried once more."""
        self.address = address
        self.server.tries[address] += 1
        self.key = f"{address} {self.server.tries[address]}"

    def refused(self, stage: str) -> bytes:
        strikes = self.server.faults.strikes
        if strikes("421", stage, self.key):
            return b"421 4.3.2 closing\r\n"
        if strikes("5xx", stage, self.address):
            return b"550 5.1.1 no such user\r\n" if stage == "rcpt" else b"554 5.0.0 no\r\n"
        return b"450 4.2.1 not now\r\n" if strikes("4xx", stage, self.key) else b""

    def answer_refusal(self, stage: str) -> bool:
        refusal = self.refused(stage)
        if refusal:
            self.transport.write(refusal)
            if refusal.startswith(b"421"):
                self.transport.close()
        return bool(refusal)

    def answer(self, stage: str, reply: bytes) -> bool:
        """Answer, or do what the faults say; whether the answer was the good one."""
        if not self.server.faults.chances:
            self.transport.write(reply)
            return True
        if self.server.faults.strikes("cut", stage, self.key):
            self.transport.abort()
            return False
        seconds = self.server.faults.strikes("stall", stage, self.key)
        if seconds:
            self.waiting = True
            asyncio.get_running_loop().call_later(seconds, self.go_on, stage, reply)
            return not self.refused(stage)
        if self.answer_refusal(stage):
            return False
        self.transport.write(reply)
        return True

    def go_on(self, stage: str, reply: bytes) -> None:
        self.waiting = False
        if self.transport.is_closing():
            return
        if not self.answer_refusal(stage):
            self.transport.write(reply)
        if not self.in_data:
            self.read_commands()


async def serve(port: int, server: Server) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listener = await loop.create_server(lambda: Session(server), "127.0.0.1", port, backlog=200)
    port = listener.sockets[0].getsockname()[1]
    print(f"listening {port}", flush=True)

    async def outages() -> None:
        nonlocal listener
        await server.first.wait()
        begin = loop.time()
        for start, length in sorted(server.faults.outages):
            await asyncio.sleep(max(0.0, begin + start - loop.time()))
            listener.close()
            for session in list(server.open):
                session.transport.abort()
            await asyncio.sleep(length)
            listener = await loop.create_server(lambda: Session(server), "127.0.0.1", port, backlog=200)

    trouble = asyncio.create_task(outages())
    await stop.wait()
    trouble.cancel()
    listener.close()


class RecordingServer:
    """The server in a process of its own, as a context manager."""

    def __init__(self, log: Path, faults: str = "", *, port: int = 0, keep: Path | None = None) -> None:
        self.log = log
        self.faults = faults
        self.port = port
        self.keep = keep

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __name__, "--port", str(self.port), "--log", str(self.log)]
        command += ["--faults", self.faults]
        if self.keep is not None:
            self.keep.mkdir(exist_ok=True)
            command += ["--keep", str(self.keep)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert said.startswith("listening "), f"the recording server said {said!r}"
        self.port = int(said.split()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def accepted(self) -> list[Accepted]:
        return read_log(self.log)

    def is_doomed(self, recipient: str) -> bool:
        return is_doomed(self.faults, recipient)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--faults", default="")
    parser.add_argument("--keep", type=Path, help="a folder for the accepted messages")
    arguments = parser.parse_args()

    async def run() -> None:
        await serve(arguments.port, Server(arguments.log, Faults.parse(arguments.faults), arguments.keep))

    asyncio.run(run())


if __name__ == "__main__":
    main()
