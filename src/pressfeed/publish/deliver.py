"""Send what is due: the sender's desk over the store, and the use case that runs it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import random
import secrets
import signal
import socket
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pressfeed.delivery.desk import Desk, Job, Outlook
from pressfeed.delivery.sender import GRACE, Sender, Tally
from pressfeed.delivery.transport import Outcome, Result, Transport
from pressfeed.domain import Bulletin, Edition, EditionKind, EditionState, Subscriber, SubscriberStatus
from pressfeed.errors import BusyError, PressfeedError
from pressfeed.message import Template
from pressfeed.publish import revision
from pressfeed.publish.incoming import Action, rejected
from pressfeed.publish.mail import Composer
from pressfeed.publish.room import Newsroom
from pressfeed.store.connection import hurry
from pressfeed.store.deliveries import Claim, Lease

log = logging.getLogger("pressfeed.delivery")

Clock = Callable[[], dt.datetime]

CLOCK_STEP = dt.timedelta(hours=2)
"""A clock that is set forward must not make a living sender look dead: see ``StoreDesk.recover``."""

RENDERING = 1.0  # seconds that one claim may spend on rendering: others wait for the desk meanwhile
STORE_GRACE = GRACE + 0.5  # seconds that a stopping process waits for others who hold the store
CROWD = 10  # unknown recipients of an edition: with more of them than accepted ones, the server is in doubt
REMEMBERED = 256  # rendered variants kept in memory; one is about 100 KB

_TRANSACTION = frozenset({"mail", "rcpt", "data"})


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered variant, and what must still be true when a copy of it leaves."""

    edition: Edition
    bulletin: Bulletin
    template: Template
    since: dt.datetime | None  # when the last of it became public
    embargo: dt.datetime | None  # only for the accredited, until then


@dataclass(slots=True, eq=False)
class _Claimed(Job):
    claim: Claim
    letter: Letter


