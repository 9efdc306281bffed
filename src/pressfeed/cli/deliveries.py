"""``pressfeed deliver``, ``deliveries`` and ``ledger``."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pressfeed.cli.base import (
    Group,
    iso,
    json_option,
    local,
    newsroom_option,
    newsroom_path,
    now,
    open_newsroom,
    patience_option,
    print_json,
    print_json_array,
    print_table,
    some,
)
from pressfeed.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from pressfeed.config import Config
    from pressfeed.delivery.sender import Tally
    from pressfeed.publish.room import Newsroom
    from pressfeed.store.ledger import LedgerEntry


@click.command()
@patience_option
@json_option
@newsroom_option
def deliver(patience: float, as_json: bool) -> int:
    """Send everything that is due, and take up what a killed sender left.

    Exit code 0: all is settled. 1: something waits for a retry, a decision, or the mail server.
    """
    from pressfeed.delivery.opening import open_transport
    from pressfeed.publish.editions import go_on
    from pressfeed.publish.letters import send_letters

    with open_newsroom() as room:
        go_on(room, now())
        letters = send_letters(room, lambda: open_transport(room.config.mail, newsroom_path().resolve()), now)
        finished = deliver_due(newsroom_path(), os.environ, room.config, patience=patience, quiet=as_json)
        counts = room.store.deliveries.counts()
        if as_json:
            print_json({"settled": finished, "deliveries": counts, "letters": letters})
        elif letters:
            click.echo(f"{some(letters, 'letter')} to single subscribers sent.")
    return 0 if finished else 1


def deliver_due(
    root: Path, environ: Mapping[str, str], config: Config, *, patience: float, quiet: bool
) -> bool:
    """Run a sender until nothing is due, with a live view; whether nothing is left to wait for."""
    from pressfeed.delivery.opening import open_transport
    from pressfeed.delivery.sender import Tally
    from pressfeed.publish.deliver import send_due

    tally = Tally()
    transport = open_transport(config.mail, root.resolve())
    done = threading.Event()
    viewer = threading.Thread(target=_watch, args=(tally, done), daemon=True)
    if sys.stderr.isatty() and not quiet:
        viewer.start()
    try:
        send_due(
            root, environ, transport, lease=config.mail.lease.total_seconds(), tally=tally, patience=patience
        )
    finally:
        done.set()
        if viewer.is_alive():
            viewer.join()
    if not quiet:
        _tell(tally)
    return tally.finished


def _tell(tally: Tally) -> None:
    parts = [
        f"{number} {word}"
        for word, number in (
            ("sent", tally.sent),
            ("deferred", tally.deferred),
            ("failed", tally.failed),
            ("in doubt", tally.unknown),
            ("taken over from a sender that died", tally.recovered),
        )
        if number
    ]
    click.echo(f"Delivered: {', '.join(parts) or 'nothing was due'}.")
    left = tally.outlook
    if tally.problem:
        click.echo(f"The mail server: {tally.problem}", err=True)
    if left is None:
        return
    if left.next_due is not None:
        wait = round(left.next_due / 60)
        when = f"The next try is due in {wait} min." if wait > 0 else "More is due already."
        click.echo(f"{when} Run this again{' then' if wait > 0 else ''}, or leave it to the scheduler.")
    if left.in_doubt:
        click.echo(f"{left.in_doubt} in doubt. See: pressfeed deliveries list --state unknown")
    if left.paused:
        click.echo(f"{some(left.paused, 'edition')} paused. See: pressfeed editions list")


def _watch(tally: Tally, done: threading.Event) -> None:
    """Draw what a sender does until it is done."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    # What was done when, over the last seconds: an outage is neither averaged away nor remembered for ever.
    lately = deque([(time.monotonic(), 0)], maxlen=40)
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while not done.wait(0.25):
            since, before = lately[0]
            lately.append((time.monotonic(), tally.done))
            rate = (tally.done - before) / max(lately[-1][0] - since, 0.001)
            words = progress(tally, rate)
            lines = [f"{_bar(tally.done, tally.due, console.width - len(words) - 1)} {words}"]
            if tally.problem:
                lines.append(f"Waiting for the mail server: {tally.problem}")
            live.update(Text("\n".join(lines)))


