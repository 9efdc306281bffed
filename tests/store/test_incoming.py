"""What follows from incoming mail: the corpus, forgeries, soft bounces in a row, refusals while sending."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.config import IncomingConfig
from pressfeed.domain import SubscriberStatus
from pressfeed.publish.incoming import Action, ends, receive, rejected
from pressfeed.store.incoming import Step
from tests.acceptance import inbox
from tests.acceptance.inbox import CORPUS, READER, Inbox
from tests.acceptance.mailroom import BULLETIN, NOW, Mailroom

SETTINGS = IncomingConfig()
LATER = NOW + dt.timedelta(hours=1)
DOCUMENT = (Path(__file__).parents[2] / "docs" / "incoming.md").read_text("utf-8")
TABLE = {
    name: (kind, action)
    for name, kind, action in re.findall(
        r"^\| `([a-z0-9-]+)` \| .* \| ([a-z-]+) \| ([a-z]+) \|$",
        DOCUMENT.split("## Messages that the tests read")[1],
        re.MULTILINE,
    )
}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Inbox:
    return inbox.make(tmp_path_factory.mktemp("inbox") / "room")


@pytest.fixture
def box(made, tmp_path) -> Inbox:
    """A newsroom of the test's own, all as it was when the edition had gone out."""
    shutil.copytree(made.root, tmp_path / "room")
    return Inbox(Mailroom(tmp_path / "room"))


def take(box: Inbox, raw: bytes, now: dt.datetime = LATER):
    with box.mailroom.open() as room:
        return receive(room.store, SETTINGS, raw, "file", now)


def test_the_table_names_every_message_and_there_are_forty_kinds_of_bounces():
    assert set(TABLE) == {path.stem for path in CORPUS.glob("*.eml")}
    assert sum(kind not in ("reply", "other", "unsubscribe") for kind, _ in TABLE.values()) >= 40


@pytest.mark.parametrize("name", TABLE)
def test_each_message_is_what_the_table_says_and_has_the_effect_that_it_says(box, name):
    receipt = take(box, box.message(name))
    kind, action = TABLE[name]
    assert (receipt.kind, receipt.action) == (kind, action)
    reader = box.reader()
    expected = {"bounced": "bounced", "complained": "complained"}.get(action, "active")
    assert reader.status == expected
    assert (BULLETIN in reader.bulletins) == (action != "unsubscribed")
    assert box.reader("somebody@else.example.net").status is SubscriberStatus.ACTIVE
    again = take(box, box.message(name))
    assert again.repeated and again.action == receipt.action, "the same message counts once"


def test_no_forged_message_ends_a_subscription(box):
    tokens = box.tokens()
    forged = {
        **{hole: token[:-9] + "aaaaaaaaa" for hole, token in tokens.items()},
        "%%UPPER%%": tokens["%%UPPER%%"][:-9] + "AAAAAAAAA",
        "%%MESSAGE_ID%%": "<guessed@press.example.org>",
    }
    for name in TABLE:
        receipt = take(box, box.message(name, tokens=forged))
        assert receipt.action in (Action.KEPT, Action.IGNORED), name
        assert box.reader().status is SubscriberStatus.ACTIVE, name
        assert box.reader().bulletins == (BULLETIN,), name


def test_a_bounce_of_a_revoked_token_changes_nothing(box):
    revoked = {**box.tokens(epoch=1), "%%MESSAGE_ID%%": "<another@press.example.org>"}
    raw = box.message("postfix-user-unknown", tokens=revoked)
    assert take(box, raw).action is Action.KEPT
    assert box.reader().status is SubscriberStatus.ACTIVE


def test_a_message_id_and_the_address_together_prove_whose_mail_it_was(box):
    raw = box.message("postfix-user-unknown")
    for hole in ("%%BOUNCE%%", "%%UNSUBSCRIBE%%"):
        raw = raw.replace(box.tokens()[hole].encode(), b"x")
    assert take(box, raw).action is Action.BOUNCED


