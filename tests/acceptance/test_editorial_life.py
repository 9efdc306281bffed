"""One story through the real commands: every mailbox and every feed, with a kill before each step.

Under embargo → an advance copy → lifted → a digest in four languages → corrected → withdrawn.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.acceptance.cli import Newsroom, text_of

PATIENCE = 90.0  # seconds; far more than it takes, on the slowest machine
LANGUAGES = ("en", "fr", "es", "ar")
HEADLINES = {
    "en": "Forty thousand households warned before the flood",
    "fr": "Quarante mille foyers prévenus avant la crue",
    "es": "Cuarenta mil hogares avisados antes de la crecida",
    "ar": "تحذير أربعين ألف أسرة قبل الفيضان",
}
CORRECTED = "Quatorze mille foyers prévenus avant la crue"
SCHEDULE = """\
name = "World"
time_zone = "UTC"

[[bulletins]]
name = "daily"
cron = "0 19 * * *"

[[bulletins]]
name = "advance"
kind = "advance"
window = "1s"
"""


class Life(Newsroom):
    """A newsroom with a clock, and one process that keeps it going until it is killed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for file in (folder / "schedules").glob("*.toml"):
            file.unlink()
        (folder / "schedules" / "global.toml").write_text(SCHEDULE, "utf-8")
        self.now = dt.datetime(2026, 3, 9, 10, tzinfo=dt.UTC)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def clocked(self, *words: str) -> list[str]:
        moment = self.now.isoformat()
        return [sys.executable, "-m", "tests.acceptance.clocked", moment, "-C", str(self.folder), *words]

    def at(self, moment: str) -> None:
        """Kill -9 what runs, set the clock, and start it again."""
        self.kill()
        self.now = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
        command = self.clocked("run", "--listen", str(self.port))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, cwd=ROOT)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def do(self, *words: str) -> str:
        """Run a command at this moment."""
        done = subprocess.run(self.clocked(*words), capture_output=True, cwd=ROOT, check=False, timeout=300)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def wait(self, what: Callable[[], object]) -> None:
        assert self.process is not None
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert self.process.poll() is None, (self.folder / "log").read_text("utf-8")
            assert time.monotonic() < deadline, (self.folder / "log").read_text("utf-8")
            time.sleep(0.05)

    def boxes(self) -> dict[str, list[str]]:
        """The subjects in every mailbox."""
        found: dict[str, list[str]] = {}
        for mail in self.mails():
            name = str(mail["Delivered-To"]).partition("@")[0]
            found.setdefault(name, []).append(str(mail["Subject"]))
        return found

    def feeds(self) -> dict[str, list[tuple[str, bool]]]:
        """The titles in every language's feed, and whether there is a text below them."""
        found = {}
        for language in LANGUAGES:
            file = self.folder / "public" / "global" / language / "feed.json"
            items = json.loads(file.read_text("utf-8"))["items"] if file.exists() else []
            found[language] = [(item["title"], "Basse" in item.get("content_html", "")) for item in items]
        return found

    def get(self, path: str) -> httpx.Response:
        """What the process answers, as soon as it does."""
        answers: list[httpx.Response] = []

        def ask() -> bool:
            with contextlib.suppress(httpx.ConnectError):  # it has not begun to listen yet
                answers.append(httpx.get(f"http://127.0.0.1:{self.port}/{path}"))
            return bool(answers)

        self.wait(ask)
        return answers[0]

    def find(self, headline: str) -> list[str]:
        """The files in ``public/`` that say a headline."""
        public = self.folder / "public"
        found = []
        for file in public.rglob("*"):
            if file.is_file() and headline.encode() in file.read_bytes():
                found.append(str(file.relative_to(public)))
        return sorted(found)


ROOT = Path(__file__).parents[2]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    os.environ["PRESSFEED_USER"] = "Rosa"
    life = Life(tmp_path / "newsroom")
    yield life
    life.kill()
    del os.environ["PRESSFEED_USER"]


def documents(folder: Path) -> str:
    folder.mkdir()
    for language, headline in HEADLINES.items():
        text = f"---\ntitle: {headline}\nlang: {language}\n---\n\nThe gauges at Basse passed six metres.\n"
        (folder / f"flood-{language}.md").write_text(text, "utf-8")
    return str(folder)


