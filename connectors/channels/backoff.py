"""When to try a delivery again."""

from __future__ import annotations

import random
from typing import Final

_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
SCHEDULE: Final = (
    5.0,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""Seconds from each failed attempt to the next: the example schedule of Standard Webhooks 1.0, ten attempts in all."""

_JITTER: Final = 0.2


def retry_after_attempt(attempt: int, key: str) -> float | None:
    """Seconds to wait after failed attempt number `attempt` (from 1), up to a fifth longer than the schedule says.

    None after the last. The jitter keeps the debts of one outage from coming back at one moment; it is drawn from
    `key` and the attempt, so that the same delivery always waits the same.
    """
    if not 1 <= attempt <= len(SCHEDULE):
        return None
    drawn = random.Random(f"{key}:{attempt}").random()  # noqa: S311 - spreads load, guards nothing
    return SCHEDULE[attempt - 1] * (1.0 + _JITTER * drawn)
