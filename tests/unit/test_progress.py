"""What the live view of a sender says."""

from __future__ import annotations

import pytest

from pressfeed.cli.deliveries import progress
from pressfeed.delivery.sender import Tally


@pytest.mark.parametrize(
    ("tally", "rate", "words"),
    [
        (Tally(due=50), 0.0, "0 accepted, 0 deferred, 0 failed, 0/s"),
        (
            Tally(due=50, sent=20, deferred=3, failed=2),
            5.0,
            "20 accepted, 3 deferred, 2 failed, 5/s, 5 s left",
        ),
        (Tally(due=9000, sent=3000), 20.0, "3000 accepted, 0 deferred, 0 failed, 20/s, 5 min left"),
        (
            Tally(due=5, sent=2, unknown=2),
            1.0,
            "2 accepted, 0 deferred, 0 failed, 2 in doubt, 1/s, 1 s left",
        ),
        (Tally(due=5, sent=4, deferred=2), 3.0, "4 accepted, 2 deferred, 0 failed, 3/s"),
    ],
)
def test_counts_rate_and_time_left(tally: Tally, rate: float, words: str) -> None:
    assert progress(tally, rate) == words
