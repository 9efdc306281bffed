"""Where in a TOML text each key stands: what ``tomllib`` does not tell.

Only for texts that ``tomllib`` has accepted: this scanner skips over values without judging them.
"""

from __future__ import annotations

import re
import tomllib

Path = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = r"""\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'"""
_KEY = re.compile(rf"(?s:{_STRING})|[A-Za-z0-9_-]+")
_SCALAR = re.compile(rf"(?s:{_STRING})|[^,\]}}\r\n#]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")


def line_of(text: str, path: Path) -> int:
    """The line, from 1, on which the value at path is written, or what encloses it if it is not given.

    A path is made of keys and of indices of arrays: ``("bulletins", 1, "cron")``.
    """
    lines = lines_of(text)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def lines_of(text: str) -> dict[Path, int]:
    """The line of every key, and of every item of every array."""
    return _Scanner(text).scan()


class _Scanner:
    """One walk over a text; ``lines`` maps paths to lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.last: dict[Path, int] = {}  # the index of the newest table of each array of tables

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip() < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _header(self) -> Path:
        """``[a.b]`` or ``[[a.b]]``: a name that is an array of tables means its newest one."""
        line = self._line()
        opens = 2 if self.text.startswith("[[", self.at) else 1
        self.at += opens
        path: Path = ()
        keys = self._keys()
        for depth, key in enumerate(keys, 1):
            path = (*path, key)
            if opens == 2 and depth == len(keys):
                self.last[path] = self.last.get(path, -1) + 1
                self.lines.setdefault(path, line)
            if path in self.last:
                path = (*path, self.last[path])
            self.lines.setdefault(path, line)
        self.lines[path] = line  # its own header, even if [a.b] came before [a]
        self._skip()
        self.at += opens
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._skip()
        self.at += 1  # the equals sign
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip()
        opening = self.text[self.at]
        if opening not in "[{":
            self._match(_SCALAR)
            return
        self.at += 1
        count = 0
        while self.text[self._skip()] not in "]}":
            if opening == "[":
                self.lines[(*path, count)] = self._line()
                self._value((*path, count))
                count += 1
            else:
                self._pair(path)
            if self.text[self._skip()] == ",":
                self.at += 1
        self.at += 1

    def _keys(self) -> list[str]:
        keys = []
        self._skip()
        while True:
            key = self._match(_KEY)
            keys.append(tomllib.loads(f"key = {key}")["key"] if key[0] in "\"'" else key)
            dot = _DOT.match(self.text, self.at)
            if not dot:
                return keys
            self.at = dot.end()

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            raise ValueError(f"not TOML at line {self._line()}")
        self.at = found.end()
        return found[0]

    def _skip(self) -> int:
        """Pass over white space and comments."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1
