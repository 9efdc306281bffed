"""Addresses that were left: two small files in ``public/`` that nginx and ``pressfeed serve`` read (pure).

Each is the inside of an nginx ``map`` block: a path with its slash in front, a space, where to look instead,
a semicolon. ``.moved.map`` is answered by 308, ``.gone.map`` by 410 (RFC 9110, sections 15.4.9, 15.5.11).
The folder's own rule, that nothing behind a dot is served, hides them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MOVED = ".moved.map"
GONE = ".gone.map"

# Of a slug that leads on. Letters may name one that was too long for a page; nginx refuses to start with a
# key that does not fit its buckets, of 512 bytes in examples/nginx.conf.
LONGEST_SLUG = 400

_LASTING = ("rss.xml", "atom.xml", "feed.json", "index.html")
_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")


def write(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Paths relative to the base, from and to, as a file; sorted, so that the same pairs give the same bytes.

    ValueError for a path that would mean something to nginx.
    """
    lines = []
    for old, new in sorted(pairs):
        if not (_PATH.match(f"/{old}") and _PATH.match(f"/{new}")):
            raise ValueError(f"not a plain path: {old!r} or {new!r}")
        lines.append(f"/{old} /{new};\n")
    return "".join(lines).encode("ascii")


def redirects(pairs: Iterable[tuple[str, str]], root: str) -> bytes:
    """What moved, as many static hosts read it from ``_redirects``; ``root`` is the path of the base URL."""
    return "".join(f"{root}/{old} {root}/{new} 308\n" for old, new in sorted(pairs)).encode("ascii")


def is_lasting(file: str) -> bool:
    """Whether people subscribe to a file or keep its address, so that it must not vanish without a word.

    Pages of releases never end: they are withdrawn, or moved.
    """
    return file.endswith(_LASTING) and not file.startswith("releases/")


def page_of(file: str) -> str:
    """The path that a file answers for."""
    return file.removesuffix("index.html")


def read(data: bytes) -> Mapping[str, str]:
    """What ``write`` wrote: path → where to look instead, both with their slash in front."""
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        old, _, new = line.strip().removesuffix(";").partition(" ")
        if _PATH.match(old) and _PATH.match(new.strip()):
            found[old] = new.strip()
    return found
