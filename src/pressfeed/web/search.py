"""``/search``: words in, public releases out. Anybody may ask, so a network may not ask without end."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.publish.deliver import Clock
from pressfeed.publish.search import LONGEST, Found, Question, search
from pressfeed.site import Site, addresses
from pressfeed.site.finder import Answer, Asked, Finder
from pressfeed.web import describe
from pressfeed.web.forms import number
from pressfeed.web.gate import Gate
from pressfeed.web.stores import Stores

QUESTIONS = 60  # that one network may ask within a minute
LAST_PAGE = 100


def routes(stores: Stores, config: Config, regions: Regions, clock: Clock) -> APIRouter:
    """The route of one newsroom; ``clock`` says what time it is (aware)."""
    router = APIRouter()
    gate = Gate(QUESTIONS)
    finder = Finder(Site(config, regions, ""))

    @router.get(
        f"/{addresses.SEARCH}",
        **describe.page(
            "Search what is public",
            query={
                "q": "the words",
                "lang": "the language of the page",
                "in": "only releases in this language",
                "region": "only releases of this region",
                "since": "only from this day on",
                "until": "only up to this day",
                "page": "which page of the answers",
            },
            answers={429: "Too many questions from this network"},
        ),
    )
    @router.head(f"/{addresses.SEARCH}", include_in_schema=False)
    def answer(request: Request) -> Response:
        given = {name: value[:LONGEST] for name, value in request.query_params.items()}
        language = given.get("lang", "")
        if language not in config.languages:
            language = config.languages[0]
        asked = _asked(given, config, regions, language)
        found = Found()
        if asked.words:
            gate.admit(request)
            question = Question(
                asked.words, asked.language, asked.region, _day(asked.since), _day(asked.until), asked.page
            )
            found = search(stores(), regions, question, clock(), config.zone)
        answers = [Answer(hit.release, hit.headline, hit.snippet) for hit in found.hits]
        page = finder.page(
            language,
            asked,
            answers,
            total=found.total,
            pages=found.pages,
            more=found.more,
            closeness=found.closeness,
        )
        headers = {"X-Robots-Tag": "noindex", "Cache-Control": "public, max-age=60"}
        return Response(page, headers=headers, media_type="text/html")

    return router


def _asked(given: dict[str, str], config: Config, regions: Regions, language: str) -> Asked:
    """The question; what nobody could have chosen counts as no condition."""
    chosen = given.get("in", language)
    region = given.get("region", "")
    return Asked(
        words=" ".join(given.get("q", "").split()),
        language=chosen if chosen in config.languages else "",
        region=region if regions.get(region) else "",
        since=given.get("since", "") if _day(given.get("since", "")) else "",
        until=given.get("until", "") if _day(given.get("until", "")) else "",
        page=number(given.get("page", ""), 1, LAST_PAGE, missing=1),
    )


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-11-22") else None
    except ValueError:
        return None
