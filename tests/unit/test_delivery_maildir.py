"""The Maildir: real, durable, and without second copies."""

from __future__ import annotations

import asyncio
import errno
import mailbox
import os
import time
from pathlib import Path

import pytest

from pressfeed.delivery.maildir import LEFT_OVER, MaildirTransport
from pressfeed.delivery.transport import Outcome, Outgoing, Result
from pressfeed.errors import DeliveryError

MESSAGE = b"Message-ID: <7.42@press.example>\r\nSubject: Tide\r\n\r\n.High water\r\nat n\xc3\xb6\xc3\xb6n\r\n"
OUT = Outgoing(1, "bounce+7@press.example", "reader@example.org", MESSAGE)


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def deliver(transport: MaildirTransport, outgoing: Outgoing = OUT, *, ours: bool = True) -> Outcome:
    async def run() -> Outcome:
        await transport.ready()
        connection = await transport.connect()
        await connection.ready()
        outcome = await connection.deliver(outgoing, yes if ours else no)
        await connection.close()
        return outcome

    return asyncio.run(run())


def files(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_a_message_lands_in_new_as_a_mail_program_expects_it(tmp_path: Path) -> None:
    box = tmp_path / "deep" / "box"
    outcome = deliver(MaildirTransport(box))
    assert outcome.result is Result.SENT
    (file,) = (box / "new").iterdir()
    assert outcome.text == f"stored as new/{file.name}"
    assert file.read_bytes() == (
        b"Return-Path: <bounce+7@press.example>\nDelivered-To: reader@example.org\n"
        + MESSAGE.replace(b"\r\n", b"\n")
    )
    assert not file.name.startswith(".")
    assert not set(file.name) & set("/:")
    assert file.stat().st_mode & 0o777 == 0o600
    assert files(box) == [f"new/{file.name}"]
    (message,) = mailbox.Maildir(box, create=False)
    assert message["Subject"] == "Tide"


def test_the_same_delivery_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    deliver(MaildirTransport(tmp_path))
    again = OUT._replace(message=MESSAGE.replace(b"Tide", b"Tide (again)"))
    assert deliver(MaildirTransport(tmp_path), again).result is Result.SENT
    (message,) = mailbox.Maildir(tmp_path, create=False)
    assert message["Subject"] == "Tide (again)"


def test_one_that_has_been_read_is_left_alone(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    deliver(transport)
    (file,) = (tmp_path / "new").iterdir()
    file.rename(tmp_path / "cur" / f"{file.name}:2,RS")
    outcome = deliver(transport)
    assert outcome.result is Result.SENT
    assert outcome.text == f"stored as cur/{file.name}"
    assert files(tmp_path) == [f"cur/{file.name}:2,RS"]


@pytest.mark.parametrize(
    "other",
    [
        OUT._replace(recipient="other@example.org"),
        OUT._replace(message=MESSAGE.replace(b"7.42", b"7.43")),
        OUT._replace(message=b"Subject: no id\r\n\r\nMessage-ID: <7.42@press.example>\r\n"),
    ],
)
def test_another_delivery_gets_another_file(other: Outgoing, tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    deliver(transport)
    deliver(transport, other)
    assert len(files(tmp_path)) == 2


def test_a_folded_message_id_is_the_same_identity(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    folded = OUT._replace(message=MESSAGE.replace(b"Message-ID: ", b"message-id:\r\n "))
    assert transport.name(folded) == transport.name(OUT)


def test_many_at_once_all_arrive(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)

    async def run() -> list[Outcome]:
        connections = [await transport.connect() for _ in range(8)]
        return await asyncio.gather(
            *(
                connections[n % 8].deliver(OUT._replace(id=n, recipient=f"r{n}@example.org"), yes)
                for n in range(200)
            )
        )

    assert {outcome.result for outcome in asyncio.run(run())} == {Result.SENT}
    assert len(list((tmp_path / "new").iterdir())) == 200
    assert not list((tmp_path / "tmp").iterdir())


def test_a_dropped_message_is_not_stored(tmp_path: Path) -> None:
    assert deliver(MaildirTransport(tmp_path), ours=False).result is Result.DROPPED
    assert files(tmp_path) == []


@pytest.mark.parametrize("address", ["a@b\nX: y", "no-at-sign", ""])
def test_no_header_can_be_injected_through_an_address(address: str, tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path)
    assert deliver(transport, OUT._replace(recipient=address)).result is Result.FAILED
    if address:
        assert deliver(transport, OUT._replace(sender=address)).result is Result.FAILED
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "result", "status"),
    [
        (errno.ENOSPC, Result.DEFERRED, "4.3.1"),
        (errno.EDQUOT, Result.DEFERRED, "4.3.1"),
        (errno.EIO, Result.DEFERRED, ""),
        (errno.EACCES, Result.REFUSED_ALL, ""),
        (errno.EROFS, Result.REFUSED_ALL, ""),
    ],
)
def test_a_disk_that_fails_leaves_nothing_half_written(
    number: int, result: Result, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = MaildirTransport(tmp_path)

    def fsync(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        outcome = deliver(transport)
    assert (outcome.result, outcome.status, outcome.stage) == (result, status, "maildir")
    assert os.strerror(number).lower() in outcome.text
    assert transport.problem == os.strerror(number).lower()
    assert files(tmp_path) == []
    assert deliver(transport).result is Result.SENT
    assert transport.problem == ""


def test_a_folder_that_vanished_pauses(tmp_path: Path) -> None:
    transport = MaildirTransport(tmp_path / "box")
    for folder in ("tmp", "new", "cur"):
        (tmp_path / "box" / folder).rmdir()
    assert deliver(transport).result is Result.REFUSED_ALL


def test_a_path_that_cannot_be_a_maildir_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryError, match="no Maildir can be made"):
        MaildirTransport(tmp_path / "file" / "box")


def test_only_old_leftovers_of_our_own_are_swept(tmp_path: Path) -> None:
    MaildirTransport(tmp_path)
    ours, fresh, foreign = (tmp_path / "tmp" / n for n in ("a.pressfeed.1.2", "b.pressfeed.1.3", "1.2.host"))
    old = time.time() - LEFT_OVER - 60
    for file in (ours, fresh, foreign):
        file.write_text("half")
    for file in (ours, foreign):
        os.utime(file, (old, old))
    MaildirTransport(tmp_path)
    assert files(tmp_path) == ["tmp/1.2.host", "tmp/b.pressfeed.1.3"]
