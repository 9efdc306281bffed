"""The same folder behind `pressfeed serve` and behind nginx: one suite for both."""

from __future__ import annotations

import gzip
import os
import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import NamedTuple

import brotli
import pytest

from tests.acceptance.cli import Newsroom
from tests.acceptance.fronts import Reply, ask, nginx, receive, serving
from tests.acceptance.test_main_job import ENGLISH, FRENCH

FEED = "/global/fr/rss.xml"
OLD = "Mon, 01 Jan 2001 00:00:00 GMT"
LARGE = 3_000_000  # bytes; more than is kept in memory


class Fronts(NamedTuple):
    room: Newsroom
    serve: int
    nginx: int


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    top = tmp_path_factory.mktemp("fronts")
    room = Newsroom(top / "room")
    for name, text in (("a.fr.md", FRENCH), ("a.en.md", ENGLISH)):
        (top / name).write_text(text)
        room.run("import", str(top / name))
    room.run("build")
    public = room.folder / "public"
    (public / "report.pdf").write_bytes(os.urandom(1000) * (LARGE // 1000))
    (public / "assets" / "press-0123abcd.css").write_text("p { margin: 0 }\n")
    (public / ".hidden").write_text("secret")
    (public / ".git").mkdir()
    (public / ".git" / "config").write_text("secret")
    (public / "link.html").symlink_to(room.folder / "pressfeed.toml")
    (public / "db").symlink_to(room.folder / "db")
    (public / "%2e%2e").mkdir()
    (public / ".moved.map").write_text("/releases/fr/ancien/ /releases/fr/nouveau/;\n")
    (public / ".gone.map").write_text("/atlantis/fr/rss.xml /global/fr/;\n/atlantis/fr/ /global/fr/;\n")
    old = time.time() - 3600  # so that all of it is at rest
    for file in public.rglob("*"):
        if not file.is_symlink():
            os.utime(file, (old, old))
    with serving(room.folder, "--proxy", "127.0.0.1") as port, nginx(room.folder, top / "nginx", port) as web:
        yield Fronts(room, port, web)


@pytest.fixture(params=["serve", "nginx"])
def port(fronts: Fronts, request: pytest.FixtureRequest) -> int:
    found: int = getattr(fronts, request.param)
    return found


def pulled(fronts: Fronts, path: str) -> bytes:
    return (fronts.room.folder / "public" / path.lstrip("/")).read_bytes()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/global/fr/", "text/html; charset=utf-8"),
        ("/global/fr/?utm=1", "text/html; charset=utf-8"),
        ("/global/%66r/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/global/fr/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/global/fr/atom.xml", "application/atom+xml; charset=utf-8"),
        ("/global/fr/feed.json", "application/feed+json"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/assets/press.css", "text/css; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml; charset=utf-8"),
        ("/report.pdf", "application/pdf"),
    ],
)
def test_a_file_comes_whole_with_its_type_and_its_validators(
    fronts: Fronts, port: int, path: str, kind: str
) -> None:
    plain = path.partition("?")[0].replace("%66", "f")
    file = plain + "index.html" if plain.endswith("/") else plain
    reply, head = ask(port, path), ask(port, path, method="HEAD")
    assert (reply.status, reply.headers["content-type"], reply.body) == (200, kind, pulled(fronts, file))
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length", "etag", "last-modified", "cache-control"):
        assert head.headers[name] == reply.headers[name]
    assert reply.headers["etag"].startswith('"'), "the tag is strong"
    assert int(reply.headers["content-length"]) == len(reply.body)
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy"):
        assert name in reply.headers
    policy = reply.headers["content-security-policy"]
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert "strict-transport-security" not in reply.headers, "this newsroom has no https"


@pytest.mark.parametrize("path", ["/", FEED, "/assets/press.css", "/report.pdf", "/nowhere/", "/global/fr"])
def test_both_say_the_same_about_safety_and_caches(fronts: Fronts, path: str) -> None:
    names = ("content-type", "content-security-policy", "x-content-type-options", "referrer-policy")
    ours, theirs = (ask(port, path).headers for port in (fronts.serve, fronts.nginx))
    for name in names if path != "/global/fr" else names[1:]:
        assert ours[name] == theirs[name], name
    assert ours["cache-control"] == theirs["cache-control"]


def test_files_are_kept_for_minutes_and_those_with_a_fingerprint_for_ever(port: int) -> None:
    assert ask(port, FEED).headers["cache-control"] == "public, max-age=300"
    forever = ask(port, "/assets/press-0123abcd.css").headers["cache-control"]
    assert forever == "public, max-age=31536000, immutable"


def test_who_has_it_gets_304_and_no_body(fronts: Fronts, port: int) -> None:
    for coding in ("Accept-Encoding: identity", "Accept-Encoding: gzip"):
        first = ask(port, FEED, coding)
        etag, date = first.headers["etag"], first.headers["last-modified"]
        for condition in (
            f"If-None-Match: {etag}",
            f"If-None-Match: W/{etag}",
            f'If-None-Match: "other", "{"x" * 30}", {etag}',
            "If-None-Match: *",
            f"If-Modified-Since: {date}",
            # The tag decides alone; nginx wants both to agree, and rather sends too much.
            *([f"If-None-Match: {etag}\r\nIf-Modified-Since: {OLD}"] if port == fronts.serve else []),
            f"If-None-Match: {etag}\r\nRange: bytes=0-9",
        ):
            for method in ("GET", "HEAD"):
                reply = ask(port, FEED, coding, condition, method=method)
                assert (reply.status, reply.body) == (304, b""), condition
                assert reply.headers["etag"] == etag and "cache-control" in reply.headers
        for condition in (
            'If-None-Match: "other"',
            f"If-Modified-Since: {OLD}",
            "If-Modified-Since: yesterday",
            f'If-None-Match: "other"\r\nIf-Modified-Since: {date}',
        ):
            assert ask(port, FEED, coding, condition).status == 200, condition


def test_who_wants_another_version_gets_412(port: int) -> None:
    etag = ask(port, FEED).headers["etag"]
    assert ask(port, FEED, 'If-Match: "other"').status == 412
    assert ask(port, FEED, f"If-Unmodified-Since: {OLD}").status == 412
    for condition in (f"If-Match: {etag}", "If-Match: *", f"If-Unmodified-Since: {formatdate(usegmt=True)}"):
        assert ask(port, FEED, condition).status == 200


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate", "GZIP", "identity;q=0.5, gzip;q=1.0", "*", "gzip;q=0.5"]
)
def test_who_takes_gzip_gets_the_file_that_was_made_before(fronts: Fronts, port: int, accepted: str) -> None:
    if accepted in ("*", "gzip;q=0.5") and port == fronts.nginx:
        return  # nginx knows no star; a low weight is all the same to it
    reply = ask(port, FEED, f"Accept-Encoding: {accepted}")
    made = {"gzip": pulled(fronts, FEED + ".gz"), "br": pulled(fronts, FEED + ".br")}
    assert reply.body == made[reply.headers["content-encoding"]]
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["etag"] != ask(port, FEED).headers["etag"], "other bytes, another tag"
    assert reply.headers["content-type"] == "application/rss+xml; charset=utf-8"


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "deflate", "gzip;q=0, identity", "x"])
def test_who_does_not_take_it_gets_the_file_itself(fronts: Fronts, port: int, accepted: str) -> None:
    reply = ask(port, FEED, f"Accept-Encoding: {accepted}")
    assert "content-encoding" not in reply.headers
    assert reply.body == pulled(fronts, FEED)
    assert reply.headers["vary"] == "Accept-Encoding"


