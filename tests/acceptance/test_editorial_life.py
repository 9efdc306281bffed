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
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from xml.etree import ElementTree

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


ATOM = "{http://www.w3.org/2005/Atom}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
MARKS = str.maketrans("", "", "\u2066\u2067\u2068\u2069\u200e\u200f")  # of scripts that are mixed


@dataclass(frozen=True)
class Entry:
    """What a feed says of a release."""

    title: str
    updated: str  # to the hour
    text: bool = True  # whether it is there
    note: str = ""


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
        self.ids: dict[str, str] = {}  # of each language's entry

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
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text("utf-8"))
            time.sleep(0.05)

    def boxes(self) -> dict[str, list[str]]:
        """The subjects in every mailbox."""
        found: dict[str, list[str]] = {}
        for mail in self.mails():
            name = str(mail["Delivered-To"]).partition("@")[0]
            found.setdefault(name, []).append(str(mail["Subject"]))
        return found

    def feeds(self) -> dict[str, list[Entry]]:
        """The entries of every language's feed, which RSS, Atom and JSON tell alike, and ninjs with them."""
        return {language: self.feed(language) for language in LANGUAGES}

    def show(self, feeds: dict[str, list[Entry]], sitemap: set[str]) -> None:
        """Wait until all feeds and the sitemap say just this."""

        def shown() -> bool:
            with contextlib.suppress(AssertionError):  # a build is writing one file after the other
                return self.feeds() == feeds and self.sitemap() == sitemap
            return False

        with contextlib.suppress(TimeoutError):
            self.wait(shown)
        assert self.feeds() == feeds
        assert self.sitemap() == sitemap

    def feed(self, language: str) -> list[Entry]:
        folder = self.folder / "public" / "global" / language
        if not (folder / "ninjs.json").exists():
            return []
        atom = ElementTree.parse(folder / "atom.xml").getroot()
        told = [
            (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}content"))
            for entry in atom.iter(f"{ATOM}entry")
        ]
        updated = [(entry.findtext(f"{ATOM}updated") or "")[:19] for entry in atom.iter(f"{ATOM}entry")]
        items = list(ElementTree.parse(folder / "rss.xml").getroot().iter("item"))
        assert told == [tuple(item.findtext(name) for name in ("guid", "title", CONTENT)) for item in items]
        assert updated == [(item.findtext(f"{ATOM}updated") or "")[:19] for item in items]
        items = json.loads((folder / "feed.json").read_text("utf-8"))["items"]
        assert told == [(item["id"], item["title"], item["content_html"]) for item in items]
        assert updated == [item["date_modified"][:19] for item in items]
        agency = json.loads((folder / "ninjs.json").read_text("utf-8"))
        assert [(identity, title) for identity, title, _ in told] == [
            (item["uri"], item["headlines"][0]["value"]) for item in agency
        ]
        withdrawn = {item["uri"] for item in agency if item["pubstatus"] == "canceled"}
        assert withdrawn == {entry.get("ref") for entry in atom.iter(f"{TOMBSTONES}deleted-entry")}
        assert not withdrawn & {item["uri"] for item in agency if "bodies" in item}
        found = []
        for (identity, title, content), moment in zip(told, updated, strict=True):
            assert self.ids.setdefault(language, str(identity)) == identity  # it never changes
            note = re.match(r"<p><strong>(.*?)</strong></p>", content or "")
            text = "Basse" in (content or "")
            assert text is (identity not in withdrawn)
            found.append(Entry(str(title), moment[:13], text, note[1] if note else ""))
        return found

    def sitemap(self) -> set[str]:
        """The languages of the releases that the sitemap names."""
        files = (self.folder / "public" / "sitemaps").glob("2026-*.xml")
        return set(re.findall(r"/releases/(\w+)/", "".join(file.read_text("utf-8") for file in files)))

    def bodies(self) -> dict[str, list[str]]:
        """What stands as a headline in the text of every mail, by mailbox."""
        found: dict[str, list[str]] = {}
        for mail in self.mails():
            name = str(mail["Delivered-To"]).partition("@")[0]
            text = text_of(mail).translate(MARKS)
            found.setdefault(name, []).append(
                "; ".join(re.findall(r"^(\S.*\S)[ \r]*\n=", text, re.MULTILINE)[1:])
            )
        return {name: sorted(told) for name, told in found.items()}

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
    nothing: dict[str, list[Entry]] = {language: [] for language in LANGUAGES}

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
    life.show(nothing, set())
    assert [life.find(headline) for headline in HEADLINES.values()] == [[], [], [], []]
    told = life.get(page)
    assert HEADLINES["fr"] in told.text and "Basse" in told.text
    assert "no-store" in told.headers["cache-control"] and "noindex" in told.headers["x-robots-tag"]
    assert life.get(page[:-1] + ("a" if page[-1] != "a" else "b")).status_code == 404

    # The embargo ends: everything follows within seconds, and no mail does.
    life.at("2026-03-10T08:59:58")
    everywhere = {language: [Entry(HEADLINES[language], "2026-03-09T10")] for language in LANGUAGES}
    life.show(everywhere, set(LANGUAGES))
    told = life.get(page)
    assert "Basse" not in told.text and "/releases/fr/" in told.text
    assert list(life.boxes()) == ["jo"]

    # The digest, each in their language; the journalist has had it.
    life.at("2026-03-10T18:59:58")
    life.wait(lambda: len(life.mails()) == 5)
    boxes = life.boxes()
    assert boxes == {"jo": boxes["jo"]} | {code: [HEADLINES[code]] for code in LANGUAGES}
    bodies = {code: [f"1. {HEADLINES[code]}"] for code in LANGUAGES} | {"jo": [f"1. {HEADLINES['fr']}"]}
    assert life.bodies() == bodies

    # Corrected: whoever has the French text is told, in whatever way they were given it.
    life.at("2026-03-11T08:00:00")
    said = life.do("releases", "correct", french(life), "--headline", CORRECTED,
                   "--note", "Il s’agit de quatorze mille foyers.", "--notify", "now")  # fmt: skip
    assert "Were sent an older text: 2 people (2 in fr); told now." in said
    life.wait(lambda: len(life.mails()) == 7)
    boxes["jo"].append(f"Rectificatif\u00a0: {CORRECTED}")
    boxes["fr"].append(f"Rectificatif\u00a0: {CORRECTED}")
    assert sorted_boxes(life) == sorted_boxes(boxes)
    note = "Ce communiqué a été corrigé le 11 mars 2026. Vous lisez ici le texte corrigé."
    corrected = Entry(CORRECTED, "2026-03-11T08", True, f"{note} Il s’agit de quatorze mille foyers.")
    life.show(everywhere | {"fr": [corrected]}, set(LANGUAGES))
    for name in ("jo", "fr"):
        bodies[name].append(f"Rectificatif\u00a0: {CORRECTED}")
    assert life.bodies() == {name: sorted(told) for name, told in bodies.items()}

    # Withdrawn: tombstones, and a notice to exactly those who have these two texts.
    life.at("2026-03-11T12:00:00")
    life.do("releases", "withdraw", french(life), "--note", "Chiffres non confirmés.", "--notify", "now")
    life.do("releases", "withdraw", number(life, "en"), "--notify", "now")
    life.wait(lambda: len(life.mails()) == 10)
    boxes["jo"].append(f"Retiré\u00a0: {CORRECTED}")
    boxes["fr"].append(f"Retiré\u00a0: {CORRECTED}")
    boxes["en"].append(f"Withdrawn: {HEADLINES['en']}")
    assert sorted_boxes(life) == sorted_boxes(boxes)
    french_note = "Ce communiqué a été retiré le 11 mars 2026. Merci de ne plus le citer ni le diffuser."
    english_note = "This release was withdrawn on 11 March 2026. Please do not quote it or pass it on."
    gone = {
        "fr": [
            Entry(
                f"Retiré\u00a0: {CORRECTED}",
                "2026-03-11T12",
                False,
                f"{french_note} Chiffres non confirmés.",
            )
        ],
        "en": [Entry(f"Withdrawn: {HEADLINES['en']}", "2026-03-11T12", False, english_note)],
    }
    life.show(everywhere | gone, {"es", "ar"})
    for name in ("jo", "fr"):
        bodies[name].append(f"Communiqué retiré\u00a0: {CORRECTED}")
    bodies["en"].append(f"Withdrawn: {HEADLINES['en']}")
    assert life.bodies() == {name: sorted(told) for name, told in bodies.items()}

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
