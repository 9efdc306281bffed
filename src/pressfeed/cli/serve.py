"""``pressfeed serve``."""

from __future__ import annotations

import click

from pressfeed.cli.base import listen_option, newsroom_option, now, open_newsroom


@click.command()
@listen_option("Where to answer; port 0 = any free one.", default="127.0.0.1:8000")
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="A web server in front whose X-Forwarded-For is believed (may be repeated).",
)
@newsroom_option
def serve(listen: tuple[str, int], proxies: tuple[str, ...]) -> None:
    """Answer over HTTP: the files of public/, and the links in the mails.

    Behind a web server, let that one serve public/ and pass on what it does not find there.
    """
    from pressfeed.web.app import application
    from pressfeed.web.server import Server

    with open_newsroom() as room:
        app = application(room.config, room.regions, now)
    Server(app, *listen, proxies).run()


COMMANDS = (serve,)
