"""Finished messages, judged by programs that others wrote: parsers, DKIM, filters, a text browser."""

from __future__ import annotations

import email
import email.policy
import os
import re
import subprocess
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from zoneinfo import ZoneInfo

import dkim as dkimpy
import listunsub
import pytest

from pressfeed import dkim
from pressfeed.digest import Contents, Digest, Newsroom, Renderer, Story
from pressfeed.message import (
    Composed,
    Mailbox,
    Mailing,
    MailingList,
    Recipient,
    Template,
    feedback_id,
    list_id,
)
from pressfeed.tokens import Keyring, Links
from tests.unit import factories

LANGUAGES = tuple(factories.TEXTS)
BASE = "https://news.press.example"
KEYS: dict[str, tuple[bytes, str]] = {"rsa": dkim.generate("rsa"), "ed25519": dkim.generate("ed25519")}
RING = Keyring(b"a secret of thirty-two bytes or so")
LINKS = Links(RING, BASE, "bounces@press.example", "unsubscribe@press.example")
UNSUBSCRIBE = LINKS.unsubscribe(123_456, "global/daily", epoch=0)
PREFERENCES = LINKS.preferences(123_456, epoch=0)
NAMES = {"en": "Zoë Müller", "fr": "Hélène Lefèvre-Œuvrard", "es": "Íñigo Núñez", "ar": "ليلى الخوري"}


@cache
def digest(language: str) -> Digest:
    releases = [
        factories.release(number, language, headline=f"{factories.TEXTS[language]['headline']} ({number})")
        for number in range(1, 6)
    ]
    return Renderer().render(
        Contents(
            newsroom=Newsroom(
                "International River Commission",
                f"{BASE}/{language}/",
                about="We measure the river.\n\nWe warn those who live beside it.",
                address="12 Quay Street\nBanjul",
                contact="office@press.example",
            ),
            bulletin=factories.bulletin(),
            regions=factories.regions(),
            slot="2026-03-12T06:30",
            language=language,
            stories=tuple(Story(each, f"{BASE}/releases/{language}/{each.slug}/") for each in releases),
            online_url=f"{BASE}/global/{language}/",
            more=3,
        )
    )


@cache
def composed(language: str) -> Composed:
    rendered = digest(language)
    mailing = Mailing(
        sender=Mailbox(factories.regions().all[0].name(language), "news@press.example"),
        reply_to=Mailbox("International River Commission", "office@press.example"),
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        language=language,
        list=MailingList(
            id=list_id("global/daily", language, "press.example"),
            title=factories.regions().all[0].name(language),
            help="mailto:help@press.example",
            owner="mailto:office@press.example",
            archive=f"{BASE}/global/{language}/",
            feedback_id=feedback_id("17", "global/daily", language, "press.example"),
        ),
        date=factories.NOW.astimezone(ZoneInfo("Africa/Dakar")),
    )
    return Template(mailing).compose(
        Recipient(
            name=NAMES[language],
            address="zoe@receiver.example",
            message_id=RING.message_id("edition-17", 123_456, "press.example"),
            return_path=LINKS.return_path(123_456, 17, epoch=0),
            unsubscribe_url=UNSUBSCRIBE,
            preferences_url=PREFERENCES,
            unsubscribe_mailto=LINKS.unsubscribe_mailto(123_456, "global/daily", epoch=0),
        )
    )


@cache
def signed(language: str) -> bytes:
    signers = [dkim.Signer("press.example", kind, private) for kind, (private, _) in KEYS.items()]
    return dkim.sign(composed(language).message, signers, factories.NOW, canonical=True)


