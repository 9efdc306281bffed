"""The transports against real servers: Postfix, aiosmtpd, smtp-sink, and the recording server's faults."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pressfeed.delivery.limits import Limits, Timeouts
from pressfeed.delivery.pool import SmtpTransport
from pressfeed.delivery.probe import probe
from pressfeed.delivery.transport import Outcome, Outgoing, Result
from pressfeed.delivery.url import SmtpSettings, parse
from tests.acceptance.certificates import make_certificate
from tests.acceptance.postfix import Postfix
from tests.acceptance.servers import RecordingServer

pytestmark = pytest.mark.smtp

PATIENCE = Timeouts(connect=20, greeting=20, command=20, data=20, content=20, reply=20, quit=1)
LIMITS = Limits(connections=3, timeouts=PATIENCE)


def message(number: int, body: bytes) -> bytes:
    return (
        f"Message-ID: <{number}@press.example>\r\nFrom: Press <press@press.example>\r\n"
        f"To: r{number}@example.org\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\nSubject: Number {number}\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body


BODIES = [
    b"Plain.\r\n",
    b".\r\n..\r\n...\r\n.x\r\n",
    b"x" * 998 + b"\r\n" + b"." * 997 + b"\r\n",
    "Grüße, Привет, 你好, مرحبا\r\n".encode(),
    b"QUIT\r\nMAIL FROM:<x@y>\r\n\r\n\r\n\r\n",
    b"From here on\r\n.\tdot and tab\r\n",
    b"",
    b"y" * 74 + b"\r\n" + (b"z" * 74 + b"\r\n") * 3000,
]
OUTGOING = [
    Outgoing(number, f"bounce+{number}@press.example", f"r{number}@example.org", message(number, body))
    for number, body in enumerate(BODIES)
]


async def yes() -> bool:
    return True


def settings(url: str) -> SmtpSettings:
    parsed = parse(url)
    assert isinstance(parsed, SmtpSettings)
    return parsed


async def send(transport: SmtpTransport, outgoing: Iterable[Outgoing]) -> list[Outcome]:
    """Send all, over as many connections as the transport has, in the order of their ids."""
    left = iter(outgoing)
    outcomes: dict[int, Outcome] = {}

    async def carry() -> None:
        connection = await transport.connect()
        for each in left:
            await connection.ready()
            outcomes[each.id] = await connection.deliver(each, yes)
        await connection.close()

    await asyncio.gather(*(carry() for _ in range(transport.connections)))
    await transport.close()
    return [outcome for _, outcome in sorted(outcomes.items())]


def run(work: Coroutine[Any, Any, list[Outcome]]) -> list[Outcome]:
    return asyncio.run(asyncio.wait_for(work, 120))


# ---------------------------------------------------------------------------------------------------- Postfix


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    assert os.geteuid() == 0, "Postfix's master runs as root: run this test as root, in a container say"
    with Postfix() as server:
        yield server


@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_postfix_delivers_every_byte(postfix: Postfix, tls: str) -> None:
    url = f"smtp://127.0.0.1:{postfix.port}?tls={tls}"
    url += f"&ca={postfix.authority}" if tls == "starttls" else ""
    marked = [each._replace(recipient=f"{tls}.{each.recipient}") for each in OUTGOING]
    outcomes = run(send(SmtpTransport(settings(url), LIMITS), marked))
    assert [outcome.result for outcome in outcomes] == [Result.SENT] * len(marked), outcomes
    assert all(outcome.text.startswith("Ok: queued as ") for outcome in outcomes)

    def ours() -> list[bytes]:
        return [file for file in postfix.wait_for(len(marked)) if b"\nDelivered-To: " + tls.encode() in file]

    deadline = time.monotonic() + 60
    while len(ours()) < len(marked) and time.monotonic() < deadline:
        time.sleep(0.05)
    stored = ours()
    assert len(stored) == len(marked)
    for each in marked:
        expected = each.message.replace(b"\r\n", b"\n")
        (file,) = [file for file in stored if file.endswith(expected)]
        assert f"Return-Path: <{each.sender}>\n".encode() in file
        assert f"\nDelivered-To: {each.recipient}\n".encode() in file


def test_postfix_refuses_one_recipient_and_takes_the_next(postfix: Postfix) -> None:
    transport = SmtpTransport(settings(f"smtp://127.0.0.1:{postfix.port}"), replace(LIMITS, connections=1))
    first, relayed, large, last = (
        OUTGOING[0]._replace(id=0, recipient="nobody@example.org"),
        OUTGOING[0]._replace(id=1, recipient="someone@elsewhere.example"),
        OUTGOING[0]._replace(id=2, message=message(2, (b"x" * 900 + b"\r\n") * 600)),
        OUTGOING[0]._replace(id=3, recipient="last@example.org"),
    )
    outcomes = run(send(transport, [first, relayed, large, last]))
    assert [(outcome.result, outcome.code, outcome.status, outcome.stage) for outcome in outcomes] == [
        (Result.FAILED, 550, "5.1.1", "rcpt"),
        (Result.REFUSED_ALL, 554, "5.7.1", "rcpt"),
        (Result.REFUSED_ALL, 0, "5.3.4", "mail"),
        (Result.SENT, 250, "2.0.0", "content"),
    ]


def test_postfix_takes_an_address_beyond_ascii(postfix: Postfix) -> None:
    transport = SmtpTransport(settings(f"smtp://127.0.0.1:{postfix.port}"), LIMITS)
    outgoing = OUTGOING[3]._replace(recipient="имя@example.org", smtputf8=True)
    (outcome,) = run(send(transport, [outgoing]))
    assert outcome.result is Result.SENT


def test_a_probe_of_postfix(postfix: Postfix) -> None:
    url = f"smtp://127.0.0.1:{postfix.port}?tls=starttls&ca={postfix.authority}"
    seen = asyncio.run(probe(settings(url), PATIENCE))
    assert seen.problem is None
    assert seen.capabilities is not None
    assert seen.capabilities.size == 500_000
    assert seen.tls_version == "TLSv1.3"
    assert seen.certificate_expires is not None


# --------------------------------------------------------------------------------------------------- aiosmtpd


class Keeper:
    """An aiosmtpd handler that keeps what came."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        self.kept.append((envelope.mail_from or "", envelope.rcpt_tos[0], envelope.original_content))
        return "250 2.0.0 kept"


