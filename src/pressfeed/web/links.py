"""``/unsubscribe/TOKEN``, the link in every mail, and the way back.

A GET changes nothing: link scanners open every link. A POST to ``/unsubscribe/TOKEN`` is the one-click of
RFC 8058: no cookie, no redirect, any body, and as often as anybody likes.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pressfeed.config import Config
from pressfeed.domain import Regions
from pressfeed.publish.deliver import Clock
from pressfeed.publish.leaving import Leaving, Undone, leave, undo, undoable
from pressfeed.publish.room import Newsroom
from pressfeed.site import addresses
from pressfeed.store import Store
from pressfeed.tokens import Scope
from pressfeed.web import describe
from pressfeed.web.door import Door
from pressfeed.web.forms import page, read_form
from pressfeed.web.pages import Pages
from pressfeed.web.stores import Stores
from pressfeed.web.writer import Writer

SHOWN = 50  # releases on the page that tells what went out meanwhile


def routes(
    config: Config,
    regions: Regions,
    stores: Stores,
    writer: Writer,
    pages: Pages,
    door: Door,
    clock: Clock,
) -> APIRouter:
    """The routes of one newsroom; ``clock`` says what time it is (aware)."""
    router = APIRouter()

    @router.get("/unsubscribe/{token}", **describe.page("See what an unsubscribe link would end", token=True))
    @router.head("/unsubscribe/{token}", include_in_schema=False)
    def unsubscribe_page(request: Request, token: str) -> Response:
        found = door.holder(stores(), request, token, Scope.UNSUBSCRIBE)
        return page(_unsubscribe(pages, undoable(stores(), found, clock())))

    @router.post(
        "/unsubscribe/{token}",
        **describe.action(
            "Unsubscribe with one click (RFC 8058)", token=True, fields={"all": "1"}, any_body=True
        ),
    )
    async def unsubscribe(request: Request, token: str) -> Response:
        sent = await read_form(request)

        def change(store: Store) -> Leaving:
            found = door.holder(store, request, token, Scope.UNSUBSCRIBE)
            return leave(store, found, clock(), everything="all" in sent)

        return page(_unsubscribe(pages, await writer(change)))

    @router.post("/unsubscribe/undo/{token}", **describe.action("Take a leaving back", token=True))
    async def take_back(request: Request, token: str) -> Response:
        def change(store: Store) -> tuple[Undone, str] | None:
            found = undo(Newsroom(config, regions, store), token, clock())
            return (found, door.preferences_token(store, found.leaving)) if found else None

        done = await writer(change)
        if done is None:
            return door.dead_link(request, depth=2)
        (found, made_up), preferences = (done[0].leaving, done[0].made_up), done[1]
        language = pages.language_of(found.subscriber)
        missed = [
            (release.content, addresses.release(release.content.language, release.slug))
            for release in made_up.missed[:SHOWN]
        ]
        return page(
            pages.render(
                "undone.html",
                language,
                2,
                bulletin=pages.title(found.bulletin, language) if found.bulletin else "",
                preferences=f"../../preferences/{preferences}",
                coming=made_up.coming,
                missed=missed,
            )
        )

    return router


def _unsubscribe(pages: Pages, leaving: Leaving) -> str:
    """“Leave this bulletin?” with a button; once left, that it is done, with a way back."""
    language = pages.language_of(leaving.subscriber)
    everything = leaving.gone and leaving.bulletin in leaving.subscriber.bulletins
    return pages.render(
        "unsubscribe.html",
        language,
        1,
        bulletin=pages.title(leaving.bulletin, language),
        gone=leaving.gone,
        everything=everything,
        others=[] if everything else [pages.title(key, language) for key in _others(leaving)],
        undo=f"undo/{leaving.undo}" if leaving.undo else "",
    )


def _others(leaving: Leaving) -> list[str]:
    """The bulletins that this person still gets, apart from the one in question."""
    return [key for key in leaving.subscriber.bulletins if key != leaving.bulletin]
