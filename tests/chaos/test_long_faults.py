"""The fault tests at full length: a minute's outage, a store locked for 20 s, a disk that is really full."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import faulty
from tests.acceptance.killing import check_ledger, copies
from tests.acceptance.mailroom import Mailroom, make
from tests.acceptance.servers import RecordingServer
from tests.acceptance.test_faults import deliver_through_lock


@pytest.mark.parametrize("seed", [1, 2])
def test_a_minutes_outage_among_refusals_cuts_and_stalls(tmp_path, seed):
    room, server = faulty.deliver_despite(tmp_path, 3_000, outage="2+60", seed=seed)
    faulty.check(room, server, 3_000)


def test_a_store_locked_for_twenty_seconds(tmp_path):
    deliver_through_lock(tmp_path, 1_500, seconds=20)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes (needs the right to mount one)."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_fills_up(tmp_path, small_disk):
    with RecordingServer(tmp_path / "log") as server:
        room: Mailroom = make(small_disk / "room", 3_000, transport=server.url, connections=5, lease="1s")
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 400_000))
        full = room.pressfeed("deliver")
        assert full.returncode == 1
        assert "disk is full" in full.stderr
        assert 0 < len(server.accepted()) < 3_000
        ballast.unlink()
        done = room.pressfeed("deliver")
        assert done.returncode == 0, done.stdout + done.stderr
        received = copies(server)
        assert len(received) == 3_000
        assert received.total() - 3_000 <= 5
        check_ledger(room, server)