def parsed(language: str) -> EmailMessage:
    message = email.message_from_bytes(signed(language), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return part.get_content().replace("\r\n", "\n")


def raw(language: str, field: str) -> list[str]:
    """A field's bodies as they stand in the message, unfolded."""
    message = email.message_from_bytes(signed(language))
    return [re.sub("\r?\n", "", value) for value in message.get_all(field, [])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_parses_without_a_defect(language):
    message = parsed(language)
    assert [part.defects for part in message.walk()] == [[], [], []]
    assert [value.defects for value in message.values() if value.defects] == []
    assert message["To"].addresses[0].display_name == NAMES[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_subject_text_and_html_come_back_as_they_were_rendered(language):
    message, expected = parsed(language), digest(language).linked(UNSUBSCRIBE, PREFERENCES)
    assert str(message["Subject"]) == expected.subject
    assert body(message, "plain") == expected.text.rstrip("\n")
    assert body(message, "html") == expected.html.rstrip("\n")
    assert "%%" not in body(message, "plain") + body(message, "html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_byte_survives_a_seven_bit_relay(language):
    message = signed(language)
    assert message.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\0\t]", message)
    lines = message.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert max(map(len, lines[lines.index(b"") :])) <= 76
    assert not any(line.endswith(b" ") for line in lines)


def test_each_language_gets_its_shorter_encoding():
    encodings = {
        language: {str(part["Content-Transfer-Encoding"]) for part in parsed(language).iter_parts()}
        for language in LANGUAGES
    }
    assert encodings["fr"] == {"quoted-printable"}
    assert "base64" in encodings["ar"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_click_unsubscribing_passes_the_audit(language):
    fields = raw(language, "List-Unsubscribe"), raw(language, "List-Unsubscribe-Post")
    assert listunsub.audit(*fields, dkim_signatures=raw(language, "DKIM-Signature")) == []
    best = listunsub.choose(fields[0][0], fields[1][0], dkim_verified=True)
    assert best is not None
    assert (best.kind, best.uri) == ("one-click", UNSUBSCRIBE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("index", range(len(KEYS)))
def test_both_signatures_verify(language, index):
    def dns(name: bytes, timeout: int = 5) -> bytes:
        return KEYS[name.decode().partition(".")[0]][1].encode()

    assert dkimpy.DKIM(signed(language)).verify(idx=index, dnsfunc=dns)


def as_received(language: str) -> bytes:
    """With what the last server of a journey adds, so that the rules about journeys and dates apply too."""
    trace = (
        f"Return-Path: <{composed(language).sender}>\r\n"
        "Received: from mail.press.example (mail.press.example [198.18.0.25])\r\n"
        " by mx.receiver.example (Postfix) with ESMTPS id 4T1xYz0k\r\n"
        f" for <zoe@receiver.example>; {format_datetime(factories.NOW)}\r\n"
    )
    return trace.encode() + signed(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_spamassassin_finds_nothing_against_it(language, tmp_path):
    report = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--nocreate-prefs"],
        input=as_received(language),
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C"},
    ).stdout.decode("utf-8", "replace")
    score = re.search(r"^X-Spam-Status: \w+, score=(-?[\d.]+)", report, re.MULTILINE)
    assert score is not None, report
    assert float(score[1]) <= 0, report


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_part_says_what_the_html_says(language, tmp_path):
    page = tmp_path / "digest.html"
    page.write_text(body(parsed(language), "html"), "utf-8")
    shown = subprocess.run(
        ["w3m", "-dump", "-T", "text/html", "-I", "utf-8", "-O", "utf-8", "-cols", "300", str(page)],
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path)},
    ).stdout.decode()
    text = body(parsed(language), "plain")
    headlines = [f"{factories.TEXTS[language]['headline']} ({number})" for number in range(1, 6)]
    for where in (_words(shown), _words(text)):
        positions = [where.rfind(_words(headline)) for headline in headlines]
        assert -1 not in positions
        assert positions == sorted(positions)
    for said in (factories.TEXTS[language]["subhead"], "iceesay@press.example", "12 Quay Street"):
        assert _words(said) in _words(shown)
        assert _words(said) in _words(text)
    for link in (UNSUBSCRIBE, PREFERENCES, f"{BASE}/releases/{language}/release-1/"):
        assert link in text


def _words(text: str) -> str:
    """What a reader sees, without line breaks, kinds of blanks and invisible direction marks."""
    return " ".join(re.sub("[\u200e\u200f\u061c\u2066-\u2069]", "", text).split())
