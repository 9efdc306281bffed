"""Every kind of page of the newsroom: in Chromium (axe-core in light and dark, narrow and wide, two scripts;
keyboard; weight and stillness), and before html-validate and the Nu Html Checker."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pressfeed.config import Config
from pressfeed.domain import Contact, Enclosure, PartialDate, Regions, Release, Status
from pressfeed.publish.build import build
from pressfeed.site import Site
from pressfeed.site.finder import Answer, Asked, Finder
from tests.acceptance.chromium import chromium
from tests.unit.factories import NOW, TEXTS, regions, release
from tests.unit.newsroom import UID, MemoryStore, config

pytestmark = pytest.mark.chromium

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (375, 1280)
PAGES = (
    "", "404.html", "{language}/", "{language}/follow/", "west-central-africa/{language}/",
    "releases/{language}/full/", "releases/{language}/corrected/", "releases/{language}/withdrawn/",
    "{language}/archive/", "{language}/2026-03/", "west-central-africa/{language}/archive/",
    "{language}/topics/", "topics/{language}/floods/", "{language}/contacts/", "search-{language}.html",
)  # fmt: skip
NPM = Path(__file__).parents[1] / "npm"

BODY = (
    "<h2>{0}</h2><ul><li>{0}</li><li>{0}</li></ul><blockquote><p>{0}</p></blockquote>"
    '<p><a href="https://example.org/">{0}</a></p>'
    "<table><thead><tr><th>2024</th><th>2025</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    "<pre>" + "x" * 300 + "</pre>"
)


def releases() -> list[Release]:
    """In every language one release with everything, one corrected, one withdrawn."""
    found = []
    for language in TEXTS:
        full: dict[str, Any] = {
            "body_html": "".join(f"<p>{part}</p>" for part in TEXTS[language]["paragraphs"])
            + BODY.format(TEXTS[language]["headline"]),
            "date": PartialDate(2026, 3, 9),
            "enclosures": (
                Enclosure("https://files.example/gauge.jpg", "image/jpeg", 1000, TEXTS[language]["headline"]),
                Enclosure(
                    "https://files.example/" + "long-name-" * 12 + ".pdf", "application/pdf", 2_000_000
                ),
            ),
            "footnotes": ("One.", "Two."),
            "topics": ("floods", "early warning"),
            "contacts": (
                Contact("Isatou Ceesay", "Press officer", "+220 439 21 07", "i@press.example"),
                Contact("", "Newsroom", "", "l.touray.spokesperson.for.the.river@long-domain.press.example"),
            ),
        }
        for slug, status in (
            ("full", Status.PUBLISHED),
            ("corrected", Status.CORRECTED),
            ("withdrawn", Status.WITHDRAWN),
        ):
            said = {**full, "slug": slug, "story": slug, "status": status, "updated_at": NOW}
            found.append(release(len(found) + 1, language, **said))
    return found


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A newsroom with every kind of page, those of searches among them."""
    newsroom = config(tmp_path_factory.mktemp("newsroom"))
    build(newsroom, regions(), MemoryStore(releases()), NOW)
    # A real newsroom's list of regions is wider than a telephone.
    names = dict.fromkeys(TEXTS, "Central and North America and the Caribbean")
    far = tuple(replace(one, names=names) if one.slug == "south-america" else one for one in regions().all)
    finder = Finder(Site(newsroom, Regions(far), UID))
    for language in TEXTS:
        answers = [
            Answer(one, [(one.content.headline, True)], [("… ", False), (one.content.body_text[:90], True)])
            for one in releases()
        ]
        asked = Asked("floods <&>", language, "south-america", "2026-01-01", "2026-12-31", 2)
        page = finder.page(language, asked, answers, total=2000, pages=100, more=True, closeness="similar")
        (newsroom.public / f"search-{language}.html").write_bytes(page)
    return newsroom


