"""``pressfeed.toml`` and the environment → ``Config``. Every key: ``docs/configuration.md``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast
from zoneinfo import ZoneInfo

from pressfeed import checks, fields
from pressfeed.domain import Rate
from pressfeed.errors import ConfigError
from pressfeed.fields import Check, Document, Invalid, T, Table

FILE_NAME = "pressfeed.toml"
BASE_URL_VARIABLE = "PRESSFEED_BASE_URL"
TRANSPORT_VARIABLE = "PRESSFEED_MAIL_TRANSPORT"
IMAP_VARIABLE = "PRESSFEED_INCOMING_IMAP"
WEBHOOK_VARIABLE = "PRESSFEED_WEBHOOK_SECRET"

_PER_NETWORK = Rate(20, dt.timedelta(hours=1))
_TOTAL = Rate(1000, dt.timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a mail server in each phase (RFC 5321, section 4.5.3.2)."""

    connect: dt.timedelta = dt.timedelta(seconds=30)  # TCP and TLS
    greeting: dt.timedelta = dt.timedelta(minutes=5)
    command: dt.timedelta = dt.timedelta(minutes=5)  # EHLO, AUTH, MAIL, RCPT
    data: dt.timedelta = dt.timedelta(minutes=2)  # the 354 after DATA
    content: dt.timedelta = dt.timedelta(minutes=3)  # the server takes none of the content
    reply: dt.timedelta = dt.timedelta(minutes=10)  # the answer after the final dot
    quit: dt.timedelta = dt.timedelta(seconds=2)  # the goodbye; the connection is closed anyway


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
    breaker_first: dt.timedelta = dt.timedelta(seconds=1)  # nobody dials after a failed connection …
    breaker_max: dt.timedelta = dt.timedelta(minutes=5)  # … twice as long after each further one, up to this
    lease: dt.timedelta = dt.timedelta(seconds=60)
    in_doubt: Literal["resend", "hold"] = "resend"
    retry_first: dt.timedelta = dt.timedelta(minutes=5)
    retry_factor: float = 2.0
    retry_max: dt.timedelta = dt.timedelta(hours=6)
    retry_jitter: float = 0.25  # up to this part of a wait more, by chance
    give_up_after: dt.timedelta = dt.timedelta(days=3)
    bounce_address: str = ""  # the envelope's return path; "" = the sender's address
    unsubscribe_address: str = ""  # a mailbox for List-Unsubscribe; "" = none
    help_address: str = ""  # a person who helps; "" = reply_to, else the sender
    help_url: str = ""  # a page that helps; "" = none
    timeouts: Timeouts = field(default_factory=Timeouts)
    dkim: Dkim | None = None


@dataclass(frozen=True, slots=True)
class SignUpConfig:
    """Who may ask for mail on the sign-up page, and how often."""

    form: Literal["open", "closed"] = "open"
    per_network: Rate = _PER_NETWORK
    total: Rate = _TOTAL
    wait: dt.timedelta = dt.timedelta(seconds=2)  # people need longer than this for the form
    frames: tuple[str, ...] = ()  # origins of the sites that may show the form in a frame


@dataclass(frozen=True, slots=True)
class IncomingConfig:
    """Where bounces and answers come in, and when bounces end a subscription."""

    listen: str = ""  # lmtp://HOST:PORT, smtp://HOST:PORT or lmtp:SOCKET; "" = nowhere
    maildir: Path | None = None  # absolute
    imap: str = field(default="", repr=False)  # imaps://USER:PASSWORD@HOST/FOLDER
    poll: dt.timedelta = dt.timedelta(minutes=1)  # between two looks at the Maildir and the IMAP folder
    largest: int = 10_000_000  # bytes of one message
    soft_bounces: int = 5
    soft_period: dt.timedelta = dt.timedelta(days=14)
    webhook_secret: str = field(default="", repr=False)  # "" = no webhook
    mailgun_key: str = field(default="", repr=False)
    sendgrid_key: str = ""  # public, base64


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """How long personal data is kept, once it has served."""

    addresses: dt.timedelta = dt.timedelta(days=365)  # of people who have left
    consent: dt.timedelta = dt.timedelta(days=365)  # the proof, after they have left
    logs: dt.timedelta = dt.timedelta(days=90)  # servers' words, and who wrote what
    mail: dt.timedelta = dt.timedelta(days=30)  # what came in and was kept for an operator


