"""``pressfeed import`` and ``pressfeed releases``."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from pressfeed.cli import editorial
from pressfeed.cli.base import (
    Group,
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
    print_json_array,
    print_table,
    progress,
    some,
    warn,
)
from pressfeed.errors import InputError

if TYPE_CHECKING:
    from pressfeed.domain import Contact, PartialDate, Release
    from pressfeed.publish.imports import Imported
    from pressfeed.publish.room import Newsroom


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--region", "regions", multiple=True, help="The region (a slug; may be repeated).")
@click.option("--language", help="The language (en, fr …).")
@click.option("--headline", help="The headline.")
@click.option("--place", help="The place of the dateline.")
@click.option("--published", metavar="WHEN", help="When it is published: 2024-07-26, 2024-07-26T07:00, now.")
@click.option("--embargo", metavar="WHEN", help="Nothing is shown or sent before this moment.")
@click.option("--story", help="A name that the translations of one story share.")
@click.option("--draft", is_flag=True, help="Store as drafts, even where nothing is missing.")
@click.option(
    "--archive", is_flag=True, help="Told elsewhere before: into feeds and pages, not into bulletins."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
@json_option
@newsroom_option
def import_(
    paths: tuple[str, ...],
    regions: tuple[str, ...],
    language: str | None,
    headline: str | None,
    place: str | None,
    published: str | None,
    embargo: str | None,
    story: str | None,
    draft: bool,
    archive: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Read documents into the store.

    PATH is a file, a folder, or - for standard input: plain text, HTML, Markdown with front matter, JSON
    Feed, ninjs, RSS or Atom. Options win over what the documents say. What lacks something becomes a draft;
    a document that was imported before becomes a new version, or nothing where it has not changed.
    """
    from pressfeed import intake
    from pressfeed.publish import imports

    with open_newsroom() as room:
        zone = room.config.zone
        overrides = intake.Overrides(
            language=language_of(language),
            headline=headline,
            regions=regions or None,
            published=parse_moment(published, zone) if published else None,
            embargo=parse_moment(embargo, zone) if embargo else None,
            place=place,
            story=story,
            draft=draft or None,
            archive=archive or None,
        )
        found = imports.documents(paths, lambda: sys.stdin.buffer.read(intake.MAXIMUM_BYTES + 1))
        counts: Counter[str] = Counter()
        told: list[Imported] = []
        with progress("Importing", len(found)) as update:
            reports = imports.run(room, found, overrides, now(), update, dry_run=dry_run, author=author(None))
            if as_json:
                print_json_array(_counted(reports, counts))
            else:
                told = list(reports)
        if not as_json:
            counts = _tell(room, told, dry_run=dry_run)
    rejected = counts["rejected"]
    return 0 if not rejected else 2 if rejected == sum(counts.values()) else 1


def _counted(reports: Any, counts: Counter[str]) -> Any:
    for report in reports:
        counts[report.action] += 1
        yield {
            "document": report.document,
            "action": report.action,
            "release": report.release.id if report.release else None,
            "status": report.release.status if report.release else None,
            "headline": report.release.content.headline if report.release else "",
            "needs": list(report.needs),
            "problems": list(report.problems),
        }


def _tell(room: Newsroom, reports: list[Imported], *, dry_run: bool) -> Counter[str]:
    counts = Counter(report.action.value for report in reports)
    shown = [report for report in reports if report.action != "unchanged"]
    if 0 < len(shown) <= 200:
        print_table(
            ("Id", "Document", "Became", "Language", "Headline", "Regions", "Needs"),
            [
                (
                    report.release.id if report.release else "",
                    report.document,
                    _standing(report.release, room) if report.release else report.action,
                    report.release.content.language if report.release else "",
                    _short(report.release.content.headline) if report.release else "",
                    ", ".join(report.release.content.regions) if report.release else "",
                    ", ".join(report.needs),
                )
                for report in shown
            ],
            right=("Id",),
        )
    for report in reports:
        for problem in report.problems:
            place = "" if problem.startswith(report.document) else f"{report.document}: "
            warn(f"{place}{problem}")
    summary = ", ".join(f"{number} {action}" for action, number in sorted(counts.items())) or "nothing found"
    drafts = sum(bool(report.needs) for report in reports)
    rest = f"; to complete: {some(drafts, 'draft')}" if drafts else ""
    click.echo(f"{'Would be: ' if dry_run else ''}{summary}{rest}.")
    if drafts and not dry_run:
        click.echo("Complete them with: pressfeed releases edit ID …, then pressfeed releases publish ID")
    return counts


def _standing(release: Release, room: Newsroom) -> str:
    """The status, and the embargo where nobody may see the release yet."""
    until = release.embargo_until
    held = f", embargo until {local(until, room.config)}" if until is not None and until > now() else ""
    return f"{release.status}{held}"


def _short(headline: str, width: int = 60) -> str:
    return headline if len(headline) <= width else headline[: width - 1].rstrip() + "…"


@click.group(cls=Group)
@newsroom_option
def releases() -> None:
    """List, complete, publish and withdraw releases."""


