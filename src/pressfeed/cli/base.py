"""What all commands share: the newsroom option, errors and exit codes, JSON, tables, progress."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from pressfeed import __version__
from pressfeed.errors import InputError, PressfeedError

if TYPE_CHECKING:
    import datetime as dt
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from pressfeed.config import Config
    from pressfeed.publish.room import Newsroom

USER_VARIABLE = "PRESSFEED_USER"
NEWSROOM_VARIABLE = "PRESSFEED_NEWSROOM"
GARBAGE = 50_000  # objects more than before, from which on cycles among them are looked for
LOG_LEVELS = ("debug", "info", "warning", "error")

F = TypeVar("F", bound=Callable[..., Any])


def _remember_newsroom(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.find_root().meta["pressfeed.newsroom"] = value


def newsroom_option(function: F) -> F:
    """Give a command ``-C/--newsroom``."""
    return click.option(
        "-C",
        "--newsroom",
        metavar="DIR",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_remember_newsroom,
        help=f"The newsroom's folder (default: ${NEWSROOM_VARIABLE}, else the working directory).",
    )(function)


def json_option(function: F) -> F:
    """Give a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")(function)


def patience_option(function: F) -> F:
    """Give a command that sends ``--patience``."""
    return click.option(
        "--patience",
        type=click.FloatRange(0),
        default=120,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a mail server that does not answer.",
    )(function)


def listen_option(help_text: str, default: str | None = None) -> Callable[[F], F]:
    """Give a command ``--listen``: ``8000``, ``127.0.0.1:8000`` or ``[::1]:8000``, as host and port."""
    return click.option(
        "--listen",
        metavar="[HOST:]PORT",
        default=default,
        show_default=default is not None,
        callback=_place,
        help=help_text,
    )


