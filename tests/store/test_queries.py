from __future__ import annotations

import ast
import re
import sqlite3
from pathlib import Path

import pytest

import pressfeed
from pressfeed import resources
from pressfeed.store import queries
from pressfeed.store.connection import Connection

QUERIES = queries.load()
RUNNERS = {"run", "run_many", "insert", "rows", "each", "row", "value"}


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> sqlite3.Connection:
    return Connection(tmp_path_factory.mktemp("store") / "store.sqlite3", create=True).db.conn


def plan(raw: sqlite3.Connection, name: str) -> list[str]:
    """How SQLite would run the statement, a line a step."""
    statement = QUERIES[name]
    numbered = statement.count("?")
    named = dict.fromkeys(re.findall(r":([a-z_]+)", statement))
    found = raw.execute(f"EXPLAIN QUERY PLAN {statement}", (None,) * numbered if numbered else named)
    return [row["detail"] for row in found]


def used() -> set[str]:
    """Every name that the store hands to a runner of statements, be it by a variable of the function."""
    found = set()
    for path in (Path(pressfeed.__file__).parent / "store").glob("*.py"):
        functions = [
            node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
        ]
        for function in functions:
            nodes = list(ast.walk(function))
            given: list[ast.expr] = [
                node.args[0]
                for node in nodes
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in RUNNERS
                and node.args
            ]
            variables = {node.id for node in given if isinstance(node, ast.Name)}
            for node in nodes:
                if isinstance(node, ast.Assign) and variables & {getattr(t, "id", "") for t in node.targets}:
                    given.append(node.value)
                elif isinstance(node, ast.For) and getattr(node.target, "id", "") in variables:
                    given.append(node.iter)
            found |= {
                constant.value
                for node in given
                for constant in ast.walk(node)
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
            }
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_every_statement_is_valid_sql(raw, name):
    assert isinstance(plan(raw, name), list)  # an unknown table or column would have raised


def test_every_statement_is_used_and_every_used_one_exists():
    assert used() == set(QUERIES)


def test_every_statement_has_a_sentence():
    for path in (resources.folder("db") / "queries").glob("*.sql"):
        sentences = re.findall(r"^-- name: \w+\n-- (.*)$", path.read_text("utf-8"), re.MULTILINE)
        assert len(sentences) == path.read_text("utf-8").count("-- name: ") > 0
        assert all(re.match(r"[A-Z].*[.:,;a-z]$", sentence) for sentence in sentences), path.name


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-- name: a\n-- A.\nSELECT 1;\n-- name: a\n-- B.\nSELECT 2;\n", "two statements are called a"),
        ("-- name: a\nSELECT 1;\n", "a lacks its sentence"),
        ("-- name: a\n", "a lacks its sentence"),
    ],
)
def test_a_careless_file_is_refused(tmp_path, monkeypatch, text, problem):
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "x.sql").write_text(text)
    monkeypatch.setattr(resources, "folder", lambda _: tmp_path)
    with pytest.raises(ValueError, match=problem):
        queries.load.__wrapped__()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("claim", "delivery_due (edition_id=? AND next_try<?)"),
        ("editions_with_due", "delivery_due (edition_id=? AND next_try<?)"),
        ("editions_with_due", "edition_by_state (state=?)"),
        ("editions_in_state", "edition_by_state (state=?)"),
        ("due_count", "delivery_due (edition_id=? AND next_try<?)"),
        ("next_due", "delivery_due (edition_id=?)"),
        ("leases", "delivery_leased"),
        ("recover_claimed", "delivery_leased (lease_until=?)"),
        ("recover_sending", "delivery_leased (lease_until=?)"),
        ("renew_leases", "delivery_leased"),
        ("release_claims", "delivery_leased"),
        ("unknown_deliveries", "delivery_in_doubt"),
        ("recipients", "PRIMARY KEY (bulletin=? AND subscriber_id>?)"),
        ("items_had", "item_by_story (story_id=? AND subscriber_id>? AND subscriber_id<?)"),
        ("edition_stories", "PRIMARY KEY (edition_id=?)"),
        ("release_items", "item_by_delivery (delivery_id=?)"),
        ("ledger_of_subscriber", "delivery_by_subscriber (subscriber_id=?)"),
        ("notice_readers", "item_by_story (story_id=? AND subscriber_id>?)"),
        ("editions_of_release", "variant_with_notices"),
        ("candidates", "PRIMARY KEY (region=?)"),
        ("claim_targets", "websub_target_due (next_try<?)"),
        ("claim_requests", "websub_request_due (next_try<?)"),
        ("expire_targets", "websub_target_expiry (expires_at<?)"),
        ("push_feed", "(path=? AND kind=?)"),
        ("suppressions_among", "(address_hash=?)"),
        ("incoming_by_digest", "(digest=?)"),
        ("incoming_open", "incoming_open"),
        ("bounces_back", "delivery_by_subscriber (subscriber_id=? AND rowid<?)"),
        ("bounces_back", "bounce_by_subscriber (subscriber_id=?)"),
    ],
)
def test_statements_that_run_often_find_their_rows_by_an_index(raw, name, index):
    assert any(index in step for step in plan(raw, name)), plan(raw, name)


@pytest.mark.parametrize(
    "name",
    [
        "claim",
        "due_count",
        "editions_with_due",
        "items_had",
        "next_due",
        "recipients",
        "recover_claimed",
        "recover_sending",
        "release_claims",
    ],
)
def test_statements_that_run_often_never_walk_a_table(raw, name):
    assert [step for step in plan(raw, name) if step.startswith("SCAN")] == []


def test_claims_come_in_the_order_of_the_index_without_sorting(raw):
    assert not any("TEMP B-TREE" in step for step in plan(raw, "claim"))
