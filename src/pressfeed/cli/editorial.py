"""``pressfeed releases history, diff, correct, withdraw, embargo``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pressfeed.cli.base import (
    author,
    by_option,
    iso,
    json_option,
    language_of,
    local,
    newsroom_option,
    now,
    open_newsroom,
    parse_moment,
    print_json,
    print_table,
    progress,
    some,
)
from pressfeed.errors import InputError

if TYPE_CHECKING:
    from pressfeed.domain import Edition, Notice
    from pressfeed.publish.corrections import Revised
    from pressfeed.publish.room import Newsroom
    from pressfeed.store.releases import Version

F = TypeVar("F", bound=Callable[..., Any])


def release_argument(function: F) -> F:
    """Give a command the number of a release."""
    return click.argument("release_id", metavar="ID", type=int)(function)


def notice_options(function: F) -> F:
    """Give a command what is said to readers, and when."""
    for option in (
        click.option(
            "--dry-run", is_flag=True, help="Say what would happen and who would be told; do nothing."
        ),
        by_option,
        click.option(
            "--reason", default="", metavar="TEXT", help="Why, for the record; readers do not see it."
        ),
        click.option(
            "--note",
            "notes",
            multiple=True,
            metavar="[LANGUAGE=]TEXT",
            help="What readers are told, in the release's language or another (may be repeated).",
        ),
        click.option(
            "--notify",
            type=click.Choice(["now", "next", "none"]),
            required=True,
            help="Tell those who were sent an older text at once, with their next bulletin, or not at all.",
        ),
    ):
        function = option(function)
    return function


@click.command()
@release_argument
@json_option
@newsroom_option
def history(release_id: int, as_json: bool) -> None:
    """Every version: who recorded it, when, why, and what it changed."""
    from pressfeed import changes

    with open_newsroom() as room:
        room.store.releases.get(release_id)
        versions = room.store.releases.versions(release_id)
        notices = room.store.notices.of_release(release_id)
        before = [None, *versions[:-1]]
        changed = [
            changes.fields(old.content, new.content) if old else ()
            for old, new in zip(before, versions, strict=True)
        ]
        if as_json:
            print_json(
                {
                    "versions": [
                        _version_json(one) | {"changed": list(names)}
                        for one, names in zip(versions, changed, strict=True)
                    ],
                    "notices": [
                        _notice_json(notice) | {"people": room.store.notices.counts(notice.id)}
                        for notice in notices
                    ],
                }
            )
            return
        print_table(
            ("Version", "Recorded", "By", "Why", "Changed"),
            [
                (
                    one.version,
                    local(one.recorded_at, room.config),
                    one.author,
                    one.reason,
                    ", ".join(names) if one.version > 1 else "",
                )
                for one, names in zip(versions, changed, strict=True)
            ],
            right=("Version",),
        )
        if notices:
            print_table(
                ("Notice", "Version", "Made", "By", "Told", "People"),
                [
                    (
                        notice.kind,
                        notice.version,
                        local(notice.made_at, room.config),
                        notice.author,
                        notice.notify,
                        _people(room.store.notices.counts(notice.id)),
                    )
                    for notice in notices
                ],
                right=("Version",),
            )
        click.echo(f"See what a version changed with: pressfeed releases diff {release_id} --to VERSION")


@click.command()
@release_argument
@click.option(
    "--from",
    "old",
    type=click.IntRange(1),
    metavar="VERSION",
    help="From this version (default: the one before).",
)
@click.option(
    "--to", "new", type=click.IntRange(1), metavar="VERSION", help="To this version (default: the newest)."
)
@json_option
@newsroom_option
def diff(release_id: int, old: int | None, new: int | None, as_json: bool) -> None:
    """What differs between two versions, word by word."""
    from pressfeed import changes

    with open_newsroom() as room:
        newest = room.store.releases.get(release_id).version
        to = new or newest
        start = old or max(to - 1, 1)
        before = room.store.releases.get_version(release_id, start)
        after = room.store.releases.get_version(release_id, to)
        found = changes.changes(before.content, after.content)
        if as_json:
            print_json(
                {
                    "release": release_id,
                    "from": start,
                    "to": to,
                    "fields": list(changes.fields(before.content, after.content)),
                    "changes": [
                        {"field": one.field, "before": one.before, "after": one.after} for one in found
                    ],
                }
            )
            return
        click.echo(f"Release {release_id}, version {start} → {to}")
        if not found:
            click.echo(
                "They say the same." if before.content == after.content else "Only the markup differs."
            )
        for one in found:
            click.echo(f"\n{one.field}:")
            click.echo(
                "  " + "".join(_marked(mark, text) for mark, text in changes.words(one.before, one.after))
            )


def _marked(mark: str, text: str) -> str:
    """A piece of a difference: in colour where there is any, in [-…-] and {+…+} in any case."""
    if mark == "=":
        return text
    lead, colour = ("[-{}-]", "red") if mark == "-" else ("{{+{}+}}", "green")
    core = text.strip()
    if not core:
        return text if mark == "+" else ""
    start = text[: len(text) - len(text.lstrip())]
    end = text[len(text.rstrip()) :]
    return start + click.style(lead.format(core), fg=colour) + end


@click.command()
@release_argument
@click.option("--headline", help="The headline.")
@click.option("--subhead", help="The line below it.")
@click.option("--place", help="The place of the dateline.")
@click.option("--date", help="The date of the dateline: 2024-07-25, 2024-07, --07-25.")
@click.option(
    "--body",
    metavar="FILE",
    type=click.File("r", encoding="utf-8"),
    help="The text, from an HTML file or - for standard input.",
)
@click.option(
    "--contact",
    "contacts",
    multiple=True,
    metavar="NAME;ROLE;PHONE;EMAIL",
    help="A media contact (may be repeated; replaces all).",
)
@click.option("--topic", "topics", multiple=True, help="A topic (may be repeated; replaces all).")
@click.option(
    "--file",
    metavar="FILE",
    help="The whole corrected release, in any format that import reads, or - for standard input.",
)
@notice_options
@json_option
@newsroom_option
def correct(
    release_id: int,
    notify: str,
    notes: tuple[str, ...],
    reason: str,
    by: str | None,
    dry_run: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Publish a corrected version, and tell those who have an older one.

    Exactly the people who were sent an older version are told, once, in their language.

    Feeds and pages show the note. Nothing that is planned and not yet sent tells the old text any more.
    Without a changed field, the version that an import brought is announced as the correction.
    """
    from pressfeed.cli.releases import contact_of, partial_date
    from pressfeed.domain import Notify
    from pressfeed.publish import corrections
    from pressfeed.publish.releases import Edit

    with open_newsroom() as room:
        old = room.store.releases.get(release_id)
        changes = Edit(
            headline=given["headline"],
            subhead=given["subhead"],
            place=given["place"],
            date=partial_date(given["date"]),
            body_html=given["body"].read() if given["body"] else None,
            contacts=tuple(map(contact_of, given["contacts"])) or None,
            topics=given["topics"] or None,
            document=corrections.document(room, old, given["file"]) if given["file"] else None,
        )
        revised = corrections.correct(
            room,
            release_id,
            changes,
            notify=Notify(notify),
            notes=_notes(notes, old.content.language),
            reason=reason,
            author=author(by),
            now=now(),
            dry_run=dry_run,
        )
        _finish(room, revised, dry_run=dry_run, as_json=as_json)


