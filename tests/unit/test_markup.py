"""What leaves is legal in XML, absolute, and harmless."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pressfeed.markup import excerpt, one_line, safe_html, uri, without_marks, xml_safe


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("https://example.org/a?b=c&d=e#f", "https://example.org/a?b=c&d=e#f"),
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Example.ORG/Ä b", "https://example.org/%C3%84%20b"),
        ("https://bücher.example/é?q=ü", "https://xn--bcher-kva.example/%C3%A9?q=%C3%BC"),
        ("https://example.org:8443/100%", "https://example.org:8443/100%25"),
        ("https://example.org/%C3%A9", "https://example.org/%C3%A9"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("mailto:press@example.org?subject=é", "mailto:press@example.org?subject=%C3%A9"),
        ("tel:+41227179111", "tel:+41227179111"),
        ("/relative", ""),
        ("//example.org/x", ""),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://", ""),
        ("https://a b/", ""),
        ("https://[::1", ""),
        ("https://example.org:port/", ""),
        ("mailto:", ""),
        ("", ""),
    ],
)
def test_addresses_leave_as_absolute_uris_or_not_at_all(iri: str, expected: str) -> None:
    assert uri(iri) == expected


@given(st.text())
def test_any_address_becomes_ascii_that_stays_the_same(text: str) -> None:
    found = uri(f"https://example.org/{text}")
    assert found.isascii()
    assert uri(found) == found


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_is_legal_in_xml_after_cleaning(text: str) -> None:
    element = etree.Element("x")
    element.text = xml_safe(text)
    assert etree.fromstring(etree.tostring(element)) is not None
    assert not set(xml_safe(text)) & {chr(code) for code in range(0x7F, 0xA0)}


def test_titles_are_one_line() -> None:
    assert one_line(" a\n\tb\x00c\u2028d ") == "a bc d"
    assert one_line("40\u202f000 «\u00a0rivières\u00a0»") == "40\u202f000 «\u00a0rivières\u00a0»"


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_a_title_is_the_same_with_and_without_a_line_break_around_it(text: str) -> None:
    """Texts that are on one line already take a short cut."""
    assert one_line(text) == one_line(f"\n{text}\n")
    assert one_line(one_line(text)) == one_line(text)


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p onclick=x>a<script>b</script></p>", "<p>a</p>"),
        ("<p style='position:fixed' class=y>a</p>", "<p>a</p>"),
        ("<h1>a</h1>", "<h2>a</h2>"),
        ('<a href="/x">a</a>', "<a>a</a>"),
        ('<a href="javascript:x">a</a>', "<a>a</a>"),
        ('<a href="https://example.org/é">a</a>', '<a href="https://example.org/%C3%A9">a</a>'),
        ("<main><nav>a</nav></main>", "a"),
        ("<p>a", "<p>a</p>"),
        ("<iframe src='https://example.org'></iframe>", ""),
        ("a ]]> b", "a ]]&gt; b"),
    ],
)
def test_html_leaves_semantic_and_well_formed(html: str, expected: str) -> None:
    assert safe_html(html) == expected


def test_an_excerpt_is_the_first_paragraph_cut_at_a_word() -> None:
    assert excerpt("One two\nthree.\n\nFour.") == "One two three."
    text = "word " * 100
    cut = excerpt(text, 52)
    assert cut == "word " * 9 + "word…"
    assert len(cut) <= 53


def test_an_excerpt_of_chinese_is_shorter_and_cut_anywhere() -> None:
    assert excerpt("新" * 400) == "新" * 150 + "…"


@given(st.text(alphabet=string.printable), st.integers(1, 80))
def test_no_excerpt_is_longer_than_asked(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit + 1


def test_a_text_without_its_footnotes_has_no_marks_of_them() -> None:
    text = "First held in 2011.[1] Nine* countries came ² times [sic]; 3 * 4 = 12."
    assert without_marks(text, ("[1] In Quito.", "* Of twelve.")) == (
        "First held in 2011. Nine countries came ² times [sic]; 3 * 4 = 12."
    )
    assert without_marks(text, ()) == text
