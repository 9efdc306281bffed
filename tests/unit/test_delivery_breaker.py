"""The breaker's pauses and the rate's rhythm, on a clock of our own."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressfeed.delivery.breaker import Breaker, Pace
from pressfeed.delivery.limits import Limits, Timeouts
from pressfeed.delivery.transport import Outcome, Result

DOWN = Outcome(Result.UNSENT, text="refused")


def test_pauses_double_up_to_the_longest_and_success_ends_them() -> None:
    breaker = Breaker(5, 300, random.Random(1))
    assert breaker.pause(100) == 0
    assert breaker.verdict is None
    now = 100.0
    for expected in (5, 10, 20, 40, 80, 160, 300, 300):
        breaker.failed(DOWN, now)
        pause = breaker.pause(now)
        assert 0.8 * expected <= pause <= 1.2 * expected
        now += pause
        assert breaker.pause(now) == pytest.approx(0, abs=1e-9)
    assert breaker.verdict is DOWN
    breaker.succeeded()
    assert breaker.verdict is None
    breaker.failed(DOWN, now)
    assert breaker.pause(now) <= 6


def test_a_year_of_failures_does_not_overflow() -> None:
    breaker = Breaker(5, 300)
    now = 0.0
    for _ in range(5000):
        breaker.failed(DOWN, now)
        assert breaker.pause(now) <= 360
        now += 360


def test_an_outage_that_meets_many_connections_counts_once() -> None:
    breaker = Breaker(5, 300)
    for _ in range(10):
        breaker.failed(DOWN, 100)
    assert breaker.pause(100) <= 6
    breaker.failed(DOWN, 107)
    assert 8 <= breaker.pause(107) <= 12


@given(st.floats(0.1, 5000), st.lists(st.floats(0, 2), min_size=1, max_size=200))
def test_no_more_messages_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    pace = Pace(rate)
    now = 1000.0
    due = []
    for gap in gaps:
        now += gap
        due.append(now + pace.take(now))
    for first in range(len(due)):
        for last in range(first, len(due)):
            # In any span: its length times the rate, one to begin with, and what a late sleeper catches up.
            assert last - first <= (due[last] - due[first] + 0.1) * rate + 1 + 1e-6


def test_no_rate_is_no_wait() -> None:
    pace = Pace(0)
    assert [pace.take(now) for now in (0, 0, 0)] == [0, 0, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"connections": 0},
        {"rate": -1},
        {"messages_per_connection": -1},
        {"breaker_first": 0},
        {"breaker_first": 10, "breaker_longest": 5},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"needed|negative|breaker"):
        Limits(**wrong)  # type: ignore[arg-type]


def test_a_timeout_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="reply timeout"):
        Timeouts(reply=0)