class StoreDesk:
    """What the sender does to the store, over a connection of its own.

    ``clock`` tells the wall time, for the ledger and for what other processes read; whether another sender is
    alive is judged by a clock that cannot be set. ``owner`` is by default a name that nobody else has.
    """

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        owner: str = "",
    ) -> None:
        self._root = root
        self._environ = environ
        self._clock = clock
        self._monotonic = monotonic
        self._owner = owner or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._seen: dict[Lease, float] = {}
        self._accepted: Counter[int] = Counter()  # by edition, as long as we live
        self._refused: dict[int, list[Subscriber]] = {}  # who counts as dead by it, as they were before
        self._believed: set[int] = set()
        self._letters: OrderedDict[int, Letter] = OrderedDict()  # by variant
        self._rendering = True  # whether there was something to render lately, or may be

    def open(self) -> None:
        self._room = Newsroom.open(self._root, self._environ, any_thread=True)
        self._store = self._room.store
        self._store.audit.actor = "worker"
        self._mail = self._room.config.mail
        self._composer = Composer(self._room)
        self._stamp = self._room.stamp()

    def close(self) -> None:
        self._store.close()

    def due(self) -> int:
        return self._store.deliveries.due(self._clock())

    def claim(self, limit: int, *, patient: bool = True) -> list[Job]:
        """Take due deliveries; what cannot be sent as it stands goes back, its edition paused or changed.

        Only a patient claim renders. Others say that they are busy from when they met something to render
        until a patient one has found nothing more of the kind.
        """
        if patient:
            return self._claim(limit, RENDERING)
        if self._rendering:
            raise BusyError("there may be something to render")
        with self._store.transaction(patient=False):
            return self._claim(limit, 0.0)

    def _claim(self, limit: int, rendering: float) -> list[Job]:
        """Take due deliveries, and render for at most so many seconds what they need."""
        now, deadline = self._clock(), self._monotonic() + rendering
        self._rendering = False
        claims = self._allowed(
            self._store.deliveries.claim(self._owner, limit, now, now + self._mail.lease), now
        )
        letters: dict[int, Letter | None] = {}
        jobs: list[Job] = []
        returned: list[Claim] = []
        for claim in claims:
            if claim.variant not in letters:
                late = self._monotonic() >= deadline
                letters[claim.variant] = self._letter(claim, now, render=not late)
            letter = letters[claim.variant]
            if letter is None:
                returned.append(claim)
                continue
            compose = partial(self._composer.outgoing, letter.template, letter.edition, claim)
            job = _Claimed(
                claim.id, claim.edition, compose, signed=self._composer.signs, claim=claim, letter=letter
            )
            if self._may_go(job, now):
                jobs.append(job)
            else:
                self._not_ahead(claim, letter, now)
        if returned:
            with self._store.transaction():
                for claim in returned:
                    self._store.deliveries.unsent(claim, self._owner, now)
        return jobs

    def _allowed(self, claims: Sequence[Claim], now: dt.datetime) -> list[Claim]:
        """Those whose address is not suppressed, however it came back into the list."""
        barred = self._store.subscribers.barred([claim.address for claim in claims])
        if barred:
            with self._store.transaction():
                for claim in claims:
                    holder = self._store.subscribers.holder(claim.subscriber)
                    if claim.address not in barred or holder is None:
                        continue
                    if holder[0].address == claim.address:
                        self._store.subscribers.stop(holder[0], barred[claim.address], now)
                    else:  # moved since the claim: it goes to the new address
                        self._store.deliveries.unsent(claim, self._owner, now)
        return [claim for claim in claims if claim.address not in barred]

    def commit(
        self, begin: Sequence[Job], settle: Sequence[tuple[Job, Outcome]], *, patient: bool = True
    ) -> list[bool]:
        now = self._clock()
        sent: list[tuple[Claim, str]] = []
        with self._store.transaction(durable=True, patient=patient):
            for job, outcome in settle:
                if outcome.result is Result.SENT:
                    sent.append((_claimed(job).claim, _words(outcome)))
                    self._accepted[job.edition] += 1
                else:
                    self._settle(_claimed(job).claim, outcome, now)
            # One statement each, however many: every statement is a struggle for the interpreter's lock.
            self._store.deliveries.sent(sent, now)
            going = [_claimed(job) for job in begin if self._may_go(_claimed(job), now)]
            begun = self._store.deliveries.sending([job.claim for job in going], self._owner, now)
        on_record = set()
        for own, claim in zip(going, begun, strict=True):
            if claim is not None:
                own.claim = claim
                on_record.add(own)
        return [job in on_record for job in begin]

    def renew(self) -> None:
        self._store.deliveries.renew(self._owner, self._clock() + self._mail.lease)

    def release(self) -> int:
        return self._store.deliveries.release(self._owner)

    def recover(self) -> int:
        """Take back what dead senders held, and follow the policy for what is in doubt.

        A living sender moves its lease on every third of its length. A lease is dead when it has run out and
        has not moved for half its length while we watched; or has not moved for its whole length, whatever it
        says; or ran out so long ago that no set clock explains it.
        """
        now, watched = self._clock(), self._monotonic()
        length = self._mail.lease.total_seconds()
        leases = [lease for lease in self._store.deliveries.leases() if lease.owner != self._owner]
        self._seen = {lease: self._seen.get(lease, watched) for lease in leases}
        recovered = 0
        for lease, since in self._seen.items():
            still = watched - since
            late = now - lease.until
            expired = late > dt.timedelta(0) and still >= length / 2
            if not (expired or still >= length or late > CLOCK_STEP + self._mail.lease):
                continue
            with self._store.transaction(durable=True):
                claimed, doubtful = self._store.deliveries.recover(lease)
                for delivery in doubtful:
                    log.warning("delivery.in-doubt delivery=%d owner=%s", delivery, lease.owner)
                    if self._mail.in_doubt == "resend":
                        self._store.deliveries.resend(delivery, now)
            recovered += claimed + len(doubtful)
        return recovered

    def outlook(self) -> Outlook:
        """What is left; editions that have nothing left are closed on the way."""
        self._store.editions.settle(self._clock())
        due = self._store.deliveries.next_due()
        return Outlook(
            held=bool(self._store.deliveries.leases()),
            next_due=None if due is None else (due - self._clock()).total_seconds(),
            in_doubt=len(self._store.deliveries.in_doubt()),
            paused=len(self._store.editions.in_state(EditionState.PAUSED)),
        )

    def _letter(self, claim: Claim, now: dt.datetime, *, render: bool) -> Letter | None:
        """The claim's rendered variant; None where it cannot be sent as it stands, or may not be rendered."""
        edition = self._store.editions.get(claim.edition)
        _, variant = self._store.editions.variant(claim.variant)
        found = revision.fit(self._room, edition.kind, variant, now)
        if found.variant != variant or found.wait is not None:
            # Withdrawn, corrected, or under embargo again, since it was planned.
            with self._store.transaction():
                revision.settle(self._room, edition, claim.variant, now)
            return None
        known = self._letters.get(claim.variant)
        if known is None or known.embargo != found.embargo:
            self._rendering = True
            if not render:
                return None
            self._reread()
            bulletin = self._room.regions.bulletin(edition.bulletin)
            if bulletin is None:
                self._pause(claim.edition, f"{edition.bulletin} is no longer in schedules/")
                return None
            try:
                template = self._composer.variant(edition, bulletin, claim.variant, found.embargo)
            except (PressfeedError, ValueError) as error:
                self._pause(claim.edition, f"the mail cannot be rendered: {error}")
                return None
            self._letters[claim.variant] = known = Letter(edition, bulletin, template, None, found.embargo)
            if len(self._letters) > REMEMBERED:
                self._letters.popitem(last=False)
        self._letters.move_to_end(claim.variant)
        return replace(known, since=found.since)

    def _may_go(self, job: _Claimed, now: dt.datetime) -> bool:
        """Whether a message may leave now, whatever time and operators have done since its claim."""
        letter = job.letter
        if letter.since is not None and letter.since > now:
            return False
        return letter.embargo is None or revision.may_read_ahead(
            self._room, letter.bulletin, job.claim.subscriber, now
        )

    def _not_ahead(self, claim: Claim, letter: Letter, now: dt.datetime) -> None:
        """Somebody may not read ahead: an advance copy is called off, a notice waits for the end."""
        with self._store.transaction():
            if letter.edition.kind is EditionKind.ADVANCE:
                self._store.deliveries.call_off(claim, "called off: no longer accredited", now)
            else:
                self._store.deliveries.unsent(claim, self._owner, letter.embargo or now)

    def _reread(self) -> None:
        """Take up schedules that were changed while we run; broken ones leave the old ones in force."""
        try:
            stamp = self._room.stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._room = self._room.reread()
                self._composer = Composer(self._room)
        except (PressfeedError, OSError) as error:
            log.warning("schedules.broken %s", error)  # the scheduler tells the operators

    def _pause(self, edition_id: int, reason: str) -> None:
        edition = self._store.editions.get(edition_id)
        if self._store.editions.set_state(
            edition, EditionState.PAUSED, expected=EditionState.PLANNED, now=self._clock(), reason=reason
        ):
            log.error("edition.paused edition=%d reason=%s", edition_id, reason)

    def _settle(self, claim: Claim, outcome: Outcome, now: dt.datetime) -> None:
        """Record any end but the happy one."""
        deliveries = self._store.deliveries
        reply = _words(outcome)
        match outcome.result:
            case Result.FAILED:
                self._failed(claim, outcome, reply, now)
            case Result.DEFERRED:
                self._defer(claim, outcome, reply, now)
            case Result.UNSENT if _concerns_the_message(outcome):
                self._defer(claim, outcome, reply, now)
            case Result.UNSENT:
                deliveries.unsent(claim, self._owner, now)
            case Result.UNKNOWN:
                deliveries.unknown(claim, self._owner, reply)
                if self._mail.in_doubt == "resend" and not self._given_up(claim, now):
                    deliveries.resend(claim.id, now + self._backoff(claim.attempts - 1))
            case Result.REFUSED_ALL:
                deliveries.unsent(claim, self._owner, now)
                who = "the mail cannot be composed" if outcome.stage == "compose" else "every mail is refused"
                self._pause(claim.edition, f"{who}: {reply}")
            case Result.DROPPED:
                deliveries.dropped(claim, self._owner, now)

    def _failed(self, claim: Claim, outcome: Outcome, reply: str, now: dt.datetime) -> None:
        """It will never arrive; what the server says of the address counts like a bounce."""
        if not self._store.deliveries.failed(claim, self._owner, reply, now) or not outcome.code:
            return
        holder = self._store.subscribers.holder(claim.subscriber)
        action = rejected(
            self._store,
            self._room.config.incoming,
            subscriber=claim.subscriber,
            delivery=claim.id,
            code=outcome.code,
            status=outcome.status,
            text=outcome.text,
            now=now,
        )
        if action is Action.BOUNCED and holder is not None:
            self._refused.setdefault(claim.edition, []).append(holder[0])
            self._doubt(claim.edition, now)

    def _doubt(self, edition: int, now: dt.datetime) -> None:
        """A server that knows hardly anybody is the wrong server: nobody is dead by its word.

        Who complained meanwhile stays away, and so does who left, before or since. An operator who resumes
        the edition says that it is the right server.
        """
        refused = self._refused[edition]
        if len(refused) < CROWD or len(refused) <= self._accepted[edition]:
            return
        if edition not in self._believed:
            self._believed.add(edition)
            self._pause(
                edition,
                f"{len(refused)} recipients are refused as unknown, and {self._accepted[edition]} accepted:"
                " is this the right mail server? None of them counts as dead yet",
            )
        elif self._store.editions.get(edition).state is EditionState.PAUSED:
            refused = refused[-1:]  # it was under way when the edition paused
        else:
            return
        people = self._store.subscribers
        for before in refused:
            holder = people.holder(before.id)
            if holder is None or holder[0].status is not SubscriberStatus.BOUNCED:
                continue
            person = holder[0]
            people.resume(person, now)
            if before.status is SubscriberStatus.UNSUBSCRIBED or not person.bulletins:
                people.stop(person, SubscriberStatus.UNSUBSCRIBED, now)

    def _defer(self, claim: Claim, outcome: Outcome, reply: str, now: dt.datetime) -> None:
        if self._given_up(claim, now):
            days = self._mail.give_up_after / dt.timedelta(days=1)
            reply = f"gave up after {days:g} days; last answer: {reply}"
            self._failed(claim, outcome, reply, now)
        else:
            next_try = now + self._backoff(claim.attempts - claim.begun)
            self._store.deliveries.deferred(claim, self._owner, reply, next_try, now)

    def _given_up(self, claim: Claim, now: dt.datetime) -> bool:
        first, _ = self._store.deliveries.history(claim.id)
        return first is not None and now - first > self._mail.give_up_after

    def _backoff(self, before: int) -> dt.timedelta:
        """How long to wait after an attempt that so many came before: exponential, and a little by chance."""
        try:
            wait = min(self._mail.retry_first * self._mail.retry_factor**before, self._mail.retry_max)
        except OverflowError:
            wait = self._mail.retry_max
        return wait * random.uniform(1.0, 1.0 + self._mail.retry_jitter)  # noqa: S311 (spreads load, hides nothing)


