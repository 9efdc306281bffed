"""``pressfeed doctor`` against a real mail server: what is wrong is said before it is needed."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP

from tests.acceptance.certificates import make_certificate
from tests.acceptance.mailroom import Mailroom, make
from tests.acceptance.test_smtp_servers import Keeper, check


@contextmanager
def serving(folder: Path, **options: object) -> Iterator[str]:
    """aiosmtpd with STARTTLS and a login in a thread; the URL that gets in."""
    certificate = make_certificate(folder)
    factory = partial(
        SMTP,
        Keeper(),
        tls_context=certificate.server_context,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
        **options,
    )
    loop = asyncio.new_event_loop()
    listener = loop.run_until_complete(loop.create_server(factory, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    port = listener.sockets[0].getsockname()[1]
    try:
        yield f"smtp://jan%C3%A9:p%40ss%3Aword@127.0.0.1:{port}?tls=starttls&ca={certificate.authority}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()
        loop.close()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Mailroom:
    return make(tmp_path_factory.mktemp("doctor") / "room", 1, languages=("en",), stories=1)


def examined(room: Mailroom, code: int) -> dict[str, tuple[str, str]]:
    done = room.pressfeed("doctor", "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return {one["check"]: (one["grade"], one["text"]) for one in json.loads(done.stdout)}


def test_a_server_that_lets_us_in(room: Mailroom, tmp_path: Path) -> None:
    with serving(tmp_path, data_size_limit=5_000_000) as url:
        room.configure(transport=url)
        found = examined(room, 0)
    assert found["encryption"][0] == "ok" and "TLSv1.3" in found["encryption"][1]
    assert found["authentication"] == ("ok", "PLAIN as jané")
    assert found["size limit"] == ("ok", "5000000 bytes")
    assert found["speed"][0] == "warning", "aiosmtpd has no PIPELINING"
    assert (found["base URL"][0], found["templates"][0]) == ("ok", "ok")


def test_a_wrong_password_and_a_server_for_small_mails(room: Mailroom, tmp_path: Path) -> None:
    with serving(tmp_path, data_size_limit=10_000) as url:
        room.configure(transport=url)
        assert examined(room, 1)["size limit"][0] == "error"
        room.configure(transport=url.replace("p%40ss", "wrong"))
        grade, text = examined(room, 1)["mail transport"]
    assert (grade, "535" in text, "wrong" in text) == ("error", True, False)


def test_a_certificate_of_somebody_else_and_a_file_that_is_none(room: Mailroom, tmp_path: Path) -> None:
    with serving(tmp_path) as url:
        room.configure(transport=url.partition("&ca=")[0])
        assert "certificate" in examined(room, 1)["mail transport"][1]
        room.configure(transport=f"{url.partition('&ca=')[0]}&ca=none.pem")
        assert "cannot be read" in examined(room, 1)["mail transport"][1]


def test_a_server_that_withholds_its_greeting_is_not_waited_for_in_silence(room: Mailroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        transport = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        room.configure(transport=transport, timeouts__greeting="200s")
        doctor = room.start("doctor")
        assert doctor.stderr is not None
        said = doctor.stderr.readline()  # as long as the server says nothing
        assert "Waiting for the server's greeting, for at most 200 s" in said
        silent.accept()[0].close()
        found, _ = doctor.communicate()
        assert doctor.returncode == 1
        assert "closed the connection" in " ".join(found.split())

        room.configure(transport=transport, timeouts__greeting="2s")
        done = room.pressfeed("doctor", "--json")
        assert "no reply" in {one["check"]: one["text"] for one in json.loads(done.stdout)}["mail transport"]
        assert done.stderr == "", "a machine is told nothing else"


@pytest.mark.parametrize("base", ["http://press.example.org", "https://localhost"])
def test_mail_by_smtp_needs_a_base_url_that_readers_can_reach(room: Mailroom, base: str) -> None:
    room.configure(transport="smtp://127.0.0.1:9")
    settings = room.root / "pressfeed.toml"
    settings.write_text(settings.read_text().replace("https://press.example.org", base))
    assert examined(room, 1)["base URL"][0] == "error"
    settings.write_text(settings.read_text().replace("smtp://127.0.0.1:9", "maildir:outbox"))
    assert examined(room, 0)["base URL"][0] == "warning"


def test_a_key_and_a_template_that_cannot_be_used(room: Mailroom) -> None:
    room.configure(dkim__domain="elsewhere.example", dkim__selector="s", dkim__key="none.pem")
    own = room.root / "templates" / "email"
    own.mkdir(parents=True)
    (own / "digest.html").write_text("{% if %}")
    found = examined(room, 1)
    (own / "digest.html").unlink()
    assert found["DKIM"][0] in ("error", "warning")
    assert found["sender"][0] == "error"
    assert found["templates"][0] == "error"
