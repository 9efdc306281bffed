"""Operators are told of each trouble once, however long it lasts, and hear of it even when it is over."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes, policy
from pathlib import Path

import dkim as dkimpy
import pytest

from pressfeed import dkim
from pressfeed.delivery.transport import BeforeContent, Outcome, Outgoing, Result
from pressfeed.domain import EditionState
from pressfeed.publish import incidents
from tests.acceptance.clockwork import WORLD, Clockwork, Outbox

DAILY = '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\n'
MINUTE = dt.timedelta(minutes=1)


class Down(Outbox):
    """A mail server that is away."""

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, _following: Outgoing | None = None
    ) -> Outcome:
        return Outcome(Result.UNSENT, text="connection refused", stage="connect")


@pytest.fixture
def news(tmp_path: Path) -> Clockwork:
    return Clockwork(tmp_path / "newsroom", "2026-03-12T06:00", global_=WORLD + DAILY)


def tell(news: Clockwork, outbox: Outbox | None = None) -> int:
    with news.open() as room:
        return incidents.tell(room, lambda: outbox or news.outbox, news.now)


def trouble(news: Clockwork, key: str = "disk", text: str = "The disk is full. Make room.") -> None:
    with news.store() as store:
        store.incidents.open(key, text, news.now)


def over(news: Clockwork, key: str = "disk") -> None:
    with news.store() as store:
        store.incidents.close(key, news.now)


def test_one_mail_for_one_incident(news: Clockwork) -> None:
    trouble(news)
    for _ in range(30):
        news.now += MINUTE
        trouble(news, text="The disk is still full.")
        tell(news)
    (message,) = news.outbox.sent
    assert message.recipient == "operator@press.example.org"
    mail = message_from_bytes(message.message, policy=policy.default)
    assert mail["Subject"] == "[River Watch] The disk is full"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"] == "operator@press.example.org"
    assert mail["From"] == "River Watch <press@press.example.org>"
    assert mail.get_content_type() == "text/plain"
    assert "The disk is full. Make room." in mail.get_content()
    assert "Since 2026-03-12 06:00:00 (UTC)" in mail.get_content()


def test_the_mail_is_signed_where_bulletins_are(news: Clockwork) -> None:
    private, record = dkim.generate("rsa")
    (news.root / "dkim.pem").write_bytes(private)
    with (news.root / "pressfeed.toml").open("a") as settings:
        settings.write('[mail.dkim]\ndomain = "press.example.org"\nselector = "s"\nkey = "dkim.pem"\n')
    trouble(news, text="La clé « zoé » est perdue. " * 20)
    news.now += MINUTE
    tell(news)
    (message,) = news.outbox.sent
    assert message.message.isascii(), "no relay has a reason to change it"
    assert dkimpy.verify(message.message, dnsfunc=lambda *_, **__: record.encode())


def test_a_key_that_is_lost_is_no_reason_to_be_silent(news: Clockwork) -> None:
    with (news.root / "pressfeed.toml").open("a") as settings:
        settings.write('[mail.dkim]\ndomain = "press.example.org"\nselector = "s"\nkey = "lost.pem"\n')
    trouble(news)
    news.now += MINUTE
    assert tell(news) == 1
    assert b"DKIM-Signature" not in news.outbox.sent[0].message


def test_trouble_that_returns_is_told_again(news: Clockwork) -> None:
    for _ in range(2):
        trouble(news)
        news.now += MINUTE
        tell(news)
        over(news)
    first, second = (message_from_bytes(one.message)["Message-ID"] for one in news.outbox.sent)
    assert first != second


def test_what_is_over_at_once_is_not_told(news: Clockwork) -> None:
    trouble(news)
    news.now += dt.timedelta(seconds=2)
    over(news)
    news.now += MINUTE
    assert tell(news) == 0
    assert news.outbox.sent == []


def test_what_could_not_be_told_in_time_is_told_with_its_end(news: Clockwork) -> None:
    trouble(news, "transport", "No mail leaves.")
    for _ in range(20):
        news.now += MINUTE
        assert tell(news, Down()) == 0
    over(news, "transport")
    news.now += 10 * MINUTE
    assert tell(news) == 1
    (message,) = news.outbox.sent
    assert b"It was over at 06:20:00." in message.message


def test_two_processes_tell_it_once(news: Clockwork) -> None:
    trouble(news)
    news.now += MINUTE
    with news.open() as one, news.open() as other:
        (incident,) = one.store.incidents.untold(news.now)
        assert other.store.incidents.untold(news.now) == [incident]
        until = news.now + MINUTE
        assert one.store.incidents.begin_telling(incident.id, news.now, until)
        assert not other.store.incidents.begin_telling(incident.id, news.now, until)


def test_a_paused_edition_is_told_and_closed_when_it_goes_on(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/daily")
    rounds = news.start()
    news.publish("flood")
    news.until("2026-03-12T07:00")
    with news.store() as store:
        (edition,) = store.editions.newest(1)
        store.editions.set_state(
            edition,
            EditionState.PAUSED,
            expected=EditionState.PLANNED,
            now=news.now,
            reason="535 wrong password",
        )
    rounds.sweep(news.now)
    with news.store() as store:
        (incident,) = store.incidents.current()
    assert incident.key == "paused:1"
    assert "is paused: 535 wrong password." in incident.text
    with news.store() as store:
        paused = store.editions.get(1)
        store.editions.set_state(paused, EditionState.PLANNED, expected=EditionState.PAUSED, now=news.now)
    rounds.sweep(news.now)
    assert news.incidents() == []
    news.stop()


def test_a_bulletin_that_fails_does_not_stop_the_others(
    news: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pressfeed.publish import slots

    news.schedule("global", WORLD + DAILY + DAILY.replace("daily", "other"))
    news.start()
    real = slots.run_due

    def run_due(room: object, bulletin: object, now: dt.datetime) -> object:
        if getattr(bulletin, "name", "") == "daily" and now < dt.datetime(2026, 3, 12, 8, tzinfo=dt.UTC):
            raise RuntimeError("a fault")
        return real(room, bulletin, now)  # type: ignore[arg-type]

    monkeypatch.setattr(slots, "run_due", run_due)
    news.until("2026-03-12T07:30")
    assert [edition.bulletin for edition in news.editions()] == ["global/other"]
    assert news.incidents() == ["failed:global/daily"]
    news.until("2026-03-12T08:05")
    assert sorted(edition.bulletin for edition in news.editions()) == ["global/daily", "global/other"]
    assert news.incidents() == []


def test_changed_settings_are_said_to_need_a_restart_once(news: Clockwork, caplog) -> None:
    rounds = news.start()
    file = news.root / "pressfeed.toml"
    file.write_text(file.read_text("utf-8").replace("River Watch", "River Post"), "utf-8")
    for second in range(5, 20, 5):
        rounds.look(news.now + dt.timedelta(seconds=second))
    news.stop()
    assert [record.message for record in caplog.records if "settings.changed" in record.message] == [
        "settings.changed restart pressfeed to have what pressfeed.toml says now"
    ]
