"""The headers that every answer carries, and those that an answer lacks."""

from __future__ import annotations

from urllib.parse import urlsplit

from pressfeed.web.files import Application, Receive, Scope, Send
from pressfeed.web.kept import Headers

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""Scripts from our own files alone, no frame, nothing from elsewhere but pictures (CSP Level 3)."""

YEAR = 365 * 24 * 60 * 60


def headers(base_url: str) -> Headers:
    """The headers of every answer of a newsroom; those that bind readers to https only where it has that."""
    found = [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ]
    if urlsplit(base_url).scheme == "https":
        found.append(("strict-transport-security", f"max-age={YEAR}"))
    return tuple((name.encode(), value.encode()) for name, value in found)


class WithHeaders:
    """An ASGI application that adds headers to the answers of another, where these have none of that name."""

    def __init__(self, app: Application, headers: Headers) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Scope) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = given + [pair for pair in self._headers if pair[0] not in names]
            await send(message)

        await self._app(scope, receive, sending)