@releases.command("list")
@click.option("--status", help="Only these: draft, scheduled, published, corrected, withdrawn.")
@click.option("--language", help="Only this language.")
@click.option("--region", help="Only this region and those below it.")
@json_option
@newsroom_option
def list_(status: str | None, language: str | None, region: str | None, as_json: bool) -> None:
    """Every release, with what drafts still need."""
    from pressfeed.domain import Status

    if status is not None and status not in set(Status):
        raise click.BadParameter(f"{status!r} is none of {', '.join(Status)}", param_hint="--status")
    code = language_of(language)
    with open_newsroom() as room:
        inside = set(room.regions.within(region)) if region else set()
        if region and not inside:
            raise InputError(f"there is no region {region}", remedy="Regions are the files in schedules/")
        chosen = (
            release
            for release in room.store.releases.all()
            if (status is None or release.status == status)
            and (code is None or release.content.language == code)
            and (not region or inside.intersection(release.content.regions))
        )
        if as_json:
            print_json_array(map(release_json, chosen))
            return
        print_table(
            ("Id", "Status", "Language", "Published", "Headline", "Place", "Regions", "Needs"),
            [
                (
                    release.id,
                    _standing(release, room),
                    release.content.language,
                    local(release.published_at, room.config),
                    _short(release.content.headline),
                    release.content.place,
                    ", ".join(release.content.regions),
                    ", ".join(release.needs),
                )
                for release in chosen
            ],
            right=("Id",),
        )


@releases.command()
@click.argument("release_id", metavar="ID", type=int)
@json_option
@newsroom_option
def show(release_id: int, as_json: bool) -> None:
    """One release, whole."""
    with open_newsroom() as room:
        release = room.store.releases.get(release_id)
        if as_json:
            print_json(release_json(release, whole=True))
            return
        content = release.content
        about = [
            ("Release", f"{release.id}, version {release.version}, {release.status}"),
            ("Identity", f"urn:uuid:{release.uid}"),
            ("Story", release.story),
            ("Language", content.language),
            ("Published", local(release.published_at, room.config)),
            ("Embargo until", local(release.embargo_until, room.config)),
            ("Regions", ", ".join(content.regions)),
            ("Countries", ", ".join(content.countries)),
            ("Topics", ", ".join(content.topics)),
            ("Dateline", ", ".join(filter(None, (content.place, str(content.date or ""))))),
            ("Source", release.source),
            ("Needs", ", ".join(release.needs)),
        ]
        for name, value in about:
            if value:
                click.echo(f"{name + ':':<15}{value}")
        for text in (content.headline, content.subhead, content.body_text, *content.footnotes):
            if text:
                click.echo(f"\n{text}")
        for contact in content.contacts:
            click.echo(
                "\n" + ", ".join(filter(None, (contact.name, contact.role, contact.phone, contact.email)))
            )


@releases.command()
@click.argument("release_id", metavar="ID", type=int)
@click.option("--headline", help="The headline.")
@click.option("--subhead", help="The line below it.")
@click.option("--language", help="The language (en, fr …).")
@click.option("--place", help="The place of the dateline.")
@click.option("--date", help="The date of the dateline: 2024-07-25, 2024-07, --07-25.")
@click.option(
    "--body",
    metavar="FILE",
    type=click.File("r", encoding="utf-8"),
    help="The text, from an HTML file or - for standard input.",
)
@click.option("--region", "regions", multiple=True, help="The region (may be repeated; replaces all).")
@click.option(
    "--contact",
    "contacts",
    multiple=True,
    metavar="NAME;ROLE;PHONE;EMAIL",
    help="A media contact (may be repeated; replaces all).",
)
@click.option("--topic", "topics", multiple=True, help="A topic (may be repeated; replaces all).")
@click.option("--story", help="The name that the translations of one story share.")
@click.option("--slug", help="The address of its page.")
@click.option("--published", metavar="WHEN", help="When it is, or was, published.")
@click.option("--embargo", metavar="WHEN", help="Nothing is shown or sent before this moment.")
@click.option("--status", help="Move it: withdrawn, corrected, or back to draft while it is only scheduled.")
@by_option
@json_option
@newsroom_option
def edit(release_id: int, by: str | None, as_json: bool, **given: Any) -> None:
    """Complete or change a release.

    What is set here stays when its document is imported again. Nobody is told: to correct or withdraw what
    people have been sent, use pressfeed releases correct and withdraw.
    """
    from pressfeed.domain import LONGEST_SLUG, Status, is_slug
    from pressfeed.publish import releases as use

    with open_newsroom() as room:
        zone = room.config.zone
        status = given["status"]
        if status is not None and status not in set(Status):
            raise InputError(f"{status!r} is not a status", remedy=", ".join(Status))
        if given["slug"] is not None and not is_slug(given["slug"]):
            raise InputError(
                f"{given['slug'][:60]!r} is not a slug",
                remedy=f"Use a-z, 0-9 and single hyphens, at most {LONGEST_SLUG} characters",
            )
        changes = use.Edit(
            headline=given["headline"],
            subhead=given["subhead"],
            language=language_of(given["language"]),
            place=given["place"],
            date=partial_date(given["date"]),
            body_html=given["body"].read() if given["body"] else None,
            regions=given["regions"] or None,
            contacts=tuple(map(contact_of, given["contacts"])) or None,
            topics=given["topics"] or None,
            story=given["story"],
            slug=given["slug"],
            published_at=parse_moment(given["published"], zone) if given["published"] else None,
            embargo_until=parse_moment(given["embargo"], zone) if given["embargo"] else None,
            status=Status(status) if status else None,
        )
        release = use.edit(room, release_id, changes, now(), author=author(by))
        if as_json:
            print_json(release_json(release, whole=True))
        else:
            needs = f"; needs {', '.join(release.needs)}" if release.needs else ""
            click.echo(f"Release {release.id} is {release.status}, version {release.version}{needs}.")
            if given["slug"] and release.slug != given["slug"]:
                warn(f"“{given['slug']}” is or was another release's address: this one is at {release.slug}")


