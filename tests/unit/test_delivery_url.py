"""Transport URLs: what they mean, and that they keep their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.delivery.url import MaildirSettings, SmtpSettings, Tls, parse
from pressfeed.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example.org", "mail.example.org", 587, Tls.STARTTLS),
        ("smtp://mail.example.org:2525", "mail.example.org", 2525, Tls.STARTTLS),
        ("smtp://mail.example.org?tls=implicit", "mail.example.org", 465, Tls.IMPLICIT),
        ("smtps://mail.example.org", "mail.example.org", 465, Tls.IMPLICIT),
        ("smtp://relay.internal?tls=none", "relay.internal", 25, Tls.NONE),
        ("smtp://localhost", "localhost", 25, Tls.NONE),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Tls.NONE),
        ("smtp://[::1]:1025", "::1", 1025, Tls.NONE),
        ("smtp://localhost?tls=starttls", "localhost", 587, Tls.STARTTLS),
        ("smtp://[2001:db8::1]", "2001:db8::1", 587, Tls.STARTTLS),
        ("SMTP://Mail.Example.ORG", "mail.example.org", 587, Tls.STARTTLS),
        ("smtp://bücher.example", "xn--bcher-kva.example", 587, Tls.STARTTLS),
    ],
)
def test_an_smtp_url_names_host_port_and_encryption(url: str, host: str, port: int, tls: Tls) -> None:
    settings = parse(url)
    assert isinstance(settings, SmtpSettings)
    assert (settings.host, settings.port, settings.tls) == (host, port, tls)


def test_options_and_credentials_are_decoded() -> None:
    settings = parse(
        "smtp://us%40er:p%2F%3A%23%C3%A9@mx.example?ca=ca.pem&verify=real.example&hello=press.example",
        Path("/news"),
    )
    assert settings == SmtpSettings(
        "mx.example",
        587,
        Tls.STARTTLS,
        "us@er",
        "p/:#é",
        ca=Path("/news/ca.pem"),
        verify="real.example",
        hello="press.example",
    )


@pytest.mark.parametrize(
    ("url", "path"), [("maildir:out/box", "/news/out/box"), ("maildir:/var/mail/x", "/var/mail/x")]
)
def test_a_maildir_starts_at_the_newsroom(url: str, path: str) -> None:
    assert parse(url, Path("/news")) == MaildirSettings(Path(path))


SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp:mail.example.org",
        "smtp://",
        "smtp://mail.example.org:0",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org/path",
        "smtp://-bad-.example",
        "smtp://a..b",
        "smtp://user@mail.example.org",
        f"smtp://:{SECRET}@mail.example.org",
        f"smtp://user:{SECRET}@mail.example.org?tls=none",
        f"smtp://user:x#{SECRET}@mail.example.org",
        f"smtp://user:x/{SECRET}@mail.example.org",
        f"smtp://user:{SECRET}/x@mail.example.org",
        f"smtp://user:{SECRET}?x@mail.example.org",
        f"smtp://user:{SECRET} x@mail.example.org",
        f"smtp://user:{SECRET}[x@mail.example.org",
        f"smtp://user:{SECRET}\r\nx@mail.example.org",
        f"smtp://user:{SECRET}%00@mail.example.org",
        f"smtp://user:{SECRET}@mail.example.org?tls=maybe",
        f"smtp://user:{SECRET}@mail.example.org?ca=a&ca=b",
        f"smtp://user:{SECRET}@mail.example.org?insecure=1",
        f"smtp://user:{SECRET}@mail.example.org?{SECRET}",
        "smtps://mail.example.org?tls=none",
        "smtp://localhost?ca=x.pem",
        "maildir:",
        "maildir://host/path",
    ],
)
def test_a_bad_url_is_refused_with_a_remedy_and_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(url)
    assert caught.value.remedy
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_settings_show_everything_but_the_password() -> None:
    settings = parse(f"smtps://us%40er:{SECRET}@mail.example.org")
    assert SECRET not in repr(settings) + str(settings)
    assert str(settings) == "smtp://us%40er:***@mail.example.org:465?tls=implicit"


@given(st.text(max_size=60))
def test_any_text_is_settings_or_a_configuration_error(text: str) -> None:
    for url in (text, f"smtp://{text}", f"smtps://u:{text}@h"):
        try:
            settings = parse(url)
        except ConfigError as error:
            assert error.remedy
        else:
            assert isinstance(settings, SmtpSettings | MaildirSettings)
