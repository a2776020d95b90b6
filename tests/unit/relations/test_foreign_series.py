from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.relations.backtest import backtest
from pipelines.relations.segment import changepoints

START = date(2018, 1, 1)
Rows = list[tuple[date, float | None]]


def series(seed: int, step: float = 0.0, days: int = 900, at: int = 600) -> Rows:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=days) * 10
    values = noise + np.where(np.arange(days) >= at, step, 0.0)
    return [(START + timedelta(days=i), None if i % 23 == 5 else float(v)) for i, v in enumerate(values)]


def test_a_step_is_found_soon_and_in_its_direction() -> None:
    for step, direction in ((30.0, "easing"), (-30.0, "tension")):
        ((dyad, day, way, score),) = backtest({"A-B": series(3, step)})
        assert (dyad, way) == ("A-B", direction)
        assert 0 <= (day - START).days - 600 <= 21
        assert score > 3


@given(st.integers(0, 50), st.floats(0.01, 1000), st.integers(400, 899))
@settings(max_examples=10, deadline=None)
def test_units_do_not_matter_negation_turns_and_a_prefix_is_the_backtest_of_the_prefix(
    seed: int, unit: float, cut: int
) -> None:
    rows = series(seed, 40.0)
    alarms = backtest({"A-B": rows})
    scaled = backtest({"A-B": [(d, None if v is None else v * unit) for d, v in rows]})
    assert [(a[1], a[2]) for a in scaled] == [(a[1], a[2]) for a in alarms]
    turned = backtest({"A-B": [(d, None if v is None else -v) for d, v in rows]})
    swap = {"easing": "tension", "tension": "easing"}
    assert [(a[1], swap[a[2]]) for a in turned] == [(a[1], a[2]) for a in alarms]
    end = START + timedelta(days=cut)
    assert backtest({"A-B": rows[:cut]}) == [a for a in alarms if a[1] < end]


def test_missing_dates_are_missing() -> None:
    rows = series(3, 30.0)
    explicit = [(d, None if 100 < i < 130 else v) for i, (d, v) in enumerate(rows)]
    left_out = [row for i, row in enumerate(rows) if not 100 < i < 130]
    assert backtest({"A-B": explicit}) == backtest({"A-B": left_out})
    zeros = [(d, 0.0 if 100 < i < 130 else v) for i, (d, v) in enumerate(rows)]
    assert backtest({"A-B": zeros}) != backtest({"A-B": explicit})


def test_a_quiet_series_and_an_empty_one_say_nothing() -> None:
    assert backtest({"A-B": []}) == []
    assert backtest({"A-B": [(START + timedelta(days=i), 1.0) for i in range(800)]}) == []
    assert len(backtest({f"A-{i}": series(i) for i in range(10)})) <= 10 * 2.5


def test_segments_of_steps_with_missing_values() -> None:
    rng = np.random.default_rng(5)
    values: list[float | None] = [*rng.normal(0, 1, 60), *rng.normal(6, 1, 60), *rng.normal(-2, 1, 60)]
    values[30] = values[60] = None
    assert changepoints(values) == [61, 120]


@pytest.mark.parametrize("values", [[], [1.0], [None, None, None], [2.0] * 50])
def test_nothing_to_segment(values: list[float | None]) -> None:
    assert changepoints(values) == []


def test_a_series_without_change_is_one_segment() -> None:
    assert changepoints(list(np.random.default_rng(8).normal(size=300))) == []
