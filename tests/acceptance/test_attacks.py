"""What somebody with a socket and bad intentions tries on a real server: nothing breaks, leaks or changes."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import socket
import sqlite3
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from pressfeed.publish import room as rooms
from pressfeed.store.letters import Letter
from pressfeed.tokens import Keyring, Links, Scope
from tests.acceptance.cli import Newsroom
from tests.acceptance.fronts import Reply, ask, receive, serving

AWA = "awa@example.org"
FORM = "Content-Type: application/x-www-form-urlencoded"
END = b"Connection: close\r\n\r\n"


@dataclass(frozen=True)
class Target:
    """A served newsroom with one subscriber, whose links are known."""

    room: Newsroom
    port: int
    links: dict[str, str]

    def dump(self) -> list[str]:
        with sqlite3.connect(self.room.folder / "db" / "pressfeed.sqlite3") as database:
            return list(database.iterdump())

    def letters(self) -> list[Letter]:
        with rooms.Newsroom.open(self.room.folder, {}) as opened:
            return opened.store.letters.newest(100)

    def post(self, path: str, body: bytes, *headers: str) -> Reply:
        return ask(self.port, path, *(headers or (FORM,)), method="POST", body=body)

    def wire(self, data: bytes) -> Reply:
        """The one answer to these bytes; the server ends the connection."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as wire:
            wire.sendall(data)
            return receive(wire)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    top = tmp_path_factory.mktemp("attacks")
    room = Newsroom(top / "room")
    (top / "people.csv").write_text(f"email,languages,bulletins\n{AWA},en,global/daily\n")
    room.run("subscribers", "import", str(top / "people.csv"))
    room.run("build")
    with rooms.Newsroom.open(room.folder, {}) as opened:
        number, ring = opened.store.subscribers.get(AWA).id, Keyring(opened.store.secret)
        preferences = f"/preferences/{ring.token(Scope.PREFERENCES, number, epoch=0)}"
        links = {
            "unsubscribe": f"/unsubscribe/{ring.token(Scope.UNSUBSCRIBE, number, 'global/daily', epoch=0)}",
            "preferences": preferences,
            "address": f"{preferences}/address",
            "subscribe": "/subscribe/en",
        }
    with serving(room.folder) as port:  # which also sees that nothing is logged that went wrong inside
        yield Target(room, port, links)


# Bodies


