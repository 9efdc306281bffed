"""A journalist with a keyboard, from the form to the undo, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.acceptance.chromium import chromium
from tests.acceptance.cli import text_of
from tests.acceptance.website import LABELS, WORDS, Website

pytestmark = pytest.mark.chromium

LOOKS = (("light", 1280), ("dark", 375))


@pytest.fixture
def website(tmp_path: Path) -> Iterator[Website]:
    website = Website(tmp_path / "room")
    room = website.room
    room.run("build", env=website.environ)
    yield website
    website.stop()


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


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
    page.goto(website.link(who, "subscribe/confirm"))
    check(page)
    press(page, "form button")
    assert confirmed in page.inner_text("main")
    check(page)
    website.publish(language)
    website.run("bulletins", "send", "global/daily")
    digest = website.mail(who, 2)
    assert LABELS[language] in text_of(digest)  # what there is in French only, marked as such
    page.goto(website.link_in(digest, "preferences"))
    check(page)
    tab_to(page, "#b-global-weekly")
    page.keyboard.press("Space")
    press(page, "button[name=save]")
    assert saved in page.inner_text("main")
    assert page.is_checked("#b-global-weekly")
    check(page)
    for below in ("sent", "delete"):
        page.goto(website.link_in(digest, "preferences") + f"/{below}")
        check(page)
    page.goto(website.link_in(digest, "unsubscribe"))
    check(page)
    press(page, "button[name=one]")
    assert gone in page.inner_text("main")
    check(page)
    press(page, "form[action^=undo] button")
    assert again in page.inner_text("main")
    check(page)
    context.close()
    person = website.person(who)
    assert person["status"] == "active"
    assert sorted(person["bulletins"]) == ["global/daily", "global/weekly"]
    assert person["languages"] == [language]


def test_from_the_form_to_the_undo_by_keyboard(website: Website, browser: Browser) -> None:
    website.start("run", "--listen", f"127.0.0.1:{website.port}")
    for language in ("fr", "ar"):
        journey(website, browser, language)
