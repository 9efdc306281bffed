"""A newsroom that is served, and mails, in processes of its own; and a browser as simple as they come."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx
from lxml import html

from tests.acceptance.cli import COMMAND, Newsroom, text_of
from tests.acceptance.servers import RecordingServer
from tests.acceptance.test_main_job import FRENCH

PATIENCE = 60.0  # seconds; far more than it takes, on the slowest machine
WORDS = {
    "fr": (
        "Regardez dans votre boîte",
        "Vous êtes abonné(e)",
        "enregistrées",
        "Vous êtes désabonné",
        "comme avant",
    ),
    "ar": ("تفقد بريدك", "تم اشتراكك", "حُفظت", "أُلغي اشتراكك", "كما كان من قبل"),
}
LABELS = {"fr": "Lire le communiqué", "ar": "الفرنسية"}


class Website:
    """A newsroom that is served, and mails: into its outbox, or to a server that keeps what it takes.

    ``base`` is what readers would find it under, by a web server in front that is not there (default: by its
    own address); the links that are found lead past it.
    """

    def __init__(self, folder: Path, smtp: RecordingServer | None = None, base: str = "") -> None:
        self.room = Newsroom(folder)
        self.room.setting('# wait = "2s"', 'wait = "1s"')
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.local = f"http://127.0.0.1:{self.port}"
        self.base = base or self.local
        self.environ = {"PRESSFEED_BASE_URL": self.base}
        if smtp is not None:
            self.environ["PRESSFEED_MAIL_TRANSPORT"] = f"{smtp.url}?tls=none"
        self.smtp = smtp
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> None:
        command = [str(COMMAND), "-C", str(self.room.folder), *words]
        with (self.room.folder / f"{words[0]}.log").open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, env={**os.environ, **self.environ})
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx.get(self.local + "/robots.txt")
                return
            except httpx.TransportError:
                assert time.monotonic() < deadline and self.process.poll() is None, "it does not start"
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(20) in (0, -signal.SIGTERM)
            self.process = None

    def run(self, *words: str) -> None:
        """Run a command beside what is running."""
        self.room.run(*words, env=self.environ)

    def publish(self, name: str) -> None:
        """Import a story that is like no other, in French."""
        told = FRENCH.replace("gambia-alert", f"alert-{name}").replace("headline: ", f"headline: {name} ")
        file = self.room.folder.parent / f"{name}.fr.md"
        file.write_text(told.replace("24 stations", f"24 stations ({name})"))
        self.run("import", str(file))

    def mails(self) -> list[EmailMessage]:
        """What has arrived."""
        if self.smtp is None:
            return self.room.mails() if (self.room.folder / "outbox").exists() else []
        assert self.smtp.keep is not None
        parser = BytesParser(policy=policy.default)
        found = [parser.parsebytes(file.read_bytes()) for file in sorted(self.smtp.keep.glob("*.eml"))]
        return [mail for mail in found if isinstance(mail, EmailMessage)]

    def mail(self, to: str, number: int) -> EmailMessage:
        """The so-manieth mail to somebody, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = [mail for mail in self.mails() if mail["To"].startswith(to)]
            if len(found) >= number:
                return max(found, key=lambda mail: "List-Id" in mail) if number > 1 else found[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail {number} to {to}")

    def digest(self, to: str, words: str) -> EmailMessage:
        """The bulletin to somebody that says these words, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for mail in self.mails():
                if mail["To"].startswith(to) and "List-Id" in mail and words in text_of(mail):
                    return mail
            time.sleep(0.1)
        raise AssertionError(f"no bulletin to {to} with {words}")

    def link(self, to: str, kind: str) -> str:
        """An address of a kind, such as ``subscribe/confirm``, in a letter to somebody, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for mail in self.mails():
                if mail["To"].startswith(to) and "List-Id" not in mail and f"/{kind}/" in text_of(mail):
                    return self.link_in(mail, kind)
            time.sleep(0.1)
        raise AssertionError(f"no letter to {to} with a link to {kind}")

    def link_in(self, mail: EmailMessage, kind: str) -> str:
        found = re.search(rf"{self.base}/{kind}/\S+", text_of(mail))
        assert found is not None, text_of(mail)
        return found[0].replace(self.base, self.local)

    def person(self, address: str) -> Any:
        """What ``pressfeed subscribers list --json`` says of somebody."""
        (person,) = [one for one in self.room.json("subscribers", "list") if one["email"] == address]
        return person

    def dump(self) -> list[str]:
        """Everything in the store."""
        with sqlite3.connect(self.room.folder / "db" / "pressfeed.sqlite3") as database:
            return list(database.iterdump())


class Reader:
    """A browser with forms and nothing else: no script, no cookie, and no redirect is followed."""

    def __init__(self, language: str) -> None:
        self._client = httpx.Client(headers={"Accept-Language": language}, timeout=PATIENCE)

    def open(self, url: str) -> Page:
        return self._page(self._client.get(url))

    def send(self, url: str, fields: list[tuple[str, str]]) -> Page:
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        return self._page(self._client.post(url, data=data))

    def close(self) -> None:
        self._client.close()

    def _page(self, answer: httpx.Response) -> Page:
        assert "set-cookie" not in answer.headers and not answer.has_redirect_location, answer.url
        assert answer.headers["cache-control"] == "no-store"
        tree = html.fromstring(answer.content.decode())
        tree.make_links_absolute(str(answer.url))
        return Page(self, str(answer.url), answer.status_code, tree)


@dataclass(frozen=True)
class Page:
    """A page, whose fields are filled in by their ids."""

    reader: Reader
    url: str
    status: int
    tree: Any

    @property
    def text(self) -> str:
        return " ".join(self.tree.xpath("//main")[0].text_content().split())

    def fill(self, **fields: str | bool) -> Page:
        """Fill in fields: a text, a choice, or whether a box is ticked; ``_`` stands for ``-`` in ids."""
        for name, value in fields.items():
            element = self.tree.get_element_by_id(name.replace("_", "-"))
            if isinstance(value, bool):
                element.checked = value
            else:
                element.value = value
        return self

    def press(self, button: str = "", *, action: str = "") -> Page:
        """Press the button of a name ("" = any), in the first form whose address has ``action`` in it."""
        for form in self.tree.forms:
            for element in form.xpath(".//button"):
                address = form.action or self.url
                name = element.get("name", "")
                if button in ("", name) and action in address:
                    assert form.method == "POST"
                    pressed = [(name, element.get("value", ""))] if name else []
                    return self.reader.send(address, [*form.form_values(), *pressed])
        raise AssertionError(f"no button {button} {action} on {self.url}")
