"""The two ways in which public/ is served, side by side on one folder: `pressfeed serve`, and nginx."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.cli import COMMAND

EXAMPLE = Path(__file__).parents[2] / "examples" / "nginx.conf"
PATIENCE = 60.0  # seconds; far more than a start takes


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < deadline and process.poll() is None, "the server does not start"
            time.sleep(0.05)


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[int]:
    """`pressfeed serve` on a newsroom; the port. Nothing may go wrong inside it."""
    port = free_port()
    server = subprocess.Popen(
        [COMMAND, "-C", folder, "serve", "--listen", str(port), *words], stderr=subprocess.PIPE
    )
    try:
        await_port(port, server)
        yield port
    finally:
        server.terminate()
        _, logged = server.communicate(timeout=20)
    assert b"Traceback" not in logged, logged.decode()


@contextmanager
def nginx(
    newsroom: Path, folder: Path, behind: int, *, example: Path = EXAMPLE, extra: str = ""
) -> Iterator[int]:
    """nginx on the same newsroom by the documented file, with another host, folder and port and no TLS."""
    port = free_port()
    text = EXAMPLE.read_text("utf-8")
    for old, new in {
        "/srv/newsroom": str(newsroom),
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
        "listen 443 ssl;": f"listen 127.0.0.1:{port};",
        "server_name press.example.org;": "server_name localhost 127.0.0.1;",
    }.items():
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"^ *(?:ssl_|add_header Strict).*\n", "", text, flags=re.MULTILINE)
    folder.mkdir(exist_ok=True)
    (folder / "site.conf").write_text(text, "utf-8")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors warn;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "events { worker_connections 1024; }\n"
        + f"http {{ access_log off; sendfile on; {places} include {folder}/site.conf; }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    server = subprocess.Popen([program, "-e", f"{folder}/errors", "-c", f"{folder}/nginx.conf"])
    try:
        await_port(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(20)


@dataclass(frozen=True)
class Reply:
    """What came over the wire. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(port: int, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> Reply:
    """A request exactly as written, which no library would send; the answer to it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", port), 30) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return receive(wire)


def receive(wire: socket.socket) -> Reply:
    """One answer, up to the end of the connection."""
    data = b""
    try:
        while piece := wire.recv(65536):
            data += piece
    except ConnectionResetError:
        assert data, "the connection was reset without an answer"
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    fields: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        name = name.lower()
        # nginx says what add_header says twice in a 416; twice the same does no harm.
        assert fields.setdefault(name, value.strip()) == value.strip(), f"{line}, and {fields[name]}"
    if fields.get("transfer-encoding") == "chunked":
        body = _unchunked(body)
    return Reply(int(first.split()[1]), fields, body)


def _unchunked(body: bytes) -> bytes:
    found = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if not (length := int(size, 16)):
            return found
        found, body = found + body[:length], body[length + 2 :]
