"""The sender between a desk and a transport that a test plays."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from pressfeed.delivery import sender as module
from pressfeed.delivery.desk import Job, Outlook
from pressfeed.delivery.sender import Sender, Tally
from pressfeed.delivery.transport import BeforeContent, Outcome, Outgoing, Result
from pressfeed.errors import BusyError, InputError, StoreError

NOTHING = Outlook(held=False, next_due=None, in_doubt=0, paused=0)
SENT = Outcome(Result.SENT, 250, "2.0.0", "ok", "content")


@dataclass
class FakeDesk:
    """Deliveries in memory; notes what is done to it, in order, and in which thread."""

    pending: list[int] = field(default_factory=list)
    left: Outlook = NOTHING
    log: list[tuple[object, ...]] = field(default_factory=list)
    threads: dict[str, set[int]] = field(default_factory=dict)  # by method
    claimed: set[int] = field(default_factory=set)
    sending: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)  # may not begin
    settled: dict[int, Outcome] = field(default_factory=dict)
    compose: Callable[[int], Outgoing] = lambda number: Outgoing(
        number, "a@b.example", f"{number}@c.example", b""
    )
    edition: Callable[[int], int] = lambda number: 1
    recovering: list[int] = field(default_factory=list)
    trouble: Callable[[str], None] = lambda method: None
    commits: int = 0
    rendering: bool = True  # the next claim takes its time
    busy: int = 0  # so many commits in a hurry find another writer in their way

    def _called(self, method: str, *details: object) -> None:
        self.threads.setdefault(method, set()).add(threading.get_ident())
        self.log.append((method, *details))
        self.trouble(method)

    def open(self) -> None:
        self._called("open")

    def close(self) -> None:
        self._called("close")

    def due(self) -> int:
        self._called("due")
        return len(self.pending)

    def claim(self, limit: int, *, patient: bool) -> list[Job]:
        if self.rendering and not patient:
            raise BusyError("there may be something to render")
        self.rendering = False
        self._called("claim", limit)
        taken, self.pending = self.pending[:limit], self.pending[limit:]
        self.claimed.update(taken)
        return [
            Job(number, self.edition(number), lambda number=number: self.compose(number)) for number in taken
        ]

    def commit(
        self, begin: Sequence[Job], settle: Sequence[tuple[Job, Outcome]], *, patient: bool
    ) -> list[bool]:
        if self.busy and not patient:
            self.busy -= 1
            raise BusyError("another process writes")
        self._called(
            "commit", [job.id for job in begin], [(job.id, outcome.result) for job, outcome in settle]
        )
        self.commits += 1
        for job, outcome in settle:
            self.sending.discard(job.id)
            self.claimed.discard(job.id)
            self.settled[job.id] = outcome
        allowed = [job.id in self.claimed and job.id not in self.refused for job in begin]
        for job, may in zip(begin, allowed, strict=True):
            if may:
                self.claimed.discard(job.id)
                self.sending.add(job.id)
        return allowed

    def renew(self) -> None:
        self._called("renew")

    def recover(self) -> int:
        self._called("recover")
        return self.recovering.pop() if self.recovering else 0

    def release(self) -> int:
        self._called("release")
        number = len(self.claimed)
        self.pending += sorted(self.claimed)
        self.claimed.clear()
        return number

    def outlook(self) -> Outlook:
        self._called("outlook")
        return self.left

    def count(self, method: str) -> int:
        return sum(entry[0] == method for entry in self.log)


async def accept(outgoing: Outgoing, before_content: BeforeContent) -> Outcome:
    """What a good server does."""
    if not await before_content():
        return Outcome(Result.DROPPED)
    await asyncio.sleep(0)
    return SENT


async def at_once() -> None:
    """A connection that is always ready."""


@dataclass
class FakeTransport:
    """``deliver`` and ``ready`` are the server's behaviour."""

    behaviour: Callable[[Outgoing, BeforeContent], Awaitable[Outcome]] = accept
    when_ready: Callable[[], Awaitable[None]] = at_once
    connections: int = 3
    problem: str = ""
    retry_in: float = 0.0
    made: int = 0
    closed: int = 0
    busy: int = 0
    busiest: int = 0

    async def connect(self) -> FakeTransport:
        self.made += 1
        return self

    async def ready(self) -> None:
        await self.when_ready()

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, following: Outgoing | None = None
    ) -> Outcome:
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            return await self.behaviour(outgoing, before_content)
        finally:
            self.busy -= 1

    async def close(self) -> None:
        self.closed += 1


