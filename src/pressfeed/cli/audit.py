"""``pressfeed audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pressfeed.cli.base import (
    iso,
    json_option,
    local,
    newsroom_option,
    open_newsroom,
    print_json,
    print_table,
    progress,
    some,
    warn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pressfeed.config import Config
    from pressfeed.publish.audit import Life, Verdict
    from pressfeed.store import Store
    from pressfeed.store.audit import AuditEvent


@click.command()
@click.argument("what", metavar="RELEASE|verify|head")
@click.option(
    "--noted",
    metavar="HEAD",
    default="",
    help="With verify: a head that was written down earlier must be on the chain.",
)
@json_option
@newsroom_option
def audit(what: str, noted: str, as_json: bool) -> int:
    """The life of a release; whether the record of it was tampered with.

    RELEASE is a number: imported, versions, embargo, feeds, editions, how many people were sent each version.
    verify follows the chain of events (exit code 1: it was broken); head prints its end, to be noted.
    """
    from pressfeed.publish import audit as use

    if noted and what != "verify":
        raise click.UsageError("--noted goes with verify.")
    if what not in ("verify", "head") and not what.isdecimal():
        raise click.BadParameter(f"{what!r} is neither a release's number nor verify nor head")
    with open_newsroom() as room:
        if what == "head":
            head = room.store.audit.head()
            print_json({"event": head.id, "digest": head.digest}) if as_json else click.echo(str(head))
            _warn(room.store)
            return 0
        if what == "verify":
            with progress("Checking", None) as update:
                verdict = use.verify(room.store, noted, update)
            return _verdict(verdict, as_json=as_json)
        life = use.life(room.store, int(what))
        if as_json:
            print_json(_json(life))
        else:
            _page(life, room.config, room.store)
        _warn(room.store)
    return 0


def _warn(store: Store) -> None:
    """Whoever reads a part of the audit hears where all of it is not to be trusted."""
    from pressfeed.publish.audit import chain

    for problem in chain(store).problems[:1]:
        warn(f"pressfeed: do not rely on this: {problem}. See all of it: pressfeed audit verify")


def _verdict(verdict: Verdict, *, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "sound": not verdict.problems,
                "head": str(verdict.head),
                "began": iso(verdict.began),
                "problems": list(verdict.problems),
            }
        )
    elif verdict.problems:
        for problem in verdict.problems:
            warn(f"pressfeed: {problem}.")
        click.echo("The audit was tampered with, or the store is damaged. What to do: docs/audit.md")
    else:
        click.echo(f"The audit is whole: {some(verdict.head.id, 'event')}. Its head: {verdict.head}")
    return 1 if verdict.problems else 0


def _page(life: Life, config: Config, store: Store) -> None:
    release = life.release
    if release is None:
        click.echo(f"Release {life.number} was deleted before it was published.\n")
    else:
        click.echo(f"Release {release.id}: {release.content.headline or '(no headline)'}")
        about = [f"{release.status}, version {release.version}", release.content.language or "no language"]
        if release.embargo_until is not None:
            about.append(f"embargo until {local(release.embargo_until, config)}")
        click.echo(f"{', '.join(about)}; story {release.story}; urn:uuid:{release.uid}")
        click.echo(f"Times are those of {config.zone.key}.\n")
    if life.began is not None:
        click.echo(f"What was before {local(life.began, config)}, when the audit began, is not in it.\n")
    print_table(
        ("When", "Who", "What"),
        [(local(event.at, config), event.actor, sentence(event, config)) for event in life.events],
        title="What happened",
    )
    if life.given:
        print_table(
            ("Version", "Sent", "On its way", "Not sent"),
            [(one.version, one.sent, one.waiting, one.not_sent) for one in life.given],
            title="How many people were given it",
            right=("Version", "Sent", "On its way", "Not sent"),
        )
        print_table(
            ("Edition", "Bulletin", "Slot", "What", "Version", "State", "People"),
            [
                (one.edition, one.bulletin, one.slot, one.kind, one.version, one.state, one.number)
                for one in life.tallies
            ],
            title="By which editions",
            right=("Edition", "Version", "People"),
        )
    if life.feeds:
        print_table(
            ("Feed", "Entered", "Left"),
            [(one.feed, local(one.entered, config), local(one.left, config)) for one in life.feeds],
            title="Feeds",
        )
    click.echo(f"The head of the audit: {store.audit.head()}")


def sentence(event: AuditEvent, config: Config) -> str:
    """An event in words."""
    import datetime as dt

    said: Mapping[str, Any] = event.details
    why = f": {said['reason']}" if said.get("reason") else ""

    def moment(name: str) -> str:
        return local(dt.datetime.fromisoformat(said[name]), config) if said.get(name) else ""

    part, _, what = event.kind.partition(".")
    if part == "edition":
        return f"edition {event.edition} {_edition(what, said)}{why}"
    match event.kind:
        case "release.added":
            embargo = f", embargo until {moment('embargo_until')}" if said.get("embargo_until") else ""
            return f"came into the store as {said['status']}, version 1{embargo}{why} ({said['source']})"
        case "release.version":
            return f"version {said['version']}{why}"
        case "release.deleted":
            return "deleted"
        case "release.changed":
            changes = [
                f"{name} from {values[0] or 'nothing'} to {values[1] or 'nothing'}"
                for name, values in said.items()
                if isinstance(values, list)
            ]
            return f"{'; '.join(changes)}{why}"
        case "embargo.lifted":
            return f"embargo lifted{why}"
        case "feeds.changed":
            return "; ".join(
                f"{word} {', '.join(said[word])}" for word in ("entered", "left") if said.get(word)
            )
    if part == "embargo":
        return f"embargo {what}, until {moment('until')}{why}"
    if part == "notice":
        when = {"now": "at once", "next": "with their next bulletin"}.get(said["notify"], "not at all")
        return f"{what} of version {said['version']}: readers are told {when}{why}"
    if part == "release":
        since = f" as of {moment('published_at')}" if what in ("published", "scheduled") else ""
        return f"{what}{since}{why}"
    rest = ", ".join(f"{name} {value}" for name, value in said.items() if name != "reason")
    return f"{part} {what}{f' ({rest})' if rest else ''}{why}".replace("_", " ")


def _edition(what: str, said: Mapping[str, Any]) -> str:
    """What became of an edition."""
    from pressfeed.domain import NoticeKind

    match what:
        case "planning" | "awaiting" | "held" if "bulletin" in said:
            rest = "" if what == "planning" else ", waits for approval"
            kind = said["slot"].partition(":")[0]
            if kind in {one.value for one in NoticeKind}:
                return f"of {said['bulletin']}: a mail of its own brings the {kind}{rest}"
            return f"of {said['bulletin']}, slot {said['slot']}: releases frozen{rest}"
        case "planning":
            return "goes out"
        case "planned":
            return f"planned for {some(said['recipients'], 'person')}"
        case "left_out":
            return f"leaves version {said['version']} out for {some(said['recipients'], 'person')}"
        case "called_off":
            return f"called off for {some(said['recipients'], 'person')}"
        case "sent" | "closed":
            counts = ", ".join(f"{number} {state}" for state, number in sorted(said["deliveries"].items()))
            return f"is over: {counts or 'nobody was left to tell'}"
    return {"approval": "approved by one person", "skipped": "skipped"}.get(what, what)


def _json(life: Life) -> dict[str, Any]:
    from pressfeed.cli.releases import release_json

    return {
        "release": release_json(life.release) if life.release else None,
        "number": life.number,
        "before_the_audit": iso(life.began),
        "events": [
            {
                "event": event.id,
                "at": iso(event.at),
                "kind": event.kind,
                "actor": event.actor,
                "release": event.release,
                "edition": event.edition,
                "details": dict(event.details),
                "digest": event.digest,
            }
            for event in life.events
        ],
        "given": [
            {"version": one.version, "sent": one.sent, "waiting": one.waiting, "not_sent": one.not_sent}
            for one in life.given
        ],
        "editions": [
            {
                "edition": one.edition,
                "bulletin": one.bulletin,
                "slot": one.slot,
                "kind": one.kind,
                "version": one.version,
                "state": one.state,
                "people": one.number,
            }
            for one in life.tallies
        ],
        "feeds": [
            {"feed": one.feed, "entered": iso(one.entered), "left": iso(one.left)} for one in life.feeds
        ],
    }


COMMANDS = (audit,)
