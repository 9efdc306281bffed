"""schemathesis on all that the application says about itself, with links that work and links that do not.

What changes something gets a newsroom of its own, so that nothing finds what another has deleted, and every
request a client address of its own, so that nobody who guesses is told to wait instead of being answered.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
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
from pressfeed.domain import Status
from pressfeed.publish import advance
from pressfeed.publish.builder import Builder
from pressfeed.publish.editions import plan_edition
from pressfeed.schedule import load_regions
from pressfeed.tokens import Keyring, Links, Scope
from pressfeed.web.app import application
from pressfeed.web.files import Application, Receive, Send
from tests.acceptance.mailroom import Mailroom
from tests.acceptance.test_subscribing import undo_of
from tests.acceptance.visiting import BASE, Visit, link
from tests.unit import factories

SECRET = "a-secret-that-nobody-guesses-0123456789"
SETTINGS = f"""
[signup]
per_network = "999999/m"
total = "999999/m"
[incoming]
webhook_secret = "{SECRET}"
[websub]
hub = "own"
"""
ADVANCE = '\n[[bulletins]]\nname = "advance"\nkind = "advance"\n'
FORM = "application/x-www-form-urlencoded"
FEED = "global/en/rss.xml"

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
EXAMPLES = 20  # made up by schemathesis for each operation
ONCE = ("/preferences/{token}/delete", "/unsubscribe/undo/{token}")  # after which the link is void


@dataclass(frozen=True)
class Good:
    """What an operation is asked with when all is right."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    media_type: str | None = None


