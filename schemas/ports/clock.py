"""Clocks: the only ways in which any part of Detente learns the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Thread-safe; `now` is timezone-aware UTC and never raises."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait this long in real time (a simulated clock may return at once)."""
        ...


class SystemClock:
    """The machine's clock, to the microsecond."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
