"""A new newsroom: the folder that ``pressfeed init`` makes."""

from __future__ import annotations

import json
from pathlib import Path

from pressfeed import resources
from pressfeed.config import FILE_NAME
from pressfeed.errors import InputError

LANGUAGES = ("en", "fr", "es", "ar")  # those that all interface texts and the sample regions are checked in

_SETTINGS = """\
# The settings of this newsroom. Each key is explained at length in docs/configuration.md.
# Lines such as “# rate = 0” show what holds without them: remove the # and change the value.
# After a change, “pressfeed status” says whether the file is in order.

[newsroom]
# What it is called; in several languages: name = {{ en = "Press office", fr = "Salle de presse" }}
name = {name}

# Where readers find it, without a slash at the end. Mail to real readers needs https.
base_url = "http://localhost:8000"

# Languages of its releases, feeds and mail; the newsroom's own comes first.
languages = {languages}

# Whose clock dates are shown in. Each region has its own, too: see schedules/.
time_zone = "UTC"

# One sentence on what is found here, for feeds and search engines; also per language.
# description = "News and statements from our offices around the world"

# A paragraph about the organisation, below releases; also per language.
# about = "Founded in 1921, we …"

# The public e-mail address of the press office.
# contact = "press@example.org"

# The postal address, which the law of many countries wants in every mail.
# address = "Press office, 1 Example Street, 1200 Geneva, Switzerland"

[mail]
# Who bulletins come from. A domain of your own, or no mail will arrive.
from = {sender}

# Where answers go, if not to the sender.
# reply_to = "press@example.org"

# How mail leaves. "maildir:outbox" puts it into a folder here, to look at with any mail program.
# A real server: "smtp://user:password@mail.example.org:587". PRESSFEED_MAIL_TRANSPORT overrules it.
transport = "maildir:outbox"

# How many connections to the server may be open at once.
# connections = 10

# How many messages may leave: "14/s", "100/m", "500/h"; 0 = no limit.
# rate = 0

# A connection is renewed after so many messages (0 = never), and after so long.
# messages_per_connection = 500
# connection_age = "5m"

# After a connection that failed nobody dials for so long; twice as long after each further one.
# breaker_first = "1s"
# breaker_max = "5m"

# What to do when it is unknown whether a message arrived: "resend" it (the same Message-ID
# again), or "hold" it until an operator decides.
# in_doubt = "resend"

# How long one sender owns the messages that it has claimed. Another one takes them after that.
# lease = "60s"

# A message that the server puts off is tried again after this; then the wait grows by the
# factor up to the maximum, with up to this part more by chance; in the end it counts as failed.
# retry_first = "5m"
# retry_factor = 2.0
# retry_max = "6h"
# retry_jitter = 0.25
# give_up_after = "3d"

# Where bounces go (the return path), and where “unsubscribe” by mail goes. Both need mailboxes.
# bounce_address = "bounces@example.org"
# unsubscribe_address = "unsubscribe@example.org"

# Whom subscribers may ask for help: an address or a page.
# help_address = "help@example.org"
# help_url = "https://example.org/newsletter-help"

# How long to wait for the server in each phase; the long ones are those of the standard, RFC 5321.
# [mail.timeouts]
# connect = "30s"
# greeting = "5m"
# command = "5m"
# data = "2m"
# content = "3m"
# reply = "10m"
# quit = "2s"

# The keys that sign mail (DKIM), in PEM files. A second, Ed25519 key is optional.
# [mail.dkim]
# domain = "example.org"
# selector = "press2026"
# key = "keys/dkim.pem"
# ed25519_selector = "press2026e"
# ed25519_key = "keys/dkim-ed25519.pem"

[feeds]
# How many releases a feed holds.
size = 30

[web]
# In which forms texts lie beside themselves in public/, for web servers to send: smaller, and made once.
# compress = ["gzip", "br"]

# Whether the pages have a search form, which “pressfeed serve” answers: "on" or "off".
# search = "on"

[signup]
# Whether visitors may subscribe by themselves: "open" or "closed".
# form = "open"

# How many sign-ups may come from one network, and from all together.
# per_network = "20/h"
# total = "1000/h"

# Nobody fills in the form faster than this.
# wait = "2s"

# Other web sites that may show the form in a frame: ["https://www.example.org"]
# frames = []

[incoming]
# Where bounces, complaints and answers come in: a socket for your mail server ("lmtp:run/incoming.sock",
# "lmtp://127.0.0.1:8024"), a Maildir, or an IMAP folder. See docs/incoming.md.
# listen = "lmtp:run/incoming.sock"
# maildir = "incoming"
# imap = "imaps://bounces:password@mail.example.org/INBOX"

# How often the Maildir and the IMAP folder are looked at, and how many bytes one message may have.
# poll = "1m"
# largest = 10000000

# So many bounces of a full or unreachable mailbox in a row, over so long, end a subscription.
# soft_bounces = 5
# soft_period = "14d"

# For a mail service that reports by HTTP: the secret in its address, and keys for signatures.
# webhook_secret = "a-long-random-text-of-your-own"
# mailgun_key = "key-of-your-account"
# sendgrid_key = "public key, base64"

[privacy]
# How long data about people who have left is kept: their address, and the proof that they had agreed.
# addresses = "365d"
# consent = "365d"

# How long servers' words are kept, and mail that came in.
# logs = "90d"
# mail = "30d"

[websub]
# Who pushes changed feeds to readers at once: "own", or a hub elsewhere: "https://pubsubhubbub.appspot.com/"
# hub = "own"

# How long a subscription of our own hub lasts that asks for nothing else, and at most.
# lease = "10d"
# lease_max = "30d"

# Whether subscribers may lie in your own network, which strangers could then have asked: "refuse" or "allow".
# private_callbacks = "refuse"

[operators]
# Who is told when something goes wrong.
# notify = ["operator@example.org"]
"""


