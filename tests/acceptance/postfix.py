"""Debian's Postfix as a test server: its own folders, a loopback port, everything delivered to one Maildir.

Postfix's master needs root. Nothing of an installed Postfix (``/etc/postfix``, its queue) is touched.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.acceptance.certificates import make_certificate

MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}/log
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mail.example.net
mydestination =
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = may
smtpd_tls_cert_file = {home}/tls/server.pem
smtpd_tls_key_file = {home}/tls/server.key
message_size_limit = 500000
virtual_mailbox_limit = 0
virtual_mailbox_domains = example.org
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = regexp:{home}/recipients
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
RECIPIENTS = "if !/^nobody@/\n/@example\\.org$/ inbox/\nendif\n"


class Postfix:
    """A running Postfix, as a context manager; mail for anyone at example.org (but ``nobody``) is taken."""

    def __enter__(self) -> Self:
        # pytest's own temporary folders are closed to other users, and Postfix's daemons are such.
        self.home = Path(tempfile.mkdtemp(prefix="pressfeed-postfix-"))
        self.home.chmod(0o755)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        for name in ("etc", "queue", "data", "log", "mail", "tls"):
            (self.home / name).mkdir(mode=0o755)
        self.authority = make_certificate(self.home / "tls").authority
        (self.home / "recipients").write_text(RECIPIENTS)
        (self.home / "etc/main.cf").write_text(MAIN.format(home=self.home))
        (self.home / "etc/master.cf").write_text(MASTER.format(port=self.port))
        shutil.chown(self.home / "data", "postfix")
        os.chown(self.home / "mail", 65534, 65534)
        self._postfix("start")
        deadline = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > deadline:
                raise AssertionError(f"Postfix does not answer: {self.log}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._postfix("stop")
        shutil.rmtree(self.home)

    @property
    def log(self) -> str:
        file = self.home / "log/mail.log"
        return file.read_text() if file.exists() else "(no log)"

    @property
    def inbox(self) -> Path:
        """The Maildir to which everything goes."""
        return self.home / "mail/inbox"

    def wait_for(self, messages: int) -> list[bytes]:
        """The files in the inbox, once there are so many."""
        deadline = time.monotonic() + 60
        while True:
            found = list((self.inbox / "new").iterdir()) if (self.inbox / "new").exists() else []
            if len(found) >= messages:
                return [file.read_bytes() for file in found]
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} of {messages} messages came: {self.log}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def _postfix(self, command: str) -> None:
        words = ["/usr/sbin/postfix", "-c", str(self.home / "etc"), command]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"postfix {command}: {done.stderr}{self.log}"
