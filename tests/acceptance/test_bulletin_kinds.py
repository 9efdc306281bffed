"""Digests, weekly round-ups and alerts: who gets which story, when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.clockwork import WORLD, Clockwork

BULLETINS = """\
[[bulletins]]
name = "daily"
cron = "0 7 * * mon-fri"

[[bulletins]]
name = "weekly"
kind = "weekly"
cron = "0 14 * * fri"

[[bulletins]]
name = "alert"
kind = "alert"
window = "10m"
rate = "3/h"
"""


@pytest.fixture
def news(tmp_path: Path) -> Iterator[Clockwork]:
    made = Clockwork(tmp_path / "newsroom", "2026-03-09T06:00", global_=WORLD + BULLETINS)  # a Monday
    yield made
    made.stop()


def lines(news: Clockwork, bulletin: str) -> list[str]:
    return [
        f"{one.slot} {'+'.join(one.stories)} {'+'.join(one.recipients) or '-'}"
        for one in news.told(bulletin)
        if one.state != "skipped"
    ]


def given(news: Clockwork) -> dict[str, list[str]]:
    """Which stories each person was given, in order."""
    with news.store() as store:
        found: dict[str, list[str]] = {}
        for entry in store.ledger.all():
            found.setdefault(entry.subscriber.partition("@")[0], []).append(entry.story)
    return found


def test_each_story_once_for_who_has_both_and_all_of_them_for_who_has_the_weekly(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/daily", "global/weekly")
    news.subscribe("bo", "en", "global/weekly")
    news.start()
    for day in range(9, 14):
        news.until(f"2026-03-{day:02}T06:30")
        news.publish(f"early-{day}")
        news.until(f"2026-03-{day:02}T11:00")
        news.publish(f"late-{day}")
    news.until("2026-03-13T12:00")
    news.subscribe("cy", "en", "global/weekly")
    news.until("2026-03-20T15:00")
    everything = [f"{part}-{day}" for day in range(13, 8, -1) for part in ("late", "early")]
    assert sorted(given(news)["ana"]) == sorted(everything)
    assert given(news)["bo"] == given(news)["cy"] == everything
    # Ana reads in the weekly only what came after Friday's daily; Monday's has nothing left for her.
    weekly = news.told("global/weekly")[0]
    assert (weekly.slot, weekly.stories) == ("2026-03-13T14:00", tuple(everything))
    with news.store() as store:
        friday = next(one for one in store.editions.newest(99) if one.bulletin == "global/weekly")
        assert friday.waiting == 0


def test_a_weekly_leaves_nothing_out_however_much_there_is(news: Clockwork) -> None:
    news.subscribe("bo", "en", "global/weekly")
    news.start()
    for number in range(60):
        news.publish(f"story-{number}")
    news.until("2026-03-13T14:00")
    assert len(given(news)["bo"]) == 60


def test_what_a_daily_could_not_deliver_the_weekly_tells(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/daily", "global/weekly")
    news.start()
    news.publish("flood")
    news.until("2026-03-09T07:00")
    assert given(news)["ana"] == ["flood"]
    with news.store() as store, store.transaction():
        (claim,) = store.deliveries.claim("test", 10, news.now, news.now)
        assert store.deliveries.failed(claim, "test", "550 no such user", news.now)
    news.until("2026-03-13T14:00")
    assert lines(news, "global/weekly") == ["2026-03-13T14:00 flood ana"]


def test_what_failed_after_a_review_is_in_the_next_one(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/daily", "global/weekly")
    news.subscribe("ben", "en", "global/daily", "global/weekly")
    news.start()
    news.publish("flood")
    news.until("2026-03-10T08:00")
    assert given(news)["ana"] == ["flood"]
    news.until("2026-03-13T14:00")
    assert lines(news, "global/weekly") == ["2026-03-13T14:00 flood -"]
    news.now += dt.timedelta(minutes=1)
    with news.store() as store, store.transaction():
        claims = store.deliveries.claim("test", 10, news.now, news.now)
        assert store.deliveries.failed(claims[0], "test", "450 gave up after 3 days", news.now)
    news.until("2026-03-20T14:00")
    assert lines(news, "global/weekly")[1:] == ["2026-03-20T14:00 flood ana"]
    news.until("2026-04-03T14:00")
    assert len(lines(news, "global/weekly")) == 2


def test_an_alert_goes_out_at_once_and_what_follows_is_merged(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/alert")
    news.publish("old news")
    news.now = news.now.replace(minute=1)
    news.start()
    news.until("2026-03-09T06:30:20")
    news.publish("first")
    news.until("2026-03-09T06:32")
    news.publish("second")
    news.until("2026-03-09T06:36")
    news.publish("third")
    news.until("2026-03-09T08:00")
    assert lines(news, "global/alert") == [
        "2026-03-09T06:30:20 first ana",
        "2026-03-09T06:40:20 third+second ana",
    ]
    assert [edition.planned_at.isoformat()[11:19] for edition in news.editions("global/alert")] == [
        "06:30:20",
        "06:40:20",
    ]


def test_alerts_keep_to_their_rate_and_tell_the_rest_when_they_may(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/alert")
    news.start()
    for minute in range(0, 60, 12):
        news.until(f"2026-03-09T10:{minute:02}")
        news.publish(f"at-{minute}")
    news.until("2026-03-09T12:00")
    assert lines(news, "global/alert") == [
        "2026-03-09T10:00:00 at-0 ana",
        "2026-03-09T10:12:00 at-12 ana",
        "2026-03-09T10:24:00 at-24 ana",
        "2026-03-09T11:00:00 at-48+at-36 ana",
    ]


def test_an_alert_respects_embargo_schedule_and_archive(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/alert")
    news.start()
    news.publish("embargoed", embargo="2026-03-09T09:00")
    news.publish("scheduled", at="2026-03-09T10:00")
    news.publish("archived", archive=True)
    news.until("2026-03-09T08:59:59")
    assert lines(news, "global/alert") == []
    news.until("2026-03-09T12:00")
    assert lines(news, "global/alert") == [
        "2026-03-09T09:00:00 embargoed ana",
        "2026-03-09T10:00:00 scheduled ana",
    ]


def test_a_release_with_an_old_date_is_news_when_it_arrives(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/alert")
    news.start()
    news.until("2026-03-09T09:00:30")
    news.publish("yesterday", at="2026-03-08T10:00")
    news.until("2026-03-09T10:00")
    assert lines(news, "global/alert") == ["2026-03-09T09:00:30 yesterday ana"]


def test_translations_that_arrive_together_are_one_story(news: Clockwork) -> None:
    news.subscribe("ana", "fr", "global/alert")
    news.subscribe("bo", "en", "global/alert")
    news.start()
    news.until("2026-03-09T09:00")
    news.publish("flood", "en", "fr")
    news.until("2026-03-09T09:20")
    news.publish("flood", "es")
    news.until("2026-03-09T10:00")
    assert lines(news, "global/alert") == ["2026-03-09T09:00:00 flood ana+bo"]


def test_who_was_alerted_does_not_read_it_again_in_the_digests(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/alert", "global/daily", "global/weekly")
    news.subscribe("bo", "en", "global/daily")
    news.start()
    news.until("2026-03-09T09:00")
    news.publish("flood")
    news.until("2026-03-14T00:00")
    assert given(news) == {"ana": ["flood"], "bo": ["flood"]}


def test_an_alert_that_comes_too_late_is_recorded_and_told(news: Clockwork) -> None:
    news.subscribe("ana", "en", "global/alert", "global/daily")
    news.start()
    news.until("2026-03-09T09:00")
    news.stop()
    news.publish("stale")
    news.until("2026-03-09T23:00")
    news.publish("fresh")
    news.until("2026-03-10T02:00")
    news.start()
    assert lines(news, "global/alert") == ["2026-03-09T23:00:00 fresh ana"]
    skipped = [edition for edition in news.editions("global/alert") if edition.state == "skipped"]
    assert [edition.reason for edition in skipped] == [
        "too late: public for more than 12h when the alert could go out"
    ]
    assert news.incidents() == ["late:global/alert"]
    news.until("2026-03-10T07:00")
    assert "stale" in given(news)["ana"]
    assert len(news.editions("global/alert")) == 2
