"""The links in mails: ``/unsubscribe/TOKEN`` and ``/preferences/TOKEN``.

A GET changes nothing: link scanners open every link. A POST to ``/unsubscribe/TOKEN`` is the one-click of
RFC 8058: no cookie, no redirect, any body, and as often as anybody likes.
"""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pressfeed.publish.deliver import Clock
from pressfeed.publish.leaving import Leaving, leave, leave_one, look_up
from pressfeed.tokens import Scope
from pressfeed.web.forms import fields, network, page
from pressfeed.web.pages import Pages
from pressfeed.web.stores import Stores
from pressfeed.web.throttle import Throttle


def routes(stores: Stores, pages: Pages, clock: Clock) -> APIRouter:
    """The routes of one newsroom; ``clock`` says what time it is (aware)."""
    router = APIRouter()
    throttle = Throttle()

    def holder(request: Request, token: str, scope: Scope) -> Leaving:
        caller, moment = network(request), time.monotonic()
        if throttle.closed(caller, moment):
            raise HTTPException(429, headers={"Retry-After": "60"})
        found = look_up(stores(), token, scope)
        if found is None:
            throttle.wrong(caller, moment)
            raise HTTPException(404)
        return found

    @router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
    def unsubscribe_page(request: Request, token: str) -> Response:
        return page(pages.unsubscribe(holder(request, token, Scope.UNSUBSCRIBE)))

    @router.post("/unsubscribe/{token}")
    async def unsubscribe(request: Request, token: str) -> Response:
        sent = await fields(request)

        def act() -> Response:
            found = holder(request, token, Scope.UNSUBSCRIBE)
            left = leave(stores(), found, clock(), everything="all" in sent)
            return page(pages.unsubscribe(left))

        return await run_in_threadpool(act)

    @router.api_route("/preferences/{token}", methods=["GET", "HEAD"])
    def preferences_page(request: Request, token: str) -> Response:
        return page(pages.preferences(holder(request, token, Scope.PREFERENCES)))

    @router.post("/preferences/{token}")
    async def preferences(request: Request, token: str) -> Response:
        sent = await fields(request)

        def act() -> Response:
            found = holder(request, token, Scope.PREFERENCES)
            if "all" in sent:
                found = leave(stores(), found, clock(), everything=True)
            elif bulletin := sent.get("leave"):
                found = leave_one(stores(), found, bulletin, clock())
            return page(pages.preferences(found))

        return await run_in_threadpool(act)

    return router
