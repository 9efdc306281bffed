"""``pressfeed editions``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pressfeed.cli.base import (
    Group,
    author,
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

if TYPE_CHECKING:
    from pressfeed.domain import Edition
    from pressfeed.publish.room import Newsroom

F = TypeVar("F", bound=Callable[..., Any])


@click.group(cls=Group)
@newsroom_option
def editions() -> None:
    """See editions; approve, hold, cancel and resume them."""


def edition_argument(function: F) -> F:
    """Give a command the number of an edition."""
    return click.argument("edition_id", metavar="ID", type=int)(function)


def by_option(function: F) -> F:
    """Give a command ``--by``."""
    return click.option("--by", metavar="NAME", help="Who decides (default: who is logged in).")(function)


def why_option(function: F) -> F:
    """Give a command ``--why``."""
    return click.option("--why", default="", metavar="REASON", help="For the record.")(function)


@editions.command("list")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--bulletin", metavar="REGION/NAME", help="Only those of this bulletin.")
@json_option
@newsroom_option
def list_(limit: int, bulletin: str | None, as_json: bool) -> None:
    """The newest editions and how far they have come."""
    with open_newsroom() as room:
        store = room.store.editions
        found = store.of_bulletin(bulletin, limit) if bulletin else store.newest(limit)
        rows = [(edition, store.counts(edition.id)) for edition in found]
        if as_json:
            print_json([_summary(edition) | {"deliveries": counts} for edition, counts in rows])
            return
        print_table(
            ("Edition", "Bulletin", "Slot", "State", "Deliveries", "Reason"),
            [
                (
                    edition.id,
                    edition.bulletin,
                    edition.slot,
                    edition.state,
                    ", ".join(f"{number} {state}" for state, number in sorted(counts.items())),
                    edition.reason,
                )
                for edition, counts in rows
            ],
            right=("Edition",),
        )


@editions.command()
@edition_argument
@json_option
@newsroom_option
def show(edition_id: int, as_json: bool) -> None:
    """What an edition says, who approved it, and what became of it."""
    with open_newsroom() as room:
        store = room.store.editions
        edition = store.get(edition_id)
        counts = store.counts(edition_id)
        approvals = store.approvals(edition_id)
        stories = [_story(room, story.translations, story.told) for story in store.stories(edition_id)]
        if as_json:
            print_json(
                _summary(edition)
                | {
                    "deliveries": counts,
                    "approvals": [{"name": one.name, "given_at": iso(one.given_at)} for one in approvals],
                    "stories": stories,
                }
            )
            return
        bulletin = room.regions.bulletin(edition.bulletin)
        due = iso(edition.due_at) or ""
        needed = f" of {bulletin.approvals}" if bulletin and bulletin.approvals else ""
        given = ", ".join(f"{one.name} ({local(one.given_at, room.config)})" for one in approvals)
        rows: list[tuple[str, object]] = [
            ("Bulletin", edition.bulletin),
            ("Kind", edition.kind),
            ("Slot", f"{edition.slot} ({due})"),
            ("Stands for", ", ".join(edition.stands_for)),
            ("State", f"{edition.state}: {edition.reason}" if edition.reason else edition.state),
            ("Approvals", f"{len(approvals)}{needed}: {given}" if approvals or needed else ""),
            ("Deliveries", ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))),
            ("Waiting", f"{some(edition.waiting, 'story')} for the next edition" if edition.waiting else ""),
        ]
        print_table(("", ""), [row for row in rows if row[1]])
        print_table(
            ("Story", "Language", "Release", "Version", "Headline", ""),
            [
                (number, *told.values(), "" if story["told"] else "left to another edition")
                for number, story in enumerate(stories, 1)
                for told in story["releases"]
            ],
            right=("Story", "Release", "Version"),
        )


@editions.command()
@edition_argument
@by_option
@newsroom_option
def approve(edition_id: int, by: str | None) -> None:
    """Let an edition go out at its slot.

    Some bulletins want two different people to say so. An edition that was held because nobody had approved
    it goes out at once.
    """
    from pressfeed.domain import EditionState
    from pressfeed.publish import approval

    with open_newsroom() as room:
        done = approval.approve(room, edition_id, author(by), now())
    edition = done.edition
    if done.missing:
        click.echo(f"Edition {edition_id} of {edition.bulletin} needs the approval of another person.")
    elif edition.state is EditionState.SKIPPED:
        click.echo(f"Edition {edition_id} of {edition.bulletin} has nothing to say: {edition.reason}.")
    elif edition.state is EditionState.APPROVED:
        click.echo(f"Edition {edition_id} of {edition.bulletin} goes out at {edition.slot}.")
    else:
        click.echo(
            f"Edition {edition_id} of {edition.bulletin} goes out now."
            " Without pressfeed run, send it with: pressfeed deliver"
        )


@editions.command()
@edition_argument
@by_option
@why_option
@newsroom_option
def hold(edition_id: int, by: str | None, why: str) -> None:
    """Stop an edition, before its slot or on its way."""
    from pressfeed.domain import EditionState
    from pressfeed.publish import approval

    with open_newsroom() as room:
        edition = approval.hold(room, edition_id, author(by), why, now())
    if edition.state is EditionState.HELD:
        click.echo(f"Edition {edition_id} is held; its stories are free for another edition.")
        click.echo(f"Let it go with: pressfeed editions approve {edition_id}")
    else:
        click.echo(
            f"Edition {edition_id} is paused. Let it go on with: pressfeed editions resume {edition_id}"
        )


@editions.command()
@edition_argument
@by_option
@why_option
@click.option("--dry-run", is_flag=True, help="Say what would be called off; change nothing.")
@newsroom_option
def cancel(edition_id: int, by: str | None, why: str, dry_run: bool) -> None:
    """Call an edition off for good. Whoever was not reached may be told its stories another way."""
    from pressfeed.publish import approval

    with open_newsroom() as room, room.store.transaction(rehearsal=dry_run):
        edition, called_off = approval.cancel(room, edition_id, author(by), why, now())
        free = not room.store.editions.begun(edition_id)
    would = "would be" if dry_run else "is"
    rest = f" Called off: {some(called_off, 'delivery')}." if called_off else ""
    click.echo(f"Edition {edition_id} of {edition.bulletin} {would} cancelled.{rest}")
    if free:
        click.echo(f"Its stories {'would be' if dry_run else 'are'} free for the next edition.")


@editions.command()
@edition_argument
@newsroom_option
def resume(edition_id: int) -> None:
    """Let a paused edition go on, once its cause is mended."""
    from pressfeed.publish import approval

    with open_newsroom() as room:
        approval.resume(room, edition_id, now())
    click.echo(f"Edition {edition_id} goes on. Without pressfeed run, send it with: pressfeed deliver")


def _summary(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.id,
        "bulletin": edition.bulletin,
        "kind": edition.kind,
        "slot": edition.slot,
        "due_at": iso(edition.due_at),
        "stands_for": list(edition.stands_for),
        "state": edition.state,
        "reason": edition.reason,
        "planned_at": iso(edition.planned_at),
        "waiting": edition.waiting,
    }


def _story(room: Newsroom, translations: dict[str, tuple[int, int]], told: bool) -> dict[str, Any]:
    return {
        "told": told,
        "releases": [
            {
                "language": language,
                "release": release,
                "version": version,
                "headline": room.store.releases.get_version(release, version).content.headline,
            }
            for language, (release, version) in sorted(translations.items())
        ],
    }


COMMANDS = (editions,)
