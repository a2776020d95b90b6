"""Recurring days (ontology.md, relation index 10): anniversaries, yearly drills, shrine festivals.

On the seven days from such a day on, what the same days of the two years before brought is expected, and only what
goes beyond it enters a window. So a third identical August is silent; the first two are not helped by it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from pipelines.relations.panel import Panel
from pipelines.relations.share import Window

WEEK: Final = 7
YEARS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Recurring:
    """A day of the year and the pairs to which it matters."""

    month: int
    day: int
    pairs: tuple[str, ...]
    why: str

    def in_year(self, year: int) -> date:
        """That day of a year."""
        return date(year, self.month, self.day)


@cache
def recurring_days() -> tuple[Recurring, ...]:
    """The shipped calendar."""
    rows = tomllib.loads(files("pipelines.relations").joinpath("data/calendar.toml").read_text(encoding="utf-8"))["day"]
    return tuple(Recurring(r["month"], r["day"], tuple(r["pairs"]), r["why"]) for r in rows)


@cache
def _of_pair(pair: str) -> tuple[Recurring, ...]:
    return tuple(day for day in recurring_days() if pair in day.pairs)


def beyond_expected(window: Window, panel: Panel, pair: str, last: date) -> Window:
    """The window that ends on `last` less what its recurring days brought in the mean of the two years before."""
    first = last - timedelta(days=window.days - 1)
    for recurring in _of_pair(pair):
        for year in sorted({first.year, last.year}):
            start = max(recurring.in_year(year), first)
            end = min(recurring.in_year(year) + timedelta(days=WEEK - 1), last)
            if start <= end:
                window = window.less(*_expected(panel, pair, start, end))
    return window


def _expected(panel: Panel, pair: str, start: date, end: date) -> tuple[float, float, float, float]:
    sums = [0.0, 0.0, 0.0, 0.0]
    for back in YEARS:
        shifted = timedelta(days=365 * back)
        part = panel.windows([pair], end - shifted, (end - start).days, 0, late=True)[0]
        sums = [a + b / len(YEARS) for a, b in zip(sums, (part.c, part.f, part.q, part.n), strict=True)]
    return sums[0], sums[1], sums[2], sums[3]
