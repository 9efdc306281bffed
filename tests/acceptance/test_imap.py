"""A mailbox on a real IMAP server: every message once, whatever people mark there, whenever we are killed."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from pressfeed.publish import folders
from tests.acceptance import inbox
from tests.acceptance.dovecot import PASSWORD, Dovecot
from tests.acceptance.inbox import Inbox
from tests.acceptance.mailroom import NOW

FOLDER = "Returned mail"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with Dovecot() as running:
        yield running


def url(server: Dovecot, *, password: str = PASSWORD, ca: bool = True) -> str:
    trust = f"?ca={quote(str(server.authority))}" if ca else ""
    return f"imaps://bounces:{quote(password, safe='')}@127.0.0.1:{server.port}/{quote(FOLDER)}{trust}"


@pytest.fixture
def box(server: Dovecot, tmp_path: Path) -> Inbox:
    session = server.session()
    session.delete(f'"{FOLDER}"')
    session.logout()
    return inbox.make(tmp_path / "room", extra=f'[incoming]\nimap = "{url(server)}"\n')


def stored(box: Inbox) -> list[tuple[str, str]]:
    with box.mailroom.open() as room:
        return [(one.kind, one.action) for one in room.store.incoming.newest(-1)][::-1]


def test_a_mailbox_is_read_once_and_marked_only_when_the_store_has_it(server: Dovecot, box: Inbox) -> None:
    quoted = f'"{FOLDER}"'
    server.put(box.message("person-answers"), box.message("vacation-rfc3834"), folder=quoted)
    session = server.session()
    session.select(quoted)
    session.store("1", "+FLAGS", r"(\Seen)")  # a person was faster
    done = box.mailroom.pressfeed("incoming", "poll")
    assert done.stdout.strip() == "2 messages: 1 ignored, 1 kept.", done.stdout + done.stderr
    session.noop()
    assert session.search(None, "SEEN")[1] == [b"1 2"]
    server.put(box.message("postfix-user-unknown"), folder=quoted)
    assert box.mailroom.pressfeed("incoming", "poll").stdout.strip() == "1 message: 1 bounced."
    assert box.mailroom.pressfeed("incoming", "poll").stdout.strip() == "0 messages."
    assert stored(box) == [("reply", "kept"), ("auto-reply", "ignored"), ("dead-address", "bounced")]

    # The server makes its mailbox anew: the numbers begin again, the messages are known.
    session.close()
    session.delete(quoted)
    server.put(box.message("person-answers"), box.message("stranger"), folder=quoted)
    assert box.mailroom.pressfeed("incoming", "poll").stdout.strip() == "2 messages: 1 kept, 1 repeated."
    session.logout()


def test_who_dies_between_storing_and_marking_reads_nothing_twice(
    server: Dovecot, box: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(*(box.message("person-answers") + f"{n}\n".encode() for n in range(5)), folder=f'"{FOLDER}"')
    genuine = imaplib.IMAP4.uid

    def dies(self: imaplib.IMAP4, command: str, *arguments: str) -> object:
        if command == "STORE":
            raise KeyboardInterrupt
        return genuine(self, command, *arguments)

    for _ in range(2):
        with monkeypatch.context() as patch, box.mailroom.open() as room:
            patch.setattr(imaplib.IMAP4, "uid", dies)
            with pytest.raises(KeyboardInterrupt):
                folders.poll(room, lambda: NOW)
    assert len(stored(box)) == 2
    with box.mailroom.open() as room:
        assert folders.poll(room, lambda: NOW) == {"kept": 3}
        assert folders.poll(room, lambda: NOW) == {}


@pytest.mark.parametrize(("password", "ca"), [("wrong", True), (PASSWORD, False)])
def test_a_mailbox_that_cannot_be_trusted_or_opened_says_why_and_hides_its_password(
    server: Dovecot, tmp_path: Path, password: str, ca: bool
) -> None:
    settings = f'[incoming]\nimap = "{url(server, password=password, ca=ca)}"\n'
    box = inbox.make(tmp_path / "room", extra=settings)
    done = box.mailroom.pressfeed("incoming", "poll")
    assert done.returncode == 1
    assert "the IMAP folder of 127.0.0.1 cannot be read" in done.stderr
    assert ("certificate" in done.stderr.lower()) == (not ca)
    assert quote(password, safe="") not in done.stderr and password not in done.stderr
