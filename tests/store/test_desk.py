"""What the sender's desk makes of outcomes, dead senders, set clocks and editions that cannot go out."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from pressfeed.delivery.desk import Job
from pressfeed.delivery.transport import Outcome, Result
from pressfeed.domain import EditionState, Status
from pressfeed.errors import BusyError
from pressfeed.publish import deliver as module
from pressfeed.publish.deliver import StoreDesk
from pressfeed.publish.incoming import receive
from pressfeed.publish.leaving import Leaving, leave
from pressfeed.tokens import Keyring, Scope
from tests.acceptance.inbox import CORPUS
from tests.acceptance.mailroom import BULLETIN, NOW, Mailroom, make

PEOPLE = 8
LEASE = 60.0
MAIL = {
    "transport": "maildir:outbox",
    "retry_first": "5m",
    "retry_factor": 2.0,
    "retry_max": "1h",
    "give_up_after": "3d",
}


class Clocks:
    """A wall clock that can be set, and one that only runs."""

    def __init__(self) -> None:
        self.wall = NOW
        self.ticks = 1000.0

    def run(self, seconds: float) -> None:
        self.wall += dt.timedelta(seconds=seconds)
        self.ticks += seconds

    def step(self, **by: float) -> None:
        self.wall += dt.timedelta(**by)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def mailroom(tmp_path: Path) -> Mailroom:
    return make(tmp_path / "room", PEOPLE, languages=("en", "fr"), **MAIL)


@pytest.fixture
def desks(mailroom: Mailroom, clocks: Clocks) -> Iterator[list[StoreDesk]]:
    """Two desks of different senders, by the same clocks."""
    opened = [
        StoreDesk(mailroom.root, {}, lambda: clocks.wall, lambda: clocks.ticks, owner=owner)
        for owner in ("one", "other")
    ]
    for each in opened:
        each.open()
    yield opened
    for each in opened:
        each.close()


@pytest.fixture
def desk(desks: list[StoreDesk]) -> StoreDesk:
    return desks[0]


@pytest.fixture
def other(desks: list[StoreDesk]) -> StoreDesk:
    return desks[1]


def settle(desk: StoreDesk, job: Job, result: Result, *details: object, begun: bool = True) -> None:
    if begun:
        assert desk.commit([job], []) == [True]
    desk.commit([], [(job, Outcome(result, *details))])  # type: ignore[arg-type]


def told(mailroom: Mailroom, job: Job) -> dict[str, object]:
    with mailroom.database() as database:
        cursor = database.execute("SELECT * FROM delivery WHERE id = ?", (job.id,))
        return dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))


def waits(mailroom: Mailroom, job: Job, clocks: Clocks) -> float:
    """Minutes until a delivery's next try."""
    next_try = dt.datetime.fromisoformat(str(told(mailroom, job)["next_try"]))
    return (next_try - clocks.wall).total_seconds() / 60


# Outcomes


def test_sent_keeps_the_servers_words(desk, mailroom):
    (job,) = desk.claim(1)
    settle(desk, job, Result.SENT, 250, "2.0.0", "2.0.0 queued as 4F2", "content")
    row = told(mailroom, job)
    assert (row["state"], row["reply"], row["attempts"]) == ("sent", "250 2.0.0 queued as 4F2", 1)


def test_failed_says_where(desk, mailroom):
    (job,) = desk.claim(1)
    settle(desk, job, Result.FAILED, 550, "5.1.1", "no such user", "rcpt", begun=False)
    row = told(mailroom, job)
    assert (row["state"], row["reply"]) == ("failed", "550 5.1.1 no such user (rcpt)")


def test_waits_grow_from_the_first_to_the_longest(desk, mailroom, clocks):
    for shortest in (5, 10, 20, 40, 60, 60):
        (job,) = [job for job in desk.claim(PEOPLE) if job.id == 1]
        settle(desk, job, Result.DEFERRED, 450, "4.2.1", "later", "rcpt", begun=False)
        desk.release()
        assert shortest <= waits(mailroom, job, clocks) <= shortest * 1.25
        clocks.run(80 * 60)


