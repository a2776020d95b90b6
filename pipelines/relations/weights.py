"""Weight of an event (ontology.md, relation index 2)."""

from __future__ import annotations

from schemas.ontology import factuality_weight
from schemas.records import Factuality

DIGITS = 6
"""Floats in records are rounded to this many digits, so that equal histories are equal bytes."""


def weight(type_: str, score: float, factuality: Factuality, confidence: float) -> float:
    """Signed v = score / 10 x w_f x confidence, -1..1. `score` in -10..10, `confidence` in 0..1."""
    return rounded(score / 10.0 * factuality_weight(type_, factuality) * confidence)


def rounded(value: float) -> float:
    """To six digits, without a negative zero."""
    return round(value, DIGITS) + 0.0
