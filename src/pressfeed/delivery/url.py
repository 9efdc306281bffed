"""The transport URL of ``[mail] transport``: where mail goes, as plain data.

    maildir:PATH                                  a Maildir, PATH relative to the newsroom
    smtp://[USER:PASSWORD@]HOST[:PORT][?OPTIONS]  STARTTLS required (587), plain to a loopback host (25)
    smtps://[USER:PASSWORD@]HOST[:PORT]           TLS from the first byte (465, RFC 8314)

Options: ``tls=starttls|implicit|none``, ``ca=FILE`` (trust these PEM certificates instead of the
system's), ``verify=NAME`` (the certificate's name, where it is not HOST), ``hello=NAME`` (our name in EHLO).
User and password are percent-decoded. A password never appears in a repr, a log or an error.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pressfeed.errors import ConfigError

HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
    r"(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\Z"
)
EXAMPLE = "Write it as smtp://user:password@mail.example.org:587 or maildir:mail"
ENCODE = "Percent-encode special characters in user and password: %40 for @, %2F for /, %23 for #, %3A for :"


class Tls(StrEnum):
    """How a connection is encrypted. Certificates are always verified."""

    STARTTLS = "starttls"  # RFC 3207, required: without it nothing is sent
    IMPLICIT = "implicit"  # RFC 8314
    NONE = "none"


PORTS = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class MaildirSettings:
    """A Maildir on this machine."""

    path: Path

    def __str__(self) -> str:
        return f"maildir:{self.path}"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One SMTP server. ``str()`` is its URL without the password."""

    host: str  # an A-label name or an IP address without brackets
    port: int
    tls: Tls
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    verify: str = ""  # the name that the certificate must bear, where it is not the host
    hello: str = ""  # our name in EHLO; "" = the host's full name, else its address (RFC 5321 §4.1.4)

    def __str__(self) -> str:
        user = f"{quote(self.user, safe='')}:***@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"smtp://{user}{host}:{self.port}?tls={self.tls}"


def parse(url: str, root: Path = Path()) -> MaildirSettings | SmtpSettings:
    """Read a transport URL; relative paths in it start at ``root``, the newsroom's folder.

    Raises ConfigError for anything that is not such a URL, and for credentials that would travel in plain
    text to another machine.
    """
    if any(not character.isprintable() or character.isspace() for character in url.strip()):
        raise ConfigError("the mail transport has a space or control character in it", remedy=ENCODE)
    scheme, colon, rest = url.strip().partition(":")
    match scheme.lower() if colon else "":
        case "maildir":
            if not rest or rest.startswith("//"):
                raise ConfigError(
                    "maildir: needs a path", remedy="Write it as maildir:mail or maildir:/var/mail/press"
                )
            return MaildirSettings(root / unquote(rest))
        case "smtp":
            return _smtp(f"smtp:{rest}", root, default=None)
        case "smtps":
            return _smtp(f"smtp:{rest}", root, default=Tls.IMPLICIT)
        case _:
            raise ConfigError("the mail transport is neither maildir: nor smtp: nor smtps:", remedy=EXAMPLE)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself, so that plain text does not leave it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _smtp(url: str, root: Path, default: Tls | None) -> SmtpSettings:
    # urlsplit's own errors quote what they could not read, which may be half a password: hence `from None`.
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise ConfigError("the mail transport's host or port cannot be read", remedy=ENCODE) from None
    if not url.startswith("smtp://") or parts.fragment or parts.path not in ("", "/") or port == 0:
        raise ConfigError(
            "the mail transport is not of the form smtp://user:password@host:port", remedy=ENCODE
        )
    host = _host(unquote(host))
    options = _options(parts.query)
    tls = _tls(options.get("tls"), default, host)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ConfigError("the mail transport has a user without a password, or the reverse", remedy=EXAMPLE)
    if "\0" in user + password:
        raise ConfigError("the mail transport's user or password holds a NUL", remedy=ENCODE)
    if user and tls is Tls.NONE and not is_loopback(host):
        raise ConfigError(
            f"the password for {host} would travel in plain text",
            remedy="Leave out tls=none, or use smtps://",
        )
    if tls is Tls.NONE and ("ca" in options or "verify" in options):
        raise ConfigError(
            "ca= and verify= mean nothing without TLS", remedy="Add tls=starttls, or leave them out"
        )
    return SmtpSettings(
        host,
        port or PORTS[tls],
        tls,
        user,
        password,
        ca=root / options["ca"] if "ca" in options else None,
        verify=_host(options["verify"]) if "verify" in options else "",
        hello=_host(options["hello"]) if "hello" in options else "",
    )


def _host(text: str) -> str:
    """An IP address as it is, a name in A-labels (RFC 5890); ConfigError for anything else."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        name = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not HOST_NAME.match(name):
        raise ConfigError("the mail transport names no valid host", remedy=EXAMPLE)
    return name


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=20)
    except ValueError:
        raise ConfigError(
            "the options after ? of the mail transport cannot be read", remedy=EXAMPLE
        ) from None
    known = ("tls", "ca", "verify", "hello")
    options: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise ConfigError(
                "the mail transport has an unknown option", remedy=f"Options are {', '.join(known)}"
            )
        if name in options or not value:
            raise ConfigError(
                f"the mail transport's option {name} is empty or given twice", remedy="Give it once"
            )
        options[name] = value
    return options


def _tls(option: str | None, default: Tls | None, host: str) -> Tls:
    if option is None:
        return default or (Tls.NONE if is_loopback(host) else Tls.STARTTLS)
    if option not in set(Tls):
        raise ConfigError("tls= of the mail transport is not known", remedy="Use starttls, implicit or none")
    tls = Tls(option)
    if default is not None and tls is not default:
        raise ConfigError(
            f"smtps:// cannot have tls={tls}", remedy="Use smtp:// with tls=, or smtps:// alone"
        )
    return tls
