"""Why a message came back: our own map from status codes and words to kinds.

The table is data; ``docs/incoming.md`` shows the same rows and a test compares the two. The first row that
fits decides, and the rows stand so that doubt speaks for the reader: whoever refuses us as spam, or by a
policy, says nothing about the mailbox, whatever else stands in the line; a full mailbox is not a dead one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pressfeed.incoming import phrases
from pressfeed.incoming.letter import fold
from pressfeed.incoming.types import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: it fits when every column that is not empty does.

    ``statuses`` and ``codes`` are alternatives separated by blanks, ``x`` stands for anything in its place;
    ``words`` is a group of ``phrases.toml``, or a text in quotes.
    """

    statuses: str
    codes: str
    words: str
    kind: Kind
    why: str

    def fits(self, status: str, code: int, folded: str) -> bool:
        if self.statuses and not any(_like(pattern, status, ".") for pattern in self.statuses.split()):
            return False
        if self.codes and not any(_like(pattern, str(code)) for pattern in self.codes.split()):
            return False
        if self.words.startswith('"'):
            return self.words.strip('"') in folded
        return not self.words or phrases.says(self.words, folded)


RULES = (
    Rule("5.4.1", "", '"access denied"', Kind.UNCLEAR, "Exchange says so of anybody"),
    Rule("x.7.x", "", "spam", Kind.SPAM, "a filter refuses what we wrote, or where it came from"),
    Rule("x.7.x", "", "", Kind.POLICY, "RFC 3463 section 3.8: never a statement on the mailbox"),
    Rule("", "", "spam", Kind.SPAM, "a filter refuses what we wrote, or where it came from"),
    Rule("x.2.3 x.3.4", "", "", Kind.TOO_LARGE, "RFC 3463: the message is longer than they take"),
    Rule("", "", "large", Kind.TOO_LARGE, "the message is longer than they take"),
    Rule("x.2.2", "", "", Kind.FULL, "RFC 3463: mailbox full"),
    Rule("", "", "full", Kind.FULL, "mailbox full, whatever the code says"),
    Rule("5.2.1 5.0.0", "5xx", "dead", Kind.DEAD, "disabled or unknown, and the words say so"),
    Rule("5.1.1 5.1.3 5.1.6 5.1.10", "5xx 0", "", Kind.DEAD, "RFC 3463, RFC 7505: no such mailbox"),
    Rule("", "", "policy", Kind.POLICY, "refused by a rule of theirs"),
    Rule("4.x.x", "", "", Kind.UNREACHABLE, "tried for days, and given up"),
    Rule("", "4xx", "", Kind.UNREACHABLE, "tried for days, and given up"),
    Rule("5.1.2 5.4.x 5.3.x", "", "", Kind.UNREACHABLE, "their domain, server or route does not work"),
    Rule("5.1.0 5.2.1 5.0.0 5.5.0 5.5.4", "", "dead", Kind.DEAD, "a vague status, and words that are clear"),
    Rule("5.x.x", "", "", Kind.UNCLEAR, "refused for good, and nobody says why"),
    Rule("", "", "unreachable", Kind.UNREACHABLE, "no status, and words about the way there"),
    Rule("", "", "dead", Kind.DEAD, "no status, and words that are clear"),
    Rule("", "", "", Kind.UNCLEAR, "nobody says why"),
)

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[\s\-#:,)]|$)")


def classify(status: str, code: int, text: str) -> Kind:
    """The kind of a failure; ``text`` are the words of the server, or of the report where there are none."""
    folded = fold(text)
    return next(rule.kind for rule in RULES if rule.fits(status, code, folded))


def codes_in(text: str) -> tuple[str, int]:
    """The first enhanced status code and the first SMTP reply code in a text; "" and 0 for none."""
    enhanced = _ENHANCED.search(text)
    reply = _REPLY.search(text)
    return (enhanced[0] if enhanced else "", int(reply[1]) if reply else 0)


def _like(pattern: str, value: str, separator: str = "") -> bool:
    wanted, given = (text.split(separator) if separator else list(text) for text in (pattern, value))
    return len(wanted) == len(given) and all(w in ("x", g) for w, g in zip(wanted, given, strict=True))
