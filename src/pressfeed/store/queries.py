"""Named SQL: every statement stands in ``db/queries/*.sql`` under a name and a sentence."""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType

from pressfeed import resources

_NAME = re.compile(r"^-- name: ([a-z_]+)[ \t]*$", re.MULTILINE)


@cache
def load() -> MappingProxyType[str, str]:
    """All statements by name. Raises ValueError for a name used twice or a statement without a sentence."""
    found: dict[str, str] = {}
    for path in sorted((resources.folder("db") / "queries").glob("*.sql")):
        parts = _NAME.split(path.read_text("utf-8"))
        for name, body in zip(parts[1::2], parts[2::2], strict=True):
            lines = body.strip().splitlines()
            if name in found:
                raise ValueError(f"{path.name}: two statements are called {name}")
            if not lines or not lines[0].startswith("-- "):
                raise ValueError(f"{path.name}: {name} lacks its sentence")
            found[name] = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    return MappingProxyType(found)
