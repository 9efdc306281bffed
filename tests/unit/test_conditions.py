"""Conditions, ranges and codings of requests: what RFC 9110 says, for any header that anybody sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.publish import moves
from pressfeed.publish.kinds import cache_control, media_type
from pressfeed.web import conditions

HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)


@pytest.mark.parametrize(
    ("header", "weakly", "expected"),
    [
        ('"a"', True, True),
        ('W/"a"', True, True),
        ('W/"a"', False, False),
        ('"b", "a"', False, True),
        ('"b","a,c"', True, False),
        ('"x,y", W/"a"', True, True),
        ("*", False, True),
        ("a", True, False),
        ("", True, False),
    ],
)
def test_lists_of_tags(header: str, weakly: bool, expected: bool) -> None:
    assert conditions.lists(header, '"a"', weakly=weakly) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=3-99", (3, 10)),
        ("bytes=10-", (0, 0)),
        ("bytes=-0", (0, 0)),
        ("bytes=5-3", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 400 + "-", (0, 0)),
    ],
)
def test_ranges(header: str, expected: tuple[int, int] | None) -> None:
    assert conditions.byte_range(header, 10) == expected


@given(HEADERS | st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True), st.integers(0, 10_000))
def test_no_range_leads_out_of_the_file(header: str, size: int) -> None:
    found = conditions.byte_range(header, size)
    assert found is None or 0 <= found[0] <= found[1] <= size


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, ""),
        ("", ""),
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, br", "br"),
        ("gzip, br;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0.1, identity;q=0", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("gzip;q=0", ""),
        ("identity, gzip;q=0.5", ""),
        ("GZip ; Q=1.0", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip;q=nonsense", ""),
        ("zstd, deflate", ""),
        (";;,,", ""),
    ],
)
def test_codings(header: str | None, expected: str) -> None:
    assert conditions.choose(header, ("br", "gzip")) == expected


@given(HEADERS)
def test_any_header_has_an_answer(header: str) -> None:
    assert conditions.choose(header, ("br", "gzip")) in ("", "br", "gzip")
    assert conditions.is_since(header, 0) in (None, True, False)
    assert isinstance(conditions.same_version(header, '"a"', 0), bool)


def test_dates() -> None:
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert conditions.is_since(date, 784111777) is True
    assert conditions.is_since(date, 784111778) is False
    assert conditions.is_since("yesterday", 0) is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("global/en/rss.xml", "application/rss+xml; charset=utf-8"),
        ("topics/water/en/atom-3.xml", "application/atom+xml; charset=utf-8"),
        ("sitemap.xml", "application/xml; charset=utf-8"),
        ("releases/en/a/index.html", "text/html; charset=utf-8"),
        ("releases/en/a/ninjs.json", "application/json"),
        ("rss.xml.gz", "application/gzip"),
        ("unknown", "application/octet-stream"),
    ],
)
def test_media_types(path: str, kind: str) -> None:
    assert media_type(path) == kind


def test_only_a_fingerprint_is_kept_for_ever() -> None:
    assert "immutable" in cache_control("assets/press.0a1b2c3d.css")
    for path in ("assets/press.css", "releases/en/flood-0a1b2c3d.html", "assets/press.2024.css"):
        assert "immutable" not in cache_control(path)


PATHS = st.from_regex(r"[a-z0-9-]{1,9}(/[a-z0-9.-]{1,9}){0,3}/?", fullmatch=True)


@given(st.dictionaries(PATHS, PATHS))
def test_addresses_that_were_left_are_read_as_they_were_written(pairs: dict[str, str]) -> None:
    assert moves.read(moves.write(pairs.items())) == {f"/{old}": f"/{new}" for old, new in pairs.items()}


@pytest.mark.parametrize("path", ["a;b", 'a"b', "a b", "a\nb", "a{", "$host", "é"])
def test_an_address_cannot_be_an_instruction_to_nginx(path: str) -> None:
    for pair in ((path, "b"), ("b", path)):
        with pytest.raises(ValueError, match="plain"):
            moves.write([pair])
    assert moves.read(f"/{path} /b;\n".encode()) == {}