def test_the_life_of_a_story(life: Life, tmp_path: Path) -> None:
    for language in LANGUAGES:
        life.do("subscribers", "add", f"{language}@news.example.org", "--language", language,
                "--bulletin", "global/daily")  # fmt: skip
    life.do("subscribers", "add", "jo@news.example.org", "--language", "fr", "--bulletin", "global/daily")
    life.do("subscribers", "accredit", "jo@news.example.org", "global", "--until", "2026-12-31")
    nothing: dict[str, list[tuple[str, bool]]] = {language: [] for language in LANGUAGES}

    # Under embargo: one accredited journalist has it, nobody else and no file.
    life.at("2026-03-09T10:00:00")
    life.do("import", documents(tmp_path / "flood"), "--story", "flood", "--region", "global",
            "--published", "2026-03-09T10:00Z", "--embargo", "2026-03-10T09:00Z")  # fmt: skip
    life.wait(life.boxes)
    (advance,) = life.mails()
    assert life.boxes() == {"jo": [f"SOUS EMBARGO jusqu’au 10 mars 2026\u00a0: {HEADLINES['fr']}"]}
    assert advance["X-Embargo-Until"] == "2026-03-10T09:00:00Z"
    assert "SOUS EMBARGO jusqu’au 10 mars 2026 à 09:00 (temps universel coordonné)" in text_of(
        advance, "html"
    )
    assert "/releases/" not in text_of(advance, "html") + text_of(advance)
    page = personal(advance)
    life.wait((life.folder / "public" / "index.html").exists)
    assert {**nothing, **life.feeds()} == nothing
    assert [life.find(headline) for headline in HEADLINES.values()] == [[], [], [], []]
    told = life.get(page)
    assert HEADLINES["fr"] in told.text and "Basse" in told.text
    assert "no-store" in told.headers["cache-control"] and "noindex" in told.headers["x-robots-tag"]
    assert life.get(page[:-1] + ("a" if page[-1] != "a" else "b")).status_code == 404

    # The embargo ends: everything follows within seconds, and no mail does.
    life.at("2026-03-10T08:59:58")
    everywhere = {language: [(HEADLINES[language], True)] for language in LANGUAGES}
    life.wait(lambda: life.feeds() == everywhere)
    told = life.get(page)
    assert "Basse" not in told.text and "/releases/fr/" in told.text
    assert list(life.boxes()) == ["jo"]

    # The digest, each in their language; the journalist has had it.
    life.at("2026-03-10T18:59:58")
    life.wait(lambda: len(life.mails()) == 5)
    boxes = life.boxes()
    assert boxes == {"jo": boxes["jo"]} | {code: [HEADLINES[code]] for code in LANGUAGES}

    # Corrected: whoever has the French text is told, in whatever way they were given it.
    life.at("2026-03-11T08:00:00")
    said = life.do("releases", "correct", french(life), "--headline", CORRECTED,
                   "--note", "Il s’agit de quatorze mille foyers.", "--notify", "now")  # fmt: skip
    assert "Were sent an older text: 2 people (2 in fr); told now." in said
    life.wait(lambda: len(life.mails()) == 7)
    boxes["jo"].append(f"Rectificatif\u00a0: {CORRECTED}")
    boxes["fr"].append(f"Rectificatif\u00a0: {CORRECTED}")
    assert sorted_boxes(life) == sorted_boxes(boxes)
    life.wait(lambda: life.feeds()["fr"] == [(CORRECTED, True)])
    assert {**life.feeds(), "fr": []} == {**everywhere, "fr": []}
    assert "Il s’agit de quatorze mille foyers." in (life.folder / "public/global/fr/atom.xml").read_text(
        "utf-8"
    )

    # Withdrawn: tombstones, and a notice to exactly those who have these two texts.
    life.at("2026-03-11T12:00:00")
    life.do("releases", "withdraw", french(life), "--note", "Chiffres non confirmés.", "--notify", "now")
    life.do("releases", "withdraw", number(life, "en"), "--notify", "now")
    life.wait(lambda: len(life.mails()) == 10)
    boxes["jo"].append(f"Retiré\u00a0: {CORRECTED}")
    boxes["fr"].append(f"Retiré\u00a0: {CORRECTED}")
    boxes["en"].append(f"Withdrawn: {HEADLINES['en']}")
    assert sorted_boxes(life) == sorted_boxes(boxes)
    gone = {
        "fr": [(f"Retiré\u00a0: {CORRECTED}", False)],
        "en": [(f"Withdrawn: {HEADLINES['en']}", False)],
    }
    life.wait(lambda: life.feeds() == everywhere | gone)

    # The next digest has nothing to say to anybody.
    life.at("2026-03-11T18:59:58")
    life.wait(lambda: "2026-03-11T19:00" in life.run("editions", "list").out)
    assert sorted_boxes(life) == sorted_boxes(boxes)
    assert "Traceback" not in (life.folder / "log").read_text("utf-8")


def personal(mail: EmailMessage) -> str:
    """The path of the reader's own page."""
    match = re.search(r"https?://[^/\s]+/(advance/[a-z0-9]+)#", text_of(mail))
    assert match
    return match[1]


def number(life: Life, language: str) -> str:
    (release,) = [one for one in life.json("releases", "list") if one["language"] == language]
    return str(release["id"])


def french(life: Life) -> str:
    return number(life, "fr")


def sorted_boxes(boxes: Life | dict[str, list[str]]) -> dict[str, list[str]]:
    found = boxes.boxes() if isinstance(boxes, Life) else boxes
    return {name: sorted(subjects) for name, subjects in sorted(found.items())}
