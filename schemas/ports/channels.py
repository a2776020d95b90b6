"""Ports of delivery: where alerts go, and the log of every attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from schemas.records import Alert, Delivery, DeliveryOutcome


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one attempt. `retry_after` in seconds where the receiver named it. `detail` holds no secret."""

    outcome: DeliveryOutcome
    detail: str = ""
    retry_after: float | None = None


class Channel(Protocol):
    """One destination. Not thread-safe. `send` never raises for what the receiver does: that is an Attempt with
    outcome `retry` (may work later), `failed` (will not) or `disabled` (the receiver asked for no more). It returns
    within its own time limit. The receiver sees `alert_id.revision` as id, the same for every attempt.
    """

    name: str

    def send(self, alert: Alert, attempt: int) -> Attempt:
        """Hand over one revision; `attempt` counts from 1."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery not finished yet: which revision, where to, which attempt is next and when."""

    alert_id: str
    revision: int
    channel: str
    attempt: int
    due: datetime


class DeliveryLog(Protocol):
    """Every attempt, and what is still owed. Thread-safe; idempotent by (alert_id, revision, channel, attempt)."""

    def owe(self, alert_id: str, revision: int, channels: Sequence[str], due: datetime) -> None:
        """Remember that these channels must get this revision; what is owed or done already stays as it is."""
        ...

    def due(self, now: datetime, limit: int = 100) -> list[Owed]:
        """What is to be tried by now, earliest first."""
        ...

    def next_due(self) -> datetime | None:
        """The earliest time at which something is owed."""
        ...

    def record(self, delivery: Delivery, retry_at: datetime | None = None) -> None:
        """Log an attempt; with `retry_at` it stays owed until then, without it is finished."""
        ...

    def attempts(self, alert_id: str, revision: int | None = None) -> list[Delivery]:
        """By revision, channel, attempt."""
        ...
