"""pressfeed.toml and the environment → Config, or an error with file, line and remedy."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from email.utils import parseaddr
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pressfeed import checks, config
from pressfeed.config import BASE_URL_VARIABLE, TRANSPORT_VARIABLE, Config, MailConfig, Timeouts
from pressfeed.errors import ConfigError, InputError
from pressfeed.fields import Document, Invalid
from pressfeed.publish import newsroom

MINIMAL = """\
[newsroom]
name = "Press office"
base_url = "https://press.example.org"
[mail]
from = "Press office <press@example.org>"
"""

FULL = """\
[newsroom]
name = { en = "Rivers Agency", fr = "Agence des fleuves" }
base_url = "https://press.example.org/news/"
languages = ["fr", "en"]
time_zone = "Europe/Zurich"
description = "News"
about = { fr = "Fondée en 1921." }
contact = "press@example.org"
address = "1 Example Street, Geneva"
[mail]
from = "Agence <news@example.org>"
reply_to = "press@example.org"
transport = "smtp://user:secret@mail.example.org:587?tls=starttls"
connections = 4
rate = "90/m"
messages_per_connection = 0
connection_age = "90s"
in_doubt = "hold"
lease = "2m"
retry_first = "1h30m"
retry_factor = 3
retry_max = "1d"
retry_jitter = 0.5
breaker_first = "2s"
breaker_max = "20m"
give_up_after = "1w"
bounce_address = "bounces@example.org"
unsubscribe_address = "leave@example.org"
help_address = "help@example.org"
help_url = "https://example.org/help"
[mail.timeouts]
connect = "1s"
greeting = "2s"
command = "3s"
data = "4s"
content = "5s"
reply = "6s"
quit = "7s"
[mail.dkim]
domain = "example.org"
selector = "press"
key = "keys/dkim.pem"
ed25519_selector = "pressed"
ed25519_key = "/etc/dkim/ed.pem"
[feeds]
size = 50
[operators]
notify = "ops@example.org"
"""


def load(folder: Path, text: str, **environ: str) -> Config:
    (folder / "pressfeed.toml").write_text(text, "utf-8")
    return config.load(folder, environ)


def complaint(folder: Path, text: str, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **environ)
    return caught.value


def test_a_minimal_file_has_sensible_defaults(tmp_path: Path) -> None:
    loaded = load(tmp_path, MINIMAL)
    assert loaded.name == "Press office"
    assert loaded.languages == ("en",)
    assert loaded.zone == ZoneInfo("UTC")
    assert loaded.mail == MailConfig()
    assert loaded.feed_size == 30
    assert loaded.database == tmp_path / "db" / "pressfeed.sqlite3"
    assert loaded.public == tmp_path / "public"
    assert loaded.schedules == tmp_path / "schedules"
    assert loaded.templates == ()


def test_every_key_arrives(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    loaded = load(tmp_path, FULL)
    assert loaded == Config(
        root=tmp_path,
        name="Agence des fleuves",
        names={"en": "Rivers Agency", "fr": "Agence des fleuves"},
        base_url="https://press.example.org/news",
        languages=("fr", "en"),
        zone=ZoneInfo("Europe/Zurich"),
        sender="Agence <news@example.org>",
        reply_to="press@example.org",
        descriptions={"fr": "News", "en": "News"},
        about={"fr": "Fondée en 1921."},
        address="1 Example Street, Geneva",
        contact="press@example.org",
        mail=MailConfig(
            transport="smtp://user:secret@mail.example.org:587?tls=starttls",
            connections=4,
            rate=1.5,
            messages_per_connection=0,
            connection_age=dt.timedelta(seconds=90),
            lease=dt.timedelta(minutes=2),
            in_doubt="hold",
            retry_first=dt.timedelta(minutes=90),
            retry_factor=3.0,
            retry_max=dt.timedelta(days=1),
            retry_jitter=0.5,
            breaker_first=dt.timedelta(seconds=2),
            breaker_max=dt.timedelta(minutes=20),
            give_up_after=dt.timedelta(weeks=1),
            bounce_address="bounces@example.org",
            unsubscribe_address="leave@example.org",
            help_address="help@example.org",
            help_url="https://example.org/help",
            timeouts=Timeouts(*(dt.timedelta(seconds=n) for n in range(1, 8))),
            dkim=config.Dkim(
                "example.org",
                "press",
                tmp_path / "keys/dkim.pem",
                "pressed",
                Path("/etc/dkim/ed.pem"),
            ),
        ),
        feed_size=50,
        notify=("ops@example.org",),
        templates=(tmp_path / "templates",),
    )
    assert loaded.name_in("en") == "Rivers Agency"
    assert loaded.name_in("ar") == "Agence des fleuves"


def test_a_configuration_does_not_show_its_password(tmp_path: Path) -> None:
    assert "secret" not in repr(load(tmp_path, FULL))


def test_the_environment_wins(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        FULL,
        **{BASE_URL_VARIABLE: "http://localhost:9000/", TRANSPORT_VARIABLE: "maildir:elsewhere"},
    )
    assert loaded.base_url == "http://localhost:9000"
    assert loaded.mail.transport == "maildir:elsewhere"


def test_the_environment_stands_in_for_a_missing_address(tmp_path: Path) -> None:
    text = MINIMAL.replace('base_url = "https://press.example.org"\n', "")
    assert load(tmp_path, text, **{BASE_URL_VARIABLE: "https://a.example"}).base_url == "https://a.example"


@pytest.mark.parametrize(
    ("variable", "value"),
    [(BASE_URL_VARIABLE, "press.example.org"), (BASE_URL_VARIABLE, ""), (TRANSPORT_VARIABLE, "sendmail:")],
)
def test_a_bad_environment_is_named(tmp_path: Path, variable: str, value: str) -> None:
    error = complaint(tmp_path, FULL, **{variable: value})
    assert variable in error.message
    assert f"unset {variable}" in error.remedy


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ("name = {", "nmae = {", "unknown key nmae in [newsroom]", "Did you mean name?"),
        ('from = "Agence <news@example.org>"\n', "", "from is missing in [mail]", "Press office <"),
        ("[feeds]", "[feed]", "unknown key feed", "Did you mean feeds?"),
        ("retry_first", "retry-frist", "unknown key retry-frist in [mail]", "Did you mean retry_first?"),
        (
            'connect = "1s"',
            'dial = "1s"',
            "unknown key dial in [mail.timeouts]",
            "Allowed are connect, greeting",
        ),
        (
            "Europe/Zurich",
            "Europe/Zurick",
            '"Europe/Zurick" is not a time zone',
            'Did you mean "Europe/Zurich"?',
        ),
        ("Europe/Zurich", "Europe", '"Europe" is not a time zone', ""),
        ("Europe/Zurich", "localtime", '"localtime" is not a time zone', ""),
        ('["fr", "en"]', '["fr", "xx"]', '"xx" is not a language code', ""),
        ('["fr", "en"]', '["fr", "fr"]', '"fr" stands twice', "Remove one"),
        ('["fr", "en"]', "[]", "a list is expected", "brackets"),
        ('name = { en = "Rivers Agency"', "name = { en = 7", "name: en: a text is expected", "quotes"),
        ("https://press", "press", "is not a web address", 'Write it like "https://press.example.org"'),
        ("/news/", "/news/?a=b", "more than a host and a path", ""),
        (
            "Agence <news@example.org>",
            "Agence, Genève <news@example.org>",
            "a meaning of its own",
            "double quotes",
        ),
        (
            "Agence <news@example.org>",
            "Agence news@example.org",
            "not a name with an address",
            "Press office <",
        ),
        ("Agence <news@example.org>", "Agence <news>", '"news" is not an e-mail address', ""),
        ('"press@example.org"\naddress', '"press at example"\naddress', "not an e-mail address", ""),
        ("smtp://user", "smpt://user", "this is not a mail transport", "maildir:outbox"),
        ("user:secret", "user:sec/ret", "host or port is not understood", "%2F"),
        ("mail.example.org:587", "", "host", ""),
        ("smtp://user:secret@mail.example.org:587?tls=starttls", "maildir:", "no folder", ""),
        ("connections = 4", 'connections = "4"', '"4" is not a whole number', "without quotes"),
        ("connections = 4", "connections = true", "true is not a whole number", ""),
        ('"90/m"', '"fast"', '"fast" is not a rate', "14/s"),
        ('"90/m"', "-1", "-1 is not a number from 0", ""),
        ("retry_factor = 3", "retry_factor = nan", "nan is not a number", ""),
        ('"hold"', '"drop"', '"drop" is not possible', 'Write "resend" or "hold"'),
        ('lease = "2m"', "lease = 120", "120 is not a length of time", '"90s"'),
        ('lease = "2m"', 'lease = "0s"', "more than nothing", ""),
        ('retry_max = "1d"', 'retry_max = "1h"', "shorter than retry_first", "Lengthen"),
        ('breaker_max = "20m"', 'breaker_max = "1s"', "shorter than breaker_first", "Lengthen"),
        ("retry_jitter = 0.5", "retry_jitter = 2", "not a number from 0 to 1", ""),
        ('"https://example.org/help"', '"ftp://example.org"', "is not a web address", ""),
        ('selector = "press"\n', "", "selector is missing in [mail.dkim]", "DNS"),
        ('ed25519_key = "/etc/dkim/ed.pem"\n', "", "both a selector and a file", "or neither"),
        ('domain = "example.org"', 'domain = "exämple.org"', "is not a domain name", "xn--"),
        ('"ops@example.org"', "[7]", "a text is expected", ""),
    ],
)
def test_a_complaint_names_the_line_and_the_remedy(
    tmp_path: Path, old: str, new: str, message: str, remedy: str
) -> None:
    assert old in FULL
    text = FULL.replace(old, new, 1)
    error = complaint(tmp_path, text)
    assert message in error.message
    assert remedy in error.remedy
    assert error.remedy
    assert error.file == tmp_path / "pressfeed.toml"
    changed = [n for n, line in enumerate(text.split("\n"), 1) if line != FULL.split("\n")[n - 1]]
    table = FULL[: FULL.index(old)].count("\n[") + 1
    headers = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith("[")]
    assert error.line in {changed[0], headers[min(table, len(headers)) - 1]}
    assert "secret" not in str(error)
    assert "sec/ret" not in str(error)


def test_a_table_must_be_a_table(tmp_path: Path) -> None:
    error = complaint(tmp_path, "feeds = 30\n" + MINIMAL)
    assert (error.line, error.message) == (1, "feeds must be a table")


def test_broken_toml_is_reported_with_its_line(tmp_path: Path) -> None:
    error = complaint(tmp_path, MINIMAL + "\nlease = \n")
    assert (error.line, error.file) == (7, tmp_path / "pressfeed.toml")
    assert "TOML" in error.message
    assert complaint(tmp_path, MINIMAL + 'x = """\n').line == 7


