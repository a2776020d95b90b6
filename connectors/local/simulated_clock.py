"""Simulated time that survives a crash and is the same for every process of a data directory."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from connectors.local.database import Database
from connectors.local.schema import from_micros, to_micros
from schemas.errors import ConfigError

_LONGEST_SLEEP: Final = 0.002
BEFORE_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SimulatedClock:
    """Port Clock on the journal's database. Thread-safe. It stands still until somebody moves it, and never goes back.

    One process moves it: it polls what is due, appends it to the log, announces that all of the time up to `now` is
    there, waits for the others and advances. Before `start` the time is 1970-01-01, the only moment before all news.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        """The present simulated moment."""
        found = self._row()
        return BEFORE_START if found is None else from_micros(found[0])

    def start(self, at: datetime) -> datetime:
        """Set the time if it was never set; the present moment."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO simulated_clock VALUES (1, ?, NULL)", (to_micros(at),))
        return self.now()

    def advance(self, to: datetime) -> datetime:
        """Move to this moment, unless the time is past it already; the present moment."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO simulated_clock VALUES (1, ?, NULL)", (to_micros(to),))
            connection.execute("UPDATE simulated_clock SET now = max(now, ?)", (to_micros(to),))
        return self.now()

    def announce(self, day_complete: datetime) -> None:
        """Say that everything of the time up to this moment was polled and lies in the log. Never goes back.

        ConfigError for a moment that has not come yet.
        """
        moment = to_micros(day_complete)
        with self._database.transaction() as connection:
            done = connection.execute(
                "UPDATE simulated_clock SET completed = max(coalesce(completed, ?), ?) WHERE now >= ?",
                (moment, moment, moment),
            )
            if done.rowcount == 0:
                raise ConfigError(f"{day_complete} has not come yet: it is {self.now()}", "clock_ahead")

    def completed(self) -> datetime | None:
        """The last moment announced."""
        found = self._row()
        return None if found is None or found[1] is None else from_micros(found[1])

    def sleep(self, seconds: float) -> None:
        """Wait a moment in real time, 2 ms at most: what is waited for is another process, not the time."""
        time.sleep(max(0.0, min(seconds, _LONGEST_SLEEP)))

    def _row(self) -> tuple[int, int | None] | None:
        with self._database.read() as connection:
            row: tuple[int, int | None] | None = connection.execute(
                "SELECT now, completed FROM simulated_clock"
            ).fetchone()
        return row
