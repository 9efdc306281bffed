"""SMTP connections that dial when needed, rotate, keep to a pace, and leave a failing server alone."""

from __future__ import annotations

import asyncio
import logging
import re
import time

from pressfeed.delivery.breaker import Breaker, Pace
from pressfeed.delivery.classify import DIALLING
from pressfeed.delivery.dialling import Refused, dial, tls_context
from pressfeed.delivery.limits import Limits
from pressfeed.delivery.smtp import Session
from pressfeed.delivery.transport import BeforeContent, Outcome, Outgoing, Result
from pressfeed.delivery.url import SmtpSettings

ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
log = logging.getLogger(__name__)


class SmtpTransport:
    """A way to one SMTP server for several connections in one event loop.

    A failed dial, or a fresh connection that fails with its first message, opens the breaker: nobody dials
    until its time has passed, then one connection tries for all. Connections that are up go on working
    meanwhile. A refusal of everybody (a wrong password, say) is remembered in the same way, so that it is not
    tried once per connection.
    """

    def __init__(self, settings: SmtpSettings, limits: Limits) -> None:
        """Nothing is dialled yet. Raises ConfigError when the certificate file cannot be read."""
        self.settings = settings
        self.limits = limits
        self._context = tls_context(settings)
        self._breaker = Breaker(limits.breaker_first, limits.breaker_longest)
        self._pace = Pace(limits.rate)
        self._one_at_a_time = asyncio.Lock()
        self._proven = False  # a dial has succeeded since the last failure: several may dial at once
        self._up = 0
        self._spare: list[Session] = []
        self._scout: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def connections(self) -> int:
        """How many connections may work at the same time."""
        return self.limits.connections

    @property
    def problem(self) -> str:
        """What the last attempt to connect failed with; "" after a success."""
        verdict = self._breaker.verdict
        return (
            " ".join(filter(None, [str(verdict.code or ""), verdict.status, verdict.text])) if verdict else ""
        )

    @property
    def retry_in(self) -> float:
        """Seconds until the server is dialled again; 0 = now."""
        return self._breaker.pause(time.monotonic())

    async def connect(self) -> SmtpConnection:
        """A connection that dials by itself when it is first used, and again when it must."""
        return SmtpConnection(self)

    async def ready(self) -> None:
        """Return when a connection is up or there is a refusal to report; waits an outage out.

        May be cancelled at any time: the dialling goes on and serves the next caller.
        """
        self._spare[:] = [session for session in self._spare if not session.unusable]
        if self._up or self._spare or self.refuses_all:
            return
        if self._scout is None or self._scout.done():
            self._scout = asyncio.create_task(self._find())
        await asyncio.shield(self._scout)

    async def _find(self) -> None:
        while not self._up and not self._spare and not self.refuses_all:
            try:
                self._spare.append(await self.patient_dial())
            except Refused as refused:
                log.debug("still no connection: %s", refused)

    async def close(self) -> None:
        """Say goodbye on whatever is still open and wait for the goodbyes under way."""
        if self._scout is not None:
            self._scout.cancel()
            await asyncio.gather(self._scout, return_exceptions=True)
        while self._spare:
            self.farewell(self._spare.pop())
        if self._farewells:
            await asyncio.gather(*self._farewells, return_exceptions=True)
        await asyncio.sleep(0)  # lets the event loop close the sockets

    # ------------------------------------------------------------------------------------ for SmtpConnection

    @property
    def refuses_all(self) -> bool:
        """Whether the server lately refused everybody, so that dialling again would not help now."""
        verdict = self.standing_verdict
        return verdict is not None and verdict.result is Result.REFUSED_ALL

    @property
    def standing_verdict(self) -> Outcome | None:
        """What dialling would be answered now without being tried; None = it would be tried."""
        return self._breaker.verdict if self.retry_in > 0 else None

    async def pace(self) -> None:
        """Wait until the rate limit allows another message."""
        seconds = self._pace.take(time.monotonic())
        if seconds:
            await asyncio.sleep(seconds)

    async def dial(self) -> Session:
        """A new session, or one that is to spare. Raises Refused, at once while the breaker is open."""
        while self._spare:
            session = self._spare.pop()
            if not session.unusable:
                return session
        if not self._proven:
            async with self._one_at_a_time:
                if not self._proven:
                    return await self._dial()
        return await self._dial()

    async def patient_dial(self) -> Session:
        """``dial``, having waited for the breaker. Raises Refused when the attempt then made fails."""
        while (pause := self.retry_in) and not self._spare and not self.refuses_all:
            await asyncio.sleep(pause)
        return await self.dial()

    async def _dial(self) -> Session:
        verdict = self.standing_verdict
        if verdict is not None:
            raise Refused(verdict)
        try:
            line = await dial(self.settings, self._context, self.limits.timeouts)
        except Refused as refused:
            self.failed(refused.outcome)
            raise
        if self._breaker.suspicious:
            log.info("connected to %s again", self.settings.host)
        self._breaker.succeeded()
        self._proven = True
        return Session(line, self.limits.timeouts)

    def failed(self, outcome: Outcome) -> None:
        """A fresh connection failed, or never came about: leave the server alone for a while."""
        self._proven = False
        # Others will be told the same, and it is logged: whoever it was said about stays out of it.
        result = Result.REFUSED_ALL if outcome.result is Result.REFUSED_ALL else Result.UNSENT
        # Nor do they meet it where it was met: what ended this one's RCPT is no word about their recipients.
        stage = outcome.stage if outcome.stage in DIALLING else "connect"
        outcome = outcome._replace(result=result, text=ADDRESS.sub("<…>", outcome.text), stage=stage)
        self._breaker.failed(outcome, time.monotonic())
        log.warning(
            "no connection to %s: %s; next try in %.0f s", self.settings.host, self.problem, self.retry_in
        )

    def up(self, change: int) -> None:
        """Keep count of the connections that have a session."""
        self._up += change

    def farewell(self, session: Session) -> None:
        """QUIT in the background: the next message need not wait for the server's goodbye."""
        task = asyncio.create_task(session.quit())
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