def test_other_encodings_are_reported_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "pressfeed.toml").write_bytes(b'[newsroom]\nname = "Caf\xe9"\n')
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        config.load(tmp_path, {})
    assert caught.value.line == 2


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + MINIMAL).name == "Press office"


def test_a_folder_without_settings_is_not_a_newsroom(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a newsroom") as caught:
        config.load(tmp_path, {})
    assert "pressfeed init" in caught.value.remedy


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("http://localhost:8000/", "http://localhost:8000"),
        ("HTTPS://Press.Example.ORG", "https://press.example.org"),
        ("https://presse.exämple.org/été/", "https://presse.xn--exmple-cua.org/%C3%A9t%C3%A9"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_base_url_is_kept_in_one_form(given_url: str, kept: str) -> None:
    assert checks.base_url(given_url) == kept
    assert checks.base_url(kept) == kept


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20))
@example('"')
@example("a\\")
@example("(")
def test_a_sender_that_is_accepted_can_be_taken_apart(name: str) -> None:
    for written in (f"{name} <press@example.org>", f'"{name}" <press@example.org>'):
        try:
            kept = checks.mailbox(written)
        except Invalid:
            continue
        read_name, address = parseaddr(kept)
        assert address == "press@example.org"
        assert " ".join(read_name.split()) == " ".join(name.strip('" ').split())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("[]{}=\"'\n.#, aé\\1"), max_size=60))
