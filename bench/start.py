"""How long `pressfeed --help` takes, against a bare Python."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.measure import Row, median, process

COMMAND = str(Path(sys.executable).with_name("pressfeed"))


def run() -> list[Row]:
    """Pairs of runs, so that a slow moment of the machine hits both."""
    pairs = [
        (process([sys.executable, "-c", "pass"]).wall, process([COMMAND, "--help"]).wall) for _ in range(15)
    ]
    bare = median(iter([bare for bare, _ in pairs]).__next__, len(pairs))
    helped = median(iter([helped for _, helped in pairs]).__next__, len(pairs))
    ratio = helped / bare
    return [
        Row("python -c pass", f"{bare * 1000:.0f} ms"),
        Row("pressfeed --help", f"{helped * 1000:.0f} ms", f"{ratio:.1f} ×", "≤ 5 ×", ratio <= 5),
    ]
