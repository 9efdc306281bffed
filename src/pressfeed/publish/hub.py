"""What subscribers ask of our own WebSub hub, and why it may refuse (sections 5.1 and 5.1.2)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from pressfeed.config import Config
from pressfeed.delivery.callback import RefusedError, check
from pressfeed.publish.websub import topic
from pressfeed.store import Store
from pressfeed.store.websub import Mode

SHORTEST = 3600  # seconds of a lease: who wants less is given this
LONGEST_SECRET = 200  # bytes, by the Recommendation
LONGEST_CALLBACK = 2000  # characters
SUBSCRIPTIONS = 10_000  # of one newsroom
REQUESTS = 1_000  # that wait to be confirmed


class HubError(Exception):
    """A request that the hub refuses, with the HTTP status that says how."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def subscribe(config: Config, store: Store, form: Mapping[str, str], now: dt.datetime) -> None:
    """Note what a subscriber asks for; nothing changes before it has confirmed. HubError, StoreError.

    ``form`` has ``hub.callback``, ``hub.mode``, ``hub.topic``, and perhaps ``hub.lease_seconds`` and
    ``hub.secret``.
    """
    mode: Mode = "unsubscribe" if form.get("hub.mode") == "unsubscribe" else "subscribe"
    if form.get("hub.mode") != mode:
        raise HubError(400, "hub.mode must be subscribe or unsubscribe")
    callback, secret = form.get("hub.callback", ""), form.get("hub.secret", "")
    if len(callback) > LONGEST_CALLBACK:
        raise HubError(400, f"hub.callback is longer than {LONGEST_CALLBACK} characters")
    try:
        check(callback)
    except RefusedError as error:
        raise HubError(400, f"hub.callback cannot be used: {error}") from error
    if len(secret.encode()) >= LONGEST_SECRET:
        raise HubError(400, f"hub.secret must be shorter than {LONGEST_SECRET} bytes")
    base, asked = topic(config, ""), form.get("hub.topic", "")
    path = asked.removeprefix(base)
    digest = store.websub.digest(path) if asked.startswith(base) else None
    if digest is None:
        raise HubError(404, "hub.topic is not a feed of this newsroom")
    lease = _lease(form.get("hub.lease_seconds", ""), config)
    subscriptions, requests = store.websub.counts()
    if requests >= REQUESTS or (mode == "subscribe" and subscriptions >= SUBSCRIPTIONS):
        raise HubError(503, "this hub has as many subscriptions as it can keep")
    store.websub.ask(mode, path, callback, secret, lease, digest, now)


def _lease(text: str, config: Config) -> int:
    """The lease that is given, in seconds: what is asked for, within limits."""
    longest = int(config.websub.lease_max.total_seconds())
    usual = min(int(config.websub.lease.total_seconds()), longest)
    if not text:
        return usual
    if not re.fullmatch(r"\d{1,12}", text):
        raise HubError(400, "hub.lease_seconds must be a number")
    return min(max(int(text), SHORTEST), longest)
