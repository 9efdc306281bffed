"""The leak hunt: what is under embargo stands in no byte that pressfeed writes, serves, sends or logs."""

from __future__ import annotations

import gzip
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest

from pressfeed import config, schedule
from pressfeed.publish.builder import Builder
from pressfeed.web.app import application
from tests.acceptance.cli import COMMAND, Newsroom
from tests.acceptance.clockwork import WORLD, Clockwork, utc

# Words that stand nowhere but in releases under embargo: in headline, slug, text, place, topic, contact.
SECRETS = ("zephyrquake", "vermilionade", "quorblix", "zibbletown", "blorptopic", "grumbold", "aurorine")
PLAIN = """---
headline: Gauges on every bridge
language: en
story: gauges
published: 2026-03-12T06:00:00+00:00
regions: [global]
topics: [gauges]
---
The gauges upstream passed six metres on Monday, and the villages were warned in time.
"""
SECRET = """---
headline: Zephyrquake accord unveiled
subhead: A vermilionade for every delta
language: en
story: zephyrquake-accord
published: 2026-03-12T06:00:00+00:00
embargo: 2100-01-01T00:00:00+00:00
place: Zibbletown
regions: [global, south]
topics: [blorptopic]
contacts:
  - name: Xanthippe Grumbold
---
The quorblix of the gauges was agreed on Monday, and the villages were warned in time.
"""
TRANSLATION = """---
headline: Aurorine sur tous les ponts
language: fr
story: gauges
published: 2026-03-12T06:00:00+00:00
embargo: 2100-01-01T00:00:00+00:00
regions: [global]
---
Les échelles ont dépassé six mètres lundi : quorblix.
"""
GLOBAL = """name = "World"
time_zone = "UTC"
[[bulletins]]
name = "daily"
cron = "0 7 1 jan *"
[[bulletins]]
name = "checked"
cron = "0 8 1 jan *"
approval = "one"
[[bulletins]]
name = "alert"
kind = "alert"
window = "1s"
rate = "100/h"
"""
SOUTH = """name = "South"
time_zone = "UTC"
parent = "global"
"""


def found_in(data: bytes) -> list[str]:
    """The secrets in some bytes, compressed or not."""
    for unpack in (gzip.decompress, brotli.decompress):
        try:
            data += unpack(data)
        except (OSError, EOFError, brotli.error):
            continue
    lowered = data.lower()
    return [secret for secret in SECRETS if secret.encode() in lowered]


