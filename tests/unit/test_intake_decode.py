"""Bytes in: encodings, formats, limits, and what is no text at all."""

from __future__ import annotations

import pytest

from pressfeed.errors import IntakeError
from pressfeed.intake import MAXIMUM_BYTES, Document, read
from pressfeed.intake.decode import Format, decode, sniff
from tests.unit.intake_room import SETTING, document, read_one

TEXT = (
    "Rivières : l'été du héron\nGenève – Le héron passe l'été à Genève, où l'eau est déjà tiède à l'aube.\n"
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_french_in_every_usual_encoding(encoding: str) -> None:
    assert read_one(TEXT.encode(encoding)).content.headline == "Rivières : l'été du héron"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Правительство сегодня объявило о новых мерах поддержки рыбаков на реке.", "cp1251"),
        ("Правительство сегодня объявило о новых мерах поддержки рыбаков на реке.", "koi8_r"),
        ("أعلنت حكومة البلاد اليوم عن تدابير جديدة لدعم الصيادين على ضفاف النهر", "cp1256"),
        ("政府今天宣布新的移民支持措施，联合国表示欢迎。", "gb18030"),
        ("El niño llegó a la región con su mamá.", "latin-1"),
    ],
)
def test_encodings_that_are_not_declared_are_told_and_reported(text: str, encoding: str) -> None:
    decoded, problems = decode(text.encode(encoding), "x.txt")
    assert decoded == text
    assert "not declared" in problems[0]


def test_a_declared_charset_is_honoured() -> None:
    page = '<html><meta charset="koi8-r"><p>Цапля</p>'
    assert "Цапля" in decode(page.encode("koi8-r"), "x.html")[0]
    feed = '<?xml version="1.0" encoding="iso-8859-1"?><rss>é</rss>'
    assert decode(feed.encode("latin-1"), "x.xml") == (feed, ())


@pytest.mark.parametrize("charset", ["rot13", "utf-7", "unicode_escape", "base64", "no-such-thing"])
def test_a_declared_charset_that_is_none_for_pages_is_not_believed(charset: str) -> None:
    page = f'<meta charset="{charset}"><p>uryyb +ADw-script+AD4- \\x3cscript>'
    assert decode(page.encode(), "x.html")[0] == page


def test_a_few_broken_bytes_are_replaced_and_reported() -> None:
    decoded, problems = decode("é".encode() * 50 + b"\xff" + b"!", "x.txt")
    assert decoded.endswith("é�!")
    assert problems == ("1 bytes are not UTF-8 and were replaced by �",)


def test_text_is_nfc_and_xml_legal() -> None:
    content = read_one(
        "Le he\u0301ron\x07 passe l\u2019e\u0301te\u0301 ici\x0b\ufffe\nGen\u00e8ve – Il est la\u0300\x00."
    ).content
    assert content.headline == "Le héron passe l’été ici"
    assert content.body_text == "Il est là."


def test_bidi_controls_go_from_headlines() -> None:
    assert read_one(
        "Invoice \u202egpj.exe\u2066 for the river\nA sentence that is the body of this text."
    ).content.headline == ("Invoice gpj.exe for the river")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t\xef\xbb\xbf", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG"),
        (b"PK\x03\x04\x14\x00", "office document"),
        (b"{\\rtf1\\ansi}", "RTF"),
        (bytes(range(256)) * 40, "binary"),
        (b"x" * (MAXIMUM_BYTES + 1), "MiB"),
        (b"x\n" * 60_000, "lines"),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason_and_a_remedy(data: bytes, reason: str) -> None:
    with pytest.raises(IntakeError) as caught:
        read(document(data), SETTING)
    assert reason in caught.value.message
    assert caught.value.remedy
    assert str(caught.value).startswith("release.txt: ")


def test_a_file_that_cannot_be_opened_is_refused_with_the_systems_reason() -> None:
    def load() -> bytes:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(IntakeError, match="Permission denied"):
        read(Document("x.txt", load, "x", "s"), SETTING)


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("Plain words.", "a.txt", Format.TEXT),
        ("Plain words.", "-", Format.TEXT),
        ("<p>Words</p>", "a.txt", Format.HTML),
        ("<!DOCTYPE html><html>", "-", Format.HTML),
        ("words <br> more <b>words</b>", "a.html", Format.HTML),
        ('"mailto:a@b.example">a@b.example', "a.txt", Format.TEXT),
        ("---\ntitle: x\n---\nWords", "-", Format.MARKDOWN),
        ("---\nA line\n---\n", "a.txt", Format.TEXT),
        ("Words", "a.md", Format.MARKDOWN),
        ('{"headline": "x"}', "-", Format.JSON),
        ("[1] a note", "a.txt", Format.TEXT),
        ('[{"headline": "x"}]', "-", Format.JSON),
        ('<?xml version="1.0"?><rss version="2.0">', "-", Format.FEED),
        ('<feed xmlns="http://www.w3.org/2005/Atom">', "a.xml", Format.FEED),
        ('<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">', "a.xhtml", Format.HTML),
    ],
)
def test_the_content_tells_the_format(text: str, name: str, wanted: Format) -> None:
    assert sniff(text, name) is wanted
