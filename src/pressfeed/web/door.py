"""Who may come in: tokens are checked, and who guesses them is slowed down."""

from __future__ import annotations

import time

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pressfeed.config import Config
from pressfeed.publish.leaving import Leaving, look_up
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope
from pressfeed.web.forms import network, page, preferred
from pressfeed.web.pages import Pages
from pressfeed.web.throttle import Throttle


class Door:
    """Checks the tokens of one newsroom's visitors."""

    def __init__(self, config: Config, pages: Pages) -> None:
        self._config = config
        self._pages = pages
        self._throttle = Throttle()

    def knock(self, request: Request) -> None:
        """Raises HTTPException (429) where this network has guessed too often."""
        if self._throttle.closed(network(request), time.monotonic()):
            raise HTTPException(429, headers={"Retry-After": "60"})

    def wrong(self, request: Request) -> None:
        """Note a wrong guess."""
        self._throttle.wrong(network(request), time.monotonic())

    def holder(self, store: Store, request: Request, token: str, scope: Scope) -> Leaving:
        """Whose token this is; HTTPException (404, 429) for a wrong one."""
        self.knock(request)
        found = look_up(store, token, scope)
        if found is None:
            self.wrong(request)
            raise HTTPException(404)
        return found

    def preferences_token(self, store: Store, leaving: Leaving) -> str:
        """The way from one page of a person to all their choices."""
        keyring = Keyring(store.secret)
        return keyring.token(Scope.PREFERENCES, leaving.subscriber.id, epoch=leaving.epoch)

    def dead_link(self, request: Request, depth: int) -> Response:
        """“This link does not work any more”, in the visitor's language."""
        language = preferred(request, self._config.languages)
        return page(self._pages.render("dead.html", language, depth, again="../" * depth + "subscribe"), 404)
