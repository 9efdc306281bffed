"""``public/`` as a front web server would serve it: from memory, never from the store.

A file is read once, with its compressed siblings, and kept with the answers that it gives; every request
looks whether the file is still the same one. What stands in no file is looked up among the addresses that
were left, and then given to the application behind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.concurrency import run_in_threadpool

from pressfeed.publish import moves
from pressfeed.publish.kinds import is_for_programs
from pressfeed.site import addresses
from pressfeed.web import conditions
from pressfeed.web.kept import Answer, Headers, Kept, Version, load

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MEMORY = 128 * 1024 * 1024  # bytes of files kept at most
SETTLED = 10_000_000_000  # nanoseconds: a younger file may still get its siblings, and is read each time
CHUNK = 256 * 1024  # bytes of a large file in memory at a time
METHODS = (b"GET", b"HEAD")
ASKED = frozenset(
    {b"accept-encoding", b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since"}
    | {b"range", b"if-range"}
)


class PublicFiles:
    """An ASGI application: the files of a folder, and ``beyond`` for everything else.

    ``common`` are headers of every answer; ``own(path)`` adds those of one file. ``prefix`` is the path of
    the newsroom on its host, for redirects. Links out of the folder, names that begin with a dot and
    anything that is not a plain path are not there.
    """

    def __init__(
        self,
        folder: Path,
        beyond: Application,
        *,
        common: Headers = (),
        own: Callable[[str], Headers] = lambda _: (),
        prefix: str = "",
    ) -> None:
        self._root = os.path.realpath(folder)
        self._beyond = beyond
        self._common = tuple(common)
        self._own = own
        self._prefix = prefix
        self._kept: dict[str, Kept] = {}
        self._size = 0
        self._left: dict[str, tuple[tuple[int, int, int], Mapping[str, str]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._beyond(scope, receive, send)
            return
        answer = self.answer(scope["method"].encode(), scope["path"], scope["headers"])
        if answer is None:
            await self._beyond(scope, receive, send)
            return
        headers = [*answer.headers]
        if answer.status == HTTPStatus.MOVED_PERMANENTLY and scope["query_string"]:
            headers = [
                (name, value + b"?" + scope["query_string"] if name == b"location" else value)
                for name, value in headers
            ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.file and scope["method"] == "GET":
            await _stream(answer, send)
        else:
            await send({"type": "http.response.body", "body": answer.body})

    def answer(self, method: bytes, path: str, headers: Iterable[tuple[bytes, bytes]]) -> Answer | None:
        """The answer to a request for a decoded path; None where it is for the application behind."""
        kept = self._kept.get(path)
        if kept is None or not kept.is_current():
            kept = self._look(path)
            if kept is None:
                return self._elsewhere(method, path)
        if method not in METHODS:
            return self._plain(405, "Only GET and HEAD.\n", (b"allow", b"GET, HEAD"))
        asked = {name: value.decode("latin-1") for name, value in headers if name in ASKED}
        coding = conditions.choose(asked.get(b"accept-encoding"), kept.codings)
        if method == b"HEAD":
            asked.pop(b"range", None)  # RFC 9110, section 14.2
        return _conditional(kept.versions[coding], asked, self._common)

    # ------------------------------------------------------------------------------------------- finding

    def _look(self, path: str) -> Kept | None:
        """Read the file that answers for a path, and keep it if it is small and at rest."""
        old = self._kept.pop(path, None)
        if old is not None:
            self._size -= old.weight
        relative = _relative(path)
        if relative is None:
            return None
        file = os.path.join(self._root, relative)  # noqa: PTH118  # half the time of a Path
        if os.path.realpath(file) != file:
            return None
        kept = load(file, relative, (*self._common, *self._own(relative)))
        if kept is None:
            return None
        if kept.weight and time.time_ns() - kept.identity[0] > SETTLED:
            while self._kept and self._size + kept.weight > MEMORY:
                self._size -= self._kept.pop(next(iter(self._kept))).weight
            self._kept[path] = kept
            self._size += kept.weight
        return kept

    def _elsewhere(self, method: bytes, path: str) -> Answer | None:
        """The answer for an address without a file: a folder, or one that was left."""
        if method not in METHODS:
            return None
        if not path.endswith("/"):
            relative = _relative(path + "/")
            if relative and os.path.isfile(os.path.join(self._root, relative)):  # noqa: PTH113, PTH118
                return self._moved(301, path + "/")
        moved = self._addresses(moves.MOVED).get(path)
        if moved is not None:
            return self._moved(308, moved)
        gone = self._addresses(moves.GONE).get(path)
        if gone is not None:
            where = self._prefix + gone
            link = (b"link", f'<{quote(where)}>; rel="alternate"'.encode())
            page = b"" if is_for_programs(path) else not_found(self._root)
            if page:
                html = (b"content-type", b"text/html; charset=utf-8")
                return self._body(410, page, html, link)
            return self._plain(410, f"This has ended. See {where}\n", link)
        return None

    def _addresses(self, name: str) -> Mapping[str, str]:
        """One of the files of addresses that were left, read again when it changed."""
        file = Path(self._root, name)
        try:
            about = file.stat()
        except OSError:
            return {}
        identity = (about.st_mtime_ns, about.st_size, about.st_ino)
        known = self._left.get(name)
        if known is None or known[0] != identity:
            known = self._left[name] = (identity, moves.read(file.read_bytes()))
        return known[1]

    # ------------------------------------------------------------------------------------------- answers

    def _moved(self, status: int, path: str) -> Answer:
        location = quote(self._prefix + path, safe="/~")
        return self._plain(status, f"See {location}\n", (b"location", location.encode()))

    def _plain(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> Answer:
        return self._body(status, text.encode(), (b"content-type", b"text/plain; charset=utf-8"), *headers)

    def _body(self, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
        length = (b"content-length", str(len(body)).encode())
        cached = (b"cache-control", b"public, max-age=300")
        return Answer(status, (*headers, length, cached, *self._common), body)


def not_found(folder: Path | str) -> bytes:
    """The page of ``public/`` for people who find nothing; empty where there is none."""
    try:
        return Path(folder, addresses.NOT_FOUND).read_bytes()
    except OSError:
        return b""


def _relative(path: str) -> str | None:
    """The file below the folder that answers for a path; None for what is no plain path."""
    if not path.startswith("/") or "\\" in path or "\0" in path:
        return None
    parts = path[1:].split("/")
    if any(not part or part.startswith(".") for part in parts[:-1]) or parts[-1].startswith("."):
        return None
    return path[1:] + "index.html" if path.endswith("/") else path[1:]


def _conditional(version: Version, asked: Mapping[bytes, str], common: Headers) -> Answer:
    """The answer that the conditions of a request lead to, in the order of RFC 9110, section 13.2.2."""
    if not asked or (len(asked) == 1 and b"accept-encoding" in asked):
        return version.whole
    match = asked.get(b"if-match")
    unmodified = asked.get(b"if-unmodified-since")
    if match is not None:
        failed = not conditions.lists(match, version.etag, weakly=False)
    else:
        failed = unmodified is not None and conditions.is_since(unmodified, version.changed) is False
    if failed:
        return Answer(412, ((b"content-length", b"0"), *common))
    none_match = asked.get(b"if-none-match")
    if none_match is not None:
        if conditions.lists(none_match, version.etag, weakly=True):
            return version.unchanged
    elif b"if-modified-since" in asked and conditions.is_since(asked[b"if-modified-since"], version.changed):
        return version.unchanged
    wanted = asked.get(b"range")
    if wanted is None:
        return version.whole
    if b"if-range" in asked and not conditions.same_version(
        asked[b"if-range"], version.etag, version.changed
    ):
        return version.whole
    part = conditions.byte_range(wanted, version.size)
    return version.whole if part is None else version.part(*part, common)


async def _stream(answer: Answer, send: Send) -> None:
    """Send a part of a large file, a piece at a time."""
    position, end = answer.part
    with await run_in_threadpool(open, answer.file, "rb") as file:
        await run_in_threadpool(file.seek, position)
        while position < end:
            data = await run_in_threadpool(file.read, min(CHUNK, end - position))
            if not data:
                raise OSError(f"{answer.file} has become shorter")
            position += len(data)
            await send({"type": "http.response.body", "body": data, "more_body": position < end})
