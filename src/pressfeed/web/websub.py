"""Our own WebSub hub at ``/hub``, and the headers by which subscribers of a feed find its hub."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from pressfeed.config import Config
from pressfeed.publish import hub
from pressfeed.publish.deliver import Clock
from pressfeed.publish.kinds import is_live_feed
from pressfeed.publish.websub import links
from pressfeed.web import describe
from pressfeed.web.forms import PRIVATE, read_form
from pressfeed.web.gate import Gate
from pressfeed.web.kept import Headers
from pressfeed.web.stores import Stores

MOST = 300  # requests of one network a minute: a large reader subscribes to every feed at once


def routes(config: Config, stores: Stores, clock: Clock) -> APIRouter:
    """The routes of the hub; ``clock`` says what time it is (aware)."""
    router = APIRouter()
    gate = Gate(MOST)

    @router.post(
        "/hub",
        **describe.question(
            "Ask for, or end, a subscription to a feed (WebSub, section 5.1)",
            {
                "hub.mode": "subscribe",
                "hub.topic": f"{config.base_url}/global/en/rss.xml",
                "hub.callback": "https://reader.example.net/websub",
                "hub.lease_seconds": "864000",
                "hub.secret": "",
            },
            {
                202: "Taken: the callback will be asked whether it agrees",
                400: "Not a request that a hub takes",
                404: "Not a feed of this newsroom",
                413: "Too large",
                429: "Too many requests from this network",
            },
        ),
    )
    async def ask(request: Request) -> Response:
        gate.admit(request)
        sent = await read_form(request)
        form = {name: sent.get(name) for name in sent.fields}
        try:
            await run_in_threadpool(lambda: hub.subscribe(config, stores(), form, clock()))
        except hub.HubError as error:
            return PlainTextResponse(f"{error}\n", error.status, PRIVATE)
        return PlainTextResponse("You will be asked back.\n", 202, PRIVATE)

    return router


def headers(config: Config) -> Callable[[str], Headers]:
    """What the answer of a file carries besides: a feed names its hub and itself, where there is a hub."""

    def own(path: str) -> Headers:
        if config.hub_url and is_live_feed(path):
            return ((b"link", links(config, path).encode()),)
        return ()

    return own