def _claimed(job: Job) -> _Claimed:
    assert isinstance(job, _Claimed)  # the desk gets back the jobs that it gave out
    return job


def _concerns_the_message(outcome: Outcome) -> bool:
    """Whether a connection broke on this very message: others get their turn before it is tried again.

    A server that says 421 before the content closes the connection for reasons of its own; after it, 421 is
    an answer to the message.
    """
    return outcome.stage == "content" or (outcome.stage in _TRANSACTION and outcome.code != 421)


def _words(outcome: Outcome) -> str:
    """The server's words as the ledger keeps them: ``250 2.0.0 queued as 4F2``."""
    code = str(outcome.code) if outcome.code else ""
    status = outcome.status if outcome.status and outcome.status not in outcome.text else ""
    words = " ".join(part for part in (code, status, outcome.text) if part)
    return words if outcome.result is Result.SENT or not outcome.stage else f"{words} ({outcome.stage})"


def send_due(
    root: Path,
    environ: Mapping[str, str],
    transport: Transport,
    *,
    lease: float,
    tally: Tally,
    forever: bool = False,
    patience: float = 120.0,
    clock: Clock = utc_now,
) -> Tally:
    """Recover what died, send what is due, until nothing is (or for ever); ``tally`` is updated meanwhile.

    SIGTERM and SIGINT end it within 10 seconds: what is on the wire is finished, the rest given back.
    ``lease`` and ``patience`` are in seconds. Raises StoreError.
    """
    desk: Desk = StoreDesk(root, environ, clock)
    sender = Sender(desk, transport, lease, patience, tally)

    async def run() -> Tally:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def end() -> None:
            hurry(STORE_GRACE)
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
        return await sender.run(forever=forever, stop=stop)

    return asyncio.run(run())
