"""What the templates see of a page, besides the releases themselves (``article.py``)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from pressfeed.domain import Release, Status
from pressfeed.site.article import Article


class Translation(NamedTuple):
    """The same story in another language."""

    language: str
    slug: str
    uid: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link; ``path`` is relative to the base URL."""

    path: str
    text: str
    language: str = ""
    type: str = ""  # media type, of a feed
    name: str = ""  # format, of a feed
    current: bool = False
    count: int = 0  # releases that it leads to


class Download(NamedTuple):
    """A file beside a release's page: name, media type, what people call it, its name once saved."""

    name: str
    type: str
    text: str
    saved: str


class Line(NamedTuple):
    """A release in a list of headlines."""

    path: str
    headline: str
    published: dt.datetime


@dataclass(frozen=True, slots=True)
class Telling:
    """A release, its article and its path: what lists and the release's own page are made from."""

    release: Release
    article: Article
    path: str

    @property
    def corrected(self) -> bool:
        return self.release.status is Status.CORRECTED

    @property
    def published(self) -> dt.datetime:
        return self.release.published_at or self.release.created_at

    @property
    def updated(self) -> dt.datetime:
        return self.release.last_changed


@dataclass(frozen=True, slots=True)
class Page:
    """What the frame of a page (``base.html``) needs to know of it."""

    path: str
    language: str
    title: str
    description: str
    alternates: tuple[Link, ...] = ()  # this page in every language that it has, itself among them
    feeds: tuple[Link, ...] = ()
    story: Telling | None = None  # on release pages
    indexed: bool = True
    choice: bool = False  # whether the front page offers the choice of its languages
