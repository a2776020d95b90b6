"""Port of the evaluator's own store: what it must remember from one tick to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

import msgspec

from schemas.records import Signal, Tick


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one series: cooperative and conflictual v, sum of v squared, events with v above zero."""

    c: float = 0.0
    f: float = 0.0
    q: float = 0.0
    n: int = 0


class StateStore(Protocol):
    """Applied signals, daily sums, detector state, last tick. One owner, not thread-safe; all writes happen inside
    `transaction`, which is durable or void as a whole. Lost, it is rebuilt from the topics.
    """

    def transaction(self) -> AbstractContextManager[None]:
        """Everything written inside is one commit; an exception undoes it."""
        ...

    def last_tick(self) -> tuple[int, Tick] | None:
        """Offset and content of the last evaluated tick."""
        ...

    def set_last_tick(self, offset: int, tick: Tick) -> None:
        """Remember it."""
        ...

    def offsets(self) -> dict[tuple[str, int], int]:
        """Next offset of each (topic, partition) that was taken in."""
        ...

    def set_offsets(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Remember how far the topics were taken in."""
        ...

    def receive(self, signals: Iterable[Signal]) -> None:
        """Take in signals that wait for their tick. Of copies with one id and revision the smallest position stays."""
        ...

    def waiting(self, cut: Mapping[int, int]) -> list[Signal]:
        """Received, unapplied signals whose article lies before the cut, by (partition, offset, signal_id)."""
        ...

    def mark_applied(self, signals: Iterable[Signal], days: Mapping[str, date]) -> None:
        """They are now what holds, each under its day (by signal_id); a lower revision than the applied is dropped."""
        ...

    def signals(self, key: str, since: date | None = None, until: date | None = None) -> list[Signal]:
        """Applied signals of a series whose day lies in [since, until], retracted ones included, by signal_id."""
        ...

    def signal(self, signal_id: str) -> Signal | None:
        """The applied signal."""
        ...

    def keys(self) -> list[str]:
        """All series that have applied signals, sorted."""
        ...

    def sums(self, series: str) -> dict[date, Sums]:
        """All stored days of a series (a dyad, a direction `A>B`, a posture key)."""
        ...

    def put_sums(self, series: str, sums: Mapping[date, Sums | None]) -> None:
        """Set these days; None removes a day."""
        ...

    def get(self, kind: str, key: str) -> bytes | None:
        """A remembered document (detector state, open alerts, heard days ...)."""
        ...

    def put(self, kind: str, key: str, value: bytes | None) -> None:
        """Remember a document; None forgets it."""
        ...

    def items(self, kind: str) -> dict[str, bytes]:
        """All documents of a kind, by key."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...
