"""Digests as a mailbox shows them: in Chromium, wide and narrow, light and dark, judged by axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pressfeed.digest import Contents, Digest, Logo, Newsroom, Renderer, Story
from pressfeed.domain import Contact, Status
from tests.acceptance.chromium import chromium
from tests.unit import factories

pytestmark = pytest.mark.chromium

LANGUAGES = ("en", "fr", "es", "ar")
WIDTHS = (375, 640)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def digest(language: str) -> Digest:
    """Everything that a digest can hold: a foreign story, a corrected one, a logo, a notice, a rest."""
    other = "fr" if language == "en" else "en"
    contacts = (
        Contact("Isatou Ceesay", "Press officer", "+220 439 21 07 / +220 439 21 08", "iceesay@press.example"),
        Contact("Lamin Touray", "", "", "l.touray.spokesperson.for.the.river@long-domain.press.example"),
    )
    releases = [
        factories.release(1, language),
        factories.release(2, other),
        factories.release(3, language, status=Status.CORRECTED, contacts=contacts),
        factories.release(4, language, contacts=(), subhead=""),
        factories.release(5, language, countries=("GM", "SN", "ML")),
    ]
    rendered = Renderer().render(
        Contents(
            newsroom=Newsroom(
                "International River Commission",
                "https://news.example/",
                about="We measure the river.\n\nWe warn those who live beside it.",
                address="12 Quay Street\nBanjul",
                contact="press@news.example",
                logo=Logo("data:,", "International River Commission", 220, 44),
            ),
            bulletin=factories.bulletin(),
            regions=factories.regions(),
            slot="2026-03-12T06:30",
            language=language,
            stories=tuple(Story(release, f"https://news.example/{release.slug}/") for release in releases),
            online_url="https://news.example/global/",
            more=3,
            notices=("This is a test.",),
        )
    )
    return rendered.linked("https://news.example/unsubscribe/x", "https://news.example/preferences/x")


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    tab = browser.new_page()
    asked: list[str] = []
    tab.on("request", lambda made: asked.append(made.url))
    tab.set_content(digest(request.param).html)
    yield tab
    assert [url for url in asked if not url.startswith("data:")] == []  # a mail fetches nothing by itself
    tab.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    result: dict[str, Any] = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
    found = {
        rule["id"]: [node["html"] for node in rule["nodes"]]
        for rule in (*result["violations"], *result["incomplete"])
    }
    assert found == {}
    passed = {rule["id"] for rule in result["passes"]}
    assert {"color-contrast", "image-alt", "landmark-one-main", "region", "target-size"} <= passed


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.querySelector('[role=main]').getBoundingClientRect().width") == min(
        width, 600
    )


def test_dark_mode_reaches_every_ground_and_every_ink(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    bright = page.evaluate(
        """() => [...document.querySelectorAll('td, p, a, h1, h2, span, strong')].filter(element => {
            const style = getComputedStyle(element);
            const light = colour => colour.match(/[\\d.]+/g).map(Number);
            const ground = light(style.backgroundColor), ink = light(style.color);
            return (ground[3] !== 0 && ground[0] > 96) || ink[0] < 120;
        }).map(element => element.outerHTML.slice(0, 120))"""
    )
    assert bright == []


def test_the_preheader_is_never_seen(page: Page) -> None:
    assert page.locator(".preheader").count() == 1
    assert not page.locator(".preheader").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_stories_start_at_the_readers_side(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    indents = page.evaluate(
        """() => [...document.querySelectorAll('td.story')].map(cell => {
            const range = document.createRange();
            range.selectNodeContents(cell.querySelector('h2 a'));
            const edges = [...range.getClientRects()], box = cell.getBoundingClientRect();
            return Math.round(cell.dir === 'rtl'
                ? box.right - Math.max(...edges.map(edge => edge.right))
                : Math.min(...edges.map(edge => edge.left)) - box.left);
        })"""
    )
    assert indents == [20 if width < 480 else 32] * 5


def test_phone_numbers_and_addresses_read_from_left_to_right_in_arabic(browser: Browser) -> None:
    tab = browser.new_page()
    tab.set_content(digest("ar").html)
    ordered = tab.evaluate(
        """() => [...document.querySelectorAll('td.rtl .person bdi[dir=ltr]')].map(element => {
            const text = element.firstChild, box = (from, to) => {
                const range = document.createRange();
                range.setStart(text, from); range.setEnd(text, to);
                return range.getBoundingClientRect();
            };
            return box(0, 1).left < box(text.length - 1, text.length).left;
        })"""
    )
    tab.close()
    assert len(ordered) >= 4
    assert all(ordered)
