"""One SMTP session (RFC 5321) made for bulk: the envelope in one write, the content in another.

Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA travel together and their replies are
matched one by one, and the envelope of the message that follows may travel behind a content (§3.1): its
replies come with that of the content. Elsewhere the same commands go in lock-step. What is known of an
unfinished message:

- before the first byte of content: nothing was sent (UNSENT);
- content begun, the end-of-data line not yet given to the kernel: the server has no complete message and must
  discard it (RFC 5321 §4.1.1.4, §4.5.3.2.6): UNSENT;
- the end-of-data line given to the kernel, no reply read: in doubt (RFC 1047): UNKNOWN.
"""

from __future__ import annotations

import contextlib
import re
import time

from pressfeed.delivery.dialling import Capabilities, Line, refusal
from pressfeed.delivery.limits import Limits, Timeouts
from pressfeed.delivery.replies import Reply, printable
from pressfeed.delivery.transport import BeforeContent, Outcome, Outgoing, Result
from pressfeed.delivery.wire import SEND_BUFFER, Gone

ENVELOPE = ("mail", "rcpt", "data")
END_OF_DATA = b".\r\n"
AT_ONCE = SEND_BUFFER // 2  # bytes of content that the kernel takes in one piece once the last has arrived
Envelope = tuple[bytes, ...]  # MAIL, RCPT, DATA
# Good enough to make injection impossible; whether the mailbox exists is for its server to say.
MAILBOX = re.compile(r"[^\s\x00-\x20\x7f-\x9f<>]{1,256}@[^\s\x00-\x20\x7f-\x9f<>@]{1,255}\Z")


class Session:
    """An open line, and the messages that go over it one after the other."""

    def __init__(self, line: Line, timeouts: Timeouts) -> None:
        self.line = line
        self.messages = 0  # transactions begun
        self.content_begun = False  # of the last message: whether before_content was asked
        self._wire = line.wire
        self._since = time.monotonic()
        self._timeouts = timeouts
        self._patience = {"mail": timeouts.command, "rcpt": timeouts.command, "data": timeouts.data}
        self._reset = False
        self._ended = False
        self._announced: Outgoing | None = None  # its envelope is under way; nothing else can follow

    @property
    def unusable(self) -> str:
        """Why the session can carry no further message (a word unasked, the end); "" = it can."""
        return self._wire.lost if self._announced else self._wire.unasked

    @property
    def promised(self) -> bool:
        """Whether the next message is announced to the server, so that only this session can carry it."""
        return self._announced is not None

    def worn_out(self, limits: Limits, more: int = 0) -> bool:
        """Whether it has carried enough messages (or will, with so many more), or has lived long enough."""
        return 0 < limits.messages_per_connection <= self.messages + more or (
            0 < limits.connection_age <= time.monotonic() - self._since
        )

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, following: Outgoing | None = None
    ) -> Outcome:
        """Hand over one message, as ``Connection.deliver``. UNSENT, UNKNOWN and DROPPED close the session.

        The envelope of ``following`` is sent behind the content where the server lets it; the session then
        carries that message next, or none.
        """
        self.messages += 1
        self.content_begun = self._ended = False
        announced, self._announced = self._announced, None
        wire = self._wire
        stage = "mail"
        try:
            if announced is None:
                commands = compose(outgoing, self.line.capabilities)
                if isinstance(commands, Outcome):
                    return commands
                refused = await self._envelope(commands)
            elif announced is outgoing:
                refused = await self._replies()
            else:
                raise Gone("another message was announced")
            if refused is not None:
                return refused
            stage = "content"
            self.content_begun = True
            if not await before_content():
                # Once in DATA, the only way out that sends nothing is to cut the connection.
                wire.abort("a message was dropped")
                return Outcome(Result.DROPPED, text="not ours any more", stage=stage)
            if wire.unasked:
                raise Gone(wire.unasked)
            self._write(outgoing.message if outgoing.plain else stuffed(outgoing.message), following)
            await wire.drained(self._timeouts.content)
            reply = await wire.reply(self._timeouts.reply, "the end of the content")
        except Gone as gone:
            wire.abort(str(gone))
            result = Result.UNKNOWN if self._ended and self._taken else Result.UNSENT
            return Outcome(result, text=str(gone), stage=stage)
        except BaseException:
            wire.abort("given up in the middle of a message")
            raise
        return self._verdict(reply)

    async def quit(self) -> None:
        """Say goodbye (RFC 5321 §4.1.1.10), wait a moment for the answer, and close."""
        if self._announced is None:  # else the server takes whatever comes for content
            with contextlib.suppress(Gone):  # gone is where we wanted it
                self._wire.write(b"QUIT\r\n")
                await self._wire.reply(self._timeouts.quit, "QUIT")
        self._wire.abort("closed")

    def cut(self, reason: str) -> None:
        """Close at once, without a word."""
        self._wire.abort(reason)

    async def _envelope(self, commands: Envelope) -> Outcome | None:
        """MAIL, RCPT, DATA: None when the server waits for the content, else what it refused."""
        wire = self._wire
        pipelining = self.line.capabilities.pipelining
        if self._reset:
            # The last transaction ended in a refusal; RFC 5321 §4.1.1.5.
            self._reset = False
            wire.write(b"RSET\r\n" + b"".join(commands) if pipelining else b"RSET\r\n")
            reply = await wire.reply(self._timeouts.command, "RSET")
            if not reply.positive:
                raise Gone(f"RSET was answered by {reply.code} {reply.text}")
        elif pipelining:
            wire.write(b"".join(commands))
        return await self._replies(None if pipelining else commands)

    async def _replies(self, commands: Envelope | None = None) -> Outcome | None:
        """As ``_envelope``, once the commands are under way; ``commands`` are those still to be sent."""
        wire = self._wire
        refused: Outcome | None = None
        recipient_accepted = False
        for index, stage in enumerate(ENVELOPE):
            if commands is not None:
                wire.write(commands[index])
            reply = await wire.reply(self._patience[stage], stage.upper())
            accepted = reply.code == 354 if stage == "data" else 250 <= reply.code <= 259
            if accepted:
                recipient_accepted |= stage == "rcpt"
            else:
                refused = refused or refusal(stage, reply)
                if reply.code == 421 or reply.code < 400:
                    wire.abort(refusal(stage, reply).text)
                    return refused
                if commands is not None:
                    break
        if refused is not None:
            self._reset = True
            if accepted and stage == "data":
                await self._leave_data(recipient_accepted)
        return refused

    @property
    def _taken(self) -> bool:
        """Whether the kernel has, or may have, the end of the content."""
        return self._announced is not None or self._wire.taken

    async def _leave_data(self, recipient_accepted: bool) -> None:
        """Get out of a DATA that the server opened although it had refused RCPT (RFC 2920 §3.1)."""
        if recipient_accepted:
            self._wire.abort("DATA after a refused MAIL: ending it would send an empty message")
            return
        with contextlib.suppress(Gone):  # the recipient's refusal stands; the session is seen to be unusable
            self._wire.write(END_OF_DATA)
            await self._wire.reply(self._timeouts.reply, "an empty message to nobody")

    def _write(self, content: bytes, following: Outgoing | None) -> None:
        """The content, its end and the next envelope (RFC 2920 §3.1), in as few system calls as possible."""
        if not content.endswith(b"\r\n"):
            content += b"\r\n"
        ahead: Envelope | Outcome = ()
        if following is not None and self.line.capabilities.pipelining:
            ahead = compose(following, self.line.capabilities)
        if isinstance(ahead, Outcome):  # it is refused in its turn
            ahead = ()
        self._ended = True
        if self._wire.encrypted or len(content) > AT_ONCE:
            # How far the content has come must stay known, and TLS hides it: the end waits for its turn as a
            # write of its own, and nothing is sent behind it before the kernel has taken it.
            self._wire.write(content)
            self._wire.write(END_OF_DATA)
            if not ahead or not self._wire.taken:
                return
            self._wire.write(b"".join(ahead))
        else:
            self._wire.write(b"".join((content, END_OF_DATA, *ahead)))
        if ahead and not self._wire.failing:
            self._announced = following

    def _verdict(self, reply: Reply) -> Outcome:
        """What the reply after (or, from a rude server, amid) the content means."""
        if self._taken and reply.positive:
            return Outcome(Result.SENT, reply.code, *reply.words, "content")
        if reply.code >= 400:
            if reply.code == 421 or not self._taken:
                self._wire.abort(f"{reply.code} {reply.text}")
            return refusal("content", reply)
        self._wire.abort("out of step")
        return Outcome(Result.UNKNOWN, reply.code, "", f"out of step: {reply.code} {reply.text}", "content")


