"""What mail services report by HTTP: their JSON → findings, one for each event (pure).

The shapes are those of Amazon SES (by SNS, or bare), Mailgun, Postmark and SendGrid, and one of our own. What
a service calls an event is a hint; the server's own status and words count first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pressfeed.incoming.classify import links_in, return_paths_in
from pressfeed.incoming.letter import readable
from pressfeed.incoming.status import classify, codes_in
from pressfeed.incoming.types import BOUNCES, Failure, Finding, Kind

MOST = 10_000  # events in one report


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what it says, and the text that is the same whenever it is told again."""

    finding: Finding
    text: bytes


def read_events(service: str, data: object) -> list[Event]:
    """The events of a report; [] for news that nobody needs. ValueError for what is no report of the service.

    ``service`` is one of SERVICES; ``data`` is its JSON, decoded.
    """
    events = []
    for told in _each(data):
        try:
            found = SERVICES[service](told)
        except (AttributeError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"not a report of {service}: {error}") from error
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        for finding in found:
            events.append(Event(finding, f"{service}\n{finding.kind}\n{_names(finding)}\n{text}".encode()))
    return events


def _names(finding: Finding) -> str:
    return " ".join(failure.recipient for failure in finding.failures)


def _each(data: object) -> Iterator[Mapping[str, Any]]:
    several: list[Any] = data if isinstance(data, list) else [data]
    if len(several) > MOST or not all(isinstance(one, dict) for one in several):
        raise ValueError("a report is an object, or a list of them")
    yield from several


def _finding(
    told: Mapping[str, Any],
    kind: Kind,
    addresses: Iterable[str],
    *,
    status: str = "",
    code: object = 0,
    diagnostic: str = "",
    message_id: str = "",
) -> Finding:
    """A finding about these addresses. A bounce's kind is a hint: status and words count first."""
    text = json.dumps(told, ensure_ascii=False)
    number = int(str(code)) if re.fullmatch(r"[0-9]{1,3}", str(code)) else 0
    if kind in BOUNCES and (status or diagnostic):
        said, found = codes_in(diagnostic)
        status, number = status or said, number or found
        heard = classify(status, number, diagnostic)
        kind = kind if heard is Kind.UNCLEAR else heard
    failures = tuple(
        Failure(kind, str(address), str(status), number, readable(diagnostic)) for address in addresses
    )
    identifier = message_id.strip()
    if identifier and not identifier.startswith("<"):
        identifier = f"<{identifier}>"
    return Finding(
        kind,
        failures=failures,
        tokens=return_paths_in(text),
        unsubscribe_tokens=links_in(text),
        message_ids=(identifier,) if identifier else (),
        sender=failures[0].recipient[:320] if failures else "",
        words=readable(diagnostic),
    )


# Amazon SES

_SES_BOUNCES = {
    "NoEmail": Kind.DEAD,
    "MailboxFull": Kind.FULL,
    "MessageTooLarge": Kind.TOO_LARGE,
    "ContentRejected": Kind.SPAM,
    "AttachmentRejected": Kind.SPAM,
}


def _ses(told: Mapping[str, Any]) -> list[Finding]:
    if told.get("Type") == "SubscriptionConfirmation":
        link = str(told["SubscribeURL"])
        words = f"To have Amazon SNS report here, open this link: {link}"
        return [Finding(Kind.OTHER, sender="Amazon SNS", subject="Confirm the subscription", words=words)]
    if "Message" in told:
        inner = json.loads(told["Message"])
        if not isinstance(inner, dict):
            raise TypeError("its Message is no object")
        told = inner
    mail = told.get("mail", {})
    message_id = mail.get("commonHeaders", {}).get("messageId", "")
    if "bounce" in told:
        bounce = told["bounce"]
        hint = _SES_BOUNCES.get(bounce.get("bounceSubType", ""))
        kind = hint or (Kind.UNREACHABLE if bounce.get("bounceType") == "Transient" else Kind.UNCLEAR)
        return [
            _finding(
                told["mail"],
                kind,
                [one["emailAddress"]],
                status=one.get("status", ""),
                diagnostic=one.get("diagnosticCode", "").partition(";")[2].strip(),
                message_id=message_id,
            )
            for one in bounce["bouncedRecipients"]
        ]
    if "complaint" in told:
        complaint = told["complaint"]
        kind = Kind.DELIVERED if complaint.get("complaintFeedbackType") == "not-spam" else Kind.COMPLAINT
        who = [one["emailAddress"] for one in complaint["complainedRecipients"]]
        return [_finding(mail, kind, [one], message_id=message_id) for one in who]
    if not (told.get("notificationType") or told.get("eventType")):
        raise KeyError("notificationType")
    return []  # deliveries, delays and whatever else it reports


