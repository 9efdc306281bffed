"""Kill senders at random moments, and compare what the ledger says with what the server took."""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter, defaultdict

from tests.acceptance.mailroom import Mailroom
from tests.acceptance.servers import RecordingServer


def rampage(
    mailroom: Mailroom, *, kills: int, processes: int, seed: int, pause: tuple[float, float] = (0.25, 0.7)
) -> None:
    """Keep ``processes`` senders running, and SIGKILL one of them at random moments, so many times.

    Fails when everything is sent before the last kill: then nothing was shown.
    """
    luck = random.Random(seed)
    senders = [start(mailroom) for _ in range(processes)]
    try:
        for _ in range(kills):
            time.sleep(luck.uniform(*pause))
            for index, sender in enumerate(senders):
                if sender.poll() is not None:
                    senders[index] = start(mailroom)
            assert mailroom.counts().get("pending"), "all was claimed before the last kill"
            victim = luck.randrange(processes)
            senders[victim].kill()
            senders[victim].wait()
            senders[victim] = start(mailroom)
    finally:
        for sender in senders:
            sender.kill()
            sender.wait()


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
