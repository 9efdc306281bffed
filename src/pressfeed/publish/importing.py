"""Import subscribers from CSV: a million rows in a minute, in the memory of a few thousand.

Rows are read one by one and written by the batch, each batch in one transaction: a killed import has done
whole batches, and the same command again goes on from there, because rows that are in are unchanged.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pressfeed.domain import languages_of
from pressfeed.errors import InputError
from pressfeed.publish.room import Newsroom
from pressfeed.publish.subscribers import languages, normalise, tidy_name
from pressfeed.store.subscribers import Entry, address_key

COLUMNS = ("email", "name", "languages", "bulletins")
BATCH = 2_500  # rows in one transaction
LONGEST_LINE = 65_536  # bytes
REPORTED = 10_000  # bad rows that a report holds; the others are counted, and told to ``refused``

Progress = Callable[[int], None]
"""Told how many more rows are done."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not imported: its line in the file, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did. ``bad`` are the first bad rows, by line; ``refused`` counts all of them."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    bad: list[BadRow] = field(default_factory=list)


class _Row(NamedTuple):  # a million of them: a tuple is made faster than a dataclass
    line: int
    address: str
    key: str
    name: str
    languages: tuple[str, ...]
    bulletins: tuple[str, ...]


def count_rows(path: Path) -> int:
    """About how many rows a file has: its lines after the first; 0 where it cannot be read."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return max(0, sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) - 1)
    return 0


def import_csv(
    room: Newsroom,
    path: Path,
    now: dt.datetime,
    *,
    by: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
    refused: Callable[[BadRow], None] | None = None,
) -> ImportReport:
    """Import a CSV file with the columns ``email,name,languages,bulletins``, one person a line.

    The first line names the columns; all but the first may be missing. Several languages or bulletins in a
    cell are separated by ``;`` or spaces. Good rows are imported, bad ones reported with their line; a broken
    quote spoils its own line only. Addresses that unsubscribed, bounced or complained stay off, and who has
    chosen on the web keeps name and languages. Where each person came from is kept: file, line, and ``by``
    whom. Raises InputError where the file as a whole cannot be used.
    """
    report = ImportReport()

    def bad(line: int, reason: str) -> None:
        row = BadRow(line, reason)
        report.refused += 1
        if len(report.bad) < REPORTED:
            report.bad.append(row)
        if refused is not None:
            refused(row)

    known = frozenset(bulletin.key for bulletin in room.regions.bulletins)
    source = f"import of {path.name}, line {{}}" + (f", by {tidy_name(by)}" if by else "")
    with _opened(path) as file:
        rows = _rows(file, path, known, bad)
        while batch := list(islice(rows, BATCH)):
            with contextlib.nullcontext() if dry_run else room.store.transaction():
                _merge(room, [row for row in batch if row is not None], source, now, report, bad, dry_run)
            if progress is not None:
                progress(len(batch))
    report.bad.sort(key=lambda row: row.line)
    return report


def _merge(
    room: Newsroom,
    rows: Sequence[_Row],
    source: str,
    now: dt.datetime,
    report: ImportReport,
    bad: Callable[[int, str], None],
    dry_run: bool,
) -> None:
    """Bring one batch into the store, with a handful of statements for all of its rows."""
    store = room.store.subscribers
    people = store.entries([row.key for row in rows])
    barred = store.barred([row.address for row in rows])
    default = room.config.languages[:1]
    for row in rows:
        if row.address in barred:
            bad(row.line, f"{row.address} stays off ({store.suppressed(row.address)})")
            continue
        person = people.get(row.key)
        if person is None:
            people[row.key] = Entry(
                0,
                row.address,
                row.key,
                row.name,
                row.languages or default,
                source.format(row.line),
                new=set(row.bulletins),
            )
            report.added += 1
            continue
        left = [bulletin for bulletin in row.bulletins if bulletin in person.left]
        if left:
            bad(row.line, f"{row.address} has left {left[0]} and stays off it")
            continue
        missing = set(row.bulletins) - person.bulletins - person.new
        name, codes = row.name or person.name, row.languages or person.languages
        if person.chosen:
            name, codes = person.name or row.name, person.languages
        if (name, codes) == (person.name, person.languages) and not missing:
            report.unchanged += 1
            continue
        report.changed += 1
        person.name, person.languages = name, codes
        person.new |= missing
        person.touched = True
    if not dry_run:
        store.write(people.values(), now)


def _rows(
    file: BinaryIO, path: Path, known: frozenset[str], bad: Callable[[int, str], None]
) -> Iterator[_Row | None]:
    """The rows of the file, None for each bad one."""
    first = _decoded(file.readline(LONGEST_LINE).removeprefix(b"\xef\xbb\xbf")) or ""
    header = [name.strip().lower() for name in _cells(first) or ()]
    if "email" not in header or set(header) - set(COLUMNS):
        wrong = ", ".join(sorted(set(header) - set(COLUMNS))) or "no column “email”"
        raise InputError(
            f"the first line must name the columns {','.join(COLUMNS)} (found: {wrong[:80]})",
            file=path,
            line=1,
            remedy="email is required, the others may be missing",
        )
    email, name, codes, bulletins = (header.index(each) if each in header else -1 for each in COLUMNS)
    number, width = 1, len(header)
    while line := file.readline(LONGEST_LINE):
        number += 1
        text = _decoded(line)
        if text is not None and not text.strip():
            continue
        try:
            cells = _checked(line, text, width, file)
            address = normalise(cells[email])
            yield _Row(
                number,
                address,
                address_key(address),
                tidy_name(cells[name]) if name >= 0 else "",
                _codes(cells[codes]) if codes >= 0 else (),
                _bulletins(cells[bulletins], known) if bulletins >= 0 else (),
            )
        except InputError as error:
            bad(number, str(error))
            yield None


def _checked(line: bytes, text: str | None, width: int, file: BinaryIO) -> list[str]:
    """The cells of a line; InputError where it is no row."""
    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        while line and not line.endswith(b"\n"):  # the rest of it is no row either
            line = file.readline(LONGEST_LINE)
        raise InputError(f"not a row: longer than {LONGEST_LINE // 1024} KB")
    if text is None:
        raise InputError("not UTF-8", remedy="Save the file as UTF-8")
    cells = _cells(text)
    if cells is None:
        raise InputError("not a row: a quotation mark is not closed, or stands in a word")
    if len(cells) != width:
        raise InputError(f"{len(cells)} cells where the first line has {width}")
    return cells


def _cells(line: str) -> list[str] | None:
    """The cells of one line; None where it is not CSV."""
    line = line.rstrip("\r\n")
    if '"' not in line and "\r" not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return None


def _decoded(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=1_000)
def _codes(cell: str) -> tuple[str, ...]:
    return languages(cell)


@lru_cache(maxsize=1_000)
def _bulletins(cell: str, known: frozenset[str]) -> tuple[str, ...]:
    found = languages_of(cell.replace(";", " ").replace(",", " ").split())
    for bulletin in found:
        if bulletin not in known:
            raise InputError(f"there is no bulletin {bulletin}", remedy="See pressfeed bulletins list")
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from error
    with file:
        yield file
