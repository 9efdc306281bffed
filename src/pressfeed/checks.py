"""Checks of web and mail addresses, mail transports and rates in settings: see ``pressfeed.fields``."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from urllib.parse import quote, urlsplit

from pressfeed import fields
from pressfeed.domain import Rate
from pressfeed.fields import Invalid

_PERIODS = {"m": dt.timedelta(minutes=1), "h": dt.timedelta(hours=1), "d": dt.timedelta(days=1)}


def base_url(value: object) -> str:
    """An absolute http(s) URL in ASCII without a trailing slash, query or fragment."""
    remedy = 'Write it like "https://press.example.org"'
    url = fields.text(value)
    scheme, host = _web_address(url, remedy)
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.username is not None:
        raise Invalid(f'"{url}" has more than a host and a path', remedy)
    port = f":{parts.port}" if parts.port else ""
    return f"{scheme}://{host}{port}{quote(parts.path.rstrip('/'), safe='/%:@!$&()*+,;=~-._')}"


def page(value: object) -> str:
    """An absolute http(s) URL."""
    url = fields.text(value)
    _web_address(url, 'Write it like "https://example.org/help"')
    return url


def hub(value: object) -> str:
    """``own``, or an absolute http(s) URL."""
    return "own" if value == "own" else page(value)


def transport(value: object) -> str:
    """``maildir:FOLDER`` or ``smtp[s]://[user:password@]host[:port][?options]``. Never shows a password."""
    url = fields.text(value)
    remedy = 'Write "maildir:outbox" or "smtp://user:password@host:587"'
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in {"maildir", "smtp", "smtps"}:
        raise Invalid("this is not a mail transport", remedy)
    if scheme == "maildir":
        if not rest or rest.startswith("?"):
            raise Invalid("the Maildir has no folder", remedy)
        return url
    try:
        parts = urlsplit(url)
        sound = parts.port != 0 and parts.path in {"", "/"} and not parts.fragment
    except ValueError:  # its text may quote the password
        sound = False
    if not sound:
        raise Invalid(
            "the mail server's host or port is not understood",
            f"{remedy}; in a user name or password write / # ? @ : as %2F %23 %3F %40 %3A",
        )
    if not parts.hostname:
        raise Invalid("the mail server has no host", remedy)
    return url


def imap(value: object) -> str:
    """``imaps://user:password@host[:port]/folder``; ``imap://`` for a server on this machine, or STARTTLS."""
    url = fields.text(value)
    remedy = 'Write "imaps://user:password@mail.example.org/INBOX", special characters like %40 for @'
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"imap", "imaps"} and parts.port != 0 and not parts.fragment
    except ValueError:  # its text may quote the password
        sound = False
    if not sound or not parts.hostname or not parts.username or parts.password is None:
        raise Invalid("this is not an IMAP folder", remedy)
    return url


def listener(value: object) -> str:
    """``lmtp://host:port``, ``smtp://host:port``, or ``lmtp:path/of/a.sock``."""
    given = fields.text(value)
    remedy = 'Write "lmtp:run/incoming.sock", "lmtp://127.0.0.1:8024" or "smtp://127.0.0.1:8025"'
    if re.fullmatch(r"lmtp:(?!//)\S+", given):
        return given
    try:
        parts = urlsplit(given)
        sound = parts.scheme in {"lmtp", "smtp"} and parts.hostname and parts.port and not parts.path
    except ValueError:
        sound = False
    if not sound:
        raise Invalid(f'"{given}" is no place to listen', remedy)
    return given


def secret(value: object) -> str:
    """A secret that may stand in a URL's path."""
    given = fields.text(value)
    if not re.fullmatch(r"[A-Za-z0-9_-]{20,200}", given):
        raise Invalid(
            "this secret is too short, or has characters that a URL has not",
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'",
        )
    return given


def rate(value: object) -> float:
    """Messages a second: a number, or ``"500/h"``, ``"100/m"``, ``"14/s"``, ``"10000/d"``; 0 = no limit."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d{1,9})\s*/\s*([smhd])\s*", value)
        if not match:
            raise Invalid(
                f'"{value}" is not a rate', 'Write it like "14/s", "100/m", "500/h", or 0 for no limit'
            )
        return int(match[1]) / {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    return fields.number(0, 1_000_000)(value)


def at_most(value: object) -> Rate:
    """So many in a period of time: ``"6/h"``, ``"20/d"``."""
    match = re.fullmatch(r"\s*([1-9]\d{0,6})\s*/\s*([mhd])\s*", value) if isinstance(value, str) else None
    if not match:
        raise Invalid(f"“{value}” is not a rate", 'Write how many at most, such as "6/h" or "20/d"')
    return Rate(int(match[1]), _PERIODS[match[2]])


def origin(value: object) -> str:
    """The origin of a web site (RFC 6454): scheme, host and port, without a path."""
    remedy = 'Write it like "https://www.example.org"'
    url = base_url(value)
    if urlsplit(url).path:
        raise Invalid(f'"{url}" has more than a host', remedy)
    return url


def address(value: object) -> str:
    """One e-mail address without a name, its domain in lower case."""
    from email_validator import EmailNotValidError, validate_email

    given = fields.text(value)
    try:
        checked = validate_email(given, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise Invalid(
            f'"{given}" is not an e-mail address: {reason}', "Write one like press@example.org"
        ) from error
    return checked.normalized


def mailbox(value: object) -> str:
    """``Name <address>`` or ``address``, as written (RFC 5322, section 3.4)."""
    given = fields.text(value)
    remedy = "Write it like 'Press office <press@example.org>'"
    match = re.fullmatch(r"(?P<name>[^<>\n]*)<(?P<address>[^<>\s]+)>", given)
    if not match:
        if re.search(r"[<>\s]", given):
            raise Invalid(f'"{given}" is not a name with an address', remedy)
        return address(given)
    address(match["address"])
    name = match["name"].strip()
    if re.search(r'[",:;@()\[\]\\]', name) and not re.fullmatch(r'"[^"\\]+"', name):
        raise Invalid(
            f"the name {name} has a character with a meaning of its own",
            "Put the name into double quotes, and all of it into single ones: '\"Press, Geneva\" <press@…>'",
        )
    return given


def domain(value: object) -> str:
    """A domain name or a part of one, in ASCII lower case."""
    given = fields.text(value).lower()
    if not re.fullmatch(
        r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*",
        given,
    ):
        raise Invalid(f'"{given}" is not a domain name', "Write it like example.org, in ASCII (xn--…)")
    return given


def _web_address(url: str, remedy: str) -> tuple[str, str]:
    """Scheme and ASCII host of an http(s) URL."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port == 0:
            raise ValueError("port 0")
        if ":" in host:
            return parts.scheme, f"[{ipaddress.IPv6Address(host)}]"
        host = host.encode("idna").decode("ascii")
    except ValueError as error:
        raise Invalid(f'"{url}" is not a web address: {error}', remedy) from error
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", url):
        raise Invalid(f'"{url}" is not a web address', remedy)
    return parts.scheme, host
