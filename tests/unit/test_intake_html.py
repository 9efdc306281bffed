"""HTML: sanitised, semantic, links absolute; only the page's main content."""

from __future__ import annotations

import pytest

from pressfeed.intake import sanitise
from pressfeed.intake.sanitise import absolute
from tests.unit.intake_room import read_one

TEXT = "The river rose by four metres in a single night, and everybody was warned in time to leave."


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>a <script>alert(1)</script>b</p>", "<p>a b</p>"),
        ("<p onclick=x style='color:red' class=y>a</p>", "<p>a</p>"),
        ("<p><b>a</b> <i>b</i></p>", "<p><strong>a</strong> <em>b</em></p>"),
        ("<p>a<p>b", "<p>a</p>\n<p>b</p>"),
        ("a<br><br>b<br>c", "<p>a</p>\n<p>b<br>c</p>"),
        ("<div>a<div>b</div>c</div>", "<p>a</p>\n<p>b</p>\n<p>c</p>"),
        ("<h1>a</h1><h6>b</h6>", "<h2>a</h2>\n<h4>b</h4>"),
        ("<ol start=3><li>a<ul><li>b</ul></ol>", '<ol start="3"><li>a<ul><li>b</li></ul></li></ol>'),
        (
            "<a href='https://a.example/?x=1&y=2'>a</a>",
            '<p><a href="https://a.example/?x=1&amp;y=2">a</a></p>',
        ),
        ("<a href='mailto:a@b.example'>a</a>", '<p><a href="mailto:a@b.example">a</a></p>'),
        ("<a href='/x'>a</a>", '<p><a href="https://wra.example/x">a</a></p>'),
        ("<a href='#top'>a</a>", "<p>a</p>"),
        ("<a href=' jav&#09;ascript:alert(1)'>a</a>", "<p>a</p>"),
        ("<a href='data:text/html,x'>a</a>", "<p>a</p>"),
        ("<img src='data:image/png;base64,A'>", ""),
        ("<img src=/i.jpg alt=I onerror=x>", '<p><img src="https://wra.example/i.jpg" alt="I"></p>'),
        ("<svg><script>x</script><p>s</p></svg>a", "<p>a</p>"),
        ("<iframe src=x>f</iframe><object>o</object>a", "<p>a</p>"),
        ("<form><p>a</p><input value=x></form>", "<p>a</p>"),
        ("<table><tr><th>a<th>b<tr><td>c<td>d</table>", None),
        ("a &lt;b&gt; &amp; c", "<p>a &lt;b&gt; &amp; c</p>"),
        ("", ""),
    ],
)
def test_only_semantic_html_is_left(html: str, wanted: str | None) -> None:
    cleaned = sanitise(html, "https://wra.example/news/1")
    if wanted is not None:
        assert cleaned == wanted
    assert sanitise(cleaned) == cleaned


def test_nesting_without_end_is_read_as_text() -> None:
    assert sanitise("<blockquote>" * 5000 + "deep") == "<p>deep</p>"


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("../x?y#z", "https://wra.example/x?y#z"),
        ("//b.example", "https://b.example"),
        ("mailto:a@b.example?subject=x", "mailto:a@b.example?subject=x"),
        ("tel:+41", "tel:+41"),
        ("mailto:nobody", ""),
        ("javascript:alert(1)", ""),
        ("JAVA\tSCRIPT:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("http://", ""),
        ("http://[::1", ""),
        ("https://a.example:99999/", ""),
        ("", ""),
    ],
)
def test_links_are_absolute_and_harmless_or_nothing(reference: str, wanted: str) -> None:
    assert absolute(reference, "https://wra.example/news/1") == wanted


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html lang=en><head>{head}</head><body>{body}</body></html>"


def test_the_main_content_is_read_and_not_what_stands_round_it() -> None:
    content = read_one(
        page(
            "<header><h2>World Rivers</h2><nav><a"
            " href=/>Home</a></nav></header><main><article><h1>Herons move</h1>"
            f"<p>{TEXT}</p></article><aside><p>Another story</p></aside></main><footer><p>© 2024</p></footer>"
        ),
        "a.html",
    ).content
    assert (content.headline, content.body_text, content.language) == ("Herons move", TEXT, "en")


def test_a_class_name_does_not_take_the_whole_text_away() -> None:
    content = read_one(
        page(f"<div class='share related sidebar'><h1>Herons move</h1><p>{TEXT}</p></div>"), "a.html"
    ).content
    assert content.body_text == TEXT


def test_a_headline_outside_the_article_is_found() -> None:
    content = read_one(
        page(f"<header><h1>Herons move</h1></header><article><p>{TEXT}</p></article>"), "a.html"
    ).content
    assert content.headline == "Herons move"


def test_the_pages_title_is_the_headline_where_it_is_more_than_the_sites_name() -> None:
    head = (
        "<title>Herons move upstream again | World Rivers</title><meta"
        " property=og:site_name content='World Rivers'>"
    )
    assert read_one(page(f"<p>{TEXT}</p>", head), "a.html").content.headline == "Herons move upstream again"
    assert read_one(page(f"<p>{TEXT}</p>", "<title>World Rivers</title>"), "a.html").content.headline == ""


def test_the_page_says_its_date_address_and_language() -> None:
    head = (
        '<link rel=canonical href="https://wra.example/n/1"><script type="application/ld+json">'
        '{"@graph": [{"@type": "NewsArticle", "datePublished": "2024-07-26T10:00:00Z"}]}</script>'
    )
    reading = read_one(page(f"<h1>Herons move</h1><p>{TEXT} <a href=2>x</a></p>", head), "a.html")
    assert reading.key == "https://wra.example/n/1"
    assert str(reading.published_at) == "2024-07-26 10:00:00+00:00"
    assert 'href="https://wra.example/n/2"' in reading.content.body_html


def test_a_relative_link_without_a_base_is_reported_with_its_line() -> None:
    reading = read_one(page(f"\n<h1>Herons move</h1>\n<p>{TEXT} <a href=/x>x</a></p>"), "a.html")
    assert reading.problems == (
        "line 3: left out the link /x: it is relative, and the page does not say its address",
    )


def test_a_dateline_in_bold_comes_off_the_paragraph() -> None:
    html = page(
        "<h1>Herons move</h1><p><strong>Windhoek, 3 June</strong>"
        f" – <em>The</em> river &amp; its herons. {TEXT}</p>"
    )
    content = read_one(html, "a.html").content
    assert (content.place, str(content.date)) == ("Windhoek", "--06-03")
    assert content.body_html.startswith("<p><em>The</em> river &amp; its herons.")


def test_contacts_in_one_paragraph_with_breaks() -> None:
    html = page(
        f"<h1>Herons move</h1><p>{TEXT}</p><p>For more information:<br>Jane Doe<br>"
        '<a href="mailto:jane@wra.example">jane@wra.example</a></p>'
    )
    content = read_one(html, "a.html").content
    assert [(one.name, one.email) for one in content.contacts] == [("Jane Doe", "jane@wra.example")]
    assert content.body_text == TEXT
