"""The pool: redialling, rotating, pacing, and leaving a failing server alone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from pressfeed.delivery.limits import Limits, Timeouts
from pressfeed.delivery.pool import SmtpTransport
from pressfeed.delivery.transport import Outgoing, Result
from pressfeed.delivery.url import SmtpSettings, parse
from tests.acceptance.scripted import EHLO, Peer, Script, ScriptedServer, scripted

OUT = Outgoing(1, "bounce@press.example", "reader@example.org", b"Subject: Tide\r\n\r\nHigh water\r\n")
PATIENCE = Timeouts(connect=5, greeting=5, command=5, data=5, content=5, reply=5, quit=0.2)
QUICK = Limits(breaker_first=0.05, breaker_longest=0.05, timeouts=PATIENCE)
SLOW = Limits(breaker_first=60, breaker_longest=60, timeouts=PATIENCE)


async def yes() -> bool:
    return True


def transport_to(server: ScriptedServer, limits: Limits = QUICK, login: str = "") -> SmtpTransport:
    settings = parse(f"smtp://{login}127.0.0.1:{server.port}")
    assert isinstance(settings, SmtpSettings)
    return SmtpTransport(settings, limits)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def serve(peer: Peer, messages: int = 1_000_000) -> None:
    """A good server for so many messages, then silence."""
    await peer.greet()
    while messages:
        line = await peer.hear()
        if line == "QUIT":
            await peer.say("221 bye\r\n")
            return
        assert line.startswith("MAIL"), line
        await peer.hear("RCPT")
        await peer.hear("DATA")
        await peer.say("250 ok\r\n250 ok\r\n354 go\r\n")
        await peer.content()
        await peer.say("250 ok\r\n")
        messages -= 1


def after(messages: int, end: Script) -> Script:
    """A server that is good for so many messages and then does something."""

    async def script(peer: Peer) -> None:
        await serve(peer, messages)
        await end(peer)

    return script


async def hang_up(peer: Peer) -> None:
    peer.writer.close()


async def reset(peer: Peer) -> None:
    peer.reset()


async def say_421(peer: Peer) -> None:
    await peer.say("421 4.4.2 idle for too long\r\n")
    peer.writer.close()


async def say_421_to_mail(peer: Peer) -> None:
    await peer.hear("MAIL")
    await peer.say("421 4.7.0 enough for one session\r\n")
    peer.writer.close()


async def cut_at_mail(peer: Peer) -> None:
    await peer.hear("MAIL")
    peer.reset()


@pytest.mark.parametrize("end", [hang_up, reset, say_421, say_421_to_mail, cut_at_mail])
def test_a_used_session_that_ends_is_replaced_unseen(end: Script) -> None:
    async def work() -> None:
        async with scripted(after(1, end), serve) as server:
            transport = transport_to(server, SLOW)
            connection = await transport.connect()
            for _ in range(3):
                assert (await connection.deliver(OUT, yes)).result is Result.SENT
                await asyncio.sleep(0.05)
            assert transport.problem == ""
            await connection.close()
            await transport.close()
            assert len(server.peers) == 2

    run(work())


def test_a_session_is_rotated_by_count_and_says_goodbye() -> None:
    async def work() -> None:
        async with scripted(serve) as server:
            transport = transport_to(server, Limits(messages_per_connection=2, timeouts=PATIENCE))
            connection = await transport.connect()
            for _ in range(5):
                assert (await connection.deliver(OUT, yes)).result is Result.SENT
            await connection.close()
            await transport.close()
            assert [peer.heard.count("DATA") for peer in server.peers] == [2, 2, 1]
            assert all(peer.heard[-1] == "QUIT" for peer in server.peers)

    run(work())


def test_a_session_is_rotated_by_age() -> None:
    async def work() -> None:
        async with scripted(serve) as server:
            transport = transport_to(server, Limits(connection_age=0.05, timeouts=PATIENCE))
            connection = await transport.connect()
            for _ in range(2):
                assert (await connection.deliver(OUT, yes)).result is Result.SENT
                await asyncio.sleep(0.06)
            await connection.close()
            await transport.close()
            assert len(server.peers) == 2

    run(work())


async def busy(peer: Peer) -> None:
    await peer.say("421 4.3.2 too busy\r\n")


async def fresh_421(peer: Peer) -> None:
    await peer.greet()
    await peer.envelope(mail="421 4.3.2 for <reader@example.org> too busy", rcpt="421 x", data="421 x")


@pytest.mark.parametrize("trouble", [busy, fresh_421, hang_up])
def test_while_the_breaker_is_open_nobody_dials_and_no_recipient_is_touched(
    trouble: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def work() -> None:
        async with scripted(trouble) as server:
            transport = transport_to(server, SLOW)
            connections = [await transport.connect() for _ in range(5)]
            outcomes = await asyncio.gather(*(each.deliver(OUT, yes) for each in connections))
            outcomes += await asyncio.gather(*(each.deliver(OUT, yes) for each in connections))
            assert {outcome.result for outcome in outcomes} == {Result.UNSENT}
            assert transport.problem
            assert 40 < transport.retry_in < 80
            dialled = len(server.peers)
            assert dialled == 1 if trouble is not fresh_421 else dialled <= 5
            assert (await connections[0].deliver(OUT, yes)).result is Result.UNSENT
            assert len(server.peers) == dialled
            await transport.close()

    run(work())
    assert "no connection to 127.0.0.1" in caplog.text
    assert "reader@" not in caplog.text, "no addresses at info level"


def test_ready_waits_an_outage_out_with_one_attempt_at_a_time() -> None:
    async def work() -> None:
        async with scripted(busy, busy, busy, serve) as server:
            transport = transport_to(server)
            connections = [await transport.connect() for _ in range(4)]
            await asyncio.gather(*(connection.ready() for connection in connections), transport.ready())
            assert transport.problem == ""
            for connection in connections:
                assert (await connection.deliver(OUT, yes)).result is Result.SENT
                await connection.close()
            await transport.close()
            assert 7 <= len(server.peers) <= 8, (
                "three failures, then one session per connection, one to spare"
            )

    run(work())


def test_ready_may_be_cancelled_and_asked_again() -> None:
    async def slow_banner(peer: Peer) -> None:
        await asyncio.sleep(0.2)
        await serve(peer)

    async def work() -> None:
        async with scripted(slow_banner) as server:
            transport = transport_to(server)
            tries = 0
            while True:
                tries += 1
                try:
                    await asyncio.wait_for(transport.ready(), 0.03)
                except TimeoutError:
                    continue
                break
            assert tries > 1
            assert len(server.peers) == 1
            connection = await transport.connect()
            assert (await connection.deliver(OUT, yes)).result is Result.SENT
            assert len(server.peers) == 1, "the session that ready found is the one that is used"
            await connection.close()
            await transport.close()

    run(work())


def test_a_working_connection_goes_on_while_another_cannot_be_made() -> None:
    async def work() -> None:
        async with scripted(serve, busy) as server:
            transport = transport_to(server, SLOW)
            first, second = await transport.connect(), await transport.connect()
            assert (await first.deliver(OUT, yes)).result is Result.SENT
            assert (await second.deliver(OUT, yes)).result is Result.UNSENT
            assert (await first.deliver(OUT, yes)).result is Result.SENT
            await asyncio.wait_for(transport.ready(), 1)
            await asyncio.wait_for(first.ready(), 1)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(second.ready(), 0.05)
            await first.close()
            await transport.close()

    run(work())


def test_a_wrong_password_is_tried_once_and_told_to_all() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 AUTH PLAIN\r\n")
        await peer.hear("AUTH")
        await peer.say("535 5.7.8 wrong\r\n")
        await peer.silence()

    async def work() -> None:
        async with scripted(script) as server:
            transport = transport_to(server, SLOW, login="jane:hunter2@")
            connections = [await transport.connect() for _ in range(5)]
            outcomes = await asyncio.gather(*(each.deliver(OUT, yes) for each in connections))
            assert {outcome.result for outcome in outcomes} == {Result.REFUSED_ALL}
            assert transport.problem == "535 5.7.8 wrong"
            await asyncio.wait_for(connections[0].ready(), 1)
            await asyncio.wait_for(transport.ready(), 1)
            await transport.close()
            assert len(server.peers) == 1

    run(work())


def test_a_cut_amid_the_content_is_not_tried_again_by_itself() -> None:
    async def cut_after_content(peer: Peer) -> None:
        await peer.envelope()
        await peer.content()
        peer.reset()

    async def work() -> None:
        asked = 0

        async def before_content() -> bool:
            nonlocal asked
            asked += 1
            return True

        async with scripted(after(1, cut_after_content), serve) as server:
            connection = await transport_to(server).connect()
            assert (await connection.deliver(OUT, before_content)).result is Result.SENT
            assert (await connection.deliver(OUT, before_content)).result is Result.UNKNOWN
            assert asked == 2
            assert len(server.peers) == 1
            assert (await connection.deliver(OUT, before_content)).result is Result.SENT
            await connection.close()

    run(work())


@pytest.mark.parametrize("answer", ["421 4.3.2 overloaded", ""])
def test_a_server_that_fails_after_every_content_is_left_alone_too(answer: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await peer.say(f"{answer}\r\n" if answer else "")

    async def work() -> None:
        async with scripted(script) as server:
            transport = transport_to(server, SLOW)
            connection = await transport.connect()
            first = await connection.deliver(OUT, yes)
            assert first.result is (Result.UNSENT if answer else Result.UNKNOWN)
            second = await connection.deliver(OUT, yes)
            assert second.result is Result.UNSENT, "nothing was tried, so nothing is in doubt"
            assert len(server.peers) == 1
            await transport.close()

    run(work())


def test_the_rate_holds_over_all_connections() -> None:
    async def work() -> None:
        async with scripted(serve) as server:
            transport = transport_to(server, Limits(rate=50, timeouts=PATIENCE))
            connections = [await transport.connect() for _ in range(3)]
            start = time.monotonic()

            async def send(connection: Any) -> None:
                for _ in range(5):
                    assert (await connection.deliver(OUT, yes)).result is Result.SENT
                await connection.close()

            await asyncio.gather(*map(send, connections))
            assert time.monotonic() - start >= 14 / 50 - 0.1, "a lower bound: waiting longer is no fault"
            await transport.close()

    run(work())


def test_closing_does_not_wait_for_a_server_that_does_not_say_goodbye() -> None:
    async def script(peer: Peer) -> None:
        await peer.say("220 hi\r\n")
        await peer.hear("EHLO")
        await peer.say(EHLO)
        await peer.silence()

    async def work() -> None:
        async with scripted(script) as server:
            transport = transport_to(server)
            connection = await transport.connect()
            await connection.ready()
            await connection.close()
            await asyncio.wait_for(transport.close(), 2)

    run(work())


# ------------------------------------------------------------------------------------------ looking ahead


@pytest.mark.parametrize(
    ("limits", "sessions"),
    [
        (QUICK, 1),
        (replace(QUICK, messages_per_connection=2), 3),
        (replace(QUICK, connection_age=0.000001), 5),
        (replace(QUICK, rate=1000.0), 1),
    ],
    ids=["for ever", "by number", "by age", "paced"],
)
def test_rotation_and_pace_hold_for_messages_that_are_announced(limits: Limits, sessions: int) -> None:
    ahead = 0

    async def script(peer: Peer) -> None:
        nonlocal ahead
        await peer.greet()
        while (line := await peer.hear()) != "QUIT":
            assert line.startswith("MAIL"), line
            await peer.hear("RCPT")
            await peer.hear("DATA")
            await peer.say("250 ok\r\n250 ok\r\n354 go\r\n")
            await peer.content()
            await asyncio.sleep(0.05)
            ahead += bool(peer.early)
            await peer.say("250 ok\r\n")
        await peer.say("221 bye\r\n")

    async def work() -> None:
        async with scripted(script) as server:
            transport = transport_to(server, limits)
            connection = await transport.connect()
            row = [OUT._replace(id=number) for number in range(5)]
            for each, following in zip(row, [*row[1:], None], strict=True):
                assert (await connection.deliver(each, yes, following)).result is Result.SENT
            await connection.close()
            await transport.close()
            assert len(server.peers) == sessions

    run(work())
    assert ahead == {"1": 4 if not limits.rate else 0, "3": 2, "5": 0}[str(sessions)]
