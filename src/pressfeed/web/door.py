"""Who may come in: tokens are checked, and who guesses them is slowed down.

A right token is never asked to wait: many people share a network, and a mail provider sends one-click
requests for all of them.
"""

from __future__ import annotations

from typing import NoReturn

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pressfeed.config import Config
from pressfeed.publish.leaving import Leaving, look_up
from pressfeed.store import Store
from pressfeed.tokens import Keyring, Scope
from pressfeed.web.forms import page, preferred
from pressfeed.web.gate import Gate
from pressfeed.web.pages import Pages

GUESSES = 20  # wrong tokens that one network may show within a minute


class Door:
    """Checks the tokens of one newsroom's visitors."""

    def __init__(self, config: Config, pages: Pages) -> None:
        self._config = config
        self._pages = pages
        self._gate = Gate(GUESSES)

    def wrong(self, request: Request) -> NoReturn:
        """Refuse a wrong token: HTTPException (404), or 429 where this network has guessed too often."""
        self._gate.admit(request)
        raise HTTPException(404)

    def holder(self, store: Store, request: Request, token: str, scope: Scope) -> Leaving:
        """Whose token this is; HTTPException (404, 429) for a wrong one."""
        found = look_up(store, token, scope)
        if found is None:
            self.wrong(request)
        return found

    def preferences_token(self, store: Store, leaving: Leaving) -> str:
        """The way from one page of a person to all their choices."""
        keyring = Keyring(store.secret)
        return keyring.token(Scope.PREFERENCES, leaving.subscriber.id, epoch=leaving.epoch)

    def dead_link(self, request: Request, depth: int) -> Response:
        """“This link does not work any more”, in the visitor's language; HTTPException (429) as above."""
        self._gate.admit(request)
        language = preferred(request, self._config.languages)
        return page(self._pages.render("dead.html", language, depth, again="../" * depth + "subscribe"), 404)