@dataclass(frozen=True, slots=True)
class WebSubConfig:
    """Who pushes changed feeds to their readers."""

    hub: str = ""  # a URL; "own" = `pressfeed serve` is the hub; "" = nobody
    lease: dt.timedelta = dt.timedelta(days=10)  # of a subscriber of our own hub that names none
    lease_max: dt.timedelta = dt.timedelta(days=30)
    private_callbacks: Literal["refuse", "allow"] = "refuse"  # subscribers in our own network


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
    compress: tuple[str, ...] = ("gzip", "br")  # content codings of the siblings in public/
    search: bool = True  # pages have a form whose questions “pressfeed serve” answers
    signup: SignUpConfig = field(default_factory=SignUpConfig)
    incoming: IncomingConfig = field(default_factory=IncomingConfig)
    privacy: PrivacyConfig = field(default_factory=PrivacyConfig)
    websub: WebSubConfig = field(default_factory=WebSubConfig)
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

    @property
    def hub_url(self) -> str:
        """The hub that feeds name; "" where there is none."""
        return f"{self.base_url}/hub" if self.websub.hub == "own" else self.websub.hub

    @property
    def distant_hub(self) -> str:
        """The hub that has to be told of changes; "" where there is none, or it is ourselves."""
        return "" if self.websub.hub == "own" else self.websub.hub

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
    newsroom, mail, feeds, web, websub, signup, operators = (
        top.table(key) for key in ("newsroom", "mail", "feeds", "web", "websub", "signup", "operators")
    )
    incoming, privacy = top.table("incoming"), top.table("privacy")
    top.close()

    languages = newsroom.take("languages", fields.many(fields.language), ("en",))
    texts = fields.per_language(languages)
    names = newsroom.require("name", texts, 'Say what the newsroom is called: name = "…" below [newsroom]')
    if BASE_URL_VARIABLE in environ:
        newsroom.skip("base_url")
        base = _from_environment(environ, BASE_URL_VARIABLE, checks.base_url)
    else:
        base = newsroom.require(
            "base_url", checks.base_url, 'Say where readers find it: base_url = "https://…"'
        )
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
        contact=newsroom.take("contact", checks.address, ""),
        sender=mail.require(
            "from", checks.mailbox, 'Say who sends: from = "Press office <press@…>" below [mail]'
        ),
        reply_to=mail.take("reply_to", checks.mailbox, ""),
        mail=_mail(mail, root, environ),
        feed_size=feeds.take("size", fields.integer(1, 500), 30),
        compress=web.take("compress", fields.many(fields.choice("gzip", "br"), empty=True), ("gzip", "br")),
        search=web.take("search", fields.choice("on", "off"), "on") == "on",
        websub=_websub(websub),
        signup=_signup(signup),
        incoming=_incoming(incoming, root, environ),
        privacy=_privacy(privacy),
        notify=operators.take("notify", fields.many(checks.address, empty=True, lone=True), ()),
        templates=(root / "templates",) if (root / "templates").is_dir() else (),
    )
    for table in (newsroom, mail, feeds, web, websub, signup, incoming, privacy, operators):
        table.close()
    return config


def _websub(table: Table) -> WebSubConfig:
    default = WebSubConfig()
    return WebSubConfig(
        hub=table.take("hub", checks.hub, default.hub),
        lease=table.take("lease", fields.duration, default.lease),
        lease_max=table.take("lease_max", fields.duration, default.lease_max),
        private_callbacks=cast(
            Literal["refuse", "allow"],
            table.take("private_callbacks", fields.choice("refuse", "allow"), default.private_callbacks),
        ),
    )


