"""Check that a newsroom can do its work, before it has to."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum
from urllib.parse import urlsplit

from pressfeed import digest, dkim
from pressfeed.delivery.dialling import Waiting, unheard
from pressfeed.delivery.maildir import MaildirTransport
from pressfeed.delivery.opening import limits_of, settings_of
from pressfeed.delivery.probe import Probe, probe
from pressfeed.delivery.url import MaildirSettings, SmtpSettings, is_loopback
from pressfeed.errors import PressfeedError
from pressfeed.message import domain_of
from pressfeed.publish.mail import Composer
from pressfeed.publish.room import Newsroom

LARGEST_MAIL = 200_000  # bytes: a digest's two parts, encoded, with room to spare
EXPIRES_SOON = dt.timedelta(days=14)


class Grade(StrEnum):
    """How a check came out."""

    GOOD = "ok"
    WARNING = "warning"  # it works, but not as well as it should
    BAD = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, how it came out, what was seen and what to do."""

    subject: str
    grade: Grade
    text: str


def examine(room: Newsroom, now: dt.datetime, waiting: Waiting = unheard) -> Iterator[Finding]:
    """Look at transport, base URL, keys and templates, one after the other.

    Connects to the configured mail server, logs in and says goodbye; nothing is sent. ``waiting`` is told
    what a slow server is waited for, and for how many seconds at most.
    """
    yield Finding(
        "settings", Grade.GOOD, f"{len(room.regions.all)} regions, {len(room.regions.bulletins)} bulletins"
    )
    try:
        settings = settings_of(room.config.mail, room.config.root)
    except PressfeedError as error:
        yield Finding("mail transport", Grade.BAD, str(error))
        settings = None
    real = isinstance(settings, SmtpSettings) and not is_loopback(settings.host)
    if isinstance(settings, MaildirSettings):
        yield _maildir(settings)
    elif isinstance(settings, SmtpSettings):
        try:
            result = asyncio.run(probe(settings, limits_of(room.config.mail).timeouts, waiting))
        except PressfeedError as error:  # the file of certificates
            yield Finding("mail transport", Grade.BAD, str(error))
        else:
            yield from _smtp(result, settings, now)
    # Also behind a server on this machine: its mail reaches people elsewhere as well.
    yield _base_url(room.config.base_url, real=isinstance(settings, SmtpSettings))
    yield from _dkim(room, real=real)
    yield _composer(room)
    yield _templates(room)


def _maildir(settings: MaildirSettings) -> Finding:
    try:
        MaildirTransport(settings.path)
    except PressfeedError as error:
        return Finding("mail transport", Grade.BAD, str(error))
    return Finding("mail transport", Grade.GOOD, f"Maildir {settings.path}: mail stays on this machine")


def _smtp(result: Probe, settings: SmtpSettings, now: dt.datetime) -> Iterator[Finding]:
    if result.problem is not None:
        said = f"{result.problem.code or ''} {result.problem.text}".strip()
        yield Finding("mail transport", Grade.BAD, f"{settings}: {said} (at {result.problem.stage})")
        return
    yield Finding("mail transport", Grade.GOOD, f"{settings}: {result.peer} answers: {result.greeting}")
    if result.tls_version:
        yield Finding("encryption", Grade.GOOD, f"{result.tls_version} {result.cipher}")
        expires = result.certificate_expires
        if expires is not None and expires - now < EXPIRES_SOON:
            text = f"the server's certificate ends on {expires:%Y-%m-%d}. Ask its operator to renew it."
            yield Finding("certificate", Grade.WARNING, text)
    elif not is_loopback(settings.host):
        yield Finding(
            "encryption", Grade.WARNING, "none: anybody on the way can read the mail. Use tls=starttls."
        )
    if result.mechanism:
        yield Finding("authentication", Grade.GOOD, f"{result.mechanism} as {settings.user}")
    offered = result.capabilities
    if offered is None:
        return
    if offered.size and offered.size < LARGEST_MAIL:
        text = f"the server takes at most {offered.size} bytes; a digest may have {LARGEST_MAIL}."
        yield Finding("size limit", Grade.BAD, text)
    else:
        limit = f"{offered.size} bytes" if offered.size else "none stated"
        yield Finding("size limit", Grade.GOOD, limit)
    if not offered.pipelining:
        yield Finding("speed", Grade.WARNING, "no PIPELINING: each mail takes more round trips.")


def _base_url(base_url: str, *, real: bool) -> Finding:
    parts = urlsplit(base_url)
    local = is_loopback(parts.hostname or "")
    if real and (parts.scheme != "https" or local):
        text = f"{base_url}: mail to real readers needs an https address that they can reach. Set base_url."
        return Finding("base URL", Grade.BAD, text)
    if local or parts.scheme != "https":
        return Finding("base URL", Grade.WARNING, f"{base_url}: good for trying out only")
    return Finding("base URL", Grade.GOOD, base_url)


def _dkim(room: Newsroom, *, real: bool) -> Iterator[Finding]:
    settings = room.config.mail.dkim
    if settings is None:
        grade = Grade.WARNING if real else Grade.GOOD
        yield Finding("DKIM", grade, "mail is not signed. Make a key with: pressfeed dkim keygen")
        return
    sender = domain_of(parseaddr(room.config.sender)[1])
    for path in filter(None, (settings.key, settings.ed25519_key)):
        try:
            warnings = dkim.warnings(path)
            dkim.load_key(path.read_bytes(), path)
        except (PressfeedError, OSError) as error:
            yield Finding("DKIM", Grade.BAD, f"{path}: {error}")
            continue
        for warning in warnings:
            yield Finding("DKIM", Grade.WARNING, warning)
        yield Finding("DKIM", Grade.GOOD, f"{path.name} signs for {settings.domain}")
    if sender != settings.domain and not sender.endswith(f".{settings.domain}"):
        text = f"signs for {settings.domain}, but mail comes from {sender}: DMARC will not match."
        yield Finding("DKIM", Grade.WARNING, text)


def _composer(room: Newsroom) -> Finding:
    try:
        composer = Composer(room)
    except PressfeedError as error:
        return Finding("sender", Grade.BAD, str(error))
    return Finding("sender", Grade.GOOD, f"{room.config.sender}, bounces to {composer.bounce_address}")


def _templates(room: Newsroom) -> Finding:
    try:
        digest.Renderer(room.config.templates).check()
    except PressfeedError as error:
        return Finding("templates", Grade.BAD, str(error))
    own = ", ".join(str(folder) for folder in room.config.templates)
    return Finding("templates", Grade.GOOD, f"with overrides from {own}" if own else "as shipped")
