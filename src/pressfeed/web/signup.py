"""``/subscribe``: ask for bulletins, and say yes from the mailbox. No script, no cookie, nobody else's check.

The form carries a signed stamp with its time: what comes back without one, or sooner than people type, is
shown again for one more press of the button. So a plain form on another site works, too: it leads here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pressfeed.config import Config
from pressfeed.domain import Regions, Subscriber
from pressfeed.errors import InputError
from pressfeed.message import one_line
from pressfeed.publish import signup
from pressfeed.publish.deliver import Clock
from pressfeed.publish.subscribers import normalise
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope, parse
from pressfeed.web import describe
from pressfeed.web.door import Door
from pressfeed.web.examples import Examples
from pressfeed.web.forms import Form, is_elsewhere, network, origin, page, preferred, read_form
from pressfeed.web.gate import Gate
from pressfeed.web.pages import Pages
from pressfeed.web.security import POLICY
from pressfeed.web.stores import Stores
from pressfeed.web.writer import Writer

STAMP = dt.timedelta(days=1)  # how long a form may lie open
FIELDS = 250  # of a form: every bulletin may be ticked
ADDRESS_LENGTH = 254  # octets, RFC 5321 section 4.5.3.1.3
NAME_LENGTH = 100
TRAP = "website"  # a field that people do not see
LOOKS = 100  # examples that one network may look at within a minute: each may have to be made


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    address: str = ""
    name: str = ""
    languages: tuple[str, ...] = ()
    bulletins: tuple[str, ...] = ()


class SignUpDesk:
    """Shows and reads the form."""

    def __init__(self, config: Config, regions: Regions, pages: Pages, stores: Stores, clock: Clock) -> None:
        self._config = config
        self._regions = regions
        self._pages = pages
        self._stores = stores
        self._clock = clock
        frames = " ".join(config.signup.frames) or "'none'"
        policy = POLICY.replace("frame-ancestors 'none'", f"frame-ancestors {frames}")
        self.headers = {"Content-Security-Policy": policy}

    def language(self, code: str) -> str:
        """A language of the newsroom; HTTPException (404) for another."""
        if code not in self._config.languages:
            raise HTTPException(404)
        return code

    def form(
        self, language: str, depth: int, draft: Draft, problems: tuple[str, ...] = (), status: int = 200
    ) -> Response:
        """The form as a page; ``problems`` are keys of texts that say what is wrong with it."""
        if self._config.signup.form == "closed":
            return page(self._pages.render("closed.html", language, depth), 200, self.headers)
        now = self._clock()
        draft = draft if draft.languages else replace(draft, languages=(language,))
        stamp = Keyring(self._stores().secret).token(Scope.FORM, int(now.timestamp()), epoch=0)
        up = "../" * depth
        html = self._pages.render(
            "subscribe.html",
            language,
            depth,
            draft=draft,
            problems=problems,
            groups=self._pages.offers(draft.bulletins, language, now),
            choices=language_choices(self._config.languages, draft.languages),
            action=f"{up}subscribe/{language}",
            switch=[(code, f"{up}subscribe/{code}") for code in self._config.languages],
            examples=f"{up}subscribe/{language}/example",
            stamp=stamp,
            trap=TRAP,
        )
        return page(html, status, self.headers)

    def read(self, form: Form, language: str) -> Draft:
        """What was filled in, cleaned; what there is no such thing of, or not for anybody, is left out."""
        offered = {bulletin.key for bulletin in self._regions.bulletins if bulletin.anybody}
        return Draft(
            address=one_line(form.get("address"))[:ADDRESS_LENGTH],
            name=one_line(form.get("name"))[:NAME_LENGTH],
            languages=read_languages(form, self._config.languages) or (language,),
            bulletins=tuple(key for key in form.all("bulletin") if key in offered),
        )

    def problems(self, form: Form, draft: Draft, *, elsewhere: bool) -> tuple[str, ...]:
        """What is wrong with a form, as keys of texts. ``elsewhere``: another site had it sent.

        Such a form is looked at here first, whatever stamp it bears: its sender may not know of it.
        """
        found = []
        try:
            normalise(draft.address)
        except InputError:
            found.append("web.bad_address")
        if not draft.bulletins:
            found.append("web.no_bulletin")
        if not found:
            if elsewhere or not form.get("stamp"):
                found.append("web.review")
            elif not self._good_stamp(form.get("stamp")):
                found.append("web.again")
        return tuple(found)

    def _good_stamp(self, stamp: str) -> bool:
        claim = parse(stamp)
        if claim is None or not Keyring(self._stores().secret).check(claim, Scope.FORM, epoch=0):
            return False
        age = self._clock().timestamp() - claim.subscriber_id
        return self._config.signup.wait.total_seconds() <= age <= STAMP.total_seconds()


def language_choices(offered: tuple[str, ...], chosen: tuple[str, ...]) -> list[str]:
    """What each of the choices of a language stands on: as many choices as there are languages."""
    return [chosen[number] if number < len(chosen) else "" for number in range(len(offered))]


def read_languages(form: Form, offered: tuple[str, ...]) -> tuple[str, ...]:
    """The chosen languages in order, each once."""
    return tuple(code for code in form.all("language") if code in offered)


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
    desk = SignUpDesk(config, regions, pages, stores, clock)
    examples = Examples(config, regions, stores, clock)
    gate = Gate(LOOKS)

    @router.get("/subscribe", **describe.page("The form, in the visitor's language (Accept-Language)"))
    @router.head("/subscribe", include_in_schema=False)
    def any_language(request: Request, region: str = "") -> Response:
        response = desk.form(preferred(request, config.languages), 0, _preset(regions, region))
        response.headers["Vary"] = "Accept-Language"
        return response

    @router.get(
        "/subscribe/{language}",
        **describe.page(
            "The form in one language", answers={404: "The newsroom does not have this language"}
        ),
    )
    @router.head("/subscribe/{language}", include_in_schema=False)
    def form(language: str, region: str = "") -> Response:
        return desk.form(desk.language(language), 1, _preset(regions, region))

    @router.post(
        "/subscribe/{language}",
        **describe.action(
            "Ask for bulletins: a mail asks the address for confirmation",
            fields={
                "address": "awa@example.org",
                "name": "Awa",
                "bulletin": ["global/daily"],
                "language": ["en"],
                "stamp": "",
            },
            answers={
                404: "The newsroom does not have this language",
                422: "Something is missing: the form again",
                429: "Too many sign-ups from this network",
                503: "Too many sign-ups from everywhere, or the store cannot be used",
            },
        ),
    )
    async def ask(request: Request, language: str) -> Response:
        desk.language(language)
        sent = await read_form(request, FIELDS)
        draft = desk.read(sent, language)
        if config.signup.form == "closed":
            return desk.form(language, 1, draft)
        if problems := desk.problems(sent, draft, elsewhere=is_elsewhere(request)):
            known = {"web.review", "web.again"}
            return desk.form(language, 1, draft, problems, 200 if known.issuperset(problems) else 422)
        answer = signup.Answer.NOTED
        if not sent.get(TRAP):  # whoever fills in what people do not see is told the same as everybody
            texts = pages.texts(language)
            wish = signup.Wish(
                address=normalise(draft.address),
                name=draft.name,
                language=language,
                languages=draft.languages,
                bulletins=draft.bulletins,
                wording=texts("web.consent", newsroom=config.name_in(language)),
                network=network(request),
                origin=origin(request),
            )
            answer = await writer(lambda store: signup.ask(store, config, wish, clock()))
        if answer is signup.Answer.NETWORK_LIMIT:
            return desk.form(language, 1, draft, ("web.busy_network",), 429)
        if answer is signup.Answer.TOTAL_LIMIT:
            return desk.form(language, 1, draft, ("web.busy",), 503)
        return page(pages.render("asked.html", language, 1, address=draft.address), 200, desk.headers)

    @router.get(
        "/subscribe/{language}/example/{region}/{name}",
        **describe.page(
            "What a bulletin looks like",
            answers={404: "No such bulletin, or nothing to show", 429: "Too many looks from this network"},
        ),
    )
    @router.head("/subscribe/{language}/example/{region}/{name}", include_in_schema=False)
    def example(request: Request, language: str, region: str, name: str) -> Response:
        bulletin = regions.bulletin(f"{region}/{name}")
        if bulletin is None or not bulletin.anybody or config.signup.form == "closed":
            raise HTTPException(404)
        gate.admit(request)
        html = examples.html(bulletin, desk.language(language))
        if html is None:
            title = pages.title(bulletin.key, language)
            again = "../../../../subscribe/" + language
            return page(pages.render("no-example.html", language, 4, title=title, again=again), 404)
        # A mail carries its styles in its elements.
        return page(
            html,
            200,
            {"Content-Security-Policy": POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'")},
        )

    @router.get("/subscribe/confirm/{token}", **describe.page("What a sign-up asks for", token=True))
    @router.head("/subscribe/confirm/{token}", include_in_schema=False)
    def confirm_page(request: Request, token: str) -> Response:
        found = signup.look_up(stores(), token, clock())
        if found is None:
            return door.dead_link(request, depth=2)
        language = pages.texts(found.language).language
        rows = [(pages.title(key, language), pages.often(key, language, clock())) for key in found.bulletins]
        return page(pages.render("confirm.html", language, 2, signup=found, rows=rows))

    @router.post("/subscribe/confirm/{token}", **describe.action("Confirm a sign-up", token=True))
    async def confirm(request: Request, token: str) -> Response:
        def change(store: Store) -> tuple[str, Subscriber | None, str] | None:
            found = signup.look_up(store, token, clock())
            if found is None:
                return None
            person = signup.confirm(store, found, origin(request), clock())
            holder = store.subscribers.holder(person.id) if person else None
            if person is None or holder is None:
                return found.language, None, ""
            keyring = Keyring(store.secret)
            return found.language, person, keyring.token(Scope.PREFERENCES, person.id, epoch=holder[1])

        done = await writer(change)
        if done is None:
            return door.dead_link(request, depth=2)
        language, person, preferences = done
        keys = person.bulletins if person else ()
        rows = [(pages.title(key, language), pages.often(key, language, clock())) for key in keys]
        return page(
            pages.render(
                "confirmed.html",
                language,
                2,
                rows=rows,
                preferences=f"../../preferences/{preferences}" if preferences else "",
            )
        )

    return router


def _preset(regions: Regions, region: str) -> Draft:
    """The bulletins of a region, or the newsroom's only one, ticked."""
    found = regions.get(region)
    offered = tuple(one.key for one in (found or regions).bulletins if one.anybody)
    return Draft(bulletins=offered if found or len(offered) == 1 else ())
