"""Kill senders at random moments, and compare what the ledger says with what the server took."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter, defaultdict

from tests.acceptance.mailroom import Mailroom
from tests.acceptance.servers import RecordingServer


def rampage(mailroom: Mailroom, *, kills: int, processes: int, seed: int) -> None:
    """Keep ``processes`` senders running, and SIGKILL one of them at random moments, so many times.

    Most are hit while they send, however slow the machine is; some at any time, as while they start or
    recover what others left. Fails when everything is sent before the last kill: then nothing was shown.
    """
    luck = random.Random(seed)
    senders = [start(mailroom) for _ in range(processes)]
    try:
        for _ in range(kills):
            victim = luck.randrange(processes)
            if luck.random() < 0.8:
                wait_until_it_sends(mailroom, senders[victim])
            time.sleep(luck.uniform(0, 0.4))
            assert mailroom.counts().get("pending"), "all was claimed before the last kill"
            senders[victim].kill()
            senders[victim].wait()
            senders[victim] = start(mailroom)
        for sender in senders:  # the last victims
            wait_until_it_sends(mailroom, sender)
    finally:
        for sender in senders:
            sender.kill()
            sender.wait()


def wait_until_it_sends(mailroom: Mailroom, sender: subprocess.Popen[bytes]) -> None:
    """Return when a sender has a content on the wire."""
    query = "SELECT 1 FROM delivery WHERE state = 'sending' AND owner LIKE ? LIMIT 1"
    with mailroom.database() as database:
        while database.execute(query, (f"%:{sender.pid}:%",)).fetchone() is None:
            assert sender.poll() is None, "a sender went before it was killed"
            time.sleep(0.01)


def start(mailroom: Mailroom) -> subprocess.Popen[bytes]:
    """A sender, its words thrown away."""
    return subprocess.Popen(mailroom.command("deliver"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def copies(server: RecordingServer) -> Counter[str]:
    """How often each recipient was given something; fails if two copies differ in anything."""
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for accepted in server.accepted():
        seen[accepted.recipient].add((accepted.message_id, accepted.digest))
    assert [recipient for recipient, messages in seen.items() if len(messages) > 1] == []
    return Counter(accepted.recipient for accepted in server.accepted())


def check_ledger(mailroom: Mailroom, server: RecordingServer) -> None:
    """Whatever the server took is sent under the Message-ID that it saw, and nothing else is."""
    took = {accepted.recipient: accepted.message_id for accepted in server.accepted()}
    told = {d["subscriber"]: d["message_id"] for d in mailroom.deliveries() if d["state"] == "sent"}
    assert told == took
