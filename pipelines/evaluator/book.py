"""Daily sums of all series: the store's rows and their panel of arrays, kept equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from pipelines.evaluator.ledger import Refolded
from pipelines.relations.exposure import MARK, exposed_pairs, exposure_series
from pipelines.relations.fold import Folded
from pipelines.relations.panel import MEMORY, Panel
from pipelines.relations.sums import LATE_SUFFIX, daily_sums, series_names
from pipelines.relations.weights import rounded
from schemas.ontology import CORE, DYADS
from schemas.ports.state import StateStore, Sums

HEARD: Final = "heard"
CLOCK: Final = "clock"
_ORIGIN: Final = "origin"
POSTURES: Final = tuple(f"{state}-*" for state in CORE)
_DaySums = dict[str, dict[date, Sums]]


class Book:
    """Writes go to the store and to the panel alike. Not thread-safe."""

    def __init__(self, state: StateStore, today: date) -> None:
        self._state = state
        self.panel = Panel(self._origin(today))
        self._exposed: dict[str, dict[date, dict[str, Sums]]] = {}
        for key in (*DYADS, *POSTURES):
            self._load(key)
        for pair in DYADS:
            self._load_exposure(pair)
        for month, days in sorted(state.items(HEARD).items()):
            self.panel.hear(date.fromisoformat(f"{month}-{day:02d}") for day in msgspec.json.decode(days))

    def hear(self, days: Iterable[date]) -> None:
        """Some feed was heard on these days."""
        new = sorted(day for day in set(days) if not self.panel.heard(day))
        months: dict[str, set[int]] = {}
        for day in new:
            months.setdefault(f"{day:%Y-%m}", set()).add(day.day)
        for month, numbers in sorted(months.items()):
            stored = self._state.get(HEARD, month)
            known = set(msgspec.json.decode(stored)) if stored else set()
            self._state.put(HEARD, month, msgspec.json.encode(sorted(known | numbers)))
        if new:
            self.panel.hear(new)

    def enter(self, key: str, refolded: Sequence[Refolded]) -> dict[str, date]:
        """Bring the sums up to the folded events; returns by key (the pairs exposed included) the first changed day."""
        first: dict[str, date] = {}
        for stretch in refolded:
            after = daily_sums(stretch.after)
            changed = _changes(daily_sums(stretch.before), after)
            for name in sorted(changed):
                self._state.put_sums(name, changed[name])
            for base in series_names(key):
                if not base.endswith(LATE_SUFFIX):
                    self._enter_series(base, changed, after)
            days = _different(stretch.before, stretch.after)
            if days:
                first[key] = min([*days, first.get(key, date.max)])
            self._enter_exposures(key, stretch, first)
        return first

    def _enter_series(self, base: str, changed: Mapping[str, Mapping[date, Sums | None]], after: _DaySums) -> None:
        timely, late = after.get(base, {}), after.get(base + LATE_SUFFIX, {})
        days = {*changed.get(base, {}), *changed.get(base + LATE_SUFFIX, {})}
        if days:
            self.panel.put(base, {d: timely.get(d) for d in days}, {d: late.get(d) for d in days})

    def _enter_exposures(self, key: str, stretch: Refolded, first: dict[str, date]) -> None:
        changed = _changes(_exposures(key, stretch.before), _exposures(key, stretch.after))
        for name, rows in sorted(changed.items()):
            self._state.put_sums(name, rows)
            pair = name.partition(MARK)[0]
            for day, sums in rows.items():
                self._expose(pair, day, key, sums)
            self._show_exposure(pair, rows)
            first[pair] = min([*rows, first.get(pair, date.max)])

    def _expose(self, pair: str, day: date, key: str, sums: Sums | None) -> None:
        by_key = self._exposed.setdefault(pair, {}).setdefault(day, {})
        if sums is None:
            by_key.pop(key, None)
        else:
            by_key[key] = sums

    def _show_exposure(self, pair: str, days: Iterable[date]) -> None:
        total: dict[date, Sums | None] = {}
        for day in days:
            parts = [sums for _, sums in sorted(self._exposed[pair][day].items())]
            total[day] = Sums(
                c=sum(p.c for p in parts),
                f=sum(p.f for p in parts),
                q=sum(p.q for p in parts),
                n=sum(p.n for p in parts),
            )
        self.panel.put(pair + MARK, total, {})

    def _load(self, key: str) -> None:
        names = [name for name in series_names(key) if not name.endswith(LATE_SUFFIX)]
        self.panel.add(names)
        for name in names:
            timely, late = self._state.sums(name), self._state.sums(name + LATE_SUFFIX)
            if timely or late:
                self.panel.put(name, dict(timely), dict(late))

    def _load_exposure(self, pair: str) -> None:
        self.panel.add([pair + MARK])
        for key in (*DYADS, *POSTURES):
            for day, sums in self._state.sums(exposure_series(pair, key)).items():
                self._expose(pair, day, key, sums)
        if pair in self._exposed:
            self._show_exposure(pair, self._exposed[pair])

    def _origin(self, today: date) -> date:
        """The first day that the panel knows, fixed at the first tick: sums over the same stretches of days come out
        the same to the last bit only if the panel begins on the same day.
        """
        stored = self._state.get(CLOCK, _ORIGIN)
        if stored is not None:
            return date.fromisoformat(stored.decode())
        origin = today - timedelta(days=MEMORY)
        self._state.put(CLOCK, _ORIGIN, origin.isoformat().encode())
        return origin


def _different(before: Sequence[Folded], after: Sequence[Folded]) -> list[date]:
    """Start days of events that came, went or changed, be it only in who tells of them."""
    old = {folded.event.event_id: folded for folded in before}
    new = {folded.event.event_id: folded for folded in after}
    changed = [i for i in {*old, *new} if old.get(i) != new.get(i)]
    return [(new.get(i) or old[i]).event.event_date.start for i in changed]


def _exposures(key: str, events: Iterable[Folded]) -> _DaySums:
    found: _DaySums = {}
    for folded in events:
        day, v = folded.day, folded.event.weight
        if day is None or v == 0 or folded.late:
            continue
        for pair in exposed_pairs(folded):
            row = found.setdefault(exposure_series(pair, key), {})
            old = row.get(day, Sums())
            row[day] = Sums(
                c=rounded(old.c + max(v, 0.0)), f=rounded(old.f + max(-v, 0.0)), q=rounded(old.q + v * v), n=old.n + 1
            )
    return found


def _changes(before: _DaySums, after: _DaySums) -> dict[str, dict[date, Sums | None]]:
    changed: dict[str, dict[date, Sums | None]] = {}
    for name in {*before, *after}:
        old, new = before.get(name, {}), after.get(name, {})
        rows: dict[date, Sums | None] = {d: new.get(d) for d in {*old, *new} if old.get(d) != new.get(d)}
        if rows:
            changed[name] = dict(sorted(rows.items()))
    return changed
