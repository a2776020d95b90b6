"""Signals and events of every series, kept for folding: a cache over the state store that can always be rebuilt."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import msgspec

from pipelines.relations.dating import day_of
from pipelines.relations.fold import FOLD_RADIUS, Folded, Item, item_of, refold
from schemas.ontology import CORE, DYADS
from schemas.ports.state import StateStore
from schemas.records import Action, Event, Signal

REJECTED: Final = "rejected"
EVENTS: Final = "events"
_SIGNAL_DAYS: Final = 3 * FOLD_RADIUS
_EVENT_DAYS: Final = 420
_DAY: Final = timedelta(days=1)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder(list[Folded])


def is_tracked(key: str) -> bool:
    """Whether a series is folded and has a state: the 28 pairs, and the postures of the eight states."""
    return key in _PAIRS or (key.endswith("-*") and key[:-2] in CORE)


_PAIRS: Final = frozenset(DYADS)


@dataclass(slots=True)
class Touched:
    """What one tick's signals and actions changed: days by key, and the signals that counted before and do not now."""

    days: dict[str, set[date]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    fresh: list[Signal] = field(default_factory=list)

    def add(self, key: str, day: date) -> None:
        """A signal of this key, kept under this day, came, changed or went."""
        self.days.setdefault(key, set()).add(day)


@dataclass(slots=True)
class Refolded:
    """Events of the days [first, last] of a key, before and after."""

    first: date
    last: date
    before: list[Folded]
    after: list[Folded]


class Ledger:
    """Applied signals by kept day and folded events by start day. Not thread-safe.

    Signals of the last _SIGNAL_DAYS and events of the last _EVENT_DAYS are held in memory, older ones are read from
    the store when a late signal asks for them.
    """

    def __init__(self, state: StateStore) -> None:
        self._state = state
        self._rejected = set(state.items(REJECTED))
        self._signals: dict[str, _SignalCache] = {}
        self._events: dict[str, _EventCache] = {}

    def is_rejected(self, signal_id: str) -> bool:
        """Whether a person took the signal out."""
        return signal_id in self._rejected

    def apply(self, signals: Sequence[Signal], actions: Sequence[Action], today: date) -> Touched:
        """Make these signals and rejections what holds, from this tick on."""
        touched = Touched()
        current: dict[str, Signal] = {}
        days: dict[str, date] = {}
        for signal in signals:
            before = current.get(signal.signal_id) or self._state.signal(signal.signal_id)
            if before is not None and before.revision >= signal.revision:
                continue
            current[signal.signal_id] = signal
            days[signal.signal_id] = day_of(signal)
            self._note(touched, before, signal)
        if signals:
            self._state.mark_applied(signals, {**{s.signal_id: day_of(s) for s in signals}, **days})
        for key in {s.key for s in current.values()}:
            cache = self._signals.get(key)
            if cache is not None:
                cache.put([s for s in current.values() if s.key == key])
        for action in actions:
            self._reject(action, touched)
        self._forget(today)
        return touched

    def refold(self, key: str, days: Iterable[date], today: date) -> list[Refolded]:
        """Fold again what these days' signals reach, in as few stretches as they make."""
        done: list[Refolded] = []
        for first, last in _stretches(sorted(days)):
            low, high = first - FOLD_RADIUS * _DAY, last + FOLD_RADIUS * _DAY
            after = refold(low, high, lambda a, b: self._items(key, a, b, today))
            cache = self._cache(key)
            before = cache.between(low, high)
            cache.replace(low, high, after)
            done.append(Refolded(low, high, before, after))
        return done

    def events(self, key: str, first: date, last: date) -> list[Folded]:
        """Events that start in [first, last], by start day and event_id."""
        return self._cache(key).between(first, last)

    def signals(self, ids: Iterable[str]) -> dict[str, Signal]:
        """The applied signals of these ids that count."""
        found = {i: self._state.signal(i) for i in sorted(set(ids) - self._rejected)}
        return {i: s for i, s in found.items() if s is not None and s.status == "active"}

    def _note(self, touched: Touched, before: Signal | None, now: Signal) -> None:
        if is_tracked(now.key):
            touched.add(now.key, day_of(now))
            if before is not None:
                touched.add(now.key, day_of(before))
        if now.status == "active":
            if before is None or before.status != "active":
                touched.fresh.append(now)
        elif before is not None and before.status == "active":
            touched.withdrawn.add(now.signal_id)

    def _reject(self, action: Action, touched: Touched) -> None:
        if action.kind not in {"reject_signal", "restore_signal"}:
            return
        rejects = action.kind == "reject_signal"
        if rejects == (action.subject in self._rejected):
            return
        self._state.put(REJECTED, action.subject, b"1" if rejects else None)
        if rejects:
            self._rejected.add(action.subject)
        else:
            self._rejected.discard(action.subject)
        signal = self._state.signal(action.subject)
        if signal is not None and signal.status == "active":
            if is_tracked(signal.key):
                touched.add(signal.key, day_of(signal))
            if rejects:
                touched.withdrawn.add(signal.signal_id)

    def _items(self, key: str, first: date, last: date, today: date) -> list[Item]:
        cache = self._signals.get(key)
        if cache is None:
            since = today - _SIGNAL_DAYS * _DAY
            cache = self._signals[key] = _SignalCache(since.toordinal())
            cache.put(self._state.signals(key, since))
        if first.toordinal() >= cache.since:
            found: Iterable[Item] = cache.between(first, last)
        else:
            found = (item_of(s) for s in self._state.signals(key, first, last) if s.status == "active")
        return [item for item in found if item.signal.signal_id not in self._rejected]

    def _cache(self, key: str) -> _EventCache:
        cache = self._events.get(key)
        if cache is None:
            cache = self._events[key] = _EventCache(self._state, key)
        return cache

    def _forget(self, today: date) -> None:
        for signals in self._signals.values():
            signals.forget((today - 2 * _SIGNAL_DAYS * _DAY).toordinal(), (today - _SIGNAL_DAYS * _DAY).toordinal())
        for events in self._events.values():
            events.forget(today - _EVENT_DAYS * _DAY)


@dataclass(frozen=True, slots=True)
class _Flat:
    """All events of whole weeks, with their start days beside them."""

    first: date
    last: date
    events: list[Folded]
    starts: list[date]


class _SignalCache:
    """Active signals of one key kept on or after a day."""

    def __init__(self, since: int) -> None:
        self.since = since
        self._by_id: dict[str, Item] = {}
        self._by_day: dict[int, dict[str, Item]] = {}

    def put(self, signals: Iterable[Signal]) -> None:
        for signal in signals:
            known = self._by_id.pop(signal.signal_id, None)
            if known is not None:
                del self._by_day[known.kept][signal.signal_id]
            if signal.status == "active":
                item = item_of(signal)
                if item.kept >= self.since:
                    self._by_id[signal.signal_id] = item
                    self._by_day.setdefault(item.kept, {})[signal.signal_id] = item

    def between(self, first: date, last: date) -> Iterator[Item]:
        for day in range(first.toordinal(), last.toordinal() + 1):
            yield from self._by_day.get(day, {}).values()

    def forget(self, when: int, until: int) -> None:
        """Drop what is older than `until` once the oldest day is before `when`."""
        if self.since >= when:
            return
        for day in [d for d in self._by_day if d < until]:
            for signal_id in self._by_day.pop(day):
                del self._by_id[signal_id]
        self.since = until


class _EventCache:
    """Events of one key by start day, stored in the state store by week."""

    def __init__(self, state: StateStore, key: str) -> None:
        self._state = state
        self._key = key
        self._weeks: dict[date, list[Folded]] = {}
        self._flat: _Flat | None = None

    def between(self, first: date, last: date) -> list[Folded]:
        """Those that start in [first, last], by start day and event_id."""
        flat = self._flat
        if flat is None or first < flat.first or last > flat.last:
            low = _monday(first if flat is None else min(first, flat.first))
            high = _monday(last if flat is None else max(last, flat.last)) + 27 * _DAY
            flat = self._flat = self._flatten(low, high)
        return flat.events[bisect_left(flat.starts, first) : bisect_right(flat.starts, last)]

    def _flatten(self, first: date, last: date) -> _Flat:
        events: list[Folded] = []
        week = first
        while week <= last:
            events += self._week(week)
            week += 7 * _DAY
        return _Flat(first, last, events, [folded.event.event_date.start for folded in events])

    def replace(self, first: date, last: date, events: Sequence[Folded]) -> None:
        """Make these the events that start in [first, last]."""
        new: dict[date, list[Folded]] = {}
        for folded in events:
            new.setdefault(_monday(folded.event.event_date.start), []).append(folded)
        week = _monday(first)
        while week <= last:
            old = self._week(week)
            kept = [f for f in old if not first <= f.event.event_date.start <= last]
            now = sorted([*kept, *new.get(week, ())], key=_order)
            if now != old:
                self._weeks[week] = now
                self._flat = None
                self._state.put(EVENTS, self._name(week), _ENCODER.encode(now) if now else None)
            week += 7 * _DAY

    def forget(self, before: date) -> None:
        old = [w for w in self._weeks if w < before]
        for week in old:
            del self._weeks[week]
        if old:
            self._flat = None

    def _week(self, week: date) -> list[Folded]:
        known = self._weeks.get(week)
        if known is None:
            stored = self._state.get(EVENTS, self._name(week))
            known = self._weeks[week] = _DECODER.decode(stored) if stored else []
        return known

    def _name(self, week: date) -> str:
        return f"{self._key}/{week.isoformat()}"


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY


def _order(folded: Folded) -> tuple[date, str]:
    return folded.event.event_date.start, folded.event.event_id


def _stretches(days: Sequence[date]) -> list[tuple[date, date]]:
    """Runs of days whose reaches overlap, so that no day is folded twice."""
    runs: list[tuple[date, date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days <= 2 * FOLD_RADIUS + 1:
            runs[-1] = runs[-1][0], day
        else:
            runs.append((day, day))
    return runs


def by_id(events: Iterable[Folded]) -> Mapping[str, Event]:
    """Events by id."""
    return {folded.event.event_id: folded.event for folded in events}