def create(
    folder: Path, *, name: str = "", sender: str = "", languages: tuple[str, ...] = LANGUAGES
) -> list[Path]:
    """Make a newsroom in a folder, which may exist; the paths of the files written, ``pressfeed.toml`` first.

    The name is by default that of the folder. The store makes itself when it is first opened. Raises
    InputError, before anything is written, where one of the files exists, and where the folder cannot be
    written to.
    """
    folder = folder.resolve()
    title = name or _title(folder.name)
    settings = _SETTINGS.format(
        name=_toml(title),
        sender=_toml(sender or "Press office <press@example.org>"),
        languages="[" + ", ".join(_toml(language) for language in languages) + "]",
    )
    contents = {folder / FILE_NAME: settings.encode()}
    for shipped in sorted(resources.folder("schedules").glob("*.toml")):
        contents[folder / "schedules" / shipped.name] = shipped.read_bytes()
    for path in contents:
        if path.exists():
            what = (
                "is a newsroom already"
                if path.name == FILE_NAME
                else f"has {path.relative_to(folder)} already"
            )
            raise InputError(f"{folder} {what}", remedy="Name a new or an empty folder; nothing was changed")
    try:
        # The settings come last: a folder without them is no newsroom, so a failure leaves none by half.
        for path, data in reversed(contents.items()):
            resources.write_if_changed(path, data)
        for empty in ("db", "public"):
            (folder / empty).mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{error.filename or folder}: {error.strerror}", remedy="Name a folder that you may write to"
        ) from error
    return list(contents)


def _title(folder_name: str) -> str:
    words = " ".join(folder_name.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] or "Newsroom"


def _toml(text: str) -> str:
    """A TOML basic string (JSON's escapes are TOML's, too) of the printable characters."""
    return json.dumps("".join(character for character in text if character.isprintable()), ensure_ascii=False)
