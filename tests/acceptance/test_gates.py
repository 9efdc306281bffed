"""Who may come in and who has to wait: bulletins for the accredited, wrong links, a store that is busy."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from pressfeed.store import connection
from pressfeed.tokens import Keyring, Scope
from tests.acceptance.test_subscribing import undo_of
from tests.acceptance.visiting import Visit, link

ADVANCE = '\n[[bulletins]]\nname = "advance"\nkind = "advance"\n'


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    visit = Visit(tmp_path / "room")
    with (visit.root / "schedules" / "global.toml").open("a") as world:
        world.write(ADVANCE)
    visit.client = visit.visitor()
    return visit


# Advance copies are for the accredited


def test_advance_copies_are_offered_to_nobody(visit: Visit) -> None:
    for page in ("/subscribe/en", "/subscribe/en?region=global", "/subscribe?region=global"):
        shown = visit.client.get(page).text
        assert 'value="global/daily"' in shown
        assert "global/advance" not in shown
    assert (
        'value="global/daily" id="b-global-daily" checked'
        in visit.client.get("/subscribe?region=global").text
    )
    assert visit.client.get("/subscribe/en/example/global/advance").status_code == 404


def test_the_only_bulletin_that_anybody_may_have_is_ticked(visit: Visit) -> None:
    for file in (visit.root / "schedules").glob("*.toml"):
        if file.name != "global.toml":
            file.unlink()
    world = visit.root / "schedules" / "global.toml"
    head, *tables = world.read_text().split("[[bulletins]]")
    world.write_text("[[bulletins]]".join([head, tables[0], tables[-1]]))
    shown = visit.visitor().get("/subscribe/en").text
    assert shown.count('name="bulletin"') == shown.count('name="bulletin" value="global/') == 1
    assert 'id="b-global-daily" checked' in shown


def test_nobody_subscribes_to_advance_copies_by_a_form_of_their_own(visit: Visit) -> None:
    assert visit.ask("awa@example.org", "global/advance").status_code == 422
    assert visit.letters() == []
    visit.join("awa@example.org", "global/advance", "global/daily")
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/daily",)
    choice = {"save": "1", "bulletin": ["global/advance", "global/weekly"], "language": "en"}
    visit.client.post(visit.preferences("awa@example.org"), data=choice)
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/weekly",)


def test_who_has_advance_copies_keeps_or_leaves_them(visit: Visit) -> None:
    visit.join("awa@example.org")
    with visit.open() as room, room.store.transaction():
        room.store.subscribers.subscribe(
            room.store.subscribers.get("awa@example.org").id, "global/advance", visit.now
        )
    page = visit.preferences("awa@example.org")
    for chosen in (["global/advance", "global/weekly"], ["global/weekly"]):
        assert 'id="b-global-advance" checked' in visit.client.get(page).text
        visit.client.post(page, data={"save": "1", "bulletin": chosen, "language": "en"})
        person = visit.find("awa@example.org")
        assert person is not None
        assert sorted(person.bulletins) == chosen
    assert "global/advance" not in visit.client.get(page).text


# Wrong links


def test_wrong_links_of_others_keep_nobody_out(visit: Visit) -> None:
    """Many people are behind one address, and a mail provider sends one-click requests for all of them."""
    visit.join("awa@example.org", "global/daily", "global/weekly")
    visit.later(days=2)
    visit.ask("other@example.org")
    confirm = link(visit.letters()[-1], "subscribe/confirm")
    daily, weekly = (visit.unsubscribe("awa@example.org", f"global/{name}") for name in ("daily", "weekly"))
    preferences = visit.preferences("awa@example.org")
    wrong = [visit.client.post(f"/unsubscribe/{'a' * 40}{number}").status_code for number in range(30)]
    assert wrong == [404] * 20 + [429] * 10
    one_click = visit.client.post(daily, data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/weekly",)
    assert visit.client.post(undo_of(one_click.text)).status_code == 200
    for page in (weekly, preferences, f"{preferences}/sent", f"{preferences}/export", confirm):
        assert visit.client.get(page).status_code == 200, page
    assert visit.client.post(confirm).status_code == 200
    for folder in (
        "unsubscribe",
        "unsubscribe/undo",
        "preferences",
        "preferences/address",
        "subscribe/confirm",
    ):
        assert (slow := visit.client.post(f"/{folder}/{'b' * 40}")).status_code == 429, folder
        assert (slow.headers["retry-after"], slow.headers["cache-control"]) == ("60", "no-store")
    assert visit.client.get("/advance/wrong").status_code == 429
    assert visit.visitor("192.0.2.8").get("/advance/wrong").status_code == 404


@pytest.mark.parametrize("before", ["x", "-1", "٣", "9" * 5000, "1.5", ""])
def test_what_is_no_number_asks_for_the_newest(visit: Visit, before: str) -> None:
    visit.join("awa@example.org")
    page = visit.preferences("awa@example.org") + "/sent"
    assert visit.client.get(page, params={"before": before}).text == visit.client.get(page).text
    assert visit.client.get("/preferences/wrong/sent", params={"before": before}).status_code == 404


def test_what_is_not_there_is_kept_by_no_cache(visit: Visit) -> None:
    assert not (visit.root / "public" / "404.html").exists()
    for plain in (visit.client.get("/preferences/wrong"), visit.client.put("/subscribe/en")):
        assert plain.headers["content-type"].startswith("text/plain")
        assert (plain.headers["cache-control"], plain.headers["x-robots-tag"]) == ("no-store", "noindex")
    (visit.root / "public" / "404.html").write_text("<title>Not here</title>")
    shown = visit.client.get("/preferences/wrong")
    assert (shown.status_code, shown.text) == (404, "<title>Not here</title>")
    assert shown.headers["cache-control"] == "no-store"


# A store that cannot be used


def test_while_the_store_is_locked_everybody_is_asked_to_come_again(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    visit.join("awa@example.org")
    leave, stamp = visit.unsubscribe("awa@example.org", "global/daily"), visit.stamp()
    monkeypatch.setattr(connection, "BUSY_TIMEOUT", 0.1)
    other = sqlite3.connect(visit.root / "db" / "pressfeed.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    form = {"address": "new@example.org", "bulletin": "global/daily", "stamp": stamp}
    for busy in (visit.client.post(leave), visit.client.post("/subscribe/en", data=form)):
        assert busy.status_code == 503
        assert (busy.headers["retry-after"], busy.headers["cache-control"]) == ("60", "no-store")
        assert "pressfeed.sqlite3" not in busy.text
    assert "kept the store locked" in caplog.text
    assert leave.rpartition("/")[2] not in caplog.text
    assert visit.client.get(leave).status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert visit.client.post(leave).status_code == 200


def test_without_a_store_everybody_is_asked_to_come_again(visit: Visit) -> None:
    for file in (visit.root / "db").iterdir():
        file.rename(file.with_suffix(".away"))
    for path in ("/subscribe/en", "/preferences/x", "/search?q=river"):
        assert visit.client.get(path).status_code == 503, path
    described = visit.client.get("/openapi.json").json()["paths"]
    assert all("503" in about["responses"] for methods in described.values() for about in methods.values())


# What no link or form of ours looks like


def test_no_host_that_a_request_names_is_ever_repeated(visit: Visit) -> None:
    for path in ("/subscribe/", "/subscribe/en/", "/preferences/x/", "//evil.example/", "/unsubscribe/x/"):
        for answer in (
            visit.client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}),
            visit.client.post(path, headers={"Host": "evil.example"}),
        ):
            assert answer.status_code in (404, 405), path
            assert "location" not in answer.headers
            assert "evil" not in answer.text


def test_other_methods_are_told_which_there_are(visit: Visit) -> None:
    for path, allowed in (
        ("/unsubscribe/x", "GET, HEAD, POST"),
        ("/unsubscribe/undo/x", "POST"),
        ("/preferences/x/export", "GET, HEAD"),
        ("/subscribe", "GET, HEAD"),
    ):
        for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            answer = visit.client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed), (method, path)


def test_a_token_with_a_number_that_no_store_has_is_wrong_like_any_other(visit: Visit) -> None:
    with visit.open() as room:
        ring = Keyring(room.store.secret)
        for folder, scope in (
            ("unsubscribe", Scope.UNSUBSCRIBE),
            ("preferences", Scope.PREFERENCES),
            ("preferences/address", Scope.ADDRESS),
            ("subscribe/confirm", Scope.CONFIRM),
            ("unsubscribe/undo", Scope.UNDO),
            ("advance", Scope.ADVANCE),
        ):
            path = f"/{folder}/{ring.token(scope, 2**63, 2**63, epoch=0)}"
            for method in ("GET", "POST"):
                assert visit.client.request(method, path).status_code in (404, 405), path


# Forms that somebody else had sent


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_has_nobody_sign_up_unseen_even_with_a_good_stamp(visit: Visit, site: str) -> None:
    data = {"address": "awa@example.org", "bulletin": "global/daily", "stamp": visit.stamp()}
    before = visit.dump()
    looked_at = visit.client.post("/subscribe/en", data=data, headers={"Sec-Fetch-Site": site})
    assert "press the button" in looked_at.text
    assert visit.dump() == before
    own = visit.client.post("/subscribe/en", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert "Look into your mailbox" in own.text


def test_who_looks_at_examples_without_end_has_to_wait_and_nobody_else(visit: Visit) -> None:
    path = "/subscribe/en/example/global/daily"
    looks = [visit.client.get(path).status_code for _ in range(101)]
    assert looks == [404] * 100 + [429]
    assert visit.visitor("192.0.2.8").get(path).status_code == 404
    assert visit.client.get("/subscribe/en").status_code == 200


# What can be learned from answers, and done with links, of others


def test_every_address_gets_the_same_answer_byte_for_byte(visit: Visit) -> None:
    """Known, left, bounced, complained, forgotten, moved, asked lately, asked often, unknown."""
    names = ("known", "gone1", "dead1", "angry", "never", "moved", "asked", "often", "fresh")
    for name in names[:6]:
        visit.join(f"{name}@example.org")
        visit.later(days=1)
    visit.client.post(visit.unsubscribe("gone1@example.org", "global/daily"), data={"all": "1"})
    visit.comes_back("postfix-user-unknown", "dead1@example.org")
    visit.comes_back("arf-abuse", "angry@example.org")
    visit.client.post(visit.preferences("never@example.org") + "/delete")
    visit.client.post(
        visit.preferences("moved@example.org") + "/address", data={"address": "other@example.org"}
    )
    for mail in visit.letters()[-2:]:
        visit.client.post(link(mail, "preferences/address"))
    people = [visit.find(f"{name}@example.org") for name in (*names[:4], "other")]
    standing = ["active", "unsubscribed", "bounced", "complained", "active"]
    assert [person.status.value for person in people if person is not None] == standing
    assert visit.find("never@example.org") is visit.find("moved@example.org") is None
    visit.later(days=31)
    for name in ("asked", "often", "often", "often"):
        visit.ask(f"{name}@example.org")
    answers = {name: visit.ask(f"{name}@example.org") for name in names}
    told = {(one.status_code, one.text.replace(f"{name}@", "who@")) for name, one in answers.items()}
    assert len(told) == 1
    assert len({tuple(sorted(one.headers.items())) for one in answers.values()}) == 1
    holder = visit.preferences("known@example.org") + "/address"
    changes = set()
    for name in names[1:]:
        with visit.open() as room, room.store.transaction():
            room.store.signups.expire_changes(visit.now + timedelta(days=99), visit.now)
        answer = visit.client.post(holder, data={"address": f"{name}@example.org"})
        changes.add((answer.status_code, answer.text.replace(f"{name}@", "who@")))
    assert len(changes) == 1


@pytest.mark.parametrize(
    "spellings",
    [
        ("victim@example.org", "VICTIM@example.org", "victim@EXAMPLE.ORG", "Victim+news@example.org"),
        ("victim@bücher.example", "victim@xn--bcher-kva.example", "victim@BÜCHER.example"),
        ("victim@example.org", "victim@ｅxample.org", " victim@example.org ", "victim@example.org."),
    ],
)
def test_a_mailbox_gets_one_mail_through_all_forms_regions_and_spellings(
    visit: Visit, spellings: tuple[str, ...]
) -> None:
    """Thirty networks, every region's form, four languages, and the links of ten others who want to move."""
    with visit.open() as room:
        regions = [region.slug for region in room.regions.all]
    for number in range(30):
        visitor = visit.visitor(f"198.51.{number}.1")
        region, language = regions[number % len(regions)], ("en", "fr", "es", "ar")[number % 4]
        visit.ask(spellings[number % len(spellings)], f"{region}/daily", language=language, client=visitor)
    for number in range(10):
        visit.join(f"other{number}@example.net")
        page = visit.preferences(f"other{number}@example.net") + "/address"
        visit.client.post(page, data={"address": spellings[number % len(spellings)]})
    to_victim = [mail for mail in visit.letters() if "victim" in str(mail["To"]).lower()]
    assert len(to_victim) == 1