def run(
    desk: FakeDesk,
    transport: FakeTransport,
    *,
    forever: bool = False,
    lease: float = 60.0,
    patience: float = 60.0,
    stop_when: Callable[[], bool] | None = None,
) -> Tally:
    """Run a sender to its end; ``stop_when`` is looked at every millisecond and stands for SIGTERM."""

    async def main() -> Tally:
        stop = asyncio.Event()

        async def watch() -> None:
            while stop_when is not None and not stop_when():
                await asyncio.sleep(0.001)
            if stop_when is not None:
                stop.set()

        watcher = asyncio.create_task(watch())
        try:
            return await Sender(desk, transport, lease, patience).run(forever=forever, stop=stop)
        finally:
            watcher.cancel()

    return asyncio.run(asyncio.wait_for(main(), 30))


def test_everything_due_is_sent_and_the_run_ends():
    desk, transport = FakeDesk(list(range(500))), FakeTransport()
    tally = run(desk, transport)
    assert (tally.due, tally.sent, tally.finished) == (500, 500, True)
    assert {outcome.result for outcome in desk.settled.values()} == {Result.SENT}
    assert len(desk.settled) == 500
    assert not desk.sending
    assert transport.busiest == 3
    assert transport.closed == transport.made + 1, "each connection and the transport itself"


def test_what_takes_long_at_the_desk_is_not_done_in_the_loops_thread():
    desk = FakeDesk(list(range(50)))
    run(desk, FakeTransport())
    brief = ("commit", "claim")
    slow = set().union(*(threads for method, threads in desk.threads.items() if method not in brief))
    assert len(slow) == 1
    assert slow < desk.threads["claim"], "whatever must be rendered for it"
    assert threading.get_ident() not in slow
    assert desk.log[0] == ("open",)
    assert desk.log[-1] == ("close",)


def test_a_claim_of_a_moment_is_made_in_the_loop_and_does_not_wait_for_the_thread():
    desk = FakeDesk(list(range(500)))
    tally = run(desk, FakeTransport())
    assert tally.sent == 500
    assert threading.get_ident() in desk.threads["claim"]
    assert len(desk.threads["claim"]) == 2, "the first one takes its time"


def test_sending_is_on_record_before_the_content_and_one_message_per_connection_is_in_doubt():
    desk = FakeDesk(list(range(300)))
    transport = FakeTransport()
    most = 0

    async def deliver(outgoing, before_content):
        nonlocal most
        assert outgoing.id not in desk.sending
        assert await before_content()
        assert outgoing.id in desk.sending
        most = max(most, len(desk.sending))
        await asyncio.sleep(0)
        return SENT

    transport.behaviour = deliver
    run(desk, transport)
    assert most == transport.connections


def test_what_is_refused_before_its_content_is_settled_whether_or_not_it_began():
    """The answer to the envelope may come before or after the commit that puts the attempt on record."""

    async def deliver(outgoing, before_content):
        for _ in range(outgoing.id % 7):
            await asyncio.sleep(0.001)
        return Outcome(Result.DEFERRED, 450, "", "later", "rcpt")

    desk = FakeDesk(list(range(70)))
    tally = run(desk, FakeTransport(deliver))
    assert (tally.deferred, len(desk.settled)) == (70, 70)
    assert not desk.sending


def test_an_end_and_the_next_beginning_share_a_commit():
    desk = FakeDesk(list(range(90)))
    run(desk, FakeTransport())
    assert desk.commits <= 90 + 2, "not one for the beginning and one for the end"


def test_a_single_message_waits_for_a_single_connection():
    dialled = 0

    async def ready():
        nonlocal dialled
        dialled += 1

    run(FakeDesk([1]), FakeTransport(when_ready=ready))
    assert dialled == 1, "a connection is wanted only where there is a message for it"