def test_a_wait_after_the_content_is_as_long_as_one_before_it(desk, mailroom, clocks):
    before, after = desk.claim(2)
    settle(desk, before, Result.DEFERRED, 450, "", "later", "rcpt", begun=False)
    settle(desk, after, Result.DEFERRED, 451, "", "later", "content")
    for job in (before, after):
        assert 5 <= waits(mailroom, job, clocks) <= 6.25
        assert told(mailroom, job)["attempts"] == 1


def test_after_three_days_of_no_it_gives_up_and_says_so(desk, mailroom, clocks):
    (job,) = desk.claim(1)
    settle(desk, job, Result.DEFERRED, 450, "", "later", "rcpt", begun=False)
    clocks.run(3 * 86400)
    job = next(each for each in desk.claim(PEOPLE) if each.id == job.id)
    settle(desk, job, Result.DEFERRED, 450, "", "still later", "rcpt", begun=False)
    assert told(mailroom, job)["state"] == "pending"
    desk.release()
    clocks.run(2 * 3600)
    job = next(each for each in desk.claim(PEOPLE) if each.id == job.id)
    settle(desk, job, Result.DEFERRED, 450, "", "much later", "rcpt", begun=False)
    row = told(mailroom, job)
    assert row["state"] == "failed"
    assert row["reply"] == "gave up after 3 days; last answer: 450 much later (rcpt)"


@pytest.mark.parametrize(
    "outcome",
    [
        (0, "", "cannot be reached", "connect"),
        (421, "4.3.2", "closing", "mail"),
        (421, "4.3.2", "closing", "rcpt"),
        (421, "", "shutting down", "ehlo"),
        (454, "4.7.0", "TLS not available", "starttls"),
    ],
)
def test_a_server_that_is_away_touches_no_recipient(desk, mailroom, clocks, outcome):
    (job,) = desk.claim(1)
    clocks.run(1)
    settle(desk, job, Result.UNSENT, *outcome, begun=False)
    row = told(mailroom, job)
    assert (row["state"], row["attempts"], row["first_try"], row["reply"]) == ("pending", 0, None, "")
    assert waits(mailroom, job, clocks) <= 0
    assert desk.claim(1)[0].id != job.id, "others come first"


@pytest.mark.parametrize(
    ("outcome", "begun"),
    [
        ((0, "", "the server closed the connection", "rcpt"), False),
        ((0, "", "the server closed the connection", "content"), True),
        ((421, "4.7.0", "too many", "content"), True),
    ],
)
def test_a_message_that_the_connection_broke_on_waits_its_turn(desk, mailroom, clocks, outcome, begun):
    (job,) = desk.claim(1)
    settle(desk, job, Result.UNSENT, *outcome, begun=begun)
    row = told(mailroom, job)
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert str(row["reply"]).endswith(f"({outcome[3]})")
    assert waits(mailroom, job, clocks) >= 5


def test_a_doubt_is_sent_again_after_a_while(desk, mailroom, clocks):
    (job,) = desk.claim(1)
    settle(desk, job, Result.UNKNOWN, 0, "", "the connection was cut", "content")
    row = told(mailroom, job)
    assert (row["state"], row["reply"]) == ("pending", "the connection was cut (content)")
    assert 5 <= waits(mailroom, job, clocks) <= 6.25


def test_a_doubt_that_never_ends_is_left_to_an_operator(desk, mailroom, clocks):
    (job,) = desk.claim(1)
    settle(desk, job, Result.UNKNOWN, 0, "", "cut", "content")
    clocks.run(4 * 86400)
    job = next(each for each in desk.claim(PEOPLE) if each.id == job.id)
    settle(desk, job, Result.UNKNOWN, 0, "", "cut", "content")
    assert told(mailroom, job)["state"] == "unknown"
    assert desk.outlook().in_doubt == 1


def test_with_hold_a_doubt_waits_for_an_operator(mailroom, clocks):
    mailroom.configure(**MAIL, in_doubt="hold")
    desk = StoreDesk(mailroom.root, {}, lambda: clocks.wall, lambda: clocks.ticks)
    desk.open()
    (job,) = desk.claim(1)
    settle(desk, job, Result.UNKNOWN, 0, "", "cut", "content")
    assert told(mailroom, job)["state"] == "unknown"
    assert desk.outlook().in_doubt == 1
    desk.close()