@pytest.mark.parametrize("door", ["unsubscribe", "preferences", "address", "subscribe"])
def test_no_body_is_too_strange(target: Target, door: str) -> None:
    before, path = target.dump(), target.links[door]
    start = f"POST {path} HTTP/1.1\r\nHost: a\r\n{FORM}\r\n".encode()
    piece = b"1000\r\n" + b"a" * 4096 + b"\r\n"
    chunked = start + b"Transfer-Encoding: chunked\r\n" + END
    assert target.wire(chunked + piece * 40 + b"0\r\n\r\n").status == 413  # a length that nobody announced
    assert target.wire(chunked + b"zz\r\n\r\n").status == 400
    assert (
        target.wire(start + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").status == 400
    )
    assert target.wire(start + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\naaaaaa").status == 400
    for length in (b"-1", b"1e3", b"9" * 30, b"+5"):
        assert target.wire(start + b"Content-Length: " + length + b"\r\n" + END).status == 400
    # Who asks whether to send so much is told no, and nothing is waited for.
    asked = start + b"Expect: 100-continue\r\nContent-Length: 200000\r\n" + END
    assert target.wire(asked).status == 413
    # What stands in a refused body is no request.
    inside = b"GET /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n" * 2000
    reply = target.wire(start + b"Content-Length: %d\r\n" % len(inside) + END + inside)
    assert reply.status == 413 and b"HTTP/1.1" not in reply.body
    assert target.post(path, b"a=%ff" + b"&a=1" * 400).status == 400
    if door != "unsubscribe":  # one click takes any body
        for kind, body in (
            (
                "multipart/form-data; boundary=x",
                b'--x\r\nContent-Disposition: form-data; name="save"\r\n\r\n1',
            ),
            ("multipart/form-data", b"--x--"),
            ("application/json", b'{"save": 1, "all": 1}'),
            ("text/plain", b"save=1&all=1"),
            ("application/x-www-form-urlencoded; charset=utf-16", "all=1".encode("utf-16")),
        ):
            assert target.post(path, body, f"Content-Type: {kind}").status in (200, 400, 422), kind
    assert target.dump() == before


def test_many_requests_in_one_piece_are_answered_one_by_one(target: Target) -> None:
    asked = b"GET /subscribe/en HTTP/1.1\r\nHost: a\r\nX-Some: " + b"x" * 300 + b"\r\n\r\n"
    last = b"GET /robots.txt HTTP/1.1\r\nHost: a\r\n" + END
    data = asked * 90 + last  # more than a head may be long, and cut amid one
    with socket.create_connection(("127.0.0.1", target.port), 60) as wire:
        wire.sendall(data[:-20])
        found = b""
        while found.count(b"HTTP/1.1 200 OK") < 90:
            found += (piece := wire.recv(65536))
            assert piece, found[-200:]
        wire.sendall(data[-20:])
        while piece := wire.recv(65536):
            found += piece
    assert found.count(b"HTTP/1.1 200 OK") == 91


def test_who_asks_on_and_on_without_waiting_for_answers_is_cut_off(target: Target) -> None:
    asked = b"GET /subscribe/en HTTP/1.1\r\nHost: a\r\n\r\n" * 5000
    with socket.create_connection(("127.0.0.1", target.port), 60) as wire, contextlib.suppress(OSError):
        wire.sendall(asked)
        found = b""
        while piece := wire.recv(65536):
            found += piece
        assert found.count(b"HTTP/1.1 200 OK") < 1000
    assert ask(target.port, "/robots.txt").status == 200


def test_who_asks_for_much_and_goes_away_leaves_no_trace(target: Target) -> None:
    asked = b"GET /subscribe/en HTTP/1.1\r\nHost: a\r\n\r\n" * 50
    for rest in (b"", b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 40_000, b"BAD\0REQUEST\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", target.port), 60) as wire:
            wire.sendall(asked + rest)
            wire.recv(1)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset it
    assert ask(target.port, "/robots.txt").status == 200  # and no traceback in the log, as the fixture sees


def test_who_goes_away_amid_a_body_leaves_no_trace(target: Target) -> None:
    before = target.dump()
    for path in target.links.values():
        with socket.create_connection(("127.0.0.1", target.port), 30) as wire:
            wire.sendall(
                f"POST {path} HTTP/1.1\r\nHost: a\r\n{FORM}\r\nContent-Length: 99\r\n\r\nall=1".encode()
            )
    assert ask(target.port, "/robots.txt").status == 200
    assert target.dump() == before  # and no traceback in the log, as the fixture sees


FIELDS = ("address", "name", "bulletin", "language", "stamp", "pause", "leave", "website", "save")


@pytest.mark.parametrize(
    "value", ["%00", "a%00%40b.org", "%0D%0ABcc:+x%40y.org", "%E2%80%AE", "%F0%9F", "%2e%2e%2f"]
)
def test_no_field_takes_control(target: Target, value: str) -> None:
    before = target.letters()
    for door, path in target.links.items():
        if door == "unsubscribe":
            continue
        for name in FIELDS:
            fields = {"address": "x%40example.org", "bulletin": "global%2Fdaily", name: value}
            if door == "preferences":
                fields = {"save": "1", "bulletin": "global%2Fdaily", "language": "en", name: value}
            if door == "address":
                fields = {"address": value}
            reply = target.post(path, "&".join(f"{key}={each}" for key, each in fields.items()).encode())
            assert reply.status in (200, 422), (door, name)
            assert b"\0" not in reply.body and "bcc" not in reply.headers
    with rooms.Newsroom.open(target.room.folder, {}) as opened:
        person = opened.store.subscribers.get(AWA)
        assert (person.languages, person.bulletins) == (("en",), ("global/daily",))
    assert target.letters() == before


# Targets, hosts and methods


@pytest.mark.parametrize(
    ("request_line", "headers", "statuses"),
    [
        ("GET /subscribe HTTP/1.1", "", {400}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nHost: evil.example\r\n", {400}),
        ("GET /subscribe HTTP/1.0", "", {200}),
        ("GET /subscribe HTTP/1.1", "Host: evil.example\r\n", {200}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nX-Forwarded-Host: evil.example\r\n", {200}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nForwarded: host=evil.example;proto=https\r\n", {200}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nX-Original-URL: //evil.example/\r\n", {200}),
        ("GET http://evil.example/subscribe HTTP/1.1", "Host: a\r\n", {200}),
        ("GET http://evil.example/en HTTP/1.1", "Host: a\r\n", {301}),
        ("GET http://evil.example HTTP/1.1", "Host: a\r\n", {400}),
        ("GET //evil.example/%2e%2e HTTP/1.1", "Host: a\r\n", {404}),
        ("GET /subscribe/?next=//evil.example HTTP/1.1", "Host: evil.example\r\n", {404}),
        ("GET /%0d%0aLocation:%20//evil.example HTTP/1.1", "Host: a\r\n", {404}),
        ("GET /subscribe/en/example/..%2f..%2fevil.example/daily HTTP/1.1", "Host: a\r\n", {404}),
        ("GET /preferences/..%2f..%2fpressfeed.toml HTTP/1.1", "Host: a\r\n", {404}),
        ("GET /advance/%2e%2e%5c%00 HTTP/1.1", "Host: a\r\n", {404}),
        ("OPTIONS * HTTP/1.1", "Host: a\r\n", {404, 405}),
        ("CONNECT evil.example:443 HTTP/1.1", "Host: a\r\n", {400}),
        ("TRACE /subscribe HTTP/1.1", "Host: a\r\nX-Secret: evil.example\r\n", {405}),
        ("GET subscribe HTTP/1.1", "Host: a\r\n", {400}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nX: a\0b\r\n", {400}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nX: a\r\n folded\r\n", {400}),
        ("GET /subscribe HTTP/1.1", "Host: a\r\nX : evil.example\r\n", {400}),
        ("PRI * HTTP/2.0", "Host: a\r\n", {400}),
    ],
)  # fmt: skip
def test_no_request_line_and_no_header_leads_anywhere_else(
    target: Target, request_line: str, headers: str, statuses: set[int]
) -> None:
    reply = target.wire(f"{request_line}\r\n{headers}".encode() + END)
    assert reply.status in statuses
    assert "evil" not in str(reply.headers) and b"evil" not in reply.body
    assert b"base_url" not in reply.body


def test_no_get_is_taken_for_something_else(target: Target) -> None:
    before = target.dump()
    for path in target.links.values():
        for extra in ("X-HTTP-Method-Override: POST", "X-HTTP-Method: DELETE", "X-Method-Override: POST"):
            ask(target.port, f"{path}?_method=POST&method=POST&all=1&save=1", extra)
        ask(target.port, path, FORM, body=b"all=1&_method=POST")
    assert target.dump() == before


def test_head_says_what_get_says_without_saying_it(target: Target) -> None:
    preferences = target.links["preferences"]
    pages = [
        "/subscribe",
        "/subscribe/ar",
        preferences,
        target.links["unsubscribe"],
        "/search?q=river",
        "/search",
    ]
    pages += [f"{preferences}/{below}" for below in ("sent", "export", "delete")]
    pages += [
        "/advance/x",
        "/subscribe/confirm/x",
        "/preferences/address/x",
        "/subscribe/en/example/global/daily",
    ]
    for page in pages:
        shown, head = ask(target.port, page), ask(target.port, page, method="HEAD")
        assert head.body == b"" and head.status == shown.status, page
        assert {**head.headers, "date": ""} == {**shown.headers, "date": ""}, page


# Many at once


def test_many_at_once_through_two_servers_are_still_one(target: Target) -> None:
    """One mailbox asked for forty times within a moment is written to once, and agrees once."""
    with rooms.Newsroom.open(target.room.folder, {}) as opened, serving(target.room.folder) as second:
        ring, ports = Keyring(opened.store.secret), (target.port, second)
        stamp = ring.token(Scope.FORM, int(time.time()) - 60, epoch=0)
        form = f"address=victim%40example.org&bulletin=global%2Fdaily&stamp={stamp}".encode()

        def all_at_once(path: str, body: bytes) -> set[int]:
            with ThreadPoolExecutor(40) as crowd:
                asked = [
                    crowd.submit(ask, ports[number % 2], path, FORM, method="POST", body=body)
                    for number in range(40)
                ]
                return {one.result().status for one in asked}

        limit = opened.config.signup.per_network.count
        assert limit < 40
        assert all_at_once("/subscribe/en", form) == {200, 429}
        (letter,) = opened.store.letters.newest(100)
        asked = opened.store.signups.get(letter.about)
        assert asked is not None
        assert opened.store.signups.count(asked.asked_at - dt.timedelta(days=1)) == limit
        confirm = Links(ring, "", "b@example.org").confirm(asked.id, asked.asked_at)
        assert all_at_once(confirm, b"confirm=1") == {200}
        person = opened.store.subscribers.get("victim@example.org")
        assert len(opened.store.signups.consents(person.id)) == 1
        leave = Links(ring, "", "b@example.org").unsubscribe(person.id, "global/daily", epoch=0)
        assert all_at_once(leave, b"List-Unsubscribe=One-Click") == {200}
        assert opened.store.subscribers.get("victim@example.org").bulletins == ()


# Whoever guesses


def test_who_says_to_be_many_is_counted_as_one(target: Target) -> None:
    guesses = [
        ask(
            target.port,
            f"/unsubscribe/{'a' * 30}",
            f"X-Forwarded-For: 198.51.100.{number}",
            f"Forwarded: for=198.51.100.{number}",
            f"X-Real-IP: 198.51.100.{number}",
        ).status
        for number in range(40)
    ]
    assert guesses[-1] == 429 and set(guesses) <= {404, 429}
    assert ask(target.port, target.links["unsubscribe"]).status == 200  # the right link all the same


def test_errors_tell_nothing_of_the_inside(target: Target) -> None:
    told = [
        ask(target.port, "/preferences/x").body,
        target.post("/subscribe/xx", b"").body,
        target.post("/incoming/ses/x", b"{}").body,
        target.post("/unsubscribe/undo/x", b"").body,
        target.wire(b"GARBAGE\r\n\r\n").body,
    ]
    for body in told:
        assert not re.search(rb"Traceback|File \"|sqlite|uvicorn|starlette|fastapi|/src/|detail", body, re.I)
