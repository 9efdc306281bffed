"""``pressfeed websub``."""

from __future__ import annotations

import click

from pressfeed.cli.base import (
    Group,
    iso,
    json_option,
    local,
    newsroom_option,
    now,
    open_newsroom,
    print_json,
    print_table,
    some,
)


@click.group(cls=Group)
def websub() -> None:
    """Who is told of changed feeds: hubs, and subscribers of our own."""


@websub.command("list")
@json_option
@newsroom_option
def list_targets(as_json: bool) -> None:
    """Hubs and subscribers, and what they know."""
    with open_newsroom() as room:
        targets = room.store.websub.targets()
        if as_json:
            print_json(
                [
                    {
                        "target": one.id,
                        "kind": one.kind,
                        "feed": one.path,
                        "url": one.url,
                        "signed": bool(one.secret),
                        "since": iso(one.since),
                        "expires_at": iso(one.expires_at),
                        "told_at": iso(one.told_at),
                        "next_try": iso(one.next_try),
                        "attempts": one.attempts,
                        "reply": one.reply,
                    }
                    for one in targets
                ]
            )
            return
        rows = [
            (
                one.path,
                "hub" if one.kind == "ping" else "subscriber",
                one.url,
                local(one.expires_at, room.config),
                local(one.told_at, room.config),
                local(one.next_try, room.config),
                one.reply,
            )
            for one in targets
        ]
        print_table(("Feed", "Who", "Address", "Until", "Told", "Next try", "Reply"), rows)


@websub.command()
@newsroom_option
def ping() -> None:
    """Have everybody told again at the next push.

    Every hub and every subscriber, of every feed: by “pressfeed websub push”, or the running newsroom.
    """
    with open_newsroom() as room:
        click.echo(f"{some(room.store.websub.tell_all_again(now()), 'target')} due")


@websub.command()
@newsroom_option
def push() -> int:
    """Ask back and push what is due now.

    For a newsroom that is not kept going by “pressfeed run”.
    Exit code 1: somebody could not be reached and is tried again later.
    """
    from pressfeed.publish.websub import push_due

    with open_newsroom() as room:
        click.echo(f"{some(push_due(room, now()), 'request')} sent")
        return 1 if any(one.attempts for one in room.store.websub.targets()) else 0


COMMANDS = (websub,)