def progress(tally: Tally, rate: float) -> str:
    """What a sender has done, at so many messages a second, and how long the rest will take."""
    words = f"{tally.sent} accepted, {tally.deferred} deferred, {tally.failed} failed"
    if tally.unknown:
        words += f", {tally.unknown} in doubt"
    left = tally.due - tally.done
    if left <= 0 or rate <= 0:
        return f"{words}, {rate:.0f}/s"
    seconds = max(1, round(left / rate))
    return f"{words}, {rate:.0f}/s, {f'{seconds} s' if seconds < 100 else f'{seconds // 60} min'} left"


def _bar(done: int, total: int, room: int) -> str:
    width = min(max(room, 6), 30)
    filled = width * min(done, total) // total if total else 0
    return "━" * filled + "╌" * (width - filled)


@click.group(cls=Group)
@newsroom_option
def deliveries() -> None:
    """See every delivery; decide what is in doubt."""


@deliveries.command("list")
@click.option("--state", help="Only these: pending, claimed, sending, sent, failed, unknown, cancelled.")
@click.option(
    "--limit", type=click.IntRange(1), help="At most so many (default: 100 in a table, all in JSON)."
)
@json_option
@newsroom_option
def list_(state: str | None, limit: int | None, as_json: bool) -> None:
    """Deliveries with their state and the server's words."""
    from pressfeed.domain import DeliveryState

    if state is not None and state not in set(DeliveryState):
        raise click.BadParameter(f"{state!r} is none of {', '.join(DeliveryState)}", param_hint="--state")
    with open_newsroom() as room:
        wanted = DeliveryState(state) if state else None
        records = room.store.deliveries.list(wanted, limit or (-1 if as_json else 100))
        if as_json:
            print_json_array(
                {
                    "delivery": record.id,
                    "subscriber": record.subscriber,
                    "edition": record.edition,
                    "bulletin": record.bulletin,
                    "slot": record.slot,
                    "state": record.state,
                    "attempts": record.attempts,
                    "next_try": iso(record.next_try) if record.state == "pending" else None,
                    "message_id": record.message_id,
                    "reply": record.reply,
                    "settled_at": iso(record.settled_at),
                }
                for record in records
            )
            return
        print_table(
            ("Delivery", "Subscriber", "Bulletin", "Slot", "State", "Tries", "Next try", "Reply"),
            [
                (
                    record.id,
                    record.subscriber,
                    record.bulletin,
                    record.slot,
                    record.state,
                    record.attempts,
                    local(record.next_try, room.config) if record.state == "pending" else "",
                    record.reply,
                )
                for record in records
            ],
            right=("Delivery", "Tries"),
        )


@deliveries.command()
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="At most so many.")
@json_option
@newsroom_option
def letters(limit: int, as_json: bool) -> None:
    """Mails about single subscriptions, and their fate."""
    with open_newsroom() as room:
        found = room.store.letters.newest(limit)
        if as_json:
            print_json_array(
                {
                    "letter": letter.id,
                    "kind": letter.kind.value,
                    "state": letter.state.value,
                    "attempts": letter.attempts,
                    "message_id": letter.message_id,
                    "created_at": iso(letter.created_at),
                    "settled_at": iso(letter.settled_at),
                    "next_try": iso(letter.next_try) if letter.state == "pending" else None,
                    "reply": letter.reply,
                    "bounced": letter.bounced,
                }
                for letter in found
            )
            return
        print_table(
            ("Letter", "Kind", "State", "Written", "Came back", "The server’s words"),
            [
                (
                    letter.id,
                    letter.kind.value,
                    letter.state.value,
                    local(letter.created_at, room.config),
                    letter.bounced,
                    letter.reply,
                )
                for letter in found
            ],
        )