def check(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=data == LoginPassword("jané".encode(), b"p@ss:word"), handled=False)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("password", ["p%40ss%3Aword", "wrong"])
def test_aiosmtpd_with_starttls_and_login(mechanism: str, password: str, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    keeper = Keeper()
    factory = partial(
        SMTP,
        keeper,
        hostname="mail.example.net",
        tls_context=certificate.server_context,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
        auth_exclude_mechanism=[{"PLAIN": "LOGIN", "LOGIN": "PLAIN"}[mechanism]],
        enable_SMTPUTF8=True,
    )

    async def work() -> list[Outcome]:
        listener = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        url = f"smtp://jan%C3%A9:{password}@127.0.0.1:{port}?tls=starttls&ca={certificate.authority}"
        try:
            return await send(SmtpTransport(settings(url), LIMITS), OUTGOING)
        finally:
            listener.close()

    outcomes = run(work())
    if password == "wrong":
        assert {(outcome.result, outcome.code, outcome.stage) for outcome in outcomes} == {
            (Result.REFUSED_ALL, 535, "auth")
        }
        assert keeper.kept == []
    else:
        assert {outcome.result for outcome in outcomes} == {Result.SENT}, outcomes
        assert sorted(keeper.kept) == sorted((o.sender, o.recipient, o.message) for o in OUTGOING)


def test_aiosmtpd_with_tls_from_the_first_byte(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    keeper = Keeper()

    async def work() -> list[Outcome]:
        listener = await asyncio.get_running_loop().create_server(
            partial(SMTP, keeper, enable_SMTPUTF8=True), "127.0.0.1", 0, ssl=certificate.server_context
        )
        port = listener.sockets[0].getsockname()[1]
        target = settings(f"smtps://127.0.0.1:{port}?ca={certificate.authority}")
        try:
            return await send(SmtpTransport(target, LIMITS), OUTGOING)
        finally:
            listener.close()

    assert {outcome.result for outcome in run(work())} == {Result.SENT}
    assert sorted(keeper.kept) == sorted((o.sender, o.recipient, o.message) for o in OUTGOING)


# -------------------------------------------------------------------------------------------------- smtp-sink


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Debian's smtp-sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
    drop = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program, *drop, *options, f"127.0.0.1:{port}", "100"])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "smtp-sink does not start"
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("options", [(), ("-p",), ("-e",), ("-8",)], ids=["all", "no-pipe", "helo", "7bit"])
def test_smtp_sink_in_every_dialect(options: tuple[str, ...]) -> None:
    outgoing = [each for each in OUTGOING if each.message.isascii()] * 5
    numbered = [each._replace(id=number) for number, each in enumerate(outgoing)]
    with smtp_sink(*options) as port:
        outcomes = run(send(SmtpTransport(settings(f"smtp://127.0.0.1:{port}"), LIMITS), numbered))
    assert Counter(outcome.result for outcome in outcomes) == {Result.SENT: len(numbered)}


