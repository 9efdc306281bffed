"""What cannot be taken back can be tried: the command says what it would do, and the store stays the same."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.mailroom import Mailroom, make

REMOVE = ("subscribers", "remove", "reader1@news.example.org")
RESOLVE = ("deliveries", "resolve")
CANCEL = ("editions", "cancel", "1", "--why", "a mistake")


def test_a_dry_run_says_what_would_happen_and_changes_nothing(tmp_path: Path) -> None:
    room = make(tmp_path / "room", 4, languages=("en",), stories=1, transport="maildir:outbox")
    with room.database() as database:
        database.execute("UPDATE delivery SET state = 'unknown', owner = 'gone' WHERE id = 1")
    before = everything(room)
    for words, said in (
        (REMOVE, "would be off every bulletin, for good. Called off: 1 delivery."),
        ((*REMOVE, "--bulletin", "global/daily"), "would be off global/daily. Called off: 1 delivery."),
        ((*RESOLVE, "1", "--as", "sent"), "Delivery 1 to reader0@news.example.org: would be sent."),
        ((*RESOLVE, "--all", "--as", "resend"), "would be sent again."),
        (CANCEL, "Edition 1 of global/daily would be cancelled."),
    ):
        done = room.pressfeed(*words, "--dry-run")
        assert (done.returncode, said in done.stdout) == (0, True), done.stdout + done.stderr
        assert everything(room) == before, f"{words} changed something"
    refused = room.pressfeed(*RESOLVE, "2", "--as", "sent", "--dry-run")
    assert refused.returncode == 2, "it is not in doubt"
    for words, said in (
        (REMOVE, "is off every bulletin, for good. Called off: 1 delivery."),
        ((*RESOLVE, "1", "--as", "sent"), "Delivery 1 to reader0@news.example.org: sent."),
        (CANCEL, "Edition 1 of global/daily is cancelled. Called off: 2 deliveries."),
    ):
        assert said in room.pressfeed(*words).stdout
    assert room.counts() == {"sent": 1, "cancelled": 3}


def everything(room: Mailroom) -> list[str]:
    """All that the store holds, as statements."""
    with room.database() as database:
        return [*database.iterdump()]
