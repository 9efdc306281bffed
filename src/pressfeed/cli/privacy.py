"""``pressfeed privacy``."""

from __future__ import annotations

import dataclasses

import click

from pressfeed.cli.base import Group, json_option, newsroom_option, now, open_newsroom, print_json, some


@click.group(cls=Group)
@newsroom_option
def privacy() -> None:
    """What is kept about people, and for how long."""


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Say what would be erased; erase nothing.")
@json_option
@newsroom_option
def purge(dry_run: bool, as_json: bool) -> None:
    """Erase what is kept no longer.

    How long, [privacy] says. `pressfeed run` does this once a day.
    """
    from pressfeed.publish.privacy import purge as erase

    with open_newsroom() as room:
        done = erase(room, now(), dry_run=dry_run)
    if as_json:
        print_json(dataclasses.asdict(done))
        return
    would = "Would be erased: " if dry_run else "Erased: "
    click.echo(
        f"{would}{some(done.people, 'person')}, {some(done.consents, 'consent')}, the words of"
        f" {some(done.messages, 'message')}, {some(done.kept, 'kept message')}, {some(done.files, 'file')},"
        f" {some(done.replies, 'server reply')}, {some(done.changes, 'change')} of address."
    )


COMMANDS = (privacy,)