def test_soft_bounces_end_a_subscription_only_in_a_row_over_two_weeks(box):
    days = (1, 5, 9, 13, 15)
    editions = [box.send(day) for day in days]
    told = [take(box, box.message("postfix-over-quota", edition)).action for edition in editions[:4]]
    assert told == [Action.COUNTED] * 4
    assert take(box, box.message("gmail-over-quota", editions[0])).action is Action.COUNTED, (
        "the same delivery"
    )
    assert take(box, box.message("postfix-over-quota", editions[4])).action is Action.BOUNCED
    assert box.reader().status is SubscriberStatus.BOUNCED


def test_a_success_between_begins_the_row_anew(box):
    editions = [box.send(day) for day in (2, 6, 10, 12, 14, 20)]
    for edition in (*editions[:3], *editions[4:]):
        assert take(box, box.message("postfix-over-quota", edition)).action is Action.COUNTED
    assert box.reader().status is SubscriberStatus.ACTIVE


def test_a_late_bounce_of_an_early_edition_fills_the_gap(box):
    editions = [box.send(day) for day in (3, 7, 11, 17, 19)]
    for edition in (editions[0], *editions[2:]):
        assert take(box, box.message("postfix-over-quota", edition)).action is Action.COUNTED
    assert take(box, box.message("quota-given-up", editions[1])).action is Action.BOUNCED


STEPS = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from([None, "full-mailbox", "policy-block", "unclear"])),
    max_size=12,
)


@given(STEPS)
def test_a_row_of_soft_bounces_never_reaches_over_a_success(steps):
    ordered = sorted(steps, key=lambda step: -step[0])
    history = [Step(NOW + dt.timedelta(days=day), True, kind) for day, kind in ordered]
    row = []
    for step in history:
        if step.kind is None:
            break
        if step.kind != "policy-block":
            row.append(step.at)
    expected = len(row) >= 5 and row[0] - row[-1] >= dt.timedelta(days=14)
    assert ends(history, 5, dt.timedelta(days=14)) is expected


@pytest.mark.parametrize(
    ("code", "status", "text", "action"),
    [
        (550, "5.1.1", "user unknown", Action.BOUNCED),
        (550, "", "5.1.1 no such user", Action.BOUNCED),
        (552, "5.2.2", "over quota", Action.COUNTED),
        (550, "5.7.1", "user unknown, by policy", Action.NOTED),
        (550, "", "rejected as spam", Action.NOTED),
        (450, "4.2.1", "gave up after 3 days", Action.COUNTED),
    ],
)
def test_a_refusal_while_sending_goes_the_same_way(box, code, status, text, action):
    with box.mailroom.open() as room, room.store.transaction():
        person = room.store.subscribers.get(READER)
        told = rejected(
            room.store,
            SETTINGS,
            subscriber=person.id,
            delivery=room.store.incoming.delivery_of(1, person.id),
            code=code,
            status=status,
            text=text,
            now=LATER,
        )
        assert told is action
        assert [one.source for one in room.store.incoming.bounces(person.id)] == ["smtp"]
    assert (box.reader().status is SubscriberStatus.BOUNCED) == (action is Action.BOUNCED)


def test_who_has_gone_already_stays_as_they_were(box):
    assert take(box, box.message("arf-abuse")).action is Action.COMPLAINED
    assert take(box, box.message("postfix-user-unknown")).action is Action.NOTED
    assert box.reader().status is SubscriberStatus.COMPLAINED


def test_what_waits_for_an_operator_is_kept_whole_and_seen_to_once(box):
    raw = box.message("person-answers")
    take(box, raw)
    take(box, box.message("postfix-user-unknown"))
    with box.mailroom.open() as room:
        (waiting,) = room.store.incoming.open(-1)
        assert (waiting.kind, waiting.raw) == ("reply", raw)
        assert [one.raw for one in room.store.incoming.newest(1)] == [None], "a bounce need not be read"
        assert room.store.incoming.resolve(waiting.id, LATER)
        assert not room.store.incoming.resolve(waiting.id, LATER)
        assert room.store.incoming.waiting() == 0
