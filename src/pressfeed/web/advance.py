"""``/advance/TOKEN``: what somebody was sent ahead of its embargo, for as long as they are accredited."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pressfeed.config import Config
from pressfeed.domain import Regions, Release, Status
from pressfeed.publish.advance import look_up
from pressfeed.publish.deliver import Clock
from pressfeed.site import addresses
from pressfeed.site.article import Article, article
from pressfeed.texts import Texts
from pressfeed.web import describe
from pressfeed.web.door import Door
from pressfeed.web.forms import page
from pressfeed.web.pages import Pages
from pressfeed.web.stores import Stores


@dataclass(frozen=True, slots=True)
class _Shown:
    """A release as the page shows it: in full only what is under embargo."""

    id: int
    language: str
    t: Texts
    article: Article
    until: str  # the end of its embargo, written out; "" for what is under none
    public: str  # its public page, from here; "" while it has none
    withdrawn: bool


def routes(
    config: Config, regions: Regions, stores: Stores, pages: Pages, door: Door, clock: Clock
) -> APIRouter:
    """The route of one newsroom; ``clock`` says what time it is (aware)."""
    router = APIRouter()

    @router.get("/advance/{token}", **describe.page("Read what is under embargo", token=True))
    @router.head("/advance/{token}", include_in_schema=False)
    def advance_page(request: Request, token: str) -> Response:
        now = clock()
        found = look_up(stores(), regions, token, now)
        if found is None:
            door.wrong(request)
        language = pages.language_of(found.subscriber)
        bulletin = regions.bulletin(found.bulletin)
        zone = bulletin.zone if bulletin else config.zone

        def shown(release: Release) -> _Shown:
            own = pages.texts(release.content.language)
            until = release.embargo_until if release.is_advance(now) else None
            return _Shown(
                release.id,
                release.content.language,
                own,
                article(release, own, zone),
                pages.texts(language).zoned(until, zone) if until else "",
                _public(release, now),
                release.status is Status.WITHDRAWN,
            )

        told = [one for one in map(shown, found.releases) if one.until or one.public or one.withdrawn]
        return page(pages.render("advance.html", language, 1, releases=told))

    return router


def _public(release: Release, now: dt.datetime) -> str:
    address = addresses.release(release.content.language, release.slug)
    return f"../{address}" if release.is_public(now) else ""
