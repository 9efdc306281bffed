"""Embargoes and advance copies: who may read ahead, and what happens when the moment or a clock moves."""

from __future__ import annotations

import asyncio
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import httpx
import pytest

from pressfeed import config as settings
from pressfeed import schedule
from pressfeed.delivery.transport import Outgoing
from pressfeed.domain import Notify, Status
from pressfeed.errors import InputError
from pressfeed.publish import advance, corrections, releases
from pressfeed.publish.builder import Builder
from pressfeed.publish.editions import go_on
from pressfeed.publish.releases import Edit
from pressfeed.tokens import Keyring, Links
from pressfeed.web.app import application
from tests.acceptance.clockwork import WORLD, Clockwork, utc

DAILY = '[[bulletins]]\nname = "daily"\ncron = "0 7 * * *"\n'
ALERT = '[[bulletins]]\nname = "alert"\nkind = "alert"\n'
ADVANCE = '[[bulletins]]\nname = "advance"\nkind = "advance"\n'
AFRICA = 'name = "Africa"\ntime_zone = "Africa/Dakar"\nparent = "global"\n'


@pytest.fixture
def clock(tmp_path: Path) -> Clockwork:
    world = WORLD + DAILY + ALERT + ADVANCE
    clock = Clockwork(tmp_path / "newsroom", "2026-03-10T06:00", _global=world, africa=AFRICA + ADVANCE)
    clock.subscribe("ann", "en", "global/daily")
    clock.subscribe("alma", "en", "global/alert")
    clock.subscribe("jo", "en", "global/daily")
    return clock


def accredit(clock: Clockwork, name: str, region: str = "global", until: str = "2026-12-31T00:00") -> None:
    with clock.open() as room:
        advance.accredit(room, f"{name}@news.example.org", region, utc(until), "Rosa", clock.now)
    look(clock)


def revoke(clock: Clockwork, name: str, region: str = "global") -> int:
    with clock.open() as room:
        return advance.revoke(room, f"{name}@news.example.org", region, "Rosa", clock.now)


def embargo(clock: Clockwork, release: int, until: str = "") -> None:
    with clock.open() as room:
        moment = utc(until) if until else None
        corrections.set_embargo(room, release, moment, author="Rosa", now=clock.now)
    look(clock)


def correct(clock: Clockwork, release: int, headline: str) -> None:
    with clock.open() as room:
        corrections.correct(
            room,
            release,
            Edit(headline=headline),
            notify=Notify.NOW,
            notes={},
            reason="",
            author="Rosa",
            now=clock.now,
        )
        go_on(room, clock.now)


def look(clock: Clockwork) -> None:
    if clock.rounds is not None:
        clock.rounds.look(clock.now)


def subjects(sent: list[Outgoing]) -> dict[str, str]:
    parser = BytesParser(policy=policy.default)
    found: dict[str, str] = {}
    for one in sent:
        mail = parser.parsebytes(one.message)
        assert isinstance(mail, EmailMessage)
        name = one.recipient.partition("@")[0]
        assert name not in found, f"two mails to {name}"
        found[name] = str(mail["Subject"])
    return found


EMBARGOED = "EMBARGOED until 11 Mar 2026: "


def test_only_the_accredited_read_ahead_and_no_bulletin_repeats_it(clock: Clockwork) -> None:
    accredit(clock, "jo")
    clock.subscribe("other", "en", "global/advance", "global/daily")  # subscribed, not accredited
    clock.start()
    clock.publish("flood", "en", embargo="2026-03-11T06:00")
    assert subjects(clock.deliver()) == {"jo": EMBARGOED + "flood en"}
    clock.until("2026-03-11T05:59")
    assert clock.deliver() == []
    clock.until("2026-03-11T06:00")
    assert subjects(clock.deliver()) == {"alma": "flood en"}
    clock.until("2026-03-11T07:00")
    assert subjects(clock.deliver()) == {"ann": "flood en", "other": "flood en"}


