"""The web application: the links in mails, and every file of ``public/``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.publish.deliver import Clock
from pressfeed.web import links
from pressfeed.web.files import PublicFiles
from pressfeed.web.forms import PRIVATE
from pressfeed.web.pages import Pages
from pressfeed.web.stores import Stores

SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def application(config: Config, regions: Regions, clock: Clock) -> FastAPI:
    """The application of one newsroom; ``clock`` says what time it is (aware)."""
    app = FastAPI(title="pressfeed", docs_url=None, redoc_url=None, openapi_url=None)
    stores = Stores(config.database)
    pages = Pages(config, regions)

    @app.middleware("http")
    async def headers(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await proceed(request)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(HTTPException)
    async def lost(_request: Request, error: HTTPException) -> Response:
        page = config.public / "404.html"
        if error.status_code == 404 and page.is_file():
            return HTMLResponse(page.read_bytes(), 404, PRIVATE)
        return Response(f"{error.status_code} {error.detail}\n", error.status_code, error.headers)

    app.include_router(links.routes(stores, pages, clock))
    config.public.mkdir(parents=True, exist_ok=True)
    app.mount("/", PublicFiles(directory=config.public, html=True, follow_symlink=False))
    return app
