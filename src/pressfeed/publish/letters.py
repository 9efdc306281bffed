"""Letters: mails to single people about their subscription, sent from a queue of rows.

A row is taken by moving the moment at which it is due; a sender that dies leaves it due again. So none is
lost, and a copy sent in doubt has the same Message-ID. What it says stands in ``letter_writer``.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pressfeed.config import MailConfig
from pressfeed.delivery.opening import open_transport
from pressfeed.delivery.transport import Connection, Outcome, Outgoing, Result, Transport
from pressfeed.errors import ConfigError, InputError, PressfeedError, StoreError
from pressfeed.incoming.status import classify
from pressfeed.publish import signup, stoppable
from pressfeed.publish.letter_writer import NotWanted, Writer
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.store.letters import Letter, LetterState

log = logging.getLogger("pressfeed.letters")

LEASE = dt.timedelta(minutes=2)  # from taking a letter to the first byte of its content
CONTENT = dt.timedelta(minutes=20)  # the longest that a server may take over content and answer
GIVE_UP = dt.timedelta(days=1)  # nobody waits longer for a confirmation

PAUSE = 0.5  # seconds between two looks for new letters
RETRY = 5.0  # seconds before a store that failed is tried again
CLEANING = 3600.0  # seconds between two rounds of forgetting

INCIDENT = "letters"

Clock = Callable[[], dt.datetime]


def correspond(root: Path, environ: Mapping[str, str], clock: Clock, stopping: Callable[[], bool]) -> None:
    """Send letters as they are written, and forget what is too old, until ``stopping``.

    Whatever fails is tried again: the service has more to do than letters. Operators are told of letters
    that cannot be written, until they can or are given up.
    """
    cleaned = -CLEANING
    while not stopping():
        try:
            with Newsroom.open(root, environ) as room:
                stamp = room.stamp()
                while not stopping() and room.stamp() == stamp:
                    if time.monotonic() - cleaned >= CLEANING:
                        signup.expire(room.store, clock())
                        cleaned = time.monotonic()
                    try:
                        send_letters(room, partial(open_transport, room.config.mail, root), clock, stopping)
                    except ConfigError as error:
                        _report(room.store, f"No letter about a subscription leaves: {error}", clock())
                        raise
                    _report(room.store, _trouble(room.store), clock())
                    time.sleep(PAUSE)
        except (PressfeedError, OSError) as error:
            log.error("letters.failed %s", error)
            _rest(stopping)
        except Exception as error:  # noqa: BLE001 (a fault of ours must not end what else the service does)
            _tell_fault("letters.failed", error)
            _rest(stopping)


def _rest(stopping: Callable[[], bool]) -> None:
    for _ in range(round(RETRY / PAUSE)):
        if stopping():
            break
        time.sleep(PAUSE)


def _trouble(store: Store) -> str:
    broken = store.letters.broken()
    if not broken:
        return ""
    return (
        f"Letters about subscriptions cannot be written: {broken}. Why: pressfeed deliveries letters. "
        f"They are tried again for {GIVE_UP.days} day."
    )


def _report(store: Store, trouble: str, now: dt.datetime) -> None:
    if trouble:
        if store.incidents.open(INCIDENT, trouble, now):
            log.error("incident.opened key=%s %s", INCIDENT, trouble)
    elif store.incidents.close(INCIDENT, now):
        log.info("incident.closed key=%s", INCIDENT)


def send_letters(
    room: Newsroom,
    opening: Callable[[], Transport],
    clock: Clock,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send every letter that is due; how many were handed over. Raises StoreError and ConfigError."""
    if not room.store.letters.waiting(clock()):
        return 0
    return stoppable.run(_send(room, opening(), clock), stopping) or 0


async def _send(room: Newsroom, transport: Transport, clock: Clock) -> int:
    letters, owner, sent = room.store.letters, secrets.token_hex(8), 0
    writer = Writer(room)
    connection = await transport.connect()
    try:
        while letter := letters.claim(owner, clock(), clock() + LEASE):
            try:
                outgoing = writer.outgoing(letter, clock())
                outcome = await _deliver(room, connection, outgoing, letter, owner, clock)
            except (NotWanted, InputError) as reason:
                why = str(reason) if isinstance(reason, NotWanted) else "no mail can go to such an address"
                letters.settle(letter, owner, LetterState.CANCELLED, why, clock())
                log.info("letter.cancelled letter=%d %s", letter.id, why)
                continue
            except StoreError:
                raise  # not the letter's fault
            except Exception as error:  # noqa: BLE001 (one letter must not keep the others)
                _tell_fault(f"letter.broken letter={letter.id}", error)
                _put_off(room, letter, owner, _fault(error), clock(), broken=True)
                continue
            _settle(room, letter, owner, outcome, clock())
            sent += outcome.result is Result.SENT
            if outcome.result in (Result.UNSENT, Result.REFUSED_ALL):
                break  # the server, not the letter: the others would fare alike
    finally:
        await connection.close()
        await transport.close()
    return sent


async def _deliver(
    room: Newsroom, connection: Connection, outgoing: Outgoing, letter: Letter, owner: str, clock: Clock
) -> Outcome:
    async def begin() -> bool:
        return room.store.letters.begin(letter, owner, clock() + CONTENT)

    return await connection.deliver(outgoing, begin)


def _settle(room: Newsroom, letter: Letter, owner: str, outcome: Outcome, now: dt.datetime) -> None:
    letters = room.store.letters
    reply = " ".join(part for part in (str(outcome.code or ""), outcome.text) if part)
    if outcome.result is Result.SENT:
        letters.settle(letter, owner, LetterState.SENT, reply, now)
    elif outcome.result is Result.FAILED:
        letters.settle(letter, owner, LetterState.FAILED, reply, now)
        log.warning("letter.failed letter=%d code=%d stage=%s", letter.id, outcome.code, outcome.stage)
        if outcome.code:
            letters.bounced(letter.id, classify(outcome.status, outcome.code, outcome.text).value)
    elif outcome.result is not Result.DROPPED:
        _put_off(room, letter, owner, reply, now)


def _put_off(
    room: Newsroom, letter: Letter, owner: str, reply: str, now: dt.datetime, *, broken: bool = False
) -> None:
    """Try it again later, or give it up."""
    if now - letter.created_at > GIVE_UP:
        room.store.letters.settle(letter, owner, LetterState.FAILED, reply, now)
        log.warning("letter.failed letter=%d", letter.id)
    else:
        wait = backoff(now - letter.created_at, room.config.mail)
        room.store.letters.put_off(letter, owner, reply, now + wait, broken=broken)
        log.warning("letter.put-off letter=%d for=%ds", letter.id, wait.total_seconds())


def backoff(age: dt.timedelta, mail: MailConfig) -> dt.timedelta:
    """How long a letter of this age waits for its next try: exponential, as its age grows by the factor.

    So nothing has to count the tries, of which many end before a letter is begun. Pure.
    """
    return min(max(age * (mail.retry_factor - 1), mail.retry_first), mail.retry_max)


def _fault(error: Exception) -> str:
    """What an unexpected error was and where, without its words: these may have an address in them."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f" in {Path(last.tb_frame.f_code.co_filename).name}, line {last.tb_lineno}" if last else ""
    return f"cannot be written: {type(error).__name__}{place}"


def _tell_fault(event: str, error: Exception) -> None:
    log.error("%s %s", event, _fault(error))
    log.debug("%s", event, exc_info=error)
