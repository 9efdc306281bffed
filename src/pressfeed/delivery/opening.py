"""From the configuration to a transport."""

from __future__ import annotations

from pathlib import Path

from pressfeed.config import MailConfig
from pressfeed.delivery import url
from pressfeed.delivery.limits import Limits, Timeouts
from pressfeed.delivery.maildir import MaildirTransport
from pressfeed.delivery.pool import SmtpTransport
from pressfeed.delivery.url import MaildirSettings, SmtpSettings


def open_transport(mail: MailConfig, root: Path) -> MaildirTransport | SmtpTransport:
    """The transport of a newsroom in the folder ``root``; an SMTP one has dialled nothing yet.

    Raises ConfigError (a URL or certificate file of no use) or DeliveryError (a Maildir that cannot be made).
    """
    settings = settings_of(mail, root)
    if isinstance(settings, MaildirSettings):
        return MaildirTransport(settings.path, mail.connections)
    return SmtpTransport(settings, limits_of(mail))


def settings_of(mail: MailConfig, root: Path) -> MaildirSettings | SmtpSettings:
    """Where mail goes. Raises ConfigError."""
    return url.parse(mail.transport, root)


def limits_of(mail: MailConfig) -> Limits:
    """How hard to press, in the wire's own terms: durations become seconds."""
    patience = mail.timeouts
    return Limits(
        connections=mail.connections,
        rate=mail.rate,
        messages_per_connection=mail.messages_per_connection,
        connection_age=mail.connection_age.total_seconds(),
        breaker_first=mail.breaker_first.total_seconds(),
        breaker_longest=mail.breaker_max.total_seconds(),
        timeouts=Timeouts(
            connect=patience.connect.total_seconds(),
            greeting=patience.greeting.total_seconds(),
            command=patience.command.total_seconds(),
            data=patience.data.total_seconds(),
            content=patience.content.total_seconds(),
            reply=patience.reply.total_seconds(),
            quit=patience.quit.total_seconds(),
        ),
    )