def test_a_refusal_of_everybody_pauses_the_edition_and_costs_nobody_anything(desk, mailroom, caplog):
    first, second = desk.claim(2)
    settle(desk, first, Result.REFUSED_ALL, 535, "5.7.8", "authentication failed", "auth", begun=False)
    assert desk.commit([second], []) == [False]
    desk.commit([], [(second, Outcome(Result.DROPPED))])
    with mailroom.open() as room:
        edition = room.store.editions.get(1)
    assert edition.state is EditionState.PAUSED
    assert edition.reason == "every mail is refused: 535 5.7.8 authentication failed (auth)"
    assert mailroom.counts() == {"pending": PEOPLE}
    assert told(mailroom, first)["attempts"] == 0
    assert desk.claim(9) == []
    assert desk.outlook().paused == 1
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        f"edition.paused edition=1 reason={edition.reason}"
    ]


def test_several_who_meet_the_refusal_pause_once(desk, mailroom, caplog):
    for job in desk.claim(3):
        settle(desk, job, Result.REFUSED_ALL, 552, "5.3.4", "too big", "content", begun=False)
    assert len(caplog.records) == 1


def test_a_server_in_doubt_brings_back_nobody_who_left_or_complained(desk, mailroom, clocks, monkeypatch):
    monkeypatch.setattr(module, "CROWD", 6)
    jobs = desk.claim(6)
    assert desk.commit(jobs, []) == [True] * 6

    def leaves(job: Job, *, everything: bool) -> None:
        with mailroom.open() as room:
            person = room.store.subscribers.get(f"reader{job.id - 1}@news.example.org")
            leave(room.store, Leaving(person, BULLETIN, 0), clocks.wall, everything=everything)

    leaves(jobs[0], everything=True)  # while its copy is on the wire
    for job in jobs[:5]:
        desk.commit([], [(job, Outcome(Result.FAILED, 550, "5.1.1", "no such user", "rcpt"))])
    leaves(jobs[1], everything=True)
    leaves(jobs[2], everything=False)
    with mailroom.open() as room:
        token = Keyring(room.store.secret).token(Scope.UNSUBSCRIBE, jobs[3].id, BULLETIN, epoch=0)
        raw = (CORPUS / "arf-abuse.eml").read_bytes().replace(b"%%UNSUBSCRIBE%%", token.encode())
        assert receive(room.store, room.config.incoming, raw, "test", clocks.wall).action == "complained"
    desk.commit([], [(jobs[5], Outcome(Result.FAILED, 550, "5.1.1", "no such user", "rcpt"))])
    with mailroom.open() as room:
        statuses = {person.id: person.status.value for person in room.store.subscribers.all()}
        barred = {n for n in statuses if room.store.subscribers.suppressed(f"reader{n - 1}@news.example.org")}
    assert statuses == {
        1: "unsubscribed", 2: "unsubscribed", 3: "unsubscribed", 4: "complained", 5: "active", 6: "active",
        7: "active", 8: "active",
    }  # fmt: skip
    assert barred == {1, 2, 3, 4}


def test_logs_name_deliveries_and_no_addresses(desk, other, mailroom, clocks, caplog):
    caplog.set_level("INFO")
    one, two, three = desk.claim(3)
    settle(desk, one, Result.FAILED, 550, "", "no reader0@news.example.org here", "rcpt", begun=False)
    desk.commit([two, three], [])
    other.recover()
    clocks.run(LEASE + 1)
    other.recover()
    assert "delivery=2" in caplog.text
    assert "@news.example.org" not in caplog.text


# What cannot go out as it stands


def withdraw(mailroom: Mailroom, *stories: str) -> None:
    with mailroom.open() as room, room.store.transaction():
        for story in stories:
            for number, _ in room.store.releases.of_story(story):
                withdrawn = replace(room.store.releases.get(number), status=Status.WITHDRAWN)
                room.store.releases.save(withdrawn, now=NOW, reason="withdrawn")


