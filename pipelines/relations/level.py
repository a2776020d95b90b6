"""Level of a relation, -9..9 (ontology.md, relation index 4): order-free, bounded, with its uncertainty."""

from __future__ import annotations

from math import sqrt
from typing import Final

from pipelines.relations.weights import rounded
from schemas.records import Estimate

BOUND: Final = 9.0
HALF_LIFE: Final = 90
"""Days, counting observed ones only."""
DISPLAYED: Final = {"mood": 7, "season": 30, "climate": 180}
"""The same with other half-lives, for display."""
_LEAN: Final = 0.9
_Z90: Final = 1.64


def prior_volume(daily: float, half_life: float) -> float:
    """k: the volume of h/3 days at the pair's mean daily volume m."""
    return daily * half_life / 3.0


def lean(share: float) -> float:
    """B = 1 - 2 s_B: the long-run balance towards which the prior pulls, within -.9..9."""
    return min(max(1.0 - 2.0 * share, -_LEAN), _LEAN)


def level(c: float, f: float, k: float, b: float) -> float:
    """L = 9 (C - F + k b) / (C + F + k); C and F the decayed sums, k the prior's volume. In -9..9."""
    volume = c + f + k
    return BOUND * (c - f + k * b) / volume if volume > 0 else 0.0


def estimate(c: float, f: float, q: float, k: float, b: float, u: float) -> Estimate:
    """The level with its 90 % interval. `q`: v^2 decayed with half-life h/2; `u`: mean v. Kish 1965 for n_e."""
    value = level(c, f, k, b)
    volume = c + f + k
    p = (c + k * (1.0 + b) / 2.0) / volume if volume > 0 else 0.5
    spread = q + k * u
    effective = volume * volume / spread if spread > 0 else 0.0
    half = _Z90 * 2 * BOUND * sqrt(max(p * (1.0 - p), 0.0) / effective) if effective > 0 else 2 * BOUND
    return Estimate(
        value=rounded(value),
        low=rounded(max(value - half, -BOUND)),
        high=rounded(min(value + half, BOUND)),
    )