@pytest.mark.parametrize("result", [Result.DEFERRED, Result.FAILED, Result.UNKNOWN, Result.UNSENT])
def test_what_the_transport_says_is_settled_and_counted(result):
    async def deliver(outgoing, before_content):
        await before_content()
        return Outcome(result, 450, "4.2.1", "later", "content")

    desk = FakeDesk([1, 2])
    tally = run(desk, FakeTransport(deliver))
    assert [outcome.result for outcome in desk.settled.values()] == [result] * 2
    counted = {
        Result.DEFERRED: tally.deferred,
        Result.FAILED: tally.failed,
        Result.UNKNOWN: tally.unknown,
        Result.UNSENT: tally.returned,
    }
    assert counted[result] == 2
    assert tally.sent == 0


def test_a_hopeless_address_fails_and_the_others_go_out():
    def compose(number):
        if number == 2:
            raise InputError("not an address")
        return Outgoing(number, "a@b.example", "c@d.example", b"")

    desk = FakeDesk([1, 2, 3], compose=compose)
    tally = run(desk, FakeTransport())
    assert desk.settled[2] == Outcome(Result.FAILED, text="not an address.", stage="compose")
    assert (tally.sent, tally.failed) == (2, 1)


def test_an_edition_whose_mail_cannot_be_composed_is_not_tried_on():
    def compose(number):
        raise ValueError("not a URI")

    desk = FakeDesk(list(range(40)), compose=compose)
    tally = run(desk, FakeTransport(connections=1))
    refused = [number for number, outcome in desk.settled.items() if outcome.result is Result.REFUSED_ALL]
    assert 1 <= len(refused) <= 4
    assert tally.returned == 40


def test_a_refusal_of_everybody_gives_the_rest_of_the_edition_back_and_spares_the_others():
    async def deliver(outgoing, before_content):
        if outgoing.id % 2:
            return Outcome(Result.REFUSED_ALL, 535, "5.7.8", "no", "auth")
        return await accept(outgoing, before_content)

    desk = FakeDesk(list(range(100)), edition=lambda number: number % 2)
    transport = FakeTransport(deliver)
    tally = run(desk, transport)
    assert tally.sent == 50
    odd = [outcome for number, outcome in desk.settled.items() if number % 2]
    assert len(odd) == 50
    met = [outcome for outcome in odd if outcome.result is Result.REFUSED_ALL]
    assert len(met) <= 2 * transport.connections + 1, "in hand or composed already"
    assert {outcome.result for outcome in odd} == {Result.REFUSED_ALL, Result.UNSENT}


def test_what_may_not_begin_is_dropped():
    desk = FakeDesk([1, 2, 3], refused={2})
    tally = run(desk, FakeTransport(connections=1))
    assert desk.settled[2].result is Result.DROPPED
    assert tally.sent >= 1


def test_stop_finishes_what_is_on_the_wire_and_gives_the_rest_back():
    async def deliver(outgoing, before_content):
        await before_content()
        await asyncio.sleep(0.05)
        return SENT

    desk = FakeDesk(list(range(400)))
    transport = FakeTransport(deliver)
    tally = run(desk, transport, forever=True, stop_when=lambda: len(desk.sending) == 3)
    assert tally.sent == 3
    assert not desk.sending
    assert sorted([*desk.settled, *desk.pending]) == list(range(400))


def test_stop_does_not_wait_for_a_server_that_stalls(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.05)

    async def deliver(outgoing, before_content):
        await before_content()
        await asyncio.Event().wait()

    desk = FakeDesk(list(range(9)))
    tally = run(desk, FakeTransport(deliver), forever=True, stop_when=lambda: len(desk.sending) == 3)
    assert {outcome.result for outcome in desk.settled.values()} == {Result.UNKNOWN}
    assert tally.unknown == len(desk.settled) == 3
    assert len(desk.pending) == 6


def test_stop_before_the_content_leaves_no_doubt(monkeypatch):
    monkeypatch.setattr(module, "GRACE", 0.05)

    async def deliver(outgoing, before_content):
        await asyncio.Event().wait()

    desk = FakeDesk(list(range(9)))
    transport = FakeTransport(deliver)
    run(desk, transport, forever=True, stop_when=lambda: transport.busy == 3)
    assert {outcome.result for outcome in desk.settled.values()} == {Result.UNSENT}
    assert not desk.sending
    assert sorted([*desk.settled, *desk.pending]) == list(range(9))