@releases.command()
@click.argument("release_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.option("--at", metavar="WHEN", help="When (default: the time that the release names, else now).")
@by_option
@json_option
@newsroom_option
def publish(release_ids: tuple[int, ...], at: str | None, by: str | None, as_json: bool) -> None:
    """Publish drafts; a time ahead schedules them."""
    from pressfeed.publish import releases as use

    with open_newsroom() as room:
        moment = parse_moment(at, room.config.zone) if at else None
        published = use.publish(room, release_ids, moment, now(), author=author(by))
        if as_json:
            print_json([release_json(release) for release in published])
            return
        for release in published:
            click.echo(
                f"Release {release.id} is {release.status}"
                f" as of {local(release.published_at, room.config)}: {release.content.headline}"
            )
        click.echo("Show it to readers with: pressfeed build")


@releases.command()
@click.argument("release_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["ninjs", "markdown", "text", "html"]),
    default="ninjs",
    show_default=True,
    help="IPTC ninjs 2.1 for agencies, Markdown or plain text for people, or the HTML that feeds carry.",
)
@newsroom_option
def export(release_ids: tuple[int, ...], form: str) -> None:
    """Write releases as journalists and agencies take them.

    Several releases as ninjs are one JSON list. Drafts and releases under embargo are written as well.
    """
    from pressfeed.publish.export import exported

    with open_newsroom() as room:
        click.echo(exported(room, release_ids, form, now()), nl=False)


@releases.command()
@click.argument("release_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; delete nothing.")
@newsroom_option
def delete(release_ids: tuple[int, ...], dry_run: bool) -> None:
    """Delete drafts; what has been published can only be withdrawn."""
    from pressfeed.publish import releases as use

    with open_newsroom() as room:
        found = [room.store.releases.get(release_id) for release_id in release_ids]
        if not dry_run:
            use.delete(room, release_ids, now())
        for release in found:
            said = "Would delete" if dry_run else "Deleted"
            click.echo(f"{said} release {release.id}: {release.content.headline or '(no headline)'}")


def release_json(release: Release, *, whole: bool = False) -> dict[str, Any]:
    """A release for machines; ``whole`` adds its text."""
    content = release.content
    data: dict[str, Any] = {
        "id": release.id,
        "uid": release.uid,
        "story": release.story,
        "status": release.status,
        "version": release.version,
        "language": content.language,
        "headline": content.headline,
        "subhead": content.subhead,
        "place": content.place,
        "date": str(content.date) if content.date else None,
        "published_at": iso(release.published_at),
        "embargo_until": iso(release.embargo_until),
        "updated_at": iso(release.updated_at),
        "slug": release.slug,
        "regions": list(content.regions),
        "countries": list(content.countries),
        "topics": list(content.topics),
        "contacts": [
            {"name": c.name, "role": c.role, "phone": c.phone, "email": c.email} for c in content.contacts
        ],
        "needs": list(release.needs),
    }
    if whole:
        data |= {
            "body_text": content.body_text,
            "body_html": content.body_html,
            "footnotes": list(content.footnotes),
            "author": content.author,
            "enclosures": [
                {"url": e.url, "type": e.type, "length": e.length, "title": e.title}
                for e in content.enclosures
            ],
            "archive": release.archive,
            "source": release.source,
        }
    return data


def partial_date(text: str | None) -> PartialDate | None:
    """The date of a dateline as an option gives it; InputError."""
    from pressfeed.domain import PartialDate

    if text is None:
        return None
    try:
        return PartialDate.parse(text)
    except ValueError as error:
        raise InputError(
            f"--date {text}: {error}", remedy="Write 2024-07-25, 2024-07, 2024 or --07-25"
        ) from error


def contact_of(text: str) -> Contact:
    """A contact as an option gives it; InputError."""
    from pressfeed.domain import Contact

    parts = [part.strip() for part in text.split(";")]
    if len(parts) > 4 or not any(parts):
        raise InputError(
            f"{text!r} is not a contact", remedy="Write NAME;ROLE;PHONE;EMAIL, empty where unknown"
        )
    return Contact(*parts, *[""] * (4 - len(parts)))


for _command in editorial.COMMANDS:
    releases.add_command(_command)
COMMANDS = (import_, releases)