def test_who_is_accredited_later_gets_what_is_still_under_embargo(clock: Clockwork) -> None:
    accredit(clock, "jo")
    clock.start()
    clock.publish("flood", "en", embargo="2026-03-11T06:00")
    assert set(subjects(clock.deliver())) == {"jo"}
    accredit(clock, "ann")
    clock.until("2026-03-10T06:30")
    assert subjects(clock.deliver()) == {"ann": EMBARGOED + "flood en"}


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_an_accreditation_that_ends_stops_what_is_planned(clock: Clockwork, how: str) -> None:
    accredit(clock, "jo", until="2026-03-10T06:05")
    clock.start()
    clock.publish("flood", "en", embargo="2026-03-11T06:00")
    if how == "revoked":
        assert revoke(clock, "jo") == 1
    else:
        clock.now = utc("2026-03-10T06:05")
    assert clock.deliver() == []
    clock.until("2026-03-11T07:00")
    assert set(subjects(clock.deliver())) == {"alma", "ann", "jo"}  # as everybody else


def test_a_region_covers_those_below_it_and_not_those_above(clock: Clockwork) -> None:
    accredit(clock, "jo", "africa")
    clock.subscribe("jo", "en", "global/advance")
    clock.start()
    clock.publish("flood", "en", regions=("africa",), embargo="2026-03-11T06:00")
    clock.publish("world", "en", embargo="2026-03-11T06:00")
    assert subjects(clock.deliver()) == {"jo": EMBARGOED + "flood en"}


