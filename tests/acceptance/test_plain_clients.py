"""From the form to the undo with a browser that knows forms alone, over a real server and real SMTP."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.acceptance.cli import text_of
from tests.acceptance.fronts import Reply, ask
from tests.acceptance.servers import RecordingServer
from tests.acceptance.website import LABELS, PATIENCE, WORDS, Page, Reader, Website

URLENCODED = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    "multipart/form-data; boundary=----one",
    b'------one\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
    b"------one--\r\n",
)


@pytest.fixture(scope="module")
def website(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    top = tmp_path_factory.mktemp("plain")
    with RecordingServer(top / "accepted", keep=top / "mails") as smtp:
        website = Website(top / "room", smtp, "https://press.example.org")
        website.start("run", "--listen", f"127.0.0.1:{website.port}")
        yield website
        website.stop()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_everything_works_without_scripts_cookies_and_redirects(website: Website, language: str) -> None:
    asked, confirmed, saved, gone, again = WORDS[language]
    old, new = f"old-{language}@news.example.org", f"new-{language}@news.example.org"
    reader = Reader(language)

    page = reader.open(f"{website.local}/subscribe").fill(address=old, b_global_daily=True)
    page = until(page.press(), asked)
    page = reader.open(website.link(old, "subscribe/confirm"))
    assert confirmed in page.press().text

    first = bulletin(website, old, f"first-{language}")
    assert LABELS[language] in text_of(first)
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    preferences = website.link_in(first, "preferences")

    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    page = reader.open(preferences).fill(b_global_weekly=True, pause=str(tomorrow), language_2="es")
    page = page.press("save")
    assert saved in page.text
    person = website.person(old)
    assert sorted(person["bulletins"]) == ["global/daily", "global/weekly"]
    assert person["languages"] == [language, "es"]
    assert page.tree.get_element_by_id("pause").value == str(tomorrow)
    assert saved in page.fill(pause="").press("save").text  # no pause any more

    reader.open(preferences).fill(address=new).press(action="/address")
    for mailbox in (old, new):
        assert reader.open(website.link(mailbox, "preferences/address")).press().status == 200
    assert website.person(new)["bulletins"] == person["bulletins"]
    assert reader.open(preferences).status == 404
    assert one_click(website, first, *URLENCODED).status == 404  # a link that went to the old mailbox

    second = bulletin(website, new, f"second-{language}")
    for kind, body in (URLENCODED, MULTIPART):
        for _ in range(2):  # a mail provider may send it again
            answer = one_click(website, second, kind, body)
            assert (answer.status, "location" in answer.headers, "set-cookie" in answer.headers) == (
                200,
                False,
                False,
            )
            assert gone in answer.body.decode()
            assert website.person(new)["bulletins"] == ["global/weekly"]
        page = reader.open(website.link_in(second, "unsubscribe"))
        assert gone in page.text
        assert again in page.press(action="/undo/").text
        assert sorted(website.person(new)["bulletins"]) == ["global/daily", "global/weekly"]

    page = reader.open(website.link_in(second, "unsubscribe")).press("all")
    assert gone in page.text
    assert website.person(new)["status"] == "unsubscribed"
    assert again in page.press(action="/undo/").text
    person = website.person(new)
    assert (person["status"], sorted(person["bulletins"])) == ("active", ["global/daily", "global/weekly"])
    reader.close()


def until(page: Page, words: str) -> Page:
    """Press the button once more where the form came back sooner than people type."""
    deadline = time.monotonic() + PATIENCE
    while words not in page.text:
        assert time.monotonic() < deadline, page.text
        time.sleep(0.3)
        page = page.press()
    return page


def bulletin(website: Website, to: str, story: str) -> EmailMessage:
    """The bulletin with a new story, as the mailbox gets it."""
    website.publish(story)
    website.run("bulletins", "send", "global/daily")
    return website.digest(to, story)


def one_click(website: Website, mail: EmailMessage, kind: str, body: bytes) -> Reply:
    """What a mail provider sends: the address in the header, a body, and nothing else (RFC 8058)."""
    address = next(
        part.strip("<> ")
        for part in str(mail["List-Unsubscribe"]).split(",")
        if part.strip().startswith("<http")
    )
    target = urlsplit(address).path
    return ask(website.port, target, f"Content-Type: {kind}", method="POST", body=body)
