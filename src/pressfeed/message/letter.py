"""A letter as RFC 5322 bytes: one person, no list. Pure; the same letter always gives the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from email.utils import format_datetime

from pressfeed.message.bodies import Part
from pressfeed.message.headers import mailbox_field, text_field, wire_address


@dataclass(frozen=True, slots=True)
class SingleMail:
    """What a letter says, and its headers. Names and addresses as in ``Mailing`` and ``Recipient``."""

    sender: tuple[str, str]  # display name ("" = none), address
    reply_to: tuple[str, str] | None
    name: str  # the recipient's, "" = none
    address: str
    subject: str
    html: str
    text: str
    language: str
    date: dt.datetime  # aware
    message_id: str  # with angle brackets


def compose(mail: SingleMail) -> tuple[str, bytes, bool]:
    """The recipient as the envelope wants it, the message, and whether it needs SMTPUTF8 (RFC 6531).

    It is marked as sent by a machine (RFC 3834). The body is in DKIM's relaxed canonical form. Raises
    InputError for an address that can never be reached.
    """
    address, smtputf8 = wire_address(mail.address)
    text, html = Part("plain", mail.text, ()), Part("html", mail.html, ())
    boundary = b"=_" + hashlib.sha256(f"{mail.message_id}\0{mail.html}".encode()).hexdigest()[:24].encode()
    fields = [
        text_field("Date", format_datetime(mail.date)),
        mailbox_field("From", mail.sender[0], wire_address(mail.sender[1])[0]),
    ]
    if mail.reply_to:
        fields.append(mailbox_field("Reply-To", mail.reply_to[0], wire_address(mail.reply_to[1])[0]))
    fields += [
        text_field("Subject", mail.subject),
        mailbox_field("To", mail.name, address),
        f"Message-ID: {mail.message_id}\r\nAuto-Submitted: auto-generated\r\n".encode("ascii"),
        text_field("Content-Language", mail.language),
        b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n',
    ]
    delimiter = b"\r\n--" + boundary
    parts = [
        delimiter[2:] + b"\r\n" + text.headers + b"\r\n" + b"".join(text.splice({})),
        delimiter + b"\r\n" + html.headers + b"\r\n" + b"".join(html.splice({})),
        delimiter + b"--\r\n",
    ]
    return address, b"".join(fields + parts), smtputf8