def test_serve_prefers_brotli_to_gzip_where_both_are_taken(fronts: Fronts) -> None:
    for accepted in ("gzip, deflate, br", "br;q=1.0, gzip;q=1.0", "gzip;q=0.8, br"):
        reply = ask(fronts.serve, FEED, f"Accept-Encoding: {accepted}")
        assert reply.headers["content-encoding"] == "br"
        assert brotli.decompress(reply.body) == pulled(fronts, FEED)
    reply = ask(fronts.serve, FEED, "Accept-Encoding: gzip, br;q=0.9")
    assert gzip.decompress(reply.body) == pulled(fronts, FEED)


@pytest.mark.parametrize("path", [FEED, "/report.pdf"])
def test_a_part_of_a_file(fronts: Fronts, port: int, path: str) -> None:
    data = pulled(fronts, path)
    size = len(data)
    for asked, first, end in (
        ("0-99", 0, 100),
        ("100-", 100, size),
        ("-50", size - 50, size),
        (f"{size - 1}-{size + 10**6}", size - 1, size),
        (f"-{size * 2}", 0, size),
    ):
        reply = ask(port, path, f"Range: bytes={asked}")
        assert (reply.status, reply.body) == (206, data[first:end]), asked
        assert reply.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
    missing = ask(port, path, f"Range: bytes={size}-")
    assert (missing.status, missing.headers["content-range"]) == (416, f"bytes */{size}")
    for strange in ("lines=1-2", "bytes=x-y"):
        assert ask(port, path, f"Range: {strange}").status in (200, 416)
    assert ask(port, path, "Range: bytes=0-9", method="HEAD").headers["content-length"] in (str(size), "10")


def test_a_part_of_another_version_is_not_mixed_in(fronts: Fronts, port: int) -> None:
    whole = ask(port, FEED)
    etag, date = whole.headers["etag"], whole.headers["last-modified"]
    for same in (etag, date):
        assert ask(port, FEED, "Range: bytes=0-9", f"If-Range: {same}").status == 206
    for other in ('"other"', OLD):
        reply = ask(port, FEED, "Range: bytes=0-9", f"If-Range: {other}")
        assert (reply.status, reply.body) == (200, whole.body)


@pytest.mark.parametrize("path", ["/global/fr", "/global/fr?a=b"])
def test_a_folder_is_found_without_its_slash(port: int, path: str) -> None:
    reply = ask(port, path)
    assert (reply.status, reply.headers["location"]) == (301, path.replace("/fr", "/fr/"))


