"""From the configuration to a transport."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from pressfeed.config import MailConfig
from pressfeed.delivery.limits import Limits, Timeouts
from pressfeed.delivery.maildir import MaildirTransport
from pressfeed.delivery.opening import limits_of, open_transport, settings_of
from pressfeed.delivery.pool import SmtpTransport
from pressfeed.delivery.url import SmtpSettings
from pressfeed.errors import ConfigError, DeliveryError


def test_a_maildir_is_made_in_the_newsroom(tmp_path: Path) -> None:
    transport = open_transport(MailConfig(transport="maildir:out", connections=3), tmp_path)
    assert isinstance(transport, MaildirTransport)
    assert (tmp_path / "out" / "new").is_dir()
    assert transport.connections == 3


def test_a_server_is_not_dialled_yet(tmp_path: Path) -> None:
    transport = open_transport(MailConfig(transport="smtp://mail.invalid?hello=press.example"), tmp_path)
    assert isinstance(transport, SmtpTransport)
    assert transport.settings.host == "mail.invalid"
    assert transport.settings.hello == "press.example"
    assert (transport.problem, transport.retry_in) == ("", 0)


def test_every_limit_and_timeout_of_the_configuration_arrives() -> None:
    mail = MailConfig(
        connections=7,
        rate=2.5,
        messages_per_connection=9,
        connection_age=dt.timedelta(seconds=11),
        breaker_first=dt.timedelta(seconds=12),
        breaker_max=dt.timedelta(seconds=13),
        timeouts=dataclasses.replace(
            MailConfig().timeouts,
            **{
                name: dt.timedelta(seconds=number)
                for number, name in enumerate(
                    ("connect", "greeting", "command", "data", "content", "reply", "quit"), start=20
                )
            },
        ),
    )
    limits = limits_of(mail)
    assert (limits.connections, limits.rate, limits.messages_per_connection) == (7, 2.5, 9)
    assert (limits.connection_age, limits.breaker_first, limits.breaker_longest) == (11, 12, 13)
    assert limits.timeouts == Timeouts(20, 21, 22, 23, 24, 25, 26)


def test_the_configurations_defaults_are_the_wires() -> None:
    assert limits_of(MailConfig()) == Limits()


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        settings_of(MailConfig(transport="pigeon:loft"), tmp_path)
    with pytest.raises(ConfigError, match="certificates cannot be read"):
        open_transport(MailConfig(transport="smtp://mail.invalid?ca=none.pem"), tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryError):
        open_transport(MailConfig(transport="maildir:file/box"), tmp_path)
    relative = settings_of(MailConfig(transport="smtps://mail.invalid?ca=ca.pem"), tmp_path)
    assert isinstance(relative, SmtpSettings)
    assert relative.ca == tmp_path / "ca.pem"