def test_no_text_breaks_the_reader(tmp_path: Path, text: str) -> None:
    for document in (text, MINIMAL + text):
        try:
            loaded = config.read(Document(tmp_path / "pressfeed.toml", document), tmp_path, {})
        except ConfigError as error:
            assert error.line is not None and error.line >= 1
            assert error.remedy
        else:
            assert loaded.name


# ----------------------------------------------------------------------------------- a file from init


def uncommented(text: str) -> str:
    """The file with every default and every example in force."""
    return re.sub(r"^# (?=\[|[a-z0-9_]+ = )", "", text, flags=re.MULTILINE)


def test_a_new_newsroom_is_in_order(tmp_path: Path) -> None:
    written = newsroom.create(tmp_path / "my-newsroom")
    loaded = config.load(tmp_path / "my-newsroom", {})
    assert loaded.name == "My newsroom"
    assert loaded.base_url == "http://localhost:8000"
    assert loaded.languages == ("en", "fr", "es", "ar")
    assert loaded.mail == MailConfig()
    assert all(path.is_file() for path in written)
    assert written[0].name == "pressfeed.toml"


def test_the_file_from_init_shows_the_true_defaults(tmp_path: Path) -> None:
    written = newsroom.create(tmp_path / "n")
    text = written[0].read_text("utf-8")
    loaded = load(tmp_path, uncommented(text))
    examples = {"dkim", "bounce_address", "unsubscribe_address", "help_address", "help_url"}
    for each in dataclasses.fields(MailConfig):
        if each.name not in examples:
            assert getattr(loaded.mail, each.name) == getattr(MailConfig(), each.name), each.name
        else:
            assert getattr(loaded.mail, each.name), each.name
    assert loaded.feed_size == load(tmp_path, MINIMAL).feed_size