@pytest.fixture(scope="module")
def site(newsroom: Config) -> Iterator[str]:
    """The address of a server of the built pages."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(newsroom.public))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def opened(
    browser: Browser, address: str, scheme: Literal["light", "dark"] = "light", width: int = 1280
) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.route("https://**", lambda route: route.abort())  # nothing outside this machine
    page.goto(address)
    return page


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_axe_finds_nothing(browser: Browser, site: str, language: str) -> None:
    page = opened(browser, site)
    for path in PAGES:
        page.goto(site + path.format(language=language))
        for scheme in SCHEMES:
            for width in WIDTHS:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                # Colours make a difference to this rule alone.
                one = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
                found = Axe().run(page, options=one if scheme == "dark" else None)
                assert found.violations_count == 0, (path, scheme, width, found.generate_report())
    page.close()


def test_html_validate_and_the_nu_html_checker_have_no_complaint(newsroom: Config) -> None:
    pages = [str(path) for path in sorted(newsroom.public.rglob("*.html"))]
    assert len(pages) > 60
    config_file = NPM / "htmlvalidate.config.mjs"
    modules = NPM / "node_modules"
    done = subprocess.run(
        [modules / ".bin" / "html-validate", "--config", config_file, "--formatter", "json", *pages],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [
        (result["filePath"], message["line"], message["ruleId"], message["message"])
        for result in json.loads(done.stdout)
        for message in result["messages"]
    ]
    assert (done.returncode, complaints) == (0, [])
    checker = ["java", "-jar", modules / "vnu-jar" / "build" / "dist" / "vnu.jar"]
    done = subprocess.run(
        [*checker, "--also-check-css", "--format", "gnu", *pages, newsroom.public / "assets" / "press.css"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_no_page_scrolls_sideways_on_a_telephone(browser: Browser, site: str, language: str) -> None:
    page = opened(browser, site, width=320)
    for path in PAGES:
        page.goto(site + path.format(language=language))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    page.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, site: str) -> None:
    page = opened(browser, site + "releases/fr/full/")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Aller au contenu"
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.close()


def test_every_link_can_be_reached_by_keyboard_in_the_order_it_is_read(browser: Browser, site: str) -> None:
    page = opened(browser, site + "en/")
    name = "(one) => one.getAttribute('href') ?? one.outerHTML"
    every = "a, button, select, input:not([type=hidden])"
    links = page.evaluate(f"[...document.querySelectorAll('{every}')].map({name})")
    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(f"({name})(document.activeElement)"))
    assert reached == links
    page.close()


def test_the_text_is_copied_without_markup(browser: Browser, site: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.route("https://**", lambda route: route.abort())
    page.goto(site + "releases/en/full/")
    page.get_by_role("button", name="Copy the text").press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(TEXTS["en"]["headline"])
    for part in (*TEXTS["en"]["paragraphs"], "Isatou Ceesay", "https://press.example.org/releases/en/full/"):
        assert part in copied
    context.close()


def test_arabic_begins_on_the_right(browser: Browser, site: str) -> None:
    page = opened(browser, site + "releases/ar/full/")
    text = page.locator(".primary").bounding_box()
    contacts = page.locator(".secondary").bounding_box()
    assert text is not None
    assert contacts is not None
    assert text["x"] > contacts["x"]
    page.close()


def test_paper_gets_the_story_and_its_address_but_no_menus(browser: Browser, site: str) -> None:
    page = opened(browser, site + "releases/fr/full/")
    page.emulate_media(media="print")
    assert not page.locator(".menu").is_visible()
    assert not page.locator(".colophon").is_visible()
    assert page.locator(".address").inner_text() == "https://press.example.org/releases/fr/full/"
    assert page.locator(".contacts").is_visible()
    page.close()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_pages_are_light_and_still(browser: Browser, site: str, language: str, width: int) -> None:
    page = opened(browser, "about:blank", width=width)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => window.shift += entry.value)).observe({type: 'layout-shift', buffered: true})"
    )
    for path in PAGES:
        weight: list[int] = []

        def weigh(answer: Any, weight: list[int] = weight) -> None:
            weight.append(len(answer.body()))

        page.on("response", weigh)
        page.goto(site + path.format(language=language), wait_until="networkidle")
        page.remove_listener("response", weigh)
        assert 0 < sum(weight) < 100_000, path
        assert page.evaluate("window.shift") < 0.01, path
    page.close()


def test_no_page_needs_a_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route("https://**", lambda route: route.abort())
    page.goto(site + "releases/en/full/")
    assert page.locator("h1").inner_text() == TEXTS["en"]["headline"]
    assert not page.locator("#copy").is_visible()
    assert page.locator("[download]").first.is_visible()
    context.close()
