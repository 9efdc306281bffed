"""What strangers send: the fields of a form, and whom to count guesses for."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

LARGEST_BODY = 64 * 1024  # bytes
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def page(html: str, status: int = 200) -> Response:
    """A page for one person: no cache keeps it, no search engine lists it."""
    return HTMLResponse(html, status, headers=PRIVATE)


async def fields(request: Request) -> Mapping[str, str]:
    """The fields of an urlencoded form, each once; {} for any other body, which one-click may send.

    Raises HTTPException for a body that no form of ours has.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise HTTPException(413)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        found = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise HTTPException(400) from error
    return {name: values[0] for name, values in found.items()}


def network(request: Request) -> str:
    """Whom to count guesses for: an IPv4 address, or an IPv6 /64, which is one household."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
