"""The main job on real documents: in, out, and nothing twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tests.acceptance.cli import Newsroom, run, text_of

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
MENU = ("Qui sommes", "Notre travail", "Ce que nous faisons", "Partenariats", "Où travaillons", "2030 AGENDA")

FRENCH = """\
---
headline: Le fleuve Gambie a un nouveau réseau d'alerte
language: fr
published: 2024-08-01T08:00:00+00:00
place: Banjul
story: gambia-alert
---
Banjul – Un réseau de 24 stations d'alerte a été mis en service le long du fleuve Gambie, en Gambie. Il
avertit les villages par radio et par message, dans quatre langues.
"""
ENGLISH = """\
---
headline: The Gambia River has a new warning network
language: en
published: 2024-08-01T08:00:00+00:00
place: Banjul
story: gambia-alert
---
Banjul – A network of 24 warning stations has started work along the Gambia River in The Gambia. It warns
villages by radio and by message, in four languages.
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path / "room")


def by_source(room: Newsroom) -> dict[str, dict[str, Any]]:
    """The releases whole, by the first three digits of their files' names."""
    whole = [room.json("releases", "show", str(release["id"])) for release in room.json("releases", "list")]
    return {Path(release["source"]).name[:3]: release for release in whole}


def contacts(release: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(contact["name"], contact["email"], contact["phone"]) for contact in release["contacts"]]


@pytest.fixture
def seeds() -> Path:
    assert SEEDS.is_dir(), f"{SEEDS} is missing: it belongs beside the checkout"
    return SEEDS


def test_real_documents_become_releases_and_drafts(room: Newsroom, seeds: Path) -> None:
    room.run("import", str(seeds), "--published", "2024-07-26")
    releases = by_source(room)
    assert sorted(releases) == ["000", "001", "002", "003", "004"]

    forum = releases["000"]
    assert forum["status"] == "published"
    assert forum["headline"] == (
        "Le premier Forum historique d'examen des migrations internationales s’ouvre aujourd'hui"
    )
    assert (forum["place"], forum["language"]) == ("New York", "fr")
    assert contacts(forum) == [
        ("Paul Dillon", "pdillon@iom.int", "+41 79 636 9874"),
        ("Florence Kim", "fkim@iom.int", "+41 79 748 0395"),
    ]

    opinion = releases["001"]
    assert (opinion["status"], opinion["needs"], opinion["headline"]) == ("draft", ["headline"], "")
    paragraphs = opinion["body_text"].split("\n\n")
    assert [paragraph.split()[0] for paragraph in paragraphs] == ["Les", "Les", "Alors", "Aujourd'hui"]

    history = releases["002"]
    assert history["status"] == "draft"
    assert (history["headline"], history["place"], history["date"]) == ("", "", None)
    assert "headline" in history["needs"]
    for entry in ("2000", "140 000", "1999-2002", "Kosovo", "2020-2021", "COVID-19"):
        assert entry in history["body_text"]

    conference = releases["003"]
    assert conference["status"] == "published"
    assert conference["headline"].startswith("La Directeur générale adjointe de l'OIM participe")
    assert (
        "sud américaine sur les migrations se réunissent cette semaine à Cochabamba"
        in conference["body_text"]
    )
    assert contacts(conference) == [("Mariana Bocca", "mbocca@iom.int", "+54 1 14 815 51 94")]
    assert conference["contacts"][0]["role"] == "OIM Buenos Aires"
    assert conference["regions"] == ["south-america"]

    dialogue = releases["004"]
    assert (dialogue["status"], dialogue["place"], dialogue["date"]) == ("published", "Banjul", "--07-25")
    assert [contact[:2] for contact in contacts(dialogue)] == [
        ("Joëlle Furrer", "jfurrer@iom.int"),
        ("Florence Kim", "fkim@iom.int"),
    ]
    assert dialogue["regions"] == ["west-central-africa"]
    assert len(dialogue["footnotes"]) == 1
    assert "représentants techniques" in dialogue["footnotes"][0]

    for release in releases.values():
        for line in MENU:
            assert line not in release["body_text"], (release["source"], line)


