"""``pressfeed.toml`` and the environment → ``Config``. Every key: ``docs/configuration.md``."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pressfeed import fields
from pressfeed.errors import ConfigError
from pressfeed.fields import Check, Document, Invalid, T, Table

FILE_NAME = "pressfeed.toml"
BASE_URL_VARIABLE = "PRESSFEED_BASE_URL"
TRANSPORT_VARIABLE = "PRESSFEED_MAIL_TRANSPORT"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a mail server in each phase (RFC 5321, section 4.5.3.2)."""

    connect: dt.timedelta = dt.timedelta(seconds=30)  # TCP and TLS
    greeting: dt.timedelta = dt.timedelta(minutes=5)
    command: dt.timedelta = dt.timedelta(minutes=5)  # EHLO, AUTH, MAIL, RCPT
    data: dt.timedelta = dt.timedelta(minutes=2)  # the 354 after DATA
    content: dt.timedelta = dt.timedelta(minutes=3)  # the server takes none of the content
    reply: dt.timedelta = dt.timedelta(minutes=10)  # the answer after the final dot


@dataclass(frozen=True, slots=True)
class Dkim:
    """Which keys sign the mail of which domain (RFC 6376; Ed25519: RFC 8463)."""

    domain: str
    selector: str
    key: Path  # absolute; PEM
    ed25519_selector: str = ""
    ed25519_key: Path | None = None  # absolute; PEM


@dataclass(frozen=True, slots=True)
class MailConfig:
    """How bulletins leave: the transport, its limits, and what happens when it fails."""

    transport: str = field(default="maildir:outbox", repr=False)  # may hold a password
    connections: int = 10
    rate: float = 0.0  # messages a second over all connections; 0 = no limit
    messages_per_connection: int = 500  # 0 = no limit
    connection_age: dt.timedelta = dt.timedelta(minutes=5)
    lease: dt.timedelta = dt.timedelta(seconds=60)
    in_doubt: Literal["resend", "hold"] = "resend"
    retry_first: dt.timedelta = dt.timedelta(minutes=5)
    retry_factor: float = 2.0
    retry_max: dt.timedelta = dt.timedelta(hours=6)
    give_up_after: dt.timedelta = dt.timedelta(days=3)
    bounce_address: str = ""  # the envelope's return path; "" = the sender's address
    unsubscribe_address: str = ""  # a mailbox for List-Unsubscribe; "" = none
    help_address: str = ""  # a person who helps; "" = reply_to, else the sender
    help_url: str = ""  # a page that helps; "" = none
    timeouts: Timeouts = field(default_factory=Timeouts)
    dkim: Dkim | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """One newsroom's settings. Paths are absolute; mappings go from languages to texts."""

    root: Path
    name: str  # in the first language
    names: Mapping[str, str]
    base_url: str  # ASCII, without a trailing slash
    languages: tuple[str, ...]  # the first one is the newsroom's own
    zone: ZoneInfo
    sender: str  # "Name <address>" or "address", as written
    reply_to: str = ""  # as sender; "" = none
    descriptions: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    address: str = ""  # postal, for the foot of every mail
    contact: str = ""  # the press office's public e-mail address; "" = reply_to, else the sender's
    mail: MailConfig = field(default_factory=MailConfig)
    feed_size: int = 30
    notify: tuple[str, ...] = ()  # operators' addresses
    templates: tuple[Path, ...] = ()  # folders of overrides; the last one wins

    @property
    def schedules(self) -> Path:
        """The folder with one TOML file per region."""
        return self.root / "schedules"

    @property
    def public(self) -> Path:
        """The folder that a web server shows."""
        return self.root / "public"

    @property
    def database(self) -> Path:
        return self.root / "db" / "pressfeed.sqlite3"

    def name_in(self, language: str) -> str:
        """The newsroom's name in a language, else in its own."""
        return self.names.get(language, self.name)


def load(root: Path, environ: Mapping[str, str]) -> Config:
    """The settings of the newsroom in the folder ``root``.

    ``PRESSFEED_BASE_URL`` and ``PRESSFEED_MAIL_TRANSPORT`` in ``environ`` win over the file. Raises
    ConfigError with file, line and remedy for a missing or unreadable file, a wrong key or a bad value.
    """
    root = root.resolve()
    file = root / FILE_NAME
    if not file.is_file():
        raise ConfigError(
            f"{root} is not a newsroom: it has no {FILE_NAME}",
            remedy="Make one with “pressfeed init DIR”, or name it with -C DIR or PRESSFEED_NEWSROOM",
        )
    return read(Document.read(file), root, environ)


