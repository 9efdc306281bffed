"""WebSub's rows: feeds with the digest of their bytes, who is told of changes, and what subscribers ask.

Nothing is a queue: a row that is due says so by its ``next_try``. Whoever claims it moves that into the
future, and so does a build that changes the feed; a settlement counts only where nobody has done so since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pressfeed.store.codec import parse_time, parse_time_or_none, time_or_none, time_text
from pressfeed.store.connection import Connection, Row

Mode = Literal["subscribe", "unsubscribe", "denied"]


@dataclass(frozen=True, slots=True)
class Target:
    """Who is told that a feed changed: a hub (``ping``), or a subscriber of our own one (``content``)."""

    id: int
    kind: Literal["ping", "content"]
    path: str
    url: str
    secret: str
    since: dt.datetime
    expires_at: dt.datetime | None
    next_try: dt.datetime | None  # None = it knows the feed as it is
    attempts: int
    told_at: dt.datetime | None
    reply: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a subscriber asked for, or is to be told; ``lease`` in seconds."""

    id: int
    mode: Mode
    path: str
    callback: str
    secret: str
    lease: int
    digest: str
    next_try: dt.datetime
    attempts: int


class WebSubStore:
    """Reads and writes them."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    # Feeds

    def feeds_built(self, digests: Mapping[str, str], hub: str, now: dt.datetime) -> None:
        """Note feeds with the digests of their bytes; who is told of those that changed is due.

        ``hub`` is one that is not ours, "" = none.
        """
        moment = time_text(now)
        with self._db.transaction():
            for path, digest in digests.items():
                if self._db.rows("save_websub_feed", {"path": path, "digest": digest}):
                    if hub:
                        self._db.run("ping_hub", {"path": path, "url": hub, "now": moment})
                    self._db.run("push_feed", {"path": path, "now": moment})

    def feeds_ended(self, paths: Sequence[str], now: dt.datetime) -> None:
        """Forget feeds; their subscribers are due to be told."""
        with self._db.transaction():
            for path in paths:
                self._db.run("deny_subscribers", {"path": path, "now": time_text(now)})
                self._db.run("drop_targets", {"path": path})
                self._db.run("drop_feed", {"path": path})

    def digest(self, path: str) -> str | None:
        """The digest of a feed's bytes; None where there is no such feed."""
        found: str | None = self._db.value("websub_feed", {"path": path})
        return found

    # Targets

    def targets(self) -> list[Target]:
        """All of them: hubs first."""
        return [_target(row) for row in self._db.rows("websub_targets")]

    def claim_targets(self, now: dt.datetime, until: dt.datetime, limit: int) -> list[Target]:
        """Take targets that are due; their ``next_try`` is then ``until``."""
        parameters = {"now": time_text(now), "until": time_text(until), "limit": limit}
        return [_target(row) for row in self._db.rows("claim_targets", parameters)]

    def settle(
        self,
        target: Target,
        *,
        told_at: dt.datetime | None,
        next_try: dt.datetime | None,
        attempts: int,
        reply: str,
    ) -> None:
        """Note what became of an attempt; nothing happens where the feed has changed meanwhile."""
        self._db.run(
            "settle_target",
            {
                "id": target.id,
                "claimed": time_or_none(target.next_try),
                "told_at": time_or_none(told_at),
                "next_try": time_or_none(next_try),
                "attempts": attempts,
                "reply": reply,
            },
        )

    def remove(self, target: Target) -> None:
        """End a subscription."""
        self._db.run("remove_target", {"id": target.id})

    def expire(self, now: dt.datetime) -> int:
        """End the subscriptions whose lease is over; how many there were."""
        return self._db.run("expire_targets", {"now": time_text(now)})

    def tell_all_again(self, now: dt.datetime) -> int:
        """Make every hub and every subscriber due; how many there are."""
        return self._db.run("push_all", {"now": time_text(now)})

    # Requests

    def counts(self) -> tuple[int, int]:
        """How many subscriptions there are, and how many requests wait."""
        row = self._db.row("count_subscriptions")
        return (row["subscriptions"], row["requests"]) if row else (0, 0)

    def ask(
        self, mode: Mode, path: str, callback: str, secret: str, lease: int, digest: str, now: dt.datetime
    ) -> None:
        """Note what a subscriber wants; it is due to be asked back."""
        about = {"mode": mode, "path": path, "callback": callback, "secret": secret, "lease": lease}
        self._db.run("save_request", {**about, "digest": digest, "now": time_text(now)})

    def claim_requests(self, now: dt.datetime, until: dt.datetime, limit: int) -> list[Request]:
        """Take requests that are due; their ``next_try`` is then ``until``."""
        parameters = {"now": time_text(now), "until": time_text(until), "limit": limit}
        return [_request(row) for row in self._db.rows("claim_requests", parameters)]

    def retry(self, request: Request, at: dt.datetime) -> None:
        """Put a request off."""
        claimed = time_text(request.next_try)
        self._db.run("retry_request", {"id": request.id, "claimed": claimed, "next_try": time_text(at)})

    def drop(self, request: Request) -> None:
        """Forget a request that is dealt with."""
        self._db.run("remove_request", {"id": request.id, "claimed": time_text(request.next_try)})

    def confirm(self, request: Request, now: dt.datetime) -> None:
        """Do what a subscriber asked for and has confirmed, once its feed is still there."""
        about = {"path": request.path, "callback": request.callback}
        with self._db.transaction():
            if request.mode == "subscribe":
                expires = time_text(now + dt.timedelta(seconds=request.lease))
                more = {"secret": request.secret, "digest": request.digest, "expires_at": expires}
                self._db.run("save_subscription", {**about, **more, "now": time_text(now)})
            else:
                self._db.run("remove_subscription", about)
            self.drop(request)


def _target(row: Row) -> Target:
    return Target(
        row["id"],
        row["kind"],
        row["path"],
        row["url"],
        row["secret"],
        parse_time(row["since"]),
        parse_time_or_none(row["expires_at"]),
        parse_time_or_none(row["next_try"]),
        row["attempts"],
        parse_time_or_none(row["told_at"]),
        row["reply"],
    )


def _request(row: Row) -> Request:
    return Request(
        row["id"],
        row["mode"],
        row["path"],
        row["callback"],
        row["secret"],
        row["lease"],
        row["digest"],
        parse_time(row["next_try"]),
        row["attempts"],
    )