def _place(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise click.BadParameter(f"{value!r} is not [HOST:]PORT")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


class Group(click.Group):
    """Commands in the order in which they were written down, which is that of the work."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)


class Root(click.Group):
    """The top: finds commands by their names in a catalogue of name → (module of ``pressfeed.cli``, help)."""

    catalogue: Mapping[str, tuple[str, str]]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.catalogue)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in self.catalogue:
            return None
        from importlib import import_module

        module = import_module(f"pressfeed.cli.{self.catalogue[cmd_name][0]}")
        command: click.Command = next(each for each in module.COMMANDS if each.name == cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in self.catalogue.items()])


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="pressfeed")
@newsroom_option
@click.option(
    "--log",
    type=click.Choice(LOG_LEVELS),
    default="warning",
    show_default=True,
    help="How much to log, on standard error. Addresses appear at debug only.",
)
def root(log: str) -> None:
    """Press releases in one store; regional feeds and e-mail bulletins out.

    \b
    Start with:  pressfeed init my-newsroom
    Then:        pressfeed -C my-newsroom import RELEASES…
                 pressfeed -C my-newsroom build
                 pressfeed -C my-newsroom bulletins send global/daily
    """
    import logging
    import time

    logging.basicConfig(
        level=log.upper(),
        stream=sys.stderr,
        format="%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    logging.Formatter.converter = time.gmtime


def entry_point(group: click.Group) -> Callable[[], NoReturn]:
    """The console script: runs the group and turns errors into words and exit codes.

    0 fine, 1 failed, 2 wrong usage or input, 130 interrupted.
    """

    def main() -> NoReturn:
        _prepare_streams()
        # What a command loads and holds stays, as a rule, and next to nothing of it is in cycles. To look
        # through it as often as Python does by itself takes 7 % of the time of a sender.
        gc.set_threshold(GARBAGE)
        try:
            color = False if os.environ.get("NO_COLOR") else None  # no-color.org
            code = group.main(standalone_mode=False, prog_name="pressfeed", color=color)
            sys.stdout.flush()
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except PressfeedError as error:
            click.echo(f"pressfeed: {error}", err=True)
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            click.echo("pressfeed: interrupted", err=True)
            sys.exit(130)
        except BrokenPipeError:
            # The reader (head, less) has seen enough.
            _drop_output()
            sys.exit(141)
        except OSError as error:  # a disk that is full, a folder that nobody may write to
            _drop_output()
            place = f"{error.filename}: " if error.filename else ""
            words = f"{place}{error.strerror or error}"
            click.echo(
                f"pressfeed: {words}. Check the disk and the permissions, then run this again.", err=True
            )
            sys.exit(1)
        gc.freeze()  # or Python, on its way out, looks through everything for cycles, twice
        sys.exit(code if isinstance(code, int) else 0)

    return main


def _prepare_streams() -> None:
    """Streams that take every text: not all terminals speak UTF-8, and some have been closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - till the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Nothing more may be flushed to standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def newsroom_path() -> Path:
    """The folder that ``-C``, the environment or the working directory names."""
    given = click.get_current_context().find_root().meta.get("pressfeed.newsroom")
    return Path(given or os.environ.get(NEWSROOM_VARIABLE) or ".")


@contextlib.contextmanager
def open_newsroom() -> Iterator[Newsroom]:
    """The newsroom that the command works on."""
    from pressfeed.publish.room import Newsroom

    with Newsroom.open(newsroom_path(), os.environ) as room:
        yield room


def now() -> dt.datetime:
    """The current time; the only place where a command looks at the clock."""
    import datetime as dt

    return dt.datetime.now(dt.UTC)


def by_option(function: F) -> F:
    """Give a command ``--by``."""
    return click.option("--by", metavar="NAME", help="Who does it (default: who is logged in).")(function)


def author(given: str | None) -> str:
    """Who acts: the name given, else $PRESSFEED_USER, else that of the operating system's user."""
    import getpass

    name = (given or "").strip() or os.environ.get(USER_VARIABLE, "").strip()
    try:
        return name or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have them
        return f"user {os.getuid()}"


def parse_moment(text: str, zone: ZoneInfo) -> dt.datetime:
    """``2024-07-26``, ``2024-07-26 07:00`` in the newsroom's zone, or with an offset; InputError."""
    import datetime as dt

    if text == "now":
        return now()
    try:
        moment = dt.datetime.fromisoformat(text)
        if not 1000 < moment.year < 9000:  # beyond these not every zone can say it
            raise ValueError("no year that anybody means")
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a date or time", remedy="Write 2024-07-26, 2024-07-26T07:00 or …T07:00+02:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


# Output


def language_of(text: str | None) -> str | None:
    """The language tag of an option, None where it was not given; InputError for what is none."""
    from pressfeed.publish.subscribers import language

    return None if text is None else language(text)


def out() -> Console:
    """Standard output with tables that align; wide enough for every column where nobody watches."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def _is_utf8() -> bool:
    return sys.stdout.encoding.lower().replace("-", "") == "utf8"


def warn(text: str) -> None:
    """A line on standard error."""
    click.echo(text, err=True)


def print_json(value: Any) -> None:
    """One JSON value."""
    import json

    click.echo(json.dumps(value, ensure_ascii=not _is_utf8(), indent=2))


def print_json_array(values: Iterable[Any]) -> None:
    """A JSON array, written as its values come, so that it may be longer than memory."""
    import json

    separator, plain = "[", not _is_utf8()
    for value in values:
        click.echo(f"{separator}\n  {json.dumps(value, ensure_ascii=plain)}", nl=False)
        separator = ","
    click.echo("[]" if separator == "[" else "\n]")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", right: Sequence[str] = ()
) -> None:
    """A table; ``right`` names the columns that are numbers."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    out().print(table)


@contextlib.contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, where somebody watches; called with (done, in all)."""
    if not sys.stderr.isatty():
        yield lambda _done, _in_all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = 0.0  # when; drawn from here, since a build may not share its work where a further thread runs
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
    ) as bar:
        task = bar.add_task(label, total=total)

        def update(done: int, in_all: int) -> None:
            nonlocal shown
            due = time.monotonic() > shown + 0.1
            bar.update(task, completed=done, total=in_all, refresh=due)
            shown = time.monotonic() if due else shown

        yield update


@contextlib.contextmanager
def waiting_shown(*, quiet: bool) -> Iterator[Callable[[str, float], None]]:
    """Says on standard error what is waited for, and for how many seconds at most: in place where somebody
    watches, else line by line; nothing if ``quiet``."""

    def words(what: str, patience: float) -> str:
        return f"Waiting for {what}, for at most {patience:g} s …"

    if quiet or not sys.stderr.isatty():
        yield lambda what, patience: None if quiet else click.echo(words(what, patience), err=True)
        return
    from rich.console import Console

    with Console(stderr=True).status("Checking …") as status:
        yield lambda what, patience: status.update(words(what, patience))


def some(number: int, noun: str) -> str:
    """A number of things: ``1 story``, ``2 stories``, ``3 people``."""
    if number == 1:
        return f"1 {noun}"
    if noun == "person":
        return f"{number} people"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def local(moment: dt.datetime | None, config: Config) -> str:
    """A time as operators read it: their newsroom's wall time."""
    return moment.astimezone(config.zone).strftime("%Y-%m-%d %H:%M") if moment else ""


def iso(moment: dt.datetime | None) -> str | None:
    """A time as machines read it: RFC 3339 in UTC."""
    import datetime as dt

    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
