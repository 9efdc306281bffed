"""``pressfeed search``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pressfeed.cli.base import (
    iso,
    json_option,
    language_of,
    local,
    newsroom_option,
    now,
    open_newsroom,
    out,
    print_json,
    some,
    warn,
)
from pressfeed.errors import InputError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from rich.text import Text

    from pressfeed.publish.search import Found, Hit
    from pressfeed.publish.snippets import Piece


@click.command()
@click.argument("words", metavar="WORDS…", nargs=-1, required=True)
@click.option("--language", default="", metavar="CODE", help="Only releases in this language.")
@click.option("--region", default="", metavar="SLUG", help="Only those of this region and below it.")
@click.option("--since", metavar="DATE", help="Only those published on this day or later.")
@click.option("--until", metavar="DATE", help="Only those published on this day or earlier.")
@click.option(
    "--page", type=click.IntRange(1, 100), default=1, show_default=True, help="Which twenty of them."
)
@json_option
@newsroom_option
def search(
    words: tuple[str, ...],
    language: str,
    region: str,
    since: str | None,
    until: str | None,
    page: int,
    as_json: bool,
) -> None:
    """Look for public releases that say WORDS, as visitors of the newsroom's pages do.

    Put words that stand together into quotation marks. Case, accents, endings and a slip of the finger
    make no difference.
    """
    from pressfeed.publish.search import Question, search

    code = language_of(language or None) or ""
    question = Question(" ".join(words), code, region, _day(since), _day(until), page)
    with open_newsroom() as room:
        if region and room.regions.get(region) is None:
            raise InputError(f"there is no region {region}", remedy="Regions are the files in schedules/")
        found = search(room.store, room.regions, question, now(), room.config.zone)
        if as_json:
            print_json(_json(found))
            return
        _tell(found)
        for hit in found.hits:
            release = hit.release
            date = local(release.published_at, room.config)[:10]
            out().print(
                f"\n{release.id}  {date}  {release.content.language}  ", _marked(hit.headline), sep=""
            )
            out().print(_marked(hit.snippet))


def _day(text: str | None) -> dt.date | None:
    import datetime as dt

    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(f"{text!r} is not a date", remedy="Write 2024-07-26") from error


def _tell(found: Found) -> None:
    """How many there are, and how well they match."""
    if not found.total:
        warn("No public release says this.")
        return
    how = {
        "exact": "",
        "similar": ", some of them with similar words",
        "some": ", none of them with all words",
    }
    least = "at least " if found.more else ""
    click.echo(f"{least}{some(found.total, 'release')}{how[found.closeness]}")


def _marked(pieces: Sequence[Piece]) -> Text:
    from rich.text import Text

    return Text.assemble(*((piece.text, "bold" if piece.marked else "") for piece in pieces))


def _json(found: Found) -> dict[str, object]:
    return {
        "total": found.total,
        "more": found.more,
        "closeness": found.closeness,
        "releases": [_hit(hit) for hit in found.hits],
    }


def _hit(hit: Hit) -> dict[str, object]:
    release = hit.release
    return {
        "id": release.id,
        "language": release.content.language,
        "slug": release.slug,
        "headline": release.content.headline,
        "published_at": iso(release.published_at),
        "regions": list(release.content.regions),
        "snippet": [{"text": piece.text, "marked": piece.marked} for piece in hit.snippet],
    }


COMMANDS = (search,)
