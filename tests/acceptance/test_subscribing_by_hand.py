"""A journalist with a keyboard, from the form to the undo, in Chromium; then a link scanner with scripts."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance.cli import COMMAND, Newsroom, text_of
from tests.acceptance.test_main_job import FRENCH

pytestmark = pytest.mark.chromium

PATIENCE = 60.0  # seconds; far more than it takes, on the slowest machine
LOOKS = (("light", 1280), ("dark", 375))
WORDS = {
    "fr": (
        "Regardez dans votre boîte",
        "Vous êtes abonné(e)",
        "enregistrées",
        "Vous êtes désabonné",
        "comme avant",
    ),
    "ar": ("تفقد بريدك", "تم اشتراكك", "حُفظت", "أُلغي اشتراكك", "كما كان من قبل"),
}


LABELS = {"fr": "Lire le communiqué", "ar": "الفرنسية"}


class Website:
    """A newsroom that is served, and mails, as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.room = Newsroom(folder)
        self.room.setting('# wait = "2s"', 'wait = "1s"')
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.environ = {"PRESSFEED_BASE_URL": self.base}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> None:
        command = [str(COMMAND), "-C", str(self.room.folder), *words]
        with (self.room.folder / f"{words[0]}.log").open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, env={**os.environ, **self.environ})
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx.get(self.base + "/robots.txt")
                return
            except httpx.TransportError:
                assert time.monotonic() < deadline and self.process.poll() is None, "it does not start"
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(20) in (0, -signal.SIGTERM)
            self.process = None

    def mail(self, to: str, number: int) -> EmailMessage:
        """The so-manieth mail to somebody, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            folder = self.room.folder / "outbox"
            found = (
                [mail for mail in self.room.mails() if mail["To"].startswith(to)] if folder.exists() else []
            )
            if len(found) >= number:
                return max(found, key=lambda mail: "List-Id" in mail) if number > 1 else found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail {number} to {to}")

    def dump(self) -> list[str]:
        with sqlite3.connect(self.room.folder / "db" / "pressfeed.sqlite3") as database:
            return list(database.iterdump())


@pytest.fixture
def website(tmp_path: Path) -> Iterator[Website]:
    website = Website(tmp_path / "room")
    room = website.room
    room.run("build", env=website.environ)
    yield website
    website.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


def check(page: Page) -> None:
    """axe-core finds nothing, light and dark, wide and narrow; nothing scrolls sideways."""
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(page)
        assert found.violations_count == 0, (page.url, scheme, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus stands there."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert shown != "none", f"nobody sees the focus on {selector}"
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def press(page: Page, selector: str) -> None:
    """Go to a button by keyboard and press it."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def here(website: Website, mail: EmailMessage, kind: str) -> str:
    found = re.search(rf"{website.base}/{kind}/\S+", text_of(mail))
    assert found is not None, text_of(mail)
    return found[0]


def journey(website: Website, browser: Browser, language: str) -> None:
    """Everything that a subscriber does, by keyboard alone, each page looked at by axe-core."""
    asked, confirmed, saved, gone, again = WORDS[language]
    who = f"reader-{language}@news.example.org"
    context = browser.new_context(locale=language, bypass_csp=True)  # axe-core is a script
    page = context.new_page()
    page.goto(website.base + "/subscribe")
    check(page)
    tab_to(page, "#address")
    page.keyboard.type(who)
    tab_to(page, "#b-global-daily")
    page.keyboard.press("Space")
    press(page, "form button[type=submit]")
    for _ in range(50):
        if asked in page.inner_text("main"):
            break
        check(page)  # who types like a machine is asked for one more press
        press(page, "form button[type=submit]")
    assert asked in page.inner_text("main")
    check(page)
    page.goto(here(website, website.mail(who, 1), "subscribe/confirm"))
    check(page)
    press(page, "form button")
    assert confirmed in page.inner_text("main")
    check(page)
    news = website.room.folder.parent / f"{language}.fr.md"
    # Another story, not the same one again.
    told = FRENCH.replace("gambia-alert", f"alert-{language}").replace("headline: ", f"headline: {language} ")
    news.write_text(told.replace("24 stations", f"24 stations ({language})"))
    website.room.run("import", str(news), env=website.environ)
    website.room.run("bulletins", "send", "global/daily", env=website.environ)
    digest = website.mail(who, 2)
    assert LABELS[language] in text_of(digest)  # what there is in French only, marked as such
    page.goto(here(website, digest, "preferences"))
    check(page)
    tab_to(page, "#b-global-weekly")
    page.keyboard.press("Space")
    press(page, "button[name=save]")
    assert saved in page.inner_text("main")
    assert page.is_checked("#b-global-weekly")
    check(page)
    for below in ("sent", "delete"):
        page.goto(here(website, digest, "preferences") + f"/{below}")
        check(page)
    page.goto(here(website, digest, "unsubscribe"))
    check(page)
    press(page, "button[name=one]")
    assert gone in page.inner_text("main")
    check(page)
    press(page, "form[action^=undo] button")
    assert again in page.inner_text("main")
    check(page)
    context.close()
    (person,) = [each for each in website.room.json("subscribers", "list") if each["email"] == who]
    assert person["status"] == "active"
    assert sorted(person["bulletins"]) == ["global/daily", "global/weekly"]
    assert person["languages"] == [language]


def test_from_the_form_to_the_undo_by_keyboard_and_no_scanner_changes_anything(
    website: Website, browser: Browser
) -> None:
    website.start("run", "--listen", f"127.0.0.1:{website.port}")
    for language in ("fr", "ar"):
        journey(website, browser, language)
    website.stop()
    # Every address of every mail, as link scanners open them; nothing else is running that writes.
    website.start("serve", "--port", str(website.port))
    urls: set[str] = set()
    mails = website.room.mails()
    for mail in mails:
        source = str(mail["List-Unsubscribe"] or "") + text_of(mail) + text_of(mail, "html")
        urls.update(re.findall(r"https?://[^\s\"'<>]+", source.replace("&amp;", "&")))
    assert {
        kind for kind in ("confirm", "preferences", "unsubscribe") if any(kind in url for url in urls)
    } == {
        "confirm",
        "preferences",
        "unsubscribe",
    }
    before = website.dump()
    context = browser.new_context()
    page = context.new_page()
    with httpx.Client() as client:
        for url in sorted(url for url in urls if url.startswith(website.base)):
            assert client.head(url).status_code == client.get(url).status_code
            page.goto(url)
            for inner in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
                if inner.startswith(website.base):
                    client.get(inner)
    context.close()
    assert website.dump() == before
