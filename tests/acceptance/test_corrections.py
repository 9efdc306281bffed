"""Corrections and withdrawals: exactly those who were sent an older text are told, once."""

from __future__ import annotations

import json
from collections import Counter
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from pressfeed.delivery.transport import Outgoing
from pressfeed.domain import DeliveryState, Notify, Release, Status
from pressfeed.errors import InputError
from pressfeed.publish import audit, corrections, notices, releases, subscribers
from pressfeed.publish.corrections import Revised
from pressfeed.publish.deliver import StoreDesk
from pressfeed.publish.editions import go_on
from pressfeed.publish.preferences import Choice, save
from pressfeed.publish.releases import Edit
from tests.acceptance.cli import run, text_of
from tests.acceptance.clockwork import WORLD, Clockwork, utc

DAILY = '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\n'
EVENING = '[[bulletins]]\nname = "evening"\ncron = "0 19 * * *"\n'
AFRICA = 'name = "Africa"\ntime_zone = "Africa/Dakar"\nparent = "global"\n'


@pytest.fixture
def clock(tmp_path: Path) -> Clockwork:
    world = WORLD + DAILY + EVENING
    clock = Clockwork(tmp_path / "newsroom", "2026-03-10T06:00", _global=world, africa=AFRICA + DAILY)
    clock.subscribe("ann", "en", "global/daily")
    clock.subscribe("amina", "ar en", "global/daily")
    clock.subscribe("fatou", "fr", "africa/daily")
    clock.subscribe("late", "en", "global/daily")
    clock.subscribe("new", "en", "global/evening")
    return clock


def correct(
    clock: Clockwork, release: int, headline: str, notify: Notify = Notify.NOW, **given: object
) -> Revised:
    with clock.open() as room:
        revised = corrections.correct(
            room,
            release,
            Edit(headline=headline),
            notify=notify,
            notes={"en": "The number of households was wrong."},
            reason="a reader wrote",
            author="Rosa",
            now=clock.now,
            **given,  # type: ignore[arg-type]
        )
        if not given:
            go_on(room, clock.now)
    return revised


def withdraw(clock: Clockwork, release: int, notify: Notify = Notify.NOW) -> Revised:
    with clock.open() as room:
        revised = corrections.withdraw(
            room, release, notify=notify, notes={}, reason="wrong", author="Rosa", now=clock.now
        )
        go_on(room, clock.now)
    return revised


def letters(sent: list[Outgoing]) -> dict[str, EmailMessage]:
    """The mails by recipient: one each."""
    parser = BytesParser(policy=policy.default)
    found: dict[str, EmailMessage] = {}
    for one in sent:
        name = one.recipient.partition("@")[0]
        assert name not in found, f"two mails to {name}"
        mail = parser.parsebytes(one.message)
        assert isinstance(mail, EmailMessage)
        found[name] = mail
    return found


def subjects(sent: list[Outgoing]) -> dict[str, str]:
    return {name: str(mail["Subject"]) for name, mail in letters(sent).items()}


def release(clock: Clockwork, number: int) -> Release:
    with clock.store() as store:
        return store.releases.get(number)


