"""Mail comes back, by every way there is: a bounce ends a subscription once; no kill loses or doubles it."""

from __future__ import annotations

import contextlib
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import inbox
from tests.acceptance.inbox import READER, Inbox
from tests.acceptance.mailroom import BULLETIN
from tests.acceptance.mailroom import make as make_mailroom
from tests.acceptance.servers import RecordingServer

OTHER = "somebody@else.example.net"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextlib.contextmanager
def listening(box: Inbox, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = box.mailroom.start(*words or ("incoming", "listen"))
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def lmtp(place: Path | int) -> smtplib.LMTP:
    """A session, once somebody listens."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if isinstance(place, int):
                return smtplib.LMTP("127.0.0.1", place, local_hostname="localhost", timeout=60)
            return smtplib.LMTP(str(place), local_hostname="localhost", timeout=60)
        except (OSError, smtplib.SMTPException):
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.05)


def rows(box: Inbox, query: str) -> list[tuple[object, ...]]:
    with box.mailroom.database() as database:
        found: list[tuple[object, ...]] = database.execute(query).fetchall()
        return found


def test_a_reader_who_bounces_at_the_server_or_by_lmtp_maildir_and_hand_is_never_mailed_again(
    tmp_path: Path,
) -> None:
    """Five ways back for five readers; a sixth one stays."""
    with RecordingServer(tmp_path / "log", "5xx:rcpt=0.25") as server:
        room = make_mailroom(
            tmp_path / "room",
            12,
            languages=("en",),
            transport=server.url,
            bounce_address="bounces@press.example.org",
            unsubscribe_address="unsubscribe@press.example.org",
        )
        with (room.root / "pressfeed.toml").open("a") as file:
            file.write('[incoming]\nlisten = "lmtp:run/incoming.sock"\nmaildir = "returned"\n')
        assert room.pressfeed("deliver").returncode in (0, 1)
        box = Inbox(room)
        refused = {d["subscriber"] for d in room.deliveries("--state", "failed")}
        reached = sorted(d["subscriber"] for d in room.deliveries("--state", "sent"))
        assert len(refused) >= 1 and len(reached) >= 5
        by_lmtp, by_folder, by_hand, by_mail, stays = reached[:5]

        def bounce(address: str, name: str = "postfix-user-unknown") -> bytes:
            raw = box.message(name, tokens=box.tokens(address=address))
            return raw.replace(READER.encode(), address.encode())

        with listening(box), lmtp(room.root / "run" / "incoming.sock") as session:
            token = box.tokens(address=by_lmtp)["%%BOUNCE%%"]
            session.sendmail("", [f"bounces+{token}@press.example.org"], bounce(by_lmtp))
            session.sendmail(
                by_mail, ["unsubscribe@PRESS.example.org"], bounce(by_mail, "unsubscribe-by-mail")
            )
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                session.sendmail("", ["somebody@press.example.org"], b"Subject: relay\r\n\r\n")
        (room.root / "returned" / "new").mkdir(parents=True)
        (room.root / "returned" / "new" / "1.M1.host").write_bytes(bounce(by_folder))
        (room.root / "returned" / "new" / "2.M2.host").write_bytes(bounce(by_lmtp))  # a second report
        polled = room.pressfeed("incoming", "poll")
        assert polled.stdout.startswith("2 messages: 1 bounced, 1 noted."), polled.stdout + polled.stderr
        assert [path.name for path in (room.root / "returned" / "cur").iterdir()] and not list(
            (room.root / "returned" / "new").iterdir()
        )
        (tmp_path / "bounce.eml").write_bytes(bounce(by_hand, "exim-remote-550"))
        for expected in ("dead-address: bounced.", "dead-address: bounced, as before."):
            assert room.pressfeed("incoming", "read", str(tmp_path / "bounce.eml")).stdout.strip() == expected

        gone = {*refused, by_lmtp, by_folder, by_hand}
        statuses = dict(rows(box, "SELECT address, status FROM subscriber"))
        assert {address for address, status in statuses.items() if status == "bounced"} == gone
        assert box.reader(by_mail).bulletins == ()
        before = len(server.accepted())
        room.publish(50, "en")
        with room.open() as open_room:
            from pressfeed.cli.base import now
            from pressfeed.publish.editions import plan_edition

            plan_edition(open_room, open_room.bulletin(BULLETIN), "2027-01-04T07:00", now())
        assert room.pressfeed("deliver").returncode == 0
        again = {accepted.recipient for accepted in server.accepted()[before:]}
        assert stays in again
        assert again == set(statuses) - gone - {by_mail}


def test_a_listener_that_is_killed_loses_no_message_and_counts_none_twice(tmp_path: Path) -> None:
    port = free_port()
    box = inbox.make(tmp_path / "room", extra=f'[incoming]\nlisten = "lmtp://127.0.0.1:{port}"\n')
    editions = [1, *(box.send(day) for day in range(1, 10))]
    wanted = [box.message("postfix-over-quota", edition) for edition in editions]
    answer = box.message("person-answers")
    wanted += [answer + f"\nMessage {number}".encode() for number in range(40)]
    process = box.mailroom.start("incoming", "listen")
    kills = 0
    try:
        waiting = list(wanted)
        session = lmtp(port)
        while waiting:
            try:
                session.sendmail("", ["bounces@press.example.org"], waiting[0])
                waiting.pop(0)  # acknowledged: whoever brought it forgets it
            except (smtplib.SMTPException, OSError):
                session = lmtp(port)  # as a mail server does: the same message once more
            if len(waiting) % 12 == 5 and kills < 4 and process.poll() is None:
                process.kill()  # between two messages, or while it stores what the next line sends
                process.wait()
                kills += 1
                process = box.mailroom.start("incoming", "listen")
                session = lmtp(port)
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    session.putcmd("MAIL FROM:<>")
                    session.getreply()
                    session.putcmd("RCPT TO:<bounces@press.example.org>")
                    session.getreply()
                    session.putcmd("DATA")
                    session.getreply()
                    session.send(waiting[0].replace(b"\n", b"\r\n") + b"\r\n.\r\n")
                    process.kill()  # received, and nobody knows whether it was stored
                    process.wait()
                process = process if process.poll() is None else box.mailroom.start("incoming", "listen")
                session = lmtp(port)
    finally:
        process.kill()
        process.wait()
    assert kills == 4
    assert rows(box, "SELECT count(*) FROM incoming") == [(len(wanted),)]
    assert rows(box, "SELECT count(*) FROM bounce") == [(10,)]
    assert rows(box, "SELECT count(*) FROM incoming WHERE resolved_at IS NULL") == [(40,)]


def test_a_store_that_is_away_defers_and_one_service_does_it_all(tmp_path: Path) -> None:
    port = free_port()
    settings = f'[incoming]\nlisten = "smtp://127.0.0.1:{port}"\nmaildir = "returned"\npoll = "1s"\n'
    box = inbox.make(tmp_path / "room", extra=settings)
    with listening(box, "run"):
        lmtp_like = None
        deadline = time.monotonic() + 60
        while lmtp_like is None:
            try:
                lmtp_like = smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=60)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        with lmtp_like as session:
            session.sendmail(READER, ["unsubscribe@press.example.org"], box.message("unsubscribe-by-mail"))
            long_line = b"Subject: long\r\n\r\n" + b"x" * 2_000_000 + b"\r\n"
            session.sendmail("a@example.net", ["press@press.example.org"], long_line)
            with pytest.raises(smtplib.SMTPResponseException) as refused:
                session.sendmail("a@example.net", ["press@press.example.org"], b"x\r\n" * 4_000_000)
            assert refused.value.smtp_code == 552
        assert box.reader().bulletins == ()
        (box.root / "returned" / "new" / "1.M1.host").write_bytes(box.message("arf-abuse"))
        while box.reader().status != "complained":
            assert time.monotonic() < deadline + 60
            time.sleep(0.1)
    listed = box.mailroom.pressfeed("incoming", "list")
    assert "long" in listed.stdout
    number = str(rows(box, "SELECT id FROM incoming WHERE subject = 'long'")[0][0])
    assert box.mailroom.pressfeed("incoming", "show", number, "--raw").stdout.count("x") >= 2_000_000
    assert "1 message seen to, 0 left." in box.mailroom.pressfeed("incoming", "resolve", number).stdout


def test_a_server_that_knows_nobody_costs_no_reader_the_address(tmp_path: Path) -> None:
    with RecordingServer(tmp_path / "log", "5xx:rcpt=1") as server:
        room = make_mailroom(tmp_path / "room", 1_000, languages=("en",), transport=server.url, connections=2)
        assert room.pressfeed("deliver").returncode == 1
    box = Inbox(room)
    (edition,) = rows(box, "SELECT state, reason FROM edition")
    assert edition[0] == "paused" and "is this the right mail server?" in str(edition[1])
    assert rows(box, "SELECT DISTINCT status FROM subscriber") == [("active",)]
    assert rows(box, "SELECT count(*) FROM suppression") == [(0,)]
    assert room.counts()["pending"] > 100, "the others wait for the right server"
