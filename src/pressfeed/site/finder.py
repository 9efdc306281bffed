"""The page of a search: the question as it was asked, and what was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from pressfeed.domain import Release
from pressfeed.languages import direction
from pressfeed.markup import one_line, xml_safe
from pressfeed.site import addresses
from pressfeed.site.links import in_languages
from pressfeed.site.pages import Site
from pressfeed.site.views import Link, Page
from pressfeed.texts import Texts

Marks = Sequence[tuple[str, bool]]
"""A text in pieces: (piece, whether it is marked)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the form has it: texts as they came, "" for no condition."""

    words: str = ""
    language: str = ""  # of the releases
    region: str = ""
    since: str = ""  # YYYY-MM-DD
    until: str = ""
    page: int = 1


class Answer(NamedTuple):
    """A release that was found, with its headline and the telling part of its text in pieces."""

    release: Release
    headline: Marks
    snippet: Marks


class Choice(NamedTuple):
    """An option of the form."""

    value: str
    text: str
    chosen: bool
    language: str = ""


class _Piece(NamedTuple):
    text: str
    marked: bool


class _Hit(NamedTuple):
    """What the template shows of a release."""

    path: str
    language: str
    direction: str
    place: str
    published: dt.datetime
    headline: list[_Piece]
    snippet: list[_Piece]


class Finder:
    """Renders that page for one newsroom."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def page(
        self,
        language: str,
        asked: Asked,
        answers: Sequence[Answer],
        *,
        total: int,
        pages: int,
        more: bool,
        closeness: str,
    ) -> bytes:
        """The page in an interface language.

        ``closeness`` is ``exact``, ``similar`` or ``some``; ``more`` that only the newest were looked at.
        """
        site, texts = self._site, self._site.texts(language)
        title = f"{asked.words} – {texts('site.search')}" if asked.words else texts("site.search")
        frame = Page(
            path=addresses.SEARCH,
            language=language,
            title=texts("site.region_title", region=one_line(title), newsroom=site.config.name_in(language)),
            description=texts("site.search_label"),
            alternates=in_languages(
                language, [(code, self._path(code, asked)) for code in site.config.languages]
            ),
            indexed=False,
        )
        narrow = asked.language or asked.region or asked.since or asked.until
        wide = Asked(asked.words)
        return site.render(
            "search.html",
            frame,
            asked=replace(asked, words=xml_safe(asked.words)),
            languages=self._languages(asked, texts),
            regions=self._regions(asked, texts),
            summary=self._summary(total, more, texts),
            note=self._note(total, closeness, texts),
            everywhere=self._path(language, wide) if narrow and total < 3 else "",
            hits=[_hit(answer) for answer in answers],
            before=self._step(language, asked, asked.page - 1, pages, "site.previous_page"),
            after=self._step(language, asked, asked.page + 1, pages, "site.next_page"),
        )

    def _languages(self, asked: Asked, texts: Texts) -> list[Choice]:
        codes = dict.fromkeys((*self._site.config.languages, *filter(None, [asked.language])))
        named = [Choice(code, texts.own_name(code), code == asked.language, code) for code in codes]
        return [Choice("", texts("site.all_languages"), not asked.language), *named]

    def _regions(self, asked: Asked, texts: Texts) -> list[Choice]:
        below = [
            Choice(region.slug, region.name(texts.language), region.slug == asked.region)
            for region in self._site.regions.all
            if region.parent is not None or len(self._site.regions.roots) > 1
        ]
        return [Choice("", texts("site.all_regions"), not asked.region), *below]

    @staticmethod
    def _summary(total: int, more: bool, texts: Texts) -> str:
        if not total:
            return texts("site.search_none")
        return texts("site.search_more" if more else "site.releases", count=total)

    @staticmethod
    def _note(total: int, closeness: str, texts: Texts) -> str:
        if not total:
            return texts("site.search_none_hint")
        return "" if closeness == "exact" else texts(f"site.search_{closeness}")

    def _step(self, language: str, asked: Asked, number: int, pages: int, key: str) -> Link | None:
        if not 1 <= number <= pages:
            return None
        path = self._path(language, replace(asked, page=number))
        return Link(path, self._site.texts(language)(key))

    @staticmethod
    def _path(language: str, asked: Asked) -> str:
        """The address of a question with its answers."""
        fields = {
            "lang": language, "q": asked.words, "in": asked.language or "all", "region": asked.region,
            "since": asked.since, "until": asked.until, "page": str(asked.page) if asked.page > 1 else "",
        }  # fmt: skip
        return f"{addresses.SEARCH}?" + urlencode({name: value for name, value in fields.items() if value})


def _hit(answer: Answer) -> _Hit:
    release = answer.release
    language = release.content.language
    return _Hit(
        addresses.release(language, release.slug),
        language,
        direction(language),
        one_line(release.content.place),
        release.published_at or release.created_at,
        [_Piece(xml_safe(text), marked) for text, marked in answer.headline],
        [_Piece(xml_safe(text), marked) for text, marked in answer.snippet],
    )
