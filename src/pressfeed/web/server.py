"""uvicorn around the application: alone, or as a part of a service that has signals of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import uvicorn

from pressfeed.web.files import PublicFiles
from pressfeed.web.wire import Connection

GRACE = 8  # seconds for requests that are being answered when the end comes
CONNECTIONS = 2000  # at once; who comes on top is told 503


class Server(uvicorn.Server):
    """One web server. ``serve()`` returns once ``should_exit`` is set.

    ``proxies`` are the addresses of web servers in front, whose X-Forwarded-For is believed. There is no
    access log: a token is as good as a password, and a log is read by many.
    """

    def __init__(self, app: PublicFiles, host: str, port: int, proxies: Sequence[str] = ()) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="uvloop",
                http=Connection.around(app),
                ws="none",
                log_level="info",
                access_log=False,
                server_header=False,
                forwarded_allow_ips=list(proxies),
                proxy_headers=bool(proxies),
                limit_concurrency=CONNECTIONS,
                timeout_keep_alive=15,
                timeout_graceful_shutdown=GRACE,
            )
        )


class QuietServer(Server):
    """The same for a process that catches signals itself and sets ``should_exit``."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
