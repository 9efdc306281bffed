"""SIGKILL at any moment loses nobody, and costs at most one second copy per connection.

The server answers some messages late, so that most kills hit messages between their content and its reply:
the moment of which RFC 1047 says that nobody can know. The long version is in ``tests/chaos``.
"""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.killing import check_ledger, copies, rampage
from tests.acceptance.mailroom import Mailroom, make
from tests.acceptance.servers import RecordingServer

PEOPLE = 5_000
CONNECTIONS = 5
PROCESSES = 3
KILLS = 10
KILLED = KILLS + PROCESSES  # those that run in the end are killed, too
# Late answers after the content, before it, and after the recipient: kills find messages in all states, and
# there is always something left to kill. What is left in the end goes to a server in good health.
FAULTS = "stall:reply=1/0.5,stall:data=0.2/0.2,stall:rcpt=0.1/0.1"
EVERYBODY = {f"reader{number}@news.example.org" for number in range(PEOPLE)}


def test_killed_senders_lose_nobody_and_repeat_themselves_byte_for_byte(tmp_path: Path) -> None:
    room, server = rampaged(tmp_path, seed=1)
    with server:
        done = room.pressfeed("deliver")
        assert done.returncode == 0, done.stdout + done.stderr
        received = copies(server)
        assert received.keys() == EVERYBODY
        assert 0 < received.total() - PEOPLE <= KILLED * CONNECTIONS
        check_ledger(room, server)


def test_with_hold_nobody_gets_a_second_copy_and_every_doubt_is_listed(tmp_path: Path) -> None:
    room, server = rampaged(tmp_path, seed=2, in_doubt="hold")
    with server:
        assert room.pressfeed("deliver").returncode == 1, "doubts wait for a decision"
        received = copies(server)
        assert received.total() == len(received), "nobody twice"
        doubts = {d["subscriber"]: str(d["delivery"]) for d in room.deliveries("--state", "unknown")}
        assert 0 < len(doubts) <= KILLED * CONNECTIONS
        assert received.keys() | doubts.keys() == EVERYBODY
        assert {d["subscriber"] for d in room.deliveries() if d["state"] != "sent"} == doubts.keys()

        # The operator asks the server's log, says what arrived, and has the rest sent again.
        arrived = [number for who, number in doubts.items() if who in received]
        missing = [number for who, number in doubts.items() if who not in received]
        for decision, numbers in (("sent", arrived), ("resend", missing)):
            if numbers:
                done = room.pressfeed("deliveries", "resolve", "--as", decision, *numbers)
                assert done.returncode == 0, done.stderr
        done = room.pressfeed("deliver")
        assert done.returncode == 0, done.stdout + done.stderr
        assert copies(server) == dict.fromkeys(EVERYBODY, 1)
        check_ledger(room, server)


def rampaged(folder: Path, *, seed: int, **mail: object) -> tuple[Mailroom, RecordingServer]:
    """A mailroom whose senders were killed in the middle, and its server, in good health again."""
    log = folder / "log"
    with RecordingServer(log, FAULTS) as server:
        mail |= {"transport": server.url, "connections": CONNECTIONS, "lease": "4s"}
        room = make(folder / "room", PEOPLE, **mail)
        rampage(room, kills=KILLS, processes=PROCESSES, seed=seed)
    return room, RecordingServer(log, port=server.port)
