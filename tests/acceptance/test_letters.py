"""Letters about subscriptions: one that cannot be written keeps no other; what comes back is counted."""

from __future__ import annotations

import datetime as dt
import logging
import re
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from pressfeed.config import MailConfig
from pressfeed.delivery.transport import Outcome, Outgoing, Result
from pressfeed.domain import SubscriberStatus
from pressfeed.publish import letters
from pressfeed.publish.incoming import Action, Receipt, receive
from pressfeed.publish.letter_writer import Writer
from pressfeed.store.letters import Letter, LetterState
from tests.acceptance.visiting import CORPUS, Visit, link

AWA, BADOU = "awa@example.org", "badou@example.org"


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path / "room")


def states(visit: Visit) -> dict[int, LetterState]:
    with visit.open() as room:
        return {letter.id: letter.state for letter in room.store.letters.newest(100)}


# A letter that cannot be written


@pytest.fixture
def fault(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The numbers of letters at which we stumble."""
    stumbling: set[int] = set()
    written = Writer.outgoing

    def stumble(self: Writer, letter: Letter, now: dt.datetime) -> Outgoing:
        if letter.id in stumbling:
            raise KeyError(f"{AWA} is in the words of this error")
        return written(self, letter, now)

    monkeypatch.setattr(Writer, "outgoing", stumble)
    return stumbling


def test_a_letter_that_cannot_be_written_keeps_no_other_and_is_given_up_after_a_day(
    visit: Visit, fault: set[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fault.add(1)
    visit.ask(AWA)
    visit.ask(BADOU)
    assert [mail["To"] for mail in visit.letters()] == [BADOU]
    with visit.open() as room:
        broken = next(letter for letter in room.store.letters.newest(10) if letter.id == 1)
        assert room.store.letters.broken() == 1
    assert broken.state is LetterState.PENDING
    assert re.fullmatch(r"cannot be written: KeyError in test_letters.py, line \d+", broken.reply)
    assert broken.next_try - visit.now >= dt.timedelta(minutes=4)
    assert "letter.broken letter=1" in caplog.text
    assert AWA not in caplog.text
    tries = 0
    while states(visit)[1] is LetterState.PENDING:
        visit.later(minutes=5)
        visit.letters()
        tries = caplog.text.count("letter.broken letter=1")
        assert tries < 15, "it is tried less and less often"
    assert states(visit)[1] is LetterState.FAILED
    assert tries > 5
    with visit.open() as room:
        assert room.store.letters.broken() == 0


def test_the_service_outlives_any_fault_and_tells_the_operators_until_it_is_over(
    visit: Visit, fault: set[int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(letters, "PAUSE", 0.01)
    monkeypatch.setattr(letters, "RETRY", 0.02)
    fault.add(1)
    visit.ask(AWA)

    def serve(rounds: int) -> list[str]:
        """So many looks at whether to stop; the incidents that are open then."""
        left = iter(range(rounds))
        letters.correspond(visit.root, {}, lambda: visit.now, lambda: next(left, None) is None)
        with visit.open() as room:
            return [incident.text for incident in room.store.incidents.current()]

    (told,) = serve(20)
    assert told.startswith("Letters about subscriptions cannot be written: 1.")
    fault.clear()
    visit.later(minutes=10)
    assert serve(20) == []
    assert states(visit) == {1: LetterState.SENT}
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "__init__", lambda self, room: 1 / 0)
        visit.ask(BADOU)
        serve(20)
    assert "ZeroDivisionError" in caplog.text
    serve(20)
    assert states(visit)[2] is LetterState.SENT


def test_an_unusable_setting_is_told_to_the_operators(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "PAUSE", 0.01)
    monkeypatch.setattr(letters, "RETRY", 0.02)
    visit.ask(AWA)
    settings = visit.root / "pressfeed.toml"
    settings.write_text(settings.read_text("utf-8") + f'bounce_address = "{"b" * 40}@example.org"\n', "utf-8")
    left = iter(range(10))
    letters.correspond(visit.root, {}, lambda: visit.now, lambda: next(left, None) is None)
    with visit.open() as room:
        (incident,) = room.store.incidents.current()
    assert incident.text.startswith("No letter about a subscription leaves: ")
    assert "cannot carry a token" in incident.text


def test_waits_grow_with_the_factor_between_their_limits() -> None:
    mail = MailConfig()
    ages = [dt.timedelta()]
    while ages[-1] < dt.timedelta(days=1):
        ages.append(ages[-1] + letters.backoff(ages[-1], mail))
    assert [age / dt.timedelta(minutes=5) for age in ages[:6]] == [0, 1, 2, 4, 8, 16]
    assert ages[-1] - ages[-2] == mail.retry_max


# Letters that come back


def comes_back(visit: Visit, mail: EmailMessage, name: str, *, token: bool = True) -> Receipt:
    """A message of the corpus about a letter comes in, with the letter's return path or its Message-ID."""
    path = str(mail["Return-Path"]).strip("<>")
    found = re.fullmatch(r"press\+([a-z2-7]+)@press\.example\.org", path)
    assert found is not None, path
    raw = (CORPUS / f"{name}.eml").read_bytes()
    raw = raw.replace(b"reader@news.example.net", str(mail["To"]).encode())
    hole, proof = (b"%%BOUNCE%%", found[1]) if token else (b"%%MESSAGE_ID%%", str(mail["Message-ID"]))
    raw = raw.replace(hole, proof.encode())
    with visit.open() as room:
        return receive(room.store, room.config.incoming, raw, "test", visit.now)


def asked(visit: Visit, address: str) -> EmailMessage | None:
    """The letter that asking brings an address, if it brings any."""
    before = len(visit.letters())
    assert visit.ask(address).status_code == 200
    return next(iter(visit.letters()[before:]), None)


def test_a_dead_mailbox_gets_no_further_letter_for_a_month(visit: Visit) -> None:
    mail = asked(visit, AWA)
    assert mail is not None
    assert comes_back(visit, mail, "postfix-user-unknown").action is Action.NOTED
    visit.later(days=2)
    assert asked(visit, AWA) is None
    assert asked(visit, "awa+again@example.org") is None
    with visit.open() as room:
        assert [letter.bounced for letter in room.store.letters.newest(1)] == ["dead-address"]
    assert asked(visit, BADOU) is not None
    visit.later(days=29)
    assert asked(visit, AWA) is not None, "somebody may have the address by then"


@pytest.mark.parametrize(
    "name", ["postfix-over-quota", "postfix-delayed", "gmail-dmarc", "forwarding-target-dead"]
)
def test_what_says_nothing_on_the_mailbox_keeps_no_letter_away(visit: Visit, name: str) -> None:
    mail = asked(visit, AWA)
    assert mail is not None
    comes_back(visit, mail, name)
    visit.later(days=2)
    assert asked(visit, AWA) is not None


def test_a_mailbox_that_the_server_refuses_as_unknown_gets_no_further_letter(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> Outcome:
        return Outcome(Result.FAILED, 550, "5.1.1", "5.1.1 User unknown", "rcpt")

    with monkeypatch.context() as patch:
        patch.setattr(letters, "_deliver", refused)
        assert asked(visit, AWA) is None
    assert states(visit) == {1: LetterState.FAILED}
    visit.later(days=2)
    assert asked(visit, AWA) is None


@pytest.mark.parametrize("token", [True, False])
def test_a_complaint_about_a_letter_ends_all_mail_to_a_victim(visit: Visit, token: bool) -> None:
    mail = asked(visit, AWA)
    assert mail is not None
    got = comes_back(visit, mail, "arf-abuse", token=token)
    assert (got.action, got.subscriber) == (Action.COMPLAINED, None)
    visit.later(days=2)
    assert asked(visit, AWA) is None
    # A link that was sent before brings nobody in.
    visit.client.post(link(mail, "subscribe/confirm"))
    assert visit.find(AWA) is None


def test_a_subscriber_whose_letter_bounces_is_dead_as_by_any_other_bounce(visit: Visit) -> None:
    visit.join(AWA)
    visit.client.post(visit.preferences(AWA) + "/address", data={"address": BADOU})
    old, new = sorted(visit.letters()[1:], key=lambda mail: str(mail["To"]))
    assert comes_back(visit, new, "postfix-user-unknown").action is Action.NOTED
    person = visit.find(AWA)
    assert person is not None and person.status is SubscriberStatus.ACTIVE
    got = comes_back(visit, old, "postfix-user-unknown")
    assert (got.action, got.subscriber) == (Action.BOUNCED, person.id)


def test_a_forged_return_path_of_a_letter_changes_nothing(visit: Visit) -> None:
    mail = asked(visit, AWA)
    assert mail is not None
    path = str(mail["Return-Path"])
    forged = path.replace("+" + path[7], "+" + ("a" if path[7] != "a" else "b"), 1)
    assert forged != path
    mail.replace_header("Return-Path", forged)
    before = visit.dump()
    assert comes_back(visit, mail, "postfix-user-unknown").action is Action.KEPT
    kept = [line for line in visit.dump() if line not in before]
    assert all("incoming" in line for line in kept), kept


def test_the_words_of_servers_about_letters_are_forgotten_with_the_person(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.join(AWA)
    visit.later(days=2)

    async def refused(*_: object) -> Outcome:
        return Outcome(Result.FAILED, 550, "5.2.2", f"5.2.2 <{AWA}> is full", "rcpt")

    with monkeypatch.context() as patch:
        patch.setattr(letters, "_deliver", refused)
        asked(visit, AWA)
    assert any(f"<{AWA}>" in line for line in visit.dump())
    visit.client.post(visit.preferences(AWA) + "/delete")
    assert not any(AWA in line for line in visit.dump())


def test_letters_are_sent_with_an_opening_of_their_own(visit: Visit) -> None:
    """Nothing is opened where no letter waits."""
    with visit.open() as room:
        assert letters.send_letters(room, partial(pytest.fail, "opened"), lambda: visit.now) == 0
