"""A rendered digest becomes one RFC 5322 message per recipient: mailing + recipient → bytes.

``Template`` encodes everything that a variant's recipients share, once; ``Template.compose`` splices one
recipient's address and links into it. The same mailing and recipient always give the same bytes, so that a
second attempt repeats the first. Pure: no store, no wire, no clock. What each header is for stands in
``docs/mail-messages.md``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape
from typing import NamedTuple

from pressfeed.errors import InputError
from pressfeed.message.bodies import Part
from pressfeed.message.headers import a_label, domain_of, mailbox_field, one_line, text_field, wire_address

__all__ = [
    "ADVANCE_HOLE",
    "EVERY_HOLE",
    "HOLES",
    "PREFERENCES_HOLE",
    "UNSUBSCRIBE_HOLE",
    "Composed",
    "Mailbox",
    "Mailing",
    "MailingList",
    "Recipient",
    "Template",
    "a_label",
    "domain_of",
    "feedback_id",
    "list_id",
    "one_line",
    "wire_address",
]

UNSUBSCRIBE_HOLE = "%%UNSUBSCRIBE_URL%%"
PREFERENCES_HOLE = "%%PREFERENCES_URL%%"
ADVANCE_HOLE = "%%ADVANCE_URL%%"
HOLES = (UNSUBSCRIBE_HOLE, PREFERENCES_HOLE)
EVERY_HOLE = (*HOLES, ADVANCE_HOLE)
"""Where a recipient's own links go, in the HTML (in text and in ``href``) and in the text part.

Every mail has HOLES; one that brings what is under embargo has the third, for the page behind a token.
"""

_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-~]{1,480}\Z"
)  # RFC 3986 without what HTML or "<…>" would end
_MESSAGE_ID = re.compile(r"<[!-;=?A-Z\[-~]{1,120}@[A-Za-z0-9.\[\]:-]{1,120}>\Z")

_FEEDBACK_ID = re.compile(r"[A-Za-z0-9.-]{1,64}(?::[A-Za-z0-9.-]{1,64}){2}:[A-Za-z0-9]{5,15}\Z")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name in any script ("" = none) and an address, its domain in any script too."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class MailingList:
    """What the List-* headers say, the same for every recipient of a bulletin in one language."""

    id: str  # from ``list_id``
    title: str  # what people see, any script
    help: str  # URI: how to get help (RFC 2369 section 3.1)
    owner: str  # URI: the people behind it (section 3.5)
    archive: str  # URI: what was sent before (section 3.6)
    feedback_id: str  # from ``feedback_id``

    def __post_init__(self) -> None:
        for uri in (self.help, self.owner, self.archive):
            _require_uri(uri)
        if not _FEEDBACK_ID.match(self.feedback_id):
            raise ValueError(f"not a Feedback-ID: {self.feedback_id!r}")


@dataclass(frozen=True, slots=True)
class Mailing:
    """A rendered digest and who says it: one variant. ``html`` and ``text`` contain the HOLES."""

    sender: Mailbox
    reply_to: Mailbox | None
    subject: str
    html: str
    text: str
    language: str
    list: MailingList
    date: dt.datetime  # aware; the Date header shows it with its own offset
    embargo: dt.datetime | None = None  # aware; nothing of it may be published before

    def __post_init__(self) -> None:
        if self.date.tzinfo is None:
            raise ValueError(f"date must be an aware datetime, got {self.date!r}")
        for name in ("html", "text"):
            if UNSUBSCRIBE_HOLE not in getattr(self, name):
                raise InputError(
                    f"the {name} part of {self.subject!r} has no unsubscribe link",
                    remedy=f"Put {UNSUBSCRIBE_HOLE} where the link belongs in the e-mail template",
                )


class Recipient(NamedTuple):
    """Whom a message goes to, and what in it is this person's alone."""

    name: str
    address: str
    message_id: str  # with angle brackets
    return_path: str  # the envelope sender (VERP)
    unsubscribe_url: str  # the page, and, if it is https, the target of the one-click POST (RFC 8058)
    preferences_url: str
    unsubscribe_mailto: str = ""  # a mailto URI, "" = none
    advance_url: str = ""  # the page of what is under embargo; "" where the mail has no such link


class Composed(NamedTuple):
    """A finished message with its envelope, ready to be signed and sent."""

    sender: str  # MAIL FROM
    recipient: str  # RCPT TO, with an A-label domain
    message: bytes  # CRLF line ends; the body is in DKIM's relaxed canonical form already
    smtputf8: bool  # the recipient's local part is not ASCII (RFC 6531)