def test_links_of_another_newsroom_and_of_who_is_gone_open_nothing(visit: Visit, tmp_path: Path) -> None:
    other = Visit(tmp_path / "other")
    for each in (visit, other):
        each.join("awa@example.org", "global/daily", "global/weekly")
    assert (mine := visit.find("awa@example.org")) and (theirs := other.find("awa@example.org"))
    assert mine.id == theirs.id
    page, leave = other.preferences("awa@example.org"), other.unsubscribe("awa@example.org", "global/daily")
    confirm = link(other.letters()[0], "subscribe/confirm")
    undo = undo_of(other.client.post(leave).text)
    before = visit.dump()
    for path in (page, f"{page}/delete", leave, confirm, undo):
        assert visit.client.post(path).status_code == 404, path
    assert visit.dump() == before
    # The same links at home, once their person is forgotten: none is good for anything again.
    assert other.client.post(f"{page}/delete").status_code == 200
    other.later(days=2)
    other.join("awa@example.org", "global/daily")
    before = other.dump()
    assert other.client.post(f"{page}/delete").status_code == 200  # a second click: done is done
    for path in (page, f"{page}/address", leave, undo):
        assert other.visitor("203.0.113.9").post(path, data={"all": "1"}).status_code == 404, path
    for path in (page, f"{page}/sent", f"{page}/export", leave):
        assert other.visitor("203.0.113.10").get(path).status_code == 404, path
    other.client.post(confirm)
    assert other.dump() == before
