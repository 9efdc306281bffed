"""``pressfeed dkim``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

import click

from pressfeed.cli.base import Group, newsroom_option, newsroom_path
from pressfeed.errors import InputError


@click.group(cls=Group)
@newsroom_option
def dkim() -> None:
    """Keys that prove that the mail is yours."""


@dkim.command()
@click.option(
    "--kind",
    type=click.Choice(["rsa", "ed25519"]),
    default="rsa",
    show_default=True,
    help="RSA-2048, which every receiver knows, or Ed25519 as a second one.",
)
@click.option("--selector", default="pressfeed", show_default=True, help="The key's name in the DNS.")
@click.option("--domain", help="The domain (default: that of the sender's address).")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The key file (default: db/dkim-SELECTOR.pem in the newsroom).",
)
@newsroom_option
def keygen(kind: str, selector: str, domain: str | None, output: Path | None) -> None:
    """Make a key and say how to publish and use it.

    Prints the DNS record that publishes the key, and what to write into pressfeed.toml.
    """
    from email.utils import parseaddr

    from pressfeed import config
    from pressfeed import dkim as keys
    from pressfeed.message import domain_of

    settings = config.load(newsroom_path(), os.environ)
    chosen = domain or domain_of(parseaddr(settings.sender)[1])
    path = output or settings.root / "db" / f"dkim-{selector}.pem"
    pem, _ = keys.generate(cast(Literal["rsa", "ed25519"], kind))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InputError(
            "there is a key already",
            file=path,
            remedy="Choose another --selector: old mail needs the old key",
        ) from error
    except OSError as error:
        raise InputError(f"the key cannot be written: {error.strerror}", file=path) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    inside = (
        path.resolve().relative_to(settings.root)
        if path.resolve().is_relative_to(settings.root)
        else path.resolve()
    )
    prefix = "ed25519_" if kind == "ed25519" else ""
    click.echo(f"Wrote the private key to {path}. Keep it secret.\n")
    click.echo(f"1. Publish this record in the DNS of {chosen}:\n")
    click.echo(keys.dns_record(selector, chosen, keys.load_key(pem)))
    click.echo("\n2. When it can be looked up, write into pressfeed.toml:\n")
    click.echo("[mail.dkim]")
    if not prefix:
        click.echo(f'domain = "{chosen}"')
    click.echo(f'{prefix}selector = "{selector}"\n{prefix}key = "{inside}"')


COMMANDS = (dkim,)
