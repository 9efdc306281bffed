"""The demonstration is the whole main job: what it makes is looked at with other programs' eyes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tests.acceptance.cli import Newsroom, run, text_of

TOP = Path(__file__).parents[2]
SCRIPT = TOP / "scripts" / "demo"
PAGE = re.compile(r"https://press\.example\.org/releases/([a-z]+)/([a-z0-9-]+)/")


class Demo(Newsroom):
    """The newsroom that the demonstration made, and what it said."""

    def __init__(self, folder: Path, said: str) -> None:
        self.folder = folder
        self.said = said
        self.releases: list[dict[str, Any]] = self.json("releases", "list")
        self.ledger: list[dict[str, Any]] = self.json("ledger")
        self.outbox = self.mails()


def demonstrate(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    folder.mkdir()
    (folder / ".made-by-demo").touch()
    (folder / "of an earlier one").touch()
    # An operator's own settings must not lead the demonstration's mail to real people.
    done = demonstrate(folder, PRESSFEED_MAIL_TRANSPORT="smtp://127.0.0.1:1", PRESSFEED_NEWSROOM="/nowhere")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return Demo(folder, done.stdout)


def test_it_ends_with_what_there_is_and_where_to_look(demo: Demo) -> None:
    end = demo.said.split("What there is now")[1]
    for path in ("public/index.html", "digests/fr.html", "digests/ar.html", "outbox"):
        assert str(demo.folder / path) in end
        assert (demo.folder / path).exists()
    assert "0 of them twice" in end
    assert not (demo.folder / "of an earlier one").exists()


def test_every_sample_is_told_of_as_the_readme_counts_them(demo: Demo) -> None:
    readme = (TOP / "README.md").read_text("utf-8")
    feeds = [file for file in (demo.folder / "public").rglob("*") if file.name in FEEDS]
    assert len(demo.releases) == 42 and "forty-two releases" in readme
    assert f"{len(feeds)} feeds" in readme
    assert f"{len(demo.outbox)} digests" in readme
    assert f"{len({mail['Delivered-To'] for mail in demo.outbox})} invented journalists" in readme
    assert {release["status"] for release in demo.releases} == {"published"}


def test_every_dateline_was_read_in_every_language(demo: Demo) -> None:
    assert [release["headline"] for release in demo.releases if not release["place"]] == []
    dated = [release for release in demo.releases if release["story"] == "niger-flood-radio"]
    assert {(release["language"], release["date"]) for release in dated} == {
        (language, "2026-08-18") for language in ("ar", "en", "es", "fr")
    }


def test_no_mailbox_holds_a_story_twice_and_the_ledger_says_what_the_mailboxes_hold(demo: Demo) -> None:
    story = {(release["language"], release["slug"]): release["story"] for release in demo.releases}
    given = Counter[tuple[str, str]]()
    for mail in demo.outbox:
        told = {story[page] for page in PAGE.findall(text_of(mail))}
        assert told == {story[page] for page in PAGE.findall(text_of(mail, "html"))}
        given.update((str(mail["Delivered-To"]), one) for one in told)
    assert set(given.values()) == {1}
    assert set(given) == {(entry["subscriber"], entry["story"]) for entry in demo.ledger}
    assert {entry["state"] for entry in demo.ledger} == {"sent"}
    assert {entry["message_id"] for entry in demo.ledger} == {mail["Message-ID"] for mail in demo.outbox}


def test_the_second_round_sent_nothing_and_the_third_only_what_was_new(demo: Demo) -> None:
    rounds = demo.said.split("\n— ")
    again = next(part for part in rounds if part.startswith("The same again"))
    assert again.count("nothing sent: nothing new") == 2
    last = demo.json("releases", "list", "--status", "published")
    completed = next(release for release in last if release["version"] > 1)
    late = [entry for entry in demo.ledger if entry["edition"] > 11]  # nine, and two with nothing
    assert {entry["release"] for entry in late} == {completed["id"]}


def test_journalists_get_their_own_language(demo: Demo) -> None:
    languages = {
        person["email"]: person["languages"]
        for person in json.loads(run("-C", str(demo.folder), *SUBSCRIBERS).out)
    }
    for mail in demo.outbox:
        assert mail["Content-Language"] == languages[str(mail["Delivered-To"])][0]
    assert {mail["Content-Language"] for mail in demo.outbox} == {"en", "fr", "es", "ar"}
    assert 'dir="rtl"' in (demo.folder / "digests" / "ar.html").read_text("utf-8")


def test_every_feed_is_well_formed_and_none_is_empty(demo: Demo) -> None:
    held = set()
    for file in (demo.folder / "public").rglob("*"):
        if file.suffix == ".xml" and file.name in FEEDS:
            feed = feedparser.parse(file.read_bytes())
            assert not feed.bozo, file
            held |= {entry.link for entry in feed.entries}
        elif file.name == "feed.json":
            data = json.loads(file.read_text("utf-8"))
            assert data["version"] == "https://jsonfeed.org/version/1.1"
            held |= {item["url"] for item in data["items"]}
    public = [release for release in demo.releases if not release["embargo_until"]]
    assert held == {
        f"https://press.example.org/releases/{release['language']}/{release['slug']}/" for release in public
    }


def test_what_is_under_embargo_is_nowhere(demo: Demo) -> None:
    hidden = [release for release in demo.releases if release["embargo_until"]]
    assert {release["language"] for release in hidden} == {"en", "fr"}
    words = [release[name].encode() for release in hidden for name in ("headline", "slug")]
    shown = [file.read_bytes() for file in (demo.folder / "public").rglob("*") if file.is_file()]
    shown += [text_of(mail, kind).encode() for mail in demo.outbox for kind in ("plain", "html")]
    assert not any(word in data for word in words for data in shown)


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_what_it_did_not_make_it_does_not_touch(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "demo"
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / ".made-by-demo").touch()
    (precious / "work").touch()
    if kind == "folder":
        target.mkdir()
        (target / "work").touch()
    elif kind == "file":
        target.touch()
    else:
        target.symlink_to(precious)
    done = demonstrate(target)
    assert done.returncode == 1
    assert "was not made by this script" in done.stderr
    assert (target / "work").exists() or target.is_file()
    assert (precious / "work").exists()


@pytest.mark.parametrize(
    "command",
    [
        "bulletins list",
        "bulletins next",
        "deliveries list",
        "doctor",
        "editions list",
        "editions show 1",
        "ledger",
        "releases list",
        "releases show 1",
        "subscribers list",
    ],
)
def test_json_has_the_fields_that_the_documents_name(demo: Demo, command: str) -> None:
    page = (TOP / "docs" / "cli.md").read_text("utf-8")
    words = command.removesuffix(" 1")

    def named(words: str) -> set[str]:
        section = re.split(rf"^### pressfeed {words}(?: [A-Z].*)?$", page, flags=re.MULTILINE)[1]
        row = re.search(r"^\| `--json` \| (.*) \|$", section.split("\n### ")[0], re.MULTILINE)
        assert row is not None
        # What stands in brackets belongs to the field before it.
        return set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", row[1])))

    wanted = named(words)
    if words.endswith(" show"):
        wanted = wanted - {"show"} | named(words.replace(" show", " list"))
    value = demo.json(*command.split())
    assert set(value[0] if isinstance(value, list) else value) == wanted


FEEDS = {"rss.xml", "atom.xml", "feed.json"}
SUBSCRIBERS = ("subscribers", "list", "--json")
