"""Releases, readers and a newsroom in languages of which CLDR knows much, little, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree, html

from tests.acceptance.cli import Newsroom

# What a document says, what is stored, which way it is written, and its date as its pages show it.
RELEASES = (
    ("pt-BR", "pt-br", "ltr", "26 de julho de 2024"),
    ("zh_tw", "zh-tw", "ltr", "2024年7月26日"),
    ("tlh", "tlh", "ltr", "26 July 2024"),
    ("ary", "ary", "rtl", "26 July 2024"),
    ("ckb", "ckb", "rtl", "26ی تەمووزی 2024"),
    ("und", "und", "ltr", "26 July 2024"),
)
BULLETIN = "global/daily"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    made = Newsroom(tmp_path_factory.mktemp("languages") / "room")
    made.setting(
        'languages = ["en", "fr", "es", "ar"]', 'languages = ["en", "fr-CA", "pt-BR", "tlh", "fa-IR"]'
    )
    texts = made.folder.parent / "texts"
    texts.mkdir()
    for said in (*(said for said, *_ in RELEASES), "fr-CA", "fa-IR"):
        (texts / f"{said}.md").write_text(
            f"---\nheadline: Herons of {said}\nlanguage: {said}\npublished: 2024-07-26T10:00:00Z\n"
            "place: Dakar\nregions: [global]\nenclosures:\n"
            "  - {url: https://press.example/a.pdf, type: application/pdf, length: 1500000, title: Map}\n"
            "---\nThe herons of the river moved upstream, and nobody knows why they did so this summer.\n",
            "utf-8",
        )
    made.run("import", str(texts))
    made.run("build")
    return made


@pytest.mark.parametrize(("code", "way", "date"), [release[1:] for release in RELEASES])
def test_a_release_in_any_language_has_its_page_and_feeds(
    room: Newsroom, code: str, way: str, date: str
) -> None:
    (stored,) = room.json("releases", "list", "--language", code.upper())
    assert stored["language"] == code
    public = room.folder / "public"
    page = html.fromstring((public / "releases" / code / stored["slug"] / "index.html").read_bytes())
    assert (page.get("lang"), page.get("dir")) == (code, way)
    assert date in " ".join(page.text_content().split())
    for home in (code, f"global/{code}"):
        assert html.fromstring((public / home / "index.html").read_bytes()).get("lang") == code
        feed = etree.parse(public / home / "rss.xml")
        assert feed.findtext("channel/language") == code
        assert [item.text for item in feed.iterfind("channel/item/title")] == [stored["headline"]]


def test_a_newsroom_speaks_such_languages(room: Newsroom) -> None:
    front = html.fromstring((room.folder / "public" / "index.html").read_bytes())
    named = {link.get("hreflang"): link.text_content().strip() for link in front.xpath("//a[@hreflang]")}
    assert named["fr-ca"] == "français (Canada)"
    assert named["pt-br"] == "português (Brasil)"
    assert named["tlh"] == "tlh"
    canadian = (room.folder / "public" / "fr-ca" / "index.html").read_text("utf-8")
    assert "Aller au contenu" in canadian  # in French, which it narrows, not in English


@pytest.mark.parametrize(
    ("code", "interface", "story"),
    [
        ("fr-CA", "fr-ca", "Herons of fr-CA"),  # French words: those of the language that it narrows
        ("pt-br", "en", "Herons of pt-BR"),  # nobody has written Portuguese words: English ones
        ("tlh", "en", "Herons of tlh"),
        ("fa-ir", "en", "Herons of fa-IR"),
    ],
)
def test_a_digest_tells_stories_in_such_a_language(
    room: Newsroom, code: str, interface: str, story: str
) -> None:
    shown = html.fromstring(
        room.run("bulletins", "preview", BULLETIN, "--language", code, "--format", "html").out
    )
    assert shown.get("lang") == interface
    (headline,) = shown.xpath(f"//h2[contains(., '{story}')]")
    assert (headline.getparent().get("lang") or headline.get("lang") or interface) == code.lower()


def test_subscribers_may_read_such_languages_and_no_others(room: Newsroom, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("email,languages\na@example.org,pt-BR tlh\nb@example.org,Frensh!!\n", "utf-8")
    done = room.run("subscribers", "import", str(people), code=1)
    assert "Frensh!!" in done.out + done.err
    listed = room.json("subscribers", "list")
    assert [(one["email"], one["languages"]) for one in listed] == [("a@example.org", ["pt-br", "tlh"])]
    assert "pt-br tlh" in room.run("subscribers", "list").out


def test_what_is_no_language_is_refused_with_its_remedy(room: Newsroom, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.md"
    wrong.write_text("---\nheadline: Herons\nlanguage: Frensh!!\n---\nThe herons moved.\n", "utf-8")
    told = room.run("import", "--dry-run", str(wrong))
    assert "“Frensh!!” is not a language code such as en or pt-br" in told.out + told.err
    for command in (("import", "--dry-run", str(wrong)), ("releases", "list"), ("search", "herons")):
        refused = room.run(*command, "--language", "Frensh!!", code=2)
        assert "not a language code" in refused.err
        assert "Write en, fr" in refused.err