def _mail(table: Table, root: Path, environ: Mapping[str, str]) -> MailConfig:
    default = MailConfig()
    retry_first = table.take("retry_first", fields.duration, default.retry_first)
    breaker_first = table.take("breaker_first", fields.duration, default.breaker_first)
    wire = table.take("transport", checks.transport, default.transport)
    if TRANSPORT_VARIABLE in environ:
        wire = _from_environment(environ, TRANSPORT_VARIABLE, checks.transport)
    return MailConfig(
        transport=wire,
        connections=table.take("connections", fields.integer(1, 200), default.connections),
        rate=table.take("rate", checks.rate, default.rate),
        messages_per_connection=table.take(
            "messages_per_connection", fields.integer(0, 1_000_000), default.messages_per_connection
        ),
        connection_age=table.take("connection_age", fields.duration, default.connection_age),
        breaker_first=breaker_first,
        breaker_max=table.take(
            "breaker_max", _at_least(breaker_first, "breaker_first"), max(default.breaker_max, breaker_first)
        ),
        lease=table.take("lease", fields.duration, default.lease),
        in_doubt=cast(
            Literal["resend", "hold"],
            table.take("in_doubt", fields.choice("resend", "hold"), default.in_doubt),
        ),
        retry_first=retry_first,
        retry_factor=table.take("retry_factor", fields.number(1, 10), default.retry_factor),
        retry_max=table.take(
            "retry_max", _at_least(retry_first, "retry_first"), max(default.retry_max, retry_first)
        ),
        retry_jitter=table.take("retry_jitter", fields.number(0, 1), default.retry_jitter),
        give_up_after=table.take("give_up_after", fields.duration, default.give_up_after),
        bounce_address=table.take("bounce_address", checks.address, default.bounce_address),
        unsubscribe_address=table.take("unsubscribe_address", checks.address, default.unsubscribe_address),
        help_address=table.take("help_address", checks.address, default.help_address),
        help_url=table.take("help_url", checks.page, default.help_url),
        timeouts=_timeouts(table.table("timeouts")),
        dkim=_dkim(table.table("dkim"), root),
    )


def _signup(table: Table) -> SignUpConfig:
    default = SignUpConfig()
    return SignUpConfig(
        form=cast(
            Literal["open", "closed"], table.take("form", fields.choice("open", "closed"), default.form)
        ),
        per_network=table.take("per_network", checks.at_most, default.per_network),
        total=table.take("total", checks.at_most, default.total),
        wait=table.take("wait", fields.duration, default.wait),
        frames=table.take("frames", fields.many(checks.origin, empty=True), default.frames),
    )


def _incoming(table: Table, root: Path, environ: Mapping[str, str]) -> IncomingConfig:
    default = IncomingConfig()
    imap = table.take("imap", checks.imap, default.imap)
    if IMAP_VARIABLE in environ:
        imap = _from_environment(environ, IMAP_VARIABLE, checks.imap)
    secret = table.take("webhook_secret", checks.secret, default.webhook_secret)
    if WEBHOOK_VARIABLE in environ:
        secret = _from_environment(environ, WEBHOOK_VARIABLE, checks.secret)
    return IncomingConfig(
        listen=table.take("listen", checks.listener, default.listen),
        maildir=table.take("maildir", lambda value: root / fields.text(value), default.maildir),
        imap=imap,
        poll=table.take("poll", fields.duration, default.poll),
        largest=table.take("largest", fields.integer(100_000, 100_000_000), default.largest),
        soft_bounces=table.take("soft_bounces", fields.integer(2, 100), default.soft_bounces),
        soft_period=table.take("soft_period", fields.duration, default.soft_period),
        webhook_secret=secret,
        mailgun_key=table.take("mailgun_key", fields.text, default.mailgun_key),
        sendgrid_key=table.take("sendgrid_key", fields.text, default.sendgrid_key),
    )


def _privacy(table: Table) -> PrivacyConfig:
    default = PrivacyConfig()
    return PrivacyConfig(
        addresses=table.take("addresses", fields.duration, default.addresses),
        consent=table.take("consent", fields.duration, default.consent),
        logs=table.take("logs", fields.duration, default.logs),
        mail=table.take("mail", fields.duration, default.mail),
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
        quit=table.take("quit", fields.duration, default.quit),
    )
    table.close()
    return timeouts


def _dkim(table: Table, root: Path) -> Dkim | None:
    if not table.given:
        return None

    def key_file(value: object) -> Path:
        return root / fields.text(value)

    dkim = Dkim(
        domain=table.require(
            "domain", checks.domain, "Name the domain that signs, usually that of the sender"
        ),
        selector=table.require(
            "selector", checks.domain, "Name the DNS selector under which the key is published"
        ),
        key=table.require("key", key_file, "Name the file of the private key (PEM)"),
        ed25519_selector=table.take("ed25519_selector", checks.domain, ""),
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


def _at_least(shortest: dt.timedelta, key: str) -> Check[dt.timedelta]:
    def check(value: object) -> dt.timedelta:
        length = fields.duration(value)
        if length < shortest:
            raise Invalid(f'"{value}" is shorter than {key}', f"Lengthen it, or shorten {key}")
        return length

    return check
