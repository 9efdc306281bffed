"""What strangers send: the fields of a form, whom to count them for, and which language they read."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from pressfeed.languages import lineage

LARGEST_BODY = 64 * 1024  # bytes
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; a missing one is "" or ()."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def get(self, name: str) -> str:
        """The first value of a field."""
        return next(iter(self.fields.get(name, ())), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, each once."""
        return tuple(dict.fromkeys(self.fields.get(name, ())))


def page(html: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page for one person: no cache keeps it, no search engine lists it."""
    return HTMLResponse(html, status, headers={**PRIVATE, **(headers or {})})


async def read_body(request: Request, largest: int) -> bytes:
    """What was sent, at most so many bytes. Raises HTTPException: 413 for more, 400 for who has gone."""
    if int(request.headers.get("content-length", 0)) > largest:
        raise HTTPException(413)  # and who asks first (Expect) is not told to go on
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > largest:
                raise HTTPException(413)
    except ClientDisconnect as gone:
        raise HTTPException(400) from gone
    return bytes(body)


async def read_form(request: Request, most: int = 20) -> Form:
    """An urlencoded form of at most so many fields; empty for any other body, which one-click may send.

    Raises HTTPException for a body that no form of ours has.
    """
    body = await read_body(request, LARGEST_BODY)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return Form()
    try:
        return Form(parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=most))
    except ValueError as error:
        raise HTTPException(400) from error


def is_elsewhere(request: Request) -> bool:
    """Whether a browser says that a page of another site sent this (Fetch Metadata)."""
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def number(text: str, least: int, most: int, *, missing: int) -> int:
    """A whole number of an address, brought within limits; ``missing`` for what is none."""
    return min(max(int(text[:20]), least), most) if text.isascii() and text.isdigit() else missing


def network(request: Request) -> str:
    """Whom to count guesses and sign-ups for: an IPv4 address, or an IPv6 /64, which is one household."""
    return _network(request, 32, 64)


def origin(request: Request) -> str:
    """Where consent came from, without pointing at one person: the IPv4 /24 or IPv6 /48 of the visitor."""
    return _network(request, 24, 48)


def _network(request: Request, bits4: int, bits6: int) -> str:
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = bits6 if isinstance(address, ipaddress.IPv6Address) else bits4
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False)).removesuffix("/32")


def preferred(request: Request, languages: Sequence[str]) -> str:
    """The language that a visitor reads best of those that there are (RFC 9110 section 12.5.4)."""
    wanted: list[tuple[float, int, str]] = []
    for position, item in enumerate(request.headers.get("accept-language", "")[:500].split(",")):
        code, _, weight = item.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            wanted.append((-quality, position, code.strip().lower()))
    return next((found for *_, code in sorted(wanted) if (found := _like(code, languages))), languages[0])


def _like(wanted: str, languages: Sequence[str]) -> str:
    """The nearest of the languages (RFC 4647 section 3.4), else another kind of the same one; "" for none."""
    for code in reversed(lineage(wanted)):
        if code in languages:
            return code
    primary = lineage(wanted)[0]
    return next((code for code in languages if lineage(code)[0] == primary), "")
