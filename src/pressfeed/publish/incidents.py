"""Tell the operators: one plain mail for each incident, however long it lasts."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from pressfeed import __version__, dkim
from pressfeed.config import Config
from pressfeed.delivery.transport import Outcome, Outgoing, Result, Transport
from pressfeed.errors import ConfigError
from pressfeed.message import domain_of, wire_address
from pressfeed.publish import stoppable
from pressfeed.publish.mail import signers
from pressfeed.publish.room import Newsroom
from pressfeed.store.incidents import Incident

log = logging.getLogger("pressfeed.scheduler")

GRACE = dt.timedelta(seconds=5)  # what is over sooner than this need not be told
LEASE = dt.timedelta(minutes=5)  # how long one process has for telling
STALE = dt.timedelta(days=1)  # what has been over for longer is no news


def tell(
    room: Newsroom,
    open_transport: Callable[[], Transport],
    now: dt.datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Mail the operators what they have not been told of; how many incidents were told.

    Those that cannot be handed over are tried again when the lease is over; an incident that is over
    meanwhile is told all the same. Nothing happens where no operator has an address.
    """
    store = room.store
    told = 0
    for incident in store.incidents.untold(now):
        lasted = (incident.closed_at or now) - incident.opened_at
        if incident.closed_at and (lasted < GRACE or now - incident.closed_at > STALE):
            store.incidents.told(incident.id, now)
            continue
        if lasted < GRACE or not room.config.notify or stopping():
            continue
        if not store.incidents.begin_telling(incident.id, now, now + LEASE):
            continue
        if send(room.config, open_transport(), incident, stopping):
            store.incidents.told(incident.id, now)
            told += 1
    return told


def send(
    config: Config, transport: Transport, incident: Incident, stopping: Callable[[], bool] = lambda: False
) -> bool:
    """Hand over an incident's mail to every operator; whether one of them has it."""

    async def deliver() -> list[Outcome]:
        connection = await transport.connect()
        try:
            return [
                await connection.deliver(_outgoing(config, incident, address), _always)
                for address in config.notify
            ]
        finally:
            await connection.close()
            await transport.close()

    outcomes = stoppable.run(deliver(), stopping) or []
    for outcome in outcomes:
        if outcome.result is not Result.SENT:
            log.warning("incident.untold key=%s %s %s", incident.key, outcome.result, outcome.text)
    return any(outcome.result is Result.SENT for outcome in outcomes)


def letter(config: Config, incident: Incident, recipient: str) -> EmailMessage:
    """The mail about an incident: plain text, marked as sent by a machine (RFC 3834)."""
    name, sender = parseaddr(config.sender)
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))  # a signature must survive every relay
    mail["From"] = Address(name or config.name, addr_spec=wire_address(sender)[0])
    mail["To"] = Address(addr_spec=wire_address(recipient)[0])
    mail["Subject"] = f"[{config.name}] {_headline(incident.text)}"
    mail["Date"] = format_datetime(incident.opened_at)
    domain = domain_of(sender)
    mail["Message-ID"] = f"<incident.{incident.id}.{incident.opened_at:%Y%m%d%H%M%S%f}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    local = incident.opened_at.astimezone(config.zone)
    over = ""
    if incident.closed_at is not None:
        over = f"\nIt was over at {incident.closed_at.astimezone(config.zone):%H:%M:%S}.\n"
    mail.set_content(
        f"{incident.text}\n{over}\n"
        f"Since {local:%Y-%m-%d %H:%M:%S} ({config.zone.key}), in the newsroom {config.root}.\n"
        f"This is told once. What is wrong now: pressfeed health\n\n-- \npressfeed {__version__}\n"
    )
    return mail


def _headline(text: str) -> str:
    first = " ".join(text.split()).partition(". ")[0]
    return first if len(first) <= 90 else first[:89] + "…"


def _outgoing(config: Config, incident: Incident, recipient: str) -> Outgoing:
    sender = config.mail.bounce_address or parseaddr(config.sender)[1]
    message = letter(config, incident, recipient).as_bytes()
    try:
        message = dkim.sign(message, signers(config), incident.opened_at)
    except ConfigError as error:  # the key itself may be the trouble
        log.warning("incident.unsigned key=%s %s", incident.key, error)
    return Outgoing(0, wire_address(sender)[0], wire_address(recipient)[0], message)


async def _always() -> bool:
    return True


def without_store(text: str, now: dt.datetime) -> Incident:
    """An incident that cannot be stored, because the store itself is the trouble."""
    return Incident(0, "store", text, now, None, None)
