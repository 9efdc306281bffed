"""What documents of one source have shown: the lines they share are the site's menu, not the release.

A memory is plain data that the caller keeps between imports (``to_json``, ``from_json``). A document counts
once however often, and under whatever name, it is imported: a corrected copy must not turn its own headline
into a menu line. Copies are told by the digests of their long lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

HEAD, TAIL = 120, 60  # lines at either end where a menu may stand
_DOCUMENTS = 64  # documents remembered per source; older ones fade
_LINES = 1500  # lines remembered per source
_SOURCES = 200
_LONG = 60  # characters from which a line is likely to be text of its own
_SIGNATURE = 12  # digests that stand for a document


def digest(line: str) -> str:
    """A short digest of a line, equal for lines that differ in case and spacing only."""
    return blake2b(" ".join(line.casefold().split()).encode("utf-8", "replace"), digest_size=6).hexdigest()


@dataclass
class _Source:
    signatures: list[list[str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # digest → number of documents that show the line

    def add(self, lines: Sequence[str]) -> None:
        signature = _signature(lines)
        if any(_same_document(signature, known) for known in self.signatures):
            return
        self.signatures.append(signature)
        for mark in {digest(line) for line in (*lines[:HEAD], *lines[HEAD:][-TAIL:])}:
            self.lines[mark] = self.lines.get(mark, 0) + 1
        if len(self.signatures) > _DOCUMENTS:
            self._fade()
        if len(self.lines) > 2 * _LINES:
            self.lines = dict(sorted(self.lines.items(), key=lambda item: -item[1])[:_LINES])

    def _fade(self) -> None:
        """Forget the older half, so that a new menu can take the place of an old one."""
        self.signatures = self.signatures[len(self.signatures) // 2 :]
        self.lines = {mark: count // 2 for mark, count in self.lines.items() if count >= 2}

    def shared(self) -> frozenset[str]:
        enough = max(2, -(-len(self.signatures) // 3))
        return frozenset(mark for mark, count in self.lines.items() if count >= enough)


class Memory:
    """The lines seen per source, bounded in size."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}

    def add(self, source: str, lines: Iterable[str]) -> None:
        """Count the lines of one more document of a source; a copy of one seen before changes nothing."""
        known = [line for line in lines if line.strip()]
        if known:
            self._sources.setdefault(source, _Source()).add(known)
            while len(self._sources) > _SOURCES:
                del self._sources[next(iter(self._sources))]

    def shared(self, source: str) -> frozenset[str]:
        """Digests of the lines that at least two documents, and a third of all, of this source show."""
        known = self._sources.get(source)
        return known.shared() if known else frozenset()

    def to_json(self) -> dict[str, Any]:
        """Plain data: ``from_json`` gives an equal memory."""
        return {
            source: {
                "documents": known.signatures,
                # A line seen once is kept: the next import may show it again.
                "lines": dict(sorted(known.lines.items(), key=lambda item: -item[1])[:_LINES]),
            }
            for source, known in self._sources.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Memory:
        """The inverse of ``to_json``; anything that does not look like a memory counts as empty."""
        memory = cls()
        for source, known in (data or {}).items():
            if not isinstance(known, Mapping):
                continue
            signatures, lines = known.get("documents"), known.get("lines")
            if isinstance(signatures, list) and isinstance(lines, Mapping):
                memory._sources[str(source)] = _Source(
                    [
                        [str(mark) for mark in signature]
                        for signature in signatures
                        if isinstance(signature, list)
                    ],
                    {str(mark): int(count) for mark, count in lines.items() if isinstance(count, int)},
                )
        return memory


def _signature(lines: Sequence[str]) -> list[str]:
    long = {digest(line) for line in lines if len(line) >= _LONG} or {digest(line) for line in lines}
    return sorted(long)[:_SIGNATURE]


def _same_document(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two signatures agree in more than 60 %: copies do, documents that share a menu do not."""
    first, second = set(one), set(other)
    # Both lists hold the smallest digests: compare within the range that both of them cover.
    limit = min(max(first), max(second)) if min(len(first), len(second)) == _SIGNATURE else "g"
    union = {mark for mark in first | second if mark <= limit}
    return len(first & second & union) > 0.6 * len(union)
