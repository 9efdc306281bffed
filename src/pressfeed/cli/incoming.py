"""``pressfeed incoming``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, BinaryIO

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
    print_json_array,
    print_table,
    some,
)

if TYPE_CHECKING:
    from pressfeed.store.incoming import Arrival


@click.group(cls=Group)
@newsroom_option
def incoming() -> None:
    """Bounces, complaints, unsubscriptions and answers."""


@incoming.command()
@newsroom_option
def listen() -> None:
    """Take mail by LMTP or SMTP.

    Where `incoming.listen` says, until SIGTERM. `pressfeed run` does this as well.
    """
    import asyncio
    import logging
    import signal

    from pressfeed.errors import ConfigError
    from pressfeed.publish.listener import serve

    with open_newsroom() as room:
        config = room.config
    if not config.incoming.listen:
        raise ConfigError(
            "nothing says where to listen", remedy='Write listen = "lmtp:run/incoming.sock" below [incoming]'
        )
    logging.getLogger("pressfeed").setLevel(logging.INFO)  # a service says what it does

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(config, now, stop, lambda where: click.echo(f"Listening at {where}"))

    asyncio.run(run())


@incoming.command()
@json_option
@newsroom_option
def poll(as_json: bool) -> None:
    """Read the Maildir and the IMAP folder.

    Once, and what is new. `pressfeed run` does this again and again.
    """
    from pressfeed.publish.folders import poll as read_folders

    with open_newsroom() as room:
        tally = read_folders(room, now)
    if as_json:
        print_json(dict(sorted(tally.items())))
    else:
        what = ", ".join(f"{number} {action}" for action, number in sorted(tally.items()))
        click.echo(f"{some(tally.total(), 'message')}{': ' + what if what else ''}.")


@incoming.command()
@click.argument("file", type=click.File("rb"))
@json_option
@newsroom_option
def read(file: BinaryIO, as_json: bool) -> None:
    """Read one message from a file.

    Or from standard input (-), for a mail server that can only pipe.
    """
    from pressfeed.publish.incoming import receive

    with open_newsroom() as room:
        raw = file.read(room.config.incoming.largest)
        receipt = receive(room.store, room.config.incoming, raw, "file", now())
    if as_json:
        print_json({"kind": receipt.kind, "action": receipt.action, "repeated": receipt.repeated})
    else:
        before = ", as before" if receipt.repeated else ""
        click.echo(f"{receipt.kind}: {receipt.action}{before}.")


@incoming.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what nobody need look at.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@json_option
@newsroom_option
def list_(everything: bool, limit: int, as_json: bool) -> None:
    """What waits for an operator."""
    with open_newsroom() as room:
        store = room.store.incoming
        found = store.newest(limit) if everything else store.open(limit)
        if as_json:
            print_json_array(map(_json, found))
            return
        rows = [
            (one.id, local(one.received_at, room.config), one.kind, one.action, one.sender, one.subject)
            for one in found
        ]
        print_table(("Message", "Came", "Kind", "Action", "From", "Subject"), rows, right=("Message",))


@incoming.command()
@click.argument("number", metavar="ID", type=int)
@click.option("--raw", is_flag=True, help="The message as it came, where it is kept.")
@json_option
@newsroom_option
def show(number: int, raw: bool, as_json: bool) -> None:
    """One message, and what followed."""
    from pressfeed.errors import NotFoundError
    from pressfeed.incoming.classify import read as understand

    with open_newsroom() as room:
        one = room.store.incoming.get(number)
        config = room.config
    if raw:
        if one.raw is None:
            raise NotFoundError(
                f"message {number} is not kept as it came", remedy="Only what waits for you is, for a while"
            )
        sys.stdout.buffer.write(one.raw)
        return
    words = understand(one.raw).words if one.raw is not None else ""
    if as_json:
        print_json({**_json(one), "words": words})
        return
    for name, value in (
        ("Came", f"{local(one.received_at, config)} ({one.source}, {one.size:,} bytes)"),
        ("From", one.sender),
        ("Subject", one.subject),
        ("Kind", one.kind),
        ("Action", one.action),
        ("Delivery", one.delivery or "-"),
        ("Seen to", local(one.resolved_at, config) or "not yet"),
        ("Says", one.detail),
    ):
        click.echo(f"{name + ':':<10}{_printable(str(value))}")
    if words:
        click.echo("\n" + "\n".join(_printable(line) for line in words.splitlines()))


@incoming.command()
@click.argument("numbers", metavar="ID…", type=int, nargs=-1, required=True)
@newsroom_option
def resolve(numbers: tuple[int, ...]) -> None:
    """Say that you have seen to messages.

    They leave the list. What is to be done is done by other commands: `pressfeed subscribers remove`, say.
    """
    with open_newsroom() as room, room.store.transaction():
        for number in numbers:
            room.store.incoming.get(number)
        done = sum(room.store.incoming.resolve(number, now()) for number in numbers)
        left = room.store.incoming.waiting()
    click.echo(f"{some(done, 'message')} seen to, {left} left.")


def _printable(text: str) -> str:
    """A stranger's words without what a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


def _json(one: Arrival) -> dict[str, Any]:
    return {
        "id": one.id,
        "received_at": iso(one.received_at),
        "source": one.source,
        "kind": one.kind,
        "action": one.action,
        "sender": one.sender,
        "subject": one.subject,
        "detail": one.detail,
        "size": one.size,
        "subscriber_id": one.subscriber,
        "delivery": one.delivery,
        "resolved_at": iso(one.resolved_at),
    }


COMMANDS = (incoming,)
