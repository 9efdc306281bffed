"""Who left, bounced or complained stays away; the stronger reason is kept, and no way leads around it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pressfeed.domain import SubscriberStatus
from pressfeed.publish.editions import plan_edition
from pressfeed.publish.importing import import_csv
from pressfeed.publish.incoming import Action
from tests.acceptance.mailroom import Mailroom
from tests.acceptance.test_subscribing import undo_of
from tests.acceptance.visiting import Visit, link

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


# Changes of address


def ask_for(visit: Visit, old: str, new: str) -> dict[str, str]:
    """Ask for a change of address; the links of the letters that followed, by their recipients."""
    before = len(visit.letters())
    asked = visit.client.post(visit.preferences(old) + "/address", data={"address": new})
    assert "We write to both addresses" in asked.text
    assert "one such mail a day" in asked.text
    return {str(mail["To"]): link(mail, "preferences/address") for mail in visit.letters()[before:]}


def move(visit: Visit, old: str, new: str) -> None:
    links = ask_for(visit, old, new)
    assert set(links) == {old, new}
    for path in links.values():
        assert visit.client.post(path).status_code == 200


def test_who_left_takes_that_along_to_another_address(visit: Visit) -> None:
    visit.join("new@example.org")
    visit.client.post(visit.preferences("new@example.org") + "/delete")
    visit.later(days=2)
    visit.join(AWA)
    visit.client.post(visit.unsubscribe(AWA, "global/daily"), data={"all": "1"})
    visit.later(days=2)
    move(visit, AWA, "new@example.org")
    assert standing(visit, "new@example.org") == (SubscriberStatus.UNSUBSCRIBED, "unsubscribed")
    assert visit.find(AWA) is None


def test_who_complained_is_told_that_nothing_changes_and_gets_no_letter(visit: Visit) -> None:
    visit.join(AWA)
    links = ask_for(visit, AWA, "new@example.org")
    visit.comes_back("arf-abuse", AWA)
    # Too late to be mailed about it, and what both agree to now brings no mail either.
    for path in links.values():
        visit.client.post(path)
    assert standing(visit, "new@example.org") == (SubscriberStatus.COMPLAINED, "complained")
    visit.later(days=2)
    page, before = visit.preferences("new@example.org"), len(visit.letters())
    for data, path in (
        ({"address": "third@example.org"}, f"{page}/address"),
        ({"save": "1", "bulletin": "global/daily", "language": "en"}, page),
    ):
        answer = visit.client.post(path, data=data)
        assert answer.status_code == 422
        assert "Nothing was changed: mail to this address came back" in answer.text
        assert "saved" not in answer.text
    assert len(visit.letters()) == before
    visit.join("other@example.org")
    visit.client.post(
        visit.preferences("other@example.org") + "/address", data={"address": "fourth@example.org"}
    )
    visit.comes_back("arf-abuse", "other@example.org")
    assert [mail["To"] for mail in visit.letters()[before:]] == ["other@example.org"]  # its sign-up


def test_who_left_and_chooses_nothing_is_told_so(visit: Visit) -> None:
    visit.join(AWA)
    page = visit.preferences(AWA)
    visit.client.post(page, data={"all": "1"})
    answer = visit.client.post(page, data={"save": "1", "language": "fr"})
    assert answer.status_code == 422
    assert "Choose at least one bulletin" in answer.text
    assert "saved" not in answer.text


def test_asking_twice_for_the_same_address_leaves_the_first_links_working(visit: Visit) -> None:
    visit.join("old@example.org")
    links = ask_for(visit, "old@example.org", "new@example.org")
    visit.later(minutes=2)
    assert ask_for(visit, "old@example.org", "New@Example.org") == {}
    for path in links.values():
        assert visit.client.post(path).status_code == 200
    assert visit.find("new@example.org") is not None


def test_there_and_back_works_once_the_mailbox_may_have_another_letter(visit: Visit) -> None:
    visit.join("a@example.org")
    move(visit, "a@example.org", "b@example.org")
    assert ask_for(visit, "b@example.org", "a@example.org") == {}
    visit.later(days=1)
    move(visit, "b@example.org", "a@example.org")
    assert standing(visit, "a@example.org") == (SubscriberStatus.ACTIVE, "")


def test_an_address_that_is_only_spelt_otherwise_is_the_same_persons(visit: Visit) -> None:
    visit.join(AWA)
    visit.later(days=1)
    before = len(visit.letters())
    visit.client.post(visit.preferences(AWA) + "/address", data={"address": "Awa@example.org"})
    for mail in visit.letters()[before:]:
        visit.client.post(link(mail, "preferences/address"))
    person = visit.find(AWA)
    assert person is not None
    assert (person.address, standing(visit)[1]) == ("Awa@example.org", "")


@pytest.mark.parametrize("forgotten", [False, True])
def test_no_import_brings_back_an_address_that_was_moved_from(visit: Visit, forgotten: bool) -> None:
    visit.join("old@example.org")
    move(visit, "old@example.org", "new@example.org")
    if forgotten:
        visit.client.post(visit.preferences("new@example.org") + "/delete")
    rows = visit.root / "people.csv"
    rows.write_text("email,bulletins\nold@example.org,global/daily\n")
    with visit.open() as room:
        report = import_csv(room, rows, visit.now)
    assert (report.added, report.refused) == (0, 1)
    # Its owner may come back.
    visit.later(days=2)
    visit.join("old@example.org")
    assert standing(visit, "old@example.org") == (SubscriberStatus.ACTIVE, "")


def test_sub_addresses_of_a_victim_get_one_letter_together(visit: Visit) -> None:
    for number in range(8):
        visit.ask(f"victim+{number}@example.org", client=visit.visitor(f"198.51.{number}.1"))
    for number, address in enumerate(("v.ictim@gmail.com", "vi.ctim+x@googlemail.com", "victim@gmail.com")):
        visit.ask(address, client=visit.visitor(f"203.0.113.{number}"))
    assert [mail["To"] for mail in visit.letters()] == ["victim+0@example.org", "v.ictim@gmail.com"]
    # Elsewhere a sub-address is an address of its own, and a dot is part of a name.
    visit.ask("vic.tim@example.org")
    assert len(visit.letters()) == 3


# What went out meanwhile


def editions_of(visit: Visit, address: str) -> list[tuple[int, str]]:
    """The editions that somebody was planned for, and how far each has come."""
    with visit.open() as room:
        every = list(room.store.deliveries.list(None, -1))
    return [(each.edition, each.state.value) for each in every if each.subscriber == address]


def given(visit: Visit, address: str) -> list[tuple[int, int]]:
    """Which stories somebody is given, and by which edition."""
    with Mailroom(visit.root).database() as database:
        return database.execute(
            "SELECT i.story_id, d.edition_id FROM item i JOIN delivery d ON d.id = i.delivery_id "
            "JOIN subscriber s ON s.id = i.subscriber_id WHERE s.address = ? ORDER BY 1",
            (address,),
        ).fetchall()


@pytest.mark.parametrize("everything", [False, True])
def test_what_leaving_called_off_and_what_was_planned_since_comes_after_an_undo(
    visit: Visit, everything: bool
) -> None:
    visit.join(AWA)
    visit.join("noor@example.org")
    news = Mailroom(visit.root)
    news.publish(1, "en", "fr")
    first = news.plan("2026-03-17T12:01", visit.now)
    page = visit.unsubscribe(AWA, "global/daily")
    undo = undo_of(visit.client.post(page, data={"all": "1"} if everything else {}).text)
    assert editions_of(visit, AWA) == [(first, "cancelled")]
    if not everything:  # else in the very same moment
        visit.later(hours=2)
    news.publish(2, "en")
    second = news.plan("2026-03-17T14:01", visit.now)
    assert given(visit, AWA) == []
    answer = visit.client.post(undo)
    assert "sent to you after all" in answer.text
    assert "not sent again" not in answer.text
    expected = [(first, "pending"), (second, "pending")]
    assert editions_of(visit, AWA) == expected
    assert given(visit, AWA) == [(1, first), (2, second)]
    # A second click, from the page behind, plans nothing twice.
    assert visit.client.post(undo).status_code == 200
    assert editions_of(visit, AWA) == expected
    news.pressfeed("deliver")
    assert [state for _, state in editions_of(visit, AWA)] == ["sent", "sent"]
    assert news.pressfeed("audit", "verify").returncode == 0
    subjects = [mail["Subject"] for mail in visit.letters() if mail["To"] == AWA and mail["List-Id"]]
    assert len(subjects) == len(set(subjects)) == 2
    news.publish(3, "en")
    third = news.plan("2026-03-18T12:01", visit.now)
    assert given(visit, AWA)[2:] == [(3, third)]


def test_what_another_bulletin_brought_meanwhile_does_not_come_twice(visit: Visit) -> None:
    visit.join(AWA, "global/daily", "global/weekly")
    news = Mailroom(visit.root)
    news.publish(1, "en")
    news.publish(2, "en")
    first = news.plan("2026-03-17T12:01", visit.now)
    undo = undo_of(visit.client.post(visit.unsubscribe(AWA, "global/daily")).text)
    with visit.open() as room, room.store.transaction():
        weekly, _ = plan_edition(room, room.bulletin("global/weekly"), "2026-03-17T12:02", visit.now)
    with Mailroom(visit.root).database() as database:  # as if it had brought one of the two
        database.execute("DELETE FROM item WHERE story_id = 2")
    visit.client.post(undo)
    assert given(visit, AWA) == [(1, weekly.id), (2, first)]


def test_an_edition_that_is_over_is_listed_and_its_ledger_stays(visit: Visit) -> None:
    visit.join(AWA, language="fr")
    visit.join("noor@example.org")
    news = Mailroom(visit.root)
    news.publish(1, "en", "fr")
    first = news.plan("2026-03-17T12:01", visit.now)
    undo = undo_of(visit.client.post(visit.unsubscribe(AWA, "global/daily")).text)
    news.pressfeed("deliver")
    with visit.open() as room:
        assert room.store.editions.get(first).state == "sent"
    answer = visit.client.post(undo)
    assert "non renvoyé" in answer.text
    found = re.findall(
        r'<li lang="fr" dir="auto"><a href="\.\./\.\./(releases/fr/[a-z0-9-]+/)">', answer.text
    )
    assert len(found) == 1
    assert editions_of(visit, AWA) == [(first, "cancelled")]
    assert news.pressfeed("audit", "verify").returncode == 0
    # Another of its bulletins may still bring it: nothing says that this person had it.
    assert given(visit, AWA) == []


def test_a_pause_that_was_chosen_holds_for_what_an_undo_brings_back(visit: Visit) -> None:
    visit.join(AWA)
    news = Mailroom(visit.root)
    news.publish(1, "en")
    data = {"save": "1", "bulletin": "global/daily", "language": "en", "pause": "2026-03-24"}
    visit.client.post(visit.preferences(AWA), data=data)
    undo = undo_of(visit.client.post(visit.unsubscribe(AWA, "global/daily")).text)
    news.plan("2026-03-17T12:01", visit.now)
    assert "after all" not in visit.client.post(undo).text
    assert editions_of(visit, AWA) == []


# Imports


def test_no_import_overrules_what_a_person_chose(visit: Visit) -> None:
    visit.join(AWA, "global/daily", "global/weekly", language="fr", name="Awa Diop")
    rows = visit.root / "people.csv"

    def bring(text: str) -> tuple[int, int, int]:
        rows.write_text("email,name,languages,bulletins\n" + text)
        with visit.open() as room:
            report = import_csv(room, rows, visit.now)
        return report.changed, report.unchanged, report.refused

    assert bring(f"{AWA},Somebody Else,en,global/daily\n") == (0, 1, 0)
    page = visit.preferences(AWA)
    visit.client.post(
        page, data={"save": "1", "bulletin": "global/daily", "language": ["es", "fr"], "pause": "2026-05-01"}
    )
    assert bring(f"{AWA},,en,global/daily\n{AWA},,,global/weekly\n") == (0, 1, 1)
    person = visit.find(AWA)
    assert person is not None
    assert (person.name, person.languages, person.bulletins) == ("Awa Diop", ("es", "fr"), ("global/daily",))
    with visit.open() as room:
        assert room.store.signups.paused_until(person.id) is not None
    # What others said of somebody, others may correct.
    assert bring("badou@example.org,Badou,en,global/daily\n") == (0, 0, 0)
    assert bring("badou@example.org,,fr,\n") == (1, 0, 0)
    badou = visit.find("badou@example.org")
    assert badou is not None and badou.languages == ("fr",)
    visit.client.post(
        visit.preferences("badou@example.org"),
        data={"save": "1", "bulletin": "global/daily", "language": "ar"},
    )
    assert bring("badou@example.org,,en,\n") == (0, 1, 0)
