"""Commands where things are not as they should be: words and an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.cli import COMMAND, Newsroom, run
from tests.acceptance.test_main_job import ENGLISH
from tests.acceptance.test_search import ARABIC


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    room = Newsroom(tmp_path_factory.mktemp("rough") / "room")
    for name, text in (("a.en.md", ENGLISH), ("a.ar.md", ARABIC)):
        (room.folder.parent / name).write_text(text, "utf-8")
    room.run("import", *(str(file) for file in sorted(room.folder.parent.glob("*.md"))))
    return room


@pytest.fixture
def room(built: Newsroom, tmp_path: Path) -> Newsroom:
    return built.copy_to(tmp_path / "room")


def shell(room: Newsroom, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """A line of bash in which P is the command on the newsroom."""
    script = f'set -o pipefail; P() {{ "{COMMAND}" -C "{room.folder}" "$@"; }}; {line}'
    done = subprocess.run(["bash", "-c", script], env={**os.environ, **env}, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


@pytest.mark.parametrize("seen", ["head -n 1", "head -c 1", "true"])
@pytest.mark.parametrize("words", ["releases list", "releases list --json", "audit 1", "--help"])
def test_a_reader_who_has_seen_enough_is_no_error(built: Newsroom, words: str, seen: str) -> None:
    assert shell(built, f"P {words} | {seen}").stderr == b""


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_that_does_not_speak_utf_8_is_told_what_it_can_show(built: Newsroom, coding: str) -> None:
    listed = shell(built, "P releases list", PYTHONIOENCODING=coding)
    assert listed.returncode == 0 and b"The Gambia River" in listed.stdout and rb"\u0625" in listed.stdout
    told = shell(built, "P releases list --json", PYTHONIOENCODING=coding)
    assert {one["language"] for one in json.loads(told.stdout.decode("ascii"))} == {"en", "ar"}
    assert json.loads(told.stdout) == json.loads(shell(built, "P releases list --json").stdout)


@pytest.mark.parametrize("words", ["releases list", "releases list --json", "releases export 1"])
def test_a_full_disk_behind_standard_output(built: Newsroom, words: str) -> None:
    done = shell(built, f"P {words} > /dev/full")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"pressfeed: No space left on device. ") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("words", ["releases list", "releases list --json", "build"])
def test_no_standard_output_at_all(room: Newsroom, words: str) -> None:
    assert shell(room, f"P {words} >&- 2>&-").returncode == 0


def test_what_stands_in_the_way_of_the_files_is_named(room: Newsroom) -> None:
    shutil.rmtree(room.folder / "public", ignore_errors=True)
    (room.folder / "public").write_text("not a folder")
    assert f"{room.folder}/public" in room.run("build", code=1).err
    assert (room.folder / "public").read_text() == "not a folder"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{% broken", "site/base.html:1: broken template: Encountered unknown tag 'broken'."),
        (b"\n\n{{ nothing }}", "site/base.html:3: broken template: 'nothing' is undefined."),
        (b"{% extends 'none.html' %}", "site/base.html:1: broken template: there is no template none.html."),
        (b"\xff", "is not UTF-8 text. Save it as UTF-8."),
    ],
)
def test_a_broken_template_is_named_with_its_line(room: Newsroom, text: bytes, said: str) -> None:
    folder = room.folder / "templates" / "site"
    folder.mkdir(parents=True)
    (folder / "base.html").write_bytes(text)
    assert said in room.run("build", code=2).err


@pytest.mark.parametrize(
    "words",
    [
        ["releases", "show", "99999999999999999999"],
        ["releases", "edit", "1", "--published", "0001-01-01T00:00"],
        ["releases", "edit", "1", "--published", "9999-12-31T23:59"],
        ["releases", "edit", "1", "--date", "2026-02-30"],
        ["audit", "99999999999999999999"],
        ["editions", "show", "99999999999999999999"],
    ],
)
def test_numbers_and_dates_that_nobody_means(built: Newsroom, words: list[str]) -> None:
    said = built.run(*words, code=2).err.removeprefix("pressfeed: ").strip()
    assert said.count(". ") == 1 and said.endswith("."), "what is wrong, and what to do"


def test_no_colour_where_none_is_wanted(room: Newsroom) -> None:
    room.run("releases", "correct", "1", "--notify", "none", "--headline", "Another")

    def coloured(**env: str) -> bool:
        ours, theirs = pty.openpty()
        words = [str(COMMAND), "-C", str(room.folder), "releases", "diff", "1"]
        subprocess.run(words, stdout=theirs, env={**os.environ, "TERM": "xterm", **env}, check=True)
        os.close(theirs)
        found = os.read(ours, 65536)
        os.close(ours)
        assert b"Another" in found
        return b"\x1b[3" in found

    assert coloured() and not coloured(NO_COLOR="1")


def test_a_backup_for_which_there_is_no_room(room: Newsroom) -> None:
    done = shell(room, f"ulimit -f 64; P backup {room.folder.parent}/backup.tgz")
    assert done.returncode == 1 and done.stderr.count(b"\n") == 1, done.stderr
    assert [file.name for file in room.folder.parent.iterdir()] == ["room"]


def test_a_copy_of_settings_and_schedules_gets_its_store(room: Newsroom, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(room.folder, copy, ignore=shutil.ignore_patterns("db", "public"))
    before = (copy / "pressfeed.toml").read_bytes()
    assert "pressfeed init" in run("-C", str(copy), "status", code=1).err
    run("init", str(copy))
    assert (copy / "pressfeed.toml").read_bytes() == before
    assert not run("-C", str(copy), "build").out.startswith("0 files written")
    assert "is a newsroom already" in run("init", str(copy), code=2).err


def test_an_address_that_another_release_has_or_had_is_not_given_away(room: Newsroom) -> None:
    slug = room.json("releases", "show", "1")["slug"]
    language = room.json("releases", "show", "1")["language"]
    room.run("releases", "edit", "1", "--slug", "newer")
    done = room.run("releases", "edit", "2", "--language", language, "--slug", slug)
    assert (
        room.json("releases", "show", "2")["slug"] == f"{slug}-2" and f"this one is at {slug}-2" in done.err
    )
    assert room.run("releases", "edit", "1", "--slug", slug).err == "", "its own former one is free for it"


def test_a_slug_that_is_too_long_is_told_where_it_comes_in(room: Newsroom, tmp_path: Path) -> None:
    long = "river-" * 50 + "gauge"
    document = tmp_path / "b.en.md"
    document.write_text(ENGLISH.replace("gambia-alert", "gauge").replace("---\n", f"---\nslug: {long}\n", 1))
    (imported,) = room.json("import", str(document))
    (problem,) = imported["problems"]
    assert "line 2: “slug”" in problem and "at most 100 characters; one is made from the headline" in problem
    slug = room.json("releases", "show", str(imported["release"]))["slug"]
    for given in (long, ""):
        done = room.run("releases", "edit", str(imported["release"]), "--slug", given, code=2)
        assert "is not a slug" in done.err and "at most 100 characters" in done.err
    room.run("build")
    assert (room.folder / "public/releases/en" / slug / "index.html").is_file()


@pytest.mark.parametrize("built_before", [False, True])
def test_a_release_with_a_slug_too_long_for_a_folder_gets_another(room: Newsroom, built_before: bool) -> None:
    if built_before:
        room.run("build")
    release = room.json("releases", "show", "1")
    language, long = release["language"], "a" * 300
    (store,) = (room.folder / "db").glob("*.sqlite3")
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE release SET slug = ? WHERE id = 1", (long,))
        # An earlier pressfeed noted first what it was about to make.
        database.execute("INSERT INTO output VALUES (?, '', 0)", (f"releases/{language}/{long}/index.html",))
    failed = room.run("build", code=1).err
    assert "release 1 cannot have a page" in failed and "pressfeed releases edit 1 --slug" in failed
    room.run("releases", "edit", "1", "--slug", "short")
    room.run("build")
    public = room.folder / "public"
    assert (public / f"releases/{language}/short/index.html").is_file()
    assert f"/releases/{language}/{long}/ /releases/{language}/short/;" in (public / ".moved.map").read_text()
    assert room.run("build").out.startswith("0 files written, 0 removed")
