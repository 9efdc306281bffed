"""The hand-off, step by step: what each step does, to whom, and to whom it must not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from pressfeed.domain import DeliveryState, EditionState, SubscriberStatus
from pressfeed.errors import NotFoundError
from pressfeed.publish.editions import plan_edition
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.store.deliveries import Claim, Lease
from tests.acceptance.mailroom import BULLETIN, NOW, Mailroom, make

PEOPLE = 6
LATER = NOW + dt.timedelta(hours=1)
LEASE = NOW + dt.timedelta(seconds=60)
ME, OTHER = "here:1:aaaa", "there:2:bbbb"


@pytest.fixture
def mailroom(tmp_path: Path) -> Mailroom:
    return make(tmp_path / "room", PEOPLE, transport="maildir:outbox", languages=("en", "fr"))


@pytest.fixture
def room(mailroom: Mailroom) -> Iterator[Newsroom]:
    with mailroom.open() as room:
        yield room


@pytest.fixture
def store(room: Newsroom) -> Store:
    return room.store


def claim(store: Store, owner: str = ME, limit: int = 1, now: dt.datetime = NOW) -> list[Claim]:
    return store.deliveries.claim(owner, limit, now, now + dt.timedelta(seconds=60))


def sending(store: Store, claimed: Claim, owner: str = ME, now: dt.datetime = NOW) -> Claim | None:
    (begun,) = store.deliveries.sending([claimed], owner, now)
    return begun


def sent(store: Store, begun: Claim | None, reply: str = "250 ok", now: dt.datetime = NOW) -> bool:
    assert begun is not None
    return store.deliveries.sent([(begun, reply)], now) == 1


def begin(store: Store, owner: str = ME) -> Claim:
    """A delivery whose content may be on the wire."""
    (claimed,) = claim(store, owner)
    begun = sending(store, claimed, owner)
    assert begun is not None
    return begun


def state(store: Store, delivery: int) -> str:
    return store.deliveries.get(delivery).state.value


def items(mailroom: Mailroom, delivery: int) -> int:
    """How many stories count as given by a delivery."""
    with mailroom.database() as database:
        (number,) = database.execute(
            "SELECT count(*) FROM item WHERE delivery_id = ?", (delivery,)
        ).fetchone()
    return int(number)


def another_edition(room: Newsroom, mailroom: Mailroom) -> int:
    mailroom.publish(7, "en", "fr")
    edition, _ = plan_edition(room, room.bulletin(BULLETIN), "2026-03-13T06:30", NOW)
    return edition.id


# Claims


def test_a_claim_takes_what_is_due_in_order_and_no_more_than_asked(store):
    assert [one.id for one in claim(store, limit=4)] == [1, 2, 3, 4]
    assert [one.id for one in claim(store, limit=4)] == [5, 6]
    assert claim(store, limit=4) == []


def test_a_claim_says_all_that_sending_needs(store):
    (one,) = claim(store)
    record = store.deliveries.get(one.id)
    assert (one.address, one.name) == ("reader0@news.example.org", "Reader 0")
    assert one.message_id == record.message_id
    assert (one.edition, one.attempts, one.begun) == (1, 0, False)


def test_the_longest_waiting_comes_first(store):
    first, second = claim(store, limit=2)
    store.deliveries.unsent(first, ME, NOW + dt.timedelta(seconds=2))
    store.deliveries.unsent(second, ME, NOW + dt.timedelta(seconds=1))
    assert {one.id for one in claim(store, limit=4, now=LATER)} == {3, 4, 5, 6}
    assert [one.id for one in claim(store, limit=1, now=LATER)] == [second.id]
    assert [one.id for one in claim(store, limit=1, now=LATER)] == [first.id]


def test_nothing_is_claimed_before_its_time(store):
    assert claim(store, now=NOW - dt.timedelta(microseconds=1)) == []
    assert store.deliveries.due(NOW - dt.timedelta(microseconds=1)) == 0
    assert store.deliveries.due(NOW) == PEOPLE


def test_editions_share_a_claim_fairly(room, mailroom):
    second = another_edition(room, mailroom)
    claims = claim(room.store, limit=4)
    assert sorted(one.edition for one in claims) == [1, 1, second, second]
    assert len(claim(room.store, limit=100)) == 2 * PEOPLE - 4, "what one has not, the other gets"


@pytest.mark.parametrize("paused", [EditionState.PAUSED, EditionState.CANCELLED, EditionState.PLANNING])
def test_only_planned_editions_are_claimed(store, paused):
    store.editions.set_state(store.editions.get(1), paused, expected=EditionState.PLANNED, now=NOW)
    assert claim(store) == []
    assert store.deliveries.due(NOW) == 0
    assert store.deliveries.next_due() is None


def test_two_owners_never_get_the_same_delivery(mailroom):
    with mailroom.open() as one, mailroom.open() as other:
        mine = claim(one.store, ME, 4)
        theirs = claim(other.store, OTHER, 4)
    assert {each.id for each in mine} & {each.id for each in theirs} == set()
    assert len(mine) + len(theirs) == PEOPLE


# Beginning


def test_beginning_puts_the_attempt_on_record(store):
    (claimed,) = claim(store)
    begun = sending(store, claimed, ME, NOW)
    assert begun is not None
    assert (begun.id, begun.attempts, begun.begun) == (claimed.id, 1, True)
    assert state(store, begun.id) == "sending"
    assert store.deliveries.get(begun.id).attempts == 1
    assert store.deliveries.history(begun.id) == (NOW, 1)


def test_nobody_begins_twice_or_what_is_not_theirs(store):
    (claimed,) = claim(store)
    assert sending(store, claimed, OTHER, NOW) is None
    assert sending(store, claimed, ME, NOW) is not None
    assert sending(store, claimed, ME, NOW) is None


def test_a_lease_that_was_lost_lets_nobody_begin(store):
    (claimed,) = claim(store)
    store.deliveries.recover(Lease(ME, LEASE))
    assert sending(store, claimed, ME, NOW) is None
    claim(store, OTHER, PEOPLE)
    assert sending(store, claimed, ME, NOW) is None


def test_who_unsubscribed_meanwhile_is_not_written_to(room, mailroom):
    (claimed,) = claim(room.store)
    reader = room.store.subscribers.get(claimed.address)
    with room.store.transaction():
        room.store.subscribers.stop(reader, SubscriberStatus.UNSUBSCRIBED, NOW)
    assert sending(room.store, claimed, ME, NOW) is None
    room.store.deliveries.dropped(claimed, ME, NOW)
    assert state(room.store, claimed.id) == "cancelled"
    assert items(mailroom, claimed.id) == 0


def test_who_bounced_without_a_word_to_the_delivery_is_called_off_when_dropped(store, mailroom):
    (claimed,) = claim(store)
    with mailroom.database() as database:
        database.execute("UPDATE subscriber SET status = 'bounced' WHERE id = ?", (claimed.subscriber,))
    assert sending(store, claimed, ME, NOW) is None
    store.deliveries.dropped(claimed, ME, NOW)
    record = store.deliveries.get(claimed.id)
    assert (record.state, record.reply) == (DeliveryState.CANCELLED, "called off: bounced")
    assert items(mailroom, claimed.id) == 0


def test_a_paused_edition_stops_what_is_claimed_already_and_keeps_it(store):
    (claimed,) = claim(store)
    store.editions.set_state(
        store.editions.get(1), EditionState.PAUSED, expected=EditionState.PLANNED, now=NOW
    )
    assert sending(store, claimed, ME, NOW) is None
    store.deliveries.dropped(claimed, ME, NOW)
    assert state(store, claimed.id) == "pending"
    store.editions.set_state(
        store.editions.get(1), EditionState.PLANNED, expected=EditionState.PAUSED, now=NOW
    )
    assert len(claim(store, limit=9)) == PEOPLE


def test_dropping_does_not_touch_what_somebody_else_owns_or_a_copy_has_begun(store):
    (claimed,) = claim(store)
    begun = sending(store, claimed, ME, NOW)
    store.deliveries.dropped(claimed, ME, NOW)
    assert state(store, begun.id) == "sending", "the same claim twice in one sender: only one of them began"
    store.deliveries.recover(Lease(ME, LEASE))
    store.deliveries.resend(begun.id, NOW)
    claim(store, OTHER, PEOPLE)
    store.deliveries.dropped(claimed, ME, NOW)
    assert state(store, begun.id) == "claimed"


def test_many_begin_in_one_step_each_by_its_own_right(store):
    mine, lost, theirs = (*claim(store, ME, 2), *claim(store, OTHER, 1))
    store.deliveries.unsent(lost, ME, NOW)
    begun = store.deliveries.sending([mine, lost, theirs], ME, NOW)
    assert [one and one.id for one in begun] == [mine.id, None, None]
    assert store.deliveries.sending([], ME, NOW) == []


# Ends


def test_many_are_sent_in_one_step_each_with_its_own_words(store):
    one, other = begin(store), begin(store)
    assert store.deliveries.sent([(one, "250 as 1"), (other, '250 "as" 2')], NOW) == 2
    assert store.deliveries.get(one.id).reply == "250 as 1"
    assert store.deliveries.get(other.id).reply == '250 "as" 2'
    assert store.deliveries.sent([], NOW) == 0


def test_sent_keeps_the_servers_words_and_the_stories(store, mailroom):
    begun = begin(store)
    assert sent(store, begun, "250 ok", LATER)
    record = store.deliveries.get(begun.id)
    assert (record.state, record.reply, record.settled_at) == (DeliveryState.SENT, "250 ok", LATER)
    assert items(mailroom, begun.id) == 2


@pytest.mark.parametrize("begun", [False, True])
def test_failed_gives_the_stories_back(store, mailroom, begun):
    one = begin(store) if begun else claim(store)[0]
    assert store.deliveries.failed(one, ME, "550 no", LATER)
    record = store.deliveries.get(one.id)
    assert (record.state, record.reply, record.settled_at) == (DeliveryState.FAILED, "550 no", LATER)
    assert items(mailroom, one.id) == 0


@pytest.mark.parametrize("begun", [False, True])
def test_deferred_waits_and_counts_as_an_attempt(store, begun):
    one = begin(store) if begun else claim(store)[0]
    assert store.deliveries.deferred(one, ME, "450 later", LATER, NOW)
    record = store.deliveries.get(one.id)
    assert (record.state, record.attempts, record.next_try) == (DeliveryState.PENDING, 1, LATER)
    assert record.reply == "450 later"
    assert store.deliveries.history(one.id) == (NOW, 1)
    assert one.id not in [other.id for other in claim(store, limit=9)]
    assert one.id in [other.id for other in claim(store, limit=9, now=LATER)]


def test_the_first_try_stays_the_first(store):
    one = begin(store)
    store.deliveries.deferred(one, ME, "450 later", NOW, NOW)
    again = next(each for each in claim(store, limit=9) if each.id == one.id)
    sending(store, again, ME, LATER)
    assert store.deliveries.history(one.id) == (NOW, 2)


def test_unsent_touches_nobody(store):
    (one,) = claim(store)
    before = store.deliveries.get(one.id)
    assert store.deliveries.unsent(one, ME, NOW)
    after = store.deliveries.get(one.id)
    assert (after.state, after.attempts, after.reply) == (DeliveryState.PENDING, 0, before.reply)
    assert store.deliveries.history(one.id) == (None, 0)


def test_unsent_takes_the_attempt_back_that_was_begun(store):
    begun = begin(store)
    assert store.deliveries.unsent(begun, ME, NOW)
    assert store.deliveries.history(begun.id) == (None, 0)
    again = next(one for one in claim(store, limit=9) if one.id == begun.id)
    store.deliveries.deferred(again, ME, "450", NOW, NOW)
    again = next(one for one in claim(store, limit=9) if one.id == begun.id)
    store.deliveries.unsent(sending(store, again, ME, LATER), ME, NOW)
    assert store.deliveries.history(begun.id) == (NOW, 1), "the first try stays"


@pytest.mark.parametrize("end", ["failed", "deferred", "unsent", "unknown"])
def test_an_end_counts_only_from_who_owns_the_attempt(store, end):
    begun = begin(store)
    told = {
        "failed": ("550", NOW),
        "deferred": ("450", LATER, NOW),
        "unsent": (NOW,),
        "unknown": ("cut",),
    }[end]
    say = getattr(store.deliveries, end)
    assert not say(begun, OTHER, *told), "another owner"
    store.deliveries.recover(Lease(ME, LEASE))
    assert not say(begun, ME, *told), "in doubt by now"
    store.deliveries.resend(begun.id, NOW)
    newer = next(each for each in claim(store, ME, 9) if each.id == begun.id)
    assert not say(begun, ME, *told), "claimed anew by the same owner"
    assert sending(store, newer, ME, NOW)
    assert not say(begun, ME, *told), "a newer attempt of the same owner"
    assert state(store, begun.id) == "sending"


def test_the_stories_of_a_failure_may_reach_the_person_another_way(store, room, mailroom):
    one = begin(store)
    store.deliveries.failed(one, ME, "550 no", NOW)
    with mailroom.database() as database:
        database.execute("DELETE FROM edition_story")
    edition, _ = plan_edition(room, room.bulletin(BULLETIN), "2026-03-13T06:30", NOW)
    assert store.editions.counts(edition.id) == {"pending": 1}


# Late owners


def test_a_late_owner_turns_unknown_into_sent(store):
    begun = begin(store)
    store.deliveries.recover(Lease(ME, LEASE))
    assert state(store, begun.id) == "unknown"
    assert sent(store, begun, "250 ok", NOW)
    assert state(store, begun.id) == "sent"


def test_a_late_owner_spares_the_second_copy_until_it_has_begun(store):
    begun = begin(store)
    store.deliveries.recover(Lease(ME, LEASE))
    store.deliveries.resend(begun.id, NOW)
    second = next(each for each in claim(store, OTHER, PEOPLE) if each.id == begun.id)
    assert sent(store, begun, "250 ok", NOW), "claimed, but nothing of it has been sent"
    assert sending(store, second, OTHER, NOW) is None


def test_a_late_owner_is_not_heard_once_a_newer_attempt_has_begun(store):
    begun = begin(store)
    store.deliveries.recover(Lease(ME, LEASE))
    store.deliveries.resend(begun.id, NOW)
    second = next(each for each in claim(store, OTHER, PEOPLE) if each.id == begun.id)
    second = sending(store, second, OTHER, NOW)
    assert not sent(store, begun, "250 ok", NOW)
    assert state(store, begun.id) == "sending"
    assert sent(store, second, "250 ok", NOW)


@pytest.mark.parametrize("decision", [DeliveryState.SENT, DeliveryState.FAILED])
def test_a_late_owner_does_not_overrule_an_operator(store, decision):
    begun = begin(store)
    store.deliveries.recover(Lease(ME, LEASE))
    store.deliveries.resolve(begun.id, decision, "an operator said so", NOW)
    assert not sent(store, begun, "250 ok", NOW)
    assert store.deliveries.get(begun.id).reply == "an operator said so"


# Leases


def test_the_heartbeat_moves_everything_that_one_owner_holds(store):
    begin(store)
    claim(store, ME, 2)
    claim(store, OTHER, 1)
    assert store.deliveries.renew(ME, LATER) == 3
    assert set(store.deliveries.leases()) == {Lease(ME, LATER), Lease(OTHER, LEASE)}


def test_release_gives_back_what_has_not_begun(store):
    begun = begin(store)
    claim(store, ME, 2)
    (theirs,) = claim(store, OTHER, 1)
    assert store.deliveries.release(ME) == 2
    assert state(store, begun.id) == "sending"
    assert state(store, theirs.id) == "claimed"
    assert len(claim(store, ME, 9)) == PEOPLE - 2


def test_recovery_takes_back_claims_and_doubts_what_had_begun(store):
    begun = begin(store)
    claim(store, ME, 2)
    claim(store, OTHER, 1)
    assert store.deliveries.recover(Lease(ME, LEASE)) == (2, [begun.id])
    record = store.deliveries.get(begun.id)
    assert record.state is DeliveryState.UNKNOWN
    assert record.reply.startswith("in doubt")
    assert store.deliveries.leases() == [Lease(OTHER, LEASE)]
    assert store.deliveries.in_doubt() == [begun.id]


def test_recovery_leaves_alone_who_has_renewed_meanwhile(store):
    begun = begin(store)
    store.deliveries.renew(ME, LATER)
    assert store.deliveries.recover(Lease(ME, LEASE)) == (0, [])
    assert state(store, begun.id) == "sending"


def test_two_who_recover_the_same_lease_do_it_once(mailroom):
    with mailroom.open() as one, mailroom.open() as other:
        begin(one.store)
        claim(one.store, ME, 2)
        first = one.store.deliveries.recover(Lease(ME, LEASE))
        second = other.store.deliveries.recover(Lease(ME, LEASE))
    assert first == (2, [1])
    assert second == (0, [])


def test_what_is_settled_is_held_by_nobody(store):
    assert sent(store, begin(store))
    for end in ("failed", "deferred", "unsent", "unknown"):
        begun = begin(store)
        told = {
            "failed": (begun, ME, "550", NOW),
            "deferred": (begun, ME, "450", LATER, NOW),
            "unsent": (begun, ME, LATER),
            "unknown": (begun, ME, "cut"),
        }[end]
        assert getattr(store.deliveries, end)(*told)
    assert store.deliveries.leases() == []


# Doubts and decisions


def doubt(store: Store) -> int:
    begun = begin(store)
    assert store.deliveries.unknown(begun, ME, "the connection was cut")
    return begun.id


def test_a_doubt_is_sent_again_under_the_same_message_id(store):
    number = doubt(store)
    before = store.deliveries.get(number)
    assert store.deliveries.resend(number, NOW)
    again = next(each for each in claim(store, limit=9) if each.id == number)
    assert again.message_id == before.message_id
    assert again.attempts == 1


@pytest.mark.parametrize(("decision", "left"), [(DeliveryState.SENT, 2), (DeliveryState.FAILED, 0)])
def test_an_operator_decides_a_doubt(store, mailroom, decision, left):
    number = doubt(store)
    assert store.deliveries.resolve(number, decision, "an operator said so", LATER)
    record = store.deliveries.get(number)
    assert (record.state, record.reply, record.settled_at) == (decision, "an operator said so", LATER)
    assert items(mailroom, number) == left


def test_only_doubts_are_decided(store):
    begun = begin(store)
    assert not store.deliveries.resend(begun.id, NOW)
    assert not store.deliveries.resolve(begun.id, DeliveryState.SENT, "so", NOW)
    sent(store, begun, "250", NOW)
    assert not store.deliveries.resend(begun.id, NOW)
    assert not store.deliveries.resolve(begun.id, DeliveryState.FAILED, "so", NOW)


def test_an_edition_with_a_doubt_is_not_over(store):
    number = doubt(store)
    for one in claim(store, limit=9):
        sent(store, sending(store, one, ME, NOW), "250", NOW)
    assert store.editions.settle(NOW) == []
    store.deliveries.resolve(number, DeliveryState.SENT, "so", NOW)
    assert store.editions.settle(NOW) == [1]
    assert store.editions.get(1).state is EditionState.SENT


# What operators see


def test_deliveries_are_listed_by_state_and_number(store):
    number = doubt(store)
    assert [record.id for record in store.deliveries.list(DeliveryState.UNKNOWN, -1)] == [number]
    assert [record.id for record in store.deliveries.list(None, 3)] == [1, 2, 3]
    assert store.deliveries.counts() == {"pending": PEOPLE - 1, "unknown": 1}


def test_what_does_not_exist_is_said_so(store):
    with pytest.raises(NotFoundError, match="no delivery 99"):
        store.deliveries.get(99)
    with pytest.raises(NotFoundError):
        store.deliveries.history(99)


def test_the_next_due_is_the_earliest_pending(store):
    for index, one in enumerate(claim(store, limit=9)):
        store.deliveries.unsent(one, ME, LATER + dt.timedelta(minutes=index))
    assert store.deliveries.next_due() == LATER