def test_without_a_date_all_are_drafts(room: Newsroom, seeds: Path) -> None:
    room.run("import", str(seeds))
    releases = by_source(room)
    assert {release["status"] for release in releases.values()} == {"draft"}
    assert all("date" in release["needs"] for release in releases.values())
    # The same documents with a date: the drafts that lacked nothing else come out, none is doubled.
    room.run("import", str(seeds), "--published", "2024-07-26")
    releases = by_source(room)
    assert len(releases) == 5
    assert sorted(name for name, release in releases.items() if release["status"] == "published") == [
        "000",
        "003",
        "004",
    ]


def test_one_by_one_as_together(room: Newsroom, seeds: Path, tmp_path: Path) -> None:
    room.run("import", str(seeds), "--published", "2024-07-26")
    alone = Newsroom(tmp_path / "alone")
    for path in sorted(seeds.glob("*.txt"), reverse=True):
        alone.run("import", str(path), "--published", "2024-07-26")
    together, apart = by_source(room), by_source(alone)
    for name in together:
        for field in ("headline", "place", "date", "contacts", "regions", "status", "body_text", "footnotes"):
            assert apart[name][field] == together[name][field], (name, field)


def test_importing_again_changes_nothing_and_a_change_is_a_new_version(
    room: Newsroom, tmp_path: Path
) -> None:
    document = tmp_path / "gambia.md"
    document.write_text(ENGLISH)
    room.run("import", str(document))
    first = room.json("releases", "list")
    assert "1 unchanged" in room.run("import", str(document)).out
    assert room.json("releases", "list") == first
    document.write_text(ENGLISH.replace("24 warning", "26 warning"))
    assert room.json("import", str(document))[0]["action"] == "changed"
    (changed,) = room.json("releases", "list")
    assert (changed["id"], changed["uid"], changed["version"]) == (first[0]["id"], first[0]["uid"], 2)


def test_what_an_operator_set_survives_a_changed_document(room: Newsroom, tmp_path: Path) -> None:
    document = tmp_path / "gambia.md"
    document.write_text(ENGLISH)
    room.run("import", str(document))
    room.run("releases", "edit", "1", "--headline", "A headline by hand")
    document.write_text(ENGLISH.replace("24 warning", "26 warning"))
    room.run("import", str(document))
    release = room.json("releases", "show", "1")
    assert release["headline"] == "A headline by hand"
    assert "26 warning" in release["body_text"]


def test_a_draft_is_completed_by_hand(room: Newsroom, seeds: Path) -> None:
    room.run("import", str(next(seeds.glob("001*"))))
    assert "needs a headline" in room.run("releases", "publish", "1", code=2).err
    body = b"<p>One.<script>alert(1)</script></p><p onclick='x()'>Two <a href='javascript:x()'>here</a>.</p>"
    room.run("releases", "edit", "1", "--headline", "Un\x07 titre\u202e", "--body", "-", stdin=body)
    edited = room.json("releases", "show", "1")
    assert (edited["headline"], edited["body_text"]) == ("Un titre", "One.\n\nTwo here.")
    assert edited["body_html"] == "<p>One.</p>\n<p>Two here.</p>"
    assert "is published as of" in room.run("releases", "publish", "1", "--at", "2024-07-26").out
    (release,) = room.json("releases", "list", "--status", "published")
    assert (release["needs"], release["slug"]) == ([], "un-titre")
    assert "published" in room.run("releases", "delete", "1", code=2).err
    room.run("releases", "edit", "1", "--status", "withdrawn")
    assert room.json("releases", "show", "1")["status"] == "withdrawn"


def test_a_time_ahead_schedules_and_a_draft_can_be_deleted(room: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "a.en.md").write_text(ENGLISH)
    room.run("import", str(tmp_path), "--published", "2099-01-01")
    assert room.json("releases", "list")[0]["status"] == "scheduled"
    assert "Would delete" in room.run("releases", "delete", "1", "--dry-run").out
    room.run("releases", "delete", "1")
    assert room.json("releases", "list") == []
    assert "deleted by an operator" in room.run("import", str(tmp_path), "--published", "2024-01-01").err
    assert "there is no release 1" in room.run("releases", "show", "1", code=2).err


