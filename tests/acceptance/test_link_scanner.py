"""A link scanner opens every address of every kind of mail, with scripts, and nothing whatever changes."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.acceptance.chromium import chromium
from tests.acceptance.cli import text_of
from tests.acceptance.website import PATIENCE, Reader, Website

pytestmark = pytest.mark.chromium

ADVANCE = '\n[[bulletins]]\nname = "advance"\nkind = "advance"\n'
PEOPLE = ("known", "leaver", "mover", "pusher", "taken", "ahead")
EXPECTED = {
    "new": ["Please confirm your subscription"],
    "known": ["You are subscribed already"],
    "fresh": ["Please confirm your new address"],
    "taken": ["This address is subscribed already"],
    "mover": ["Please agree to your new address", "Correction: ", "Withdrawn: "],
    "ahead": ["EMBARGOED until "],
}
KINDS = {"subscribe/confirm", "preferences", "preferences/address", "unsubscribe", "advance"}


@pytest.fixture
def website(tmp_path: Path) -> Iterator[Website]:
    website = Website(tmp_path / "room")
    with (website.room.folder / "schedules" / "global.toml").open("a") as world:
        world.write(ADVANCE)
    yield website
    website.stop()


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_context(java_script_enabled=True).new_page()


def test_no_address_of_any_mail_changes_anything_when_it_is_opened(website: Website, page: Page) -> None:
    every_kind_of_mail(website)
    # Now nothing is running that writes but the pages themselves.
    website.start("serve", "--listen", str(website.port))
    urls = addresses(website)
    before = website.dump()
    opened = set()
    with httpx.Client(timeout=PATIENCE) as client:
        for url in sorted(urls):
            for _ in range(2):
                answers = client.head(url), client.get(url)
                assert {answer.status_code for answer in answers} == {200}, url
                assert "set-cookie" not in answers[1].headers, url
            page.goto(url)
            opened.add(url)
            for inner in page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)"):
                if inner.startswith(website.base) and inner not in opened:
                    assert client.head(inner).status_code == client.get(inner).status_code == 200, inner
                    opened.add(inner)
    assert {url.rpartition("/")[2] for url in opened} >= {"sent", "export", "delete"}
    assert website.dump() == before
    # The same addresses do change something by their buttons: they were the right ones.
    reader = Reader("en")
    for url in sorted(urls):
        if "/subscribe/confirm/" in url:
            reader.open(url).press()
    reader.close()
    assert website.dump() != before


def addresses(website: Website) -> set[str]:
    """Every address of our own that stands anywhere in a mail; all kinds of them are there."""
    urls: set[str] = set()
    for mail in website.mails():
        source = "".join(str(value) for value in mail.values()) + text_of(mail) + text_of(mail, "html")
        urls.update(re.findall(r"https?://[^\s\"'<>,]+", source.replace("&amp;", "&")))
    ours = {url for url in urls if url.startswith(website.base)}
    kinds = {url.removeprefix(website.base + "/").rpartition("/")[0] for url in ours}
    assert kinds >= KINDS, kinds
    assert {url for url in ours if "/releases/" in url}
    return ours


def every_kind_of_mail(website: Website) -> None:
    """Sign-ups, changes of address, a bulletin, a correction, a withdrawal and advance copies."""
    room = website.room
    people = room.folder.parent / "people.csv"
    rows = [f"{name}@news.example.org,en,global/daily" for name in PEOPLE]
    people.write_text("\n".join(["email,languages,bulletins", *rows, ""]))
    website.run("subscribers", "import", str(people))
    for story in ("high", "gone"):
        website.publish(story)
    website.start("run", "--listen", f"127.0.0.1:{website.port}")
    website.run("bulletins", "send", "global/daily")
    reader = Reader("en")
    for name in ("new", "known"):
        form = reader.open(f"{website.base}/subscribe").fill(
            address=f"{name}@news.example.org", b_global_daily=True
        )
        while "Look into your mailbox" not in (answer := form.press()).text:
            form = answer
            time.sleep(0.3)
    for name, to in (("mover", "fresh"), ("pusher", "taken")):
        preferences = website.link_in(website.digest(name, "high"), "preferences")
        reader.open(preferences).fill(address=f"{to}@news.example.org").press(action="/address")
    reader.open(website.link_in(website.digest("leaver", "high"), "unsubscribe")).press("one")
    reader.close()
    high, gone = (
        next(str(one["id"]) for one in room.json("releases", "list") if story in one["headline"])
        for story in ("high", "gone")
    )
    website.run(
        "releases", "correct", high, "--headline", "high, corrected", "--note", "x", "--notify", "now"
    )
    website.run("releases", "withdraw", gone, "--notify", "now")
    website.run("subscribers", "accredit", "ahead@news.example.org", "global", "--until", "2999-01-01")
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    secret = room.folder.parent / "secret.md"
    secret.write_text(
        f"---\nheadline: Ahead\nlanguage: en\npublished: {tomorrow.isoformat()}\n"
        f"embargo: {tomorrow.isoformat()}\nplace: Dakar\n---\nDakar – This is known to few people yet.\n"
    )
    website.run("import", str(secret))
    deadline = time.monotonic() + PATIENCE
    while missing := awaited(website):
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)
    website.stop()
    website.run("build")


def awaited(website: Website) -> list[str]:
    """Which of the expected mails are not there yet."""
    mails = [(str(mail["To"]), str(mail["Subject"])) for mail in website.mails()]
    return [
        f"{name}: {words}"
        for name, subjects in EXPECTED.items()
        for words in subjects
        if not any(to.startswith(f"{name}@") and words in subject for to, subject in mails)
    ]
