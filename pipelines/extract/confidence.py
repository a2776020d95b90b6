"""How sure the rules are: a logistic model over a few features of an act, its weights in `data/confidence.toml`."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.extract.act import Act

FLOOR = 0.3
"""Less sure than this is no signal: of such acts about half are wrong."""
_DIGITS = 3  # fixed rounding: the same bytes on every machine


@cache
def _weights() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((files("pipelines.extract") / "data" / "confidence.toml").read_text("utf-8"))
    return table


def features(act: Act) -> Iterator[str]:
    """Names of the features that hold for an act, in a fixed order."""
    yield f"rule={act.rule.name}"
    yield f"source={act.source.slot}"
    yield f"target={act.target.slot if act.target else 'none'}"
    if act.source.anaphor:
        yield f"anaphor={act.source.anaphor}"
    if act.target is not None and act.target.anaphor:
        yield f"anaphor-target={act.target.anaphor}"
    yield f"type={act.type}"
    yield f"factuality={act.factuality}"
    if act.reciprocal:
        yield "reciprocal"


def of(act: Act) -> float:
    """Probability that a reader would code this pair, direction and type, 0..1."""
    table = _weights()
    weights = table["weights"]
    total = float(table["bias"]) + sum(float(weights.get(name, 0.0)) for name in features(act))
    return round(1.0 / (1.0 + math.exp(-total)), _DIGITS)
