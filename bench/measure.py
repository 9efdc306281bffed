"""How things are measured: whole processes, several times, the median."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the report. ``ratio`` is against the reference of the same run."""

    what: str
    figure: str
    ratio: str = ""
    aim: str = ""
    good: bool | None = None  # None = there is no aim


@dataclass(frozen=True)
class Run:
    """One finished process: wall and CPU seconds, peak memory in MB, what it printed."""

    wall: float
    cpu: float
    peak: float
    output: str


def process(command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> Run:
    """Run a command to its end; CalledProcessError for a failure, with what it printed."""
    started = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if child.returncode:
        error = subprocess.CalledProcessError(child.returncode, command, output)
        error.add_note(output[-2000:])
        raise error
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def median(function: Callable[[], float], runs: int = 5) -> float:
    """The median of several measurements."""
    return statistics.median(function() for _ in range(runs))


def in_process(code: str, *arguments: str) -> tuple[dict[str, Any], Run]:
    """Run Python code that prints one JSON object as its last line, in a process of its own."""
    run = process([sys.executable, "-c", code, *arguments])
    return json.loads(run.output.strip().splitlines()[-1]), run


def peak_so_far() -> float:
    """This process's peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
