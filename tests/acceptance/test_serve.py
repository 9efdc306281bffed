"""The links in mails, over real HTTP: a look changes nothing, a button does, one click is enough."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.acceptance.chromium import chromium
from tests.acceptance.cli import COMMAND, Newsroom, text_of
from tests.acceptance.test_main_job import ENGLISH, FRENCH


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "room")
    (tmp_path / "a.fr.md").write_text(FRENCH)
    room.run("import", str(tmp_path / "a.fr.md"))
    room.run("build")
    for name, language in (("awa", "fr"), ("salma", "ar")):
        room.run(
            *("subscribers", "add", f"{name}@example.org", "--language", language),
            *("--bulletin", "global/daily", "--bulletin", "west-central-africa/daily"),
        )
    room.run("bulletins", "send", "global/daily")
    return room


@pytest.fixture
def client(room: Newsroom) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [COMMAND, "-C", room.folder, "serve", "--listen", str(port)], stderr=subprocess.PIPE
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=False) as client:
            deadline = time.monotonic() + 30
            while True:
                try:
                    client.get("/robots.txt")
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline and server.poll() is None, "the server does not start"
                    time.sleep(0.1)
            yield client
    finally:
        server.terminate()
        _, logged = server.communicate(timeout=15)
    assert b"Traceback" not in logged, logged.decode()
    assert not re.search(rb"/(unsubscribe|preferences)/[a-z0-9]", logged), "a token in the log"


def link(room: Newsroom, kind: str, who: str = "awa") -> str:
    """The path of a link in the mail that somebody got."""
    (mail,) = [mail for mail in room.mails() if mail["To"].startswith(who)]
    found = re.search(rf"http://localhost:8000(/{kind}/\S+)", text_of(mail))
    assert found is not None
    return found[1]


def bulletins(room: Newsroom, who: str = "awa") -> list[str]:
    people = {person["email"]: person for person in room.json("subscribers", "list")}
    person = people[f"{who}@example.org"]
    found: list[str] = person["bulletins"] if person["status"] == "active" else []
    return found


def test_looking_at_every_link_changes_nothing(room: Newsroom, client: httpx.Client) -> None:
    before = room.json("subscribers", "list")
    for kind in ("unsubscribe", "preferences"):
        assert client.get(link(room, kind)).status_code == 200
        assert client.head(link(room, kind)).status_code == 200
    assert room.json("subscribers", "list") == before


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
    ],
)
def test_one_click_leaves_this_bulletin_alone_and_may_come_twice(
    room: Newsroom, client: httpx.Client, body: dict[str, object]
) -> None:
    for _ in range(2):
        answer = client.post(link(room, "unsubscribe"), **body)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "Vous êtes désabonné" in answer.text
    assert bulletins(room) == ["west-central-africa/daily"]
    assert bulletins(room, "salma") == ["global/daily", "west-central-africa/daily"]


def test_who_left_by_a_link_is_not_mailed_and_not_imported_again(
    room: Newsroom, client: httpx.Client, tmp_path: Path
) -> None:
    client.post(link(room, "unsubscribe"))
    people = tmp_path / "people.csv"
    people.write_text("email,bulletins\nawa@example.org,global/daily\n")
    assert "has left" in room.run("subscribers", "import", str(people), code=2).err
    (tmp_path / "b.en.md").write_text(ENGLISH.replace("gambia-alert", "another"))
    room.run("import", str(tmp_path / "b.en.md"))
    room.run("bulletins", "send", "global/daily")
    assert sorted(mail["To"] for mail in room.mails()) == [
        "awa@example.org",
        "salma@example.org",
        "salma@example.org",
    ]


def test_everything_can_be_left_from_either_page(room: Newsroom, client: httpx.Client) -> None:
    client.post(link(room, "unsubscribe"), data={"all": "1"})
    assert bulletins(room) == []
    client.post(link(room, "preferences", "salma"), data={"leave": "global/daily"})
    assert bulletins(room, "salma") == ["west-central-africa/daily"]
    client.post(link(room, "preferences", "salma"), data={"all": "1"})
    assert bulletins(room, "salma") == []


def test_a_token_of_another_scope_or_person_or_with_a_changed_letter_is_nothing(
    room: Newsroom, client: httpx.Client
) -> None:
    token = link(room, "unsubscribe").rpartition("/")[2]
    other = link(room, "preferences").rpartition("/")[2]
    changed = token[:-1] + ("a" if token[-1] != "a" else "b")
    for path in (
        f"/preferences/{token}",
        f"/unsubscribe/{other}",
        f"/unsubscribe/{changed}",
        "/unsubscribe/x",
    ):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404
    assert len(bulletins(room)) == 2


def test_who_guesses_is_slowed_down(room: Newsroom, client: httpx.Client) -> None:
    answers = [client.post(f"/unsubscribe/{'a' * 40}{number:02}").status_code for number in range(25)]
    assert answers[:20] == [404] * 20
    assert answers[20:] == [429] * 5


def test_large_and_broken_bodies_are_refused(room: Newsroom, client: httpx.Client) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(link(room, "unsubscribe"), content=b"x" * 100_000, headers=form).status_code == 413
    assert client.post(link(room, "unsubscribe"), content=b"\xff\xfe=1", headers=form).status_code == 400
    assert (
        client.post(link(room, "unsubscribe"), content=b"&".join([b"a=1"] * 50), headers=form).status_code
        == 400
    )
    assert len(bulletins(room)) == 2


def test_public_files_come_with_types_and_validators(room: Newsroom, client: httpx.Client) -> None:
    for path, kind in {
        "/": "text/html",
        "/global/fr/": "text/html",
        "/global/fr/rss.xml": "application/rss+xml",
        "/global/fr/atom.xml": "application/atom+xml",
        "/global/fr/feed.json": "application/feed+json",
        "/feeds.opml": "text/x-opml",
    }.items():
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind), path
        assert "script-src 'self';" in answer.headers["content-security-policy"]  # and none in the page
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert client.head(path).headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    "path", ["/../pressfeed.toml", "/%2e%2e/pressfeed.toml", "/..%2fdb%2fpressfeed.sqlite3", "/.hidden"]
)
def test_nothing_outside_public_is_served(room: Newsroom, client: httpx.Client, path: str) -> None:
    (room.folder / "public" / ".hidden").write_text("secret")
    assert client.get(path).status_code == 404


@pytest.mark.chromium
def test_pages_work_by_keyboard_without_a_script_and_are_accessible(
    room: Newsroom, client: httpx.Client
) -> None:
    base = str(client.base_url).rstrip("/")
    with chromium() as browser:
        for scheme in ("light", "dark"):
            for who, width in (("awa", 375), ("salma", 1280)):
                # axe-core itself is a script: it is let past the policy, which forbids all.
                context = browser.new_context(
                    color_scheme=scheme,  # type: ignore[arg-type]
                    viewport={"width": width, "height": 800},
                    bypass_csp=True,
                )
                page = context.new_page()
                for kind in ("unsubscribe", "preferences"):
                    page.goto(base + link(room, kind, who))
                    violations = Axe().run(page).response["violations"]
                    assert violations == [], (kind, who, scheme)
                context.close()
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(base + link(room, "unsubscribe"))
        for _ in range(3):  # past the skip link and the newsroom's name, to the button
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        assert "Vous êtes désabonné" in page.inner_text("main")
    assert bulletins(room) == ["west-central-africa/daily"]
