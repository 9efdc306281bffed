"""``/incoming/SERVICE/SECRET``: what a mail service reports about our mail.

The secret in the path is compared in constant time; Mailgun's and SendGrid's signatures are asked for where
their keys are set. Nothing is fetched, whatever a report says. A report is answered when it is stored.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pressfeed.config import IncomingConfig
from pressfeed.incoming.events import SERVICES, Event, read_events
from pressfeed.publish.deliver import Clock
from pressfeed.publish.incoming import receive, record
from pressfeed.web import describe
from pressfeed.web.door import GUESSES
from pressfeed.web.forms import read_body
from pressfeed.web.gate import Gate
from pressfeed.web.stores import Stores

LARGEST_REPORT = 4_000_000  # bytes of JSON
STALE = dt.timedelta(hours=1)  # a signed report that is older is somebody's copy
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


def routes(stores: Stores, settings: IncomingConfig, clock: Clock) -> APIRouter:
    """The route of one newsroom; none where there is no secret."""
    router = APIRouter()
    if not settings.webhook_secret:
        return router
    gate = Gate(GUESSES)

    @router.post(
        "/incoming/{service}/{secret}",
        **describe.report(
            "Reports of a mail service: bounces and complaints",
            {
                400: "Not a report",
                403: "The signature does not check",
                404: "Another secret or an unknown service",
                413: "Too large",
                429: "Too many wrong secrets from this network",
            },
        ),
    )
    async def report(request: Request, service: str, secret: str) -> Response:
        ours = settings.webhook_secret.encode()
        if not hmac.compare_digest(secret.encode("utf-8", "replace"), ours) or service not in SERVICES:
            gate.admit(request)
            raise HTTPException(404)
        whole = service == "generic" and request.headers.get("content-type", "").startswith("message/rfc822")
        body = await read_body(request, settings.largest if whole else LARGEST_REPORT)
        now = clock()
        if whole:
            await run_in_threadpool(_store_message, stores, settings, body, now)
            return Response(status_code=204)
        try:
            data = json.loads(body)
            if not _signed(service, settings, request.headers, body, data, now):
                raise HTTPException(403, "the signature does not check")
            events = read_events(service, data)
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, "this is not a report") from error
        await run_in_threadpool(_store, stores, settings, service, events, now)
        return Response(status_code=204)

    return router


def _store(
    stores: Stores, settings: IncomingConfig, service: str, events: list[Event], now: dt.datetime
) -> None:
    for event in events:
        record(stores(), settings, event.finding, event.text, f"webhook:{service}", now, trusted=True)


def _store_message(stores: Stores, settings: IncomingConfig, raw: bytes, now: dt.datetime) -> None:
    receive(stores(), settings, raw, "webhook:generic", now)


def _signed(
    service: str,
    settings: IncomingConfig,
    headers: Mapping[str, str],
    body: bytes,
    data: Any,
    now: dt.datetime,
) -> bool:
    """Whether a report is signed as its service signs, where we have a key to check it with."""
    if service == "mailgun" and settings.mailgun_key:
        signature = data.get("signature") if isinstance(data, dict) else None
        if not isinstance(signature, dict):
            return False
        stamp, token = str(signature.get("timestamp")), str(signature.get("token"))
        made = hmac.new(settings.mailgun_key.encode(), f"{stamp}{token}".encode(), "sha256").hexdigest()
        good = hmac.compare_digest(made.encode(), str(signature.get("signature")).encode("utf-8", "replace"))
        return good and _fresh(stamp, now)
    if service == "sendgrid" and settings.sendgrid_key:
        stamp = headers.get(_TIMESTAMP, "")
        try:
            key = load_der_public_key(base64.b64decode(settings.sendgrid_key))
            if not isinstance(key, ec.EllipticCurvePublicKey):
                return False
            signature = base64.b64decode(headers.get(_SIGNATURE, ""))
            key.verify(signature, stamp.encode() + body, ec.ECDSA(SHA256()))
        except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
            return False
        return _fresh(stamp, now)
    return True


def _fresh(stamp: str, now: dt.datetime) -> bool:
    return stamp.isdecimal() and abs(now.timestamp() - int(stamp[:15])) < STALE.total_seconds()
