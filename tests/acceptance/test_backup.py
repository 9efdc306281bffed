"""Backups and what is restored from them, as an operator meets them."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import stat
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pressfeed.domain import DeliveryState
from pressfeed.errors import PressfeedError
from pressfeed.publish import backup, restore
from pressfeed.publish.approval import approve
from pressfeed.publish.audit import verify
from pressfeed.publish.room import Newsroom as Room
from pressfeed.store import snapshot
from tests.acceptance.cli import Newsroom, run, text_of
from tests.acceptance.clockwork import WORLD, Clockwork, utc

RELEASE = """---
headline: The river rises ({number})
language: en
published: 2026-03-12T06:00:00+00:00
regions: [global]
---
The gauges upstream passed six metres on Monday.
"""
DAILY = WORLD + '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\n'


def tree(folder: Path) -> dict[str, str]:
    """Every file below a folder, with a digest of its bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def archive(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as found:
        return {member.name: found.extractfile(member).read() for member in found}  # type: ignore[union-attr]


def write(file: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w") as made:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return file


@pytest.fixture(scope="module")
def lived(tmp_path_factory) -> Newsroom:
    """A newsroom with pages, readers, sent bulletins and notices, a template and a key.

    ``backup.tgz`` lies beside it. Release 2 was corrected by a mail of its own, release 1 is to be by the
    next bulletin, and release 4 is under embargo: an advance copy of it went to Jo.
    """
    folder = tmp_path_factory.mktemp("backup")
    news = Newsroom(folder / "newsroom")
    for number in range(3):
        (folder / f"{number}.md").write_text(RELEASE.format(number=number), "utf-8")
    news.run("import", *(str(folder / f"{number}.md") for number in range(3)))
    news.run("releases", "edit", "2", "--headline", "The river falls")
    news.run("releases", "edit", "3", "--status", "withdrawn")
    news.run("dkim", "keygen")
    (news.folder / "templates" / "site").mkdir(parents=True)
    (news.folder / "templates" / "site" / "note.txt").write_text("ours")
    news.run("build")
    for name in ("ana", "biniam"):
        news.run("subscribers", "add", f"{name}@example.org", "--bulletin", "global/daily")
    news.run("bulletins", "send", "global/daily")
    news.run("releases", "correct", "2", "--headline", "The river fell", "--note", "It has fallen.",
             "--notify", "now")  # fmt: skip
    news.run("releases", "correct", "1", "--headline", "The river rose", "--notify", "next")
    with (news.folder / "schedules" / "global.toml").open("a") as file:
        file.write('\n[[bulletins]]\nname = "ahead"\nkind = "advance"\n')
    (folder / "4.md").write_text(
        RELEASE.format(number=4).replace("language: en", "language: en\nembargo: 2100-01-01T00:00:00+00:00")
    )
    news.run("import", str(folder / "4.md"))
    news.run("subscribers", "add", "jo@example.org", "--bulletin", "global/ahead")
    news.run("subscribers", "accredit", "jo@example.org", "global", "--until", "2099-01-01")
    news.run("bulletins", "send", "global/ahead")
    news.run("deliver")
    assert sorted(str(mail["Delivered-To"])[:3] for mail in news.mails()) == [
        "ana",
        "ana",
        "bin",
        "bin",
        "jo@",
    ]
    news.run("build")
    news.run("backup", str(folder / "backup.tgz"))
    return news


@pytest.fixture
def file(lived: Newsroom) -> Path:
    return lived.folder.parent / "backup.tgz"


def test_a_newsroom_that_was_lost_is_the_same_again(lived: Newsroom, file: Path, tmp_path: Path) -> None:
    public = tree(lived.folder / "public")
    told = {what: lived.run(what, "--json").out for what in ("ledger",)}
    life = lived.json("audit", "2")
    again = Newsroom.at(tmp_path / "again")
    said = run("restore", str(file), str(again.folder)).out
    assert "may have been sent since" not in said
    again.run("build")
    assert tree(again.folder / "public") == public
    assert {what: again.run(what, "--json").out for what in told} == told
    assert again.json("audit", "2")["events"] == life["events"]
    assert "is whole" in again.run("audit", "verify", "--noted", lived.run("audit", "head").out.strip()).out
    assert (again.folder / "templates" / "site" / "note.txt").read_text() == "ours"
    again.run("bulletins", "send", "global/ahead")
    again.run("deliver")
    assert again.mails() == []  # they have had it all
    again.run("bulletins", "send", "global/daily")  # but for the correction that was owed
    again.run("bulletins", "send", "global/daily")
    told = sorted((str(mail["Delivered-To"]), "The river rose" in text_of(mail)) for mail in again.mails())
    assert told == [("ana@example.org", True), ("biniam@example.org", True)]


def test_a_backup_that_is_made_while_others_write_is_whole(tmp_path: Path) -> None:
    news = Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=DAILY)
    script = (
        "import datetime as dt, sys; from pathlib import Path\n"
        "from pressfeed.domain import Status; from pressfeed.store import Store\n"
        "from tests.unit import factories\n"
        "now = dt.datetime(2026, 3, 12, 6, tzinfo=dt.UTC)\n"
        "with Store(Path(sys.argv[1])) as store:\n"
        "    for number in range(1_000_000):\n"
        "        with store.transaction():\n"
        "            store.releases.add(factories.content('en'), story=f's{number}', slug=f's{number}',\n"
        "                               status=Status.DRAFT, source='', now=now, reason='')\n"
        "        print(number, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(news.root / "db" / "pressfeed.sqlite3")]
    before = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout is not None
        for number in range(3):
            for _ in range(20):
                assert writer.stdout.readline()
            saved(news, tmp_path / f"{number}.tar")
            restore.restore(tmp_path / f"{number}.tar", tmp_path / str(number), {}, news.now)
            with Room.open(tmp_path / str(number), {}) as room:
                assert verify(room.store).problems == ()
                kinds = Counter(event.kind for event in room.store.audit.all())
                there = len(list(room.store.audit.contents()))  # each has one version
            assert there == kinds["release.added"] > before + 19
            before = there
        writer.kill()


def test_the_archive_is_private_and_says_what_it_holds(lived: Newsroom, file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = archive(file)
    manifest = json.loads(held.pop("manifest.json"))
    assert next(iter(archive(file))) == "manifest.json"
    assert {"pressfeed.toml", "schedules/global.toml", "templates/site/note.txt"} < set(held)
    for entry in manifest["files"]:
        data = held[entry["name"]]
        assert (entry["size"], entry["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert manifest["audit_head"] == lived.run("audit", "head").out.strip()
    assert sorted(path.name for path in lived.folder.parent.iterdir() if path.name.startswith(".")) == []


def test_keys_come_along_only_if_asked(lived: Newsroom, file: Path, tmp_path: Path) -> None:
    toml = lived.folder / "pressfeed.toml"
    before = toml.read_text("utf-8")
    key = next((lived.folder / "db").glob("dkim*"))
    dkim = f'[mail.dkim]\ndomain = "example.org"\nselector = "s"\nkey = "db/{key.name}"\n[feeds]'
    try:
        lived.setting("[feeds]", dkim)
        without = lived.run("backup", str(tmp_path / "without.tar"))
        assert f"{key} is not in it" in without.err
        assert not any("dkim" in name for name in archive(tmp_path / "without.tar"))
        assert f"db/{key.name}" in lived.run("backup", str(tmp_path / "x.tar"), "--keys", "--dry-run").out
        assert not (tmp_path / "x.tar").exists()
        lived.run("backup", str(tmp_path / "with.tar"), "--keys")
    finally:
        toml.write_text(before, "utf-8")
    run("restore", str(tmp_path / "with.tar"), str(tmp_path / "again"))
    restored = tmp_path / "again" / "db" / key.name
    assert restored.read_bytes() == key.read_bytes()
    assert stat.S_IMODE(restored.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "again" / "db" / "pressfeed.sqlite3").stat().st_mode) == 0o600


# What is wrong with an archive


def without_store(held: dict[str, bytes]) -> None:
    del held["db/pressfeed.sqlite3"]


def other_settings(held: dict[str, bytes]) -> None:
    held["pressfeed.toml"] = held["pressfeed.toml"].replace(b"River", b"Sewer") + b"#"


def change(held: dict[str, bytes], work: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads(held["manifest.json"])
    work(manifest)
    held["manifest.json"] = json.dumps(manifest).encode()


def replace(held: dict[str, bytes], name: str, data: bytes) -> None:
    """Exchange a file and make the manifest agree, as somebody would on purpose."""
    held[name] = data

    def agree(manifest: dict[str, Any]) -> None:
        for entry in manifest["files"]:
            if entry["name"] == name:
                entry |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    change(held, agree)


def broken_pages(held: dict[str, bytes]) -> None:
    data = bytearray(held["db/pressfeed.sqlite3"])
    data[4096 * 6 : 4096 * 9] = b"\xff" * 4096 * 3
    replace(held, "db/pressfeed.sqlite3", bytes(data))


def tampered(held: dict[str, bytes], folder: Path) -> None:
    path = folder / "tampered.sqlite3"
    path.write_bytes(held["db/pressfeed.sqlite3"])
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE release_version SET content = replace(content, 'falls', 'fails')")
    raw.close()
    replace(held, "db/pressfeed.sqlite3", path.read_bytes())


def newer(held: dict[str, bytes], folder: Path) -> None:
    path = folder / "newer.sqlite3"
    path.write_bytes(held["db/pressfeed.sqlite3"])
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO _sqlite_migrations VALUES (999, 'pressfeed', '9999_later', '')")
    raw.close()
    replace(held, "db/pressfeed.sqlite3", path.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda held, _: held.clear(), "no backup of a newsroom"),
        (lambda held, _: without_store(held), "db/pressfeed.sqlite3 is missing"),
        (lambda held, _: other_settings(held), "pressfeed.toml is not what the manifest says"),
        (
            lambda held, _: held.update({"pressfeed.toml": held["pressfeed.toml"][::-1]}),
            "pressfeed.toml has another SHA-256",
        ),
        (lambda held, _: held.update({"extra": b"x"}), "extra is not what the manifest says"),
        (lambda held, _: change(held, lambda said: said.update(format=2)), "made by a newer pressfeed"),
        (lambda held, _: held.update({"manifest.json": b"{"}), "its manifest cannot be read"),
        (
            lambda held, _: change(held, lambda said: said["files"].append({"name": "../x"})),
            "'../x' would lie outside",
        ),
        (
            lambda held, _: change(held, lambda said: said["files"].append({"name": "/etc/x"})),
            "'/etc/x' would lie outside",
        ),
        (
            lambda held, _: replace(held, "pressfeed.toml", b"[newsroom]\ncolour = 3\n"),
            "pressfeed.toml:1: name is missing",
        ),
        (lambda held, _: broken_pages(held), "the store is damaged"),
        (tampered, "the audit in the backup is not whole: version 2 of release 2 was changed"),
        (newer, "newer pressfeed (it has 9999_later)"),
    ],
)
def test_a_bad_archive_changes_nothing(file: Path, tmp_path: Path, spoil: Any, problem: str) -> None:
    held = archive(file)
    spoil(held, tmp_path)
    bad = write(tmp_path / "bad.tar", held)
    with pytest.raises(PressfeedError) as caught:
        restore.restore(bad, tmp_path / "again", {}, utc("2026-03-13T07:00"))
    assert problem in str(caught.value)
    assert str(bad) in str(caught.value)
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.glob(".restore-*"))


@pytest.mark.parametrize("kept", [0, 0.3, 0.9])
def test_a_torn_archive_is_refused(file: Path, tmp_path: Path, kept: float) -> None:
    data = file.read_bytes()
    (tmp_path / "torn.tgz").write_bytes(data[: int(len(data) * kept)])
    assert "torn.tgz: " in run("restore", str(tmp_path / "torn.tgz"), str(tmp_path / "again"), code=2).err
    assert [path.name for path in tmp_path.iterdir()] == ["torn.tgz"]


def test_a_link_in_an_archive_is_refused(file: Path, tmp_path: Path) -> None:
    bad = write(tmp_path / "bad.tar", archive(file))
    with tarfile.open(bad, "a") as made:
        link = tarfile.TarInfo("templates/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
    assert "templates/link is not" in run("restore", str(bad), str(tmp_path / "again"), code=2).err


# What is there already


def test_a_store_that_has_gone_on_is_not_replaced_by_accident(
    lived: Newsroom, file: Path, tmp_path: Path
) -> None:
    news = lived.copy_to(tmp_path / "newsroom")
    news.run("releases", "edit", "1", "--headline", "The river stands still")
    before = news.run("releases", "list", "--json").out
    said = run("restore", str(file), str(news.folder), code=1).err
    assert "has gone on since the backup" in said
    assert news.run("releases", "list", "--json").out == before
    dry = run("restore", str(file), str(news.folder), "--force", "--dry-run").out
    assert "is good" in dry
    assert news.run("releases", "list", "--json").out == before
    news.run("build")
    done = json.loads(run("restore", str(file), str(news.folder), "--force", "--json").out)
    assert news.run("releases", "list", "--json").out == lived.run("releases", "list", "--json").out
    aside = Path(done["aside"])
    assert snapshot.facts(aside / "db" / "pressfeed.sqlite3") is not None
    assert stat.S_IMODE(aside.stat().st_mode) == 0o700
    news.run("build")
    assert tree(news.folder / "public") == tree(lived.folder / "public")


def test_another_newsroom_is_not_replaced_by_accident(file: Path, tmp_path: Path) -> None:
    other = Newsroom(tmp_path / "other")
    assert "another newsroom" in run("restore", str(file), str(other.folder), code=1).err


def test_nothing_is_restored_below_a_running_process(lived: Newsroom, file: Path, tmp_path: Path) -> None:
    news = lived.copy_to(tmp_path / "newsroom")
    script = "import pathlib, sys; from pressfeed.store import Store;"
    script += "store = Store(pathlib.Path(sys.argv[1])); print(1); input()"
    store = news.folder / "db" / "pressfeed.sqlite3"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None and holder.stdin is not None
    holder.stdout.readline()
    try:
        assert (
            "a process works on this newsroom"
            in run("restore", str(file), str(news.folder), "--force", code=1).err
        )
    finally:
        holder.communicate(b"\n")
    run("restore", str(file), str(news.folder))


def test_a_damaged_store_is_replaced_and_kept(lived: Newsroom, file: Path, tmp_path: Path) -> None:
    news = lived.copy_to(tmp_path / "newsroom")
    (news.folder / "db" / "pressfeed.sqlite3").write_bytes(b"mould " * 5000)
    done = json.loads(run("restore", str(file), str(news.folder), "--json").out)
    assert (Path(done["aside"]) / "db" / "pressfeed.sqlite3").read_bytes().startswith(b"mould")
    assert news.run("ledger", "--json").out == lived.run("ledger", "--json").out


def test_a_restore_that_is_killed_leaves_no_half_newsroom(
    lived: Newsroom, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before every rename in turn: the folder is no newsroom then, and the next try succeeds."""
    news = lived.copy_to(tmp_path / "newsroom")
    (news.folder / "schedules" / "global.toml").rename(news.folder / "schedules" / "gone.toml")
    (news.folder / "db" / "pressfeed.sqlite3").unlink()
    now = utc("2026-03-13T07:00")
    move = Path.replace
    for stop in range(1, 100):
        left = stop

        def replace(path: Path, target: Path) -> Path:
            nonlocal left
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
            return move(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", replace)
            try:
                restore.restore(file, news.folder, {}, now)
            except KeyboardInterrupt:
                assert stop == 1 or not (news.folder / "pressfeed.toml").exists()
            else:
                break
    assert 10 < stop < 99
    assert (news.folder / "schedules" / "global.toml").exists()
    assert news.run("ledger", "--json").out == lived.run("ledger", "--json").out


# What was sent since


@pytest.fixture
def news(tmp_path: Path) -> Clockwork:
    """Two readers; a daily bulletin, one that is approved, and an alert."""
    made = Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=DAILY)
    approved = WORLD.replace("World", "South") + 'parent = "global"\n'
    approved += '[[bulletins]]\nname = "approved"\ncron = "0 8 * * *"\napproval = "one"\nlead = "1h"\n'
    approved += '[[bulletins]]\nname = "alert"\nkind = "alert"\n'
    made.schedule("south", approved)
    made.start()
    for name in ("ana", "biniam"):
        made.subscribe(name, "en", "global/daily")
    made.subscribe("chen", "en", "south/approved")
    made.subscribe("dina", "en", "south/alert")
    return made


def saved(news: Clockwork, file: Path) -> None:
    with news.open() as room:
        backup.back_up(room, file, news.now)


def lost(news: Clockwork, file: Path, **given: Any) -> restore.Restored:
    """The store is lost, and restored."""
    news.stop()
    for path in (news.root / "db").iterdir():
        path.unlink()
    done = restore.restore(file, news.root, {}, news.now, **given)
    news.start()
    return done


def received(news: Clockwork) -> Counter[str]:
    return Counter(mail.recipient for mail in news.outbox.sent)


EVERYBODY = Counter(f"{name}@news.example.org" for name in ("ana", "biniam", "chen", "dina"))


def test_what_was_sent_after_the_backup_is_not_sent_again(news: Clockwork, tmp_path: Path) -> None:
    news.until("2026-03-12T06:02")
    news.publish("flood", regions=("south",))
    news.until("2026-03-12T06:05")
    saved(news, tmp_path / "backup.tar")
    news.until("2026-03-12T07:30")
    with news.open() as room:
        edition = next(edition for edition in room.store.editions.newest(9) if edition.state == "awaiting")
        approve(room, edition.id, "Salma", news.now)
    news.until("2026-03-12T08:30")
    news.deliver()
    sent = received(news)
    assert sent == EVERYBODY
    done = lost(news, tmp_path / "backup.tar")
    assert (done.aftermath.in_doubt, done.aftermath.editions) == (4, 3)
    news.until("2026-03-13T09:00")
    news.deliver()
    assert received(news) == sent  # nobody is asked twice to read it
    assert "in-doubt" in news.incidents()
    with news.open() as room, room.store.transaction():
        for delivery in room.store.deliveries.in_doubt():
            room.store.deliveries.resolve(delivery, DeliveryState.SENT, "an operator said: sent", news.now)
    news.until("2026-03-14T09:00")
    news.deliver()
    assert received(news) == sent
    assert news.rounds is not None
    news.rounds.sweep(news.now)
    assert news.incidents() == []
    with news.store() as store:
        assert store.deliveries.counts() == {"sent": 4}


def test_what_waited_for_a_later_edition_is_in_doubt_as_well(tmp_path: Path) -> None:
    daily = DAILY + "maximum = 1\n"
    news = Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=daily)
    news.start()
    news.subscribe("ana", "en", "global/daily")
    news.publish("flood")
    news.publish("drought")
    news.until("2026-03-12T06:59")
    saved(news, tmp_path / "backup.tar")
    news.until("2026-03-13T07:00")
    assert len(news.deliver()) == 2  # a story a day
    assert lost(news, tmp_path / "backup.tar").aftermath.in_doubt == 1
    news.until("2026-03-15T07:00")
    assert news.deliver() == []


def test_what_was_not_sent_goes_out_when_the_operator_says_so(news: Clockwork, tmp_path: Path) -> None:
    news.publish("flood")
    news.until("2026-03-12T07:00")
    saved(news, tmp_path / "backup.tar")  # planned, and nothing of it is sent
    assert lost(news, tmp_path / "backup.tar").aftermath.in_doubt == 2
    assert news.deliver() == []
    with news.open() as room:
        first, second = room.store.deliveries.in_doubt()
        room.store.deliveries.resend(first, news.now)
        room.store.deliveries.resend(second, news.now)
    assert [mail.recipient for mail in news.deliver()] == [
        "ana@news.example.org",
        "biniam@news.example.org",
    ]


def test_a_newsroom_that_stood_still_goes_on_where_it_stood(news: Clockwork, tmp_path: Path) -> None:
    news.publish("flood")
    news.until("2026-03-12T06:59")
    saved(news, tmp_path / "backup.tar")
    news.until("2026-03-12T06:59:30")
    assert lost(news, tmp_path / "backup.tar", nothing_sent=True).aftermath.in_doubt == 0
    news.until("2026-03-12T07:00")
    assert len(news.deliver()) == 2
