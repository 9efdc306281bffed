"""Editions that people must approve: frozen ahead, let go at their slot, held, called off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pressfeed.errors import InputError
from pressfeed.publish import approval
from tests.acceptance.cli import run
from tests.acceptance.clockwork import WORLD, Clockwork

DAILY = '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\napproval = "{}"\nlead = "2h"\n'


def newsroom(folder: Path, approvals: str) -> Clockwork:
    made = Clockwork(folder / approvals, "2026-03-12T04:00", global_=WORLD + DAILY.format(approvals))
    made.subscribe("ana", "en", "global/daily")
    made.start()
    return made


@pytest.fixture
def one(tmp_path: Path) -> Iterator[Clockwork]:
    made = newsroom(tmp_path, "one")
    yield made
    made.stop()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Clockwork]:
    made = newsroom(tmp_path, "two")
    yield made
    made.stop()


def lines(news: Clockwork) -> list[str]:
    return [
        f"{told.slot} {told.state} {'+'.join(told.stories)} {'+'.join(told.recipients) or '-'}"
        for told in news.told()
    ]


def test_an_edition_is_frozen_ahead_and_goes_out_at_its_slot_once_approved(one: Clockwork) -> None:
    one.publish("flood")
    one.until("2026-03-12T04:59:59")
    assert lines(one) == []
    one.until("2026-03-12T05:00")
    one.publish("later")
    assert lines(one) == ["2026-03-12T07:00 awaiting flood -"]
    with one.open() as room:
        done = approval.approve(room, 1, "Nadège", one.now)
    assert (done.edition.state, done.missing) == ("approved", 0)
    one.until("2026-03-12T06:59")
    assert one.deliver() == []
    one.until("2026-03-12T07:00")
    assert lines(one) == ["2026-03-12T07:00 planned flood ana"]
    (message,) = one.deliver()
    assert message.recipient == "ana@news.example.org"
    assert b"Date: Thu, 12 Mar 2026 07:00:00 +0000\r\n" in message.message
    one.until("2026-03-13T05:00")
    assert lines(one)[1] == "2026-03-13T07:00 awaiting later -"


def test_unapproved_at_its_slot_it_is_held_and_told_and_goes_out_when_approved(one: Clockwork) -> None:
    one.publish("flood")
    one.until("2026-03-12T07:00")
    assert lines(one) == ["2026-03-12T07:00 held flood -"]
    assert one.incidents() == ["held:1"]
    one.until("2026-03-12T09:00")
    with one.open() as room:
        assert approval.approve(room, 1, "Nadège", one.now).edition.state == "planning"
    one.until("2026-03-12T09:00:01")
    assert lines(one) == ["2026-03-12T07:00 planned flood ana"]
    assert one.rounds is not None
    one.rounds.sweep(one.now)
    assert one.incidents() == []


def test_what_is_held_is_free_for_the_next_edition(one: Clockwork) -> None:
    one.publish("flood")
    one.until("2026-03-13T05:00")
    assert lines(one) == ["2026-03-12T07:00 held flood -", "2026-03-13T07:00 awaiting flood -"]
    with one.open() as room:
        approval.approve(room, 2, "Nadège", one.now)
        late = approval.approve(room, 1, "Nadège", one.now).edition
    assert (late.state, late.reason) == ("skipped", "its releases were told by another edition meanwhile")
    one.until("2026-03-13T07:00")
    assert lines(one)[1] == "2026-03-13T07:00 planned flood ana"


def test_two_different_people(two: Clockwork) -> None:
    two.publish("flood")
    two.until("2026-03-12T05:00")
    with two.open() as room:
        assert approval.approve(room, 1, "Nadège", two.now).missing == 1
        with pytest.raises(InputError, match="NADÈGE has approved edition 1 already"):
            approval.approve(room, 1, "NADÈGE ", two.now)
        assert approval.approve(room, 1, "Biniam", two.now).missing == 0
        with pytest.raises(InputError, match="edition 1 is approved: it waits for no approval"):
            approval.approve(room, 1, "Salma", two.now)
    two.until("2026-03-12T07:00")
    assert lines(two) == ["2026-03-12T07:00 planned flood ana"]


def test_one_approval_of_two_is_kept_when_the_edition_is_held_at_its_slot(two: Clockwork) -> None:
    two.publish("flood")
    two.until("2026-03-12T05:00")
    with two.open() as room:
        approval.approve(room, 1, "Nadège", two.now)
    two.until("2026-03-12T07:30")
    assert lines(two) == ["2026-03-12T07:00 held flood -"]
    with two.open() as room:
        approval.approve(room, 1, "Biniam", two.now)
    two.until("2026-03-12T07:31")
    assert lines(two) == ["2026-03-12T07:00 planned flood ana"]


def test_holding_withdraws_the_approvals(two: Clockwork) -> None:
    two.publish("flood")
    two.until("2026-03-12T05:00")
    with two.open() as room:
        approval.approve(room, 1, "Nadège", two.now)
        approval.approve(room, 1, "Biniam", two.now)
        held = approval.hold(room, 1, "Salma", "a name is wrong", two.now)
        assert (held.state, held.reason) == ("held", "held by Salma: a name is wrong")
        assert room.store.editions.approvals(1) == []
        with pytest.raises(InputError, match="is held"):
            approval.resume(room, 1, two.now)
        assert approval.approve(room, 1, "Nadège", two.now).missing == 1
    two.until("2026-03-12T07:00")
    assert lines(two)[0] == "2026-03-12T07:00 held flood -"


def test_a_cancelled_edition_leaves_its_stories_to_the_next(one: Clockwork) -> None:
    one.publish("flood")
    one.until("2026-03-12T05:00")
    with one.open() as room:
        edition, called_off = approval.cancel(room, 1, "Nadège", "", one.now)
        assert (edition.state, edition.reason, called_off) == ("cancelled", "cancelled by Nadège", 0)
        with pytest.raises(InputError, match="nothing to cancel"):
            approval.cancel(room, 1, "Nadège", "", one.now)
    one.until("2026-03-13T05:00")
    assert lines(one) == ["2026-03-12T07:00 cancelled flood -", "2026-03-13T07:00 awaiting flood -"]


def test_cancelled_on_its_way_its_people_may_be_told_another_way(one: Clockwork) -> None:
    one.publish("flood")
    one.until("2026-03-12T05:00")
    with one.open() as room:
        approval.approve(room, 1, "Nadège", one.now)
    one.until("2026-03-12T07:00")
    with one.open() as room:
        paused = approval.hold(room, 1, "Nadège", "", one.now)
        assert paused.state == "paused"
    assert one.deliver() == []
    with one.open() as room:
        assert approval.resume(room, 1, one.now).state == "planned"
        assert approval.cancel(room, 1, "Nadège", "", one.now)[1] == 1
    assert one.deliver() == []
    one.until("2026-03-13T05:00")
    assert lines(one)[1] == "2026-03-13T07:00 awaiting flood -"


def test_cancelled_after_somebody_has_it_the_bulletin_does_not_tell_it_again(one: Clockwork) -> None:
    one.subscribe("bo", "en", "global/daily")
    one.publish("flood")
    one.until("2026-03-12T05:00")
    with one.open() as room:
        approval.approve(room, 1, "Nadège", one.now)
    one.until("2026-03-12T07:00")
    with one.store() as store:
        claim, _ = store.deliveries.claim("test", 2, one.now, one.now)
        database = store.deliveries._db
        with database.transaction():
            database.db.conn.execute("UPDATE delivery SET state = 'sent' WHERE id = ?", (claim.id,))
    with one.open() as room:
        assert approval.cancel(room, 1, "Nadège", "", one.now)[1] == 1
    one.until("2026-03-13T07:00")
    assert lines(one)[1:] == ["2026-03-13T07:00 skipped  -"]


def test_a_scheduler_that_was_down_during_the_lead_holds_the_edition(one: Clockwork) -> None:
    one.publish("flood")
    one.stop()
    one.until("2026-03-12T08:00")
    one.start()
    one.until("2026-03-12T08:00:01")
    assert lines(one) == ["2026-03-12T07:00 held flood -"]
    assert one.incidents() == ["held:1"]


def test_a_lead_longer_than_the_pause_between_slots(tmp_path: Path) -> None:
    hourly = DAILY.format("one").replace("0 7 * * *", "0 * * * *")
    news = Clockwork(tmp_path / "hourly", "2026-03-12T04:30", global_=WORLD + hourly)
    news.start()
    news.publish("first")
    for hour in range(5, 9):
        news.until(f"2026-03-12T{hour:02}:00")
        news.publish(f"story-{hour}")
    assert [f"{told.slot[11:]} {told.state} {'+'.join(told.stories)}" for told in news.told()] == [
        "05:00 skipped ",
        "06:00 skipped ",
        "07:00 held first",
        "08:00 held story-5",
        "09:00 awaiting story-6+first",
        "10:00 awaiting story-7+story-5",
    ]
    news.stop()


def test_the_commands(one: Clockwork) -> None:
    one.publish("flood")
    one.until("2026-03-12T05:00")
    listed = run("-C", str(one.root), "editions", "list", "--json")
    assert [edition["state"] for edition in json.loads(listed.out)] == ["awaiting"]
    assert "0 of 1" in run("-C", str(one.root), "editions", "show", "1").out
    # By the real clock the slot is long over: it goes out at once.
    done = run("-C", str(one.root), "editions", "approve", "1", "--by", "Nadège")
    assert "Edition 1 of global/daily goes out now." in done.out
    shown = json.loads(run("-C", str(one.root), "editions", "show", "1", "--json").out)
    assert [approved["name"] for approved in shown["approvals"]] == ["Nadège"]
    assert shown["stories"][0]["releases"][0]["headline"] == "flood en"
    refused = run("-C", str(one.root), "editions", "hold", "1", code=2)
    assert "Try again in a moment" in refused.err
    cancelled = run("-C", str(one.root), "editions", "cancel", "1", "--by", "Bo", "--why", "wrong name")
    assert "Its stories are free for the next edition." in cancelled.out
    listed = run("-C", str(one.root), "editions", "list", "--bulletin", "global/daily")
    assert "cancelled by Bo: wrong name" in " ".join(listed.out.split())
