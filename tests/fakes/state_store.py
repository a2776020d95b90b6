"""A StateStore in memory, with transactions that undo."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from schemas.ports.state import Sums
from schemas.records import Position, Signal, Tick

_FIRST = Position(partition=0, offset=0)


class MemoryStateStore:
    """Implements schemas.ports.state.StateStore."""

    def __init__(self) -> None:
        self._tick: tuple[int, Tick] | None = None
        self._offsets: dict[tuple[str, int], int] = {}
        self._waiting: dict[tuple[str, int], Signal] = {}
        self._applied: dict[str, Signal] = {}
        self._days: dict[str, date] = {}
        self._by_key: dict[str, dict[str, Signal]] = {}
        self._sums: dict[str, dict[date, Sums]] = {}
        self._documents: dict[str, dict[str, bytes]] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        names = [name for name in vars(self) if name.startswith("_")]
        before = {name: copy.deepcopy(getattr(self, name)) for name in names}
        try:
            yield
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def last_tick(self) -> tuple[int, Tick] | None:
        return self._tick

    def set_last_tick(self, offset: int, tick: Tick) -> None:
        self._tick = (offset, tick)

    def offsets(self) -> dict[tuple[str, int], int]:
        return dict(self._offsets)

    def set_offsets(self, offsets: Mapping[tuple[str, int], int]) -> None:
        self._offsets.update(offsets)

    def receive(self, signals: Iterable[Signal]) -> None:
        for signal in signals:
            key = (signal.signal_id, signal.revision)
            known = self._waiting.get(key)
            if known is None or _position(signal) < _position(known):
                self._waiting[key] = signal

    def waiting(self, cut: Mapping[int, int]) -> list[Signal]:
        ready = [s for s in self._waiting.values() if _position(s).offset < cut.get(_position(s).partition, 0)]
        return sorted(ready, key=lambda s: (_position(s), s.signal_id))

    def mark_applied(self, signals: Iterable[Signal], days: Mapping[str, date]) -> None:
        for signal in signals:
            self._waiting.pop((signal.signal_id, signal.revision), None)
            known = self._applied.get(signal.signal_id)
            if known is None or known.revision < signal.revision:
                self._applied[signal.signal_id] = signal
                self._days[signal.signal_id] = days[signal.signal_id]
                self._by_key.setdefault(signal.key, {})[signal.signal_id] = signal

    def signals(self, key: str, since: date | None = None, until: date | None = None) -> list[Signal]:
        def inside(signal_id: str) -> bool:
            day = self._days[signal_id]
            return (since is None or since <= day) and (until is None or day <= until)

        return [s for i, s in sorted(self._by_key.get(key, {}).items()) if inside(i)]

    def signal(self, signal_id: str) -> Signal | None:
        return self._applied.get(signal_id)

    def keys(self) -> list[str]:
        return sorted(self._by_key)

    def sums(self, series: str) -> dict[date, Sums]:
        return dict(self._sums.get(series, {}))

    def put_sums(self, series: str, sums: Mapping[date, Sums | None]) -> None:
        rows = self._sums.setdefault(series, {})
        for day, value in sums.items():
            if value is None:
                rows.pop(day, None)
            else:
                rows[day] = value

    def get(self, kind: str, key: str) -> bytes | None:
        return self._documents.get(kind, {}).get(key)

    def put(self, kind: str, key: str, value: bytes | None) -> None:
        documents = self._documents.setdefault(kind, {})
        if value is None:
            documents.pop(key, None)
        else:
            documents[key] = value

    def items(self, kind: str) -> dict[str, bytes]:
        return dict(self._documents.get(kind, {}))

    def close(self) -> None:
        return None


def _position(signal: Signal) -> Position:
    return signal.article_position or _FIRST