def test_stop_in_an_outage_is_immediate_and_touches_nobody():
    async def never():
        await asyncio.Event().wait()

    desk = FakeDesk(list(range(9)))
    transport = FakeTransport(when_ready=never, problem="no route")
    started = time.monotonic()
    run(desk, transport, forever=True, stop_when=lambda: desk.count("claim") > 0)
    assert time.monotonic() - started < module.GRACE, "nothing is on the wire, nothing to wait for"
    assert desk.settled == {}
    assert sorted(desk.pending) == list(range(9))


def test_an_outage_is_waited_out_for_as_long_as_patience_lasts(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)

    async def never():
        await asyncio.Event().wait()

    desk = FakeDesk([1, 2], left=Outlook(held=False, next_due=0.0, in_doubt=0, paused=0))
    tally = run(desk, FakeTransport(when_ready=never, problem="connection refused"), patience=0.05)
    assert tally.problem == "connection refused"
    assert not tally.finished
    assert desk.pending == [1, 2]


def test_an_outage_with_a_full_queue_ends_by_patience_too(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)

    async def never():
        await asyncio.Event().wait()

    desk = FakeDesk(list(range(1000)))
    run(desk, FakeTransport(when_ready=never, problem="connection refused"), patience=0.05)
    assert sorted(desk.pending) == list(range(1000))


def test_progress_renews_patience(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)

    async def slowly(outgoing, before_content):
        await asyncio.sleep(0.05)
        return await accept(outgoing, before_content)

    desk = FakeDesk(list(range(12)))
    tally = run(desk, FakeTransport(slowly, connections=1, problem="one connection is down"), patience=0.3)
    assert tally.sent == 12


def test_leases_of_others_are_waited_for(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)
    desk = FakeDesk([], left=Outlook(held=True, next_due=None, in_doubt=0, paused=0))

    def trouble(method):
        if method == "recover" and desk.count("recover") == 5:
            desk.pending.append(7)
            desk.recovering.append(1)
            desk.left = NOTHING

    desk.trouble = trouble
    tally = run(desk, FakeTransport())
    assert (tally.recovered, tally.sent) == (1, 1)


def test_a_sender_that_waits_does_not_spin(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.05)

    async def stall(outgoing, before_content):
        await before_content()
        await asyncio.sleep(0.5)
        return SENT

    desk = FakeDesk([1])
    run(desk, FakeTransport(stall))
    assert desk.count("claim") <= 15
    assert desk.count("outlook") <= 5


def test_what_waits_for_a_later_try_ends_the_run_unfinished():
    desk = FakeDesk([1], left=Outlook(held=False, next_due=300.0, in_doubt=0, paused=0))
    tally = run(desk, FakeTransport())
    assert tally.sent == 1
    assert not tally.finished


@pytest.mark.parametrize(
    "left",
    [
        Outlook(held=False, next_due=None, in_doubt=1, paused=0),
        Outlook(held=False, next_due=None, in_doubt=0, paused=1),
    ],
)
def test_what_waits_for_a_decision_ends_the_run_unfinished(left):
    assert not run(FakeDesk([], left=left), FakeTransport()).finished


def test_for_ever_goes_on_after_the_last_delivery(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)
    desk = FakeDesk([1])

    def trouble(method):
        if method == "outlook" and desk.count("outlook") == 3:
            desk.pending.append(2)

    desk.trouble = trouble
    tally = run(desk, FakeTransport(), forever=True, stop_when=lambda: 2 in desk.settled)
    assert tally.sent == 2


def test_the_lease_is_renewed_thrice_in_its_length():
    async def slow(outgoing, before_content):
        await before_content()
        await asyncio.sleep(0.3)
        return SENT

    desk = FakeDesk([1])
    run(desk, FakeTransport(slow), lease=0.15)
    assert desk.count("renew") >= 3


# The store fails


