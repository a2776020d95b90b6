"""The oracle of the signal index: brute force over a dictionary, by `schemas.query_fields` alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from schemas.ports.index import Replacement
from schemas.query import Query
from schemas.query_fields import day_of, matches, values
from schemas.query_literals import written
from schemas.records import Signal


class IndexModel:
    """What an index holds after some writes, and what it must answer."""

    def __init__(self) -> None:
        self.stored: dict[str, Signal] = {}
        self.revisions: dict[str, int] = {}
        self.rejected: set[str] = set()

    def replace(self, new: Replacement) -> list[Signal]:
        """As the port's `replace`."""
        if self.revisions.get(new.article_id, new.revision) > new.revision:
            return []
        self.revisions[new.article_id] = new.revision
        held = {signal.signal_id for signal in new.signals}
        for signal in self._of(new.article_id):
            if signal.status == "active" and signal.revision < new.revision and signal.signal_id not in held:
                self.stored[signal.signal_id] = msgspec.structs.replace(
                    signal,
                    status="retracted",
                    status_since=new.version_seen,
                    revision=new.revision,
                    article_position=new.position,
                )
        self.stored.update({signal.signal_id: signal for signal in new.signals})
        return [signal for signal in self._of(new.article_id) if signal.revision == new.revision]

    def reject(self, signal_id: str, *, rejected: bool) -> None:
        """As the port's `set_rejected`."""
        (self.rejected.add if rejected else self.rejected.discard)(signal_id)

    def newest(self, query: Query) -> list[Signal]:
        """All matches, newest first."""
        return sorted(self._matching(query), key=newest_first)

    def histogram(self, query: Query, interval: str) -> dict[date, int]:
        """As the port's `histogram`."""
        days = [signal.published.astimezone(UTC).date() for signal in self._matching(query) if signal.published]
        return dict(Counter(_first_day(day, interval) for day in days))

    def facet(self, query: Query, field: str, limit: int) -> list[tuple[str, int]]:
        """As one field of the port's `facets`, in order."""
        counts = Counter(
            written(value)
            for signal in self._matching(query)
            for value in values(field, signal, rejected=signal.signal_id in self.rejected)
        )
        return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def scan(self, key: str, since: date | None) -> list[Signal]:
        """As the port's `scan`."""
        return [
            signal
            for signal in self._all()
            if signal.key == key and signal.status == "active" and _not_before(day_of(signal), since)
        ]

    def _all(self) -> Sequence[Signal]:
        return [self.stored[signal_id] for signal_id in sorted(self.stored)]

    def _of(self, article_id: str) -> Sequence[Signal]:
        return [signal for signal in self._all() if signal.article_id == article_id]

    def _matching(self, query: Query) -> Iterator[Signal]:
        return (one for one in self._all() if matches(query, one, rejected=one.signal_id in self.rejected))


def newest_first(signal: Signal) -> tuple[float, str]:
    """The order of `newest`."""
    if signal.published is None:
        return (float("inf"), signal.signal_id)
    return (-((signal.published - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)), signal.signal_id)


def _not_before(day: date | None, since: date | None) -> bool:
    return since is None or (day is not None and day >= since)


def _first_day(day: date, interval: str) -> date:
    if interval == "week":
        return date.fromisocalendar(*day.isocalendar()[:2], 1)
    return date(day.year, day.month, 1) if interval == "month" else day
