"""From a host name to a session that takes mail: TCP, greeting, EHLO, STARTTLS, AUTH."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from pressfeed.delivery.classify import classify
from pressfeed.delivery.limits import Timeouts
from pressfeed.delivery.replies import Reply, printable
from pressfeed.delivery.transport import Outcome, Result
from pressfeed.delivery.url import SmtpSettings, Tls
from pressfeed.delivery.wire import Gone, Wire, describe
from pressfeed.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server offers, from its EHLO reply (RFC 5321 §4.1.1.1)."""

    name: str = ""  # what the server calls itself
    extended: bool = False  # EHLO was understood
    keywords: tuple[str, ...] = ()  # as offered, upper case, for people to read
    pipelining: bool = False  # RFC 2920
    eight_bit: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    starttls: bool = False  # RFC 3207
    size: int = 0  # RFC 1870: the largest message in bytes, 0 = no limit stated
    sized: bool = False  # SIZE= may be given with MAIL
    auth: tuple[str, ...] = ()  # RFC 4954: mechanisms

    @classmethod
    def of(cls, reply: Reply) -> Capabilities:
        """Read an EHLO reply; lines that make no sense are shown but mean nothing."""
        lines = [printable(line) for line in reply.lines]
        # "AUTH=LOGIN" is how mail servers of the nineties spelt it; some still offer both.
        words = {
            parts[0]: parts[1:]
            for line in lines[1:]
            if (parts := line.upper().replace("AUTH=", "AUTH ").split())
        }
        size = words.get("SIZE", [])
        return cls(
            name=lines[0].split(" ")[0],
            extended=True,
            keywords=tuple(line.upper() for line in lines[1:] if line),
            pipelining="PIPELINING" in words,
            eight_bit="8BITMIME" in words,
            smtputf8="SMTPUTF8" in words,
            starttls="STARTTLS" in words,
            size=int(size[0]) if size and size[0].isascii() and size[0].isdigit() else 0,
            sized="SIZE" in words,
            auth=tuple(words.get("AUTH", [])),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """An open connection on which mail may be sent."""

    wire: Wire
    greeting: str
    capabilities: Capabilities
    mechanism: str  # how we logged in, "" = not at all


class Refused(Exception):
    """No session came about. ``outcome`` is what to tell every delivery that waited for it."""

    def __init__(self, outcome: Outcome, capabilities: Capabilities | None = None) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome
        self.capabilities = capabilities


def tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """Verified TLS 1.2 or newer, trusting the system's authorities or only ``ca``; None without TLS.

    Raises ConfigError when the ``ca`` file cannot be used.
    """
    if settings.tls is Tls.NONE:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"the certificates cannot be read: {describe(error)}",
            remedy="ca= must name a PEM file",
            file=settings.ca,
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


Waiting = Callable[[str, float], None]
"""Told what is waited for now, and for how many seconds at most."""


def unheard(_what: str, _patience: float) -> None:
    """For who waits in silence."""


async def dial(
    settings: SmtpSettings,
    context: ssl.SSLContext | None,
    timeouts: Timeouts,
    waiting: Waiting = unheard,
) -> Line:
    """Open a session. Raises Refused with the reason; nothing but cancellation gets past that."""
    waiting("the connection", timeouts.connect)
    wire = await _reach(settings, timeouts.connect)
    stage = "connect"
    capabilities: Capabilities | None = None
    try:
        name = settings.verify or settings.host
        if settings.tls is Tls.IMPLICIT and context is not None:
            await wire.start_tls(context, name, timeouts.connect)
        waiting("the server's greeting", timeouts.greeting)
        greeting = await wire.reply(timeouts.greeting, "the connection")
        if greeting.code != 220:
            raise Refused(refusal(stage, greeting))
        stage = "ehlo"
        waiting("the answer to EHLO", timeouts.command)
        hello = settings.hello or own_name(wire.local_address)
        capabilities = await _hello(wire, hello, timeouts.command)
        if settings.tls is Tls.STARTTLS and context is not None:
            stage = "starttls"
            if not capabilities.starttls:
                text = "the server offers no STARTTLS, and nothing is sent in plain text"
                raise Refused(Outcome(Result.UNSENT, text=text, stage=stage))
            waiting("encryption", timeouts.command)
            reply = await _ask(wire, "STARTTLS", timeouts.command)
            if reply.code != 220:
                raise Refused(refusal(stage, reply), capabilities)
            await wire.start_tls(context, name, timeouts.connect)
            # RFC 3207 §4.2: forget what was said before; anybody may have said it.
            stage = "ehlo"
            capabilities = await _hello(wire, hello, timeouts.command)
        mechanism = ""
        if settings.user:
            stage = "auth"
            waiting("the login", timeouts.command)
            mechanism = await _log_in(wire, settings, capabilities, timeouts.command)
    except Gone as gone:
        raise Refused(Outcome(Result.UNSENT, text=str(gone), stage=stage), capabilities) from None
    except BaseException:
        wire.abort("not wanted any more")
        raise
    return Line(wire, greeting.text, capabilities, mechanism)


def refusal(stage: str, reply: Reply) -> Outcome:
    """The outcome that a reply stands for which was not the wanted one."""
    if reply.code >= 400:
        return Outcome(classify(stage, reply), reply.code, reply.status, reply.text, stage)
    text = f"out of step: {reply.code} {reply.text}"
    return Outcome(Result.UNSENT, reply.code, "", text, stage)


def own_name(address: str) -> str:
    """Our name for EHLO: the host's full name if it has one, else the address literal (RFC 5321 §4.1.4)."""
    name = socket.gethostname().rstrip(".")
    if "." in name and name.isascii() and all(c.isalnum() or c in ".-" for c in name):
        return name
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "localhost"
    return f"[IPv6:{ip}]" if ip.version == 6 else f"[{ip}]"


async def _reach(settings: SmtpSettings, patience: float) -> Wire:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience):
            _, wire = await loop.create_connection(
                Wire, settings.host, settings.port, happy_eyeballs_delay=0.25
            )
    except TimeoutError:
        text = f"{settings.host}:{settings.port} does not answer within {patience:g} s"
    except OSError as error:
        text = f"{settings.host}:{settings.port} cannot be reached: {describe(error)}"
    else:
        return wire
    raise Refused(Outcome(Result.UNSENT, text=text, stage="connect"))