@pytest.mark.parametrize(
    ("options", "result", "stage"),
    [
        (("-q", "mail"), Result.UNSENT, "mail"),
        (("-q", "rcpt"), Result.UNSENT, "rcpt"),
        (("-q", "data"), Result.UNSENT, "data"),
        (("-q", "."), Result.UNKNOWN, "content"),
        (("-r", "rcpt"), Result.DEFERRED, "rcpt"),
        (("-r", "data"), Result.DEFERRED, "data"),
        (("-r", "."), Result.DEFERRED, "content"),
        (("-f", "mail"), Result.REFUSED_ALL, "mail"),
        (("-f", "rcpt"), Result.FAILED, "rcpt"),
        (("-f", "."), Result.FAILED, "content"),
        (("-q", "ehlo"), Result.UNSENT, "ehlo"),
        (("-q", "connect"), Result.UNSENT, "connect"),
    ],
)
def test_smtp_sink_that_drops_or_refuses(options: tuple[str, ...], result: Result, stage: str) -> None:
    async def work(port: int) -> list[Outcome]:
        transport = SmtpTransport(settings(f"smtp://127.0.0.1:{port}"), LIMITS)
        connection = await transport.connect()
        outcome = await connection.deliver(OUTGOING[0], yes)
        await connection.close()
        await transport.close()
        return [outcome]

    with smtp_sink(*options) as port:
        (outcome,) = run(work(port))
    assert outcome.result is result, outcome
    # With pipelining, the end of the connection may be noticed one reply earlier.
    assert outcome.stage == stage or (result is Result.UNSENT and outcome.stage in ("mail", "rcpt", "data"))


# ------------------------------------------------------------------------------------ a server of many faults

FAULTS = (
    "seed=3,4xx=0.1,5xx=0.03,cut:greeting=0.02,cut:ehlo=0.02,cut:mail=0.01,cut:rcpt=0.01,cut:data=0.01,"
    "cut:content=0.01,cut:dot=0.01,cut:reply=0.01,cut:after=0.01,421:rcpt=0.01,4xx:content=0.01,"
    "stall:reply=0.005/0.3,outage=0.3+0.5"
)


def test_among_all_faults_every_message_ends_right_and_none_arrives_unasked(tmp_path: Path) -> None:
    """A sender as simple as can be: what is deferred or unsent is tried again, what is in doubt is noted."""
    total = 1500
    limits = Limits(
        connections=8, breaker_first=0.05, breaker_longest=0.2, messages_per_connection=40, timeouts=PATIENCE
    )
    final: dict[int, Outcome] = {}
    doubts: Counter[int] = Counter()
    tries: Counter[Result] = Counter()

    async def work() -> list[Outcome]:
        transport = SmtpTransport(settings(server.url), limits)
        todo = [
            Outgoing(n, f"b+{n}@press.example", f"r{n}@example.org", message(n, BODIES[n % 7]))
            for n in range(total)
        ]

        async def carry() -> None:
            connection = await transport.connect()
            while todo:
                await connection.ready()
                if not todo:
                    break
                each = todo.pop()
                outcome = await connection.deliver(each, yes)
                tries[outcome.result] += 1
                doubts[each.id] += outcome.result is Result.UNKNOWN
                if outcome.result in (Result.SENT, Result.FAILED):
                    final[each.id] = outcome
                else:
                    assert outcome.result in (Result.DEFERRED, Result.UNSENT, Result.UNKNOWN), outcome
                    todo.append(each)
            await connection.close()

        await asyncio.gather(*(carry() for _ in range(limits.connections)))
        await transport.close()
        return list(final.values())

    with RecordingServer(tmp_path / "log", FAULTS) as server:
        run(work())
        received = Counter(accepted.message_id for accepted in server.accepted())
        doomed = {n for n in range(total) if server.is_doomed(f"r{n}@example.org")}

    assert len(final) == total
    assert {n for n, outcome in final.items() if outcome.result is Result.FAILED} == doomed
    for n in range(total):
        copies = received[f"<{n}@press.example>"]
        if n in doomed:
            assert copies <= doubts[n]
        else:
            assert 1 <= copies <= 1 + doubts[n], "a second copy needs a doubt"
    assert min(tries[result] for result in (Result.DEFERRED, Result.UNSENT, Result.UNKNOWN)) > 0


def test_the_recording_server_keeps_what_it_took(tmp_path: Path) -> None:
    with RecordingServer(tmp_path / "log", keep=tmp_path / "kept") as server:
        run(send(SmtpTransport(settings(server.url), LIMITS), OUTGOING))
        accepted = server.accepted()
    assert sorted(each.recipient for each in accepted) == sorted(each.recipient for each in OUTGOING)
    assert {each.message_id for each in accepted} == {f"<{each.id}@press.example>" for each in OUTGOING}
    kept = sorted(file.read_bytes() for file in (tmp_path / "kept").iterdir())
    assert kept == sorted(each.message for each in OUTGOING)


def test_luck_repeats_itself(tmp_path: Path) -> None:
    outgoing = [OUTGOING[0]._replace(id=n, recipient=f"r{n}@example.org") for n in range(100)]
    runs = []
    for number in range(2):
        with RecordingServer(tmp_path / str(number), "seed=9,4xx=0.3,5xx=0.2,4xx:content=0.2") as server:
            outcomes = run(send(SmtpTransport(settings(server.url), LIMITS), outgoing))
        runs.append([(outcome.result, outcome.stage) for outcome in outcomes])
    assert runs[0] == runs[1]
    assert {result for result, _ in runs[0]} == {Result.SENT, Result.DEFERRED, Result.FAILED}
