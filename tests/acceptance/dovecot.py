"""Debian's Dovecot as an IMAP server for tests: its own folders, a loopback port, TLS with our certificate.

Its master needs root. Nothing of an installed Dovecot (``/etc/dovecot``, ``/run/dovecot``) is touched.
"""

from __future__ import annotations

import imaplib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.acceptance.certificates import make_certificate

CONFIG = """\
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{home}/tls/server.pem
ssl_key = <{home}/tls/server.key
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={home}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""
PASSWORD = "s3cret/p@ss:word"


class Dovecot:
    """A running Dovecot, as a context manager; anybody may log in with PASSWORD."""

    def __enter__(self) -> Self:
        # pytest's own temporary folders are closed to other users, and Dovecot's processes are such.
        self.home = Path(tempfile.mkdtemp(prefix="pressfeed-dovecot-"))
        self.home.chmod(0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        for name in ("run", "mail", "tls"):
            (self.home / name).mkdir(mode=0o755)
        os.chown(self.home / "mail", 65534, 65534)
        self.authority = make_certificate(self.home / "tls").authority
        config = self.home / "dovecot.conf"
        config.write_text(CONFIG.format(home=self.home, port=self.port, password=PASSWORD))
        self._process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(config)])
        deadline = time.monotonic() + 30
        while True:
            try:
                self.session().logout()
                return self
            except (OSError, imaplib.IMAP4.error) as error:
                log = self.home / "log"
                words = log.read_text() if log.exists() else "(no log)"
                if time.monotonic() > deadline or isinstance(error, imaplib.IMAP4.error):
                    self.__exit__()
                    raise AssertionError(f"Dovecot does not answer: {error}\n{words}") from error
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self.home)

    def session(self, user: str = "bounces") -> imaplib.IMAP4_SSL:
        """A session as a mail program has one."""
        context = ssl.create_default_context(cafile=str(self.authority))
        session = imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=context, timeout=30)
        session.login(user, PASSWORD)
        return session

    def put(self, *messages: bytes, folder: str = "INBOX") -> None:
        """Mail arrives."""
        session = self.session()
        session.create(folder)
        for raw in messages:
            kind, said = session.append(folder, "", imaplib.Time2Internaldate(time.time()), raw)
            assert kind == "OK", said
        session.logout()
