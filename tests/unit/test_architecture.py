"""Imports point one way, as docs/architecture.md draws it."""

from __future__ import annotations

import ast
import graphlib
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pressfeed

SOURCE = Path(pressfeed.__file__).parent
ROOT = SOURCE.parent.parent

# The parts of pressfeed, the lowest first: a part imports from the lines above its own only.
LAYERS = (
    {"errors"},
    {"domain", "languages", "resources", "toml"},
    {"fields", "markup", "texts"},
    {"checks"},
    {"config", "schedule"},
    {"changes", "dkim", "feeds", "incoming", "intake", "message", "plan", "tokens"},
    {"digest", "site"},
    {"store", "delivery"},
    {"publish"},
    {"scheduler", "web"},
    {"service"},
    {"cli"},
)
WORLD = {"store", "delivery"}  # what touches disk and wire
PURE = set().union(*LAYERS[2:7])  # data in, data out
SHARED = {"errors", "domain", "resources", "config"}  # all that the world may know of the rest
OUTSIDE = {
    "asyncio",
    "http",
    "httpx",
    "requests",
    "select",
    "smtplib",
    "socket",
    "sqlite3",
    "sqlite_utils",
} | {
    "ssl",
    "subprocess",
    "urllib.request",
}
HEAVY = (
    {
        "aiosmtpd",
        "apscheduler",
        "asyncio",
        "babel",
        "charset_normalizer",
        "cryptography",
        "email_validator",
        "fastapi",
    }
    | {
        "feedgen",
        "feedparser",
        "flufl",
        "holidays",
        "icalendar",
        "jinja2",
        "lxml",
        "markdown_it",
        "nh3",
        "numpy",
    }
    | {"premailer", "py3langid", "pydantic", "rich", "slugify", "sqlite3", "sqlite_utils", "starlette"}
    | {"uvicorn", "yaml"}
)


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of pressfeed, parsed."""
    return {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text("utf-8")
        )
        for path in sorted(SOURCE.rglob("*.py"))
    }


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a tree imports anywhere, ours by their full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in modules() else node.module or ""


def part(module: str) -> str:
    """``pressfeed.store.codec`` → ``store``; the package itself has none."""
    return module.split(".")[1] if "." in module else ""


def uses() -> Iterator[tuple[str, str]]:
    """Every pair (importing module, part that it imports from), another one than its own."""
    for name, tree in modules().items():
        for imported in imports(tree):
            if imported.startswith("pressfeed.") and part(imported) != part(name):
                yield name, part(imported)


def test_every_part_has_its_layer():
    assert {part(name) for name in modules()} - {""} <= set().union(*LAYERS)


def test_imports_point_down():
    height = {name: number for number, layer in enumerate(LAYERS) for name in layer}
    wrong = [(name, used) for name, used in uses() if height[used] >= height[part(name)]]
    assert wrong == []


def test_pure_parts_know_nothing_of_store_and_wire():
    assert [(name, used) for name, used in uses() if part(name) in PURE and used in WORLD] == []


def test_store_and_wire_know_neither_pure_parts_nor_each_other():
    assert [(name, used) for name, used in uses() if part(name) in WORLD and used not in SHARED] == []


def test_pure_parts_reach_neither_network_nor_database():
    found = [
        (name, imported)
        for name, tree in modules().items()
        if part(name) in PURE
        for imported in imports(tree)
        if imported in OUTSIDE or imported.split(".")[0] in OUTSIDE
    ]
    assert found == []


def test_pure_parts_and_the_store_are_told_the_time():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules().items()
        if part(name) in PURE | {"store", "domain"}
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today", "time_ns"}
    ]
    assert found == []


def test_modules_form_no_circle():
    # What is imported inside functions, or for type checkers only, may close one.
    graph: dict[str, set[str]] = {}
    for name, tree in modules().items():
        top = ast.Module([node for node in tree.body if not isinstance(node, ast.If)], [])
        functions = {
            id(inner)
            for node in ast.walk(top)
            if isinstance(node, ast.FunctionDef)
            for inner in ast.walk(node)
        }
        top_level = [
            node for node in ast.walk(top) if id(node) not in functions and isinstance(node, ast.stmt)
        ]
        graph[name] = {
            imported
            for node in top_level
            if isinstance(node, ast.Import | ast.ImportFrom)
            for imported in imports(node)
            if imported.startswith("pressfeed.")
        }
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(modules())


@pytest.mark.parametrize("statement", ["import pressfeed", "import pressfeed.cli"])
def test_heavy_packages_wait_until_they_are_needed(statement):
    script = f"{statement}, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded & HEAVY == set()


def test_the_architecture_is_drawn_as_it_is():
    drawn = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    missing = [name for name in {part(name) for name in modules()} - {""} if f" {name}" not in drawn]
    assert missing == []
