"""schemathesis on all that the application says about itself, with links that work and links that do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from pressfeed.config import load
from pressfeed.schedule import load_regions
from pressfeed.web.app import application
from tests.acceptance.test_subscribing import undo_of
from tests.acceptance.visiting import Visit, link

SECRET = "a-secret-that-nobody-guesses-0123456789"
LIMITS = '[signup]\nper_network = "999999/m"\ntotal = "999999/m"\n'
INCOMING = f'[incoming]\nwebhook_secret = "{SECRET}"\n'

# Whether data is refused or accepted is not for a schema to say here: what is an address is more than a
# pattern can tell, and one-click takes any body (RFC 8058).
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
)


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path / "room", LIMITS + INCOMING)


def tokens(visit: Visit) -> dict[str, str]:
    """A good token for each path that has one."""
    visit.join("awa@example.org", "global/daily", "global/weekly")
    visit.later(days=2)
    visit.ask("other@example.org")
    confirm = link(visit.letters()[-1], "subscribe/confirm")
    preferences = visit.preferences("awa@example.org")
    visit.client.post(preferences + "/address", data={"address": "new@example.org"})
    address = link(visit.letters()[-1], "preferences/address")
    unsubscribe = visit.unsubscribe("awa@example.org", "global/weekly")
    undo = undo_of(visit.client.post(unsubscribe).text)
    paths = (confirm, preferences, address, unsubscribe, undo)
    return {path.rpartition("/")[0]: path.rpartition("/")[2] for path in paths}


def test_schemathesis_finds_nothing(visit: Visit) -> None:
    good = tokens(visit)
    config = load(visit.root, {})
    app = application(config, load_regions(config.schedules, config.languages), lambda: visit.now)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 15
    for operation in operations:
        probe(operation, good)


def probe(operation: Any, good: dict[str, str]) -> None:
    """Ask one operation what its description allows, and what it does not."""
    known = max((path for path in good if operation.path.startswith(path)), key=len, default="")

    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        ),
        right=st.booleans(),
        language=st.sampled_from(["en", "ar", "fr"]),
    )
    def ask(case: Any, right: bool, language: str) -> None:
        if right and known and "token" in case.path_parameters:
            case.path_parameters["token"] = good[known]
        if right and "secret" in case.path_parameters:
            case.path_parameters |= {"secret": SECRET, "service": "generic"}
        if right and "language" in case.path_parameters:
            case.path_parameters["language"] = language
        case.call_and_validate(checks=CHECKS)

    ask()


def test_the_description_names_every_route(visit: Visit) -> None:
    described = json.loads(visit.client.get("/openapi.json").text)
    assert described["openapi"].startswith("3.1")
    paths = described["paths"]
    assert {"/subscribe", "/subscribe/{language}", "/unsubscribe/{token}", "/preferences/{token}"} <= set(
        paths
    )
    for path, methods in paths.items():
        for method, about in methods.items():
            assert about["summary"], (method, path)
            assert set(about["responses"]) - {"422"}, (method, path)
