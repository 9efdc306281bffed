"""Send 20,000 personal digests with the ledger on, against Postfix's own smtp-source and a naive script."""

from __future__ import annotations

import os
import shutil
import smtplib
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

import premailer

from bench.measure import Row, process
from pressfeed import digest, dkim
from pressfeed.publish.mail import Composer
from tests.acceptance import mailroom
from tests.acceptance.test_smtp_servers import smtp_sink

PEOPLE = 20_000
CONNECTIONS = 10
STORIES = 11  # make a message of about 50 KB
NAIVE = 200  # messages: more would tell nothing new


def run() -> list[Row]:
    """Every figure is a whole process against the same smtp-sink, in the same run."""
    with tempfile.TemporaryDirectory(prefix="pressfeed-bench-") as folder, smtp_sink() as port:
        return _run(Path(folder), port)


def _run(folder: Path, port: int) -> list[Row]:
    plain = folder / "plain"
    room = mailroom.make(folder / "sample", 1, languages=("en",), stories=STORIES)
    size, sample = _sample(room)
    process(room.command("deliver"), env=_environment())  # so that there is bytecode
    source = _smtp_source(port, size)
    unsigned = _pressfeed(plain, port)
    key = folder / "dkim.pem"
    key.write_bytes(dkim.generate("rsa")[0])
    key.chmod(0o600)
    signed = _pressfeed(
        folder / "signed", port, dkim__domain="press.example.org", dkim__selector="b", dkim__key=str(key)
    )
    naive = _naive(port, sample)
    return [
        Row(f"smtp-source -d, {CONNECTIONS} connections, {size:,} bytes", f"{source:.0f} /s"),
        Row("a naive script: one connection, premailer for each", f"{naive:.0f} /s"),
        Row(
            f"pressfeed deliver, {CONNECTIONS} connections, ledger on",
            f"{unsigned:.0f} /s",
            f"{unsigned / source:.2f} of smtp-source, {unsigned / naive:.0f} × naive",
            "≥ 0.8, ≥ 20 ×",
            unsigned >= 0.8 * source and unsigned >= 20 * naive,
        ),
        Row(
            "the same, signed with RSA-2048",
            f"{signed:.0f} /s",
            f"{signed / source:.2f} of smtp-source",
            "≥ 0.25",
            signed >= 0.25 * source,
        ),
    ]


def _sample(room: mailroom.Mailroom) -> tuple[int, digest.Digest]:
    """The size of a finished message, and the digest in it."""
    with room.open() as newsroom:
        store, composer = newsroom.store, Composer(newsroom)
        edition = store.editions.get(1)
        bulletin = newsroom.bulletin(mailroom.BULLETIN)
        with store.transaction():
            (claim,) = store.deliveries.claim("bench", 1, edition.planned_at, edition.planned_at)
        template = composer.variant(edition, bulletin, claim.variant, None)
        _, variant = store.editions.variant(claim.variant)
        releases = [store.releases.get_version(*told) for told in variant.releases]
        rendered = composer.render(bulletin, edition.slot, "en", releases)
        return len(composer.outgoing(template, edition, claim).message), rendered


def _smtp_source(port: int, size: int) -> float:
    program = shutil.which("smtp-source") or "/usr/sbin/smtp-source"
    command = [program, "-d", "-l", str(size), "-m", str(PEOPLE), "-s", str(CONNECTIONS)]
    addresses = ["-f", "press@press.example.org", "-t", "reader@news.example.org"]
    return PEOPLE / process([*command, *addresses, f"127.0.0.1:{port}"]).wall


def _pressfeed(folder: Path, port: int, **mail: object) -> float:
    room = mailroom.make(
        folder,
        PEOPLE,
        languages=("en",),
        stories=STORIES,
        transport=f"smtp://127.0.0.1:{port}?tls=none",
        connections=CONNECTIONS,
        **mail,
    )
    os.sync()  # what making the room wrote is not the sender's
    seconds = process(room.command("deliver"), env=_environment()).wall
    counts = room.counts()
    if counts != {"sent": PEOPLE}:
        raise RuntimeError(f"not everything was sent: {counts}")
    return PEOPLE / seconds


def _environment() -> dict[str, str]:
    """Python keeps bytecode, as that of an installed program lies beside it: smtp-source is compiled, too."""
    return {key: value for key, value in mailroom.environment().items() if key != "PYTHONDONTWRITEBYTECODE"}


def _naive(port: int, sample: digest.Digest) -> float:
    """What most scripts do: inline, compose and send, for one person after the other."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(NAIVE):
            message = EmailMessage()
            message["From"] = "press@press.example.org"
            message["To"] = f"reader{number}@news.example.org"
            message["Subject"] = sample.subject
            message.set_content(sample.text)
            inlined = premailer.transform(sample.html, allow_network=False)
            message.add_alternative(inlined, subtype="html")
            server.send_message(message)
    return NAIVE / (time.perf_counter() - started)
