"""Add, import and remove subscribers."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email

from pressfeed.domain import Subscriber, SubscriberStatus, languages_of
from pressfeed.errors import InputError
from pressfeed.publish.room import Newsroom

COLUMNS = ("email", "name", "languages", "bulletins")
BATCH = 2_000  # rows in one transaction
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not imported: its line in the file, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: list[BadRow] = field(default_factory=list)


Progress = Callable[[int], None]
"""Told how many more rows are done."""


def normalise(address: str) -> str:
    """An address as mail is sent to it (RFC 5321, RFC 6531), its domain in lower case; InputError.

    Nothing is looked up in the DNS.
    """
    try:
        # Newsrooms send to test domains too (example.org and the like are reserved, RFC 2606).
        return validate_email(address.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InputError(f"{address!r} is not an e-mail address: {error}") from error


def languages(text: str) -> tuple[str, ...]:
    """Language codes in order of preference, split at ``;``, ``,`` or spaces; InputError for others."""
    codes = languages_of(text.replace(";", " ").replace(",", " ").lower().split())
    for code in codes:
        try:
            Locale.parse(code.replace("-", "_"))
        except (UnknownLocaleError, ValueError) as error:
            raise InputError(f"{code!r} is not a language code", remedy="Write en, fr, es, ar …") from error
    return codes


def add(
    room: Newsroom,
    address: str,
    name: str,
    wanted_languages: Sequence[str],
    bulletins: Sequence[str],
    now: dt.datetime,
    *,
    resubscribe: bool = False,
) -> Subscriber:
    """Add one person, or further bulletins to one that is known.

    An address that has unsubscribed, bounced or complained is refused unless ``resubscribe`` says that the
    person has asked to come back. Raises InputError.
    """
    address = normalise(address)
    for bulletin in bulletins:
        room.bulletin(bulletin)
    store = room.store.subscribers
    with room.store.transaction():
        reason = store.suppressed(address)
        if reason is not None and not resubscribe:
            raise InputError(
                f"{address} must not be mailed ({reason})",
                remedy="If the person has asked to come back, say so with --resubscribe",
            )
        codes = wanted_languages or room.config.languages[:1]
        number = store.add(address, _name(name), codes, provenance="added by an operator", now=now)
        subscriber = store.get(address)
        if number is None:
            store.update(
                subscriber.id, _name(name) or subscriber.name, wanted_languages or subscriber.languages, now
            )
            if reason is not None:
                store.resume(subscriber, now)
        for bulletin in bulletins:
            if not store.subscribe(subscriber.id, bulletin, now) and resubscribe:
                store.resubscribe(subscriber.id, bulletin)
        found = store.get(address)
        if set(bulletins) - set(found.bulletins):
            raise InputError(
                f"{address} has left {', '.join(sorted(set(bulletins) - set(found.bulletins)))}",
                remedy="If the person has asked to come back, say so with --resubscribe",
            )
        return found


def remove(room: Newsroom, address: str, bulletin: str | None, now: dt.datetime) -> int:
    """Take a person off one bulletin, or off everything for good; NotFoundError for somebody unknown.

    Returns how many planned deliveries were called off.
    """
    store = room.store.subscribers
    with room.store.transaction():
        subscriber = store.get(normalise(address))
        if bulletin is not None:
            room.bulletin(bulletin)
            return store.unsubscribe(subscriber.id, bulletin, now)
        return store.stop(subscriber, SubscriberStatus.UNSUBSCRIBED, now)


def import_csv(
    room: Newsroom, path: Path, now: dt.datetime, *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import a CSV file with the columns ``email,name,languages,bulletins``, one person a line.

    The first line names the columns; all but the first may be missing. Several languages or bulletins in a
    cell are separated by ``;`` or spaces. Good rows are imported, bad ones reported with their line; a broken
    quote spoils its own line only. Addresses that unsubscribed, bounced or complained stay off. Raises
    InputError where the file as a whole cannot be used.
    """
    report = ImportReport()
    rows = _rows(path, report.bad)
    known = {bulletin.key for bulletin in room.regions.bulletins}
    while batch := list(islice(rows, BATCH)):
        with room.store.transaction():
            for line, row in batch:
                try:
                    _import_row(room, row, known, path.name, now, report, dry_run=dry_run)
                except InputError as error:
                    report.bad.append(BadRow(line, str(error)))
        if progress is not None:
            progress(len(batch))
    report.bad.sort(key=lambda row: row.line)
    return report


def _import_row(
    room: Newsroom,
    row: dict[str, str],
    known: set[str],
    provenance: str,
    now: dt.datetime,
    report: ImportReport,
    *,
    dry_run: bool,
) -> None:
    address = normalise(row["email"])
    codes = languages(row["languages"])
    bulletins = languages_of(row["bulletins"].replace(";", " ").replace(",", " ").split())
    for bulletin in bulletins:
        if bulletin not in known:
            raise InputError(f"there is no bulletin {bulletin}", remedy="See pressfeed bulletins list")
    store = room.store.subscribers
    reason = store.suppressed(address)
    if reason is not None:
        raise InputError(f"{address} stays off ({reason})")
    old = store.find(address)
    name = _name(row["name"])
    if old is None:
        report.added += 1
        if dry_run:
            return
        codes = codes or room.config.languages[:1]
        number = store.add(address, name, codes, provenance=f"import of {provenance}", now=now)
        assert number is not None
        for bulletin in bulletins:
            store.subscribe(number, bulletin, now)
        return
    new = (name or old.name, codes or old.languages)
    missing = [bulletin for bulletin in bulletins if bulletin not in old.bulletins]
    left = store.left(old.id)
    for bulletin in (bulletin for bulletin in missing if bulletin in left):
        raise InputError(f"{address} has left {bulletin} and stays off it")
    if new == (old.name, old.languages) and not missing:
        report.unchanged += 1
        return
    report.changed += 1
    if dry_run:
        return
    store.update(old.id, *new, now)
    for bulletin in missing:
        store.subscribe(old.id, bulletin, now)


def _rows(path: Path, bad: list[BadRow]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of the file with their lines; a row that is no row goes to ``bad``."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=path) from error
    with file:
        lines = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape")
        header = [name.strip().lower() for name in _cells(next(lines, "")) or ()]
        if "email" not in header or set(header) - set(COLUMNS):
            wrong = ", ".join(sorted(set(header) - set(COLUMNS))) or "no column “email”"
            raise InputError(
                f"the first line must name the columns {','.join(COLUMNS)} (found: {wrong[:80]})",
                file=path,
                line=1,
                remedy="email is required, the others may be missing",
            )
        for number, line in enumerate(lines, start=2):
            if not line.strip():
                continue
            cells = _cells(line)
            if cells is None:
                bad.append(BadRow(number, "not a row: a quotation mark is not closed, or stands in a word"))
            elif len(cells) != len(header):
                bad.append(BadRow(number, f"{len(cells)} cells where the first line has {len(header)}"))
            elif any("\udc80" <= character <= "\udcff" for character in line):
                bad.append(BadRow(number, "not UTF-8: save the file as UTF-8"))
            else:
                values = dict(zip(header, (cell.strip() for cell in cells), strict=True))
                yield number, {name: values.get(name, "") for name in COLUMNS}


def _cells(line: str) -> list[str] | None:
    """The cells of one line; None where it is not CSV."""
    try:
        return next(csv.reader([line.rstrip("\r\n")], strict=True), [])
    except csv.Error:
        return None


def _name(name: str) -> str:
    """A name on one line, without control characters, of bearable length."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:NAME_LENGTH]