def test_exactly_those_who_were_sent_the_older_text_are_told_once(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    assert subjects(clock.deliver()) == dict.fromkeys(("ann", "amina", "late"), "flood en")
    with clock.open() as room:
        subscribers.remove(room, "late@news.example.org", None, clock.now)

    rehearsed = correct(clock, flood, "flood, corrected", dry_run=True)
    assert rehearsed.announced.people == {"en": 1, "ar": 1}
    assert release(clock, flood).version == 1

    revised = correct(clock, flood, "flood, corrected")
    assert (revised.release.status, revised.release.version) == ("corrected", 2)
    sent = letters(clock.deliver())
    assert {name: str(mail["Subject"]) for name, mail in sent.items()} == {
        "ann": "Correction: flood, corrected",
        "amina": "تصويب: flood, corrected",
    }
    text = text_of(sent["ann"])
    assert "The number of households was wrong." in text
    assert "Before: flood en" in text and "Now: flood, corrected" in text
    assert "https://press.example.org/releases/en/flood-en/" in text
    assert 'dir="rtl"' in text_of(sent["amina"], "html")
    assert "list-unsubscribe-post" in {name.lower() for name in sent["ann"]}
    clock.until("2026-03-10T19:00")
    assert subjects(clock.deliver()) == {"new": "flood, corrected"}


def test_who_has_the_corrected_text_hears_of_the_next_correction_only(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second")
    clock.until("2026-03-10T19:00")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late", "new"}
    correct(clock, flood, "third")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late", "new"}


def test_what_is_planned_and_not_sent_tells_the_new_text_and_no_notice(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    assert correct(clock, flood, "flood, corrected").announced.people == {}
    assert subjects(clock.deliver()) == dict.fromkeys(("ann", "amina", "late"), "flood, corrected")
    assert subjects(clock.deliver()) == {}
    correct(clock, flood, "again")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late"}


def test_a_correction_with_the_next_bulletin_stands_at_its_top(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "flood, corrected", Notify.NEXT)
    assert clock.deliver() == []
    clock.publish("harvest", "en")
    clock.until("2026-03-11T07:00")
    sent = letters(clock.deliver())
    assert {str(mail["Subject"]) for name, mail in sent.items() if name in ("ann", "late")} == {
        "Correction: flood, corrected – and 1 more"
    }
    text = text_of(sent["ann"])
    assert text.index("Correction: flood, corrected") < text.index("1. harvest en")
    clock.publish("locusts", "en")
    clock.until("2026-03-12T07:00")
    assert set(subjects(clock.deliver()).values()) == {"locusts en"}


def test_the_next_bulletin_goes_out_for_a_notice_alone(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "flood, corrected", Notify.NEXT)
    clock.until("2026-03-10T19:00")
    assert set(subjects(clock.deliver())) == {"new"}
    clock.until("2026-03-11T07:00")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late"}
    clock.until("2026-03-12T07:00")
    assert clock.deliver() == []


def test_a_withdrawal_reaches_whoever_has_any_version_and_stops_what_is_planned(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en", regions=("africa",))
    clock.publish("harvest", "en", regions=("africa",))
    clock.start()
    clock.until("2026-03-10T07:00")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late", "fatou"}
    correct(clock, flood, "flood, corrected", Notify.NONE)
    clock.until("2026-03-10T19:00")  # planned for the new one, and not sent
    withdraw(clock, flood)
    sent = subjects(clock.deliver())
    assert sent == {
        "ann": "Withdrawn: flood en",  # as they know it
        "amina": "سُحب: flood en",
        "late": "Withdrawn: flood en",
        "fatou": "Retiré\u00a0: flood en",
        "new": "harvest en",
    }


@pytest.mark.parametrize("by_edit", [False, True])
@pytest.mark.parametrize("notify", [Notify.NOW, Notify.NEXT])
def test_a_silent_withdrawal_can_be_told_later_once(clock: Clockwork, notify: Notify, by_edit: bool) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second")  # waits, and must not leave any more
    if by_edit:
        with clock.open() as room:
            releases.edit(room, flood, Edit(status=Status.WITHDRAWN), clock.now)
    else:
        withdraw(clock, flood, Notify.NONE)
    assert clock.deliver() == []
    with pytest.raises(InputError, match="cannot be withdrawn"):
        withdraw(clock, flood, Notify.NONE)
    withdraw(clock, flood, notify)
    sent = clock.deliver()
    clock.until("2026-03-11T07:00")
    got = subjects([*sent, *clock.deliver()])
    assert got == {
        "ann": "Withdrawn: flood en",
        "amina": "سُحب: flood en",
        "late": "Withdrawn: flood en",
    }
    with pytest.raises(InputError, match="its readers are told"):
        withdraw(clock, flood, notify)


def test_a_newer_notice_replaces_one_that_waits(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second", Notify.NEXT)
    correct(clock, flood, "third")
    correct(clock, flood, "fourth")
    withdraw(clock, flood)
    assert set(subjects(clock.deliver()).values()) == {"Withdrawn: flood en", "سُحب: flood en"}
    clock.until("2026-03-11T07:00")
    assert clock.deliver() == []


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("then", [Notify.NOW, Notify.NEXT, Notify.NONE, None])
@pytest.mark.parametrize("first", [Notify.NOW, Notify.NEXT])
@pytest.mark.parametrize("chunks", [1, 2])
def test_a_notice_of_which_a_part_was_planned_gives_way_to_a_newer_one(
    clock: Clockwork, monkeypatch: pytest.MonkeyPatch, first: Notify, then: Notify | None, chunks: int
) -> None:
    """A process is killed after one or two chunks; then comes another correction, or a withdrawal (None)."""
    monkeypatch.setattr(notices, "CHUNK", 1)
    planned = []

    def stop(people: int) -> None:
        planned.append(people)
        if len(planned) == chunks:
            raise Killed

    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    with clock.open() as room:
        said = {"notes": {}, "reason": "", "author": "Rosa", "now": clock.now}
        corrections.correct(room, flood, Edit(headline="second"), notify=first, **said)
        with pytest.raises(Killed):
            go_on(room, clock.now, stop)
    if then is None:
        withdraw(clock, flood)
    else:
        correct(clock, flood, "third", then)
    sent = clock.deliver()
    clock.until("2026-03-11T07:00")
    got = letters([one for one in (*sent, *clock.deliver()) if not one.recipient.startswith("new")])
    assert set(got) == {"ann", "amina", "late"}
    texts = [text_of(mail) for mail in got.values()]
    newest = "flood en" if then is None else "third"
    assert all(newest in text and "second" not in text for text in texts)
    clock.until("2026-03-12T07:00")
    assert clock.deliver() == []


def pause(clock: Clockwork, name: str, until: str) -> None:
    with clock.open() as room:
        person = room.store.subscribers.get(f"{name}@news.example.org")
        choice = Choice(person.languages, person.bulletins, utc(until))
        save(room.store, person, choice, frozenset(person.bulletins), clock.now)


def test_who_pauses_before_a_notice_leaves_gets_it_afterwards(
    clock: Clockwork,
) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "flood, corrected")
    for name in ("ann", "amina", "late"):
        pause(clock, name, "2026-03-12T00:00")
    assert clock.deliver() == []
    clock.until("2026-03-11T07:00")
    assert clock.editions("global/daily")[-1].state == "skipped"
    clock.until("2026-03-12T07:00")
    told = subjects(clock.deliver())
    assert told.pop("new") == "flood, corrected"  # the evening bulletin of two days before
    assert set(told) == {"ann", "amina", "late"}


def test_who_leaves_the_bulletin_of_a_notice_gets_it_with_another_one(clock: Clockwork) -> None:
    clock.subscribe("both", "en", "global/daily", "global/evening")
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "flood, corrected")
    with clock.open() as room:
        subscribers.remove(room, "both@news.example.org", "global/daily", clock.now)
    assert "both" not in subjects(clock.deliver())
    clock.until("2026-03-10T19:00")
    assert subjects(clock.deliver())["both"] == "Correction: flood, corrected"


def leave(clock: Clockwork, name: str, bulletin: str | None = None) -> None:
    with clock.open() as room:
        subscribers.remove(room, f"{name}@news.example.org", bulletin, clock.now)


@pytest.mark.parametrize("notify", [Notify.NOW, Notify.NEXT])
def test_a_correction_of_which_nobody_is_told_takes_nothing_from_those_who_wait(
    clock: Clockwork, notify: Notify
) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second", notify)
    correct(clock, flood, "third", Notify.NONE)
    clock.until("2026-03-11T07:00")
    sent = letters(clock.deliver())
    sent.pop("new")
    assert set(sent) == {"ann", "amina", "late"}
    assert "Before: flood en" in text_of(sent["ann"]) and "Now: third" in text_of(sent["ann"])
    assert "second" not in text_of(sent["ann"])
    correct(clock, flood, "fourth")
    sent = letters(clock.deliver())
    assert set(sent) == {"ann", "amina", "late", "new"}
    assert "Before: third" in text_of(sent["ann"]) and "Now: fourth" in text_of(sent["ann"])
    with clock.store() as store:
        told = [(one.kind, one.version) for one in store.ledger.of_story("flood") if "ann" in one.subscriber]
    assert told == [("story", 1), ("correction", 3), ("correction", 4)]


def test_what_a_sender_rendered_before_a_silent_correction_does_not_leave(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second")
    desk = StoreDesk(clock.root, {}, lambda: clock.now)
    desk.open()
    claimed = desk.claim(10)
    assert len(claimed) == 3
    correct(clock, flood, "third", Notify.NONE)
    assert desk.commit(claimed, []) == [False] * 3
    desk.release()
    desk.close()
    assert set(subjects(clock.deliver()).values()) == {"Correction: third", "تصويب: third"}


def test_before_is_the_newest_text_that_somebody_has_however_it_came(clock: Clockwork) -> None:
    """A bulletin in doubt, a notice about it, and the story again, since the first one never came."""
    clock.subscribe("ann", "en", "global/evening")
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    with clock.store() as store, store.transaction():
        claims = store.deliveries.claim("me", 10, clock.now, clock.now)
        begun = store.deliveries.sending(claims, "me", clock.now)
        (doubtful,) = [claim for claim in begun if claim and claim.address.startswith("ann")]
        store.deliveries.sent([(claim, "ok") for claim in begun if claim and claim != doubtful], clock.now)
        store.deliveries.unknown(doubtful, "me", "lost")
    correct(clock, flood, "second")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late"}  # what is in doubt counts
    correct(clock, flood, "third", Notify.NONE)
    with clock.store() as store, store.transaction():
        assert store.deliveries.resolve(doubtful.id, DeliveryState.FAILED, "it never came", clock.now)
    clock.until("2026-03-10T19:00")
    assert subjects(clock.deliver()) == {"ann": "third", "new": "third"}
    correct(clock, flood, "fourth")
    sent = letters(clock.deliver())
    assert "Before: third" in text_of(sent["ann"]) and "Now: fourth" in text_of(sent["ann"])
    assert "Before: second" in text_of(sent["late"])


def test_a_silent_correction_can_be_announced_later_once(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second")
    clock.deliver()
    revised = correct(clock, flood, "third", Notify.NONE)
    clock.until("2026-03-10T19:00")
    assert subjects(clock.deliver()) == {"new": "third"}

    def announce(notify: Notify) -> None:
        with clock.open() as room:
            corrections.correct(
                room, flood, Edit(), notify=notify, notes={}, reason="", author="Rosa", now=clock.now
            )
            go_on(room, clock.now)

    with pytest.raises(InputError, match="no change to announce"):
        announce(Notify.NONE)
    announce(Notify.NOW)
    sent = letters(clock.deliver())
    assert set(sent) == {"ann", "amina", "late"}
    assert "Before: second" in text_of(sent["ann"]) and "Now: third" in text_of(sent["ann"])
    assert "The number of households was wrong." in text_of(sent["ann"])  # as it was noted then
    assert release(clock, flood).version == revised.release.version
    with pytest.raises(InputError, match="no change to announce"):
        announce(Notify.NOW)


@pytest.mark.parametrize("notify", [Notify.NOW, Notify.NEXT])
def test_who_left_the_bulletin_that_told_is_told_by_another_one(clock: Clockwork, notify: Notify) -> None:
    for name in ("ann", "late", "two"):
        clock.subscribe(name, "en", "global/daily")
    clock.subscribe("ann", "en", "global/evening")
    clock.subscribe("fatou", "fr", "global/daily")
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late", "fatou", "two"}
    leave(clock, "ann", "global/daily")
    leave(clock, "fatou", "global/daily")
    leave(clock, "late", "global/daily")
    leave(clock, "two")
    rehearsed = correct(clock, flood, "flood, corrected", notify, dry_run=True).announced
    assert (rehearsed.people, rehearsed.unreached) == ({"ar": 1, "en": 1, "fr": 1}, 2)
    correct(clock, flood, "flood, corrected", notify)
    now = clock.deliver()
    if notify is Notify.NOW:
        assert set(subjects(now)) == {"ann", "amina", "fatou"}
        assert "global.evening" in str(letters(now)["ann"]["Feedback-ID"])
    else:
        assert now == []
    clock.until("2026-03-11T07:00")
    later = subjects(clock.deliver())
    later.pop("new")
    assert set(later) == (set() if notify is Notify.NOW else {"ann", "amina", "fatou"})
    withdraw(clock, flood)
    assert set(subjects(clock.deliver())) == {"ann", "amina", "fatou", "new"}


def test_the_command_says_who_cannot_be_told_and_what_waits_for_approval(clock: Clockwork) -> None:
    clock.schedule("global", WORLD + DAILY + EVENING + 'approval = "two"\n')
    clock.subscribe("ann", "en", "global/evening")
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    leave(clock, "ann", "global/daily")
    leave(clock, "late")
    command = (
        "-C",
        str(clock.root),
        "releases",
        "correct",
        str(flood),
        "--headline",
        "corrected",
        "--by",
        "Rosa",
    )
    rehearsed = json.loads(run(*command, "--notify", "now", "--dry-run", "--json").out)
    assert rehearsed["people"] == {"ar": 1, "en": 1} and rehearsed["editions"] == []
    assert (rehearsed["unreached"], rehearsed["dry_run"]) == (1, True)
    said = run(*command, "--notify", "now").out
    assert "Were sent an older text: 2 people (1 in ar, 1 in en); told now." in said
    assert "Not told, since no bulletin goes to them any more: 1 person." in said
    (held,) = [one for one in clock.editions("global/evening") if one.state == "held"]
    assert f"pressfeed editions approve {held.id}" in said
    clock.now = utc("2030-01-01T00:00")
    assert set(subjects(clock.deliver())) == {"amina"}
    said = run("-C", str(clock.root), "releases", "withdraw", str(flood), "--notify", "now", "--dry-run").out
    assert "Were sent it: 2 people (1 in ar, 1 in en); told now." in said


def test_readers_of_a_bulletin_that_is_gone_are_told_by_another_one(clock: Clockwork) -> None:
    clock.subscribe("ann", "en", "global/evening")
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late"}
    clock.schedule("global", WORLD + EVENING)
    revised = correct(clock, flood, "flood, corrected")
    assert (revised.announced.people, revised.announced.unreached) == ({"en": 1}, 2)
    assert set(subjects(clock.deliver())) == {"ann"}


def test_the_audit_counts_whom_a_notice_brought_a_version(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    correct(clock, flood, "second")
    clock.deliver()
    clock.until("2026-03-10T19:00")
    clock.deliver()  # the new one gets the second version as a story
    leave(clock, "late")
    correct(clock, flood, "third", Notify.NEXT)
    clock.until("2026-03-11T07:00")
    clock.deliver()
    clock.until("2026-03-11T19:00")
    clock.deliver()
    withdraw(clock, flood)
    clock.deliver()
    with clock.store() as store:
        life = audit.life(store, flood)
        ledger = list(store.ledger.of_story("flood"))
    assert [(one.version, one.sent) for one in life.given] == [(1, 3), (2, 4), (3, 3)]
    counts: Counter[tuple[str, int]] = Counter()
    for one in life.tallies:
        counts[one.kind, one.version] += one.number
    assert counts == {
        ("story", 1): 3,
        ("correction", 2): 3,
        ("story", 2): 1,
        ("correction", 3): 3,
        ("withdrawal", 3): 3,
    }
    assert sum(one.number for one in life.tallies) == len(ledger)
    told = {event.edition for event in life.events if event.kind == "edition.planned"}
    assert told == {one.edition for one in life.tallies}


def test_a_bulletin_that_wants_two_approvals_waits_for_another_person(clock: Clockwork) -> None:
    from pressfeed.publish import approval

    daily = DAILY + 'approval = "two"\n'
    clock.schedule("global", WORLD + daily)
    (flood,) = clock.publish("flood", "en")
    clock.start()
    for name in ("Ann", "Ben"):
        with clock.open() as room:
            approval.approve(room, clock.editions("global/daily")[-1].id, name, clock.now)
    clock.until("2026-03-10T07:00")
    clock.deliver()
    revised = correct(clock, flood, "flood, corrected")
    (edition,) = [one for one in revised.announced.editions if one.bulletin == "global/daily"]
    assert clock.deliver() == []
    with clock.open() as room:
        approval.approve(room, edition.id, "Ben", clock.now)
    clock.until("2026-03-10T07:01")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late"}


def test_an_act_that_makes_no_sense_is_refused(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    with pytest.raises(InputError, match="says that already"):
        correct(clock, flood, "flood en")
    withdraw(clock, flood)
    with pytest.raises(InputError, match="is withdrawn and cannot be corrected"):
        correct(clock, flood, "another")
    assert utc("2026-03-10T06:00") == clock.now


def resend(clock: Clockwork, release: int, notify: Notify = Notify.NOW) -> Revised:
    with clock.open() as room:
        revised = corrections.retell(room, release, notify=notify, author="Rosa", now=clock.now)
        go_on(room, clock.now)
    return revised


def test_a_translation_that_comes_later_is_told_only_if_the_operator_says_so(clock: Clockwork) -> None:
    clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    clock.deliver()
    (arabic,) = clock.publish("flood", "ar")
    clock.until("2026-03-11T07:00")
    assert set(subjects(clock.deliver())) == {"new"}  # the evening before
    assert resend(clock, arabic).announced.people == {"ar": 1}
    sent = letters(clock.deliver())
    assert {name: str(mail["Subject"]) for name, mail in sent.items()} == {
        "amina": "متاح الآن بلغتكم: flood ar"
    }
    with pytest.raises(InputError, match="already"):
        resend(clock, arabic)
    correct(clock, arabic, "flood, corrected")
    assert set(subjects(clock.deliver())) == {"amina"}
    correct(clock, 1, "flood, corrected")
    assert set(subjects(clock.deliver())) == {"ann", "amina", "late", "new"}


def test_a_correction_of_a_translation_reaches_whoever_another_bulletin_told_of_it(clock: Clockwork) -> None:
    clock.subscribe("noor", "ar en", "global/daily", "africa/daily")
    clock.publish("flood", "en")
    clock.start()
    clock.until("2026-03-10T07:00")
    assert "noor" in subjects(clock.deliver())
    (arabic,) = clock.publish("flood", "ar")
    resend(clock, arabic, Notify.NEXT)
    leave(clock, "noor", "global/daily")
    leave(clock, "new")
    clock.until("2026-03-11T07:00")
    assert set(subjects(clock.deliver())) == {"amina", "noor"}  # noor by africa/daily, which told no story
    correct(clock, arabic, "flood, corrected")
    assert set(subjects(clock.deliver())) == {"amina", "noor"}