def stuffed(message: bytes) -> bytes:
    """A message with its leading dots doubled (RFC 5321 §4.5.2)."""
    # The line feed alone: no server, however lax about line ends, may see an end of data inside.
    content = message.replace(b"\n.", b"\n..")
    return b"." + content if content.startswith(b".") else content


def compose(outgoing: Outgoing, offered: Capabilities) -> Envelope | Outcome:
    """The commands MAIL, RCPT and DATA for a message, or why this server cannot have it."""
    for address in (outgoing.sender, outgoing.recipient):
        if not MAILBOX.match(address) and (address or address is not outgoing.sender):
            return Outcome(Result.FAILED, 0, "5.1.3", f"not a mail address: {printable(address)!r}", "mail")
    message = outgoing.message
    parameters = b""
    if offered.sized:
        if 0 < offered.size < len(message):
            text = f"the message has {len(message)} bytes, the server takes {offered.size}"
            return Outcome(Result.REFUSED_ALL, 0, "5.3.4", text, "mail")
        parameters += b" SIZE=%d" % len(message)
    if not (outgoing.plain or message.isascii()):
        if not offered.eight_bit:
            text = "the message holds 8-bit text, which the server does not take (no 8BITMIME)"
            return Outcome(Result.FAILED, 0, "5.6.3", text, "mail")
        parameters += b" BODY=8BITMIME"
    if outgoing.smtputf8 or not (outgoing.recipient.isascii() and outgoing.sender.isascii()):
        if not offered.smtputf8:
            text = "the address is not ASCII, and the server does not take such (no SMTPUTF8)"
            return Outcome(Result.FAILED, 0, "5.6.7", text, "mail")
        parameters += b" SMTPUTF8"
    return (
        b"MAIL FROM:<%s>%s\r\n" % (outgoing.sender.encode(), parameters),
        b"RCPT TO:<%s>\r\n" % outgoing.recipient.encode(),
        b"DATA\r\n",
    )
