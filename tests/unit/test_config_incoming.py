"""The settings of incoming mail: what is accepted, and that no complaint shows a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from pressfeed import config
from pressfeed.errors import ConfigError
from pressfeed.fields import Document

BASE = '[newsroom]\nname = "A"\nbase_url = "https://a.example"\n[mail]\nfrom = "a@a.example"\n[incoming]\n'


def read(line: str, environ: dict[str, str] | None = None) -> config.IncomingConfig:
    return config.read(Document(Path("pressfeed.toml"), BASE + line), Path("/room"), environ or {}).incoming


@pytest.mark.parametrize(
    "place", ["lmtp:run/incoming.sock", "lmtp://127.0.0.1:8024", "smtp://[::1]:25", "lmtp:/run/a.sock"]
)
def test_places_to_listen(place):
    assert read(f'listen = "{place}"').listen == place


@pytest.mark.parametrize(
    "line",
    [
        'listen = "smtp:a.sock"',
        'listen = "lmtp://127.0.0.1"',
        'listen = "http://a:1"',
        'listen = "lmtp://a:99999"',
        'imap = "imaps://hunter2@host/INBOX"',
        'imap = "https://u:hunter2@host/"',
        'imap = "imaps://u:hun/ter2@host"',
        'webhook_secret = "hunter2"',
        'webhook_secret = "hunter2/hunter2/hunter2/hunter2"',
        "soft_bounces = 1",
        'soft_period = "0d"',
        "largest = 10",
    ],
)
def test_what_will_not_do_is_refused_with_its_line_and_without_its_password(line):
    with pytest.raises(ConfigError) as caught:
        read(line)
    assert caught.value.line == 7 and caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_the_environment_wins_over_the_file():
    environ = {
        "PRESSFEED_INCOMING_IMAP": "imap://u:p%40ss@localhost/Returned%20mail",
        "PRESSFEED_WEBHOOK_SECRET": "x" * 20,
    }
    found = read('imap = "imaps://a:b@c/d"\nmaildir = "returned"', environ)
    assert (found.imap, found.webhook_secret) == tuple(environ.values())
    assert found.maildir == Path("/room/returned")
    assert "p%40ss" not in repr(found) and "xxxx" not in repr(found)
