from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.errors import ConfigError
from pressfeed.tokens import Claim, Keyring, Links, Scope, parse

SECRET = b"0123456789abcdef0123456789abcdef"
RING = Keyring(SECRET)
LINKS = Links(RING, "https://news.press.example", "bounces@press.example", "unsubscribe@press.example")

ids = st.integers(min_value=0, max_value=2**63 - 1)
parts = st.lists(st.one_of(ids, st.text(st.characters(codec="utf-8"), max_size=30)), max_size=4)
scopes = st.sampled_from(Scope)


def claim_of(token: str) -> Claim:
    claim = parse(token)
    assert claim is not None
    return claim


@given(scopes, ids, parts, st.integers(0, 10**6))
def test_a_token_says_what_it_was_made_of_and_checks(scope, subscriber, named, epoch):
    claim = claim_of(RING.token(scope, subscriber, *named, epoch=epoch))
    assert (claim.subscriber_id, claim.parts) == (subscriber, tuple(named))
    assert RING.check(claim, scope, epoch=epoch)


@given(scopes, scopes, ids, parts)
def test_a_token_is_worth_nothing_in_another_scope(scope, other, subscriber, named):
    claim = claim_of(RING.token(scope, subscriber, *named, epoch=3))
    assert RING.check(claim, other, epoch=3) == (scope == other)


@given(ids, st.integers(0, 1000), st.integers(0, 1000))
def test_a_new_epoch_revokes_every_older_token(subscriber, epoch, later):
    claim = claim_of(RING.token(Scope.PREFERENCES, subscriber, epoch=epoch))
    assert RING.check(claim, Scope.PREFERENCES, epoch=later) == (epoch == later)


@given(ids, parts, st.data())
def test_no_single_changed_character_passes(subscriber, named, data):
    token = RING.token(Scope.UNSUBSCRIBE, subscriber, *named, epoch=0)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda c: c != token[at]))
    claim = parse(token[:at] + other + token[at + 1 :])
    assert claim is None or not RING.check(claim, Scope.UNSUBSCRIBE, epoch=0)


def test_a_number_that_no_store_can_look_up_is_no_token():
    token = RING.token(Scope.UNSUBSCRIBE, 2**63, "global/daily", epoch=0)
    assert parse(token) is None
    assert parse(RING.token(Scope.ADVANCE, 1, 2**200, epoch=0)) is None


def test_letters_that_are_like_ours_in_upper_case_make_no_second_spelling():
    token = RING.token(Scope.UNSUBSCRIBE, 7, "south-america/daily", epoch=0)
    assert {"i", "s"} <= set(token)
    for ours, other in (("i", "ı"), ("s", "ſ")):
        assert other.upper() == ours.upper()
        assert parse(token.replace(ours, other)) is None


@given(st.one_of(st.text(max_size=80), st.from_regex(r"\A[a-z2-7]{20,80}\Z")))
def test_whatever_stands_in_a_url_is_refused_without_an_error(text):
    claim = parse(text)
    assert claim is None or not RING.check(claim, Scope.UNSUBSCRIBE, epoch=0)


@given(ids, parts)
def test_a_token_survives_a_local_part_that_is_folded_to_capitals(subscriber, named):
    token = RING.token(Scope.BOUNCE, subscriber, *named, epoch=1)
    assert re.fullmatch("[a-z2-7]+", token)
    assert parse(token.upper()) == parse(token)


def test_another_spelling_of_the_same_bytes_is_not_a_token():
    token = RING.token(Scope.UNSUBSCRIBE, 1, epoch=0)  # 18 bytes, so that the last character has a spare bit
    spare = token[:-1] + chr(ord(token[-1]) + 1)
    assert parse(token) is not None
    assert parse(spare) is None
    assert parse(token + "=") is None


