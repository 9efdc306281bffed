"""The kill test at length: dozens of SIGKILLs, all states of a delivery, a server that misbehaves as well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.killing import check_ledger, copies, rampage
from tests.acceptance.mailroom import Mailroom, make
from tests.acceptance.servers import RecordingServer

CONNECTIONS = 6
PROCESSES = 4
KILLS = 40
# However quick senders are at claiming, and however late anybody takes back what the dead held: each of those
# that run takes up to twenty times its connections, and there are more deliveries than all together can hold.
PEOPLE = (KILLS + PROCESSES + 10) * 20 * CONNECTIONS
EVERYBODY = {f"reader{number}@news.example.org" for number in range(PEOPLE)}
# So slow that no sender comes to need more than it took at first, however long others take to start on a busy
# machine; what is left after the last kill goes to a server in good health.
SLOW = "stall:reply=1/2,stall:data=0.3/0.3,stall:rcpt=0.2/0.2"


@pytest.fixture
def rampaged(tmp_path: Path) -> Callable[..., tuple[Mailroom, RecordingServer]]:
    """Makes a mailroom whose senders were killed forty times, and its server in good health again."""

    def run(faults: str, seed: int, **mail: object) -> tuple[Mailroom, RecordingServer]:
        log = tmp_path / "log"
        with RecordingServer(log, faults) as server:
            mail |= {"transport": server.url, "connections": CONNECTIONS, "lease": "4s"}
            room = make(tmp_path / "room", PEOPLE, **mail)
            rampage(room, kills=KILLS, processes=PROCESSES, seed=seed)
        return room, RecordingServer(log, port=server.port)

    return run


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_nobody_is_missing_and_second_copies_are_few_and_identical(rampaged, seed):
    room, server = rampaged(SLOW, seed)
    with server:
        assert room.pressfeed("deliver").returncode == 0
        received = copies(server)
        assert received.keys() == EVERYBODY
        assert 0 < received.total() - PEOPLE <= (KILLS + PROCESSES) * CONNECTIONS
        check_ledger(room, server)


def test_with_hold_nobody_gets_a_second_copy(rampaged):
    room, server = rampaged(SLOW, 21, in_doubt="hold")
    with server:
        assert room.pressfeed("deliver").returncode == 1
        received = copies(server)
        doubts = {d["subscriber"] for d in room.deliveries("--state", "unknown")}
        assert received.total() == len(received)
        assert 0 < len(doubts) <= (KILLS + PROCESSES) * CONNECTIONS
        assert received.keys() | doubts == EVERYBODY


def test_kills_while_the_server_refuses_cuts_and_goes_away(rampaged):
    faults = f"{SLOW},4xx=0.1,cut:rcpt=0.02,cut:content=0.02,cut:dot=0.02,cut:after=0.02,outage=6+5"
    room, server = rampaged(faults, 31, retry_first="1s", retry_max="1s")
    with server:
        for _ in range(10):
            if room.pressfeed("deliver").returncode == 0:
                break
        received = copies(server)
        assert received.keys() == EVERYBODY
        # The server's own cuts after the dot put nothing twice: it had recorded nothing, or had answered.
        assert received.total() - PEOPLE <= (KILLS + PROCESSES) * CONNECTIONS
        check_ledger(room, server)