def test_a_withdrawn_release_is_told_to_nobody_else(desk, mailroom):
    withdraw(mailroom, "story-0")
    jobs = desk.claim(PEOPLE) + desk.claim(PEOPLE)
    assert len(jobs) == PEOPLE
    for job in jobs:
        text = message_from_bytes(job.compose().message, policy=policy.default).get_body(["plain"])
        assert "/release-1/" in text.get_content()
        assert "/release-0/" not in text.get_content()


def test_an_edition_whose_releases_are_all_withdrawn_is_called_off(desk, mailroom):
    withdraw(mailroom, "story-0", "story-1")
    assert desk.claim(PEOPLE) == []
    assert mailroom.counts() == {"cancelled": PEOPLE}
    with mailroom.database() as database:
        assert database.execute("SELECT count(*) FROM item").fetchone() == (0,)


def test_a_bulletin_that_is_gone_pauses_its_editions(mailroom, clocks):
    (mailroom.root / "schedules" / "global.toml").write_text(
        'time_zone = "UTC"\n[name]\nen = "World"\nfr = "Monde"\nes = "Mundo"\nar = "العالم"\n', "utf-8"
    )
    desk = StoreDesk(mailroom.root, {}, lambda: clocks.wall, lambda: clocks.ticks)
    desk.open()
    assert desk.claim(PEOPLE) == []
    assert desk.outlook().paused == 1
    assert mailroom.counts() == {"pending": PEOPLE}
    desk.close()


def test_a_template_that_breaks_pauses_the_edition_with_its_reason(desk, mailroom, monkeypatch):
    def broken(*_):
        raise ValueError("the template has no end")

    monkeypatch.setattr(desk._composer, "variant", broken)
    assert desk.claim(PEOPLE) == []
    with mailroom.open() as room:
        assert room.store.editions.get(1).reason == "the mail cannot be rendered: the template has no end"
    assert mailroom.counts() == {"pending": PEOPLE}


def test_only_a_patient_claim_renders(desk, mailroom):
    with pytest.raises(BusyError):
        desk.claim(2, patient=False)
    assert len(desk.claim(2)) == 2, "a variant each"
    with pytest.raises(BusyError):
        desk.claim(1, patient=False)  # there may be more of them
    assert len(desk.claim(1)) == 1, "which needed nothing"
    assert len(desk.claim(2, patient=False)) == 2
    desk._letters.clear()
    assert desk.claim(2, patient=False) == []
    assert mailroom.counts() == {"claimed": 5, "pending": 3}, "given back"
    assert len(desk.claim(PEOPLE)) == 3


def test_a_claim_in_a_hurry_waits_for_no_other_writer(desk, mailroom):
    first, second = desk.claim(1), desk.claim(1)
    assert len(desk.claim(2)) == 2
    with mailroom.database() as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError):
            desk.claim(1, patient=False)
        database.execute("ROLLBACK")
    assert len(desk.claim(1, patient=False)) == 1
    assert mailroom.counts() == {"claimed": 5, "pending": 3}
    assert first[0].id != second[0].id


