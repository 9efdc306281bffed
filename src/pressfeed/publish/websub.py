"""WebSub (W3C Recommendation): tell hubs and subscribers of feeds that changed.

    hub.py      what subscribers ask of our own hub, and what it answers
    websub.py   the work that follows: asking back, pushing, telling hubs, trying again

What is due follows from the store: a build notes the digest of every feed that it writes before it forgets
that it has to write it, so a process that is killed between the two, or after, loses nothing. What is pushed
is the file in ``public/``, as it is at that moment; nothing else can be.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlencode

from pressfeed.config import Config
from pressfeed.delivery.callback import Caller, Reply
from pressfeed.publish.kinds import media_type
from pressfeed.publish.room import Newsroom
from pressfeed.store.websub import Request, Target

log = logging.getLogger("pressfeed.websub")

BATCH = 50  # requests under way at a time
LEASE = dt.timedelta(minutes=2)  # how long one process has for a batch; longer than every deadline in it
FIRST, LONGEST = dt.timedelta(seconds=30), dt.timedelta(hours=6)  # between two attempts
ATTEMPTS = 20  # some three days; then a subscription ends, and a hub waits for the next change
QUESTIONS = 3  # attempts to ask a subscriber back
WORRY = 5  # attempts in vain after which an operator is told of a hub


def topic(config: Config, path: str) -> str:
    """The address of a feed: its topic."""
    return f"{config.base_url}/{path}"


def links(config: Config, path: str) -> str:
    """The value of the Link header of a feed: its hub, and itself (section 4 of the Recommendation)."""
    return f'<{config.hub_url}>; rel="hub", <{topic(config, path)}>; rel="self"'


def push_due(room: Newsroom, now: dt.datetime, stopping: Callable[[], bool] = lambda: False) -> int:
    """Ask back and push what is due at ``now``; how many requests were sent. StoreError.

    Every attempt is recorded with its outcome. What fails is due again later: after half a minute, then
    twice as long each time, up to six hours.
    """
    store, sent = room.store.websub, 0
    silent: set[str] = set()  # hosts for which nobody waits a second time
    began, start = time.monotonic(), now
    while not stopping():
        # So many subscribers, and some that hang, may take longer than a claim lasts.
        now = start + dt.timedelta(seconds=int(time.monotonic() - began))
        expired = store.expire(now)
        if expired:
            log.info("websub.expired subscriptions=%d", expired)
        requests = store.claim_requests(now, now + LEASE, BATCH)
        targets = store.claim_targets(now, now + LEASE, BATCH)
        if not requests and not targets:
            break
        answers, replies = asyncio.run(_send(room.config, requests, targets, silent))
        for request, reply in zip(requests, answers, strict=True):
            _settle_request(room, request, reply, now)
        for target, told in zip(targets, replies, strict=True):
            _settle_target(room, target, told, now)
        sent += len(requests) + len(targets)
    return sent


# ------------------------------------------------------------------------------------------------ sending


async def _send(
    config: Config, requests: Sequence[Request], targets: Sequence[Target], silent: set[str]
) -> tuple[list[Reply], list[Reply | None]]:
    """Send all of them at once; None for a feed that is not there any more."""
    private = config.websub.private_callbacks == "allow"
    async with Caller(private=private, silent=silent) as strangers, Caller(private=True) as hubs:
        asked: Awaitable[list[Reply]] = asyncio.gather(*(_ask(strangers, config, one) for one in requests))
        told: Awaitable[list[Reply | None]] = asyncio.gather(
            *(_tell(hubs if one.kind == "ping" else strangers, config, one) for one in targets)
        )
        return list(await asked), list(await told)


async def _ask(caller: Caller, config: Config, request: Request) -> Reply:
    """Ask a subscriber whether it wants what it asked for (section 5.3), or tell it of a denial (5.2)."""
    query = {"hub.mode": request.mode, "hub.topic": topic(config, request.path)}
    challenge = secrets.token_urlsafe(32)
    if request.mode == "denied":
        query["hub.reason"] = "This feed has ended."
    else:
        query["hub.challenge"] = challenge
        if request.mode == "subscribe":
            query["hub.lease_seconds"] = str(request.lease)
    joint = "&" if "?" in request.callback else "?"
    reply = await caller.ask("GET", f"{request.callback}{joint}{urlencode(query)}")
    if reply.good and request.mode != "denied" and not hmac.compare_digest(reply.body, challenge.encode()):
        return Reply(406, reason="the challenge was not echoed")
    return reply


async def _tell(caller: Caller, config: Config, target: Target) -> Reply | None:
    """Tell a hub that a feed changed, or give a subscriber its bytes (section 7)."""
    url = topic(config, target.path)
    if target.kind == "ping":
        # Hubs differ in the name of the field; each ignores the other.
        form = urlencode({"hub.mode": "publish", "hub.url": url, "hub.topic": url}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await caller.ask("POST", target.url, kind, form)
    try:
        data = await asyncio.to_thread((config.public / target.path).read_bytes)
    except FileNotFoundError:
        return None
    headers = {"Content-Type": media_type(target.path), "Link": links(config, target.path)}
    if target.secret:
        headers["X-Hub-Signature"] = signature(target.secret, data)
    return await caller.ask("POST", target.url, headers, data)


def signature(secret: str, data: bytes) -> str:
    """The value of X-Hub-Signature (section 7.1): HMAC with SHA-256."""
    return f"sha256={hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()}"


# ------------------------------------------------------------------------------------------------ settling


def _settle_request(room: Newsroom, request: Request, reply: Reply, now: dt.datetime) -> None:
    store = room.store.websub
    if reply.good and request.mode != "denied":
        store.confirm(request, now)
        log.info("websub.%s request=%d path=%s", request.mode, request.id, request.path)
    elif reply.status == 0 and request.attempts < QUESTIONS:
        store.retry(request, now + _wait(request.attempts))
    else:  # an answer that is no yes is a no; who cannot be reached has none
        store.drop(request)
        log.info("websub.dropped request=%d mode=%s status=%d", request.id, request.mode, reply.status)


def _settle_target(room: Newsroom, target: Target, reply: Reply | None, now: dt.datetime) -> None:
    store, incident = room.store.websub, f"hub:{target.url}"
    if reply is None:  # between two builds; the next one says whether it has ended
        store.settle(target, told_at=None, next_try=None, attempts=0, reply="the feed is not there")
    elif reply.good:
        store.settle(target, told_at=now, next_try=None, attempts=0, reply=str(reply.status))
        if target.kind == "ping" and target.attempts:
            room.store.incidents.close(incident, now)
        log.info("websub.told target=%d kind=%s path=%s", target.id, target.kind, target.path)
    elif target.kind == "content" and (reply.status == 410 or target.attempts + 1 >= ATTEMPTS):
        store.remove(target)
        log.info("websub.ended target=%d status=%d", target.id, reply.status)
    else:
        attempts = target.attempts + 1
        again = now + _wait(attempts) if attempts < ATTEMPTS else None
        words = reply.reason or str(reply.status)
        store.settle(target, told_at=None, next_try=again, attempts=attempts, reply=words)
        if target.kind == "ping" and attempts >= WORRY:
            text = f"The WebSub hub {target.url} takes no news of changed feeds: {words}"
            room.store.incidents.open(incident, text, now)


def _wait(attempts: int) -> dt.timedelta:
    wait: dt.timedelta = FIRST * 2 ** (attempts - 1)
    return min(wait, LONGEST)