@click.command()
@release_argument
@notice_options
@json_option
@newsroom_option
def withdraw(
    release_id: int,
    notify: str,
    notes: tuple[str, ...],
    reason: str,
    by: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take a release back, and tell those who were sent it.

    Its page and its entries in feeds say so, without its text. Nothing planned tells it any more.
    """
    from pressfeed.domain import Notify
    from pressfeed.publish import corrections

    with open_newsroom() as room:
        old = room.store.releases.get(release_id)
        revised = corrections.withdraw(
            room,
            release_id,
            notify=Notify(notify),
            notes=_notes(notes, old.content.language),
            reason=reason,
            author=author(by),
            now=now(),
            dry_run=dry_run,
        )
        _finish(room, revised, dry_run=dry_run, as_json=as_json)


@click.command()
@release_argument
@click.option(
    "--until", metavar="WHEN", help="Nothing is shown or sent before: 2026-11-24T10:00, or with an offset."
)
@click.option("--lift", is_flag=True, help="It may be shown and sent from now on.")
@by_option
@json_option
@newsroom_option
def embargo(release_id: int, until: str | None, lift: bool, by: str | None, as_json: bool) -> None:
    """Lift an embargo, or let it last until another moment.

    What is planned waits up to two hours for it; else it goes without the release, which a later edition
    tells. Feeds and pages follow with the next build, which pressfeed run makes at once.
    """
    from pressfeed.publish import corrections

    if (until is None) is not lift:
        raise click.UsageError("Give either --until or --lift.")
    with open_newsroom() as room:
        moment = parse_moment(until, room.config.zone) if until else None
        release = corrections.set_embargo(room, release_id, moment, author=author(by), now=now())
        if as_json:
            from pressfeed.cli.releases import release_json

            print_json(release_json(release))
            return
        if lift:
            click.echo(f"Release {release_id} is under no embargo.")
        else:
            click.echo(
                f"Release {release_id} is under embargo until {local(release.embargo_until, room.config)}."
            )
        click.echo("Without pressfeed run, bring files up to date with: pressfeed build")


@click.command()
@release_argument
@click.option(
    "--notify",
    type=click.Choice(["now", "next"]),
    required=True,
    help="Tell them at once, or with their next bulletin.",
)
@by_option
@click.option("--dry-run", is_flag=True, help="Say who would be told; do nothing.")
@json_option
@newsroom_option
def retell(release_id: int, notify: str, by: str | None, dry_run: bool, as_json: bool) -> None:
    """Tell of a translation that came later.

    Otherwise nobody who had the story in another language is sent it again. Told are those who were given it
    in a language that they like less, once.
    """
    from pressfeed.domain import Notify
    from pressfeed.publish import corrections

    with open_newsroom() as room:
        revised = corrections.retell(
            room, release_id, notify=Notify(notify), author=author(by), now=now(), dry_run=dry_run
        )
        _finish(room, revised, dry_run=dry_run, as_json=as_json)


def _finish(room: Newsroom, revised: Revised, *, dry_run: bool, as_json: bool) -> None:
    """Reserve the notices, and say what was done and for whom."""
    from pressfeed.domain import EditionState
    from pressfeed.publish.editions import go_on

    announced = revised.announced
    total = sum(announced.people.values())
    editions: list[Edition] = []
    if not dry_run:
        with progress("Reserving notices", total) as update:
            done = 0

            def count(number: int) -> None:
                nonlocal done
                done += number
                update(done, max(total, done))

            go_on(room, now(), count)
        numbers = {edition.id for edition in announced.editions}
        numbers.update(room.store.notices.editions(announced.notice.id))
        editions = [room.store.editions.get(number) for number in sorted(numbers)]
    if as_json:
        print_json(
            {
                "release": revised.release.id,
                "status": revised.release.status,
                "version": revised.release.version,
                "notify": announced.notice.notify,
                "people": dict(sorted(announced.people.items())),
                "editions": [edition.id for edition in editions],
                "unreached": announced.unreached,
                "dry_run": dry_run,
            }
        )
        return
    release = revised.release
    would = "would be" if dry_run else "is"
    click.echo(f"Release {release.id} {would} {release.status}, version {release.version}.")
    languages = ", ".join(f"{number} in {code}" for code, number in sorted(announced.people.items()))
    had = {"translation": "it in another language", "withdrawal": "it"}.get(
        announced.notice.kind, "an older text"
    )
    when = {"now": "told now", "next": "told with their next bulletin", "none": "not told"}
    who = f"{some(total, 'person')} ({languages}); {when[announced.notice.notify]}" if total else "nobody"
    click.echo(f"Were sent {had}: {who}.")
    told = total and announced.notice.notify == "now"
    if told and release.is_advance(now()) and release.embargo_until is not None:
        until = local(release.embargo_until, room.config)
        click.echo(f"Who may not read ahead any more is told when the embargo ends: {until}.")
    if announced.unreached:
        gone = some(announced.unreached, "person")
        click.echo(f"Not told, since no bulletin goes to them any more: {gone}.")
    if dry_run:
        return
    for edition in (one for one in editions if one.state is EditionState.HELD):
        about = f"Edition {edition.id} of {edition.bulletin}"
        click.echo(f"{about} {edition.reason}: pressfeed editions approve {edition.id}")
    click.echo("Without pressfeed run: pressfeed build, then pressfeed deliver")


def _notes(given: tuple[str, ...], language: str) -> dict[str, str]:
    """The notes by language; one without a language is in the release's own."""
    from pressfeed.intake.text import one_line

    found: dict[str, str] = {}
    for text in given:
        match = re.match(r"([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=", text)
        code, words = (language_of(match[1]) or "", text[match.end() :]) if match else (language, text)
        if code in found:
            raise InputError(f"two notes in {code}", remedy="Give one for each language: --note fr=…")
        if one_line(words):
            found[code] = one_line(words)
    return found


def _people(counts: dict[str, int]) -> str:
    return ", ".join(
        f"{number} {state or 'with their next bulletin'}" for state, number in sorted(counts.items())
    )


def _version_json(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "recorded_at": iso(version.recorded_at),
        "by": version.author,
        "reason": version.reason,
        "headline": version.content.headline,
    }


def _notice_json(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind,
        "version": notice.version,
        "notify": notice.notify,
        "notes": dict(notice.notes),
        "reason": notice.reason,
        "by": notice.author,
        "made_at": iso(notice.made_at),
    }


COMMANDS = (history, diff, correct, withdraw, embargo, retell)
