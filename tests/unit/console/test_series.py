"""backtest and segment on series whose answer is known."""

from __future__ import annotations

import csv
import io
import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.relations.segment import changepoints
from tests.unit.console.conftest import Detente


def steps(*levels: float, length: int = 60, seed: int = 1) -> list[float]:
    noise = random.Random(seed)
    return [noise.gauss(level, 1.0) for level in levels for _ in range(length)]


def test_segment_finds_the_steps(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    values = steps(0, 5, 1)
    file.write_text("time,value\n" + "".join(f"{at},{value}\n" for at, value in enumerate(values)))
    ran = detente("segment", str(file))
    assert ran.code == 0
    found = ran.lines[0]["changepoints"]
    assert len(found) == 2
    assert abs(found[0] - 60) <= 2
    assert abs(found[1] - 120) <= 2


def test_segment_passes_over_missing_values(detente: Detente, tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    rows = ["" if at % 5 == 0 else ("NaN" if at % 7 == 0 else str(v)) for at, v in enumerate(steps(0, 6))]
    file.write_text("time,value\n" + "".join(f"{at},{value}\n" for at, value in enumerate(rows)))
    found = detente("segment", str(file)).lines[0]["changepoints"]
    assert len(found) == 1
    assert abs(found[0] - 60) <= 3


@pytest.mark.parametrize("values", [[], [1.0], [3.0] * 100, [None] * 50, [0.1 + 0.2, 0.3] * 40])
def test_nothing_changes_in_a_flat_series(values: list[float | None]) -> None:
    assert changepoints(values) == []


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(1e-6, 1e6), shift=st.floats(-1e3, 1e3), sign=st.sampled_from([-1, 1]), seed=st.integers(0, 5))
def test_unit_and_sign_do_not_matter(scale: float, shift: float, sign: int, seed: int) -> None:
    values = steps(0, 5, seed=seed, length=30)
    assert changepoints([sign * scale * (value + shift) for value in values]) == changepoints(values)


def backtest_file(path: Path, turn: int, size: float) -> Path:
    noise = random.Random(7)
    start = date(2020, 1, 1)
    rows = [
        (start + timedelta(days=n), noise.gauss(size if n >= turn else 0.0, 1.0), noise.gauss(0, 1)) for n in range(900)
    ]
    path.write_text("date,A-B,C-D\n" + "".join(f"{day},{a},{c}\n" for day, a, c in rows))
    return path


def test_backtest_finds_a_turn_after_it_came(detente: Detente, tmp_path: Path) -> None:
    file = backtest_file(tmp_path / "series.csv", 600, -3.0)
    ran = detente("backtest", str(file))
    assert ran.code == 0
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert set(rows[0]) == {"dyad", "date", "direction", "score"}
    turn = date(2020, 1, 1) + timedelta(days=600)
    hits = [
        row
        for row in rows
        if row["dyad"] == "A-B"
        and row["direction"] == "tension"
        and 0 <= (date.fromisoformat(row["date"]) - turn).days <= 14
    ]
    assert len(hits) == 1
    as_json = detente("backtest", str(file), "--json").lines
    assert [line["date"] for line in as_json] == [row["date"] for row in rows]


@pytest.mark.parametrize(
    "text,arguments,says",
    [
        ("time,A-B\n1,2\n", ["backtest"], "no column date"),
        ("date\n2020-01-01\n", ["backtest"], "no column beside date"),
        ("date,A-B\nMonday,2\n", ["backtest"], "line 2"),
        ("date,A-B\n2020-01-01,two\n", ["backtest"], "'two'"),
        ("date,A-B\n2020-01-01,2\n", ["backtest", "--budget", "0"], "--budget"),
        ("date,A-B,A-B\n2020-01-01,2,3\n", ["backtest"], "twice"),
        ("time,level\n1,2\n", ["segment"], "no column value"),
        ("value\n2\n", ["segment"], "no column time"),
        ("", ["segment"], "none"),
    ],
)
def test_a_wrong_file_is_said_with_its_place(
    detente: Detente, tmp_path: Path, text: str, arguments: list[str], says: str
) -> None:
    file = tmp_path / "series.csv"
    file.write_text(text)
    ran = detente(arguments[0], str(file), *arguments[1:])
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
