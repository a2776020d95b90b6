"""Tension share of a window against its baseline (ontology.md, relation index 5 and 6): free of volume."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, log, pi, sqrt
from typing import Final

from pipelines.relations.priors import Prior
from schemas.records import Baseline as Origin

FEWEST: Final = 2
"""A window with fewer events is silent."""
OBSERVED: Final = 0.6
"""A window needs this part of its days observed."""
_TINY: Final = 1e-300
_SHIPPED_UNTIL, _OWN_FROM = 30, 365


@dataclass(frozen=True, slots=True)
class Window:
    """Sums of consecutive days: c, f, q, n as in Sums, and how many of its days were observed."""

    c: float
    f: float
    q: float
    n: float
    observed: int
    days: int

    @property
    def speaks(self) -> bool:
        """Enough events and enough of it observed."""
        return self.n >= FEWEST and self.observed >= OBSERVED * self.days

    def less(self, c: float, f: float, q: float, n: float) -> Window:
        """Without these sums, never below zero."""
        return Window(
            max(self.c - c, 0.0),
            max(self.f - f, 0.0),
            max(self.q - q, 0.0),
            max(self.n - n, 0),
            self.observed,
            self.days,
        )


@dataclass(frozen=True, slots=True)
class Base:
    """What a pair is used to: m daily volume, u mean v, w mean v by weight (sum v^2 / sum v),
    s tension share, n effective number, rate events a day,
    over so many observed days of its own.
    """

    m: float
    u: float
    w: float
    s: float
    n: float
    rate: float
    observed: int
    origin: Origin


def baseline(own: Window, volume: float, events: float, prior: Prior, whole: int) -> Base:
    """Own sums and the prior's 90 pseudo-days together.

    `volume` and `events` are those of observed days alone (they make the daily rates; news of a day on which nothing
    was heard still counts in the share). `whole` is how many days of the pair were observed in all; it says whose
    baseline this is.
    """
    days = float(own.observed) + prior.days
    mass = prior.days * prior.m0
    count = mass / prior.u0
    c, f = own.c + mass * (1.0 - prior.s0), own.f + mass * prior.s0
    u = (c + f) / (own.n + count)
    squares = own.q + mass * prior.u0
    origin: Origin = "shipped" if whole < _SHIPPED_UNTIL else "mixed" if whole < _OWN_FROM else "own"
    return Base(
        m=(volume + mass) / days,
        u=u,
        w=squares / (c + f),
        s=(f + u) / (c + f + 2.0 * u),
        n=(c + f) ** 2 / squares,
        rate=(events + count) / days,
        observed=own.observed,
        origin=origin,
    )


def tension_share(window: Window, base: Base) -> float:
    """s_W = (f_W + 2 u s_B) / (c_W + f_W + 2 u), 0..1."""
    return (window.f + 2.0 * base.u * base.s) / (window.c + window.f + 2.0 * base.u)


def z_score(window: Window, base: Base, reference: float | None = None) -> float | None:
    """How far the share lies from the baseline (or from another reference share), in standard errors; None: silent."""
    if not window.speaks or window.q <= 0:
        return None
    s = base.s if reference is None else reference
    effective = (window.c + window.f) ** 2 / window.q
    share = (window.f + 2.0 * base.u * s) / (window.c + window.f + 2.0 * base.u)
    return (share - s) / sqrt(s * (1.0 - s) * (1.0 / effective + 1.0 / base.n))


def surprise(z: float) -> float:
    """-ln p, p the upper tail of the normal distribution at z."""
    p = 0.5 * erfc(z / sqrt(2.0))
    # Beyond z = 37 the tail is below the smallest float; Mills' ratio goes on.
    return -log(p) if p > _TINY else 0.5 * z * z + log(z * sqrt(2.0 * pi))
