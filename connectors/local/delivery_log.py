"""Every attempt to deliver, and what is still owed, in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connectors.local.database import Database
from connectors.local.schema import from_micros, to_micros
from schemas.codec import decode, encode
from schemas.ports.channels import Owed
from schemas.records import Delivery


class EmbeddedDeliveryLog:
    """Port DeliveryLog on the journal's database. Thread-safe.

    A debt has one row: the number of the next attempt and when it is due, or no time once it is finished. Only the
    attempt that is next moves it, so that an attempt logged twice, or late, changes nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def owe(self, alert_id: str, revision: int, channels: Sequence[str], due: datetime) -> None:
        """Remember debts; those that are there, finished or not, stay as they are."""
        rows = [(alert_id, revision, channel, to_micros(due)) for channel in channels]
        if not rows:
            return
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO owed VALUES (?, ?, ?, 1, ?)", rows)

    def due(self, now: datetime, limit: int = 100) -> list[Owed]:
        """What is to be tried by now, earliest first, ties by alert, revision and channel."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT alert_id, revision, channel, attempt, due FROM owed WHERE due <= ?"
                " ORDER BY due, alert_id, revision, channel LIMIT ?",
                (to_micros(now), max(limit, 0)),
            ).fetchall()
        return [
            Owed(alert_id=alert_id, revision=revision, channel=channel, attempt=attempt, due=from_micros(due))
            for alert_id, revision, channel, attempt, due in rows
        ]

    def next_due(self) -> datetime | None:
        """The earliest time at which something is owed."""
        with self._database.read() as connection:
            (due,) = connection.execute("SELECT min(due) FROM owed WHERE due IS NOT NULL").fetchone()
        return None if due is None else from_micros(due)

    def record(self, delivery: Delivery, retry_at: datetime | None = None) -> None:
        """Log an attempt; with `retry_at` the debt stays until then, without it is finished."""
        debt = (delivery.alert_id, delivery.revision, delivery.channel)
        due = None if retry_at is None else to_micros(retry_at)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO delivery VALUES (?, ?, ?, ?, ?)", (*debt, delivery.attempt, encode(delivery))
            )
            connection.execute("INSERT OR IGNORE INTO owed VALUES (?, ?, ?, ?, 0)", (*debt, delivery.attempt))
            connection.execute(
                "UPDATE owed SET attempt = ?, due = ?"
                " WHERE alert_id = ? AND revision = ? AND channel = ? AND attempt = ? AND due IS NOT NULL",
                (delivery.attempt + 1, due, *debt, delivery.attempt),
            )

    def attempts(self, alert_id: str, revision: int | None = None) -> list[Delivery]:
        """By revision, channel, attempt."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT body FROM delivery WHERE alert_id = ? AND (? IS NULL OR revision = ?)"
                " ORDER BY revision, channel, attempt",
                (alert_id, revision, revision),
            ).fetchall()
        return [decode(body, Delivery) for (body,) in rows]