# Mailgun


def _mailgun(told: Mapping[str, Any]) -> list[Finding]:
    event = told["event-data"]
    status = event.get("delivery-status", {})
    kinds = {
        "failed": Kind.DELAY if event.get("severity") == "temporary" else Kind.UNCLEAR,
        "complained": Kind.COMPLAINT,
        "unsubscribed": Kind.UNSUBSCRIBE,
    }
    kind = kinds.get(event["event"])
    if kind is None:
        return []
    return [
        _finding(
            event,
            kind,
            [event["recipient"]],
            status=status.get("enhanced-code", ""),
            code=status.get("code", 0),
            diagnostic=status.get("message") or status.get("description") or "",
            message_id=event.get("message", {}).get("headers", {}).get("message-id", ""),
        )
    ]


# Postmark

_POSTMARK = {
    "HardBounce": Kind.UNCLEAR,
    "SoftBounce": Kind.UNREACHABLE,
    "BadEmailAddress": Kind.DEAD,
    "DnsError": Kind.UNREACHABLE,
    "Blocked": Kind.POLICY,
    "DMARCPolicy": Kind.POLICY,
    "SpamNotification": Kind.SPAM,
    "VirusNotification": Kind.SPAM,
    "Transient": Kind.DELAY,
    "AutoResponder": Kind.AUTO_REPLY,
    "AddressChange": Kind.AUTO_REPLY,
    "ChallengeVerification": Kind.AUTO_REPLY,
    "OpenRelayTest": Kind.AUTO_REPLY,
    "Unsubscribe": Kind.UNSUBSCRIBE,
    "SpamComplaint": Kind.COMPLAINT,
}


def _postmark(told: Mapping[str, Any]) -> list[Finding]:
    record = told["RecordType"]
    if record == "SubscriptionChange" and told.get("SuppressionReason") == "ManualSuppression":
        return [_finding(told, Kind.UNSUBSCRIBE, [told["Recipient"]])]
    if record not in ("Bounce", "SpamComplaint"):
        return []
    kind = Kind.COMPLAINT if record == "SpamComplaint" else _POSTMARK.get(told["Type"], Kind.UNCLEAR)
    details = str(told.get("Details", ""))
    words = details.partition(";")[2].strip() if details.startswith("smtp;") else details
    return [_finding(told, kind, [told["Email"]], diagnostic=words)]


# SendGrid

_SENDGRID = {
    "deferred": Kind.DELAY,
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "group_unsubscribe": Kind.UNSUBSCRIBE,
}
_SENDGRID_DROPPED = {
    "Bounced Address": Kind.UNCLEAR,
    "Spam Reporting Address": Kind.COMPLAINT,
    "Unsubscribed Address": Kind.UNSUBSCRIBE,
}


def _sendgrid(told: Mapping[str, Any]) -> list[Finding]:
    event, reason = told["event"], str(told.get("reason", ""))
    kind = _SENDGRID.get(event)
    if event == "bounce":
        kind = Kind.POLICY if told.get("type") == "blocked" else Kind.UNCLEAR
    elif event == "dropped":
        kind, reason = _SENDGRID_DROPPED.get(reason), ""
    if kind is None:
        return []
    return [
        _finding(
            told,
            kind,
            [told["email"]],
            status=told.get("status", ""),
            diagnostic=reason,
            message_id=told.get("smtp-id", ""),
        )
    ]


# Anybody else

_GENERIC = {
    "bounce": Kind.UNCLEAR,
    "complaint": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "delay": Kind.DELAY,
}


def _generic(told: Mapping[str, Any]) -> list[Finding]:
    return [
        _finding(
            told,
            _GENERIC[told["type"]],
            [told["recipient"]],
            status=str(told.get("status", "")),
            diagnostic=str(told.get("diagnostic", "")),
            message_id=str(told.get("message_id", "")),
        )
    ]


SERVICES: Mapping[str, Callable[[Mapping[str, Any]], list[Finding]]] = {
    "ses": _ses,
    "mailgun": _mailgun,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "generic": _generic,
}