def test_nothing_is_sent_twice(room: Newsroom, seeds: Path, tmp_path: Path) -> None:
    room.run("import", str(seeds), "--published", "2024-07-26")
    room.run("build")
    room.run(
        *("subscribers", "add", "awa@example.org", "--name", "Awa Jallow", "--language", "fr"),
        *("--bulletin", "west-central-africa/daily", "--bulletin", "global/daily"),
    )
    assert "1 sent" in room.run("bulletins", "send", "west-central-africa/daily").out
    room.run("bulletins", "send", "global/daily")
    mails = room.mails()
    assert len(mails) == 2
    given = room.json("ledger", "--subscriber", "awa@example.org")
    stories = [entry["story"] for entry in given]
    assert len(stories) == len(set(stories)) == 3
    dialogue = by_source(room)["004"]
    (entry,) = [entry for entry in given if entry["release"] == dialogue["id"]]
    assert (entry["bulletin"], entry["state"]) == ("west-central-africa/daily", "sent")
    assert entry["message_id"] in {mail["Message-ID"] for mail in mails}
    told = [mail for mail in mails if "Dialogue Afrique-Amérique" in text_of(mail)]
    assert len(told) == 1

    for bulletin in ("west-central-africa/daily", "global/daily"):
        assert "nothing" in room.run("bulletins", "send", bulletin).out
    assert len(room.mails()) == 2

    (tmp_path / "new.fr.md").write_text(FRENCH)
    room.run("import", str(tmp_path / "new.fr.md"))
    room.run("bulletins", "send", "west-central-africa/daily")
    room.run("bulletins", "send", "global/daily")
    assert len(room.mails()) == 3
    (newest,) = [mail for mail in room.mails() if "réseau d'alerte" in text_of(mail).replace("’", "'")]
    assert "Dialogue Afrique-Amérique" not in text_of(newest)


def test_two_translations_are_one_story(room: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "a.fr.md").write_text(FRENCH)
    (tmp_path / "a.en.md").write_text(ENGLISH)
    room.run("import", str(tmp_path / "a.fr.md"))
    for name, language in (("fr", "fr"), ("en", "en")):
        room.run(
            "subscribers", "add", f"{name}@example.org", "--language", language, "--bulletin", "global/daily"
        )
    room.run("bulletins", "send", "global/daily")
    assert len(room.mails()) == 2
    assert "En français" in text_of(room.mails()[0]) or "In French" in text_of(room.mails()[0])
    # The translation that comes later is the same story: nobody gets it again.
    room.run("import", str(tmp_path / "a.en.md"))
    assert {release["story"] for release in room.json("releases", "list")} == {"gambia-alert"}
    assert "nothing new" in room.run("bulletins", "send", "global/daily").out
    assert len(room.mails()) == 2


def test_the_same_slot_has_one_edition(room: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "a.en.md").write_text(ENGLISH)
    room.run("import", str(tmp_path))
    room.run("subscribers", "add", "a@example.org", "--bulletin", "global/daily")
    first = room.json("bulletins", "send", "global/daily", "--slot", "2026-11-23T07:00")
    again = room.json("bulletins", "send", "global/daily", "--slot", "2026-11-23 07:00")
    assert (first["new"], again["new"], first["edition"]) == (True, False, again["edition"])
    assert len(room.mails()) == 1


def test_feeds_and_pages_agree_with_the_store(room: Newsroom, seeds: Path) -> None:
    room.run("import", str(seeds), "--published", "2024-07-26")
    room.run("build")
    public = room.folder / "public"
    dialogue = by_source(room)["004"]
    for region in ("global", "west-central-africa"):
        feed = feedparser.parse((public / region / "fr" / "atom.xml").read_bytes())
        assert not feed.bozo
        assert f"urn:uuid:{dialogue['uid']}" in {entry.id for entry in feed.entries}
    assert not feedparser.parse((public / "europe-central-asia" / "fr" / "rss.xml").read_bytes()).entries
    page = public / "releases" / "fr" / dialogue["slug"] / "index.html"
    assert dialogue["headline"] in page.read_text()
    before = {path: path.stat().st_mtime_ns for path in public.rglob("*") if path.is_file()}
    assert room.json("build")["written"] == []
    assert {path: path.stat().st_mtime_ns for path in public.rglob("*") if path.is_file()} == before


