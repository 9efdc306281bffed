"""Buttons pressed twice, or by several at once; old and replayed links, odd addresses, no bulletin at all."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pressfeed.domain import SubscriberStatus
from pressfeed.publish import personal, preferences, signup
from pressfeed.publish.room import Newsroom
from pressfeed.store import Store
from pressfeed.tokens import parse
from tests.acceptance.test_staying_away import ask_for
from tests.acceptance.visiting import Visit, link

AWA = "awa@example.org"


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path / "room")


def test_a_second_click_says_the_same_as_the_first(visit: Visit) -> None:
    visit.ask(AWA)
    confirm = link(visit.letters()[0], "subscribe/confirm")
    first, second = visit.client.post(confirm), visit.client.post(confirm)
    assert (first.status_code, second.status_code) == (200, 200)
    assert "<h1>Confirmed already</h1>" in second.text
    assert "You are subscribed" not in second.text, "who has left meanwhile is not"

    visit.later(days=2)
    links = ask_for(visit, AWA, "new@example.org")
    for path in links.values():
        answers = [visit.client.post(path).text for _ in range(2)]
        assert answers[0] == answers[1]
    assert "Your address is changed" in answers[1]

    page = visit.preferences("new@example.org")
    leaving = [visit.client.post(page, data={"all": "1"}).text for _ in range(2)]
    assert leaving[0] == leaving[1]
    deleted = [visit.client.post(page + "/delete") for _ in range(2)]
    assert [answer.status_code for answer in deleted] == [200, 200]
    assert deleted[0].text == deleted[1].text
    assert visit.client.get(page + "/delete").status_code == 404
    assert visit.client.post(page + "/address", data={"address": AWA}).status_code == 404
    # A change of address that was replaced, or undone by another one since, is over and not made.
    for path in links.values():
        assert visit.client.post(path).status_code == 404


def test_a_change_that_another_one_followed_is_over(visit: Visit) -> None:
    visit.join(AWA)
    visit.later(days=2)
    links = ask_for(visit, AWA, "new@example.org")
    for path in links.values():
        visit.client.post(path)
    visit.later(days=1)
    for path in ask_for(visit, "new@example.org", "third@example.org").values():
        visit.client.post(path)
    assert {visit.client.post(path).status_code for path in links.values()} == {404}
    assert visit.find("third@example.org") is not None


def test_no_token_of_somebody_deleted_opens_anything_but_that_it_is_done(visit: Visit) -> None:
    visit.join(AWA)
    page, leave = visit.preferences(AWA), visit.unsubscribe(AWA, "global/daily")
    visit.client.post(page + "/delete")
    before = visit.dump()
    for path in (page, page + "/sent", page + "/export", leave):
        assert visit.client.get(path).status_code == 404
        assert visit.client.post(path, data={"all": "1"}).status_code in (404, 405)
    # Not by a token of another kind or of another person either.
    for path in (
        leave.replace("/unsubscribe/", "/preferences/"),
        page[:-1] + ("a" if page[-1] != "a" else "b"),
    ):
        assert visit.client.post(path + "/delete").status_code in (404, 429)
    assert visit.dump() == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("awa@strasse.example", "awa@straße.example"),
        ("awa@straße.example", "awa@strasse.example"),
        ("sam@example.org", "ſam@example.org"),
        ("awa@βολος.example", "awa@βολοσ.example"),
    ],
)
def test_addresses_with_two_owners_are_two_people(visit: Visit, one: str, other: str) -> None:
    visit.join(one)
    visit.later(days=2)
    visit.ask(other)
    mail = visit.letters()[-1]
    assert "/preferences/" not in mail.as_string(), "the link of one must never reach the other"
    visit.client.post(link(mail, "subscribe/confirm"))
    people = [visit.find(address) for address in (one, other)]
    assert None not in people
    assert people[0] != people[1]


@pytest.mark.parametrize("address", ["джон@пример.рф", "josé@example.org", "山田@例え.example"])
def test_addresses_in_any_script_go_the_whole_way(visit: Visit, address: str) -> None:
    visit.join(address)
    person = visit.find(address.upper())
    assert person is not None and person.address == address
    assert f">{address}</bdi>" in visit.client.get(visit.preferences(address)).text
    visit.later(days=2)
    for path in ask_for_any(visit, address, "new@example.org"):
        visit.client.post(path)
    assert visit.find("new@example.org") is not None
    assert visit.comes_back("arf-abuse", "new@example.org").action == "complained"


def ask_for_any(visit: Visit, old: str, new: str) -> list[str]:
    before = len(visit.letters())
    visit.client.post(visit.preferences(old) + "/address", data={"address": new})
    return [link(mail, "preferences/address") for mail in visit.letters()[before:]]


def test_who_chooses_no_bulletin_is_told_so_and_may_come_back(visit: Visit) -> None:
    visit.join(AWA, "global/daily", "global/weekly")
    page = visit.preferences(AWA)
    answer = visit.client.post(page, data={"save": "1", "language": "en"})
    assert "No bulletin is sent to you." in answer.text
    person = visit.find(AWA)
    assert person is not None
    assert (person.status, person.bulletins) == (SubscriberStatus.ACTIVE, ())
    assert visit.client.get(visit.unsubscribe(AWA, "global/daily")).status_code == 200
    visit.later(days=2)
    visit.ask(AWA, "global/weekly")
    visit.client.post(link(visit.letters()[-1], "subscribe/confirm"))
    person = visit.find(AWA)
    assert person is not None and person.bulletins == ("global/weekly",)


def test_a_link_is_dead_once_its_address_complained(visit: Visit) -> None:
    visit.join(AWA)
    visit.later(days=2)
    visit.client.post(visit.preferences(AWA) + "/delete")
    visit.ask(AWA)
    confirm = link(visit.letters()[-1], "subscribe/confirm")
    with visit.open() as room, room.store.transaction():
        room.store.subscribers.suppress(AWA, SubscriberStatus.COMPLAINED, visit.now)
    for answer in (visit.client.get(confirm), visit.client.post(confirm)):
        assert answer.status_code == 404
        assert "does not work any more" in answer.text
    assert visit.find(AWA) is None


def test_who_moved_since_they_were_looked_up_is_forgotten_where_they_are_now(visit: Visit) -> None:
    visit.join(AWA)
    visit.later(days=2)
    before = visit.find(AWA)
    assert before is not None
    for path in ask_for(visit, AWA, "new@example.org").values():
        visit.client.post(path)
    with visit.open() as room:
        for _ in range(2):
            personal.forget(room.store, before, visit.now)
        assert room.store.subscribers.suppressed("new@example.org") is not None
    assert not any("new@example.org" in line for line in visit.dump())


# Several at once, each with a store of its own, as several processes have


def at_once(visit: Visit, work: Callable[[Store], object], number: int = 6) -> list[object]:
    """What each of several threads gets that do the same at the same moment."""
    ready, found, errors = threading.Barrier(number), [], []

    def one() -> None:
        with Newsroom.open(visit.root, {}) as room:
            ready.wait()
            try:
                found.append(work(room.store))
            except Exception as error:  # noqa: BLE001 (told to the test)
                errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return found


def test_one_confirmation_of_several_at_once_counts(visit: Visit) -> None:
    visit.ask(AWA, "global/daily")
    token = link(visit.letters()[0], "subscribe/confirm").rpartition("/")[2]

    def confirm(store: Store) -> object:
        found = signup.look_up(store, token, visit.now)
        return signup.confirm(store, found, "192.0.2.0/24", visit.now) if found else None

    assert sum(person is not None for person in at_once(visit, confirm)) == 1
    person = visit.find(AWA)
    assert person is not None
    with visit.open() as room:
        assert len(room.store.signups.consents(person.id)) == 1


def test_forgetting_what_is_too_old_while_it_is_confirmed_leaves_a_whole_person_or_none(visit: Visit) -> None:
    visit.ask(AWA, "global/daily")
    token = link(visit.letters()[0], "subscribe/confirm").rpartition("/")[2]
    last = visit.now + signup.VALID - dt.timedelta(seconds=6)
    turns = iter(range(100))

    def confirm_or_expire(store: Store) -> object:
        if next(turns) % 2:
            signup.expire(store, last + dt.timedelta(seconds=10))
            return None
        found = signup.look_up(store, token, last)
        return signup.confirm(store, found, "192.0.2.0/24", last) if found else None

    confirmed = sum(person is not None for person in at_once(visit, confirm_or_expire))
    person = visit.find(AWA)
    assert (person is not None) == (confirmed == 1)
    assert person is None or person.bulletins == ("global/daily",)


def test_agreeing_and_deleting_at_once_leaves_no_half(visit: Visit) -> None:
    visit.join(AWA)
    visit.later(days=2)
    links = ask_for(visit, AWA, "new@example.org")
    visit.client.post(links[AWA])
    token = links["new@example.org"].rpartition("/")[2]
    claim, person, turns = parse(token), visit.find(AWA), iter(range(100))
    assert claim is not None and person is not None

    def agree_or_delete(store: Store) -> object:
        if next(turns) % 2:
            holder = store.subscribers.holder(person.id)
            assert holder is not None
            return personal.forget(store, holder[0], visit.now)
        found = preferences.look_up(store, token, visit.now)
        return preferences.agree(store, *found, visit.now) if found else None

    at_once(visit, agree_or_delete)
    assert visit.find(AWA) is None
    assert visit.find("new@example.org") is None
    assert not any("new@example.org" in line for line in visit.dump())
