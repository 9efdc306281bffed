"""Bulletins by hand: what would go out now, an edition outside the schedule, a test to oneself."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import replace

from pressfeed import digest, plan
from pressfeed.delivery.transport import Outcome, Transport
from pressfeed.domain import Bulletin, Kind, Release
from pressfeed.errors import InputError
from pressfeed.message import Recipient
from pressfeed.publish.editions import select
from pressfeed.publish.mail import Composer
from pressfeed.publish.room import Newsroom
from pressfeed.site import addresses


def preview(
    room: Newsroom, bulletin: Bulletin, language: str | None, slot: str, now: dt.datetime
) -> tuple[digest.Digest | None, plan.Selection]:
    """What a subscriber who has had nothing yet would get now; None where there is nothing to send.

    ``language`` is that subscriber's; None = the bulletin's first. Nothing is planned or stored.
    """
    selection = select(room, bulletin, now)
    releases = upcoming(room, bulletin, language, selection)
    if not releases:
        return None, selection
    rendered = Composer(room).render(
        bulletin,
        slot,
        language or bulletin.languages[0],
        releases,
        more=selection.waiting,
        ahead=bulletin.kind is Kind.ADVANCE,
    )
    return rendered, selection


def send_test(
    room: Newsroom,
    bulletin: Bulletin,
    recipients: Sequence[str],
    language: str | None,
    transport: Transport,
    now: dt.datetime,
) -> list[tuple[str, Outcome]]:
    """Send what the bulletin would say now, marked as a test, to these addresses; nothing is recorded.

    Where there is nothing new, the newest public releases stand in. The links of a test are the newsroom's
    pages: there is no subscription to change. Raises InputError where the region has no public release.
    """
    interface = language or bulletin.languages[0]
    if interface not in bulletin.languages:
        raise InputError(f"{bulletin.key} does not come in {interface}", remedy=", ".join(bulletin.languages))
    composer = Composer(room)
    ahead = bulletin.kind is Kind.ADVANCE
    selection = select(room, bulletin, now)
    releases = upcoming(room, bulletin, language, selection) or newest(room, bulletin, interface, now)
    if not releases:
        raise InputError(f"there is no public release in {bulletin.region} yet", remedy="Publish one")
    slot = now.astimezone(bulletin.zone).replace(tzinfo=None).isoformat(timespec="minutes")
    words = composer.texts(interface)
    rendered = composer.render(
        bulletin, slot, interface, releases, notices=(words("mail.test_notice"),), ahead=ahead
    )
    subject = words("mail.test_subject", subject=rendered.subject)
    rendered = replace(rendered, subject=subject)
    embargoes = [release.embargo_until for release in releases if ahead and release.embargo_until]
    template = composer.template(bulletin, rendered, now, "test", max(embargoes, default=None))
    page = composer.url(addresses.region(bulletin.region, interface))

    async def deliver() -> list[tuple[str, Outcome]]:
        connection = await transport.connect()
        outcomes = []
        try:
            for address in recipients:
                message_id = f"<test.{secrets.token_hex(12)}@{composer.domain}>"
                recipient = Recipient(
                    name="",
                    address=address,
                    message_id=message_id,
                    return_path=composer.bounce_address,
                    unsubscribe_url=page,
                    preferences_url=page,
                    advance_url=page,
                )
                outgoing = composer.write(template, now, recipient)
                outcomes.append((address, await connection.deliver(outgoing, _always)))
        finally:
            await connection.close()
            await transport.close()
        return outcomes

    return asyncio.run(deliver())


async def _always() -> bool:
    return True


def upcoming(
    room: Newsroom, bulletin: Bulletin, language: str | None, selection: plan.Selection
) -> list[Release]:
    """What a selection tells somebody who has had nothing yet."""
    planner = plan.Planner(selection.stories, bulletin.languages)
    decision = planner.decide((language,) if language else (), frozenset())
    if decision is None:
        return []
    return [room.store.releases.get_version(*told) for told in decision.variant.releases]


def newest(room: Newsroom, bulletin: Bulletin, language: str, now: dt.datetime) -> list[Release]:
    """The newest public releases of a bulletin's region in a language, told or not; at most its maximum."""
    inside = set(room.regions.within(bulletin.region))
    stubs = [
        stub
        for stub in room.store.releases.stubs(now)
        if stub.language == language and inside.intersection(stub.regions)
    ]
    found = room.store.releases.many([stub.id for stub in stubs[: bulletin.maximum]])
    return [release for release in found if release.is_public(now)]