@deliveries.command()
@click.argument("delivery_ids", metavar="[ID…]", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that is in doubt.")
@click.option("--edition", type=int, help="Everything of this edition that is in doubt.")
@click.option(
    "--as",
    "decision",
    type=click.Choice(["sent", "failed", "resend"]),
    required=True,
    help="sent: it arrived. failed: it did not. resend: again, under the same Message-ID.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be decided; change nothing.")
@newsroom_option
def resolve(
    delivery_ids: tuple[int, ...], everything: bool, edition: int | None, decision: str, dry_run: bool
) -> None:
    """Decide what became of deliveries in doubt."""
    from pressfeed.domain import DeliveryState

    if bool(delivery_ids) + everything + (edition is not None) != 1:
        raise click.UsageError("Give the numbers of deliveries, --edition, or --all.")
    verdict = decision
    if dry_run:
        verdict = f"would be {'sent again' if decision == 'resend' else decision}"
    with open_newsroom() as room, room.store.transaction(rehearsal=dry_run):
        store = room.store.deliveries
        if edition is not None:
            room.store.editions.get(edition)
        for delivery_id in delivery_ids or store.in_doubt(edition):
            record = store.get(delivery_id)
            if decision == "resend":
                done = store.resend(delivery_id, now())
            else:
                done = store.resolve(
                    delivery_id, DeliveryState(decision), f"an operator said: {decision}", now()
                )
            if not done:
                raise InputError(f"delivery {delivery_id} is {record.state}, not in doubt")
            click.echo(f"Delivery {delivery_id} to {record.subscriber}: {verdict}.")
    if decision == "resend" and not dry_run:
        click.echo("Send them with: pressfeed deliver")


@click.command()
@click.option("--story", help="Who was given this story (its key, or the number of one of its releases).")
@click.option("--subscriber", metavar="ADDRESS", help="What this person was given.")
@click.option("--edition", type=int, help="What this edition gave.")
@json_option
@newsroom_option
def ledger(story: str | None, subscriber: str | None, edition: int | None, as_json: bool) -> None:
    """Who was given what, when, in which version."""
    if sum(option is not None for option in (story, subscriber, edition)) > 1:
        raise click.UsageError("Give one of --story, --subscriber and --edition.")
    with open_newsroom() as room:
        entries = _entries(room, story, subscriber, edition)
        if as_json:
            print_json_array(map(_entry_json, entries))
            return
        print_table(
            (
                "Subscriber",
                "Release",
                "Version",
                "As",
                "Bulletin",
                "Slot",
                "Edition",
                "State",
                "Sent",
                "Message-ID",
            ),
            [
                (
                    entry.subscriber,
                    entry.release,
                    entry.version,
                    entry.kind,
                    entry.bulletin,
                    entry.slot,
                    entry.edition,
                    entry.state,
                    local(entry.sent_at, room.config),
                    entry.message_id,
                )
                for entry in entries
            ],
            right=("Release", "Version", "Edition"),
        )


def _entries(
    room: Newsroom, story: str | None, subscriber: str | None, edition: int | None
) -> Iterator[LedgerEntry]:
    if story is not None:
        return room.store.ledger.of_story(_story_key(room, story))
    if subscriber is not None:
        return room.store.ledger.of_subscriber(room.store.subscribers.get(subscriber).id)
    if edition is not None:
        return room.store.ledger.of_edition(room.store.editions.get(edition).id)
    return room.store.ledger.all()


def _story_key(room: Newsroom, story: str) -> str:
    if room.store.releases.of_story(story):
        return story
    if story.isdecimal():
        return room.store.releases.get(int(story)).story
    raise NotFoundError(f"there is no story {story}", remedy="See `pressfeed releases list --json`")


def _entry_json(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "subscriber": entry.subscriber,
        "story": entry.story,
        "release": entry.release,
        "version": entry.version,
        "kind": entry.kind,
        "language": entry.language,
        "edition": entry.edition,
        "bulletin": entry.bulletin,
        "slot": entry.slot,
        "state": entry.state,
        "message_id": entry.message_id,
        "sent_at": iso(entry.sent_at),
        "attempts": entry.attempts,
        "reply": entry.reply,
    }


COMMANDS = (deliver, deliveries, ledger)
