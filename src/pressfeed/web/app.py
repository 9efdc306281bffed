"""The web application: every file of ``public/``, and behind them the links in mails."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from pressfeed import __version__
from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.errors import StoreError
from pressfeed.publish.deliver import Clock
from pressfeed.publish.kinds import is_for_programs
from pressfeed.web import advance, describe, links, preferences, search, security, signup, webhook, websub
from pressfeed.web.door import Door
from pressfeed.web.files import PublicFiles, not_found
from pressfeed.web.forms import PRIVATE
from pressfeed.web.pages import Pages
from pressfeed.web.stores import Stores
from pressfeed.web.writer import Writer

METHODS = ("GET", "HEAD", "POST")

log = logging.getLogger(__name__)


def application(config: Config, regions: Regions, clock: Clock) -> PublicFiles:
    """The application of one newsroom; ``clock`` says what time it is (aware).

    A file wins over a route, as it does behind a web server that asks us for what it does not have itself.
    """
    app = describe.Described(
        title="pressfeed",
        version=__version__,
        summary="What a newsroom answers besides its files: sign-up, the links in its mails",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,  # it would lead to whatever host a request names
    )
    stores = Stores(config.database)
    writer = Writer(config.database)
    pages = Pages(config, regions)
    door = Door(config, pages)

    @app.exception_handler(HTTPException)
    async def lost(request: Request, error: HTTPException) -> Response:
        person = error.status_code == 404 and not is_for_programs(request.url.path)
        if person and (shown := not_found(config.public)):
            return HTMLResponse(shown, 404, PRIVATE)
        headers = {**PRIVATE, **(error.headers or {})}
        if error.status_code == 405:  # of several routes for one address it names but the first one's methods
            headers["Allow"] = ", ".join(method for method in METHODS if _answers(app, request, method))
        text = f"{error.status_code} {error.detail}\n"
        return PlainTextResponse(text, error.status_code, headers)

    @app.exception_handler(StoreError)
    async def busy(_: Request, error: StoreError) -> Response:
        log.error("store.failed %s", error)
        return PlainTextResponse("503 Service Unavailable\n", 503, {**PRIVATE, "Retry-After": "60"})

    app.include_router(links.routes(config, regions, stores, writer, pages, door, clock))
    app.include_router(advance.routes(config, regions, stores, pages, door, clock))
    app.include_router(preferences.routes(config, regions, stores, writer, pages, door, clock))
    app.include_router(signup.routes(config, regions, stores, writer, pages, door, clock))
    if config.websub.hub == "own":
        app.include_router(websub.routes(config, stores, clock))
    app.include_router(webhook.routes(stores, config.incoming, clock))
    if config.search:
        app.include_router(search.routes(stores, config, regions, clock))
    config.public.mkdir(parents=True, exist_ok=True)
    common = security.headers(config.base_url)
    prefix = urlsplit(config.base_url).path
    return PublicFiles(
        config.public,
        security.WithHeaders(app, common),
        common=common,
        own=websub.headers(config),
        prefix=prefix,
    )


def _answers(app: FastAPI, request: Request, method: str) -> bool:
    asked = {**request.scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in app.routes)
