"""A message → what it is: bounce, complaint, unsubscription, automatic answer, or a person's words.

Nothing here is believed: a finding names tokens and addresses, and whoever acts on it checks them first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pressfeed.incoming import phrases, reports
from pressfeed.incoming.letter import BROKEN, Letter, fold, open_letter, readable
from pressfeed.incoming.status import classify, codes_in
from pressfeed.incoming.types import Failure, Finding, Kind

MOST = 20  # tokens and Message-IDs that are looked at
WORDS = 2_000  # characters of a message that lists and people see

_CODE = r"[a-z2-7]{28,200}"  # base32, as long as a token may be
_RETURN_PATH = re.compile(rf"\+({_CODE})(?:@|=40)", re.IGNORECASE)
_LINK = re.compile(
    rf"/(?:unsubscribe|preferences)/({_CODE})(?![a-z2-7])|unsubscribe-({_CODE})(?![a-z2-7])", re.I
)
_SUBJECT = re.compile(rf"unsubscribe-({_CODE})(?![a-z2-7])", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'|@]{1,64}@[^\s<>()\[\],;:\"'|@]{1,255}")
_MESSAGE_ID = re.compile(r"^message-id:\s*(<[^<>\s]{3,500}>)", re.IGNORECASE | re.MULTILINE)
# Where a bounce without a report part goes over into the message that it returns.
_COPY = re.compile(
    r"^(?:-{2,40}[^\n]{0,60}(?:copy of|original message|returned message|message header|below this)"
    r"|(?:Return-Path|Received):[ \t]\S)",
    re.IGNORECASE | re.MULTILINE,
)
_DAEMONS = re.compile(
    r"^(?:mailer-?daemon|mail-?daemon|maildaemon|mdaemon|postmaster|postmast|daemon|mailer|mail\.?delivery.*"
    r"|bounces?|mailsystem|mail-?system|delivery-?status|root|staff)$",
    re.IGNORECASE,
)
_ENVELOPE = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc", "x-forwarded-to")
_ROBOTS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-mail-autoreply",
    "x-vacation",
)


def read(raw: bytes) -> Finding:
    """What a message is; its envelope stands in Return-Path and Delivered-To. Never raises."""
    letter = open_letter(raw)
    sender = next(iter(_addresses(letter.header("from"))), letter.header("from"))
    own_id = letter.header("message-id")
    base = Finding(
        Kind.OTHER,
        tokens=_distinct(_tokens(letter)),
        unsubscribe_tokens=links_in(letter.everything),
        message_ids=_distinct(
            found for found in _MESSAGE_ID.findall(letter.everything) if readable(found) != own_id
        ),
        sender=sender[:320],
        subject=letter.header("subject")[:500],
        words=letter.text.strip()[:WORDS],
    )
    complaint = reports.feedback(letter)
    if complaint is not None:
        kind, named = complaint
        return replace(base, kind=kind, failures=tuple(Failure(kind, address) for address in named))
    failures = reports.delivery_status(letter)
    if failures:
        return replace(base, kind=reports.worst(failures), failures=tuple(failures))
    if reports.is_receipt(letter):
        return replace(base, kind=Kind.DELIVERED)
    asked = _SUBJECT.search(base.subject)
    if asked:
        return replace(base, kind=Kind.UNSUBSCRIBE, unsubscribe_tokens=(asked[1].lower(),))
    subject = fold(base.subject)
    failed = _without_report(letter, subject, sender)
    if failed is not None:
        return replace(base, kind=failed[0].kind, failures=tuple(failed))
    if _is_automatic(letter, subject):
        return replace(base, kind=Kind.AUTO_REPLY)
    answers = letter.header("in-reply-to") or letter.header("references") or subject.startswith(_REPLIES)
    return replace(base, kind=Kind.REPLY if answers else Kind.OTHER)


def return_paths_in(text: str) -> tuple[str, ...]:
    """What looks like the tokens of return paths, each once."""
    return _distinct(_RETURN_PATH.findall(text))


def links_in(text: str) -> tuple[str, ...]:
    """What looks like the tokens of unsubscribe links, each once."""
    return _distinct(one or other for one, other in _LINK.findall(text))


_REPLIES = ("re:", "aw:", "sv:", "tr:", "rv:", "rif:", "antw:", "回复", "答复", "odp:", "отв:", "رد:")


def _without_report(letter: Letter, subject: str, sender: str) -> list[Failure] | None:
    """A bounce in a server's own words; None for a message that is none."""
    failed = [address for field in letter.headers("x-failed-recipients") for address in _addresses(field)]
    daemon = bool(_DAEMONS.match(sender.partition("@")[0]))
    titled = phrases.says("bounce", subject)
    vacation = phrases.says("auto", subject) or phrases.says("challenge", subject)
    if not (failed or daemon) and (vacation or not titled):
        return None
    own = letter.text[: found.start()] if (found := _COPY.search(letter.text)) else letter.text
    temporary, permanent = _flufl(letter)
    folded = fold(own)
    if not (failed or permanent or temporary or titled):
        return None
    if not failed and not daemon and not permanent:
        return None  # a person may write “delivery failed” in a subject, too
    if (temporary and not permanent) or (phrases.says("delay", f"{subject} {folded}") and not failed):
        return [Failure(Kind.DELAY, address) for address in temporary or [""]]
    status, code = codes_in(own)
    kind = classify(status, code, own)
    named = failed or permanent or _addresses(own)
    return [Failure(kind, address, status, code, readable(own[:300])) for address in named[:MOST] or [""]]


def _flufl(letter: Letter) -> tuple[list[str], list[str]]:
    """The addresses that flufl.bounce finds: temporary and permanent failures."""
    from flufl.bounce import all_failures  # only now: its fifty detectors are needed where bounces come in

    try:
        temporary, permanent = all_failures(letter.message)
    except BROKEN:
        return [], []  # garbage: it is judged by its words alone
    return (
        sorted(address.decode("utf-8", "replace") for address in temporary if address),
        sorted(address.decode("utf-8", "replace") for address in permanent if address),
    )


def _is_automatic(letter: Letter, subject: str) -> bool:
    """Whether a machine answered (RFC 3834, and what came before it)."""
    submitted = letter.header("auto-submitted").lower()
    if submitted and not submitted.startswith("no"):
        return True
    if any(letter.message.get(name) is not None for name in _ROBOTS):
        return True
    if letter.header("precedence").lower() in ("auto_reply", "auto-reply", "junk", "bulk"):
        return True
    if letter.header("return-path") == "<>":
        return True
    return phrases.says("auto", subject) or phrases.says("challenge", f"{subject} {fold(letter.text)}")


def _tokens(letter: Letter) -> Iterable[str]:
    """Tokens of return paths: in the fields that repeat the envelope, then anywhere."""
    for place in (*(value for name in _ENVELOPE for value in letter.headers(name)), letter.everything):
        yield from _RETURN_PATH.findall(place)


def _addresses(text: str) -> list[str]:
    """What looks like an address in a text; the email package's own search recurses on brackets."""
    return _ADDRESS.findall(text)[:MOST]


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, the first ones, tokens and Message-IDs as they are compared."""
    kept: dict[str, None] = {}
    for each in found:
        kept[each if each.startswith("<") else each.lower()] = None
        if len(kept) == MOST:
            break
    return tuple(kept)