@dataclass
class Crowd:
    """An application whose every request comes from another network."""

    app: Application
    number: int = 0

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        self.number += 1
        caller = ipaddress.IPv4Address("100.64.0.0") + self.number
        await self.app(scope | {"client": (str(caller), 50000)}, receive, send)


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A newsroom with something to show behind every address."""
    visit = Visit(tmp_path_factory.mktemp("openapi") / "room", SETTINGS)
    with (visit.root / "schedules" / "global.toml").open("a") as world:
        world.write(ADVANCE)
    Mailroom(visit.root).publish(1, "en", "fr", "ar")
    builder = Builder(visit.root, {})
    builder.open()
    builder.look(visit.now)
    builder.close()
    visit.client = visit.visitor()
    return visit


def tokens(visit: Visit) -> dict[str, str]:
    """A good token for each folder of addresses that has one."""
    visit.join("awa@example.org", "global/daily", "global/weekly")
    with visit.open() as room, room.store.transaction():
        room.store.releases.add(
            factories.content("en", regions=("global",)),
            story="ahead",
            slug="ahead",
            status=Status.PUBLISHED,
            source="test",
            now=visit.now,
            reason="made for a test",
            published_at=visit.now,
            embargo_until=visit.now + dt.timedelta(days=30),
            archive=False,
        )
    with visit.open() as room:
        advance.accredit(
            room, "awa@example.org", "global", visit.now + dt.timedelta(days=30), "Rosa", visit.now
        )
        edition, _ = plan_edition(room, room.bulletin("global/advance"), "2026-03-17T12:01", visit.now)
        person = room.store.subscribers.get("awa@example.org")
        ahead = Links(Keyring(room.store.secret), "", "bounces@press.example.org").advance(
            person.id, edition.id, epoch=0
        )
    visit.later(days=2)
    visit.ask("other@example.org")
    confirm = link(visit.letters()[-1], "subscribe/confirm")
    preferences = visit.preferences("awa@example.org")
    visit.client.post(preferences + "/address", data={"address": "new@example.org"})
    address = link(visit.letters()[-1], "preferences/address")
    unsubscribe = visit.unsubscribe("awa@example.org", "global/weekly")
    undo = undo_of(visit.client.post(unsubscribe).text)
    paths = (ahead, confirm, preferences, address, unsubscribe, undo)
    return {path.rpartition("/")[0]: path.rpartition("/")[2] for path in paths}


def rights(visit: Visit) -> dict[tuple[str, str], Good]:
    """For what is more than a token in the address: how it is asked for rightly."""
    with visit.open() as room:
        moment = int((visit.now - dt.timedelta(minutes=1)).timestamp())
        stamp = Keyring(room.store.secret).token(Scope.FORM, moment, epoch=0)
    hub = {"mode": "subscribe", "topic": f"{BASE}/{FEED}", "callback": "https://reader.example.net/websub"}
    asked = {"address": "new-reader@example.org", "bulletin": ["global/daily"], "stamp": stamp}
    report = {"type": "bounce", "recipient": "awa@example.org", "status": "4.2.2"}
    shown = {"language": "fr", "region": "global", "name": "daily"}
    return {
        ("GET", "/subscribe/{language}"): Good({"language": "ar"}),
        ("POST", "/subscribe/{language}"): Good({"language": "en"}, body=asked, media_type=FORM),
        ("GET", "/subscribe/{language}/example/{region}/{name}"): Good(shown),
        ("GET", "/search"): Good(query={"q": "river", "lang": "en"}),
        ("POST", "/hub"): Good(body={f"hub.{key}": value for key, value in hub.items()}, media_type=FORM),
        ("POST", "/incoming/{service}/{secret}"): Good(
            {"service": "generic", "secret": SECRET}, body=report, media_type="application/json"
        ),
        ("POST", "/preferences/{token}/address"): Good(
            body={"address": "newer@example.org"}, media_type=FORM
        ),
    }


def test_schemathesis_finds_nothing(visit: Visit, tmp_path: Path) -> None:
    folders, known = tokens(visit), rights(visit)
    asked = 0
    for number, operation in enumerate(operations(visit, visit.root)):
        key = operation.method.upper(), operation.path
        if key[0] == "POST":
            copy = tmp_path / str(number)
            shutil.copytree(visit.root, copy)
            operation = next(one for one in operations(visit, copy) if (one.method.upper(), one.path) == key)
        good = known.pop(key, Good())
        if "{token}" in operation.path:
            folder = operation.path.partition("/{token}")[0]
            good = Good({"token": folders[folder]}, body=good.body, media_type=good.media_type)
        first, counts = probe(operation, good)
        asked += 1
        name = f"{operation.method} {operation.path}: {dict(counts)}"
        assert 200 <= first < 300, f"what is right is answered with {first}: {name}"
        assert counts.total() >= EXAMPLES, name
        assert 429 not in counts, name
        assert set(counts) <= {first, 400, 404, 413, 422}, name
        assert counts[first] >= EXAMPLES // 8 or operation.path in ONCE, name
    assert asked >= 22
    assert not known, "descriptions of operations that there are none of"


def operations(visit: Visit, root: Path) -> list[Any]:
    """The described operations of the newsroom in a folder."""
    config = load(root, {})
    app = Crowd(application(config, load_regions(config.schedules, config.languages), lambda: visit.now))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    return [one.ok() for one in schema.get_all_operations()]


def probe(operation: Any, good: Good) -> tuple[int, Counter[int]]:
    """Ask one operation what its description allows, and what it does not.

    The status of the answer to the right question, which comes first, and how often each status was answered
    to those that are made up, some of which have the right path, or the right path, query and body.
    """
    right: dict[str, Any] = {"path_parameters": {**good.path}, "query": {**good.query}}
    if good.body is not None:
        right |= {"body": good.body, "media_type": good.media_type}
    first = operation.Case(**right).call_and_validate(checks=CHECKS).status_code
    counts: Counter[int] = Counter()

    @settings(
        max_examples=EXAMPLES,
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
        right=st.sampled_from(["nothing", "path", "everything"]),
    )
    def ask(case: Any, right: str) -> None:
        if right != "nothing":
            case.path_parameters = {**good.path}
        if right == "everything":
            case.query = {**good.query}
            if good.body is not None:
                case.body, case.media_type = good.body, good.media_type
        counts[case.call_and_validate(checks=CHECKS).status_code] += 1

    ask()
    return first, counts


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
            assert {"200", "202", "204"} & set(about["responses"]), (method, path)
    assert "ValidationError" not in json.dumps(described)  # an answer that nobody ever gets
