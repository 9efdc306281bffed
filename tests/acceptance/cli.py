"""Run the real command in a process of its own, as its users do."""

from __future__ import annotations

import json
import mailbox
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Self

COMMAND = Path(sys.executable).with_name("pressfeed")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


class Newsroom:
    """A newsroom in a folder, made by ``pressfeed init``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        run("init", str(folder), "--sender", "Press office <press@press.example.org>")

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The newsroom that a folder holds, or will hold."""
        room = object.__new__(cls)
        room.folder = folder
        return room

    def copy_to(self, folder: Path) -> Self:
        """The same newsroom once more."""
        shutil.copytree(self.folder, folder)
        return self.at(folder)

    def run(
        self, *arguments: str, code: int = 0, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> Done:
        """Run a command on this newsroom; the exit code must be ``code``."""
        return run("-C", str(self.folder), *arguments, code=code, stdin=stdin, env=env)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command prints with ``--json``."""
        return json.loads(self.run(*arguments, "--json", code=code).out)

    def setting(self, old: str, new: str) -> None:
        """Change a line of ``pressfeed.toml``."""
        file = self.folder / "pressfeed.toml"
        text = file.read_text("utf-8")
        assert old in text, f"{old!r} is not in pressfeed.toml"
        file.write_text(text.replace(old, new), "utf-8")

    def mails(self, folder: str = "outbox") -> list[EmailMessage]:
        """What has arrived in the newsroom's Maildir, parsed, by recipient and subject."""
        parser = BytesParser(policy=policy.default)
        found: list[EmailMessage] = []
        if not (self.folder / folder / "cur").is_dir():  # made when the first sender begins
            return found
        for message in mailbox.Maildir(self.folder / folder, create=False):
            parsed = parser.parsebytes(message.as_bytes())
            assert isinstance(parsed, EmailMessage)
            found.append(parsed)
        return sorted(found, key=lambda mail: (str(mail["Delivered-To"]), str(mail["Subject"])))


def run(*arguments: str, code: int = 0, stdin: bytes = b"", env: dict[str, str] | None = None) -> Done:
    """Run ``pressfeed``; the exit code must be ``code``."""
    done = subprocess.run(
        [str(COMMAND), *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
        timeout=300,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == code, f"exit code {done.returncode}, not {code}\n{out}\n{err}"
    assert "Traceback" not in err, err
    return Done(done.returncode, out, err)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The text or HTML part of a mail."""
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None
    content: str = part.get_content()
    return content
