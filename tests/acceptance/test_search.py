"""Search as visitors and operators use it: on the page, and by the command."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from lxml import html

from pressfeed.web.search import QUESTIONS
from tests.acceptance.cli import Newsroom
from tests.acceptance.fronts import serving
from tests.acceptance.test_main_job import ENGLISH, FRENCH

ARABIC = """\
---
headline: شبكة إنذار جديدة على نهر غامبيا
language: ar
published: 2024-08-01T08:00:00+00:00
place: بانجول
story: gambia-alert
---
بدأت شبكة من 24 محطة للإنذار بالفيضانات عملها على ضفاف نهر غامبيا.
"""
EMBARGOED = ENGLISH.replace("story:", "embargo: 2999-01-01T00:00:00+00:00\nstory:").replace(
    "The Gambia River has a new warning network", "A secret warning network"
)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "room")
    room.setting('time_zone = "UTC"', 'time_zone = "Europe/Zurich"')  # in which some days lie out of range
    documents = {"a.en.md": ENGLISH, "a.fr.md": FRENCH, "a.ar.md": ARABIC, "secret.md": EMBARGOED}
    for name, text in documents.items():
        (tmp_path / name).write_text(text.replace("gambia-alert", "secret") if name[0] == "s" else text)
    room.run("import", *(str(tmp_path / name) for name in documents))
    room.run("build")
    return room


def test_a_visitor_finds_what_is_public_in_every_language(room: Newsroom) -> None:
    with serving(room.folder) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        front = html.fromstring(client.get("/en/").content)
        [form] = front.xpath("//form[@role='search']")
        address = httpx.URL(f"http://127.0.0.1:{port}/en/").join(form.get("action"))
        assert (form.get("method"), address.path) == ("get", "/search")

        answer = client.get(address, params={"lang": "en", "q": "wraning netwrok"})
        page = html.fromstring(answer.content)
        assert page.xpath("//article//h3/a/@href") == [
            "releases/en/the-gambia-river-has-a-new-warning-network/"
        ]
        assert page.xpath("//article//h3//mark/text()") == ["warning", "network"]
        assert client.get(page.xpath("//article//h3/a/@href")[0]).status_code == 200
        assert answer.headers["x-robots-tag"] == "noindex"
        assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
        assert "script-src 'self'" in answer.headers["content-security-policy"]

        for question, shown in (
            ({"lang": "ar", "q": "فيضان"}, ["ar"]),
            ({"lang": "fr", "q": "gambie"}, ["fr"]),
            ({"lang": "en", "q": "gambia", "in": "all", "region": "west-central-africa"}, ["en"]),
            ({"lang": "en", "q": "gambia", "region": "south-america"}, []),
            ({"lang": "en", "q": "gambia", "until": "2024-07-31"}, []),
            ({"lang": "en", "q": "secret"}, []),
            (
                {"lang": "xx", "in": "no", "region": "../..", "since": "x", "page": "-1", "q": "gambia"},
                ["en"],
            ),
            ({"lang": "en", "q": "gambia", "since": "0001-01-01", "until": "9999-12-31"}, ["en"]),
            ({"lang": "en", "q": "gambia", "until": "0001-01-01"}, []),
            ({"lang": "en", "q": 'gambia "\0(* 🐟'}, ["en"]),
            ({}, []),
        ):
            found = html.fromstring(client.get("/search", params=question).content)
            links = found.xpath("//article//h3/a/@href")
            assert [link.split("/")[1] for link in links] == shown, question

        hostile = client.get("/search", params={"q": '"><script>alert(1)</script>', "lang": "en"}).text
        assert "<script>" not in hostile
        assert client.head("/search").status_code == 200
        assert "Disallow: /search" in client.get("/robots.txt").text

        asked = [client.get("/search", params={"q": "river"}).status_code for _ in range(QUESTIONS)]
        assert asked[0] == 200
        assert asked[-1] == 429
        assert client.get("/en/").status_code == 200  # pages are for everybody all the same


def test_an_operator_asks_by_command(room: Newsroom) -> None:
    found = room.json("search", "warnig", "netwrk")
    assert (found["total"], found["more"], found["closeness"]) == (1, False, "similar")
    [release] = found["releases"]
    assert release["headline"] == "The Gambia River has a new warning network"
    assert {"text": "warning", "marked": True} in release["snippet"]
    assert "1 release" in room.run("search", "gambie", "--language", "fr").out
    assert "No public release" in room.run("search", "secret").err
    assert "there is no region" in room.run("search", "x", "--region", "mars", code=2).err
    assert "2024-07-26" in room.run("search", "x", "--since", "yesterday", code=2).err


def test_a_newsroom_of_nothing_but_files_has_no_form(room: Newsroom) -> None:
    file = room.folder / "pressfeed.toml"
    file.write_text(file.read_text("utf-8").replace('# search = "on"', 'search = "off"'), "utf-8")
    room.run("build")
    assert b"<form" not in (room.folder / "public" / "en" / "index.html").read_bytes()
    with serving(room.folder) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/search").status_code == 404
