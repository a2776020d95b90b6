from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.channels.backoff import retry_after_attempt

WAITS = {1: 5, 2: 300, 3: 1800, 4: 7200, 5: 18_000, 6: 36_000, 7: 50_400, 8: 72_000, 9: 86_400}


@given(attempt=st.sampled_from(sorted(WAITS)), key=st.text())
def test_waits_are_those_of_the_schedule_and_up_to_a_fifth_more(attempt: int, key: str) -> None:
    wait = retry_after_attempt(attempt, key)
    assert wait is not None
    assert WAITS[attempt] <= wait < WAITS[attempt] * 1.2
    assert retry_after_attempt(attempt, key) == wait


def test_one_outage_is_spread_over_time() -> None:
    waits = {retry_after_attempt(4, f"alert{n}") for n in range(100)}
    assert len(waits) == 100
    first, last = min(w for w in waits if w), max(w for w in waits if w)
    assert last - first > 0.15 * 7200


@pytest.mark.parametrize("attempt", [10, 11, 0, -1])
def test_after_the_tenth_attempt_it_gives_up(attempt: int) -> None:
    assert retry_after_attempt(attempt, "a") is None
