"""A rendered digest becomes one RFC 5322 message per recipient.

``Template`` encodes everything that a variant's recipients share, once; ``Template.compose`` splices one
recipient's address and links into it. Pure: no store, no wire, no clock.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

UNSUBSCRIBE_HOLE = "%%UNSUBSCRIBE_URL%%"
PREFERENCES_HOLE = "%%PREFERENCES_URL%%"
HOLES = (UNSUBSCRIBE_HOLE, PREFERENCES_HOLE)
"""Where a recipient's own links go, in the HTML (in text and in ``href``) and in the text part."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name in any script ("" = none) and an address, with or without a non-ASCII domain."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class MailingList:
    """What the List-* headers say (RFC 2919, RFC 2369), the same for every recipient of a bulletin's language."""

    id: str  # ``global.daily.fr.press.example``: never changes while the bulletin lives
    title: str  # what people see, any script
    help: str  # URI: how to get help, RFC 2369 section 3.1
    owner: str  # URI: a person, section 3.5
    archive: str  # URI: earlier editions or the feed's page, section 3.6
    feedback_id: str  # ``edition:bulletin:kind:sender``, for Gmail's feedback loop


@dataclass(frozen=True, slots=True)
class Digest:
    """One variant of an edition, rendered. ``html`` and ``text`` contain the HOLES."""

    sender: Mailbox
    reply_to: Mailbox | None
    subject: str
    html: str
    text: str
    language: str
    list: MailingList
    date: dt.datetime  # aware; the Date header


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message goes to, and what is this person's alone in it."""

    name: str
    address: str
    message_id: str  # with angle brackets
    return_path: str  # the envelope sender (VERP)
    unsubscribe_url: str  # https: the page, and the target of the one-click POST (RFC 8058)
    unsubscribe_mailto: str  # mailto: URI, "" = none
    preferences_url: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A finished message with its envelope, ready to be signed and sent."""

    sender: str  # envelope: MAIL FROM
    recipient: str  # envelope: RCPT TO, with an A-label domain
    message: bytes  # CRLF line ends
    smtputf8: bool  # the recipient's local part is not ASCII (RFC 6531)