def test_anything_at_all_is_reported_and_the_store_still_works(room: Newsroom, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.mkdir()
    (junk / "empty.txt").write_bytes(b"")
    (junk / "binary.txt").write_bytes(os.urandom(20_000))
    (junk / "large.md").write_bytes(b"word " * 4_300_000)
    (junk / "broken.json").write_text('{"version": ')
    (junk / "front.md").write_text("---\nheadline: [unclosed\n---\nText.")
    (junk / "loop").symlink_to(junk)
    done = room.run("import", str(junk), code=2)
    for name in ("empty.txt", "binary.txt", "large.md", "broken.json", "front.md"):
        assert name in done.err
    (junk / "good.en.md").write_text(ENGLISH)
    room.run("import", str(junk), code=1)
    assert [release["headline"] for release in room.json("releases", "list")] == [
        "The Gambia River has a new warning network"
    ]
    assert room.json("status")["rejected_documents"] == 5
    run("import", str(junk / "nothing-here.md"), "-C", str(room.folder), code=2)
    room.run("import", "-", stdin=b"", code=2)
    room.run("build")


def test_bad_rows_of_a_list_are_named_and_good_ones_imported(room: Newsroom, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_bytes(
        b"email,name,languages,bulletins\n"
        b"one@example.org,One,fr;en,global/daily\n"
        b"not an address,Two,fr,global/daily\n"
        b'three@example.org,"Unclosed,fr,global/daily\n'
        b"four@example.org,Four,xx,global/daily\n"
        b"five@example.org,Five,fr,global/nothing\n"
        b"six@example.org,Six,fr\n"
        b"seven@example.org,S\xe9ven,fr,global/daily\n"
        b"eight@example.org,Eight,ar,global/daily west-central-africa/daily\n"
    )
    done = room.run("subscribers", "import", str(people), code=1)
    assert [int(line.split(":")[1]) for line in done.err.splitlines()] == [3, 4, 5, 6, 7, 8]
    found = room.json("subscribers", "list")
    assert [person["email"] for person in found] == ["one@example.org", "eight@example.org"]
    assert found[0]["languages"] == ["fr", "en"]
    assert found[1]["bulletins"] == ["global/daily", "west-central-africa/daily"]


def test_who_left_is_never_mailed_again(room: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "a.en.md").write_text(ENGLISH)
    room.run("import", str(tmp_path / "a.en.md"))
    room.run("subscribers", "add", "a@example.org", "--bulletin", "global/daily")
    room.run("subscribers", "remove", "A@Example.org")
    people = tmp_path / "people.csv"
    people.write_text("email,bulletins\na@example.org,global/daily\nb@example.org,global/daily\n")
    assert "stays off" in room.run("subscribers", "import", str(people), code=1).err
    assert "must not be mailed" in room.run("subscribers", "add", "a@EXAMPLE.org", code=2).err
    room.run("bulletins", "send", "global/daily")
    assert [mail["To"] for mail in room.mails()] == ["b@example.org"]


def test_an_embargo_holds_everywhere(room: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "a.en.md").write_text(ENGLISH)
    room.run("import", str(tmp_path), "--embargo", "2099-01-01")
    room.run("subscribers", "add", "a@example.org", "--bulletin", "global/daily")
    room.run("build")
    assert "nothing new" in room.run("bulletins", "send", "global/daily").out
    for path in (room.folder / "public").rglob("*"):
        if path.is_file():
            assert b"warning network" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PRESSFEED_BASE_URL", "ftp://nowhere"), ("PRESSFEED_MAIL_TRANSPORT", "pigeon:post")],
)
def test_a_bad_environment_is_named(room: Newsroom, variable: str, value: str) -> None:
    assert variable in room.run("status", code=2, env={variable: value}).err


def test_the_environment_names_the_newsroom(room: Newsroom) -> None:
    env = {"PRESSFEED_NEWSROOM": str(room.folder), "PRESSFEED_BASE_URL": "https://elsewhere.example.org"}
    assert "elsewhere.example.org" in run("status", env=env).out
    assert "is not a newsroom" in run("status", "-C", str(room.folder / "db"), env=env, code=2).err