def test_messages_are_composed_in_another_thread_whatever_the_desk_has_forgotten(desk, monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED", 1)
    jobs = desk.claim(PEOPLE)
    composed = []
    thread = threading.Thread(target=lambda: composed.extend(job.compose() for job in jobs))
    thread.start()
    thread.join()
    assert len({message.recipient for message in composed}) == PEOPLE


def test_rendering_that_takes_long_leaves_the_rest_for_later(desk, clocks, monkeypatch):
    render = desk._composer.variant

    def slowly(*arguments):
        clocks.run(2)
        return render(*arguments)

    monkeypatch.setattr(desk._composer, "variant", slowly)
    first = desk.claim(PEOPLE)
    second = desk.claim(PEOPLE)
    assert (len(first), len(second)) == (PEOPLE / 2, PEOPLE / 2), "one language each"


# Dead senders, and clocks that are set


def hold(desk: StoreDesk) -> list[Job]:
    """A desk with one delivery on the wire and one claimed."""
    jobs = desk.claim(2)
    assert desk.commit(jobs[:1], []) == [True]
    return jobs


def live(desk: StoreDesk, other: StoreDesk, clocks: Clocks, seconds: float) -> int:
    """Time passes; one desk's sender lives, the other looks whether it does. What that recovered."""
    recovered = 0
    for _ in range(round(seconds / 5)):
        clocks.run(5)
        if clocks.ticks % 20 < 5:
            desk.renew()
        recovered += other.recover()
    return recovered


def test_a_dead_sender_is_recovered_after_its_lease(desk, other, clocks, mailroom):
    hold(desk)
    assert other.recover() == 0
    clocks.run(LEASE + 1)
    assert other.recover() == 2
    assert mailroom.counts() == {"pending": PEOPLE}


def test_a_sender_that_died_long_ago_is_recovered_at_once(desk, other, clocks):
    hold(desk)
    clocks.run(3 * 3600)
    assert other.recover() == 2


def test_a_living_sender_is_never_recovered(desk, other, clocks):
    hold(desk)
    assert live(desk, other, clocks, 600) == 0


@pytest.mark.parametrize("hours", [1, -1])
def test_a_step_of_the_clock_does_not_kill_a_living_sender(desk, other, clocks, hours):
    hold(desk)
    assert live(desk, other, clocks, 60) == 0
    clocks.step(hours=hours)
    assert other.recover() == 0
    assert live(desk, other, clocks, 300) == 0


@pytest.mark.parametrize("hours", [1, -1])
def test_a_step_of_the_clock_does_not_keep_a_dead_sender_alive(desk, other, clocks, hours, mailroom):
    hold(desk)
    clocks.step(hours=hours)
    recovered = 0
    for _ in range(round(LEASE / 5) + 1):
        recovered += other.recover()
        clocks.run(5)
    assert recovered == 2
    clocks.step(hours=1)
    assert len(other.claim(PEOPLE)) == PEOPLE


@pytest.mark.parametrize("hours", [1, -1])
def test_deliveries_on_the_wire_during_a_step_end_as_ever(desk, other, clocks, hours, mailroom):
    jobs = hold(desk)
    clocks.step(hours=hours)
    assert other.recover() == 0
    assert desk.commit(jobs[1:], []) == [True], "what was claimed may begin"
    for job in jobs:
        desk.commit([], [(job, Outcome(Result.SENT, 250, "", "ok", "content"))])
        assert told(mailroom, job)["state"] == "sent"
    assert {job.id for job in other.claim(PEOPLE)} & {job.id for job in jobs} == set()


def test_one_does_not_recover_oneself(desk, clocks):
    hold(desk)
    clocks.run(10 * LEASE)
    assert desk.recover() == 0


def test_doubts_of_the_dead_are_held_where_the_policy_says_so(mailroom, clocks):
    mailroom.configure(**MAIL, in_doubt="hold")
    one, other = (
        StoreDesk(mailroom.root, {}, lambda: clocks.wall, lambda: clocks.ticks, owner=owner)
        for owner in ("one", "other")
    )
    one.open()
    other.open()
    hold(one)
    other.recover()
    clocks.run(LEASE + 1)
    assert other.recover() == 2
    assert mailroom.counts() == {"pending": PEOPLE - 1, "unknown": 1}
    one.close()
    other.close()


# Power loss


def test_sending_is_on_disk_before_anything_else_happens(desk, mailroom):
    """The statements of the commit that lets a content go: FULL before it begins, and nothing after it."""
    (job,) = desk.claim(1)
    said: list[str] = []
    raw = desk._store._connection.db.conn
    raw.set_trace_callback(said.append)
    assert desk.commit([job], []) == [True]
    raw.set_trace_callback(None)
    begin, commit = said.index("BEGIN IMMEDIATE"), said.index("COMMIT")
    assert said.index("PRAGMA synchronous = FULL") < begin
    assert any(f"[[{job.id}, 0, " in statement for statement in said[begin:commit])
    assert said[commit + 1 :] == []
    with mailroom.database() as elsewhere:
        assert elsewhere.execute("SELECT state FROM delivery WHERE id = ?", (job.id,)).fetchone() == (
            "sending",
        )