def failing(method: str, times: int = 1_000_000, after: int = 0) -> tuple[Callable[[str], None], list[int]]:
    """Trouble that lets some calls of a method pass, then fails so many."""
    calls = [0]

    def trouble(called: str) -> None:
        if called == method:
            calls[0] += 1
            if after < calls[0] <= after + times:
                raise StoreError(f"{method} fails")

    return trouble, calls


def test_what_the_dead_held_is_looked_for_also_while_there_is_plenty_to_do(monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.001)

    async def deliver(outgoing, before_content):
        while desk.count("recover") < 5:
            await asyncio.sleep(0.001)
        return await accept(outgoing, before_content)

    desk = FakeDesk([*range(100)])
    assert run(desk, FakeTransport(deliver)).sent == 100


@pytest.mark.parametrize("method", ["due", "claim", "recover", "commit", "outlook", "release"])
def test_a_store_that_fails_is_told_and_everything_is_closed(method):
    desk, transport = FakeDesk(list(range(30))), FakeTransport()
    desk.trouble, _ = failing(method)
    with pytest.raises(StoreError, match=f"{method} fails"):
        run(desk, transport)
    assert transport.closed == transport.made + 1
    assert desk.log[-1] == ("close",)


def test_a_heartbeat_that_fails_ends_the_run():
    desk = FakeDesk([], left=Outlook(held=True, next_due=None, in_doubt=0, paused=0))
    desk.trouble, _ = failing("renew")
    with pytest.raises(StoreError, match="renew fails"):
        run(desk, FakeTransport(), lease=0.03)


def test_a_store_that_cannot_be_opened_leaves_nothing_running():
    desk, transport = FakeDesk([1]), FakeTransport()
    desk.trouble, _ = failing("open")
    with pytest.raises(StoreError, match="open fails"):
        run(desk, transport)
    assert transport.made == 0


def test_ends_that_could_not_be_recorded_are_recorded_when_the_store_is_back():
    """The commit that was to record what the server took fails once: what it took must not be forgotten."""
    desk = FakeDesk(list(range(20)))
    desk.trouble, _ = failing("commit", times=1, after=3)
    taken = []

    async def deliver(outgoing, before_content):
        assert await before_content()
        taken.append(outgoing.id)
        return SENT

    with pytest.raises(StoreError, match="commit fails"):
        run(desk, FakeTransport(deliver))
    assert sorted(desk.settled) == sorted(taken)
    assert not desk.sending
    assert sorted([*desk.settled, *desk.pending]) == list(range(20))


def test_a_bug_in_the_desk_ends_the_run_at_once():
    desk = FakeDesk(list(range(20)))

    def trouble(method):
        if method == "commit":
            raise RuntimeError("a bug")

    desk.trouble = trouble
    with pytest.raises(RuntimeError, match="a bug"):
        run(desk, FakeTransport())


def test_a_locked_store_holds_the_sending_up_and_loses_nothing():
    desk = FakeDesk(list(range(30)))

    def trouble(method):
        if method == "commit" and desk.commits == 2:
            time.sleep(0.3)

    desk.trouble = trouble
    assert run(desk, FakeTransport()).sent == 30


def test_other_writers_are_waited_for_in_a_thread_and_the_order_stays():
    desk = FakeDesk(list(range(60)), busy=1_000_000)
    assert run(desk, FakeTransport()).sent == 60
    assert threading.get_ident() not in desk.threads["commit"]
    desk = FakeDesk(list(range(60)), busy=7)
    assert run(desk, FakeTransport()).sent == 60
    assert threading.get_ident() in desk.threads["commit"], "once nobody is in the way, it is done at once"
    for each in (entry for entry in desk.log if entry[0] == "commit"):
        begun, settled = each[1], [number for number, _ in each[2]]  # type: ignore[attr-defined]
        assert not set(begun) & set(settled), "nothing ends before it began"


def test_being_cancelled_winds_down_like_being_stopped():
    desk = FakeDesk(list(range(50)))

    async def main():
        async def deliver(outgoing, before_content):
            await before_content()
            await asyncio.sleep(0.05)
            return SENT

        task = asyncio.create_task(
            Sender(desk, FakeTransport(deliver), 60.0).run(forever=True, stop=asyncio.Event())
        )
        while len(desk.sending) < 3:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not desk.sending
    assert sorted([*desk.settled, *desk.pending]) == list(range(50))
