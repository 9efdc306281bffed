"""``pressfeed backup`` and ``restore``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pressfeed.cli.base import (
    iso,
    json_option,
    local,
    newsroom_option,
    now,
    open_newsroom,
    print_json,
    progress,
    some,
    warn,
)


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--keys", is_flag=True, help="Also the private keys that sign mail.")
@click.option("--dry-run", is_flag=True, help="Say what would be in it; write nothing.")
@json_option
@newsroom_option
def backup(file: Path, keys: bool, dry_run: bool, as_json: bool) -> None:
    """Put the newsroom into one file, while it runs.

    The store as it is at one moment, settings, schedules and templates; verified, readable by you alone. A
    name that ends in .gz or .tgz compresses it. public/ is not in it: it can be built again.
    """
    from pressfeed.publish import backup as use

    with open_newsroom() as room:
        if dry_run:
            items, left_out = use.contents(room.config, keys=keys)
            names = [*(item.name for item in items), use.STORE]
            size = room.config.database.stat().st_size + sum(len(item.data) for item in items)
            if as_json:
                print_json({"files": names, "size": size, "keys_left_out": [str(key) for key in left_out]})
            else:
                click.echo("\n".join(names))
                click.echo(f"Would be {some(len(names), 'file')}, {_megabytes(size)} before compression.")
            return
        with progress("Backing up", None) as update:
            done = use.back_up(room, file, now(), keys=keys, progress=update)
    if as_json:
        print_json(
            {
                "file": str(file),
                "size": done.size,
                "files": list(done.files),
                "keys_left_out": [str(key) for key in done.keys_left_out],
                "audit_head": done.head,
                **done.counts,
            }
        )
        return
    counts = ", ".join(some(number, noun[:-1].replace("ie", "y")) for noun, number in done.counts.items())
    click.echo(f"{file}: {_megabytes(done.size)}, {some(len(done.files), 'file')}: {counts}.")
    click.echo(f"The head of its audit: {done.head}")
    for key in done.keys_left_out:
        warn(f"pressfeed: {key} is not in it: keep a copy in a safe place, or add it with --keys")


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--force", is_flag=True, help="Also over a store that has gone on since, or another newsroom's."
)
@click.option("--nothing-sent", is_flag=True, help="Nothing was sent since the backup: go on where it stood.")
@click.option("--dry-run", is_flag=True, help="Verify it and say what would happen; change nothing.")
@json_option
@newsroom_option
def restore(file: Path, folder: Path, force: bool, nothing_sent: bool, dry_run: bool, as_json: bool) -> None:
    """Make the newsroom in DIR what it was when FILE was made.

    Everything is verified before anything is replaced; what was there is put aside. What may have been sent
    since the backup is in doubt then: nobody gets it until you decide with pressfeed deliveries resolve.
    """
    from pressfeed import config as settings
    from pressfeed.publish import restore as use

    moment = now()
    with progress("Unpacking", None) as update:
        done = use.restore(
            file,
            folder,
            os.environ,
            moment,
            force=force,
            nothing_sent=nothing_sent,
            dry_run=dry_run,
            progress=update,
        )
    if as_json:
        print_json(
            {
                "made_at": iso(done.made_at),
                "files": list(done.files),
                "in_doubt": done.aftermath.in_doubt,
                "editions": done.aftermath.editions,
                "aside": str(done.aside) if done.aside else None,
            }
        )
        return
    if dry_run:
        click.echo(f"The backup of {iso(done.made_at)} is good: {some(len(done.files), 'file')}.")
        click.echo(f"Deliveries that would be in doubt: {done.aftermath.in_doubt}.")
        return
    made_at = local(done.made_at, settings.load(folder, os.environ))
    click.echo(f"{folder} is as it was on {made_at}.")
    if done.aside is not None:
        click.echo(f"What was there before lies in {done.aside}")
    click.echo(f"Make its pages: pressfeed -C {folder} build")
    if done.aftermath.in_doubt:
        click.echo(
            f"\n{done.aftermath.in_doubt} deliveries of {some(done.aftermath.editions, 'edition')} may have"
            " been sent since. Nobody gets them until you decide:"
        )
        click.echo(f"  pressfeed -C {folder} deliveries list --state unknown")
        click.echo(f"  pressfeed -C {folder} deliveries resolve --all --as sent      they were sent")
        click.echo(f"  pressfeed -C {folder} deliveries resolve --all --as resend    they were not")


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


COMMANDS = (backup, restore)
