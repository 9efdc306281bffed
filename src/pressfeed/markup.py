"""Text on its way out: what XML, feeds and pages may carry (pure).

The intake has cleaned every release already; what leaves passes here once more, so that one bad row can
neither break a feed for everybody nor bring a script to a reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import quote, urlsplit

import nh3

# XML 1.0, section 2.2; the C1 controls, which validators report as mistaken Windows-1252; and what is no
# character otherwise. Such code points beyond U+FFFF are left to feeds/xml.py: to look for them here takes
# ten times as long.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# A text of nothing but the others: this is seen in a quarter of the time.
_LEGAL = re.compile("[\t\n\r -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]*\\Z")
# White space that may be a line break: no-break spaces are typography, and stay.
_SPACES = re.compile("[^\\S\u00a0\u2007\u202f]+")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TOP_HEADING = re.compile(r"(?<=<)(/?)h1\b")
_MARK = re.compile(r"\*{1,3}|[†‡§]{1,2}|[¹²³⁴-⁹⁰]{1,3}|\[\d{1,3}\]|\(\d{1,2}\)")
_WIDE = re.compile("[\u3000-\u9fff\uf900-\ufaff]")

_WEB = frozenset({"http", "https"})
_DIRECT = frozenset({"mailto", "tel"})
_SAFE = "/%:@!$&'()*+,;=~-._?"

# nh3's own list without what would add landmarks to a page, or is long obsolete.
_TAGS = nh3.ALLOWED_TAGS - {
    "acronym", "area", "article", "aside", "bdo", "center", "data", "footer", "header", "hgroup", "map",
    "nav", "rtc", "strike", "tt",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "width", "height", "title"},
    "li": {"value"},
    "ol": {"start", "reversed", "type"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}


def xml_safe(text: str) -> str:
    """The text without the characters that XML 1.0 forbids and without C1 controls."""
    return text if _LEGAL.match(text) else _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """Plain text for a title: legal in XML, every run of white space (but no-break spaces) one space."""
    # Printable is what is legal and has no white space but the space: nearly every text, at once.
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", xml_safe(text)).strip()


def uri(iri: str) -> str:
    """An absolute address as a URI in ASCII (RFC 3987, section 3.1), or "" for anything else.

    Accepts http, https, mailto and tel; relative references and other schemes give "".
    """
    try:
        parts = urlsplit(xml_safe(iri).strip())
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        if ":" not in host:
            host = host.encode("idna").decode("ascii")
    except ValueError:  # UnicodeError is one
        return ""
    query = f"?{_quoted(parts.query)}" if parts.query else ""
    rest = _quoted(parts.path) + query
    if scheme in _DIRECT:
        return f"{scheme}:{rest}" if rest else ""
    if scheme not in _WEB or not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        return ""
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    fragment = f"#{_quoted(parts.fragment)}" if parts.fragment else ""
    # RFC 3986, section 6.2.3: an empty path is “/”, also before a query.
    return f"{scheme}://{place}{'' if parts.path else '/'}{rest}{fragment}"


def _quoted(part: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", part), safe=_SAFE)


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """Links leave as URIs, or not at all."""
    return (uri(value) or None) if name in {"href", "src", "cite"} else value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=set(_WEB | _DIRECT),
    link_rel=None,
)


@lru_cache(maxsize=64)  # a release's page, its feed entry and its files ask for the same text
def safe_html(html: str) -> str:
    """A well-formed fragment of semantic HTML with absolute links and no first-level heading.

    Whatever could run, load, or lay itself over the page is gone; so are ``class`` and ``style``.
    """
    clean = _CLEANER.clean(xml_safe(html))
    return _TOP_HEADING.sub(r"\1h2", clean) if "h1" in clean else clean


def without_marks(text: str, footnotes: Sequence[str]) -> str:
    """The text without the marks of its footnotes (``2011.[1]``), which lead nowhere where these are not."""
    marks = [match[0] for match in map(_MARK.match, footnotes) if match]
    if not marks:
        return text
    # Only a mark in brackets may stand apart from its word: a lone * is something else.
    found = [("[ \u00a0]?" if mark[0] in "[(" else "") + re.escape(mark) for mark in marks]
    pattern = "|".join(sorted(set(found), key=len, reverse=True))
    return re.sub(rf"(?<=\S)(?:{pattern})(?!\w)", "", text)


def excerpt(text: str, limit: int = 300) -> str:
    """The first paragraph of a plain text, cut at the end of a word to ``limit`` characters.

    Chinese and Japanese say more in a character and have no spaces: there the limit is half, and the cut may
    fall anywhere.
    """
    first = one_line(text.strip().split("\n\n", 1)[0])
    wide = not first.isascii() and len(_WIDE.findall(first)) * 2 > len(first)
    limit = limit // 2 if wide else limit
    if len(first) <= limit:
        return first
    cut = first[:limit]
    if not wide and not first[limit].isspace() and " " in cut:
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip(" ,;:.!?-–—،؛、，。；：") + "…"
