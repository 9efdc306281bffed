"""From settings to a transport."""

from __future__ import annotations

from pressfeed.delivery.limits import Limits
from pressfeed.delivery.maildir import MaildirTransport
from pressfeed.delivery.pool import SmtpTransport
from pressfeed.delivery.transport import Transport
from pressfeed.delivery.url import MaildirSettings, SmtpSettings


def open_transport(settings: MaildirSettings | SmtpSettings, limits: Limits) -> Transport:
    """The transport that the settings describe; an SMTP one has dialled nothing yet.

    Raises ConfigError (certificates that cannot be read) or DeliveryError (a Maildir that cannot be made).
    """
    if isinstance(settings, MaildirSettings):
        return MaildirTransport(settings.path, limits.connections)
    return SmtpTransport(settings, limits)
