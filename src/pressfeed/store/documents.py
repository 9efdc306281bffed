"""What has been imported, what could not be, and what documents of a source have in common."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
from typing import Any

from pressfeed.store.codec import time_text
from pressfeed.store.connection import Connection


class DocumentStore:
    """The record of imports."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def fingerprint(self, key: str) -> str | None:
        """What the document looked like when it was last imported."""
        fingerprint: str | None = self._db.value("document_fingerprint", {"key": key})
        return fingerprint

    def remember(self, key: str, fingerprint: str, now: dt.datetime) -> None:
        self._db.run("remember_document", {"key": key, "fingerprint": fingerprint, "now": time_text(now)})

    def reading(self, key: str) -> tuple[int | None, str] | None:
        """The release that an earlier reading became (None once deleted), and the hash of what it said."""
        row = self._db.row("reading", {"key": key})
        return (row["release_id"], row["content_hash"]) if row else None

    def same_content(self, content_hash: str) -> int | None:
        """The release that an identical reading under another name became."""
        release: int | None = self._db.value("reading_of_content", {"content_hash": content_hash})
        return release

    def remember_reading(self, key: str, document: str, release_id: int | None, content_hash: str) -> None:
        self._db.run(
            "remember_reading",
            {"key": key, "document_key": document, "release_id": release_id, "content_hash": content_hash},
        )

    def reject(self, name: str, reason: str, raw: bytes, now: dt.datetime) -> None:
        """Keep a document that could not be read, once."""
        self._db.run(
            "reject_document",
            {
                "name": name,
                "reason": reason,
                "raw": zlib.compress(raw),
                "size": len(raw),
                "now": time_text(now),
                # What is too large is not kept: then its name tells it from others.
                "digest": hashlib.sha256(raw or name.encode()).hexdigest(),
            },
        )

    def rejected(self) -> int:
        """How many documents could not be read."""
        return int(self._db.value("rejected_count"))

    def memories(self) -> dict[str, Any]:
        """What the documents of each source have in common, as ``intake.Memory`` data."""
        return {row["source"]: json.loads(row["data"]) for row in self._db.rows("memories")}

    def remember_source(self, source: str, data: Any) -> None:
        self._db.run("remember_source", {"source": source, "data": json.dumps(data, separators=(",", ":"))})
