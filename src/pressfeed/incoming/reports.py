"""The machine-readable parts of reports: delivery status (RFC 3464, RFC 6533) and feedback (RFC 5965)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pressfeed.incoming.letter import Letter, fields_of, readable
from pressfeed.incoming.status import classify, codes_in
from pressfeed.incoming.types import Failure, Kind

MOST_RECIPIENTS = 50
_ACTIONS = {
    "delayed": Kind.DELAY,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.DELIVERED,
    "expanded": Kind.DELIVERED,
}
_COMPLAINTS = frozenset({"abuse", "fraud", "other", "opt-out", "opt-out-list", "complaint", "miscategorized"})
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 section 3


def delivery_status(letter: Letter) -> list[Failure]:
    """What a delivery status notification says of its first recipients; [] for a message that is none."""
    found: list[Failure] = []
    for kind, text in letter.reports:
        if kind != "delivery-status":
            continue
        for group in fields_of(text):
            if "action" in group or "final-recipient" in group or "status" in group:
                found.append(_failure(group, letter.text))
            if len(found) == MOST_RECIPIENTS:
                return found
    return found


def feedback(letter: Letter) -> tuple[Kind, list[str]] | None:
    """What a feedback report means and whom it names; None for a message that is none.

    Also the older form of Outlook.com, which has no report part but names the recipient in the returned
    message's header.
    """
    for kind, text in letter.reports:
        if kind != "feedback-report":
            continue
        fields: dict[str, str] = {}
        for group in fields_of(text):
            fields |= group
        named = [fields.get(name, "") for name in ("original-rcpt-to", "removal-recipient")]
        feedback_type = fields.get("feedback-type", "").lower()
        meaning = (
            Kind.COMPLAINT
            if feedback_type in _COMPLAINTS
            else Kind.DELIVERED
            if feedback_type == "not-spam"
            else Kind.OTHER
        )
        return meaning, [address for name in named if (address := address_in(name))]
    outlook = re.search(r"^X-HmXmrOriginalRecipient:[ \t]*(.*)$", letter.everything, re.MULTILINE | re.I)
    if outlook:
        return Kind.COMPLAINT, [address_in(outlook[1])]
    return None


def is_receipt(letter: Letter) -> bool:
    """Whether it only says that the message was shown, or deleted (RFC 8098)."""
    return any(kind == "disposition-notification" for kind, _ in letter.reports)


def address_in(field: str) -> str:
    """The address of a recipient field (``rfc822; <a@b>``), escapes undone (RFC 6533)."""
    kind, semicolon, rest = field.partition(";")
    address = (rest if semicolon else kind).strip()
    address = _ESCAPED.sub(_character, readable(address)).strip("<>\"' ")
    return address.split(" ")[0] if "@" in address else ""


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "?"


def _failure(group: dict[str, str], own_words: str) -> Failure:
    recipient = address_in(group.get("final-recipient", "")) or address_in(
        group.get("original-recipient", "")
    )
    kind, semicolon, rest = group.get("diagnostic-code", "").partition(";")
    diagnostic = readable(rest if semicolon else kind)
    given, _ = codes_in(group.get("status", ""))
    said, code = codes_in(diagnostic)
    # A gateway's vague 5.0.0 gives way to what the server itself said.
    status = said if said and (not given or given.endswith(".0.0") or given[0] == said[0]) else given
    action = group.get("action", "").strip().lower()
    if action in _ACTIONS:
        return Failure(_ACTIONS[action], recipient, status, code, diagnostic)
    words = diagnostic if diagnostic and len(diagnostic) > len(f"{code} {said}") else own_words
    return Failure(classify(status, code, words), recipient, status, code, diagnostic or _first_words(words))


def _first_words(text: str) -> str:
    return readable(text[:300])


def worst(failures: Sequence[Failure]) -> Kind:
    """What a message of several failures is called."""
    order = [Kind.DEAD, Kind.FULL, Kind.UNREACHABLE, Kind.UNCLEAR, Kind.POLICY, Kind.SPAM, Kind.TOO_LARGE]
    return min((f.kind for f in failures), key=[*order, Kind.DELAY, Kind.DELIVERED].index)
