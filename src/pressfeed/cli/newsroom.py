"""``pressfeed init``, ``build``, ``status`` and ``doctor``."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import click

from pressfeed.cli.base import (
    iso,
    json_option,
    local,
    newsroom_option,
    now,
    open_newsroom,
    print_json,
    print_table,
    progress,
    some,
    waiting_shown,
)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", default="", help="What the newsroom is called (default: from DIR).")
@click.option("--sender", default="", metavar="NAME <ADDRESS>", help="Who bulletins come from.")
def init(folder: Path, name: str, sender: str) -> None:
    """Make a newsroom: settings, the schedules of a sample, an empty store.

    Where settings and schedules are there already, as in a copy from version control, only the store is made.
    """
    from pressfeed import config as settings
    from pressfeed.publish import newsroom
    from pressfeed.publish.room import Newsroom
    from pressfeed.store import Store

    if (folder / settings.FILE_NAME).is_file() and not (name or sender):
        config = settings.load(folder, os.environ)
        if not config.database.exists():
            Store(config.database, create=True).close()
            Newsroom.open(folder, os.environ).store.close()
            click.echo(f"Made an empty store in {folder}; its settings and schedules are as they were.")
            return
    written = newsroom.create(folder, name=name, sender=sender)
    database = folder.resolve() / "db" / "pressfeed.sqlite3"
    Store(database, create=True).close()
    Newsroom.open(folder, os.environ).store.close()  # what was written must work
    shown = str(folder)
    click.echo(f"Made a newsroom in {shown}:\n")
    click.echo("  pressfeed.toml     its name, address, languages and mail transport: edit this first")
    click.echo(
        f"  schedules/         {len(written) - 1} regions and their bulletins: keep those that you have"
    )
    click.echo("  db/                the store, still empty")
    click.echo("  public/            what a web server shows, once it is built\n")
    click.echo("Next:\n")
    click.echo(f"  pressfeed -C {shown} import RELEASES…            documents into the store")
    click.echo(f"  pressfeed -C {shown} build                       feeds and pages into public/")
    click.echo(f"  pressfeed -C {shown} subscribers import FILE.csv people who get bulletins")
    click.echo(f"  pressfeed -C {shown} bulletins send global/daily a digest into {shown}/outbox")
    click.echo(f"  pressfeed -C {shown} doctor                      is everything in order?")


@click.command()
@click.option("--force", is_flag=True, help="Make every file again, not only what changed.")
@json_option
@newsroom_option
def build(force: bool, as_json: bool) -> None:
    """Bring feeds and pages in public/ up to date.

    Only files whose bytes change are touched; a reader sees the old file or the new one, never half of one.
    """
    from pressfeed.publish.build import build as run

    gc.disable()  # it ends before there is any worth looking for, unless there is much to build
    with open_newsroom() as room:
        with progress("Building", None) as update:
            result = run(room.config, room.regions, room.store.outputs, now(), force=force, progress=update)
        public = room.config.public
    if as_json:
        print_json(
            {
                "written": list(result.written),
                "removed": list(result.removed),
                "unchanged": result.unchanged,
            }
        )
        return
    click.echo(
        f"{len(result.written)} files written, {len(result.removed)} removed,"
        f" {result.unchanged} unchanged in {public}"
    )


@click.command()
@json_option
@newsroom_option
def status(as_json: bool) -> None:
    """The newsroom at a glance."""
    from pressfeed import schedule

    moment = now()
    with open_newsroom() as room:
        coming = [
            slot
            for bulletin in room.regions.bulletins
            for slot in schedule.next_slots(bulletin, moment, 7)[:1]
        ]
        first = min(coming, key=lambda slot: slot.due_at, default=None)
        store = room.store
        data: dict[str, Any] = {
            "newsroom": room.config.name,
            "folder": str(room.config.root),
            "base_url": room.config.base_url,
            "regions": len(room.regions.all),
            "bulletins": len(room.regions.bulletins),
            "releases": store.releases.counts(),
            "rejected_documents": store.documents.rejected(),
            "subscribers": store.subscribers.counts(),
            "deliveries": store.deliveries.counts(),
            "editions": [
                {
                    "edition": e.id,
                    "bulletin": e.bulletin,
                    "slot": e.slot,
                    "state": e.state,
                    "reason": e.reason,
                }
                for e in store.editions.newest(5)
            ],
            "published_files": len(store.outputs.outputs()),
            "next_publication": iso(store.releases.next_publication(moment)),
            "next_slot": {"bulletin": first.bulletin, "slot": str(first), "due_at": iso(first.due_at)}
            if first
            else None,
        }
        if as_json:
            print_json(data)
            return
        drafts = data["releases"].get("draft", 0)
        unknown = data["deliveries"].get("unknown", 0)
        due = f"{first.bulletin} at {first} ({local(first.due_at, room.config)} here)" if first else ""
        print_table(
            ("", ""),
            [
                ("Newsroom", f"{data['newsroom']}, {data['base_url']}"),
                ("Folder", data["folder"]),
                ("Regions", f"{data['regions']}, with {data['bulletins']} bulletins"),
                ("Releases", _counts(data["releases"])),
                ("Subscribers", _counts(data["subscribers"])),
                ("Deliveries", _counts(data["deliveries"])),
                ("Public files", data["published_files"]),
                ("Next slot", due or "none within a week"),
            ],
        )
        if data["editions"]:
            print_table(
                ("Edition", "Bulletin", "Slot", "State", "Reason"),
                [tuple(edition.values()) for edition in data["editions"]],
                right=("Edition",),
            )
    if drafts:
        click.echo(f"{some(drafts, 'draft')} to complete: pressfeed releases list --status draft")
    if data["rejected_documents"]:
        click.echo(f"{some(data['rejected_documents'], 'document')} could not be read; kept in the store.")
    if unknown:
        click.echo(f"{some(unknown, 'delivery')} in doubt: pressfeed deliveries list --state unknown")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in counts.items()) or "none yet"


@click.command()
@json_option
@newsroom_option
def doctor(as_json: bool) -> int:
    """Check mail transport, base URL, keys and templates; nothing is sent.

    Exit code 1: something is wrong.
    """
    from pressfeed.publish.doctor import examine

    with open_newsroom() as room, waiting_shown(quiet=as_json) as waiting:
        findings = list(examine(room, now(), waiting))
    if as_json:
        print_json([{"check": f.subject, "grade": f.grade, "text": f.text} for f in findings])
    else:
        print_table(("Check", "", "Finding"), [(f.subject, f.grade, f.text) for f in findings])
    return 1 if any(finding.grade == "error" for finding in findings) else 0


COMMANDS = (init, build, status, doctor)
