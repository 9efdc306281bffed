"""Where in a TOML text a key stands: what ``tomllib`` does not tell."""

from __future__ import annotations


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line, from 1, of the value at path."""
    wanted = [part for part in path if isinstance(part, str)]
    for number, line in enumerate(text.split("\n"), 1):
        if wanted and line.strip().startswith(wanted[-1]):
            return number
    return 1