class Template:
    """What all recipients of a variant share, encoded. Raises InputError for an unusable sender address."""

    def __init__(self, mailing: Mailing) -> None:
        self._text = Part("plain", mailing.text, EVERY_HOLE)
        self._html = Part("html", mailing.html, EVERY_HOLE)
        # Neither quoted-printable nor base64 can contain "=_": the boundary cannot occur in a part.
        seed = hashlib.sha256(
            "\0".join((mailing.list.id, mailing.subject, mailing.text, mailing.html)).encode(
                "utf-8", "surrogatepass"
            )
        )
        boundary = b"=_" + seed.hexdigest()[:24].encode()
        self.ahead = mailing.embargo is not None  # it wants each recipient's ``advance_url``
        self._head = _shared_head(mailing)
        self._tail = _shared_tail(mailing, boundary)
        delimiter = b"\r\n--" + boundary
        self._open_text = delimiter[2:] + b"\r\n" + self._text.headers + b"\r\n"
        self._open_html = delimiter + b"\r\n" + self._html.headers + b"\r\n"
        self._close = delimiter + b"--\r\n"

    def compose(self, recipient: Recipient) -> Composed:
        """The message for one recipient.

        Raises InputError where the address can never be reached, and ValueError for a link that is no URI or
        a Message-ID that is none.
        """
        address, smtputf8 = wire_address(recipient.address)
        if not _MESSAGE_ID.match(recipient.message_id):
            raise ValueError(f"not a Message-ID: {recipient.message_id!r}")
        urls = {
            UNSUBSCRIBE_HOLE: _require_uri(recipient.unsubscribe_url),
            PREFERENCES_HOLE: _require_uri(recipient.preferences_url),
        }
        if recipient.advance_url:
            urls[ADVANCE_HOLE] = _require_uri(recipient.advance_url)
        message = b"".join(
            (
                self._head,
                mailbox_field("To", recipient.name, address),
                b"Message-ID: ",
                recipient.message_id.encode("ascii"),
                b"\r\n",
                _unsubscribe_fields(recipient),
                self._tail,
                self._open_text,
                *self._text.splice({hole: url.encode("ascii") for hole, url in urls.items()}),
                self._open_html,
                *self._html.splice({hole: escape(url).encode("ascii") for hole, url in urls.items()}),
                self._close,
            )
        )
        return Composed(recipient.return_path, address, message, smtputf8)


def list_id(bulletin: str, language: str, domain: str) -> str:
    """The List-Id of a bulletin (``region/name``) in a language: ``global.daily.fr.press.example``.

    Its parts are joined by dots, which a slug cannot contain, so that no two bulletins share one (RFC 2919
    section 3). ``domain`` is one that the newsroom owns.
    """
    return ".".join((*bulletin.split("/"), language.lower(), a_label(domain)))


def feedback_id(edition: str, bulletin: str, language: str, domain: str) -> str:
    """What Gmail's feedback loop counts complaints by: the edition, the bulletin, its language, the sender.

    The sender's part is its domain as 5 to 15 letters and digits, as Gmail wants it.
    """
    sender = re.sub("[^a-z0-9]", "", domain.lower())[:15].ljust(5, "0")
    return ":".join((edition[:64], bulletin.replace("/", ".")[:64], language.lower(), sender))


def _shared_head(mailing: Mailing) -> bytes:
    sender, utf8 = wire_address(mailing.sender.address)
    fields = [
        text_field("Date", format_datetime(mailing.date)),
        mailbox_field("From", mailing.sender.name, sender),
    ]
    if mailing.reply_to:
        reply_to, reply_utf8 = wire_address(mailing.reply_to.address)
        utf8 = utf8 or reply_utf8
        fields.append(mailbox_field("Reply-To", mailing.reply_to.name, reply_to))
    if utf8:
        raise InputError(
            f"the sender or reply address of {mailing.subject!r} has letters outside ASCII before the @",
            remedy="Many mail servers refuse such addresses; choose one in plain letters",
        )
    return b"".join((*fields, text_field("Subject", mailing.subject)))


def _shared_tail(mailing: Mailing, boundary: bytes) -> bytes:
    about = mailing.list
    return b"".join(
        (
            mailbox_field("List-Id", about.title, about.id),
            _uri_field("List-Help", about.help),
            _uri_field("List-Owner", about.owner),
            _uri_field("List-Archive", about.archive),
            b"Precedence: bulk\r\nAuto-Submitted: auto-generated\r\n",
            f"Feedback-ID: {about.feedback_id}\r\n".encode("ascii"),
            text_field("Content-Language", mailing.language),
            _embargo_field(mailing.embargo),
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n',
        )
    )


def _unsubscribe_fields(recipient: Recipient) -> bytes:
    """List-Unsubscribe (RFC 2369 section 3.2), and the one-click field where the URL allows it (RFC 8058).

    A URI is never folded nor encoded, however long it is: one-click would silently be gone.
    """
    url = recipient.unsubscribe_url
    field = f"List-Unsubscribe: <{url}>"
    if recipient.unsubscribe_mailto:
        field += f",\r\n <{_require_uri(recipient.unsubscribe_mailto)}>"
    if url.startswith("https://"):
        field += "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
    return f"{field}\r\n".encode("ascii")


def _embargo_field(until: dt.datetime | None) -> bytes:
    """For programs that read mail: the moment, RFC 3339."""
    if until is None:
        return b""
    moment = until.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"X-Embargo-Until: {moment}\r\n".encode("ascii")


def _uri_field(name: str, uri: str) -> bytes:
    return f"{name}: <{uri}>\r\n".encode("ascii")


def _require_uri(uri: str) -> str:
    if not _URI.match(uri):
        raise ValueError(f"not a URI that a mail can carry: {uri!r}")
    return uri
