"""Requests to addresses that strangers name: never into our own network, never far, never for long.

A name is looked up once, every address that it has must be a public one, and the connection goes to the very
address that was checked: a name server that answers differently a moment later gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

DEADLINE = 10.0  # seconds for all of a request
AT_ONCE = 8  # requests to one host
READ = 4096  # bytes of an answer that anybody looks at
PORTS = {80, 443}  # and those that need no privilege: mail and name servers have none of these

# IPv6 networks whose addresses lead to an IPv4 address inside them, whatever that is; the last is IPv6's
# first range for private networks (RFC 3879), which Python takes for a public one.
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10"))
)


class RefusedError(Exception):
    """An address that must not be asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status (0 = there was none), the beginning of its body, or why there was none."""

    status: int
    body: bytes = b""
    reason: str = ""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Whether an IP address lies in the internet at large."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _NOT_PUBLIC):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def check(url: str) -> tuple[str, int]:
    """The host and port of a callback; RefusedError for what no callback looks like."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise RefusedError("it is no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RefusedError("it is not http or https")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise RefusedError("it has a user name or a fragment")
    if any(ord(character) <= 32 or ord(character) >= 127 for character in url) or "\\" in url:
        raise RefusedError("it is not ASCII")
    if port not in PORTS and port < 1024:
        raise RefusedError(f"port {port} is not one for the web")
    return parts.hostname, port


class Caller:
    """Asks. Use it in an ``async with`` statement; ``private`` allows addresses that are not public.

    ``silent`` are hosts that let somebody wait in vain a moment ago: nobody waits for them again. Who was in
    vain this time is added.
    """

    def __init__(self, *, private: bool = False, silent: set[str] | None = None) -> None:
        self._private = private
        self._silent = set() if silent is None else silent
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    async def __aenter__(self) -> Self:
        # No proxy and no password from the environment, no redirect: what was checked is what is asked.
        # One request a connection: one that is kept may be closed just when it is used again.
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=DEADLINE,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Send one request; never raises for what the other side does."""
        host = ""
        try:
            host, _ = check(url)
            async with self._hosts[host]:
                if host in self._silent:
                    return Reply(0, reason="not asked: its host did not answer others")
                async with asyncio.timeout(DEADLINE):
                    return await self._ask(method, url, dict(headers or {}), body)
        except (TimeoutError, httpx.TimeoutException):
            self._silent.add(host)
            return Reply(0, reason=f"no answer within {DEADLINE:.0f} seconds")
        except RefusedError as error:
            return Reply(0, reason=f"not asked: {error}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Reply(0, reason=f"{type(error).__name__}: {error}"[:200])

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
        host, port = check(url)
        target = httpx.URL(url).copy_with(host=await self._address(host, port))
        name = f"[{host}]" if ":" in host else host
        default = {"http": 80, "https": 443}[target.scheme]
        headers["Host"] = name if port == default else f"{name}:{port}"
        headers["User-Agent"] = "pressfeed"
        headers["Accept-Encoding"] = "identity"
        request = self._client.build_request(
            method, target, headers=headers, content=body, extensions={"sni_hostname": host}
        )
        response = await self._client.send(request, stream=True)
        try:
            found = b""
            async for piece in response.aiter_raw():
                found += piece
                if len(found) >= READ:
                    break
            return Reply(response.status_code, found[:READ])
        finally:
            await response.aclose()

    async def _address(self, host: str, port: int) -> str:
        """The address of a host; RefusedError where one that it has is not public."""
        loop = asyncio.get_running_loop()
        found = [str(entry[4][0]) for entry in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not self._private and not all(map(is_public, found)):
            raise RefusedError(f"{host} is not a public address")
        return found[0]
