"""The leak hunt where somebody has it ahead: advance copies, their correction and withdrawal, and set clocks.

Only the accredited have it: searched are everybody else's mailbox, every file, answer and push, and the log.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_leaks import GLOBAL, PLAIN, SECRET, Hunt, found_in
from tests.acceptance.test_websub import Other, listening

UNTIL = (dt.datetime.now(dt.UTC) + dt.timedelta(days=5)).replace(microsecond=0).isoformat()
AHEAD = '[[bulletins]]\nname = "ahead"\nkind = "advance"\nwindow = "1s"\nrate = "100/h"\n'
PAGE = "/releases/en/zephyrquake-accord-unveiled/"
SECOND = SECRET.replace("Zephyrquake accord", "Second zephyrquake").replace(
    "story: zephyr", "story: second-zephyr"
)


@pytest.fixture
def other() -> Iterator[Other]:
    with listening() as side:
        yield side


@pytest.fixture
def hunt(tmp_path: Path) -> Iterator[Hunt]:
    hunt = Hunt(tmp_path, accredited=["jo@example.org"])
    (hunt.news.folder / "schedules" / "global.toml").write_text(GLOBAL + AHEAD, "utf-8")
    hunt.news.setting('# hub = "own"', 'hub = "own"')
    hunt.news.setting('# private_callbacks = "refuse"', 'private_callbacks = "allow"')
    hunt.start()
    yield hunt
    hunt.process.kill()
    hunt.process.wait()


def pushed(other: Other) -> list[str]:
    """The secrets in what was pushed since the last look."""
    given, other.given[:] = list(other.given), []
    return [f"push: {secret}" for headers, body in given for secret in found_in(str(headers).encode() + body)]


def said(hunt: Hunt) -> list[str]:
    """What operators see; only the ledger says what went to the accredited."""
    return [leak for leak in hunt.said() if not leak.startswith("('ledger'")]


def subjects(hunt: Hunt, name: str) -> str:
    return "\n".join(str(mail["Subject"]) for mail in hunt.news.mails() if f"{name}@" in mail["Delivered-To"])


def test_only_the_accredited_have_it_ahead(hunt: Hunt, other: Other) -> None:
    hunt.news.run("subscribers", "add", "ana@example.org", "--bulletin", "global/daily",
                  "--bulletin", "global/alert", "--bulletin", "global/ahead")  # fmt: skip
    hunt.news.run("subscribers", "add", "jo@example.org", "--bulletin", "global/ahead")
    hunt.news.run("subscribers", "accredit", "jo@example.org", "global", "--until", "2030-01-01")
    hunt.bring("plain.md", PLAIN)
    hunt.wait(lambda: hunt.get("/global/en/atom.xml").status_code == 200)
    base = str(hunt.client.base_url).rstrip("/")
    asked = {"hub.mode": "subscribe", "hub.topic": f"{base}/global/en/atom.xml", "hub.callback": other.url}
    assert hunt.client.post("/hub", data=asked).status_code == 202
    hunt.wait(lambda: bool(other.asked))
    hunt.settled()
    hunt.wait(lambda: bool(other.given))

    # An advance copy.
    hunt.bring("secret.md", SECRET.replace("2100-01-01T00:00:00+00:00", UNTIL))
    hunt.wait(lambda: "Zephyrquake accord unveiled" in subjects(hunt, "jo"))
    hunt.settled()
    assert hunt.everywhere() + said(hunt) + pushed(other) == []

    # It is corrected, for those who have it.
    hunt.news.run("releases", "correct", "2", "--headline", "Zephyrquake accord mended",
                  "--note", "A vermilionade was missing.", "--notify", "now")  # fmt: skip
    hunt.wait(lambda: "Zephyrquake accord mended" in subjects(hunt, "jo"))
    hunt.settled()
    assert hunt.everywhere() + said(hunt) + pushed(other) == []

    # Another one is withdrawn before anybody else has seen it: it never was there.
    hunt.bring("second.md", SECOND.replace("2100-01-01T00:00:00+00:00", UNTIL))
    hunt.wait(lambda: "Second zephyrquake" in subjects(hunt, "jo"))
    hunt.news.run("releases", "withdraw", "3", "--note", "The quorblix fell through.", "--notify", "now")
    hunt.wait(lambda: "Withdrawn: Second zephyrquake" in subjects(hunt, "jo"))
    hunt.settled()
    assert hunt.everywhere() + said(hunt) + pushed(other) == []
    assert subjects(hunt, "ana").count("Gauges") == 1

    # The accreditation is revoked, and the process killed.
    hunt.news.run("subscribers", "revoke", "jo@example.org", "global")
    hunt.process.kill()
    hunt.process.wait()
    hunt.start()
    hunt.settled()
    assert hunt.everywhere() + pushed(other) == []

    # The clock runs ahead of the embargo: now it stands everywhere, which shows that the hunt finds it.
    hunt.process.kill()
    hunt.process.wait()
    hunt.start(clock=UNTIL)
    hunt.wait(lambda: "mended" in hunt.get(PAGE).text)
    hunt.wait(lambda: "mended" in subjects(hunt, "ana"))
    hunt.settled()
    seen = "\n".join(hunt.everywhere())
    for place in (
        "atom.xml",
        "rss.xml.gz",
        "feed.json.br",
        f"GET {PAGE}",
        "GET /search?q=gauges",
        "mail to ana@",
    ):
        assert place in seen, place
    hunt.wait(lambda: bool(pushed(other)))
    assert "second-zephyrquake" not in seen

    # It is set right: all of it goes, and only what was sent cannot be called back.
    hunt.process.kill()
    hunt.process.wait()
    hunt.start()
    hunt.wait(lambda: hunt.get(PAGE).status_code in (404, 410))
    hunt.settled()
    hunt.logged()
    pushed(other)
    hunt.settled()
    leaks = [*hunt.files(), *hunt.answers(), *hunt.mails(), *hunt.logged(), *pushed(other)]
    assert [leak for leak in leaks if not leak.startswith(".gone.map")] == []
