"""Who left, bounced or complained stays away; the stronger reason is kept, and no way leads around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pressfeed.domain import SubscriberStatus
from pressfeed.publish.incoming import Action
from tests.acceptance.test_subscribing import undo_of
from tests.acceptance.visiting import Visit

AWA = "awa@example.org"


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path / "room")


def standing(visit: Visit, address: str = AWA) -> tuple[SubscriberStatus, str]:
    """A person's status, and the first word of why the address is suppressed."""
    person = visit.find(address)
    assert person is not None
    with visit.open() as room:
        return person.status, (room.store.subscribers.suppressed(address) or "").partition(" ")[0]


@pytest.mark.parametrize(
    ("message", "reason"), [("arf-abuse", "complained"), ("postfix-user-unknown", "bounced")]
)
def test_what_comes_back_after_somebody_left_counts_and_undo_brings_nobody_back(
    visit: Visit, message: str, reason: str
) -> None:
    visit.join(AWA, "global/daily", "global/weekly")
    page = visit.unsubscribe(AWA, "global/daily")
    one, everything = (undo_of(visit.client.post(page, data=data).text) for data in ({}, {"all": "1"}))
    visit.later(minutes=5)
    assert visit.comes_back(message, AWA).action.value == reason
    for undo in (one, everything):
        assert visit.client.post(undo).status_code == 404
    assert standing(visit) == (SubscriberStatus(reason), reason)
    # Nor does leaving once more, by link or by an operator's hand, make less of it.
    visit.client.post(page, data={"all": "1"})
    assert standing(visit) == (SubscriberStatus(reason), reason)


def test_a_complaint_outweighs_a_bounce_and_a_bounce_no_complaint(visit: Visit) -> None:
    visit.join(AWA)
    assert visit.comes_back("postfix-user-unknown", AWA).action is Action.BOUNCED
    assert visit.comes_back("arf-abuse", AWA).action is Action.COMPLAINED
    assert visit.comes_back("exim-remote-550", AWA).action is Action.NOTED
    assert standing(visit) == (SubscriberStatus.COMPLAINED, "complained")


def test_who_bounced_may_still_leave(visit: Visit) -> None:
    visit.join(AWA, "global/daily", "global/weekly", "south-america/daily")
    visit.comes_back("postfix-user-unknown", AWA)
    page = visit.unsubscribe(AWA, "global/daily")
    assert "Do you want to stop" in visit.client.get(page).text
    assert "You have unsubscribed" in visit.client.post(page).text
    person = visit.find(AWA)
    assert person is not None
    assert person.bulletins == ("global/weekly", "south-america/daily")
    assert "You have unsubscribed" in visit.client.post(page, data={"all": "1"}).text
    person = visit.find(AWA)
    assert person is not None
    assert (person.status, person.bulletins) == (SubscriberStatus.BOUNCED, ())


def test_an_undo_that_a_later_leaving_has_overtaken_is_refused(visit: Visit) -> None:
    visit.join(AWA, "global/daily", "global/weekly")
    page = visit.unsubscribe(AWA, "global/daily")
    one = undo_of(visit.client.post(page).text)
    visit.client.post(page, data={"all": "1"})
    assert visit.client.post(one).status_code == 404
    assert standing(visit) == (SubscriberStatus.UNSUBSCRIBED, "unsubscribed")
