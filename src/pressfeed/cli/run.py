"""``pressfeed run``, ``scheduler``, ``worker`` and ``health``."""

from __future__ import annotations

import os

import click
from click.core import ParameterSource

from pressfeed.cli.base import (
    json_option,
    listen_option,
    newsroom_option,
    newsroom_path,
    now,
    open_newsroom,
    print_json,
    print_table,
)


@click.command()
@listen_option("Answer over HTTP as well, as `pressfeed serve` does.")
@newsroom_option
def run(listen: tuple[str, int] | None) -> None:
    """Keep the newsroom going: publish, build, bulletins at their slots, deliveries.

    One process for all of it, until SIGTERM or SIGINT; it may be killed at any time. Several may run.
    """
    _serve(scheduler=True, worker=True, listen=listen)


@click.command()
@newsroom_option
def scheduler() -> None:
    """Only the scheduler: publish, build, and plan bulletins at their slots."""
    _serve(scheduler=True, worker=False)


@click.command()
@newsroom_option
def worker() -> None:
    """Only the worker: send what is planned."""
    _serve(scheduler=False, worker=True)


def _serve(*, scheduler: bool, worker: bool, listen: tuple[str, int] | None = None) -> None:
    import logging

    from pressfeed.service import Service

    source = click.get_current_context().find_root().get_parameter_source("log")
    if source is ParameterSource.DEFAULT:
        logging.getLogger("pressfeed").setLevel(logging.INFO)  # a service says what it does
    with open_newsroom():
        pass  # what is wrong with the newsroom is said now, with file and line, not by a mail
    Service(newsroom_path(), os.environ, scheduler=scheduler, worker=worker, listen=listen).run()


@click.command()
@json_option
@newsroom_option
def health(as_json: bool) -> int:
    """Is all well? For a monitor: exit code 0 yes, 1 no.

    Checks that scheduler and worker are alive, that no slot and no delivery is overdue, that no edition waits
    for an operator, the disk, and open incidents.
    """
    from pressfeed.errors import PressfeedError
    from pressfeed.publish.health import Check, examine

    try:
        with open_newsroom() as room:
            checks = list(examine(room, now()))
    except PressfeedError as error:
        checks = [Check("newsroom", False, str(error))]
    if as_json:
        print_json([{"check": one.name, "ok": one.good, "text": one.text} for one in checks])
    else:
        rows = [(one.name, "ok" if one.good else "BAD", one.text) for one in checks]
        print_table(("Check", "", "Finding"), rows)
    return 0 if all(one.good for one in checks) else 1


COMMANDS = (run, scheduler, worker, health)
