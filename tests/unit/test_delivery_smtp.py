"""One SMTP session against servers that do everything wrong, one thing at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pressfeed.delivery.dialling import Capabilities, dial
from pressfeed.delivery.limits import Timeouts
from pressfeed.delivery.smtp import Session, compose
from pressfeed.delivery.transport import Outcome, Outgoing, Result
from pressfeed.delivery.url import SmtpSettings, parse
from tests.acceptance.scripted import PLAIN_EHLO, Peer, Script, scripted

MESSAGE = b"Message-ID: <1@example.org>\r\nSubject: Tide\r\n\r\nHigh water at noon.\r\n"
OUT = Outgoing(1, "bounce+1@press.example", "reader@example.org", MESSAGE)
PATIENCE = Timeouts(connect=5, greeting=5, command=5, data=5, content=5, reply=5, quit=1)
SHORT = replace(PATIENCE, greeting=0.2, command=0.2, data=0.2, content=0.2, reply=0.2)


class Asked:
    """A before_content that counts, and says what it is told to."""

    def __init__(self, answer: bool = True, then: Callable[[], Awaitable[None]] | None = None) -> None:
        self.answer = answer
        self.times = 0
        self.then = then

    async def __call__(self) -> bool:
        self.times += 1
        if self.then is not None:
            await self.then()
        return self.answer


async def session(url: str, timeouts: Timeouts = PATIENCE) -> Session:
    target = parse(url)
    assert isinstance(target, SmtpSettings)
    return Session(await dial(target, None, timeouts), timeouts)


def deliver(
    script: Script, *outgoing: Outgoing, asked: Asked | None = None, timeouts: Timeouts = PATIENCE
) -> tuple[list[Outcome], Session, list[str]]:
    """Deliver over one session to one scripted server: outcomes, the session afterwards, what was heard."""

    async def run() -> tuple[list[Outcome], Session, list[str]]:
        async with scripted(script) as server:
            client = await session(server.url, timeouts)
            outcomes = [await client.deliver(each, asked or Asked()) for each in outgoing or (OUT,)]
            usable = not client.unusable
            if usable:
                await client.quit()
                client.usable_after = True  # type: ignore[attr-defined]
            return outcomes, client, server.peers[0].heard

    return asyncio.run(run())


def still_usable(client: Session) -> bool:
    return hasattr(client, "usable_after")


async def bye(peer: Peer) -> None:
    await peer.hear("QUIT")
    await peer.say("221 bye\r\n")


# ------------------------------------------------------------------------------------------------ all is well


def test_a_pipelined_message_arrives_as_it_is() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        assert await peer.content() == MESSAGE
        await peer.say("250 2.0.0 queued as 1\r\n")
        await bye(peer)

    asked = Asked()
    (outcome,), client, heard = deliver(script, asked=asked)
    assert outcome == Outcome(Result.SENT, 250, "2.0.0", "queued as 1", "content")
    assert asked.times == 1
    assert still_usable(client)
    assert heard[1:4] == [
        f"MAIL FROM:<bounce+1@press.example> SIZE={len(MESSAGE)}",
        "RCPT TO:<reader@example.org>",
        "DATA",
    ]


@pytest.mark.parametrize("hello", ["EHLO", "HELO"])
def test_without_pipelining_every_command_waits_for_its_reply(hello: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.say("220 old\r\n")
        await peer.hear("EHLO")
        await peer.say(PLAIN_EHLO if hello == "EHLO" else "502 what?\r\n")
        if hello == "HELO":
            await peer.hear("HELO")
            await peer.say("250 old.example\r\n")
        for _ in range(2):
            for word, reply in (("MAIL", "250 ok"), ("RCPT", "251 ok"), ("DATA", "354 go")):
                await peer.hear(word)
                await asyncio.sleep(0.02)
                assert not peer.early, "a command came before its turn"
                await peer.say(f"{reply}\r\n")
            assert await peer.content() == MESSAGE
            await peer.say("250 ok\r\n")
        await bye(peer)

    outcomes, client, heard = deliver(script, OUT, OUT)
    assert [outcome.result for outcome in outcomes] == [Result.SENT, Result.SENT]
    assert still_usable(client)
    assert "MAIL FROM:<bounce+1@press.example>" in heard


BYTES = st.binary(max_size=300).map(
    lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"\r\n").replace(b"\0", b".")
)
DOTTY = st.lists(st.sampled_from([b".", b"..", b"", b".x", b"x.", b"QUIT", b"\xc3\xa9"]), max_size=12).map(
    lambda lines: b"".join(line + b"\r\n" for line in lines)
)


@settings(max_examples=25)
@given(st.lists(BYTES | DOTTY, min_size=1, max_size=8))
def test_any_content_arrives_byte_for_byte(contents: list[bytes]) -> None:
    received: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        for _ in contents:
            await peer.envelope()
            received.append(await peer.content())
            await peer.say("250 ok\r\n")
        await bye(peer)

    outcomes, _, heard = deliver(script, *(OUT._replace(message=content) for content in contents))
    assert {outcome.result for outcome in outcomes} == {Result.SENT}
    assert received == [c if c.endswith(b"\r\n") else c + b"\r\n" for c in contents]
    mails = [line for line in heard if line.startswith("MAIL")]
    assert ["BODY=8BITMIME" in mail for mail in mails] == [not content.isascii() for content in contents]


def test_a_bare_line_feed_cannot_smuggle_a_second_message() -> None:
    message = b"Subject: x\r\n\r\nbody\n.\r\nMAIL FROM:<evil@example.net>\r\n"

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        raw = await peer.reader.readuntil(b"\r\n.\r\n")
        assert b"\n.\r\nMAIL" not in raw
        await peer.say("250 ok\r\n")
        await bye(peer)

    (outcome,), _, _ = deliver(script, OUT._replace(message=message))
    assert outcome.result is Result.SENT


# --------------------------------------------------------------------------------------- refused, politely


@pytest.mark.parametrize(
    ("stage", "reply", "result"),
    [
        ("mail", "451 4.3.0 later", Result.DEFERRED),
        ("mail", "550 5.1.8 no such sender", Result.REFUSED_ALL),
        ("rcpt", "450 4.2.0 greylisted", Result.DEFERRED),
        ("rcpt", "550 5.1.1 nobody", Result.FAILED),
        ("data", "451 4.7.1 later", Result.DEFERRED),
        ("data", "554 5.0.0 no", Result.FAILED),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("opens_data", [True, False])
def test_a_refusal_is_reported_and_the_next_message_goes_through(
    stage: str, reply: str, result: Result, pipelining: bool, opens_data: bool
) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 PIPELINING\r\n" if pipelining else PLAIN_EHLO)
        refused = False
        for word in ("MAIL", "RCPT", "DATA"):
            if refused and not pipelining:
                break
            await peer.hear(word)
            if word.lower() == stage:
                refused = True
                await peer.say(f"{reply}\r\n")
            elif refused and word == "DATA" and opens_data and stage == "rcpt":
                await peer.say("354 go\r\n")
                assert await peer.content() == b"", "nothing may be sent when nobody is to get it"
                await peer.say("554 5.5.1 no valid recipients\r\n")
            else:
                await peer.say("503 5.5.1 no\r\n" if refused else "250 ok\r\n")
        await peer.hear("RSET")
        await peer.say("250 ok\r\n")
        for word in ("MAIL", "RCPT", "DATA"):
            await peer.hear(word)
            await peer.say("354 go\r\n" if word == "DATA" else "250 ok\r\n")
        assert await peer.content() == MESSAGE
        await peer.say("250 ok\r\n")
        await bye(peer)

    asked = Asked()
    (first, second), client, _ = deliver(script, OUT, OUT, asked=asked)
    assert (first.result, first.code, first.stage) == (result, int(reply[:3]), stage)
    assert second.result is Result.SENT
    assert asked.times == 1, "before_content belongs to the second message alone"
    assert still_usable(client)


def test_an_open_data_after_a_refused_sender_is_not_ended() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope(mail="451 later", rcpt="250 ok", data="354 go")
        await peer.read_end()

    (outcome,), client, _ = deliver(script)
    assert outcome.result is Result.DEFERRED
    assert not still_usable(client)


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        ("451 4.3.0 later", Result.DEFERRED),
        ("552 5.3.4 too big", Result.REFUSED_ALL),
        ("550 5.7.1 spam", Result.REFUSED_ALL),
        ("554 5.0.0 no", Result.FAILED),
    ],
)
def test_content_may_be_refused_and_the_session_goes_on(reply: str, result: Result) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        for answer in (reply, "250 ok"):
            await peer.envelope()
            await peer.content()
            await peer.say(f"{answer}\r\n")
        await bye(peer)

    (first, second), client, _ = deliver(script, OUT, OUT)
    assert (first.result, first.stage) == (result, "content")
    assert second.result is Result.SENT
    assert still_usable(client)


# ---------------------------------------------------------------------------------- cut, silent, or nonsense


class Fault:
    """Something that a server does instead of answering."""

    def __init__(self, name: str, act: Callable[[Peer], Awaitable[None]]) -> None:
        self.name = name
        self.act = act


async def _close(peer: Peer) -> None:
    peer.writer.close()


async def _reset(peer: Peer) -> None:
    peer.reset()


async def _421(peer: Peer) -> None:
    await peer.say("421 4.3.2 shutting down\r\n")
    peer.writer.close()


async def _half_a_reply(peer: Peer) -> None:
    await peer.say("250-and then")
    peer.writer.close()


async def _garbage(peer: Peer) -> None:
    await peer.say(b"\x16\x03\x01 HTTP/1.1 400\r\n")
    await peer.silence()


async def _endless_line(peer: Peer) -> None:
    await peer.say(b"2" * 10000)
    await peer.silence()


async def _silence(peer: Peer) -> None:
    await peer.silence()


async def _out_of_step(peer: Peer) -> None:
    await peer.say("334 go on\r\n")
    await peer.silence()


FAULTS = [
    Fault("closes", _close),
    Fault("resets", _reset),
    Fault("421", _421),
    Fault("half a reply", _half_a_reply),
    Fault("garbage", _garbage),
    Fault("endless line", _endless_line),
    Fault("silence", _silence),
    Fault("out of step", _out_of_step),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("pipelining", [True, False])
def test_trouble_before_the_content_leaves_the_recipient_untouched(
    fault: Fault, stage: str, pipelining: bool
) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 PIPELINING\r\n" if pipelining else PLAIN_EHLO)
        for word in ("mail", "rcpt", "data"):
            await peer.hear(word.upper())
            if word == stage:
                await fault.act(peer)
                return
            await peer.say("250 ok\r\n")

    asked = Asked()
    (outcome,), client, _ = deliver(script, asked=asked, timeouts=SHORT)
    assert outcome.result is Result.UNSENT
    assert outcome.text.isprintable()
    assert outcome.text
    assert asked.times == 0
    assert not still_usable(client)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_trouble_after_the_content_is_a_doubt_unless_the_server_says_421(fault: Fault) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await fault.act(peer)

    (outcome,), client, _ = deliver(script, timeouts=SHORT)
    assert outcome.result is (Result.UNSENT if fault.name == "421" else Result.UNKNOWN)
    assert outcome.text
    assert outcome.stage == "content"
    assert not still_usable(client)


BIG = OUT._replace(message=b"Subject: x\r\n\r\n" + (b"x" * 998 + b"\r\n") * 30_000)


@pytest.mark.parametrize("fault", FAULTS[:3] + FAULTS[4:7], ids=lambda fault: fault.name)
def test_trouble_amid_the_content_is_no_doubt(fault: Fault) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 PIPELINING\r\n")
        await peer.envelope()
        await peer.reader.readexactly(200_000)
        if fault.name == "silence":
            await asyncio.sleep(5)
        else:
            # A polite close cannot be seen amid the content while unread bytes make it a reset.
            await fault.act(peer)

    (outcome,), client, _ = deliver(script, BIG, timeouts=SHORT)
    assert outcome.result is Result.UNSENT
    assert not still_usable(client)


def test_a_refusal_amid_the_content_counts_and_ends_the_session() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 PIPELINING\r\n")
        await peer.envelope()
        await peer.reader.readexactly(200_000)
        await peer.say("552 5.3.4 enough\r\n")
        await asyncio.sleep(5)

    (outcome,), client, _ = deliver(script, BIG)
    assert (outcome.result, outcome.code) == (Result.REFUSED_ALL, 552)
    assert not still_usable(client)


def test_a_slow_reader_is_waited_for_as_long_as_it_reads() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 PIPELINING\r\n")
        await peer.envelope()
        for _ in range(10):
            await peer.reader.readexactly(2_000_000)
            await asyncio.sleep(0.08)
        await peer.content()
        await peer.say("250 ok\r\n")
        await bye(peer)

    (outcome,), _, _ = deliver(script, BIG, timeouts=replace(PATIENCE, content=0.4))
    assert outcome.result is Result.SENT


# ------------------------------------------------------------------------------------------- before_content


def test_a_dropped_message_is_not_sent_and_its_connection_cut() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.read_end()

    asked = Asked(answer=False)
    (outcome,), client, _ = deliver(script, asked=asked)
    assert outcome.result is Result.DROPPED
    assert asked.times == 1
    assert not still_usable(client)


@pytest.mark.parametrize("fault", FAULTS[:4], ids=lambda fault: fault.name)
def test_a_connection_lost_while_the_ledger_is_written_is_no_doubt(fault: Fault) -> None:
    gone = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await fault.act(peer)
        gone.set()

    async def ledger() -> None:
        await gone.wait()
        await asyncio.sleep(0.05)

    (outcome,), client, _ = deliver(script, asked=Asked(then=ledger))
    assert outcome.result is Result.UNSENT
    assert not still_usable(client)


def test_an_error_in_the_ledger_passes_and_nothing_is_sent() -> None:
    class LedgerError(Exception):
        pass

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.read_end()

    async def ledger() -> None:
        raise LedgerError

    with pytest.raises(LedgerError):
        deliver(script, asked=Asked(then=ledger))


def test_a_cancelled_delivery_cuts_its_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await peer.read_end()

    async def run() -> None:
        async with scripted(script) as server:
            client = await session(server.url)
            begun = asyncio.Event()

            async def ledger() -> None:
                begun.set()

            task = asyncio.create_task(client.deliver(OUT, Asked(then=ledger)))
            await begun.wait()
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert client.unusable

    asyncio.run(run())


# -------------------------------------------------------------------------------- between and before messages


@pytest.mark.parametrize("fault", FAULTS[:5], ids=lambda fault: fault.name)
def test_what_happens_between_messages_is_seen_before_the_next(fault: Fault) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await peer.say("250 ok\r\n")
        await fault.act(peer)

    async def run() -> None:
        async with scripted(script) as server:
            client = await session(server.url)
            assert (await client.deliver(OUT, Asked())).result is Result.SENT
            await asyncio.sleep(0.05)
            assert client.unusable
            client.cut("test")

    asyncio.run(run())


OFFER = Capabilities(extended=True, pipelining=True, eight_bit=True, smtputf8=True, sized=True)


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nRCPT TO:<c@d>",
        "a@b>",
        "a<@b",
        "a b@c",
        "a@b c",
        "a\0@b",
        "a\t@b",
        "a\x85@b",
        "a@b\u2028c",
        "no-at-sign",
        "@b",
        "a@",
        "a@b\n",
    ],
)
def test_no_command_can_be_injected_through_an_address(address: str) -> None:
    for outgoing in (OUT._replace(recipient=address), OUT._replace(sender=address)):
        outcome = compose(outgoing, OFFER)
        assert isinstance(outcome, Outcome)
        assert outcome.result is Result.FAILED
        assert outcome.text.isprintable()


def test_nobody_as_recipient_is_refused_but_nobody_as_sender_is_the_null_sender() -> None:
    assert isinstance(compose(OUT._replace(recipient=""), OFFER), Outcome)
    commands = compose(OUT._replace(sender=""), OFFER)
    assert not isinstance(commands, Outcome)
    assert commands[0].startswith(b"MAIL FROM:<> ")


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_commands_are_always_one_line_each(sender: str, recipient: str) -> None:
    commands = compose(OUT._replace(sender=f"{sender}@x", recipient=f"{recipient}@y"), OFFER)
    if not isinstance(commands, Outcome):
        for command in commands:
            assert command.endswith(b"\r\n")
            assert command.count(b"\n") == command.count(b"\r") == 1
            assert b"\0" not in command


def test_only_what_is_offered_is_used() -> None:
    utf8 = OUT._replace(recipient="имя@xn--e1afmkfd.example", smtputf8=True)
    eight = OUT._replace(message="Subject: é\r\n\r\n".encode())
    commands = compose(utf8, OFFER)
    assert not isinstance(commands, Outcome)
    assert commands[0].endswith(f" SIZE={len(MESSAGE)} SMTPUTF8\r\n".encode())
    assert commands[1] == "RCPT TO:<имя@xn--e1afmkfd.example>\r\n".encode()
    for outgoing, offer, status in (
        (utf8, replace(OFFER, smtputf8=False), "5.6.7"),
        (eight, replace(OFFER, eight_bit=False), "5.6.3"),
    ):
        outcome = compose(outgoing, offer)
        assert isinstance(outcome, Outcome)
        assert (outcome.result, outcome.status) == (Result.FAILED, status)
    bare = compose(OUT, Capabilities())
    assert not isinstance(bare, Outcome)
    assert bare[0] == b"MAIL FROM:<bounce+1@press.example>\r\n"


def test_a_message_larger_than_the_server_takes_is_not_offered() -> None:
    assert not isinstance(compose(OUT, replace(OFFER, size=len(MESSAGE))), Outcome)
    outcome = compose(OUT, replace(OFFER, size=len(MESSAGE) - 1))
    assert isinstance(outcome, Outcome)
    assert (outcome.result, outcome.status) == (Result.REFUSED_ALL, "5.3.4")
    assert str(len(MESSAGE)) in outcome.text


# ------------------------------------------------------------------- the envelope that follows a content


SECOND = OUT._replace(id=2, recipient="second@example.org")
THIRD = OUT._replace(id=3, recipient="third@example.org")


def in_a_row(script: Script, *outgoing: Outgoing) -> tuple[list[Outcome], str, list[str]]:
    """Deliver, each with the next one announced: outcomes, why the session cannot go on, what was heard."""

    async def run() -> tuple[list[Outcome], str, list[str]]:
        async with scripted(script) as server:
            client = await session(server.url)
            outcomes = [
                await client.deliver(each, Asked(), following)
                for each, following in zip(outgoing, [*outgoing[1:], None], strict=True)
            ]
            why = client.unusable
            await client.quit()
            return outcomes, why, server.peers[0].heard

    return asyncio.run(run())


async def next_envelope(peer: Peer, reply: str, rcpt: str = "250 ok", data: str = "354 go") -> None:
    """The client must have said it before the content is answered."""
    for word in ("MAIL", "RCPT", "DATA"):
        await peer.hear(word)
    await peer.say(f"{reply}\r\n250 ok\r\n{rcpt}\r\n{data}\r\n")


def test_the_next_envelope_is_sent_behind_a_content_and_answered_with_it() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        assert await peer.content() == MESSAGE
        await next_envelope(peer, "250 2.0.0 queued as 1")
        assert await peer.content() == MESSAGE
        await peer.say("250 2.0.0 queued as 2\r\n")
        await bye(peer)

    outcomes, why, heard = in_a_row(script, OUT, SECOND)
    assert [outcome.text for outcome in outcomes] == ["queued as 1", "queued as 2"]
    assert why == ""
    assert heard.count("RCPT TO:<second@example.org>") == 1


@pytest.mark.parametrize(
    ("rcpt", "data", "result"),
    [
        ("550 5.1.1 no", "503 no recipient", Result.FAILED),
        ("550 5.1.1 no", "354 go", Result.FAILED),
        ("450 4.2.1 later", "554 no recipient", Result.DEFERRED),
    ],
)
def test_a_refused_announcement_concerns_its_own_message_alone(rcpt: str, data: str, result: Result) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await next_envelope(peer, "250 ok", rcpt, data)
        if data.startswith("354"):
            assert await peer.content() == b""
            await peer.say("554 nobody\r\n")
        await peer.hear("RSET")
        await peer.say("250 ok\r\n")
        await peer.envelope()
        await peer.content()
        await peer.say("250 ok\r\n")
        await bye(peer)

    outcomes, why, _ = in_a_row(script, OUT, SECOND, THIRD)
    assert [outcome.result for outcome in outcomes] == [Result.SENT, result, Result.SENT]
    assert why == ""


def test_a_refused_content_does_not_touch_what_is_announced() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await next_envelope(peer, "550 5.1.1 no such user")
        await peer.content()
        await peer.say("250 ok\r\n")
        await bye(peer)

    outcomes, _, _ = in_a_row(script, OUT, SECOND)
    assert [outcome.result for outcome in outcomes] == [Result.FAILED, Result.SENT]


@pytest.mark.parametrize("reset", [False, True])
def test_a_cut_after_a_content_leaves_one_doubt_and_the_announced_message_unsent(reset: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await peer.hear("MAIL")
        if reset:
            peer.reset()

    outcomes, why, _ = in_a_row(script, OUT, SECOND)
    assert [outcome.result for outcome in outcomes] == [Result.UNKNOWN, Result.UNSENT]
    assert why


def test_a_cut_amid_a_content_that_something_was_to_follow_is_no_doubt() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-x\r\n250 PIPELINING\r\n")
        await peer.envelope()
        await peer.reader.readexactly(200_000)
        peer.reset()

    outcomes, why, _ = in_a_row(script, BIG, SECOND)
    assert [outcome.result for outcome in outcomes] == [Result.UNSENT, Result.UNSENT]
    assert why


def test_a_cut_just_before_a_content_that_something_was_to_follow_is_no_doubt() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.read_end()

    async def run() -> None:
        async with scripted(script) as server:
            client = await session(server.url)

            async def cut() -> bool:
                server.peers[0].reset()
                await asyncio.sleep(0)  # the RST is there, and the client's side of the loop has not seen it
                return True

            assert (await client.deliver(OUT, cut, SECOND)).result is Result.UNSENT

    asyncio.run(run())


def test_421_after_a_content_ends_the_session_for_what_is_announced() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await peer.say("421 4.3.2 shutting down\r\n")

    outcomes, _, _ = in_a_row(script, OUT, SECOND)
    assert [(outcome.result, outcome.code) for outcome in outcomes] == [
        (Result.UNSENT, 421),
        (Result.UNSENT, 0),
    ]


def test_what_is_announced_and_not_sent_ends_in_a_cut_that_sends_nothing() -> None:
    received = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await next_envelope(peer, "250 ok")
        received.append(await peer.reader.read())

    async def run(other: Outgoing | None) -> None:
        async with scripted(script) as server:
            client = await session(server.url)
            assert (await client.deliver(OUT, Asked(), SECOND)).result is Result.SENT
            assert client.promised
            if other is not None:
                assert (await client.deliver(other, Asked())).result is Result.UNSENT
                assert client.unusable
            await client.quit()

    for other in (None, THIRD):
        asyncio.run(run(other))
    assert received == [b"", b""], "no QUIT either, which the server would take for content"


def test_what_is_dropped_after_it_was_announced_is_cut_off() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.envelope()
        await peer.content()
        await next_envelope(peer, "250 ok")
        await peer.read_end()

    async def run() -> None:
        async with scripted(script) as server:
            client = await session(server.url)
            await client.deliver(OUT, Asked(), SECOND)
            assert (await client.deliver(SECOND, Asked(answer=False))).result is Result.DROPPED

    asyncio.run(run())


def test_a_server_without_pipelining_is_told_nothing_ahead() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet(PLAIN_EHLO)
        for _ in range(2):
            for word, reply in (("MAIL", "250 ok"), ("RCPT", "250 ok"), ("DATA", "354 go")):
                await peer.hear(word)
                await peer.say(f"{reply}\r\n")
            await peer.content()
            await asyncio.sleep(0.05)
            assert not peer.early
            await peer.say("250 ok\r\n")
        await bye(peer)

    outcomes, _, _ = in_a_row(script, OUT, SECOND)
    assert [outcome.result for outcome in outcomes] == [Result.SENT, Result.SENT]


def test_what_the_server_cannot_take_is_not_announced() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet("250-server.example\r\n250-PIPELINING\r\n250 SIZE 1000\r\n")
        await peer.envelope()
        await peer.content()
        await asyncio.sleep(0.05)
        assert not peer.early
        await peer.say("250 ok\r\n")
        await bye(peer)

    big = SECOND._replace(message=MESSAGE + b"x" * 1000 + b"\r\n")
    outcomes, why, _ = in_a_row(script, OUT, big)
    assert [outcome.result for outcome in outcomes] == [Result.SENT, Result.REFUSED_ALL]
    assert why == ""
