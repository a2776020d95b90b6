"""Change detection on foreign daily series, thin: a z-score of the 14-day mean against the year before.

Missing dates are missing, never zero. Dates do not depend on a series's unit, and a series negated gives the other
direction. The threshold is learned from the past alone: every month it is the score that the series reached, on days
before, so often that `budget` alarms a year would have come of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.records import Direction

WINDOW: Final = 14
YEAR: Final = 365
FEWEST_PAST: Final = 90
"""Values of the year before that a score needs."""
FEWEST_WINDOW: Final = 8
FLOOR: Final = 3.0
"""No alarm under this many standard deviations of the 14-day means before."""
REARM: Final = 0.5
"""An episode is over, and the next alarm possible, when the score has fallen under this part of the threshold."""
PAUSE: Final = 30
Floats = npt.NDArray[np.float64]
Alarm = tuple[str, date, Direction, float]


def backtest(series: Mapping[str, Sequence[tuple[date, float | None]]], budget: float = 1.0) -> list[Alarm]:
    """(dyad, date, direction, score) by date, dyad. `budget`: false alarms allowed a dyad and year (> 0).

    Larger values mean better relations. Uses nothing of the days after an alarm's date.
    """
    alarms = [alarm for dyad, rows in sorted(series.items()) for alarm in _of_series(dyad, rows, budget)]
    return sorted(alarms, key=lambda alarm: (alarm[1], alarm[0], alarm[2]))


def _of_series(dyad: str, rows: Sequence[tuple[date, float | None]], budget: float) -> list[Alarm]:
    known = [(day, value) for day, value in rows if value is not None and np.isfinite(value)]
    if not known:
        return []
    first = min(day for day, _ in known)
    values = np.full((max(day for day, _ in known) - first).days + 1, np.nan)
    for day, value in known:
        values[(day - first).days] = value
    scores = z_scores(values)
    alarms: list[Alarm] = []
    signs: tuple[tuple[Direction, float], ...] = (("easing", 1.0), ("tension", -1.0))
    for direction, sign in signs:
        alarms += [
            (dyad, date.fromordinal(first.toordinal() + day), direction, round(score, 6))
            for day, score in _alarms(sign * scores, budget)
        ]
    return alarms


def z_scores(values: Floats) -> Floats:
    """By day: the mean of its last WINDOW days against the year before these, in standard deviations of such means
    then; nan where too little is known.
    """
    means = np.full(values.size, np.nan)
    for day in range(values.size):
        recent = values[max(day - WINDOW + 1, 0) : day + 1]
        if np.count_nonzero(~np.isnan(recent)) >= FEWEST_WINDOW:
            means[day] = np.nanmean(recent)
    scores = np.full(values.size, np.nan)
    for day in range(values.size):
        past = means[max(day - WINDOW - YEAR + 1, 0) : max(day - WINDOW + 1, 0)]
        past = past[~np.isnan(past)]
        if past.size < FEWEST_PAST or np.isnan(means[day]):
            continue
        spread = float(np.std(past))
        if spread > 0:
            scores[day] = (means[day] - float(np.mean(past))) / spread
    return scores


def _alarms(scores: Floats, budget: float) -> list[tuple[int, float]]:
    """Days on which the score first passes its threshold, one an episode."""
    found: list[tuple[int, float]] = []
    quiet_since = -PAUSE
    threshold = FLOOR
    for day in range(scores.size):
        if day % PAUSE == 0:
            threshold = _threshold(scores[:day], budget)
        score = scores[day]
        if np.isnan(score):
            continue
        if score >= threshold and day - quiet_since >= PAUSE:
            found.append((day, float(score)))
        if score >= REARM * threshold and (found and day - found[-1][0] < YEAR):
            quiet_since = day
    return found


def _threshold(past: Floats, budget: float) -> float:
    """The score of the peak of which `budget` a year (half in each direction) would have come before."""
    known = past[~np.isnan(past)]
    if known.size < YEAR:
        return FLOOR
    years = known.size / YEAR
    blocks = [known[i : i + PAUSE].max() for i in range(0, known.size, PAUSE)]
    rank = max(round(budget / 2.0 * years), 1)
    ordered = sorted(blocks, reverse=True)
    return max(float(ordered[min(rank, len(ordered)) - 1]), FLOOR if budget <= 1 else FLOOR / budget**0.5)
