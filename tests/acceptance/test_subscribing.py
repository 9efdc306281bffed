"""Sign up, confirm, change, leave and take it back: the real application, every mail from a real outbox."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from pressfeed.domain import SubscriberStatus
from pressfeed.errors import InputError
from pressfeed.publish import subscribers
from pressfeed.publish.incoming import Action
from tests.acceptance.mailroom import Mailroom
from tests.acceptance.visiting import Visit, link

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit(tmp_path / "room")


# Signing up


def test_a_mailbox_says_yes_by_a_button_and_the_proof_is_kept(visit: Visit) -> None:
    asked = visit.ask("Awa@Example.org", "global/daily", "west-central-africa/weekly", language="fr")
    assert asked.status_code == 200
    assert "Regardez dans votre boîte" in asked.text
    (mail,) = visit.letters()
    assert (mail["To"], mail["Subject"]) == ("Awa@example.org", "Merci de confirmer votre abonnement")
    assert mail["Auto-Submitted"] == "auto-generated"
    page = link(mail, "subscribe/confirm")
    before = visit.dump()
    shown = visit.client.get(page)
    assert visit.client.head(page).status_code == shown.status_code == 200
    assert "le vendredi à 14:00 (heure locale, Dakar)" in shown.text
    assert visit.dump() == before
    assert visit.find("awa@example.org") is None
    done = visit.client.post(page)
    assert "Vous êtes abonné(e)" in done.text
    person = visit.find("awa@example.org")
    assert person is not None
    assert (person.bulletins, person.languages) == (("global/daily", "west-central-africa/weekly"), ("fr",))
    with visit.open() as room:
        (proof,) = room.store.signups.consents(person.id)
    assert (proof.asked_from, proof.confirmed_from) == ("192.0.2.0/24", "192.0.2.0/24")
    assert proof.text.startswith("En choisissant « S’abonner », vous acceptez que «\xa0River Watch\xa0»")
    assert proof.bulletins == person.bulletins
    # The address stands with the subscriber alone.
    assert sum("Awa@example.org" in line for line in visit.dump()) == 1


def test_a_confirmation_that_comes_again_brings_nobody_back(visit: Visit) -> None:
    visit.join("awa@example.org")
    page = link(visit.letters()[0], "subscribe/confirm")
    visit.client.post(visit.unsubscribe("awa@example.org", "global/daily"), data={"all": "1"})
    assert visit.client.post(page).status_code == 200
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.status is SubscriberStatus.UNSUBSCRIBED


def test_a_link_works_for_a_week(visit: Visit) -> None:
    visit.ask("awa@example.org")
    page = link(visit.letters()[0], "subscribe/confirm")
    visit.later(days=7, seconds=1)
    for answer in (visit.client.get(page), visit.client.post(page)):
        assert answer.status_code == 404
        assert "does not work any more" in answer.text
    assert visit.find("awa@example.org") is None


def test_languages_come_in_order_of_preference(visit: Visit) -> None:
    data = {
        "address": "awa@example.org",
        "bulletin": "global/daily",
        "language": ["fr", "", "ar", "fr", "xx"],
    }
    visit.client.post("/subscribe/ar", data=data | {"stamp": visit.stamp()})
    visit.client.post(link(visit.letters()[0], "subscribe/confirm"))
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.languages == ("fr", "ar")


def test_the_page_speaks_the_visitors_language(visit: Visit) -> None:
    for accepted, language in (
        ("ar-EG,en;q=0.5", "ar"),
        ("de, fr;q=0.3, es;q=0.8", "es"),
        ("pt", "en"),
        ("*;q=0.1, fr;q=0", "en"),
        (";;;q=x,fr;q=", "fr"),
    ):
        page = visit.client.get("/subscribe", headers={"Accept-Language": accepted})
        assert f'<html lang="{language}"' in page.text, accepted
        assert page.headers["vary"] == "Accept-Language"
    assert visit.client.get("/subscribe/de").status_code == 404


def test_who_left_comes_back_to_what_they_chose_and_nothing_else(visit: Visit) -> None:
    visit.join("awa@example.org", "global/daily", "global/weekly")
    visit.client.post(visit.unsubscribe("awa@example.org", "global/daily"), data={"all": "1"})
    visit.later(days=2)
    visit.join("awa@example.org", "south-america/daily", "global/weekly")
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.status is SubscriberStatus.ACTIVE
    assert person.bulletins == ("global/weekly", "south-america/daily")


@pytest.mark.parametrize("status", [SubscriberStatus.COMPLAINED, SubscriberStatus.BOUNCED])
def test_who_complained_or_bounced_is_sent_nothing_and_the_page_says_the_same(
    visit: Visit, status: SubscriberStatus
) -> None:
    visit.join("awa@example.org")
    with visit.open() as room, room.store.transaction():
        room.store.subscribers.stop(room.store.subscribers.get("awa@example.org"), status, visit.now)
    visit.later(days=2)
    assert "Look into your mailbox" in visit.ask("awa@example.org").text
    assert len(visit.letters()) == 1
    with visit.open() as room:
        assert room.store.letters.newest(1)[0].state == "cancelled"
    told = json.loads(Mailroom(visit.root).pressfeed("deliveries", "letters", "--json").stdout)
    assert [(letter["kind"], letter["state"]) for letter in told] == [
        ("confirm", "cancelled"),
        ("confirm", "sent"),
    ]
    assert status.value in told[0]["reply"]
    assert "awa" not in json.dumps(told)


# What strangers can do with the form


def test_nobody_learns_who_is_subscribed(visit: Visit) -> None:
    visit.join("known@example.org")
    visit.later(days=2)
    answers = [visit.ask(f"{name}@example.org") for name in ("known", "other")]
    first, second = (answer.text.replace("known@", "other@") for answer in answers)
    assert first == second
    assert sorted(answers[0].headers) == sorted(answers[1].headers)
    told = {mail["To"]: mail for mail in visit.letters()}
    assert told["known@example.org"]["Subject"] == "You are subscribed already"
    assert told["other@example.org"]["Subject"] == "Please confirm your subscription"
    assert link(told["known@example.org"], "preferences") == visit.preferences("known@example.org")


def test_asking_does_the_same_work_whoever_it_is_about(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    from pressfeed.store.connection import Connection

    visit.join("known@example.org")
    visit.later(days=2)
    done: list[str] = []
    for runner in ("run", "rows", "row", "value", "insert", "each"):
        real = getattr(Connection, runner)

        def watched(self: Connection, name: str, *more: object, real=real) -> object:  # type: ignore[no-untyped-def]
            done.append(name)
            return real(self, name, *more)

        monkeypatch.setattr(Connection, runner, watched)
    work = []
    for name in ("known", "other"):
        done.clear()
        visit.ask(f"{name}@example.org")
        work.append([*done])
    assert work[0] == work[1]
    assert not {"subscriber_by_address", "suppression", "subscriber"} & set(work[0])


def test_a_victim_gets_one_mail_however_often_and_from_wherever_it_is_asked_for(visit: Visit) -> None:
    for number in range(30):
        visitor = visit.visitor(f"198.51.{number}.1")
        address = ("victim@example.org", "Victim@example.org", "VICTIM@EXAMPLE.ORG")[number % 3]
        assert "Look into your mailbox" in visit.ask(address, client=visitor).text
    assert len(visit.letters()) == 1
    for _ in range(27):
        visit.later(hours=25)
        visit.ask("victim@example.org")
    assert len(visit.letters()) == 3


def test_the_latest_choice_counts_until_the_mail_has_left(visit: Visit) -> None:
    visit.ask("awa@example.org", "global/daily")
    visit.ask("awa@example.org", "global/weekly")
    (mail,) = visit.letters()
    visit.ask("awa@example.org", "south-america/daily")
    visit.client.post(link(mail, "subscribe/confirm"))
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/weekly",)


def test_limits_per_network_and_in_all_survive_a_restart(tmp_path: Path) -> None:
    visit = Visit(tmp_path / "room", '[signup]\nper_network = "3/h"\ntotal = "5/h"\n')
    answers = []
    for number in range(7):
        visitor = visit.visitor("192.0.2.7" if number < 4 else f"203.0.113.{number}")
        answers.append(visit.ask(f"awa{number}@example.org", client=visitor).status_code)
    assert answers == [200, 200, 200, 429, 200, 200, 503]
    visit.later(hours=1)
    assert visit.ask("awa8@example.org").status_code == 200


def test_an_ipv6_household_is_one_network(tmp_path: Path) -> None:
    visit = Visit(tmp_path / "room", '[signup]\nper_network = "1/h"\n')
    asked = [
        visit.ask(f"a{number}@example.org", client=visit.visitor(address)).status_code
        for number, address in enumerate(("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
    ]
    assert asked == [200, 429, 200]


@pytest.mark.parametrize("stamp", ["none", "young", "old", "forged", "of another kind"])
def test_a_form_without_a_good_stamp_is_shown_again_and_kept_nowhere(visit: Visit, stamp: str) -> None:
    before = visit.dump()
    good = visit.stamp()
    if stamp == "young":
        visit.now -= dt.timedelta(seconds=4.5)
    if stamp == "old":
        visit.later(days=2)
    given = {"none": "", "forged": good[:-1] + ("a" if good[-1] != "a" else "b"), "of another kind": "aaaa"}
    data = {
        "address": "awa@example.org",
        "name": "Awa",
        "bulletin": "global/daily",
        "stamp": given.get(stamp, good),
    }
    answer = visit.client.post("/subscribe/en", data=data)
    assert answer.status_code == 200
    assert "press the button" in answer.text
    assert 'value="awa@example.org"' in answer.text
    assert 'value="global/daily" id="b-global-daily" checked' in answer.text
    assert visit.dump() == before


def test_a_form_of_another_site_leads_to_ours(visit: Visit) -> None:
    headers = {"Origin": "https://partner.example", "Sec-Fetch-Site": "cross-site"}
    data = {"address": "awa@example.org", "bulletin": ["global/daily"]}
    answer = visit.client.post("/subscribe/fr", data=data, headers=headers)
    assert "Merci de vérifier et de presser le bouton" in answer.text
    assert visit.letters() == []


def test_frames_are_for_the_sites_that_may(tmp_path: Path) -> None:
    policy = Visit(tmp_path / "a").client.get("/subscribe/en").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    visit = Visit(tmp_path / "b", '[signup]\nframes = ["https://partner.example"]\n')
    policy = visit.client.get("/subscribe/en").headers["content-security-policy"]
    assert "frame-ancestors https://partner.example" in policy
    assert "unsafe" not in policy
    answer = visit.client.get("/preferences/x")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_who_fills_in_what_people_do_not_see_gets_the_same_answer_and_nothing_happens(visit: Visit) -> None:
    before = visit.dump()
    answer = visit.ask("robot@example.org", website="https://spam.example")
    assert "Look into your mailbox" in answer.text
    assert visit.dump() == before


def test_what_is_missing_is_said_and_what_was_typed_stays(visit: Visit) -> None:
    answer = visit.client.post(
        "/subscribe/en", data={"address": "awa@", "name": "Awa", "stamp": visit.stamp()}
    )
    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.text
    assert "Choose at least one bulletin" in answer.text
    assert 'value="awa@"' in answer.text


def test_a_closed_form_takes_nobody(tmp_path: Path) -> None:
    visit = Visit(tmp_path / "room", '[signup]\nform = "closed"\n')
    assert "Sign-up is closed" in visit.client.get("/subscribe/en").text
    data = {"address": "awa@example.org", "bulletin": "global/daily"}
    assert "Sign-up is closed" in visit.client.post("/subscribe/en", data=data).text
    assert visit.letters() == []


@pytest.mark.parametrize(
    "name",
    [
        "Eve\r\nBcc: all@example.org",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }} %%UNSUBSCRIBE_URL%% {newsroom}",
        "\u202emoc.live\u2066",
        "x" * 5000,
    ],
)
def test_a_name_is_only_ever_a_name(visit: Visit, name: str) -> None:
    again = visit.client.post("/subscribe/en", data={"address": "a@example.org", "name": name}).text
    visit.join("eve@example.org", name=name)
    assert set(visit.letters()[0].keys()) & {"Bcc", "Cc"} == set()
    person = visit.find("eve@example.org")
    assert person is not None
    assert len(person.name) <= 100
    assert person.name.isprintable()
    pages = again + visit.client.get(visit.preferences("eve@example.org")).text
    assert "<script" not in pages
    assert "<img" not in pages
    assert "49" not in person.name


def test_an_address_is_only_ever_an_address(visit: Visit) -> None:
    for address in (
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "a@example.org%0ABcc:b@example.org",
        "<script>@example.org",
        '"><script>"@example.org',
        "a@" + "x" * 300 + ".org",
        "",
        "@",
        "a@b@c",
    ):
        answer = visit.ask(address)
        assert answer.status_code == 422, address
        assert "<script>" not in answer.text
    assert visit.letters() == []


def test_bodies_that_no_form_of_ours_has_are_refused(visit: Visit) -> None:
    visit.join("awa@example.org")
    paths = [
        "/subscribe/en",
        visit.preferences("awa@example.org"),
        visit.unsubscribe("awa@example.org", "global/daily"),
    ]
    before = visit.dump()
    for path in paths:
        assert visit.client.post(path, content=b"x" * 100_000, headers=FORM).status_code == 413
        assert visit.client.post(path, content=b"\xff\xfe=1", headers=FORM).status_code == 400
        many = b"&".join([b"a=1"] * 300)
        assert visit.client.post(path, content=many, headers=FORM).status_code == 400
    assert visit.dump() == before
    assert (
        visit.client.post(
            "/subscribe/en", content=b"{}", headers={"content-type": "application/json"}
        ).status_code
        == 422
    )


# Letters


def test_a_letter_outlives_its_sender_and_a_copy_is_the_same_message(visit: Visit) -> None:
    visit.ask("awa@example.org")
    with visit.open() as room:
        letters = room.store.letters
        taken = letters.claim("dead", visit.now, visit.now + dt.timedelta(minutes=2))
        assert taken is not None
        assert letters.begin(taken, "dead", visit.now + dt.timedelta(minutes=20))
    assert visit.letters() == []
    visit.later(minutes=21)
    (mail,) = visit.letters()
    assert mail["Message-ID"] == taken.message_id
    with visit.open() as room:
        assert not room.store.letters.begin(taken, "dead", visit.now)
        room.store.letters.put_off(taken, "dead", "late", visit.now)
        assert room.store.letters.newest(1)[0].state == "sent"
    assert len(visit.letters()) == 1


def test_a_letter_waits_for_a_mail_server_that_is_away(tmp_path: Path) -> None:
    visit = Visit(tmp_path / "room")
    settings = (visit.root / "pressfeed.toml").read_text()
    (visit.root / "pressfeed.toml").write_text(settings + 'transport = "smtp://127.0.0.1:1?tls=none"\n')
    visit.ask("awa@example.org")
    visit.letters()
    with visit.open() as room:
        (letter,) = room.store.letters.newest(5)
    assert letter.state == "pending"
    assert letter.next_try > visit.now
    (visit.root / "pressfeed.toml").write_text(settings)
    visit.later(minutes=10)
    assert [mail["Message-ID"] for mail in visit.letters()] == [letter.message_id]


def test_what_nobody_confirmed_is_forgotten(visit: Visit) -> None:
    from pressfeed.publish.signup import expire

    visit.ask("awa@example.org")
    visit.letters()
    visit.later(days=8)
    with visit.open() as room:
        expire(room.store, visit.now)
    assert not any("awa@example.org" in line for line in visit.dump())
    visit.later(days=30)
    with visit.open() as room:
        expire(room.store, visit.now)
    assert not any(re.match('INSERT INTO "?(signup|letter)', line) for line in visit.dump())


# Preferences


def test_choices_are_made_so_at_once(visit: Visit) -> None:
    visit.join("awa@example.org", "global/daily", "global/weekly")
    page = visit.preferences("awa@example.org")
    shown = visit.client.get(page).text
    assert 'id="b-global-daily" checked' in shown
    data = {
        "save": "1",
        "bulletin": ["global/weekly", "south-america/daily", "no/such"],
        "language": ["es", "en", "xx"],
    }
    assert "Los cambios se han guardado" in visit.client.post(page, data=data).text
    person = visit.find("awa@example.org")
    assert person is not None
    assert (person.bulletins, person.languages) == (("global/weekly", "south-america/daily"), ("es", "en"))
    # And back again, although it was left before.
    visit.client.post(page, data={"save": "1", "bulletin": ["global/daily"], "language": "en"})
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/daily",)


def test_who_pauses_is_neither_planned_for_nor_sent_what_was_planned(visit: Visit) -> None:
    visit.join("awa@example.org")
    visit.join("noor@example.org")
    mailroom = Mailroom(visit.root)
    mailroom.publish(1, "en")
    mailroom.plan("2026-03-17T12:01", visit.now)
    with visit.open() as room, room.store.transaction():
        claims = room.store.deliveries.claim("me", 1, visit.now, visit.now + dt.timedelta(minutes=1))
    page = visit.preferences("awa@example.org")
    data = {"save": "1", "bulletin": ["global/daily"], "language": "en", "pause": "2026-03-24"}
    assert "no mail before 24 March 2026" in visit.client.post(page, data=data).text
    with visit.open() as room:
        first = {each.subscriber: each for each in room.store.deliveries.list(None, -1)}
        assert first["awa@example.org"].reply == "called off: paused by the subscriber"
        assert first["noor@example.org"].state == "pending"
        with room.store.transaction():
            assert room.store.deliveries.sending(claims, "me", visit.now) == [None]
    mailroom.publish(2, "en")
    visit.later(days=1)
    second = mailroom.plan("2026-03-18T12:01", visit.now)
    visit.later(days=7)
    mailroom.publish(3, "en")
    third = mailroom.plan("2026-03-25T12:01", visit.now)
    with visit.open() as room:
        planned = {(each.edition, each.subscriber) for each in room.store.deliveries.list(None, -1)}
    assert (second, "awa@example.org") not in planned
    assert (third, "awa@example.org") in planned
    assert "no mail before" not in visit.client.get(page).text


def test_a_pause_that_comes_after_the_claim_stops_the_delivery(visit: Visit) -> None:
    visit.join("awa@example.org")
    mailroom = Mailroom(visit.root)
    mailroom.publish(1, "en")
    mailroom.plan("2026-03-17T12:01", visit.now)
    with visit.open() as room, room.store.transaction():
        (claim,) = room.store.deliveries.claim("me", 1, visit.now, visit.now + dt.timedelta(minutes=1))
        room.store.signups.pause(claim.subscriber, visit.now + dt.timedelta(days=3), visit.now)
        assert room.store.deliveries.sending([claim], "me", visit.now) == [None]
        room.store.deliveries.dropped(claim, "me", visit.now)
        found = room.store.deliveries.get(claim.id)
        assert (found.state, found.reply) == ("cancelled", "called off: paused by the subscriber")


def test_what_somebody_was_sent_is_listed_with_its_pages(visit: Visit) -> None:
    visit.join("awa@example.org")
    page = visit.preferences("awa@example.org")
    assert "Nothing has been sent to you yet" in visit.client.get(f"{page}/sent").text
    mailroom = Mailroom(visit.root)
    mailroom.publish(1, "en", "fr")
    mailroom.plan("2026-03-17T12:01", visit.now)
    assert mailroom.pressfeed("deliver").returncode == 0
    shown = visit.client.get(f"{page}/sent").text
    assert 'href="../../releases/en/release-1/"' in shown
    assert "(1)</a>" in shown
    assert json.loads(visit.client.get(f"{page}/export").text)["sent"][0]["bulletin"] == "global/daily"
    assert "No such" not in visit.client.get(f"{page}/sent", params={"before": 0}).text


def test_an_example_is_the_last_edition_as_far_as_it_is_public(visit: Visit) -> None:
    assert visit.client.get("/subscribe/fr/example/global/daily").status_code == 404
    mailroom = Mailroom(visit.root)
    mailroom.publish(1, "en", "fr")
    coming = visit.client.get("/subscribe/fr/example/global/daily")
    assert "Un exemple : « L’actualité du jour (Monde) »" in coming.text.replace("\xa0", " ")
    mailroom.plan("2026-03-17T12:01", visit.now)
    with visit.open() as room:
        release = next(each for each in room.store.releases.all() if each.content.language == "fr")
    shown = visit.client.get("/subscribe/fr/example/global/daily").text
    assert release.content.headline.split("’")[0] in shown
    assert "%%" not in shown
    assert mailroom.pressfeed("releases", "edit", str(release.id), "--status", "withdrawn").returncode == 0
    assert visit.client.get("/subscribe/fr/example/global/daily").status_code == 404
    assert visit.client.get("/subscribe/en/example/global/daily").status_code == 200
    assert visit.client.get("/subscribe/en/example/no/such").status_code == 404


def test_a_change_of_address_needs_both_mailboxes(visit: Visit) -> None:
    visit.join("old@example.org")
    page, leave = visit.preferences("old@example.org"), visit.unsubscribe("old@example.org", "global/daily")
    assert (
        "We write to both" in visit.client.post(f"{page}/address", data={"address": "new@example.org"}).text
    )
    told = {mail["To"]: link(mail, "preferences/address") for mail in visit.letters()[1:]}
    assert set(told) == {"old@example.org", "new@example.org"}
    before = visit.dump()
    assert "new@example.org" in visit.client.get(told["new@example.org"]).text
    assert visit.dump() == before
    assert "other mailbox" in visit.client.post(told["new@example.org"]).text
    assert visit.find("new@example.org") is None
    assert "Your address is changed" in visit.client.post(told["old@example.org"]).text
    assert visit.find("old@example.org") is None
    moved = visit.find("new@example.org")
    assert moved is not None
    assert moved.bulletins == ("global/daily",)
    for void in (page, leave, *told.values()):
        assert visit.client.get(void).status_code == 404
    assert visit.client.get(visit.preferences("new@example.org")).status_code == 200


def test_a_change_to_an_address_that_is_subscribed_tells_only_its_owner(visit: Visit) -> None:
    visit.join("old@example.org")
    visit.join("taken@example.org", "global/weekly")
    visit.later(days=2)
    page = visit.preferences("old@example.org")
    answers, told = [], {}
    for address in ("taken@example.org", "free@example.org"):
        answers.append(visit.client.post(f"{page}/address", data={"address": address}).text)
        told |= {str(mail["To"]): mail for mail in visit.letters()[2:]}
    assert answers[0] == answers[1]
    assert told["taken@example.org"]["Subject"] == "This address is subscribed already"
    assert told["free@example.org"]["Subject"] == "Please confirm your new address"


def test_who_holds_a_link_cannot_flood_mailboxes_with_changes_of_address(visit: Visit) -> None:
    visit.join("old@example.org")
    page = visit.preferences("old@example.org")
    for number in range(10):
        visit.client.post(f"{page}/address", data={"address": f"victim{number}@example.org"})
    visit.letters()
    assert sum("victim" in mail["To"] for mail in visit.letters()) <= 3
    assert sum(mail["To"] == "old@example.org" for mail in visit.letters()) <= 4


def test_everything_known_about_a_person_can_be_taken_along_and_forgotten(visit: Visit) -> None:
    visit.join("awa@example.org", name="Awa")
    page = visit.preferences("awa@example.org")
    answer = visit.client.get(f"{page}/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="subscription.json"'
    known = json.loads(answer.text)
    assert (known["address"], known["name"], known["bulletins"]) == (
        "awa@example.org",
        "Awa",
        ["global/daily"],
    )
    assert known["consent"][0]["asked_from"] == "192.0.2.0/24"
    before = visit.dump()
    assert "Delete your data?" in visit.client.get(f"{page}/delete").text
    assert visit.dump() == before
    assert "Your data is deleted" in visit.client.post(f"{page}/delete").text
    assert not any("awa" in line.lower() for line in visit.dump() if "INSERT INTO" in line)
    assert visit.client.get(page).status_code == 404
    # Nobody adds the address again, but its owner may come back.
    with visit.open() as room, pytest.raises(InputError, match="must not be mailed"):
        subscribers.add(room, "Awa@example.org", "", (), ("global/daily",), visit.now)
    visit.later(days=2)
    visit.join("awa@example.org")
    assert visit.find("awa@example.org") is not None


# Leaving, and taking it back


def undo_of(text: str) -> str:
    found = re.search(r'action="(?:\.\./unsubscribe/)?(undo/\w+)"', text)
    assert found is not None
    return "/unsubscribe/" + found[1]


def test_what_was_left_can_be_taken_back_exactly_for_a_day(visit: Visit) -> None:
    visit.join("awa@example.org", "global/daily", "global/weekly", "south-america/daily")
    visit.client.post(visit.unsubscribe("awa@example.org", "global/weekly"))
    visit.later(minutes=1)
    answer = visit.client.post(visit.unsubscribe("awa@example.org", "global/daily"))
    again = visit.client.post(visit.unsubscribe("awa@example.org", "global/daily"))
    undo = undo_of(answer.text)
    assert undo_of(again.text) == undo
    assert visit.client.get(undo).status_code in (404, 405)
    assert "as before" in visit.client.post(undo).text
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("global/daily", "south-america/daily")
    # A second time it is too late to undo what was decided since.
    visit.client.post(visit.unsubscribe("awa@example.org", "global/daily"))
    visit.client.post(undo)
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.bulletins == ("south-america/daily",)
    fresh = undo_of(visit.client.get(visit.unsubscribe("awa@example.org", "global/daily")).text)
    visit.later(days=1, seconds=1)
    assert visit.client.post(fresh).status_code == 404


def test_leaving_everything_can_be_taken_back_but_not_a_complaint(visit: Visit) -> None:
    visit.join("awa@example.org", "global/daily", "global/weekly")
    page = visit.unsubscribe("awa@example.org", "global/daily")
    visit.client.post(undo_of(visit.client.post(page, data={"all": "1"}).text))
    person = visit.find("awa@example.org")
    assert person is not None
    assert (person.status, person.bulletins) == (SubscriberStatus.ACTIVE, ("global/daily", "global/weekly"))
    with visit.open() as room:
        assert room.store.subscribers.suppressed("awa@example.org") is None
    undo = undo_of(visit.client.post(visit.preferences("awa@example.org"), data={"all": "1"}).text)
    visit.later(minutes=5)
    assert visit.comes_back("arf-abuse", "awa@example.org").action is Action.COMPLAINED
    assert visit.client.post(undo).status_code == 404
    assert "undo/" not in visit.client.get(visit.preferences("awa@example.org")).text
    person = visit.find("awa@example.org")
    assert person is not None
    assert person.status is SubscriberStatus.COMPLAINED


# Tokens


def test_no_changed_letter_of_any_token_opens_anything(visit: Visit) -> None:
    visit.join("awa@example.org", "global/daily")
    visit.later(days=2)
    visit.ask("other@example.org")
    confirm = link(visit.letters()[-1], "subscribe/confirm")
    visit.client.post(visit.preferences("awa@example.org") + "/address", data={"address": "new@example.org"})
    address = link(visit.letters()[-1], "preferences/address")
    undo = undo_of(visit.client.post(visit.unsubscribe("awa@example.org", "global/daily")).text)
    paths = [
        visit.preferences("awa@example.org"),
        visit.unsubscribe("awa@example.org", "global/daily"),
        confirm,
        address,
        undo,
    ]
    before = visit.dump()
    visitor = visit.client
    for path in paths:
        folder, _, token = path.rpartition("/")
        for place in range(len(token)):
            if place % 15 == 0:  # who guesses more often than that is not listened to any more
                visitor = visit.visitor(f"198.51.100.{place}")
            other = "a" if token[place] != "a" else "b"
            wrong = f"{folder}/{token[:place]}{other}{token[place + 1 :]}"
            assert visitor.post(wrong).status_code == 404, wrong
    # Nor does a token of one purpose open another door.
    tokens = [path.rpartition("/")[2] for path in paths]
    for path in paths:
        for token in tokens:
            if not path.endswith(token):
                crossed = path.rpartition("/")[0] + "/" + token
                assert visit.visitor("203.0.113.9").post(crossed).status_code == 404
    assert visit.dump() == before


def test_tokens_are_compared_in_constant_time_whether_they_have_a_row_or_not(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pressfeed import tokens
    from pressfeed.tokens import Keyring, Scope

    compared: list[int] = []
    real = tokens.hmac.compare_digest
    monkeypatch.setattr(tokens.hmac, "compare_digest", lambda a, b: compared.append(len(a)) or real(a, b))
    strange = Keyring(b"another newsroom's secret, as long")
    for folder, token in (
        ("/preferences/", strange.token(Scope.PREFERENCES, 12345, epoch=0)),
        ("/unsubscribe/", strange.token(Scope.UNSUBSCRIBE, 12345, "global/daily", epoch=0)),
        ("/subscribe/confirm/", strange.token(Scope.CONFIRM, 12345, epoch=0)),
        ("/preferences/address/", strange.token(Scope.ADDRESS, 12345, "old", epoch=0)),
        ("/unsubscribe/undo/", strange.token(Scope.UNDO, 12345, 7, 8, epoch=0)),
    ):
        compared.clear()
        assert visit.client.post(folder + token).status_code == 404
        assert compared == [16], folder


def test_nothing_ever_leads_a_visitor_elsewhere(visit: Visit) -> None:
    visit.join("awa@example.org")
    evil = ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)")
    for path in ("/subscribe", "/subscribe/en", visit.preferences("awa@example.org")):
        for name in ("next", "url", "return", "redirect", "region", "before"):
            for target in evil:
                for answer in (
                    visit.client.get(path, params={name: target}),
                    visit.client.post(path, data={name: target}),
                ):
                    assert "location" not in answer.headers
                    assert "evil.example" not in answer.text
                    assert 'href="javascript:' not in answer.text
