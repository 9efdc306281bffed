"""What a refusal means: for this recipient now, for this recipient for ever, or for everybody.

The table is data; ``docs/mail-transport.md`` shows the same rows and a test compares the two. The first row
that fits decides. pressfeed speaks to one relay that takes mail for all recipients, so what the relay holds
against the sender it holds against every message: such a refusal must not cost subscribers their addresses.
"""

from __future__ import annotations

from dataclasses import dataclass

from pressfeed.delivery.replies import Reply
from pressfeed.delivery.transport import Result

DIALLING = ("connect", "ehlo", "starttls", "auth")
TRANSACTION = ("mail", "rcpt", "data", "content")
STAGES = DIALLING + TRANSACTION


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: it fits a reply when every column that is not empty does.

    ``stages``, ``codes`` and ``statuses`` are alternatives separated by blanks; in a code or status, ``x``
    stands for anything in its place. ``word`` is looked for in the reply's text, in any case.
    """

    stages: str
    codes: str
    statuses: str
    word: str
    result: Result
    why: str

    def fits(self, stage: str, reply: Reply) -> bool:
        return (
            (not self.stages or stage in self.stages.split())
            and any(_like(pattern, str(reply.code)) for pattern in self.codes.split())
            and (not self.statuses or any(_like(p, reply.status, ".") for p in self.statuses.split()))
            and (not self.word or self.word in reply.text.lower())
        )


ALL, FAILED, DEFERRED, UNSENT = Result.REFUSED_ALL, Result.FAILED, Result.DEFERRED, Result.UNSENT

RULES = (
    Rule("", "421", "", "", UNSENT, "the server closes the connection; nobody is refused (RFC 5321 §3.8)"),
    Rule("auth", "5xx 432", "", "", ALL, "user or password refused (RFC 4954 §6)"),
    Rule("connect ehlo", "5xx", "5.7.x", "", ALL, "this machine is refused by policy"),
    Rule("connect ehlo starttls auth", "4xx 5xx", "", "", UNSENT, "no session; tried again later"),
    Rule("", "4xx", "", "", DEFERRED, "tried again later"),
    Rule("", "530 534 535 538", "", "", ALL, "the server wants a login or TLS first (RFC 4954, RFC 3207)"),
    Rule("", "503", "", "", ALL, "out of sequence: it wanted something before, mostly a login"),
    Rule("", "5xx", "5.6.7", "", FAILED, "this address needs SMTPUTF8 (RFC 6531)"),
    Rule("", "5xx", "5.2.2", "", FAILED, "this mailbox is full (RFC 3463)"),
    Rule("", "5xx", "5.2.3 5.3.4", "", ALL, "the message is too big; every copy is"),
    Rule("mail", "5xx", "", "", ALL, "the sender is refused, and all messages have the same"),
    Rule("", "5xx", "5.3.2 5.4.5", "", ALL, "the server takes no mail, or no more today, from us"),
    Rule(
        "",
        "5xx",
        "5.7.8 5.7.9 5.7.10 5.7.11 5.7.13 5.7.14",
        "",
        ALL,
        "login or encryption is not good enough (RFC 5248)",
    ),
    Rule(
        "",
        "5xx",
        "5.7.20 5.7.21 5.7.22 5.7.23 5.7.24 5.7.25 5.7.26 5.7.27 5.7.28 5.7.29",
        "",
        ALL,
        "DKIM, SPF, DMARC or reverse DNS of the sender fails, or a flood is seen (RFC 7372, RFC 7505)",
    ),
    Rule("rcpt", "5xx", "", "relay", ALL, "relaying denied: the server does not take us for a customer"),
    Rule("data content", "5xx", "5.7.x", "", ALL, "the content is refused by policy; every copy has it"),
    Rule("data content", "552", "", "", ALL, "the message is too big (RFC 5321 §4.2.3, RFC 1870)"),
    Rule("", "5xx", "", "", FAILED, "this recipient is refused"),
)


def classify(stage: str, reply: Reply) -> Result:
    """What a 4xx or 5xx reply means at a stage of STAGES. ValueError for a positive reply."""
    for rule in RULES:
        if rule.fits(stage, reply):
            return rule.result
    raise ValueError(f"{reply.code} at {stage} is not a refusal")


def _like(pattern: str, value: str, separator: str = "") -> bool:
    """Whether a code or status fits a pattern with ``x`` as the wild card."""
    wanted, given = (text.split(separator) if separator else list(text) for text in (pattern, value))
    return len(wanted) == len(given) and all(w in ("x", g) for w, g in zip(wanted, given, strict=True))