class SmtpConnection:
    """One sender's connection: at most one session at a time, replaced when worn out or lost."""

    def __init__(self, transport: SmtpTransport) -> None:
        self._transport = transport
        self._session: Session | None = None

    async def ready(self) -> None:
        """Return with a session up, or with a refusal that ``deliver`` will report; waits an outage out."""
        while self._current() is None and not self._transport.refuses_all:
            try:
                self._adopt(await self._transport.patient_dial())
            except Refused as refused:
                log.debug("still no connection: %s", refused)

    async def deliver(
        self, outgoing: Outgoing, before_content: BeforeContent, following: Outgoing | None = None
    ) -> Outcome:
        """Hand over one message; see ``Connection.deliver``.

        A session that turns out to be dead before the content has begun is replaced once, unseen: servers end
        idle and long sessions as they please, with or without a 421.
        """
        session = self._current()
        if session is None and (verdict := self._transport.standing_verdict):
            return verdict
        if self._transport.limits.rate:
            await self._transport.pace()
            session = self._current()
        if session is not None and session.messages:
            outcome = await self._on(session, outgoing, before_content, following)
            if outcome.result is not Result.UNSENT or session.content_begun:
                return outcome
        try:
            session = self._current() or self._adopt(await self._transport.dial())
        except Refused as refused:
            return refused.outcome
        return await self._on(session, outgoing, before_content, following)

    async def close(self) -> None:
        """Say goodbye; the transport's ``close`` waits for it."""
        if self._session is not None:
            self._let_go(self._session)

    async def _on(
        self,
        session: Session,
        outgoing: Outgoing,
        before_content: BeforeContent,
        following: Outgoing | None,
    ) -> Outcome:
        limits = self._transport.limits
        # What has to wait for its place, or for another session, cannot be announced on this one.
        if limits.rate or session.worn_out(limits, 1):
            following = None
        try:
            outcome = await session.deliver(outgoing, before_content, following)
        finally:
            if session.unusable:
                self._let_go(session)
        if outcome.result in (Result.UNSENT, Result.UNKNOWN):
            # On a session that has carried mail, an end before the content is everyday life; any other end
            # would repeat itself with every message as fast as we can dial.
            turned_away = outcome.code == 421 and session.content_begun
            if session.messages == 1 or turned_away:
                self._transport.failed(outcome)
        return outcome

    def _current(self) -> Session | None:
        """The session if it can carry another message; one that cannot is let go."""
        session = self._session
        if session is None:
            return None
        if session.unusable or (session.worn_out(self._transport.limits) and not session.promised):
            self._let_go(session)
            return None
        return session

    def _adopt(self, session: Session) -> Session:
        self._session = session
        self._transport.up(+1)
        return session

    def _let_go(self, session: Session) -> None:
        self._session = None
        self._transport.up(-1)
        if session.unusable:
            session.cut("not needed any more")
        else:
            self._transport.farewell(session)
