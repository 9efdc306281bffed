"""What refusals mean, and that the documentation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.delivery.classify import DIALLING, RULES, STAGES, classify
from pressfeed.delivery.replies import Reply
from pressfeed.delivery.transport import Result

DOCUMENT = Path(__file__).parents[2] / "docs" / "mail-transport.md"


def test_the_documentation_has_the_same_table() -> None:
    lines = DOCUMENT.read_text("utf-8").splitlines()
    start = lines.index("| Stages | Code | Status | Word in the text | Result | Why |") + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    assert rows == [
        (rule.stages, rule.codes, rule.statuses, rule.word, rule.result.value, rule.why) for rule in RULES
    ]


@pytest.mark.parametrize(
    ("stage", "reply", "result"),
    [
        ("connect", "421 too busy", Result.UNSENT),
        ("connect", "554 no service", Result.UNSENT),
        ("connect", "554 5.7.1 blocked by a list", Result.REFUSED_ALL),
        ("ehlo", "550 bad name", Result.UNSENT),
        ("starttls", "454 4.7.0 TLS not available", Result.UNSENT),
        ("auth", "535 5.7.8 bad credentials", Result.REFUSED_ALL),
        ("auth", "454 4.7.0 try later", Result.UNSENT),
        ("auth", "432 4.7.12 password transition", Result.REFUSED_ALL),
        ("mail", "451 4.3.0 try later", Result.DEFERRED),
        ("mail", "421 4.7.0 slow down", Result.UNSENT),
        ("mail", "550 5.7.1 sender unknown", Result.REFUSED_ALL),
        ("mail", "530 5.7.0 authentication required", Result.REFUSED_ALL),
        ("mail", "552 5.3.4 too big", Result.REFUSED_ALL),
        ("mail", "553 5.6.7 needs SMTPUTF8", Result.FAILED),
        ("rcpt", "450 4.2.0 greylisted", Result.DEFERRED),
        ("rcpt", "452 4.5.3 too many recipients", Result.DEFERRED),
        ("rcpt", "550 5.1.1 no such user", Result.FAILED),
        ("rcpt", "550 no such user", Result.FAILED),
        ("rcpt", "552 5.2.2 mailbox full", Result.FAILED),
        ("rcpt", "552 mailbox full", Result.FAILED),
        ("rcpt", "554 5.7.1 <x@y>: Recipient address rejected: Access denied", Result.FAILED),
        ("rcpt", "554 5.7.1 <x@y>: Relay access denied", Result.REFUSED_ALL),
        ("rcpt", "550 relay not permitted", Result.REFUSED_ALL),
        ("rcpt", "550 5.7.26 unauthenticated mail", Result.REFUSED_ALL),
        ("rcpt", "503 5.5.1 AUTH first", Result.REFUSED_ALL),
        ("rcpt", "556 5.1.10 domain takes no mail", Result.FAILED),
        ("data", "451 4.7.1 later", Result.DEFERRED),
        ("content", "451 4.7.0 later", Result.DEFERRED),
        ("content", "421 4.7.28 rate", Result.UNSENT),
        ("content", "550 5.4.5 daily quota exceeded", Result.REFUSED_ALL),
        ("content", "552 5.2.3 too long", Result.REFUSED_ALL),
        ("content", "552 too much mail data", Result.REFUSED_ALL),
        ("content", "552 5.2.2 over quota", Result.FAILED),
        ("content", "550 5.7.1 spam", Result.REFUSED_ALL),
        ("content", "554 5.0.0 transaction failed", Result.FAILED),
    ],
)
def test_real_refusals(stage: str, reply: str, result: Result) -> None:
    code, _, text = reply.partition(" ")
    assert classify(stage, Reply(int(code), (text.encode(),))) is result


@given(
    st.sampled_from(STAGES),
    st.integers(400, 599),
    st.tuples(st.integers(0, 9), st.integers(0, 40)) | st.none(),
)
def test_every_refusal_means_something(stage: str, code: int, detail: tuple[int, int] | None) -> None:
    status = f"{code // 100}.{detail[0]}.{detail[1]} " if detail else ""
    result = classify(stage, Reply(code, (f"{status}no".encode(),)))
    assert result in {Result.UNSENT, Result.DEFERRED, Result.FAILED, Result.REFUSED_ALL}
    if stage in DIALLING:
        assert result in {Result.UNSENT, Result.REFUSED_ALL}, "a recipient who was not named is not to blame"
    elif code < 500:
        assert result is (Result.UNSENT if code == 421 else Result.DEFERRED)
    else:
        assert result in {Result.FAILED, Result.REFUSED_ALL}


def test_a_positive_reply_is_no_refusal() -> None:
    with pytest.raises(ValueError, match="not a refusal"):
        classify("rcpt", Reply(250, (b"ok",)))
