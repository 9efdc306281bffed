"""What HTML may stand in a release: semantic elements, absolute links, nothing that runs or styles.

nh3 decides (it parses as browsers do); the element tree before it only rebuilds blocks and links, and bounds
the nesting, because html5 tree building is quadratic in its depth.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urljoin, urlsplit

import nh3

BLOCKS = frozenset(
    {"p", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "table", "pre", "figure", "hr", "dl"}
)
INLINE = frozenset(
    {"a", "em", "strong", "sub", "sup", "br", "code", "abbr", "cite", "q", "del", "ins", "bdi", "img"}
)
_INNER = frozenset({"thead", "tbody", "tfoot", "tr", "th", "td", "caption", "figcaption", "dt", "dd"})
TAGS = BLOCKS | INLINE | _INNER
# Elements that go with everything inside them.
DROPPED = frozenset(
    {
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "applet",
        "svg",
        "math",
        "canvas",
    }
    | {
        "video",
        "audio",
        "button",
        "select",
        "textarea",
        "input",
        "option",
        "datalist",
        "dialog",
        "head",
        "title",
    }
    | {"meta", "link", "frame", "frameset", "map", "area"}
)
ATTRIBUTES = {
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "bdi": {"dir"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_NUMERIC = frozenset({"width", "height", "start", "colspan", "rowspan"})
_ADDRESS = re.compile(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,255}\.[^\s@<>\"'.]{2,63}\Z")


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if name in _NUMERIC:
        return value if value.isascii() and value.isdigit() and len(value) < 6 else None
    if tag == "img" and name == "src" and not value.lower().startswith(("http://", "https://")):
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(DROPPED),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    attribute_filter=_keep_attribute,
    strip_comments=True,
    link_rel=None,
    url_schemes=_SCHEMES,
    url_relative="deny",
)


def clean(html: str) -> str:
    """HTML of bounded nesting, made harmless; cleaning its result again changes nothing.

    Markup that keeps changing (a mutation that html5 parsing cannot settle) is given back as its text.
    """
    for _ in range(4):
        cleaned = _cleaner.clean(html)
        if cleaned == html:
            return cleaned
        html = cleaned
    bare: str = nh3.clean(html, tags=set())
    return f"<p>{bare}</p>"


def sanitise(html: str, base_url: str = "") -> str:
    """Any HTML as a release's ``body_html``: relative links are made absolute to base_url, or unwrapped."""
    from pressfeed.intake.blocks import to_html
    from pressfeed.intake.dom import fragment

    for _ in range(4):  # html5 may move what was nested against its rules; then it is read again
        cleaned = to_html(fragment(html, base_url))
        if cleaned == html:
            break
        html = cleaned
    return html


def body(html: str, base_url: str = "") -> tuple[str, str]:
    """Any HTML as a release's ``body_html`` and the ``body_text`` that agrees with it."""
    from pressfeed.intake.blocks import to_html, to_text
    from pressfeed.intake.dom import fragment

    blocks = fragment(html, base_url)
    return to_html(blocks), to_text(blocks)


def absolute(reference: str, base_url: str) -> str:
    """The absolute http(s), mailto or tel URL that a reference means; "" for none or a forbidden one."""
    reference = re.sub(r"[\x00-\x20\x7f]+", "", reference)  # what browsers ignore inside a scheme
    if not reference or len(reference) > 4000:
        return ""
    try:
        url = urljoin(base_url, reference) if base_url else reference
        parts = urlsplit(url)
        port_is_sound = parts.port is None or parts.port >= 0
    except ValueError:
        return ""
    if parts.scheme in ("http", "https"):
        return url if parts.hostname and port_is_sound else ""
    if parts.scheme == "mailto":
        return url if _ADDRESS.match(parts.path) else ""
    return url if parts.scheme == "tel" and parts.path else ""


def inline_text(text: str) -> str:
    """Plain text as inline HTML; its line breaks become ``<br>``."""
    return escape(text, quote=False).replace("\n", "<br>")