@given(ids, st.lists(ids, min_size=1, max_size=3))
def test_parts_do_not_run_into_each_other(subscriber, numbers):
    tokens = {
        RING.token(Scope.UNSUBSCRIBE, subscriber, *numbers, epoch=0),
        RING.token(Scope.UNSUBSCRIBE, subscriber, *map(str, numbers), epoch=0),
        RING.token(Scope.UNSUBSCRIBE, subscriber, "".join(map(str, numbers)), epoch=0),
    }
    assert len(tokens) == (3 if len(numbers) > 1 else 2)


def test_retired_secrets_still_check_but_make_nothing():
    old, new = Keyring(SECRET), Keyring(b"n" * 32, retired=[SECRET])
    assert new.check(claim_of(old.token(Scope.UNSUBSCRIBE, 5, epoch=0)), Scope.UNSUBSCRIBE, epoch=0)
    assert not old.check(claim_of(new.token(Scope.UNSUBSCRIBE, 5, epoch=0)), Scope.UNSUBSCRIBE, epoch=0)


def test_a_short_secret_is_refused():
    with pytest.raises(ConfigError, match="32 bytes"):
        Keyring(b"short")


def test_a_negative_number_is_refused():
    with pytest.raises(ValueError, match="negative"):
        RING.token(Scope.BOUNCE, -1, epoch=0)


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 100))
def test_a_return_path_fits_and_leads_back(subscriber, edition, epoch):
    local, _, domain = LINKS.return_path(subscriber, edition, epoch=epoch).rpartition("@")
    assert domain == "press.example"
    assert len(local) <= 64
    name, _, token = local.partition("+")
    claim = claim_of(token)
    assert (name, claim.subscriber_id, claim.parts) == ("bounces", subscriber, (edition,))
    assert RING.check(claim, Scope.BOUNCE, epoch=epoch)


def test_links_name_the_bulletin_but_no_address():
    url = LINKS.unsubscribe(7, "global/daily", epoch=2)
    claim = claim_of(url.removeprefix("https://news.press.example/unsubscribe/"))
    assert (claim.subscriber_id, claim.parts) == (7, ("global/daily",))
    assert RING.check(claim, Scope.UNSUBSCRIBE, epoch=2)
    token = claim_of(LINKS.preferences(7, epoch=2).removeprefix("https://news.press.example/preferences/"))
    assert RING.check(token, Scope.PREFERENCES, epoch=2)
    mailto = LINKS.unsubscribe_mailto(7, "global/daily", epoch=2)
    assert mailto == "mailto:unsubscribe@press.example?subject=unsubscribe-" + url.rpartition("/")[2]


def test_without_an_address_for_it_there_is_no_unsubscribing_by_mail():
    links = Links(RING, "https://news.press.example", "bounces@press.example")
    assert links.unsubscribe_mailto(7, "global/daily", epoch=0) == ""


@pytest.mark.parametrize(
    "address", ["", "bounces", "@press.example", "b@", "a-rather-long-local-part@x.example"]
)
def test_a_bounce_address_that_cannot_carry_a_token_is_refused(address):
    with pytest.raises(ConfigError, match="cannot carry a token"):
        Links(RING, "https://news.press.example", address)


def test_message_ids_repeat_for_a_retry_and_differ_otherwise():
    first = RING.message_id("edition-a", 1, "press.example")
    assert first == Keyring(SECRET).message_id("edition-a", 1, "press.example")
    assert re.fullmatch(r"<[a-z2-7]{32}@press\.example>", first)
    others = {
        RING.message_id("edition-a", 2, "press.example"),
        RING.message_id("edition-b", 1, "press.example"),
        RING.message_id("edition-a1", 1, "press.example"),
        Keyring(b"n" * 32).message_id("edition-a", 1, "press.example"),
    }
    assert first not in others
    assert len(others) == 4


@given(st.text(max_size=60), st.integers(0, 10**9))
def test_the_alphabet_is_base32_however_long_a_token_is(word, subscriber):
    token = RING.token(Scope.UNSUBSCRIBE, subscriber, word, epoch=0)
    claim = claim_of(token)
    assert token == base64.b32encode(claim.mac + claim.payload).decode().rstrip("=").lower()