def test_the_page_behind_the_token_is_there_for_as_long_as_the_accreditation(clock: Clockwork) -> None:
    accredit(clock, "jo")
    clock.start()
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    (drought,) = clock.publish("drought", "en", at="2026-03-12T06:00", embargo="2026-03-12T06:00")
    clock.until("2026-03-10T06:10")  # what is ready within ten minutes of another waits so long
    clock.deliver()
    with clock.open() as room:
        person = room.store.subscribers.get("jo@news.example.org")
        edition, coming = clock.editions("global/advance")
        links = Links(Keyring(room.store.secret), "", "bounce@press.example.org")
        path = links.advance(person.id, edition.id, epoch=0)
        other = links.advance(person.id, coming.id, epoch=0)
        stranger = links.advance(room.store.subscribers.get("ann@news.example.org").id, edition.id, epoch=0)
    read = settings.load(clock.root, {})
    regions = schedule.load_regions(read.schedules, read.languages)
    site = application(read, regions, lambda: clock.now)

    def get(path: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(site)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.get(path)

        return asyncio.run(ask())

    page = get(path)
    assert (
        page.status_code == 200 and "flood en" in page.text and "EMBARGOED until 11 March 2026" in page.text
    )
    assert page.headers["cache-control"] == "no-store" and page.headers["x-robots-tag"] == "noindex"
    assert get(stranger).status_code == 404
    correct(clock, flood, "flood, corrected")
    assert "flood, corrected" in get(path).text
    assert '<a href="tel:+2204392107"><bdi dir="ltr">+220 439 21 07</bdi></a>' in get(path).text
    assert "drought en" in get(other).text and "<article" in get(other).text
    embargo(clock, drought)  # neither under embargo nor public yet: there is nothing to tell of it
    assert get(other).status_code == 200
    assert "drought" not in get(other).text and "<article" not in get(other).text
    revoke(clock, "jo")
    assert get(path).status_code == 404
    assert "flood" not in get(path).text


def test_a_correction_under_embargo_reaches_the_accredited_only(clock: Clockwork) -> None:
    accredit(clock, "jo")
    accredit(clock, "ann")
    clock.start()
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    assert set(subjects(clock.deliver())) == {"jo", "ann"}
    revoke(clock, "ann")
    correct(clock, flood, "flood, corrected")
    assert subjects(clock.deliver()) == {"jo": EMBARGOED + "Correction: flood, corrected"}
    clock.until("2026-03-11T06:00")
    assert subjects(clock.deliver()) == {
        "alma": "flood, corrected",
        "ann": "Correction: flood, corrected",
    }
    clock.until("2026-03-11T07:00")
    assert clock.deliver() == []


def test_who_is_accredited_again_gets_at_once_what_waited_for_the_end_of_the_embargo(
    clock: Clockwork,
) -> None:
    accredit(clock, "jo")
    clock.start()
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    clock.deliver()
    revoke(clock, "jo")
    correct(clock, flood, "flood, corrected")
    assert clock.deliver() == []
    accredit(clock, "jo", "africa")  # which does not let them read what is the world's
    assert clock.deliver() == []
    accredit(clock, "jo")
    assert subjects(clock.deliver()) == {"jo": EMBARGOED + "Correction: flood, corrected"}
    clock.until("2026-03-11T08:00")
    assert set(subjects(clock.deliver())) == {"alma", "ann"}


def withdraw(clock: Clockwork, release: int, notify: Notify = Notify.NOW) -> None:
    with clock.open() as room:
        corrections.withdraw(room, release, notify=notify, notes={}, reason="", author="Rosa", now=clock.now)
        go_on(room, clock.now)


def test_a_withdrawal_under_embargo_leaves_no_trace_in_public(clock: Clockwork) -> None:
    accredit(clock, "jo")
    clock.start()
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    clock.deliver()
    withdraw(clock, flood)
    (sent,) = clock.deliver()
    assert subjects([sent]) == {"jo": "Withdrawn: flood en"}
    assert b"/releases/en/flood-en" not in sent.message and b"/advance/" not in sent.message
    clock.until("2026-03-11T08:00")
    assert clock.deliver() == []
    build(clock)
    assert traces(clock, "flood en") == []
    with pytest.raises(InputError, match="is withdrawn"):
        embargo(clock, flood)
    with clock.store() as store:
        kinds = [event.kind for event in store.audit.of_release(flood)]
    assert "release.withdrawn" in kinds and "embargo.lifted" not in kinds


def test_who_is_accredited_no_more_hears_of_a_withdrawal_under_the_headline_that_they_had(
    clock: Clockwork,
) -> None:
    for name in ("jo", "ann"):
        accredit(clock, name)
    clock.start()
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    clock.deliver()
    revoke(clock, "ann")
    correct(clock, flood, "flood, secretly corrected")
    assert set(subjects(clock.deliver())) == {"jo"}
    withdraw(clock, flood)
    sent = clock.deliver()
    assert subjects(sent) == {"jo": "Withdrawn: flood, secretly corrected", "ann": "Withdrawn: flood en"}
    assert all(b"secretly" not in one.message for one in sent if one.recipient.startswith("ann"))


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_public_before_its_embargo_has_a_tombstone_that_tells_no_more_than_everybody_knew(
    clock: Clockwork, by_hand: bool
) -> None:
    clock.start()
    clock.until("2026-03-10T06:10")
    (flood,) = clock.publish("flood", "en")
    build(clock)
    clock.until("2026-03-10T07:00")
    assert set(subjects(clock.deliver())) == {"alma", "ann", "jo"}
    embargo(clock, flood, "2026-03-12T06:00")
    build(clock)
    assert traces(clock, "flood en") == []
    correct(clock, flood, "flood, secretly corrected")
    clock.until("2026-03-10T08:00")
    assert clock.deliver() == []
    if by_hand:
        with clock.open() as room:
            releases.edit(room, flood, Edit(status=Status.WITHDRAWN), clock.now)
    else:
        withdraw(clock, flood)
        sent = clock.deliver()
        assert set(subjects(sent).values()) == {"Withdrawn: flood en"} and len(sent) == 3
        assert all(b"/releases/en/flood-en" in one.message for one in sent)
    build(clock)
    page = clock.root / "public/releases/en/flood-en/index.html"
    assert "Withdrawn: flood en" in page.read_text("utf-8")
    assert "atom.xml" in traces(clock, "Withdrawn: flood en")
    assert traces(clock, "secretly") == []
    clock.until("2026-03-12T08:00")
    assert clock.deliver() == []
    build(clock)
    assert traces(clock, "secretly") == []


def test_a_withdrawn_advance_copy_may_not_wait_for_the_next_bulletin(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    with clock.open() as room, pytest.raises(InputError, match="is not public"):
        corrections.withdraw(
            room, flood, notify=Notify.NEXT, notes={}, reason="", author="Rosa", now=clock.now
        )


def test_an_embargo_that_is_lifted_early_lets_everything_go(clock: Clockwork) -> None:
    clock.start()
    (flood,) = clock.publish("flood", "en", embargo="2026-03-11T06:00")
    clock.until("2026-03-10T07:00")
    assert clock.deliver() == []
    embargo(clock, flood)
    assert subjects(clock.deliver()) == {"alma": "flood en"}
    clock.until("2026-03-11T07:00")
    assert set(subjects(clock.deliver())) == {"ann", "jo"}


def test_what_is_planned_waits_a_short_time_for_an_embargo_and_goes_on_when_it_is_lifted(
    clock: Clockwork,
) -> None:
    clock.start()
    clock.until("2026-03-10T06:10")
    (flood,) = clock.publish("flood", "en")
    clock.until("2026-03-10T07:00")
    embargo(clock, flood, "2026-03-10T08:30")
    assert clock.deliver() == []
    clock.until("2026-03-10T08:00")
    assert clock.deliver() == []
    embargo(clock, flood)
    assert set(subjects(clock.deliver())) == {"alma", "ann", "jo"}


def test_a_long_embargo_takes_a_release_out_of_what_is_planned_and_a_later_edition_tells_it(
    clock: Clockwork,
) -> None:
    clock.start()
    (flood,) = clock.publish("flood", "en")
    clock.publish("harvest", "en")
    clock.until("2026-03-10T07:00")
    embargo(clock, flood, "2026-03-11T06:00")
    sent = clock.deliver()
    assert all("flood" not in one.message.decode() for one in sent)
    assert subjects([one for one in sent if not one.recipient.startswith("alma")]) == {
        "ann": "harvest en",
        "jo": "harvest en",
    }
    clock.until("2026-03-11T07:00")
    assert set(subjects(clock.deliver())) == {"alma", "ann", "jo"}


def test_a_clock_that_is_set_back_holds_back_what_it_let_through(clock: Clockwork) -> None:
    clock.start()
    clock.publish("flood", "en", embargo="2026-03-10T07:00")
    clock.until("2026-03-10T07:00")
    build(clock)
    assert traces(clock, "flood en") != []
    builder = Builder(clock.root, {})
    builder.open()
    builder.look(clock.now)
    clock.now = utc("2026-03-10T06:30")
    assert clock.deliver() == []
    builder.look(clock.now)
    assert traces(clock, "flood en") == []
    clock.until("2026-03-10T07:00")
    assert set(subjects(clock.deliver())) == {"alma", "ann", "jo"}
    builder.look(clock.now)
    assert traces(clock, "flood en") != []
    builder.close()


def test_an_embargo_put_on_removes_files_with_their_compressed_siblings(clock: Clockwork) -> None:
    (flood,) = clock.publish("flood", "en")
    build(clock)
    page = clock.root / "public/releases/en/flood-en"
    assert {file.name for file in page.iterdir()} >= {"index.html", "index.html.gz"}
    embargo(clock, flood, "2026-03-11T06:00")
    build(clock)
    assert traces(clock, "flood") == [] and not page.exists()


def build(clock: Clockwork) -> None:
    builder = Builder(clock.root, {})
    builder.open()
    builder.look(clock.now)
    builder.close()


def traces(clock: Clockwork, words: str) -> list[str]:
    """The files in ``public/`` that say something, by name or content."""
    return sorted(
        file.name
        for file in (clock.root / "public").rglob("*")
        if file.is_file() and (words in file.name or words.encode() in file.read_bytes())
    )
