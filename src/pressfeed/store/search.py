"""The full-text index over what the public may see, kept in the transaction that changes a release."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence

from pressfeed.domain import PUBLIC, Content, Release
from pressfeed.store import folding
from pressfeed.store.codec import parse_content, time_text
from pressfeed.store.connection import Connection

WITHIN = 2_000  # releases that one search ranks, the newest that match
_BATCH = 500  # releases indexed in one transaction when an index is made
_ALWAYS = dt.datetime(1000, 1, 1, tzinfo=dt.UTC)
_NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


class SearchStore:
    """Finds releases by words: those that are public at the ``now`` of the question, whatever it indexed."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def find(
        self,
        match: str,
        now: dt.datetime,
        *,
        language: str = "",
        regions: Sequence[str] = (),
        since: dt.datetime | None = None,
        before: dt.datetime | None = None,
        most: int = 20,
        skip: int = 0,
    ) -> tuple[list[int], int]:
        """Numbers of the public releases that match, best first, and how many there are (``WITHIN`` at most).

        ``match`` is an FTS5 expression of folded words; ``regions`` are slugs, any of which will do; a
        release counts from ``since`` on and before ``before``, by its date of publication.
        """
        rows = self._db.rows(
            "search_releases",
            {
                "match": match,
                "now": time_text(now),
                "language": language,
                "regions": json.dumps(list(regions)),
                "since": time_text(since or _ALWAYS),
                "before": time_text(before or _NEVER),
                "within": WITHIN,
                "most": most,
                "skip": skip,
            },
        )
        return [row["id"] for row in rows], rows[0]["total"] if rows else 0

    def known(self, words: Iterable[str]) -> set[str]:
        """Those of the folded words that some release had."""
        return {row["word"] for row in self._db.rows("search_known", {"words": json.dumps(list(words))})}

    def vocabulary(self, first: str, shortest: int, longest: int) -> list[str]:
        """The folded words that begin with a letter and have some length."""
        last = chr(ord(first) + 1)
        wanted = {"first": first, "last": last, "shortest": shortest, "longest": longest}
        return [row["word"] for row in self._db.rows("search_words", wanted)]

    def update(self, release: Release) -> None:
        """Bring the index to what a release now says. Call it in the transaction that changes the release."""
        held = self._db.value("search_entry", {"release_id": release.id})
        wanted = release.version if release.status in PUBLIC else None
        if held == wanted:
            return
        if held is not None:
            self.remove(release.id)
        if wanted is not None:
            self._add(release.id, wanted, release.content)

    def remove(self, release_id: int) -> None:
        """Take a release out of the index, if it is there."""
        held = self._db.value("search_entry", {"release_id": release_id})
        if held is not None:
            self._db.run("search_take", {"release_id": release_id, **_texts(self._content(release_id, held))})
            self._db.run("search_forget", {"release_id": release_id})

    def catch_up(self) -> None:
        """Index what an older pressfeed left without: some releases at a time, so that nobody waits long.

        Killed, it goes on where it was; several processes may do it at once.
        """
        while self._db.value("setting", {"name": "search"}) != folding.FORMAT:
            with self._db.transaction():
                if self._db.value("setting", {"name": "indexing"}) != folding.FORMAT:
                    for statement in ("search_empty", "search_empty_entries", "search_empty_words"):
                        self._db.run(statement)
                    self._db.run("set_setting", {"name": "indexing", "value": folding.FORMAT})
                missing = self._db.rows("search_missing", {"most": _BATCH})
                for release_id, version in missing:
                    self._add(release_id, version, self._content(release_id, version))
                if len(missing) < _BATCH:
                    self._db.run("set_setting", {"name": "search", "value": folding.FORMAT})

    def _content(self, release_id: int, version: int) -> Content:
        key = {"release_id": release_id, "version": version}
        return parse_content(self._db.value("search_content", key))

    def _add(self, release_id: int, version: int, content: Content) -> None:
        texts = _texts(content)
        self._db.run("search_add", {"release_id": release_id, **texts})
        self._db.run("search_note", {"release_id": release_id, "version": version})
        self._db.run_many("search_learn", [(word,) for word in set(" ".join(texts.values()).split())])


def _texts(content: Content) -> dict[str, str]:
    """The three columns of the index."""
    names = [contact.name for contact in content.contacts]
    return {
        "headline": folding.folded(content.headline),
        "lead": folding.folded(content.subhead, content.place, content.author, *content.topics, *names),
        "body": folding.folded(content.body_text, *content.footnotes),
    }
