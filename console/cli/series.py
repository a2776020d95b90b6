"""`detente backtest` and `detente segment`: change detection on series that others made."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from math import isfinite
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from console.cli import output
from console.cli.documents import decoded, read_bytes
from console.cli.session import Given
from schemas.errors import ConfigError

_MISSING: Final = frozenset({"", "na", "nan", "null", "none", "-"})
_COLUMNS: Final = ("dyad", "date", "direction", "score")
Series = Annotated[str, Parameter(allow_leading_hyphen=True)]


def backtest(series: Series, /, *, budget: float = 1.0, session: Given) -> int:
    """When a daily series changed, as it would have been said on the day: dyad,date,direction,score.

    Parameters
    ----------
    series
        CSV with the columns date and one per dyad, larger values being better relations; - reads standard input.
    budget
        False alarms allowed a dyad and year (1).
    """
    from pipelines.relations.backtest import backtest as detect

    if not (isfinite(budget) and budget > 0):
        raise ConfigError(f"--budget {budget}: write a number above 0, the false alarms allowed a year", "bad_budget")
    names, rows = _table(series, "date")
    read: dict[str, list[tuple[date, float | None]]] = {name: [] for name in names if name != "date"}
    if not read:
        raise ConfigError(f"{series}: no column beside date; add one for each dyad", "no_column")
    for where, row in rows:
        day = _day(row["date"], where)
        for name, values in read.items():
            values.append((day, _number(row[name], where, name)))
    found = detect(read, budget)
    if session.json:
        output.lines(dict(zip(_COLUMNS, alarm, strict=True)) for alarm in found)
    else:
        output.as_csv(_COLUMNS, found)
    return 0


def segment(series: Series, /, *, method: Literal["pelt"] = "pelt") -> int:
    """Where a series changes for good: {"changepoints":[index,...]}, each the first row of a new segment, from 0.

    Parameters
    ----------
    series
        CSV with the columns time and value, values may be missing; - reads standard input.
    method
        pelt: constant means, penalty 3 ln n.
    """
    from pipelines.relations.segment import changepoints

    names, rows = _table(series, "value")
    if "time" not in names:
        raise ConfigError(f"{series}: no column time; the columns are time and value", "no_column")
    # One method so far; the flag stands so that scripts can name it.
    methods = {"pelt": changepoints}
    output.line({"changepoints": methods[method]([_number(row["value"], where, "value") for where, row in rows])})
    return 0


def _table(name: str, needed: str) -> tuple[list[str], Iterator[tuple[str, dict[str, str]]]]:
    """Column names, and each row with where it stands."""
    reader = csv.DictReader(io.StringIO(decoded(read_bytes(name)).removeprefix("\ufeff"), newline=""))
    names = [column.strip() for column in reader.fieldnames or ()]
    if needed not in names:
        found = ", ".join(names) or "none"
        raise ConfigError(f"{name}: no column {needed}; the columns found are: {found}", "no_column")
    if len(set(names)) < len(names):
        raise ConfigError(f"{name}: a column name stands there twice; rename one", "double_column")
    reader.fieldnames = names
    return names, ((f"{name}, line {reader.line_num}", _filled(row, names)) for row in reader)


def _filled(row: dict[str, str | None], names: list[str]) -> dict[str, str]:
    """A short row misses its last values."""
    return {name: (row.get(name) or "").strip() for name in names}


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise ConfigError(f"{where}: {text!r} is no day; write 2023-08-24", "bad_date") from error


def _number(text: str, where: str, column: str) -> float | None:
    if text.lower() in _MISSING:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise ConfigError(
            f"{where}, {column}: {text!r} is no number; leave it empty if missing", "bad_number"
        ) from error
    return value if isfinite(value) else None