def test_the_file_from_init_shows_every_key(tmp_path: Path) -> None:
    text = newsroom.create(tmp_path / "n")[0].read_text("utf-8")
    document = Document(tmp_path / "pressfeed.toml", uncommented(text))
    config.read(document, tmp_path, {})

    def keys(table: dict[str, object], above: str = "") -> set[str]:
        found = set()
        for key, value in table.items():
            found |= {above + key} | (keys(value, f"{above}{key}.") if isinstance(value, dict) else set())
        return found

    assert keys(document.data) == document.asked


def test_odd_names_survive(tmp_path: Path) -> None:
    name = 'A "quoted" \\ name\twith {braces} and é'
    newsroom.create(tmp_path / "n", name=name, sender="'Été' <a@example.org>", languages=("ar",))
    loaded = config.load(tmp_path / "n", {})
    assert loaded.name == name.replace("\t", "")
    assert loaded.sender == "'Été' <a@example.org>"
    assert loaded.languages == ("ar",)


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        ("pressfeed.toml", "is a newsroom already"),
        ("schedules/global.toml", "has schedules/global.toml already"),
    ],
)
def test_a_newsroom_is_never_overwritten(tmp_path: Path, existing: str, reason: str) -> None:
    file = tmp_path / existing
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine", "utf-8")
    with pytest.raises(InputError, match=reason) as caught:
        newsroom.create(tmp_path)
    assert "nothing was changed" in caught.value.remedy
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [file]
    assert file.read_text("utf-8") == "mine"


def test_other_files_in_the_folder_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    newsroom.create(tmp_path)
    assert config.load(tmp_path, {}).name
    assert (tmp_path / "db").is_dir()
    assert (tmp_path / "public").is_dir()


def test_a_file_cannot_become_a_newsroom(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(InputError) as caught:
        newsroom.create(tmp_path / "notes.txt")
    assert caught.value.remedy
