"""A server that does everything wrong that servers do, and what must be true afterwards."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.killing import check_ledger, copies
from tests.acceptance.mailroom import Mailroom, make
from tests.acceptance.servers import RecordingServer

CUTS = "greeting ehlo mail rcpt data content dot reply after"


def deliver_despite(folder: Path, people: int, *, outage: str, seed: int) -> tuple[Mailroom, RecordingServer]:
    """Send to so many over a server with 10 % 4xx, 3 % 5xx, cuts at every stage, stalls and an outage.

    Returns once ``pressfeed deliver`` has said that all is settled.
    """
    cuts = ",".join(f"cut:{stage}=0.01" for stage in CUTS.split())
    stalls = "stall:data=0.01/0.3,stall:reply=0.01/3,stall:greeting=0.2/0.2,stall:rcpt=0.01/3"
    faults = f"4xx=0.1,4xx:content=0.02,421:mail=0.01,5xx=0.03,{cuts},{stalls},outage={outage},seed={seed}"
    with RecordingServer(folder / "log", faults) as server:
        room = make(
            folder / "room",
            people,
            transport=server.url,
            connections=8,
            retry_first="1s",
            retry_max="2s",
            timeouts__command="1s",
            timeouts__reply="1s",
        )
        for _ in range(100):
            done = room.pressfeed("deliver", "--patience", "90")
            if done.returncode == 0:
                break
    assert done.returncode == 0, done.stdout + done.stderr
    return room, server


def check(room: Mailroom, server: RecordingServer, people: int) -> None:
    """Whoever can be reached was, the others failed with the server's words; the ledger says all of it."""
    everybody = {f"reader{number}@news.example.org" for number in range(people)}
    doomed = {who for who in everybody if server.is_doomed(who)}
    assert doomed
    received = copies(server)
    assert received.keys() == everybody - doomed
    check_ledger(room, server)
    deliveries = {d["subscriber"]: d for d in room.deliveries()}
    assert {who for who, d in deliveries.items() if d["state"] == "failed"} == doomed
    for who, delivery in deliveries.items():
        assert delivery["settled_at"]
        expected = "550 5.1.1 no such user (rcpt)" if who in doomed else "250 2.0.0 recorded"
        assert delivery["reply"] == expected
    # A second copy is the price of an answer that never came: it takes a second attempt.
    assert all(deliveries[who]["attempts"] > 1 for who, number in received.items() if number > 1)
