"""Serve one folder with `pressfeed serve` and with nginx: 200s and 304s, plain and precompressed."""

from __future__ import annotations

import os
import re
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.intake import COMMAND
from bench.measure import Row, process
from tests.acceptance.fronts import ask, nginx, serving

SAMPLE = Path(__file__).parents[1] / "examples" / "sample" / "releases"
FEED = "/global/en/rss.xml"
PAGE = "/global/en/"
CONNECTIONS = 32
SECONDS = 4
ROUNDS = 3  # each asks both servers in turn, so that a slow moment of the machine hits both


class Case(NamedTuple):
    what: str
    path: str
    header: str = ""
    known: bool = False  # the client has it already


CASES = (
    Case("a feed, 200, plain", FEED),
    Case("a feed, 200, gzip made before", FEED, "Accept-Encoding: gzip"),
    Case("a feed, 304", FEED, known=True),
    Case("a feed, 304, gzip", FEED, "Accept-Encoding: gzip", known=True),
    Case("a page, 200, gzip made before", PAGE, "Accept-Encoding: gzip"),
)


def run() -> list[Row]:
    """nginx is the reference: its own documented file, one process, as `pressfeed serve` is one."""
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder:
        return _run(Path(folder))


def _run(folder: Path) -> list[Row]:
    room = folder / "room"
    for words in (("init", str(room)), ("-C", str(room), "import", str(SAMPLE)), ("-C", str(room), "build")):
        process([COMMAND, *words])
    old = time.time() - 3600  # files at rest, as nearly all are
    for file in (room / "public").rglob("*"):
        os.utime(file, (old, old))
    rows = []
    with serving(room) as ours, nginx(room, folder / "nginx", ours) as theirs:
        for case in CASES:
            pairs = [(_asked(theirs, case), _asked(ours, case)) for _ in range(ROUNDS)]
            reference, rate = (median(column) for column in zip(*pairs, strict=True))
            size = len(ask(ours, case.path, *filter(None, [case.header])).body)
            rows.append(
                Row(
                    f"{case.what}" + ("" if case.known else f" ({size:,} bytes)"),
                    f"nginx {reference:,.0f} /s, pressfeed serve {rate:,.0f} /s",
                    f"{rate / reference:.2f} of nginx",
                    "≥ 0.25",
                    rate >= 0.25 * reference,
                )
            )
    return rows


def _asked(port: int, case: Case) -> float:
    """Answers a second, of one wrk thread with 32 connections."""
    headers = [case.header] if case.header else []
    if case.known:
        headers.append(f"If-None-Match: {ask(port, case.path, *headers).headers['etag']}")
    status = ask(port, case.path, *headers).status
    if status != (304 if case.known else 200):
        raise RuntimeError(f"{case.what}: {status}")
    options = [word for header in headers for word in ("-H", header)]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", *options]
    output = process([*command, f"http://127.0.0.1:{port}{case.path}"]).output
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "Non-2xx" in output:
        raise RuntimeError(output)
    return float(found[1])
