"""``pressfeed bulletins``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pressfeed.cli.base import (
    Group,
    iso,
    json_option,
    language_of,
    newsroom_option,
    newsroom_path,
    now,
    open_newsroom,
    patience_option,
    print_json,
    print_table,
    progress,
    some,
    warn,
)

if TYPE_CHECKING:
    from pressfeed.domain import Bulletin, Edition
    from pressfeed.publish.room import Newsroom


@click.group(cls=Group)
@newsroom_option
def bulletins() -> None:
    """See, preview, test and send the digests of each region."""


@bulletins.command("list")
@json_option
@newsroom_option
def list_(as_json: bool) -> None:
    """Every bulletin, with its schedule and how many people get it."""
    with open_newsroom() as room:
        people = room.store.subscribers.subscription_counts()
        rows: list[dict[str, Any]] = [
            {
                "bulletin": bulletin.key,
                "kind": bulletin.kind,
                "cron": list(bulletin.crons),
                "zone": bulletin.zone.key,
                "languages": list(bulletin.languages),
                "minimum": bulletin.minimum,
                "maximum": bulletin.maximum,
                "subscribers": people.get(bulletin.key, 0),
                "last_slot": room.store.editions.last_slot(bulletin.key),
            }
            for bulletin in room.regions.bulletins
        ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Bulletin", "Schedule", "Time zone", "Languages", "Subscribers", "Last slot"),
        [
            (
                row["bulletin"],
                "; ".join(row["cron"]) or "at once",
                row["zone"],
                " ".join(row["languages"]),
                row["subscribers"],
                row["last_slot"],
            )
            for row in rows
        ],
        right=("Subscribers",),
    )


@bulletins.command("next")
@click.option(
    "--days", type=click.FloatRange(0.01, 3660), default=7, show_default=True, help="How far to look ahead."
)
@click.option(
    "--ical",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write them as iCalendar, for a calendar program.",
)
@json_option
@newsroom_option
def next_(days: float, ical: Path | None, as_json: bool) -> None:
    """The coming slots, in each region's own time and in UTC.

    Holidays, moved slots, changes of the clock and editions that wait for approval are remarked.
    """
    from pressfeed import resources
    from pressfeed.publish import calendar

    moment = now()
    with open_newsroom() as room:
        coming = calendar.coming(room, moment, days)
        if ical is not None:
            resources.write_if_changed(ical, calendar.ical(room, coming, moment))
    if as_json:
        print_json(
            [
                {
                    "bulletin": one.bulletin.key,
                    "slot": str(one.slot),
                    "zone": one.bulletin.zone.key,
                    "due_at": iso(one.slot.due_at),
                    "shifted": one.slot.shifted,
                    "ambiguous": one.slot.ambiguous,
                    "stands_for": [wall.isoformat(timespec="minutes") for wall in one.slot.stands_for],
                    "day_off": one.slot.day_off,
                    "left_out": one.slot.left_out,
                    "state": one.state,
                    "remarks": list(one.remarks),
                }
                for one in coming
            ]
        )
        return
    if ical is not None:
        click.echo(f"Wrote {len(coming)} slots to {ical}.")
        return
    print_table(
        ("Bulletin", "Slot (local)", "Time zone", "UTC", "Remark"),
        [
            (
                one.bulletin.key,
                f"{one.slot.wall:%a %Y-%m-%d %H:%M}",
                one.bulletin.zone.key,
                f"{one.slot.due_at:%Y-%m-%d %H:%M}",
                "; ".join(one.remarks),
            )
            for one in coming
        ],
    )


@bulletins.command()
@click.argument("name", metavar="REGION/NAME")
@click.option("--language", help="As a subscriber of this language gets it (default: the bulletin's first).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html"]),
    default="text",
    show_default=True,
    help="Which part.",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@newsroom_option
def preview(name: str, language: str | None, form: str, output: Path | None) -> None:
    """What the next edition would say now; nothing is planned or sent."""
    from pressfeed.publish import bulletins as use
    from pressfeed.publish.editions import free_slot

    code = language_of(language)
    with open_newsroom() as room:
        bulletin = room.bulletin(name)
        moment = now()
        rendered, selection = use.preview(room, bulletin, code, free_slot(room, bulletin, moment), moment)
    if rendered is None:
        click.echo(f"{name}: {selection.skipped or 'nothing in this language'}.")
        return
    part = rendered.html if form == "html" else rendered.text
    if output is not None:
        output.write_text(part, "utf-8")
        click.echo(f"Wrote {output}. Subject: {rendered.subject}")
    else:
        click.echo(part if form == "html" else f"Subject: {rendered.subject}\n\n{part}")


@bulletins.command()
@click.argument("name", metavar="REGION/NAME")
@click.option(
    "--slot",
    metavar="WHEN",
    help="The slot, in the region's time: 2024-07-26T07:00 (default: now, outside the schedule).",
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent; plan and send nothing.")
@patience_option
@json_option
@newsroom_option
def send(name: str, slot: str | None, dry_run: bool, patience: float, as_json: bool) -> int:
    """Plan the edition of a slot, freeze it, and deliver it.

    A slot has one edition: sent again for the same slot, this command goes on where it stopped, and sends
    nothing twice. Exit code 1: something waits for a retry or a decision.
    """
    from pressfeed import schedule
    from pressfeed.cli.deliveries import deliver_due
    from pressfeed.publish.editions import free_slot, plan_edition, select

    with open_newsroom() as room:
        bulletin = room.bulletin(name)
        moment = now()
        written = str(schedule.parse_slot(slot, bulletin)) if slot else free_slot(room, bulletin, moment)
        people = room.store.subscribers.subscription_counts().get(name, 0)
        if dry_run:
            selection = select(room, bulletin, moment)
            stories = len(selection.stories)
            would = f"would tell {some(stories, 'story')} to up to {some(people, 'person')}"
            click.echo(f"{name}, slot {written}: {would if stories else selection.skipped}.")
            return 0
        with progress("Planning", people) as update:
            done = 0

            def count(number: int) -> None:
                nonlocal done
                done += number
                update(done, people)

            edition, new = plan_edition(room, bulletin, written, moment, count)
        _warn_of_missing_pages(room, edition)
        finished = True
        if edition.state in ("planning", "planned"):
            finished = deliver_due(newsroom_path(), os.environ, room.config, patience=patience, quiet=as_json)
        edition = room.store.editions.get(edition.id)
        counts = room.store.editions.counts(edition.id)
        _report(room, bulletin, edition, counts, new=new, as_json=as_json)
    waiting = any(counts.get(state) for state in ("pending", "claimed", "sending", "unknown"))
    return 0 if not waiting and (finished or edition.state in ("sent", "skipped")) else 1


def _report(
    room: Newsroom, bulletin: Bulletin, edition: Edition, counts: dict[str, int], *, new: bool, as_json: bool
) -> None:
    stories = len(room.store.editions.stories(edition.id))
    recipients = sum(counts.values())
    if as_json:
        print_json(
            {
                "edition": edition.id,
                "bulletin": edition.bulletin,
                "slot": edition.slot,
                "state": edition.state,
                "reason": edition.reason,
                "new": new,
                "stories": stories,
                "waiting": edition.waiting,
                "recipients": recipients,
                "deliveries": counts,
            }
        )
        return
    again = "" if new else " (this slot had its edition already)"
    if edition.state == "skipped":
        click.echo(f"{bulletin.key}, slot {edition.slot}: nothing sent: {edition.reason}{again}.")
        return
    if edition.state == "awaiting":
        click.echo(
            f"{bulletin.key}, slot {edition.slot}: edition {edition.id} waits for approval:"
            f" pressfeed editions approve {edition.id}"
        )
        return
    if edition.state in ("paused", "cancelled", "held"):
        click.echo(f"{bulletin.key}, slot {edition.slot}: {edition.state}: {edition.reason}.")
        return
    if not recipients:
        people = room.store.subscribers.subscription_counts().get(bulletin.key, 0)
        told = some(stories, "story")
        why = "all of its subscribers have had these stories" if people else "it has no subscribers"
        click.echo(f"{bulletin.key}, slot {edition.slot}: nothing sent: {told}, but {why}{again}.")
        return
    parts = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    rest = f"; waiting for the next edition: {edition.waiting}" if edition.waiting else ""
    click.echo(
        f"{bulletin.key}, slot {edition.slot}: edition {edition.id} tells {some(stories, 'story')}"
        f" to {some(recipients, 'person')}: {parts}{rest}{again}."
    )


def _warn_of_missing_pages(room: Newsroom, edition: Edition) -> None:
    """A mail whose links lead nowhere is worse than none: say so while it can be mended."""
    built = room.store.outputs.outputs()
    missing = 0
    for story in room.store.editions.stories(edition.id):
        for release, _ in story.translations.values():
            found = room.store.releases.get(release)
            missing += f"releases/{found.content.language}/{found.slug}/index.html" not in built
    if missing:
        warn(f"pressfeed: {missing} of these releases have no page yet. Make them with: pressfeed build")


@bulletins.command()
@click.argument("name", metavar="REGION/NAME")
@click.option(
    "--to", "addresses", multiple=True, required=True, metavar="ADDRESS", help="Where to (may be repeated)."
)
@click.option("--language", help="As a subscriber of this language gets it (default: the bulletin's first).")
@newsroom_option
def test(name: str, addresses: tuple[str, ...], language: str | None) -> int:
    """Send what the bulletin would say now, to yourself.

    The mail is marked as a test, and the ledger does not know of it. Where nothing is new, the newest public
    releases stand in.
    """
    from pressfeed.delivery.opening import open_transport
    from pressfeed.publish import bulletins as use
    from pressfeed.publish.subscribers import normalise

    with open_newsroom() as room:
        outcomes = use.send_test(
            room,
            room.bulletin(name),
            [normalise(address) for address in addresses],
            language_of(language),
            open_transport(room.config.mail, room.config.root),
            now(),
        )
    for address, outcome in outcomes:
        code = f"{outcome.code} " if outcome.code else ""
        click.echo(f"{address}: {outcome.result}: {code}{outcome.text}")
    return 0 if all(outcome.result == "sent" for _, outcome in outcomes) else 1


COMMANDS = (bulletins,)
