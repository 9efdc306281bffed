"""``pressfeed subscribers``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from pressfeed.cli.base import (
    Group,
    author,
    by_option,
    iso,
    json_option,
    local,
    newsroom_option,
    now,
    open_newsroom,
    parse_moment,
    print_json,
    print_json_array,
    print_table,
    progress,
    some,
    warn,
)
from pressfeed.errors import InputError

if TYPE_CHECKING:
    from pressfeed.domain import Subscriber


@click.group(cls=Group)
@newsroom_option
def subscribers() -> None:
    """Import, add, list and remove the people who get bulletins."""


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@click.option("--by", metavar="NAME", help="Who vouches for the list (default: who is logged in).")
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every bad row's line and reason into this CSV file.",
)
@json_option
@newsroom_option
def import_(file: Path, dry_run: bool, by: str | None, errors: Path | None, as_json: bool) -> int:
    """Import a CSV file: email,name,languages,bulletins.

    The first line names the columns; only email is required. Several languages (the preferred one first) or
    bulletins in one cell are separated by ; or spaces. Bad rows are reported with their line, good ones
    imported.
    """
    import csv

    from pressfeed.publish import importing

    with contextlib.ExitStack() as stack:
        room = stack.enter_context(open_newsroom())
        total = importing.count_rows(file)
        update = stack.enter_context(progress("Importing", total))
        table = csv.writer(stack.enter_context(_created(errors))) if errors else None
        if table:
            table.writerow(("line", "reason"))
        done = 0

        def count(rows: int) -> None:
            nonlocal done
            done += rows
            update(done, max(done, total))

        report = importing.import_csv(
            room,
            file,
            now(),
            by=by or _login(),
            dry_run=dry_run,
            progress=count,
            refused=(lambda row: table.writerow((row.line, row.reason))) if table else None,
        )
    if as_json:
        print_json(
            {
                "added": report.added,
                "changed": report.changed,
                "unchanged": report.unchanged,
                "refused": report.refused,
                "bad": [{"line": row.line, "reason": row.reason} for row in report.bad],
            }
        )
    else:
        for row in report.bad:
            warn(f"{file}:{row.line}: {row.reason}")
        if report.refused > len(report.bad):
            warn(f"… and {report.refused - len(report.bad)} more: --errors FILE has them all.")
        would = "Would be: " if dry_run else ""
        click.echo(
            f"{would}{report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
            f" {report.refused} bad."
        )
    good = report.added + report.changed + report.unchanged
    return 0 if not report.refused else 1 if good else 2


def _created(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=path) from error


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container whose user has no name


@subscribers.command()
@click.argument("address")
@click.option("--name", default="", help="The person's name.")
@click.option("--language", "languages", multiple=True, help="A language (may be repeated, preferred first).")
@click.option(
    "--bulletin", "bulletins", multiple=True, metavar="REGION/NAME", help="A bulletin (may be repeated)."
)
@click.option("--resubscribe", is_flag=True, help="The person has asked to come back after leaving.")
@json_option
@newsroom_option
def add(
    address: str,
    name: str,
    languages: tuple[str, ...],
    bulletins: tuple[str, ...],
    resubscribe: bool,
    as_json: bool,
) -> None:
    """Add a person, or further bulletins to a person."""
    from pressfeed.publish import subscribers as use

    with open_newsroom() as room:
        codes = use.languages(" ".join(languages))
        person = use.add(room, address, name, codes, _split(bulletins), now(), resubscribe=resubscribe)
        if as_json:
            print_json(_subscriber_json(person))
        else:
            bulletins_text = ", ".join(person.bulletins) or "no bulletin yet"
            click.echo(f"{person.address} ({', '.join(person.languages)}): {bulletins_text}.")


@subscribers.command("list")
@click.option("--bulletin", metavar="REGION/NAME", help="Only those of this bulletin.")
@json_option
@newsroom_option
def list_(bulletin: str | None, as_json: bool) -> None:
    """Everybody, with their bulletins."""
    with open_newsroom() as room:
        if bulletin:
            room.bulletin(bulletin)
        everybody = room.store.subscribers.all(bulletin)
        if as_json:
            print_json_array(map(_subscriber_json, everybody))
            return
        print_table(
            ("Address", "Name", "Languages", "Status", "Bulletins"),
            [(s.address, s.name, " ".join(s.languages), s.status, ", ".join(s.bulletins)) for s in everybody],
        )


@subscribers.command()
@click.argument("address")
@click.option("--bulletin", metavar="REGION/NAME", help="Only from this bulletin.")
@click.option("--dry-run", is_flag=True, help="Say what would be called off; change nothing.")
@newsroom_option
def remove(address: str, bulletin: str | None, dry_run: bool) -> None:
    """Take a person off one bulletin, or off everything for good.

    What is planned for them and not on the wire is called off. An address that was taken off everything is
    never mailed again, whatever is imported later.
    """
    from pressfeed.publish import subscribers as use

    with open_newsroom() as room, room.store.transaction(rehearsal=dry_run):
        cancelled = use.remove(room, address, bulletin, now())
    would = "would be" if dry_run else "is"
    off = f" Called off: {some(cancelled, 'delivery')}." if cancelled else ""
    click.echo(f"{address} {would} off {bulletin or 'every bulletin, for good'}.{off}")


@subscribers.command()
@click.argument("address")
@click.argument("region")
@click.option(
    "--until", required=True, metavar="WHEN", help="When it ends by itself: 2027-01-01, or with a time."
)
@by_option
@newsroom_option
def accredit(address: str, region: str, until: str, by: str | None) -> None:
    """Let a person read releases ahead of their embargo.

    Those of REGION and of the regions below it. The person gets the region's advance bulletins.
    """
    from pressfeed.publish import advance

    with open_newsroom() as room:
        moment = parse_moment(until, room.config.zone)
        bulletins = advance.accredit(room, address, region, moment, author(by), now())
        click.echo(f"{address} is accredited for {region} until {local(moment, room.config)}.")
    if bulletins:
        click.echo(f"Advance copies come with {', '.join(bulletins)}.")
    else:
        warn(f'{region} has no bulletin with kind = "advance": nothing is sent ahead yet')


@subscribers.command()
@click.argument("address")
@click.argument("region")
@by_option
@newsroom_option
def revoke(address: str, region: str, by: str | None) -> None:
    """End an accreditation at once.

    Advance copies on their way are called off, and the pages behind the person's links are gone.
    """
    from pressfeed.publish import advance

    with open_newsroom() as room:
        cancelled = advance.revoke(room, address, region, author(by), now())
    off = f" Called off: {some(cancelled, 'delivery')}." if cancelled else ""
    click.echo(f"{address} is not accredited for {region} any more.{off}")


@subscribers.command()
@json_option
@newsroom_option
def accredited(as_json: bool) -> None:
    """Who was accredited for what, when, by whom."""
    with open_newsroom() as room:
        grants = room.store.accreditations.all()
        if as_json:
            print_json(
                [
                    {
                        "email": grant.address,
                        "region": grant.region,
                        "given_at": iso(grant.given_at),
                        "given_by": grant.given_by,
                        "until": iso(grant.until),
                        "ended_at": iso(grant.ended_at),
                        "ended_by": grant.ended_by,
                        "current": grant.is_current(now()),
                    }
                    for grant in grants
                ]
            )
            return
        print_table(
            ("Address", "Region", "Given", "By", "Until", "Ended", "By"),
            [
                (
                    grant.address,
                    grant.region,
                    local(grant.given_at, room.config),
                    grant.given_by,
                    local(grant.until, room.config),
                    local(grant.ended_at, room.config),
                    grant.ended_by,
                )
                for grant in grants
            ],
        )


@subscribers.command()
@click.argument("address")
@newsroom_option
def export(address: str) -> None:
    """Everything that is known about a person, as JSON.

    For the person, who may take it along (GDPR, articles 15 and 20).
    """
    from pressfeed.publish import personal
    from pressfeed.publish.subscribers import normalise

    with open_newsroom() as room:
        print_json(personal.export(room.store, room.store.subscribers.get(normalise(address))))


@subscribers.command()
@click.argument("address")
@click.option("--dry-run", is_flag=True, help="Say whom it would be; erase nothing.")
@newsroom_option
def forget(address: str, dry_run: bool) -> None:
    """Erase a person for good (GDPR, article 17).

    What was sent stays in the ledger, as sent to a number. A keyed hash of the address stays too, so that no
    import brings the person back.
    """
    from pressfeed.publish import personal
    from pressfeed.publish.subscribers import normalise

    with open_newsroom() as room:
        person = room.store.subscribers.get(normalise(address))
        if dry_run:
            click.echo(f"Would be erased: {person.address}, subscriber {person.id}.")
            return
        personal.forget(room.store, person, now())
    click.echo(f"{person.address} is erased; subscriber {person.id} has no name any more.")


def _split(values: tuple[str, ...]) -> list[str]:
    return [part for value in values for part in value.replace(";", " ").replace(",", " ").split()]


def _subscriber_json(person: Subscriber) -> dict[str, Any]:
    return {
        "email": person.address,
        "name": person.name,
        "languages": list(person.languages),
        "status": person.status,
        "bulletins": list(person.bulletins),
        "created_at": iso(person.created_at),
    }


COMMANDS = (subscribers,)