async def _ask(wire: Wire, command: str, patience: float, shown: str = "") -> Reply:
    """Send a command and read its reply; ``shown`` stands for it in messages where it is secret."""
    wire.write(f"{command}\r\n".encode())
    return await wire.reply(patience, shown or command.split(" ", maxsplit=1)[0])


async def _hello(wire: Wire, name: str, patience: float) -> Capabilities:
    reply = await _ask(wire, f"EHLO {name}", patience)
    if reply.code == 250:
        return Capabilities.of(reply)
    if reply.code < 500:
        raise Refused(refusal("ehlo", reply))
    # RFC 5321 §3.2: a server that does not know EHLO is spoken to in the language of 1982.
    reply = await _ask(wire, f"HELO {name}", patience)
    if reply.code != 250:
        raise Refused(refusal("ehlo", reply))
    return Capabilities(name=reply.text.split(" ")[0])


async def _log_in(wire: Wire, settings: SmtpSettings, offered: Capabilities, patience: float) -> str:
    """AUTH PLAIN (RFC 4616), else the undocumented but common LOGIN. Returns which."""
    user, password = settings.user.encode(), settings.password.encode()
    if "PLAIN" in offered.auth:
        mechanism = "PLAIN"
        secret = base64.b64encode(b"\0" + user + b"\0" + password).decode()
        reply = await _ask(wire, f"AUTH PLAIN {secret}", patience, "AUTH")
    elif "LOGIN" in offered.auth:
        mechanism = "LOGIN"
        reply = await _ask(wire, "AUTH LOGIN", patience)
        for word in (user, password):
            if reply.code == 334:
                reply = await _ask(wire, base64.b64encode(word).decode(), patience, "AUTH")
    else:
        known = ", ".join(offered.auth) or "no way to log in"
        text = f"the server offers {known}; pressfeed knows PLAIN and LOGIN"
        raise Refused(Outcome(Result.REFUSED_ALL, text=text, stage="auth"), offered)
    if reply.code != 235:
        raise Refused(refusal("auth", reply), offered)
    return mechanism
