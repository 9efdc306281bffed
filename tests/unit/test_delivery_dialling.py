"""From a host to a session: greeting, EHLO, TLS, login, and each way they fail."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pressfeed.delivery.dialling import Capabilities, Line, Refused, dial, own_name, tls_context
from pressfeed.delivery.limits import Timeouts
from pressfeed.delivery.probe import probe
from pressfeed.delivery.replies import Reply
from pressfeed.delivery.smtp import Session
from pressfeed.delivery.transport import Outcome, Outgoing, Result
from pressfeed.delivery.url import SmtpSettings, parse
from pressfeed.delivery.wire import describe
from pressfeed.errors import ConfigError
from tests.acceptance.certificates import Certificate, make_certificate
from tests.acceptance.scripted import EHLO, Peer, Script, scripted

PATIENCE = Timeouts(connect=5, greeting=5, command=5, data=5, content=5, reply=5, quit=1)
SHORT = Timeouts(connect=0.3, greeting=0.3, command=0.3)
TLS_EHLO = "250-server.example\r\n250 STARTTLS\r\n"


def settings(url: str) -> SmtpSettings:
    parsed = parse(url)
    assert isinstance(parsed, SmtpSettings)
    return parsed


def reach(
    script: Script,
    options: str = "",
    *,
    login: str = "",
    timeouts: Timeouts = PATIENCE,
    implicit: Certificate | None = None,
) -> Line | Outcome:
    """Dial a scripted server."""

    async def run() -> Line | Outcome:
        tls = implicit.server_context if implicit else None
        async with scripted(script, tls=tls) as server:
            target = settings(f"smtp://{login}127.0.0.1:{server.port}{options}")
            try:
                line = await dial(target, tls_context(target), timeouts)
            except Refused as refused:
                return refused.outcome
            line.wire.abort("test")
            await asyncio.sleep(0)
            return line

    return asyncio.run(run())


def refused(result: Line | Outcome) -> Outcome:
    assert isinstance(result, Outcome)
    assert result.text.isprintable()
    return result


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


# -------------------------------------------------------------------------------------- greeting and EHLO


def test_capabilities_are_read_whatever_their_case() -> None:
    lines = (
        b"mx.example.org greets you",
        b"pipelining",
        b"SIZE 10240000",
        b"8BitMIME",
        b"AUTH PLAIN LOGIN",
        b"AUTH=PLAIN LOGIN XOAUTH2",
        b"STARTTLS",
        b"SMTPUTF8",
        b"",
        b"X-\x00ODD \xff",
    )
    offered = Capabilities.of(Reply(250, lines))
    assert offered.name == "mx.example.org"
    assert offered.pipelining
    assert offered.eight_bit
    assert offered.smtputf8
    assert offered.starttls
    assert (offered.sized, offered.size) == (True, 10240000)
    assert {"PLAIN", "LOGIN"} <= set(offered.auth)
    assert all(word.isprintable() for word in offered.keywords)


@pytest.mark.parametrize(("line", "size"), [(b"SIZE", 0), (b"SIZE 0", 0), (b"SIZE lots", 0), (b"SIZE 9", 9)])
def test_a_size_without_a_number_is_no_limit(line: bytes, size: int) -> None:
    offered = Capabilities.of(Reply(250, (b"x", line)))
    assert (offered.sized, offered.size) == (True, size)


def test_a_slow_banner_of_many_lines_is_waited_for() -> None:
    async def script(peer: Peer) -> None:
        await asyncio.sleep(0.1)
        for piece in ("220-be ", "patient\r\n22", "0 now\r\n"):
            await peer.say(piece)
            await asyncio.sleep(0.05)
        await peer.hear("EHLO")
        await peer.say(EHLO)
        await peer.silence()

    line = reach(script)
    assert isinstance(line, Line)
    assert line.greeting == "be patient now"
    assert line.capabilities.pipelining


def test_our_name_is_the_one_given_or_an_address_literal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "laptop")
    assert own_name("127.0.0.1") == "[127.0.0.1]"
    assert own_name("::1") == "[IPv6:::1]"
    monkeypatch.setattr(socket, "gethostname", lambda: "mail.example.org")
    assert own_name("127.0.0.1") == "mail.example.org"
    monkeypatch.setattr(socket, "gethostname", lambda: "evil.example\r\nRSET")
    assert own_name("127.0.0.1") == "[127.0.0.1]"

    async def run() -> str:
        async def script(peer: Peer) -> None:
            await peer.greet()
            await peer.silence()

        async with scripted(script) as server:
            line = await dial(replace(settings(server.url), hello="press.example"), None, PATIENCE)
            line.wire.abort("test")
            return server.peers[0].heard[0]

    assert asyncio.run(run()) == "EHLO press.example"


@pytest.mark.parametrize(
    ("greeting", "result", "code"),
    [
        ("421 4.3.2 busy\r\n", Result.UNSENT, 421),
        ("450 later\r\n", Result.UNSENT, 450),
        ("554 no mail here\r\n", Result.UNSENT, 554),
        ("554 5.7.1 blocked\r\n", Result.REFUSED_ALL, 554),
        ("250 odd\r\n", Result.UNSENT, 250),
        ("SSH-2.0-OpenSSH\r\n", Result.UNSENT, 0),
        ("", Result.UNSENT, 0),
    ],
)
def test_a_greeting_that_does_not_welcome(greeting: str, result: Result, code: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.say(greeting)
        if greeting:
            await peer.silence()

    outcome = refused(reach(script))
    assert (outcome.result, outcome.code, outcome.stage) == (result, code, "connect")


@pytest.mark.parametrize("stage", ["connect", "ehlo"])
def test_a_server_that_never_answers_is_given_up(stage: str) -> None:
    async def script(peer: Peer) -> None:
        if stage == "ehlo":
            await peer.say("220 hi\r\n")
        await peer.silence()

    outcome = refused(reach(script, timeouts=SHORT))
    assert (outcome.result, outcome.stage) == (Result.UNSENT, stage)
    assert "within 0.3 s" in outcome.text


def test_nobody_at_home() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(Refused) as caught:
        asyncio.run(dial(settings(f"smtp://127.0.0.1:{port}"), None, PATIENCE))
    assert caught.value.outcome.result is Result.UNSENT
    assert caught.value.outcome.text == f"127.0.0.1:{port} cannot be reached: connection refused"


def test_several_addresses_with_nobody_at_home() -> None:
    error = OSError(
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 25, 0, 0), "
        "[Errno 111] Connect call failed ('127.0.0.1', 25)"
    )
    assert describe(error) == "connection refused"


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(dial(settings("smtp://nowhere.invalid:25?tls=none"), None, PATIENCE))
    assert caught.value.outcome.result is Result.UNSENT


@pytest.mark.parametrize("ehlo", ["451 later", "550 5.7.1 go away", "500 what", "502 no"])
def test_ehlo_refused(ehlo: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.say("220 hi\r\n")
        await peer.hear("EHLO")
        await peer.say(f"{ehlo}\r\n")
        if ehlo.startswith("5"):
            await peer.hear("HELO")
            await peer.say(f"{ehlo}\r\n")
        await peer.silence()

    outcome = refused(reach(script))
    assert outcome.stage == "ehlo"
    assert outcome.result is (Result.REFUSED_ALL if "5.7.1" in ehlo else Result.UNSENT)


# ------------------------------------------------------------------------------------------------------ TLS


def starttls(
    certificate: Certificate, after: Callable[[Peer], Awaitable[None]] | None = None
) -> Callable[[Peer], Awaitable[None]]:
    async def script(peer: Peer) -> None:
        await peer.greet("250-server.example\r\n250-PIPELINING\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n")
        await peer.hear("STARTTLS")
        await peer.say("220 go\r\n")
        await peer.start_tls(certificate.server_context)
        await peer.hear("EHLO")
        await peer.say("250-server.example\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n")
        await (after or Peer.silence)(peer)

    return script


def test_starttls_forgets_what_was_said_before(certificate: Certificate) -> None:
    line = reach(starttls(certificate), f"?tls=starttls&ca={certificate.authority}")
    assert isinstance(line, Line)
    assert line.capabilities.eight_bit
    assert not line.capabilities.pipelining
    assert line.capabilities.auth == ("PLAIN",)


def test_implicit_tls(certificate: Certificate) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.silence()

    line = reach(script, f"?tls=implicit&ca={certificate.authority}", implicit=certificate)
    assert isinstance(line, Line)
    assert line.capabilities.pipelining


def test_a_certificate_of_another_name_passes_only_under_that_name(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, host="mail.example.org")
    outcome = refused(reach(starttls(other), f"?tls=starttls&ca={other.authority}"))
    assert (outcome.result, outcome.stage) == (Result.UNSENT, "starttls")
    assert "certificate of 127.0.0.1 is not accepted" in outcome.text
    line = reach(starttls(other), f"?tls=starttls&ca={other.authority}&verify=mail.example.org")
    assert isinstance(line, Line)


def test_an_expired_or_unknown_certificate_is_refused(tmp_path: Path) -> None:
    expired = make_certificate(tmp_path, days=-1)
    outcome = refused(reach(starttls(expired), f"?tls=starttls&ca={expired.authority}"))
    assert "expired" in outcome.text
    (tmp_path / "other").mkdir()
    unknown = make_certificate(tmp_path / "other")
    outcome = refused(reach(starttls(unknown), "?tls=starttls"))
    assert "certificate of 127.0.0.1 is not accepted" in outcome.text


def test_a_server_without_starttls_gets_nothing() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 AUTH PLAIN\r\n")
        await peer.read_end()

    outcome = refused(reach(script, "?tls=starttls", login="user:secret@"))
    assert (outcome.result, outcome.stage) == (Result.UNSENT, "starttls")
    assert "no STARTTLS" in outcome.text


def test_words_injected_before_the_handshake_are_noticed(certificate: Certificate) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(TLS_EHLO)
        await peer.hear("STARTTLS")
        await peer.say("220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
        await peer.read_end()

    outcome = refused(reach(script, f"?tls=starttls&ca={certificate.authority}"))
    assert (outcome.result, outcome.stage) == (Result.UNSENT, "starttls")
    assert "plain text" in outcome.text


@pytest.mark.parametrize("reply", ["454 4.7.0 not now", "501 no", "220"])
def test_starttls_that_comes_to_nothing(reply: str, certificate: Certificate) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(TLS_EHLO)
        await peer.hear("STARTTLS")
        await peer.say(f"{reply}\r\n")
        await peer.reader.read(1)
        await peer.say("this is no TLS record\r\n")
        await peer.silence()

    outcome = refused(reach(script, f"?tls=starttls&ca={certificate.authority}"))
    assert (outcome.result, outcome.stage) == (Result.UNSENT, "starttls")


def test_a_handshake_that_never_ends_is_given_up(certificate: Certificate) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(TLS_EHLO)
        await peer.hear("STARTTLS")
        await peer.say("220 go\r\n")
        await peer.silence()

    outcome = refused(reach(script, f"?tls=starttls&ca={certificate.authority}", timeouts=SHORT))
    assert (outcome.result, outcome.stage) == (Result.UNSENT, "starttls")


def test_certificates_that_cannot_be_read_are_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "not.pem").write_text("nothing")
    for name in ("missing.pem", "not.pem"):
        with pytest.raises(ConfigError, match=name):
            tls_context(settings(f"smtp://localhost?tls=starttls&ca={tmp_path / name}"))


# ----------------------------------------------------------------------------------------------------- AUTH


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_login(mechanism: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(f"250-x\r\n250 AUTH XOAUTH2 {mechanism}\r\n")
        if mechanism == "PLAIN":
            line = await peer.hear("AUTH PLAIN ")
            assert base64.b64decode(line.split()[2]) == "\0jané\0p@ss wörd".encode()
        else:
            await peer.hear("AUTH LOGIN")
            for prompt, expected in (("VXNlcm5hbWU6", "jané"), ("UGFzc3dvcmQ6", "p@ss wörd")):
                await peer.say(f"334 {prompt}\r\n")
                assert base64.b64decode(await peer.hear()) == expected.encode()
        await peer.say("235 2.7.0 welcome\r\n")
        await peer.silence()

    line = reach(script, login="jan%C3%A9:p%40ss%20w%C3%B6rd@")
    assert isinstance(line, Line)
    assert line.mechanism == mechanism


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize(
    ("reply", "result"),
    [
        ("535 5.7.8 wrong", Result.REFUSED_ALL),
        ("534 5.7.9 too weak", Result.REFUSED_ALL),
        ("454 4.7.0 later", Result.UNSENT),
        ("421 4.7.0 too many", Result.UNSENT),
        ("250 ok?", Result.UNSENT),
    ],
)
def test_login_refused(mechanism: str, reply: str, result: Result) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(f"250-x\r\n250 AUTH {mechanism}\r\n")
        await peer.hear("AUTH")
        if mechanism == "LOGIN":
            for _ in range(2):
                await peer.say("334 \r\n")
                await peer.hear()
        await peer.say(f"{reply}\r\n")
        await peer.silence()

    outcome = refused(reach(script, login="jane:hunter2@"))
    assert (outcome.result, outcome.stage, outcome.code) == (result, "auth", int(reply[:3]))
    assert "hunter2" not in repr(outcome)


def test_no_common_mechanism_is_everybodys_problem() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 AUTH XOAUTH2 CRAM-MD5\r\n")
        await peer.read_end()

    outcome = refused(reach(script, login="jane:hunter2@"))
    assert (outcome.result, outcome.stage) == (Result.REFUSED_ALL, "auth")
    assert "XOAUTH2" in outcome.text


# ---------------------------------------------------------------------------------------------------- probe


def test_a_probe_tells_the_operator_all_there_is(certificate: Certificate) -> None:
    async def after(peer: Peer) -> None:
        await peer.hear("AUTH PLAIN")
        await peer.say("235 ok\r\n")
        await peer.hear("QUIT")
        await peer.say("221 bye\r\n")

    async def run() -> None:
        async with scripted(starttls(certificate, after)) as server:
            target = settings(
                f"smtp://jane:hunter2@127.0.0.1:{server.port}?tls=starttls&ca={certificate.authority}"
            )
            seen = await probe(target, PATIENCE)
        assert seen.problem is None
        assert seen.peer == f"127.0.0.1:{server.port}"
        assert seen.greeting == "server.example ESMTP"
        assert seen.capabilities is not None
        assert seen.capabilities.keywords == ("8BITMIME", "AUTH PLAIN")
        assert seen.mechanism == "PLAIN"
        assert seen.tls_version == "TLSv1.3"
        assert seen.cipher.startswith("TLS_")
        assert seen.certificate_names == ("127.0.0.1",)
        assert seen.certificate_expires == certificate.expires

    asyncio.run(run())


def test_a_probe_of_a_server_that_refuses_says_how_far_it_got() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 AUTH PLAIN\r\n")
        await peer.hear("AUTH")
        await peer.say("535 5.7.8 wrong\r\n")
        await peer.silence()

    async def run() -> None:
        async with scripted(script) as server:
            seen = await probe(settings(f"smtp://jane:hunter2@127.0.0.1:{server.port}"), PATIENCE)
        assert seen.problem is not None
        assert (seen.problem.result, seen.problem.code) == (Result.REFUSED_ALL, 535)
        assert seen.capabilities is not None
        assert seen.capabilities.auth == ("PLAIN",)

    asyncio.run(run())


# ----------------------------------------------------------------------------- content over an encrypted line

BIG = b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * 20_000


@pytest.mark.parametrize(
    ("read", "result"), [(200_000, Result.UNSENT), (0, Result.UNSENT), (len(BIG) + 3, Result.UNKNOWN)]
)
def test_over_tls_too_a_cut_amid_the_content_is_no_doubt(
    read: int, result: Result, certificate: Certificate
) -> None:
    async def after(peer: Peer) -> None:
        await peer.hear("MAIL")
        for word, reply in (("RCPT", "250 ok"), ("DATA", "250 ok"), ("", "354 go")):
            await peer.say(f"{reply}\r\n")
            if word:
                await peer.hear(word)
        await peer.reader.readexactly(read)
        peer.reset()

    async def yes() -> bool:
        return True

    async def run() -> Outcome:
        async with scripted(starttls(certificate, after)) as server:
            target = settings(f"smtp://127.0.0.1:{server.port}?tls=starttls&ca={certificate.authority}")
            session = Session(await dial(target, tls_context(target), PATIENCE), PATIENCE)
            return await session.deliver(Outgoing(1, "a@b.example", "c@d.example", BIG), yes)

    assert asyncio.run(run()).result is result
