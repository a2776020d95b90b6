"""When to poll again: the interval, what the server asks, and longer and longer waits after failures. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

LONGEST: Final = 86_400.0
"""Seconds: a dead feed is tried once a day, since dead feeds come back."""
GONE_AFTER: Final = 7 * 86_400.0
"""Seconds: a feed that says 410 is tried once a week."""
_DOUBLINGS: Final = 10


def wait(every: float, failures: int, asked: float | None, feed_id: str) -> float:
    """Seconds until the next poll after this many failures in a row (0: it went well).

    Doubles with each failure up to a day; the server's own wish is a lower limit, up to a week. After failures up to a
    tenth is added, fixed for each feed, so that feeds that failed together do not come back together.
    """
    base = every if failures == 0 else min(max(every, 60.0) * 2 ** min(failures, _DOUBLINGS), max(every, LONGEST))
    spread = 0.0 if failures == 0 else base * 0.1 * _fraction(feed_id)
    return max(base + spread, min(asked or 0.0, GONE_AFTER))


def _fraction(feed_id: str) -> float:
    return hashlib.sha256(feed_id.encode()).digest()[0] / 256
