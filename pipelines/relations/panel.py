"""Daily sums of many series side by side as arrays: a cache over the state store that can always be rebuilt.

Windows, baselines and decayed sums of all pairs of a day are a few array operations, and their cost does not grow
with the age of the installation: nothing older than MEMORY days is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from pipelines.relations.level import DISPLAYED, HALF_LIFE
from pipelines.relations.share import Window
from schemas.ports.state import Sums

HALF_LIVES: Final = (HALF_LIFE, *DISPLAYED.values())
MEMORIES: Final = 10
"""Half-lives, in days, that a level remembers: 2^-10 of a day's weight is cut off."""
MEMORY: Final = MEMORIES * max(HALF_LIVES)
_GROWTH: Final = 512
Floats: TypeAlias = npt.NDArray[np.float64]


class Panel:
    """Rows are series, columns days from `origin` on; earlier days are forgotten. Not thread-safe.

    Two panels of one origin give the same bytes; of different ones, sums may differ in the last bit.
    """

    def __init__(self, origin: date) -> None:
        self._origin = origin.toordinal()
        self._rows: dict[str, int] = {}
        self._told: set[str] = set()
        self._timely = np.zeros((0, 4, _GROWTH))
        self._all = np.zeros((0, 4, _GROWTH))
        self._heard = np.zeros(_GROWTH, dtype=bool)
        self._first_heard: int | None = None
        self._weights: dict[int, tuple[int, Floats]] = {}

    def has_news(self, name: str) -> bool:
        """Whether anything was ever put into the series."""
        return name in self._told

    def add(self, names: Iterable[str]) -> None:
        """Rows for series that have none yet, all zero."""
        new = [name for name in names if name not in self._rows]
        for name in new:
            self._rows[name] = len(self._rows)
        grown = np.zeros((len(new), 4, self._heard.size))
        self._timely = np.concatenate([self._timely, grown])
        self._all = np.concatenate([self._all, grown])

    def put(self, name: str, sums: Mapping[date, Sums | None], late: Mapping[date, Sums | None]) -> None:
        """Set these days of a series: what was seen in time, and the back-fill beside it. None is zero.

        A day named on one side only counts as zero on the other.
        """
        row = self._rows[name]
        self._told.add(name)
        for day in {**sums, **late}:
            column = self._column(day)
            if column is None:
                continue
            timely, filled = _row(sums.get(day)), _row(late.get(day))
            self._timely[row, :, column] = timely
            self._all[row, :, column] = timely + filled

    def hear(self, days: Iterable[date]) -> None:
        """Some feed was heard on these days."""
        for day in sorted(days):
            column = self._column(day)
            if column is not None:
                self._heard[column] = True
                self._first_heard = column if self._first_heard is None else min(self._first_heard, column)
        self._weights.clear()

    def heard(self, day: date) -> bool:
        """Whether the day was observed."""
        column = day.toordinal() - self._origin
        return 0 <= column < self._heard.size and bool(self._heard[column])

    def heard_until(self, day: date) -> int:
        """How many days up to this one were observed."""
        return int(self._heard[: max(day.toordinal() - self._origin + 1, 0)].sum())

    def windows(self, names: Sequence[str], last: date, first_back: int, last_back: int, *, late: bool) -> list[Window]:
        """Sums of the days [last - first_back, last - last_back] of each series; `late` takes back-fill in."""
        low, high = self._span(last, first_back, last_back)
        source = self._all if late else self._timely
        totals = np.ascontiguousarray(source[self._index(names), :, low:high]).sum(axis=2).tolist()
        observed = int(self._heard[low:high].sum())
        days = first_back - last_back + 1
        return [Window(c, f, q, n, observed, days) for c, f, q, n in totals]

    def observed_mass(self, names: Sequence[str], last: date, first_back: int, last_back: int) -> list[list[float]]:
        """For each series [volume, events] of the observed days of that span."""
        low, high = self._span(last, first_back, last_back)
        part = np.ascontiguousarray(self._all[self._index(names), :, low:high] * self._heard[low:high]).sum(axis=2)
        return [[c + f, n] for c, f, _, n in part.tolist()]

    def decayed(self, names: Sequence[str], last: date, half_lives: int = len(HALF_LIVES)) -> Floats:
        """(series, half-life, [C, F, Q]): sums up to the end of a day, decayed by the first so many of HALF_LIVES.

        Summed along contiguous rows and not by matrix product: a product's order of addition depends on how many
        series are asked for together, and the same history must give the same bytes.
        """
        low, weights = self._decay(last)
        part = np.ascontiguousarray(self._all[self._index(names), :3, low : low + weights.shape[1]])
        sums = np.empty((len(names), half_lives, 3))
        for i, half_life in enumerate(HALF_LIVES[:half_lives]):
            reach = max(weights.shape[1] - MEMORIES * half_life, 0)
            recent, fading = part[:, :, reach:], weights[i, reach:]
            sums[:, i, :2] = (recent[:, :2] * fading).sum(axis=2)
            sums[:, i, 2] = (recent[:, 2] * (fading * fading)).sum(axis=1)
        return sums

    def fading(self, first: date, last: date) -> list[float]:
        """By day of [first, last]: what it still counts for in the level at the end of `last`, 0..1 (HALF_LIFE)."""
        low, weights = self._decay(last)
        start = max(first.toordinal() - self._origin - low, 0)
        known: list[float] = weights[0, start:].tolist()
        return [0.0] * ((last - first).days + 1 - len(known)) + known

    def _decay(self, last: date) -> tuple[int, Floats]:
        """First column, and by column the weight 2^(-d / h), d the observed days since. Before the first heard day
        every day counts as observed: nothing can have been missed by an outage then.
        """
        day = last.toordinal()
        known = self._weights.get(day)
        if known is None:
            high = max(day - self._origin + 1, 0)
            self._column(last)
            low = max(high - MEMORY, 0)
            clock = self._heard[low:high].astype(np.float64)
            clock[: max((high if self._first_heard is None else self._first_heard) - low, 0)] = 1.0
            ages = np.cumsum(clock[::-1])[::-1] - clock
            known = low, np.power(2.0, -ages[None, :] / np.array(HALF_LIVES, dtype=np.float64)[:, None])
            if len(self._weights) > 64:  # noqa: PLR2004 - a bound on memory, not a figure of the method
                self._weights.clear()
            self._weights[day] = known
        return known

    def _index(self, names: Sequence[str]) -> list[int]:
        return [self._rows[name] for name in names]

    def _span(self, last: date, first_back: int, last_back: int) -> tuple[int, int]:
        self._column(last)
        day = last.toordinal() - self._origin
        return max(day - first_back, 0), max(day - last_back + 1, 0)

    def _column(self, day: date) -> int | None:
        column = day.toordinal() - self._origin
        if column < 0:
            return None
        if column >= self._heard.size:
            more = column - self._heard.size + _GROWTH
            rows = len(self._rows)
            self._timely = np.concatenate([self._timely, np.zeros((rows, 4, more))], axis=2)
            self._all = np.concatenate([self._all, np.zeros((rows, 4, more))], axis=2)
            self._heard = np.concatenate([self._heard, np.zeros(more, dtype=bool)])
        return column


def _row(sums: Sums | None) -> Floats:
    return np.zeros(4) if sums is None else np.array([sums.c, sums.f, sums.q, sums.n], dtype=np.float64)
