"""HTML pages: the main content, with what the page says about itself in its head."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from pressfeed.intake import dates, dom, fields
from pressfeed.intake.blocks import Block
from pressfeed.intake.decode import refuse_too_many
from pressfeed.intake.draft import Draft
from pressfeed.intake.menus import Row, extent
from pressfeed.intake.sanitise import absolute
from pressfeed.intake.text import one_line, squeeze, words
from pressfeed.intake.types import Document, Setting

_ASIDE_TAGS = frozenset({"nav", "footer", "aside", "dialog"})
_ASIDE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alertdialog"}
)
_ASIDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|breadcrumbs?|share|sharing|social|addtoany|sharethis|sidebar|related|newsletter|pager"
    r"|pagination|skip-link|site-header|site-footer|navbar|main-menu|mega-?menu|language-switcher|visually-hidden|sr-only"
    r"|screen-reader-text|print-hidden|advert\w*)(?:$|[\s_-])",
    re.IGNORECASE,
)
_ARTICLE_TYPES = frozenset({"NewsArticle", "PressRelease", "Article", "ReportageNewsArticle", "BlogPosting"})


def read(text: str, document: Document, setting: Setting, shared: frozenset[str]) -> Draft:
    """An HTML page as a draft. ``shared``: digests of lines that other pages of its source show."""
    draft = Draft(marked_up=True)
    root, whole = dom.parse(text)
    if root is None:
        return draft
    if not whole:
        draft.blocks = dom.flattened(text)
        return draft
    base = _address(root)
    _metadata(root, draft, setting)
    content = _content(root)
    blocks = dom.blocks_of(content, base, _is_aside_of(content), lines=True)
    refuse_too_many(len(blocks), document)
    blocks = _without_menu(blocks, draft, shared)
    _headline(root, content, blocks, draft)
    draft.blocks = blocks
    return draft


def lines(text: str) -> list[str]:
    """The lines of a page for learning what its source's pages share."""
    root, whole = dom.parse(text)
    if root is None or not whole:
        return []
    return [line for block in dom.blocks_of(root, "") for line in block.text.split("\n")]


def _address(root: dom.Element) -> str:
    """Where relative links start: <base>, else the page's own address."""
    own = _own_address(root)
    base = next((element.get("href", "") for element in root.iter("base") if element.get("href")), "")
    return absolute(base, own) or own


def _own_address(root: dom.Element) -> str:
    for link in root.iter("link"):
        url = absolute(link.get("href") or "", "") if "canonical" in (link.get("rel") or "").lower() else ""
        if url:
            return url
    return absolute(_meta(root).get("og:url", ""), "")


def _meta(root: dom.Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        name = (
            (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
        )
        if name and element.get("content"):
            found.setdefault(name, one_line(element.get("content") or ""))
    return found


def _metadata(root: dom.Element, draft: Draft, setting: Setting) -> None:
    """What the page's head says of it: address, language, date of publication, author."""
    meta = _meta(root)
    article = next(_articles(root), {})
    own = _own_address(root)
    draft.key = own if own.startswith("http") else ""
    html = next(root.iter("html"), None)
    draft.language_hint = fields.language_code(
        (html.get("lang") or "") if html is not None else "", setting.languages
    ) or fields.language_code(str(article.get("inLanguage") or ""), setting.languages)
    for value in (
        meta.get("article:published_time"),
        article.get("datePublished"),
        meta.get("datepublished"),
        meta.get("dcterms.issued"),
        meta.get("dc.date.issued"),
        meta.get("dc.date"),
        meta.get("date"),
    ):
        if isinstance(value, str) and (moment := dates.moment(value, setting.zone, draft.language_hint)):
            draft.published = moment
            break
    author = meta.get("author") or meta.get("article:author") or ""
    draft.author = "" if author.startswith("http") else author


def _articles(root: dom.Element) -> Iterator[dict[str, Any]]:
    """schema.org articles in JSON-LD."""
    for script in root.iter("script"):
        if (script.get("type") or "").lower() != "application/ld+json":
            continue
        try:
            data = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        items = data.get("@graph", [data]) if isinstance(data, dict) else data
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and str(item.get("@type")) in _ARTICLE_TYPES:
                yield item


def _content(root: dom.Element) -> dom.Element:
    """The element that holds the release: the article if it has most of the main part's text, else that."""
    body = next(root.iter("body"), root)
    main = next(
        (
            found
            for found in body.iter()
            if found.tag == "main" or (found.get("role") or "").lower() == "main"
        ),
        body,
    )
    size = len(squeeze(dom.text_content(main)))
    articles = sorted(main.iter("article"), key=lambda found: -len(dom.text_content(found)))
    if articles and len(squeeze(dom.text_content(articles[0]))) >= 0.5 * size:
        return articles[0]
    return main


def _is_aside_of(content: dom.Element) -> Any:
    """A test for what does not belong to the text. A great part of the text is kept whatever it is called."""
    size = len(squeeze(dom.text_content(content)))

    def is_aside(element: dom.Element) -> bool:
        if element.get("hidden") is not None or (element.get("aria-hidden") or "").lower() == "true":
            return True
        if "display:none" in (element.get("style") or "").replace(" ", "").lower():
            return True
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        suspect = (
            element.tag in _ASIDE_TAGS
            or (element.get("role") or "").lower() in _ASIDE_ROLES
            or (element.tag == "header" and next(element.iter("nav"), None) is not None)
            or bool(name.strip() and len(name) < 500 and _ASIDE_NAMES.search(name))
        )
        if not suspect or element.tag in ("nav", "body", "html"):
            return suspect and element.tag == "nav"
        return len(squeeze(dom.text_content(element))) < 0.3 * size

    return is_aside


def _without_menu(blocks: list[Block], draft: Draft, shared: frozenset[str]) -> list[Block]:
    """Menus and footers that no element sets apart, as in old pages."""
    rows = [
        Row(
            block.text,
            block.line,
            "-" if block.kind == "li" else "",
            heading=int(block.kind[1]) if block.kind[0] == "h" else 0,
            linked=block.linked,
        )
        for block in blocks
    ]
    own = extent(rows, shared)
    draft.has_menu = own.has_menu
    draft.problems += own.doubts
    return [blocks[index] for index in range(own.start, own.stop) if index not in own.dropped]


def _headline(root: dom.Element, content: dom.Element, blocks: list[Block], draft: Draft) -> None:
    """An h1 outside the main content, else the page's own title where it is more than the site's name."""
    if any(block.kind == "h1" for block in blocks):
        return
    outside = [
        one_line(dom.text_content(found)) for found in root.iter("h1") if content not in found.iterancestors()
    ]
    if len(outside) == 1 and words(outside[0]) >= 2:
        draft.headline = outside[0]
        return
    meta = _meta(root)
    title = meta.get("og:title") or next(
        (one_line(dom.text_content(found)) for found in root.iter("title")), ""
    )
    site = meta.get("og:site_name", "")
    title = re.split(r" [|·»] ", title)[0]
    if site and title.casefold().endswith(site.casefold()):
        title = title[: -len(site)].rstrip(" -–—|:·")
    if words(title) >= 4 and title.casefold() != site.casefold():
        draft.headline = title