def test_what_moved_says_where_to_and_what_ended_says_so(fronts: Fronts, port: int) -> None:
    moved = ask(port, "/releases/fr/ancien/")
    assert (moved.status, moved.headers["location"]) == (308, "/releases/fr/nouveau/")
    for path in ("/atlantis/fr/rss.xml", "/atlantis/fr/"):
        gone = ask(port, path)
        assert gone.status == 410
    gone = ask(port, "/atlantis/fr/rss.xml")
    assert gone.headers["content-type"].startswith("text/plain")
    assert b"/global/fr/" in gone.body


def test_addresses_left_after_the_start_are_known_at_once(fronts: Fronts, port: int) -> None:
    moved = fronts.room.folder / "public" / ".moved.map"
    before = moved.read_text()
    moved.write_text(before + "/releases/fr/plus-ancien/ /releases/fr/nouveau/;\n")
    try:
        assert ask(port, "/releases/fr/plus-ancien/").status == 308
    finally:
        moved.write_text(before)


@pytest.mark.parametrize(
    "target",
    [
        "/../pressfeed.toml",
        "/%2e%2e/pressfeed.toml",
        "/..%2fpressfeed.toml",
        "/global/..%2f..%2fpressfeed.toml",
        "/%252e%252e/pressfeed.toml",
        "/..%5cpressfeed.toml",
        "/..\\pressfeed.toml",
        "/global/fr/rss.xml%00.html",
        "/%00",
        "/.hidden",
        "/%2ehidden",
        "/.git/config",
        "/.moved.map",
        "/link.html",
        "/db/pressfeed.sqlite3",
        "//etc/passwd",
        "/" + "a" * 3000,
        "/" + "a/" * 1500,
        "/global/fr/rss.xml/",
        "/releases/",
        "/assets/",
        "/%ff%fe",
        "/%c0%ae%c0%ae/pressfeed.toml",
    ],
)
def test_nothing_outside_the_folder_and_nothing_hidden(port: int, target: str) -> None:
    reply = ask(port, target)
    assert reply.status in (400, 404), reply
    assert b"base_url" not in reply.body and b"secret" not in reply.body and b"root:" not in reply.body
    assert b"SQLite" not in reply.body


@pytest.mark.parametrize(
    "target", ["//evil.example.org/", "//evil.example.org", "/\\evil.example.org/global/fr"]
)
def test_no_redirect_leads_to_another_host(port: int, target: str) -> None:
    reply = ask(port, target)
    assert "evil" not in reply.headers.get("location", "")


def test_what_is_not_there_is_a_page_for_people_and_a_line_for_programs(port: int) -> None:
    page = ask(port, "/nowhere/")
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    feed = ask(port, "/nowhere/fr/rss.xml")
    assert (feed.status, feed.headers["content-type"]) == (404, "text/plain; charset=utf-8")
    for reply in (page, feed):
        assert "content-security-policy" in reply.headers and "etag" not in reply.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_a_file_can_only_be_read(port: int, method: str) -> None:
    reply = ask(port, FEED, method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_what_no_client_sends_is_refused(port: int) -> None:
    assert ask(port, "/" + "a" * 20_000).status == 414
    assert ask(port, "/", f"X-Long: {'a' * 40_000}").status in (400, 431)
    assert ask(port, "/", *[f"X-{n}: {'a' * 500}" for n in range(100)]).status in (400, 431)
    with socket.create_connection(("127.0.0.1", port), 30) as wire:
        wire.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        assert receive(wire).status == 400


def test_dynamic_routes_are_reached(port: int) -> None:
    reply = ask(port, "/unsubscribe/nobody")
    assert reply.status == 404 and reply.headers["cache-control"] == "no-store"


def test_requests_one_after_the_other_and_in_one_go(fronts: Fronts, port: int) -> None:
    request = f"GET {FEED} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    lost = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = "GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 30) as wire:
        wire.sendall((request + lost + request + last).encode())
        data = b""
        while piece := wire.recv(65536):
            data += piece
    feed = pulled(fronts, FEED)
    assert data.count(b"HTTP/1.1 200 OK") == 3 and data.count(b"HTTP/1.1 404") == 1
    assert data.count(feed) == 2 and data.endswith(pulled(fronts, "/robots.txt"))


def test_an_old_client_gets_an_answer_and_the_end_of_the_connection(fronts: Fronts, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 30) as wire:
        wire.sendall(f"GET {FEED} HTTP/1.0\r\n\r\n".encode())
        reply: Reply = receive(wire)
    assert (reply.status, reply.body) == (200, pulled(fronts, FEED))


def test_a_tag_survives_a_build_that_changes_no_byte(fronts: Fronts, port: int) -> None:
    before = ask(port, FEED, "Accept-Encoding: gzip").headers["etag"]
    fronts.room.run("build", "--force")
    assert ask(port, FEED, "Accept-Encoding: gzip").headers["etag"] == before
