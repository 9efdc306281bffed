"""Reading incoming mail: the documented table of statuses, and whatever bytes may come."""

from __future__ import annotations

import random
import re
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pressfeed import incoming
from pressfeed.incoming import Finding, Kind, phrases
from pressfeed.incoming.letter import Letter
from pressfeed.incoming.reports import MOST_RECIPIENTS, address_in, delivery_status
from pressfeed.incoming.status import RULES, classify, codes_in

DOCUMENT = (Path(__file__).parents[2] / "docs" / "incoming.md").read_text("utf-8")
CORPUS = sorted((Path(__file__).parents[1] / "data" / "bounces").glob("*.eml"))


def test_the_documented_statuses_are_those_of_the_code():
    table = DOCUMENT.split("## What a status means")[1].split("\n## ")[0]
    rows = re.findall(r"^\|(.*)\|(.*)\|(.*)\| ([a-z-]+) \| (.*) \|$", table, re.MULTILINE)
    told = [tuple(cell.strip() for cell in row) for row in rows]
    assert told == [(r.statuses, r.codes, r.words, r.kind.value, r.why) for r in RULES]
    assert {r.words for r in RULES if r.words and r.words[0] != '"'} <= set(phrases.load())


@given(st.integers(0, 999), st.integers(0, 999), st.text(max_size=40))
@settings(max_examples=40)
def test_a_policy_status_never_says_that_an_address_is_dead(detail, code, words):
    assert classify(f"5.7.{detail}", code, f"{words} user unknown") in (Kind.POLICY, Kind.SPAM)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("550 5.1.1 no such user", ("5.1.1", 550)),
        ("host 192.0.2.10 said: 452-4.2.2 full", ("4.2.2", 452)),
        ("(#5.1.1)", ("5.1.1", 0)),
        ("version 2.10.5.1.7, call 4501234", ("", 0)),
        ("554: delivery error", ("", 554)),
    ],
)
def test_codes_are_found_in_words(text, found):
    assert codes_in(text) == found


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; <a@example.org>", "a@example.org"),
        ("RFC822;a@example.org (comment)", "a@example.org"),
        (r"utf-8; \x{4E2D}@example.org", "中@example.org"),
        (r"utf-8; \x{110000}a@example.org", "?a@example.org"),
        ("x-local; root", ""),
    ],
)
def test_recipients_are_read_from_their_fields(field, address):
    assert address_in(field) == address


def test_a_report_has_a_most_of_recipients_however_many_parts_it_has():
    group = "Final-Recipient: rfc822; a@example.org\nAction: failed\nStatus: 5.1.1\n\n"
    part = ("delivery-status", "Reporting-MTA: dns; mx.example.org\n\n" + group * (MOST_RECIPIENTS - 1))
    for parts, found in ((1, MOST_RECIPIENTS - 1), (2, MOST_RECIPIENTS), (3, MOST_RECIPIENTS)):
        assert len(delivery_status(Letter(Message(), reports=(part,) * parts))) == found


# Whatever comes

HEADERS = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=b\r\n",
        b"Content-Type: multipart/mixed; boundary*=utf-8''b; boundary*1=c\r\n",
        b"Content-Type: message/delivery-status\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/plain; charset=\xff\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n",
        b"Subject: =?utf-8?b?####?= =?gb18030?q?=ff=ff?=\r\n",
        b"From: ((((((((<@@@>;:,\r\n",
        b"X-Failed-Recipients: a@b,c@d\r\n",
        b"Final-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        b"Message-ID: \r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"\r\n",
    ]
)


@given(st.lists(st.one_of(HEADERS, st.binary(max_size=40)), max_size=25).map(b"".join))
def test_no_bytes_raise(raw):
    assert isinstance(incoming.read(raw), Finding)


BOMBS = {
    "brackets": b"From: " + b"(" * 50_000,
    "nested messages": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\nContent-Type: message/rfc822\r\n\r\n" * 5_000,
    "many parts": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000,
    "a line of ten megabytes": b"x" * 10_000_000,
    "what expressions choke on": b"<" * 200_000 + b"-" * 200_000 + b"+a" * 100_000,
    "the same as text": b"Subject: a\n\n" + b"<" * 90_000 + b"\n" + b"-" * 90_000 + b"\n" + b"a.b@" * 20_000,
    "a folded header": b"Subject: a\r\n" + b" b\r\n" * 100_000,
    "marked sections": b"Content-Type: text/html\r\n\r\n" + b"<![" * 50_000,
    "groups": b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@b\nAction: failed\n\n" * 15_000,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(20)
def test_no_bomb_goes_off(name):
    assert isinstance(incoming.read(BOMBS[name]), Finding)


@pytest.mark.parametrize("path", random.Random(7).sample(CORPUS, 12), ids=lambda path: path.stem)
def test_no_damaged_bounce_raises_or_names_tokens_that_it_has_not(path):
    luck, raw = random.Random(path.stem), path.read_bytes()
    for _ in range(20):
        damaged = bytearray(raw)
        for _ in range(luck.randrange(1, 30)):
            at = luck.randrange(len(damaged))
            damaged[at : at + luck.randrange(9)] = luck.randbytes(luck.randrange(5))
        finding = incoming.read(bytes(damaged))
        assert finding.tokens == finding.unsubscribe_tokens == ()


def test_a_header_in_bare_utf_8_is_read():
    raw = "From: postmaster@youxiang.example\nSubject: 退信\n\n<a@example.org>: 用户不存在\n".encode()
    assert incoming.read(raw).subject == "退信"
    assert incoming.read(raw).kind is Kind.DEAD


def test_a_message_of_too_many_parts_is_read_by_its_header_alone():
    raw = b"From: mailer-daemon@example.org\nSubject: Undelivered Mail\n"
    raw += b"Content-Type: multipart/mixed; boundary=b\n\n"
    raw += b"--b\nContent-Type: multipart/mixed; boundary=b\n\n" * 1000
    finding = incoming.read(raw)
    assert finding.subject == "Undelivered Mail"
    assert finding.kind in (Kind.OTHER, Kind.UNCLEAR)
