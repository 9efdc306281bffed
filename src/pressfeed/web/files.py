"""``public/`` as a front web server would serve it."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope

TYPES = {
    "rss.xml": "application/rss+xml; charset=utf-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
    ".opml": "text/x-opml; charset=utf-8",
}


class PublicFiles(StaticFiles):
    """``public/`` with the media types of feeds; conditional requests, HEAD and ranges are Starlette's."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if any(part.startswith(".") for part in Path(path).parts if part != "."):
            raise HTTPException(404)  # half-written files, and whatever an operator keeps there
        response = await super().get_response(path, scope)
        for ending, media_type in TYPES.items():
            if path.endswith(ending):
                response.headers["Content-Type"] = media_type
        response.headers.setdefault("Cache-Control", "public, max-age=300")
        return response
