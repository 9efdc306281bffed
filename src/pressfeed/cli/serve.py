"""``pressfeed serve``."""

from __future__ import annotations

import click

from pressfeed.cli.base import newsroom_option, now, open_newsroom


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 = any free one.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A web server in front whose X-Forwarded-For is believed (may be repeated).",
)
@newsroom_option
def serve(host: str, port: int, proxies: tuple[str, ...]) -> None:
    """Answer over HTTP: the files of public/, and the links in the mails.

    Behind a web server, let that one serve public/ and pass on what it does not find there.
    """
    from pressfeed.web.app import application
    from pressfeed.web.server import Server

    with open_newsroom() as room:
        app = application(room.config, room.regions, now)
    Server(app, host, port, proxies).run()


COMMANDS = (serve,)