def _bytes(path: Path) -> bytes:
    """What a file holds; nothing for a folder, or for what a build has replaced since it was listed."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


class Hunt:
    """A newsroom that runs, and everything that can be seen of it from outside."""

    def __init__(self, folder: Path, accredited: Sequence[str] = ()) -> None:
        self.accredited = accredited  # who may have it
        self.news = Newsroom(folder / "newsroom")
        self.log = folder / "log"
        self.read = 0  # of the log
        self.known_mails: set[str] = set()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)
        self.news.setting("http://localhost:8000", f"http://127.0.0.1:{self.port}")
        for path in (self.news.folder / "schedules").iterdir():
            path.unlink()
        (self.news.folder / "schedules" / "global.toml").write_text(GLOBAL, "utf-8")
        (self.news.folder / "schedules" / "south.toml").write_text(SOUTH, "utf-8")
        self.documents = folder / "documents"
        self.documents.mkdir()

    def start(self, clock: str = "") -> None:
        """Start the service, in a process whose clock may be set."""
        program = [sys.executable, "-m", "tests.acceptance.clocked", clock] if clock else [str(COMMAND)]
        words = ["--log", "debug", "-C", str(self.news.folder), "run", "--listen", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*program, *words], stdout=log, stderr=log, cwd=Path(__file__).parents[2]
            )
        self.wait(lambda: self.get("/robots.txt").status_code == 200)

    def get(self, path: str, **headers: str) -> httpx.Response:
        try:
            return self.client.get(path, headers=headers)
        except httpx.TransportError:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            return httpx.Response(599)

    def wait(self, until: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < deadline, self.log.read_text("utf-8")[-3000:]
            time.sleep(0.2)

    def bring(self, name: str, text: str) -> None:
        (self.documents / name).write_text(text, "utf-8")
        self.news.run("import", str(self.documents / name))

    def settled(self) -> None:
        """Wait until a build after this moment is done: a change of the plain release is in its feed."""
        mark = f"mark-{time.monotonic_ns()}"
        self.news.run("releases", "edit", "1", "--subhead", mark)
        self.wait(lambda: mark in self.get("/releases/en/gauges-on-every-bridge/").text)

    # Where it looks

    def files(self) -> list[str]:
        public = self.news.folder / "public"
        leaks = []
        for path in public.rglob("*"):
            name = str(path.relative_to(public))
            secrets = found_in(name.encode()) + found_in(_bytes(path))
            leaks += [f"{name}: {secret}" for secret in secrets]
        return leaks

    def paths(self) -> Iterator[str]:
        """Every address that is answered: each file, each route with what may stand in its places."""
        public = self.news.folder / "public"
        for path in public.rglob("*"):
            name = path.relative_to(public).as_posix()
            if path.is_file() and not name.endswith((".gz", ".br")):
                yield "/" + name.removesuffix("index.html")
        loaded = config.load(self.news.folder, {})
        regions = schedule.load_regions(loaded.schedules, loaded.languages)
        values = {"token": self.token(), "language": "en", "region": "south", "topic": "gauges"}
        for route in routes(application(loaded, regions, lambda: utc("2026-11-22T07:00"))):
            for filling in ("en", "global", "2", "gauges"):
                yield re.sub(r"\{(\w+)(?::\w+)?\}", lambda hole: values.get(hole[1], filling), route)  # noqa: B023
        for bulletin in regions.bulletins:
            for language in loaded.languages:
                yield f"/subscribe/{language}/example/{bulletin.key}"
        for words in ("q=gauges", "q=villages+warned", "q=monday&language=en", "q=world&lang=fr", "q="):
            yield f"/search?{words}"
            yield f"/en/search?{words}"

    def token(self) -> str:
        for mail in self.news.mails():
            if match := re.search(r"/preferences/(\S+)", mail.as_string()):
                return match[1].rstrip(">")
        return "x"

    def answers(self) -> list[str]:
        leaks = []
        seen = {}
        for path in dict.fromkeys(self.paths()):
            for coding in ("identity", "gzip, br"):
                answer = self.get(path, **{"Accept-Encoding": coding})
                told = str(answer.headers).encode() + answer.content
                leaks += [f"GET {path} ({coding}): {secret}" for secret in found_in(told)]
                seen[path] = answer.status_code
        assert sum(status == 200 for status in seen.values()) > 30, seen
        assert 599 not in seen.values()
        return leaks

    def oracles(self) -> list[str]:
        """Asking for a secret must look like asking for nonsense: only the question itself may come back."""
        leaks = []
        for address in (
            "/search?q={}",
            "/en/search?q={}",
            "/releases/en/{}-accord-unveiled/",
            "/releases/en/{}-accord-unveiled/release.txt",
            "/releases/en/{}-accord-unveiled/release.md",
            "/topics/en/{}/",
        ):
            for secret in ("zephyrquake", "quorblix", "blorptopic"):
                nonsense = secret[::-1]
                asked, else_ = (self.get(address.format(word)) for word in (secret, nonsense))
                if asked.status_code != else_.status_code or asked.text.lower().replace(
                    secret, "*"
                ) != else_.text.lower().replace(nonsense, "*"):
                    leaks.append(f"{address.format(secret)} is answered otherwise than nonsense")
        return leaks

    def mails(self) -> list[str]:
        """What came since the last look."""
        leaks = []
        for mail in self.news.mails():
            if str(mail["Message-ID"]) not in self.known_mails:
                self.known_mails.add(str(mail["Message-ID"]))
                if mail["Delivered-To"] in self.accredited:
                    continue
                parts = [part.get_payload(decode=True) or b"" for part in mail.walk()]
                text = b"\n".join([mail.as_bytes(), str(mail["Subject"]).encode(), *parts])  # type: ignore[list-item]
                leaks += [f"mail to {mail['Delivered-To']}: {secret}" for secret in found_in(text)]
        return leaks

    def logged(self) -> list[str]:
        """What was logged since the last look, but for the addresses that we asked for ourselves."""
        data = self.log.read_bytes()
        new, self.read = data[self.read :], len(data)
        lines = [line for line in new.splitlines() if b"GET /" not in line and b"httpx" not in line]
        return [f"log: {secret}: {line!r}" for line in lines for secret in found_in(line)]

    def said(self) -> list[str]:
        """What operators see when they look at something else."""
        leaks = []
        for words in (
            ("build",),
            ("build", "--force"),
            ("status",),
            ("health",),
            ("bulletins", "list"),
            ("bulletins", "next"),
            ("bulletins", "preview", "global/daily"),
            ("bulletins", "preview", "global/checked", "--format", "html"),
            ("bulletins", "send", "global/daily", "--dry-run"),
            ("editions", "list"),
            ("deliveries", "list"),
            ("ledger", "--json"),
            ("subscribers", "list"),
        ):
            command = [str(COMMAND), "--log", "debug", "-C", str(self.news.folder), *words]
            done = subprocess.run(command, capture_output=True, check=False, timeout=120)
            leaks += [f"{words}: {secret}" for secret in found_in(done.stdout + done.stderr)]
        return leaks

    def everywhere(self) -> list[str]:
        leaks = [*self.files(), *self.answers(), *self.oracles(), *self.mails(), *self.logged()]
        return list(dict.fromkeys(leaks))


def routes(application: Any) -> list[str]:
    """The paths of the routes of an application, however deep it is wrapped."""
    queue, seen, paths = [application], set(), []
    while queue:
        one = queue.pop()
        if id(one) in seen or not type(one).__module__.startswith(("pressfeed", "fastapi", "starlette")):
            continue
        seen.add(id(one))
        if isinstance(path := getattr(one, "path", None), str):
            paths.append(path)
        for value in vars(one).values() if hasattr(one, "__dict__") else ():
            queue += value if isinstance(value, list) else [value]
    assert {"/unsubscribe/{token}", "/preferences/{token}"} <= set(paths)
    return paths


@pytest.fixture
def hunt(tmp_path: Path) -> Iterator[Hunt]:
    hunt = Hunt(tmp_path)
    hunt.start()
    yield hunt
    hunt.process.kill()
    hunt.process.wait()


def test_nothing_under_embargo_is_seen_before_its_moment(hunt: Hunt) -> None:
    for name in ("ana", "biniam"):
        bulletins = [f"--bulletin=global/{one}" for one in ("daily", "checked", "alert")]
        hunt.news.run("subscribers", "add", f"{name}@example.org", *bulletins)
    hunt.bring("plain.md", PLAIN)
    hunt.wait(lambda: len(hunt.news.mails()) == 2)  # the alert
    hunt.bring("secret.md", SECRET)
    hunt.bring("translation.md", TRANSLATION)
    hunt.settled()
    assert hunt.everywhere() == []
    assert hunt.said() == []

    # Editions of others, sent and awaiting approval.
    hunt.bring("other.md", PLAIN.replace("Gauges", "Bridges").replace("story: gauges", "story: bridges"))
    hunt.news.run("bulletins", "send", "global/daily")
    hunt.news.run("bulletins", "send", "global/checked")
    hunt.settled()
    assert hunt.everywhere() == []

    # A crash, and a second process.
    hunt.process.kill()
    hunt.process.wait()
    hunt.start()
    hunt.settled()
    second = subprocess.Popen([COMMAND, "-C", hunt.news.folder, "scheduler"], stderr=subprocess.PIPE)
    hunt.settled()
    second.terminate()
    assert found_in(second.communicate(timeout=30)[1]) == []
    assert hunt.everywhere() == []

    # Lifted: now the hunt finds everything, which shows that it would have found it before.
    page = "/releases/en/zephyrquake-accord-unveiled/"
    hunt.news.run("releases", "edit", "2", "--embargo", "2026-03-12T06:00")
    hunt.news.run("releases", "edit", "3", "--embargo", "2026-03-12T06:00")
    hunt.wait(lambda: hunt.get(page).status_code == 200)
    hunt.settled()
    tag = hunt.get(page).headers["ETag"]
    seen = "\n".join(hunt.everywhere())
    hunt.wait(lambda: any("zephyrquake" in str(mail["Subject"]).lower() for mail in hunt.news.mails()))
    seen += "\n".join(hunt.mails())
    for place in (
        "atom.xml",
        "rss.xml.gz",
        "feed.json.br",
        f"GET {page}",
        "sitemap",
        "mail to ana@",
        "topics/",
    ):
        assert place in seen, place
    assert all(secret in seen for secret in SECRETS)

    # Under embargo again, and longer: it goes from everywhere, also from what was compressed and cached.
    hunt.news.run("releases", "edit", "2", "--embargo", "2101-01-01")
    hunt.news.run("releases", "edit", "3", "--embargo", "2101-01-01")
    hunt.wait(lambda: hunt.get(page).status_code in (404, 410))
    hunt.settled()
    hunt.logged()
    hunt.mails()
    assert hunt.get(page, **{"If-None-Match": tag}).status_code in (404, 410)
    leaks = [*hunt.files(), *hunt.answers(), *hunt.mails(), *hunt.logged()]
    # What readers were once given answers that it is gone; that list of addresses is not served.
    assert [leak for leak in leaks if not leak.startswith(".gone.map")] == []


def test_a_clock_that_is_set_back_hides_again_what_it_showed_too_early(tmp_path: Path) -> None:
    news = Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=WORLD)
    news.publish("zephyrquake", embargo="2026-03-12T09:00")
    news.publish("plain")
    builder = Builder(news.root, {})
    builder.open()

    def shown() -> bool:
        public = news.root / "public"
        return any(found_in(str(path).encode() + _bytes(path)) for path in public.rglob("*"))

    builder.look(news.now)
    assert not shown()
    builder.look(utc("2026-03-12T10:00"))  # the clock runs wild
    assert shown()
    builder.look(utc("2026-03-12T06:01"))  # and is set right
    assert not shown()
    builder.look(utc("2026-03-12T09:00"))
    assert shown()
    builder.close()
