"""Every mail of the sample newsroom, in all its languages, as other programs judge it."""

from __future__ import annotations

import email.message
import email.policy
import mailbox
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal

import dkim as dkimpy
import listunsub
import pytest
from axe_playwright_python.sync_playwright import Axe

from pressfeed import dkim
from tests.acceptance.chromium import chromium
from tests.unit.factories import NOW

ROOT = Path(__file__).parents[2]
PRIVATE, RECORD = dkim.generate("rsa")
TRACE = (
    b"Received: from mail.example.org (mail.example.org [198.18.0.25])\r\n"
    b" by mx.receiver.example (Postfix) with ESMTPS id 4T1xYz0k\r\n for <reader@receiver.example>; "
)


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What the demonstration put into mailboxes, one of each list, as it crosses the wire, signed."""
    folder = tmp_path_factory.mktemp("sample") / "demo"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo"), str(folder)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
    )
    signer = dkim.Signer("example.org", "press", PRIVATE)
    found: dict[str, bytes] = {}
    for stored in mailbox.Maildir(folder / "outbox", create=False):
        sent = stored.as_bytes().replace(b"\n", b"\r\n").partition(b"Delivered-To: ")[2].partition(b"\r\n")[2]
        found[str(parsed(sent)["List-Id"])] = dkim.sign(sent, [signer], NOW, canonical=True)
    assert len(found) >= 12
    assert {parsed(raw)["Content-Language"] for raw in found.values()} == {"en", "fr", "es", "ar"}
    return list(found.values())


def parsed(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def part(raw: bytes, subtype: str) -> str:
    body = parsed(raw).get_body((subtype,))
    assert body is not None
    return str(body.get_content())


def test_each_parses_without_a_defect_and_keeps_to_the_lengths_of_lines(mails: list[bytes]) -> None:
    for raw in mails:
        message = parsed(raw)
        assert [entity.defects for entity in message.walk()] == [[], [], []]
        assert [value.defects for value in message.values() if value.defects] == []
        assert raw.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\0\t]", raw)
        lines = raw.split(b"\r\n")
        assert max(map(len, lines)) <= 998
        assert max(map(len, lines[lines.index(b"") :])) <= 76
        assert len(part(raw, "html").encode()) <= 90_000


def test_each_can_be_left_by_one_click_and_is_signed(mails: list[bytes]) -> None:
    for raw in mails:
        fields = {
            name: [re.sub("\r?\n", "", value) for value in email.message_from_bytes(raw).get_all(name, [])]
            for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "DKIM-Signature")
        }
        audit = listunsub.audit(
            fields["List-Unsubscribe"],
            fields["List-Unsubscribe-Post"],
            dkim_signatures=fields["DKIM-Signature"],
        )
        assert audit == []
        assert dkimpy.verify(raw, dnsfunc=lambda *_, **__: RECORD.encode())


def test_the_text_part_has_every_link_of_the_page(mails: list[bytes]) -> None:
    for raw in mails:
        links = set(re.findall(r'href="(https://press\.example\.org/releases/[^"]+)"', part(raw, "html")))
        assert links
        text = part(raw, "plain")
        assert {link for link in links if link not in text} == set()


def test_spamassassin_finds_nothing_against_any(mails: list[bytes], tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for raw in mails:
        received = TRACE + str(parsed(raw)["Date"]).encode() + b"\r\n" + raw
        box.add(received.replace(b"\r\n", b"\n"))
    box.close()
    report = subprocess.run(
        ["spamassassin", "--local", "--test-mode", "--nocreate-prefs", "--mbox", str(tmp_path / "box")],
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C"},
    ).stdout.decode("utf-8", "replace")
    scores = re.findall(r"^X-Spam-Status: \w+, score=(-?[\d.]+)", report, re.MULTILINE)
    assert len(scores) == len(mails)
    assert max(map(float, scores)) <= 0, report


@pytest.mark.chromium
def test_axe_finds_nothing_in_any_in_light_and_dark(mails: list[bytes]) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 375, "height": 900})
        for raw in mails:
            page.set_content(part(raw, "html"))
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)
                found = Axe().run(page).response["violations"]
                assert found == [], (parsed(raw)["List-Id"], scheme)
