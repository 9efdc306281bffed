"""The documents say what the code does: commands, options, examples, links, files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pressfeed.cli import root
from pressfeed.store.connection import Connection
from tests.acceptance.cli import Newsroom

TOP = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/README.md")
    for path in TOP.glob(pattern)
    if path.is_file()
)
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:docs|src|tests|bench|scripts|db|examples|\.ci)/[\w./-]*)`")
SHARED = {"-C", "--newsroom", "-h", "--help"}


def text(path: Path) -> str:
    return path.read_text("utf-8")


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def options(command: click.Command) -> set[str]:
    """Its options in all their spellings, but those that all commands share."""
    given = {name for each in command.params if isinstance(each, click.Option) for name in each.opts}
    return given - SHARED


@cache
def described() -> dict[str, str]:
    """The sections of docs/cli.md about commands: words → text."""
    parts = re.split(r"^### pressfeed (.*)$", text(TOP / "docs" / "cli.md"), flags=re.MULTILINE)
    sections = {}
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        words = " ".join(word for word in heading.split() if re.fullmatch(r"[a-z-]+", word))
        sections[words] = body.split("\n## ")[0]
    return sections


COMMANDS = dict(commands(root))


def test_every_command_is_described_and_nothing_else_is():
    assert set(described()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described_and_nothing_else_is(name):
    rows = re.findall(r"^\| (`-[^|]*`) \|", described()[name], re.MULTILINE)
    found = {word for row in rows for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert found == options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_and_a_heading_with_its_arguments(name):
    assert re.search(rf"^pressfeed (?:-C \S+ )?{name}\b", described()[name], re.MULTILINE)
    command = COMMANDS[name]
    metavars = [
        each.make_metavar(click.Context(command))
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    heading = " ".join(["### pressfeed", name, *metavars])
    assert f"\n{heading}\n" in text(TOP / "docs" / "cli.md")


def test_options_of_all_commands_are_described():
    shared = text(TOP / "docs" / "cli.md").split("\n## A newsroom")[0]
    names = {name for each in root.params for name in each.opts} | SHARED | {"--json"}
    assert {name for name in names if f"`{name}" not in shared} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_a_word_for_every_option(name):
    assert all(each.help for each in COMMANDS[name].params if isinstance(each, click.Option))


@pytest.mark.parametrize("group", ["", *sorted({name.partition(" ")[0] for name in COMMANDS if " " in name})])
def test_lists_of_commands_fit_a_terminal_of_80_columns(group):
    said = CliRunner().invoke(root, [group, "--help"] if group else ["--help"], terminal_width=80).output
    assert "..." not in said.split("Commands:")[1]
    assert max(map(len, said.splitlines())) <= 80


# Examples


def examples() -> list[str]:
    """Every line of a code block in any document that starts with pressfeed."""
    found = []
    for path in DOCUMENTS:
        for _, block in CODE.findall(text(path)):
            for line in block.replace("\\\n", " ").splitlines():
                line = line.removeprefix("$ ")
                if line.startswith("pressfeed "):
                    found.append(line)
    return sorted(set(found))


def parse(command: click.Command, name: str, words: list[str], parent: click.Context | None) -> None:
    """Let click parse the words, down to the last command, without running any."""
    context = command.make_context(name, words, parent=parent)
    rest = [*context._protected_args, *context.args]
    if isinstance(command, click.Group) and rest:
        found, inner, rest = command.resolve_command(context, rest)
        assert inner is not None and found is not None
        parse(inner, found, rest, context)


def test_there_are_examples():
    assert len(examples()) > len(COMMANDS)


@pytest.mark.parametrize("line", examples())
def test_every_example_is_a_command_that_exists(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    for separator in ("|", ">", "&&"):
        words = words[: words.index(separator)] if separator in words else words
    for word in words:
        if re.fullmatch(r"[\w/-]+\.(?:csv|html|md|txt)", word):  # files that the command wants to see
            (tmp_path / word).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / word).touch()
    if not {"-h", "--help", "--version"} & set(words):
        parse(root, "pressfeed", words, None)


def test_a_wrong_example_would_be_noticed():
    with pytest.raises(click.ClickException):
        parse(root, "pressfeed", ["releases", "list", "--colour", "red"], None)
    with pytest.raises(click.ClickException):
        parse(root, "pressfeed", ["releases", "burn"], None)


def test_the_example_of_the_readme_is_what_comes_out(tmp_path):
    blocks = {kind: block for kind, block in CODE.findall(text(TOP / "README.md")) if kind != "sh"}
    (tmp_path / "gauges.md").write_text(blocks["markdown"], "utf-8")
    room = Newsroom(tmp_path / "newsroom")
    room.run("import", str(tmp_path / "gauges.md"))
    room.run("build")
    for region in ("west-central-africa", "global"):
        feed = text(room.folder / "public" / region / "en" / "atom.xml").splitlines()
        assert set(blocks["xml"].splitlines()) <= set(feed)
    assert blocks["text"] in room.run("bulletins", "preview", "west-central-africa/daily").out


# Tables, links and files


def test_every_table_of_the_store_is_described_and_nothing_else_is(tmp_path):
    connection = Connection(tmp_path / "store.sqlite3", create=True)
    ours = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
    found = {row[0] for row in connection.db.execute(ours)}  # and not those behind a full-text index
    listed = text(TOP / "docs" / "store.md").split("## Tables")[1].split("\nThe ledger")[0]
    described = re.findall(r"^\| `(\w+)` \| (?=\w)", listed, re.MULTILINE)
    assert sorted(described) == sorted(name for name in found if not name.startswith(("sqlite_", "_sqlite")))


def anchors(document: str) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_every_link_leads_somewhere(path):
    broken = []
    for target in LINK.findall(CODE.sub("", text(path))):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (anchor and anchor not in anchors(text(found))):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_every_file_that_is_named_exists(path):
    named = {name.rstrip("/") for name in PATH.findall(text(path))}
    # What a newsroom has below the same names, and what is not there before somebody makes it.
    elsewhere = {name for name in named if re.match(r"db/(?:pressfeed\.sqlite3|dkim-|backup)", name)}
    assert {name for name in named - elsewhere if not (TOP / name).exists()} == set()


def test_every_document_is_reached_from_the_first_one():
    seen: set[Path] = set()
    queue = [TOP / "README.md"]
    while queue:
        path = queue.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        for target in LINK.findall(text(path)):
            found = (path.parent / target.partition("#")[0]).resolve()
            if not re.match(r"[a-z]+:", target):
                queue.extend(found.glob("*.md") if found.is_dir() else [found])
    everything = {path.resolve() for path in DOCUMENTS}
    assert everything - seen == set()


def test_nothing_names_a_place_on_one_machine():
    folders = ("src", "docs", "scripts", "db", "templates", "schedules", "examples", ".ci")
    files = [file for folder in folders for file in (TOP / folder).rglob("*") if file.is_file()]
    # In a linked work tree .git is a file of Git's own.
    files += [file for file in TOP.iterdir() if file.is_file() and file.name != ".git"]
    private = re.compile(rb"/(?:work|root|builds?|tmp/bash)/|file:///")
    found = [
        str(file.relative_to(TOP))
        for file in files
        if file.suffix not in (".png", ".pyc") and private.search(file.read_bytes())
    ]
    assert found == []
