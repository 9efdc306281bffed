"""``pressfeed releases history, diff, correct, withdraw``, as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.cli import Newsroom, text_of
from tests.acceptance.test_main_job import ENGLISH


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "room")
    (tmp_path / "a.md").write_text(ENGLISH)
    room.run("import", str(tmp_path / "a.md"), env={"PRESSFEED_USER": "Ines"})
    room.run("subscribers", "add", "awa@example.org", "--language", "fr", "--bulletin", "global/daily")
    room.run("bulletins", "send", "global/daily")
    return room


def test_a_correction_says_who_what_why_and_reaches_its_readers(room: Newsroom, tmp_path: Path) -> None:
    correction = ("releases", "correct", "1", "--headline", "Other words", "--notify", "now")
    rehearsed = room.json(*correction, "--dry-run")
    assert (rehearsed["version"], rehearsed["people"], rehearsed["dry_run"]) == (2, {"fr": 1}, True)
    assert room.json("releases", "show", "1")["version"] == 1

    note = ("--note", "It was wrong.", "--note", "fr=C’était faux.")
    said = room.run(*correction, *note, "--by", "Rosa", "--reason", "a reader wrote").out
    assert "Release 1 is corrected, version 2." in said
    assert "Were sent an older text: 1 person (1 in fr); told now." in said
    room.run("deliver")
    mail = next(mail for mail in room.mails() if "Rectificatif" in str(mail["Subject"]))
    assert "C’était faux." in text_of(mail) and "It was wrong." not in text_of(mail)

    told = room.json("releases", "history", "1")
    first, second = told["versions"]
    assert (first["by"], first["reason"], first["changed"]) == ("Ines", "imported", [])
    assert (second["by"], second["reason"], second["changed"]) == ("Rosa", "a reader wrote", ["headline"])
    assert told["notices"][0]["people"] == {"sent": 1}
    assert "Rosa" in room.run("releases", "history", "1").out
    shown = room.run("releases", "diff", "1").out
    assert "headline:" in shown and "{+Other+}" in shown
    (change,) = room.json("releases", "diff", "1")["changes"]
    assert (change["field"], change["after"]) == ("headline", "Other words")
    kinds = [(entry["kind"], entry["version"]) for entry in room.json("ledger", "--story", "1")]
    assert kinds == [("story", 1), ("correction", 2)]

    document = tmp_path / "corrected.md"
    document.write_text(ENGLISH.replace("metres", "feet"))
    room.run("releases", "correct", "1", "--file", str(document), "--notify", "none")
    assert room.json("releases", "history", "1")["versions"][-1]["version"] == 3


def test_a_withdrawal_is_told_and_cannot_be_repeated(room: Newsroom) -> None:
    said = room.run("releases", "withdraw", "1", "--notify", "now", "--note", "Unconfirmed.").out
    assert "Release 1 is withdrawn" in said
    room.run("deliver")
    assert any("Retiré" in str(mail["Subject"]) for mail in room.mails())
    room.run("build")
    again = room.run("releases", "withdraw", "1", "--notify", "now", code=2)
    assert "is withdrawn, and its readers are told" in again.err


def test_what_makes_no_sense_is_refused_with_a_remedy(room: Newsroom) -> None:
    refused = room.run("releases", "correct", "1", "--notify", "now", code=2)
    assert "no change to announce" in refused.err
    refused = room.run("releases", "embargo", "1", "--lift", code=2)
    assert "under no embargo" in refused.err
    refused = room.run("releases", "embargo", "1", "--until", "2020-01-01", code=2)
    assert "that moment is over" in refused.err
