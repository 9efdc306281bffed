"""What the doctor asks of a mail server: can it be reached, is it encrypted, do we get in, how much fits."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from dataclasses import dataclass, replace

from pressfeed.delivery.dialling import Capabilities, Refused, Waiting, dial, tls_context, unheard
from pressfeed.delivery.limits import Timeouts
from pressfeed.delivery.smtp import Session
from pressfeed.delivery.transport import Outcome
from pressfeed.delivery.url import SmtpSettings

SLOW = 1.0  # seconds after which people want to know what is going on


@dataclass(frozen=True, slots=True)
class Probe:
    """How far a session got, and what the server said. Empty fields: not reached, or not offered."""

    problem: Outcome | None = None  # None = mail would be accepted for sending
    peer: str = ""  # address and port that answered
    greeting: str = ""
    capabilities: Capabilities | None = None
    mechanism: str = ""  # how we logged in
    tls_version: str = ""  # "TLSv1.3"
    cipher: str = ""
    certificate_names: tuple[str, ...] = ()
    certificate_expires: dt.datetime | None = None  # UTC


async def probe(settings: SmtpSettings, timeouts: Timeouts, waiting: Waiting = unheard) -> Probe:
    """Open one session up to the point where mail could be sent, and close it again.

    ``waiting`` is told of each step that takes longer than ``SLOW`` seconds. Raises ConfigError when the
    certificate file cannot be read; everything that the server or the network does is in the result.
    """
    context = tls_context(settings)
    loop = asyncio.get_running_loop()
    alarms: list[asyncio.TimerHandle] = []

    def step(what: str, patience: float) -> None:
        if alarms:
            alarms.pop().cancel()
        alarms.append(loop.call_later(SLOW, waiting, what, patience))

    try:
        line = await dial(settings, context, timeouts, step)
    except Refused as refused:
        return Probe(problem=refused.outcome, capabilities=refused.capabilities)
    finally:
        alarms.pop().cancel()
    result = Probe(
        peer=line.wire.peer,
        greeting=line.greeting,
        capabilities=line.capabilities,
        mechanism=line.mechanism,
    )
    if line.wire.tls is not None:
        result = _with_tls(result, line.wire.tls)
    await Session(line, timeouts).quit()
    return result


def _with_tls(result: Probe, tls: ssl.SSLObject) -> Probe:
    certificate = tls.getpeercert() or {}
    cipher = tls.cipher()
    expires = certificate.get("notAfter")
    return replace(
        result,
        tls_version=tls.version() or "",
        cipher=cipher[0] if cipher else "",
        certificate_names=tuple(str(entry[1]) for entry in certificate.get("subjectAltName", ())),
        certificate_expires=dt.datetime.fromtimestamp(ssl.cert_time_to_seconds(str(expires)), dt.UTC)
        if expires
        else None,
    )