def read(document: Document, root: Path, environ: Mapping[str, str]) -> Config:
    """As ``load``, from a document at hand."""
    top = document.root
    newsroom, mail, feeds, operators = (top.table(key) for key in ("newsroom", "mail", "feeds", "operators"))
    top.close()

    languages = newsroom.take("languages", fields.many(fields.language), ("en",))
    texts = fields.per_language(languages)
    names = newsroom.require("name", texts, 'Say what the newsroom is called: name = "…" below [newsroom]')
    if BASE_URL_VARIABLE in environ:
        newsroom.skip("base_url")
        base = _from_environment(environ, BASE_URL_VARIABLE, base_url)
    else:
        base = newsroom.require("base_url", base_url, 'Say where readers find it: base_url = "https://…"')
    config = Config(
        root=root,
        name=next((names[code] for code in languages if code in names), next(iter(names.values()))),
        names=names,
        base_url=base,
        languages=languages,
        zone=newsroom.take("time_zone", fields.zone, ZoneInfo("UTC")),
        descriptions=newsroom.take("description", texts, MappingProxyType({})),
        about=newsroom.take("about", texts, MappingProxyType({})),
        address=newsroom.take("address", fields.text, ""),
        contact=newsroom.take("contact", address, ""),
        sender=mail.require("from", mailbox, 'Say who sends: from = "Press office <press@…>" below [mail]'),
        reply_to=mail.take("reply_to", mailbox, ""),
        mail=_mail(mail, root, environ),
        feed_size=feeds.take("size", fields.integer(1, 500), 30),
        notify=operators.take("notify", fields.many(address, empty=True, lone=True), ()),
        templates=(root / "templates",) if (root / "templates").is_dir() else (),
    )
    for table in (newsroom, mail, feeds, operators):
        table.close()
    return config


def _mail(table: Table, root: Path, environ: Mapping[str, str]) -> MailConfig:
    default = MailConfig()
    retry_first = table.take("retry_first", fields.duration, default.retry_first)
    wire = table.take("transport", transport, default.transport)
    if TRANSPORT_VARIABLE in environ:
        wire = _from_environment(environ, TRANSPORT_VARIABLE, transport)
    return MailConfig(
        transport=wire,
        connections=table.take("connections", fields.integer(1, 200), default.connections),
        rate=table.take("rate", rate, default.rate),
        messages_per_connection=table.take(
            "messages_per_connection", fields.integer(0, 1_000_000), default.messages_per_connection
        ),
        connection_age=table.take("connection_age", fields.duration, default.connection_age),
        lease=table.take("lease", fields.duration, default.lease),
        in_doubt=cast(
            Literal["resend", "hold"],
            table.take("in_doubt", fields.choice("resend", "hold"), default.in_doubt),
        ),
        retry_first=retry_first,
        retry_factor=table.take("retry_factor", fields.number(1, 10), default.retry_factor),
        retry_max=table.take("retry_max", _at_least(retry_first), max(default.retry_max, retry_first)),
        give_up_after=table.take("give_up_after", fields.duration, default.give_up_after),
        bounce_address=table.take("bounce_address", address, default.bounce_address),
        unsubscribe_address=table.take("unsubscribe_address", address, default.unsubscribe_address),
        help_address=table.take("help_address", address, default.help_address),
        help_url=table.take("help_url", page, default.help_url),
        timeouts=_timeouts(table.table("timeouts")),
        dkim=_dkim(table.table("dkim"), root),
    )


def _timeouts(table: Table) -> Timeouts:
    default = Timeouts()
    timeouts = Timeouts(
        connect=table.take("connect", fields.duration, default.connect),
        greeting=table.take("greeting", fields.duration, default.greeting),
        command=table.take("command", fields.duration, default.command),
        data=table.take("data", fields.duration, default.data),
        content=table.take("content", fields.duration, default.content),
        reply=table.take("reply", fields.duration, default.reply),
    )
    table.close()
    return timeouts


def _dkim(table: Table, root: Path) -> Dkim | None:
    if not table.given:
        return None

    def key_file(value: object) -> Path:
        return root / fields.text(value)

    dkim = Dkim(
        domain=table.require("domain", domain, "Name the domain that signs, usually that of the sender"),
        selector=table.require("selector", domain, "Name the DNS selector under which the key is published"),
        key=table.require("key", key_file, "Name the file of the private key (PEM)"),
        ed25519_selector=table.take("ed25519_selector", domain, ""),
        ed25519_key=table.take("ed25519_key", key_file, None),
    )
    table.close()
    if bool(dkim.ed25519_selector) != (dkim.ed25519_key is not None):
        raise table.error(
            "the Ed25519 key needs both a selector and a file",
            "Give ed25519_selector and ed25519_key, or neither",
        )
    return dkim


def _from_environment(environ: Mapping[str, str], name: str, check: Check[T]) -> T:
    try:
        return check(environ[name])
    except Invalid as error:
        raise ConfigError(
            f"the environment variable {name}: {error}", remedy=f"{error.remedy}; or unset {name}"
        ) from error


# ------------------------------------------------------------------------------------------------ checks


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


def _at_least(shortest: dt.timedelta) -> Check[dt.timedelta]:
    def check(value: object) -> dt.timedelta:
        length = fields.duration(value)
        if length < shortest:
            raise Invalid(f'"{value}" is shorter than retry_first', "Lengthen it, or shorten retry_first")
        return length

    return check


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
