"""``/preferences/TOKEN``: what somebody gets, when and where, and what is known about them.

The token in the address is the key, so that no other site can make a visitor's browser change anything: it
would have to know it. Every change is a POST; whatever is looked at changes nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from pressfeed.config import Config
from pressfeed.domain import Regions, Subscriber
from pressfeed.errors import InputError
from pressfeed.message import one_line
from pressfeed.publish import personal, preferences
from pressfeed.publish.deliver import Clock
from pressfeed.publish.leaving import Leaving, is_forgotten, leave, undoable
from pressfeed.publish.subscribers import normalise
from pressfeed.site import addresses
from pressfeed.store import Store
from pressfeed.tokens import Scope
from pressfeed.web import describe
from pressfeed.web.door import Door
from pressfeed.web.forms import PRIVATE, Form, number, page, preferred, read_form
from pressfeed.web.pages import Pages
from pressfeed.web.signup import ADDRESS_LENGTH, FIELDS, language_choices, read_languages
from pressfeed.web.stores import Stores
from pressfeed.web.writer import Writer

SHOWN = 25  # bulletins on one page of what was sent
LAST = 2**62


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

    def offered(person: Subscriber) -> frozenset[str]:
        """The bulletins that somebody may choose from: those for anybody, and what they have."""
        return frozenset(one.key for one in regions.bulletins if one.anybody or one.key in person.bulletins)

    def overview(leaving: Leaving, notice: str = "", problem: str = "", status: int = 200) -> Response:
        """The page itself; ``notice`` and ``problem`` are keys of texts."""
        person, now = leaving.subscriber, clock()
        language = pages.language_of(person)
        paused = stores().signups.paused_until(person.id)
        leaving = undoable(stores(), leaving, now)
        html = pages.render(
            "preferences.html",
            language,
            1,
            person=person,
            active=not leaving.gone,
            notice=notice,
            problem=problem,
            groups=pages.offers(() if leaving.gone else person.bulletins, language, now),
            choices=language_choices(
                config.languages, tuple(c for c in person.languages if c in config.languages)
            ),
            paused=paused if paused and paused > now else None,
            zone=config.zone,
            today=now.astimezone(config.zone).date(),
            token=door.preferences_token(stores(), leaving),
            undo=f"../unsubscribe/undo/{leaving.undo}" if leaving.undo else "",
        )
        return page(html, status)

    @router.get(
        "/preferences/{token}", **describe.page("What somebody gets, and what can be changed", token=True)
    )
    @router.head("/preferences/{token}", include_in_schema=False)
    def preferences_page(request: Request, token: str) -> Response:
        return overview(door.holder(stores(), request, token, Scope.PREFERENCES))

    @router.post(
        "/preferences/{token}",
        **describe.action(
            "Change what somebody gets",
            token=True,
            fields={
                "save": "1",
                "bulletin": ["global/daily"],
                "language": ["en"],
                "pause": "2026-12-24",
                "leave": "",
                "all": "",
            },
            answers={422: "Nothing was changed: the page again, with the reason"},
        ),
    )
    async def change_preferences(request: Request, token: str) -> Response:
        sent = await read_form(request, FIELDS)

        def change(store: Store) -> tuple[Leaving, preferences.Refusal | None, str]:
            found, refused = door.holder(store, request, token, Scope.PREFERENCES), None
            if "all" in sent:
                return replace(leave(store, found, clock(), everything=True), bulletin=""), None, ""
            if "leave" in sent and sent.get("leave") in found.subscriber.bulletins:
                leave(store, replace(found, bulletin=sent.get("leave")), clock())
            elif "save" in sent:
                person = found.subscriber
                refused = preferences.save(store, person, _choice(sent, config), offered(person), clock())
            else:
                return found, None, ""
            fresh = replace(found, subscriber=store.subscribers.get(found.subscriber.address))
            return fresh, refused, "" if refused else "web.saved"

        found, refused, notice = await writer(change)
        return await run_in_threadpool(overview, found, notice, refused or "", 422 if refused else 200)

    @router.post(
        "/preferences/{token}/address",
        **describe.action(
            "Ask for a change of address: both mailboxes are written to",
            token=True,
            fields={"address": "awa@example.org"},
            answers={422: "Not an address: the page again"},
        ),
    )
    async def change_address(request: Request, token: str) -> Response:
        sent = await read_form(request)
        typed = one_line(sent.get("address"))[:ADDRESS_LENGTH]

        def change(store: Store) -> tuple[Leaving, str, str]:
            found = door.holder(store, request, token, Scope.PREFERENCES)
            try:
                address = normalise(typed)
            except InputError:
                return found, "", "web.bad_address"
            if address == found.subscriber.address:
                return found, "", "web.address_same"
            refused = preferences.ask_address(store, config, found.subscriber, address, clock())
            return found, "" if refused else "web.address_asked", refused or ""

        found, notice, problem = await writer(change)
        language = pages.language_of(found.subscriber)
        return page(
            pages.render(
                "address.html",
                language,
                2,
                notice=notice,
                problem=problem,
                typed="" if notice else typed,
                token=token,
            ),
            422 if problem else 200,
        )

    @router.get(
        "/preferences/address/{token}", **describe.page("What a change of address asks for", token=True)
    )
    @router.head("/preferences/address/{token}", include_in_schema=False)
    def agreement_page(request: Request, token: str) -> Response:
        found = preferences.look_up(stores(), token, clock())
        if found is None or found[0].settled:
            return door.dead_link(request, depth=2)
        change, side = found
        language = _language(stores(), pages, change.subscriber)
        return page(pages.render("move.html", language, 2, address=change.address, side=side))

    @router.post(
        "/preferences/address/{token}", **describe.action("Agree to a change of address", token=True)
    )
    async def agree(request: Request, token: str) -> Response:
        def change(store: Store) -> tuple[preferences.Agreement, str, str] | None:
            found = preferences.look_up(store, token, clock())
            if found is None:
                return None
            language = _language(store, pages, found[0].subscriber)
            return preferences.agree(store, *found, clock()), found[0].address, language

        done = await writer(change)
        if done is None or done[0] is preferences.Agreement.OVER:
            return door.dead_link(request, depth=2)
        state, address, language = done
        return page(pages.render("moved.html", language, 2, state=state.value, address=address))

    @router.get("/preferences/{token}/sent", **describe.page("Everything that somebody was sent", token=True))
    @router.head("/preferences/{token}/sent", include_in_schema=False)
    def sent_page(request: Request, token: str, before: str = "") -> Response:
        store, now = stores(), clock()
        person = door.holder(store, request, token, Scope.PREFERENCES).subscriber
        language = pages.language_of(person)
        mails = store.ledger.sent_to(person.id, number(before, 0, LAST, missing=LAST), SHOWN + 1)
        rows = []
        for mail in mails[:SHOWN]:
            found = [store.releases.get(release) for release, _ in mail.releases]
            releases = [release for release in found if not release.is_advance(now)]
            rows.append(
                {
                    "title": pages.title(mail.bulletin, language),
                    "at": mail.sent_at,
                    "stories": [
                        {
                            "headline": release.content.headline,
                            "language": release.content.language,
                            "url": "../../" + addresses.release(release.content.language, release.slug)
                            if release.is_public(now)
                            else "",
                        }
                        for release in releases
                    ],
                }
            )
        earlier = mails[SHOWN - 1].id if len(mails) > SHOWN else 0
        return page(
            pages.render("sent.html", language, 2, rows=rows, zone=config.zone, token=token, earlier=earlier)
        )

    @router.get(
        "/preferences/{token}/export",
        summary="What is known about somebody, as JSON",
        response_class=JSONResponse,
        responses={
            200: {
                "description": "Everything",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            **{k: v for k, v in describe.page("", token=True)["responses"].items() if k != 200},
        },
    )
    @router.head("/preferences/{token}/export", include_in_schema=False)
    def export(request: Request, token: str) -> Response:
        person = door.holder(stores(), request, token, Scope.PREFERENCES).subscriber
        body = json.dumps(personal.export(stores(), person), ensure_ascii=False, indent=2) + "\n"
        named = {"Content-Disposition": 'attachment; filename="subscription.json"'}
        return Response(body, 200, {**PRIVATE, **named}, "application/json")

    @router.get("/preferences/{token}/delete", **describe.page("What deleting would do", token=True))
    @router.head("/preferences/{token}/delete", include_in_schema=False)
    def delete_page(request: Request, token: str) -> Response:
        person = door.holder(stores(), request, token, Scope.PREFERENCES).subscriber
        return page(pages.render("delete.html", pages.language_of(person), 2, token=token, deleted=False))

    @router.post("/preferences/{token}/delete", **describe.action("Forget somebody for good", token=True))
    async def delete(request: Request, token: str) -> Response:
        def change(store: Store) -> str:
            if is_forgotten(store, token):  # a second click
                return preferred(request, config.languages)
            person = door.holder(store, request, token, Scope.PREFERENCES).subscriber
            personal.forget(store, person, clock())
            return pages.language_of(person)

        language = await writer(change)
        return page(pages.render("delete.html", language, 2, token="", deleted=True))

    return router


def _choice(sent: Form, config: Config) -> preferences.Choice:
    """What the form says; a pause ends at the beginning of its day in the newsroom's zone."""
    until = None
    try:
        day = dt.date.fromisoformat(sent.get("pause")) if sent.get("pause") else None
    except ValueError:
        day = None
    if day is not None and 2000 <= day.year < 9000:
        until = dt.datetime.combine(day, dt.time(), config.zone)
    return preferences.Choice(read_languages(sent, config.languages), sent.all("bulletin"), until)


def _language(store: Store, pages: Pages, subscriber_id: int) -> str:
    holder = store.subscribers.holder(subscriber_id)
    assert holder is not None  # a change of address goes with its subscriber
    return pages.language_of(holder[0])
