"""The web application.

``/unsubscribe/TOKEN`` and ``/preferences/TOKEN`` answer the links in mails; everything else is a file of
``public/``. A GET changes nothing: link scanners open every link. A POST to ``/unsubscribe/TOKEN`` is RFC
8058's one-click: no cookie, no redirect, any body, and as often as anybody likes.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope as Connection

from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.publish.deliver import Clock
from pressfeed.publish.leaving import Leaving, leave, leave_one, look_up
from pressfeed.store import Store
from pressfeed.tokens import Scope
from pressfeed.web.pages import Pages
from pressfeed.web.throttle import Throttle

LARGEST_BODY = 64 * 1024  # bytes
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' https:; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
    ".opml": "text/x-opml; charset=utf-8",
}
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class _Files(StaticFiles):
    """``public/`` with the media types of feeds; conditional requests, HEAD and ranges are Starlette's."""

    async def get_response(self, path: str, scope: Connection) -> Response:
        if any(part.startswith(".") for part in Path(path).parts if part != "."):
            raise HTTPException(404)  # half-written files, and whatever an operator keeps there
        response = await super().get_response(path, scope)
        for ending, media_type in TYPES.items():
            if path.endswith(ending):
                response.headers["Content-Type"] = media_type
        response.headers.setdefault("Cache-Control", "public, max-age=300")
        return response


class _Stores:
    """One store for each thread that asks: SQLite's connections are bound to theirs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def __call__(self) -> Store:
        if not hasattr(self._local, "store"):
            self._local.store = Store(self._path)
        store: Store = self._local.store
        return store


def application(config: Config, regions: Regions, clock: Clock) -> FastAPI:
    """The application of one newsroom; ``clock`` says what time it is (aware)."""
    app = FastAPI(title="pressfeed", docs_url=None, redoc_url=None, openapi_url=None)
    stores = _Stores(config.database)
    pages = Pages(config, regions)
    throttle = Throttle()

    @app.middleware("http")
    async def headers(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await proceed(request)
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response

    def holder(request: Request, token: str, scope: Scope) -> Leaving:
        network, moment = _network(request), time.monotonic()
        if throttle.closed(network, moment):
            raise HTTPException(429, headers={"Retry-After": "60"})
        found = look_up(stores(), token, scope)
        if found is None:
            throttle.wrong(network, moment)
            raise HTTPException(404)
        return found

    @app.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
    def unsubscribe_page(request: Request, token: str) -> Response:
        return _page(pages.unsubscribe(holder(request, token, Scope.UNSUBSCRIBE)))

    @app.post("/unsubscribe/{token}")
    async def unsubscribe(request: Request, token: str) -> Response:
        fields = await _fields(request)

        def act() -> Response:
            found = holder(request, token, Scope.UNSUBSCRIBE)
            left = leave(stores(), found, clock(), everything="all" in fields)
            return _page(pages.unsubscribe(left))

        return await run_in_threadpool(act)

    @app.api_route("/preferences/{token}", methods=["GET", "HEAD"])
    def preferences_page(request: Request, token: str) -> Response:
        return _page(pages.preferences(holder(request, token, Scope.PREFERENCES)))

    @app.post("/preferences/{token}")
    async def preferences(request: Request, token: str) -> Response:
        fields = await _fields(request)

        def act() -> Response:
            found = holder(request, token, Scope.PREFERENCES)
            if "all" in fields:
                found = leave(stores(), found, clock(), everything=True)
            elif bulletin := fields.get("leave"):
                found = leave_one(stores(), found, bulletin, clock())
            return _page(pages.preferences(found))

        return await run_in_threadpool(act)

    @app.exception_handler(HTTPException)
    async def lost(_request: Request, error: HTTPException) -> Response:
        page = config.public / "404.html"
        if error.status_code == 404 and page.is_file():
            return HTMLResponse(page.read_bytes(), 404, PRIVATE)
        return Response(f"{error.status_code} {error.detail}\n", error.status_code, error.headers)

    config.public.mkdir(parents=True, exist_ok=True)
    app.mount("/", _Files(directory=config.public, html=True, follow_symlink=False))
    return app


def _page(html: str) -> Response:
    return HTMLResponse(html, headers=PRIVATE)


async def _fields(request: Request) -> Mapping[str, str]:
    """The fields of an urlencoded form, each once; {} for any other body, which one-click may send.

    Raises HTTPException for a body that no form of ours has.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise HTTPException(400) from error
    return {name: values[0] for name, values in found.items()}


def _network(request: Request) -> str:
    """Whom to count guesses for: an IPv4 address, or an IPv6 /64, which is one household."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
