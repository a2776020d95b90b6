"""Channels of change (ontology.md, relation index 7): S7, S30, DRIFT and NEW, each as -ln p of what it sees; and B7.

B7 is ours. A tension share cannot see rivals quarrel or allies draw closer: it is near its end already, whatever they
do. Simulated turns of five events (`tools/simulate_turns.py`) moved the shares of such pairs by one standard error.
B7 asks how surprising the week's weight of deeds in one direction is, given what the pair is used to in that
direction. It is not a volume alarm: the expectation grows with whatever the other direction grew by, so that more
coverage of the same mixture is no change, and the share itself must not have moved the other way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import exp, lgamma, log
from typing import Final

from pipelines.relations.share import Base, Window, surprise, tension_share, z_score
from schemas.records import Direction

DIRECTIONS: Final[tuple[Direction, ...]] = ("easing", "tension")


@dataclass(frozen=True, slots=True)
class Reach:
    """Which days a share channel compares: window [t - window + 1, t], baseline [t - base_from, t - base_to]."""

    window: int
    base_from: int
    base_to: int


SHARES: Final = {"S7": Reach(7, 395, 31), "S30": Reach(30, 395, 31), "DRIFT": Reach(90, 455, 91)}
_CONVERGED: Final = 1e-12
BURST: Final = "B7"
WINDOWS: Final = {**{channel: channel for channel in SHARES}, BURST: "S7"}
"""By channel the span of days that it looks at."""
DISPERSION: Final = 1.3
"""Events of a matter come together, so that their weekly number has about this many times the Poisson variance."""
BURST_NEEDS: Final = 60
"""Observed days in the baseline before B7 speaks: how much news the feeds bring is not known before."""
NEW_WINDOW: Final = 7
NEW_MEMORY: Final = 395
"""A type is new when not seen for 395 days: a yearly drill that starts some weeks later than last year is none."""
NEW_PAUSE: Final = 90
"""NEW speaks at most once in so many days and direction."""


@dataclass(frozen=True, slots=True)
class NewType:
    """A material type not seen for NEW_MEMORY days: how often in the last week, and the tail of that."""

    type: str
    direction: Direction
    count: int
    probability: float


@dataclass(frozen=True, slots=True)
class Observation:
    """What one pair shows at the end of a day. `windows` and `bases` by share channel."""

    day: date
    observed: bool
    windows: Mapping[str, Window]
    bases: Mapping[str, Base]
    news: Sequence[NewType] = field(default=())


@dataclass(frozen=True, slots=True)
class Reading:
    """One channel in one direction: `score` = -ln `probability`; tension shares before and after."""

    channel: str
    direction: Direction
    score: float
    probability: float
    before: float
    after: float


def toward(direction: Direction) -> float:
    """Sign of the share's movement."""
    return 1.0 if direction == "tension" else -1.0


def share_reading(
    channel: str, direction: Direction, window: Window, base: Base, reference: float | None = None
) -> Reading | None:
    """None where the window is silent or holds no event of the direction's own sign.

    `reference` is the share before an episode of the other direction: what only returns to it is no change.
    """
    if (window.f if direction == "tension" else window.c) <= 0:
        return None
    before = base.s
    if reference is not None:
        before = max(before, reference) if direction == "tension" else min(before, reference)
    z = z_score(window, base, before)
    if z is None:
        return None
    score = surprise(toward(direction) * z)
    return Reading(channel, direction, score, exp(-score), before, tension_share(window, base))


def burst_reading(direction: Direction, window: Window, base: Base, reference: float | None = None) -> Reading | None:
    """B7: the tail of the week's weight in one direction, a compound Poisson sum by its first two
    moments: as many units of sum v^2 / sum v, times the dispersion of matters.
    """
    if base.observed < BURST_NEEDS:
        return None
    share = share_reading(BURST, direction, window, base, reference)
    if share is None or toward(direction) * (share.after - share.before) <= 0:
        return None
    part = share.before if direction == "tension" else 1.0 - share.before
    own, other = (window.f, window.c) if direction == "tension" else (window.c, window.f)
    usual = base.m * window.days
    growth = max(1.0, (other + base.u) / (usual * (1.0 - part) + base.u))
    unit = base.w * DISPERSION
    score = poisson_surprise(own / unit, usual * part * growth / unit)
    return Reading(BURST, direction, score, exp(-score), share.before, share.after)


def poisson_surprise(count: float, mean: float) -> float:
    """-ln P(N >= count) for a Poisson N; for a count between integers by the incomplete gamma function that
    interpolates it. 0 where the count is not above the mean.
    """
    if count <= mean or mean <= 0:
        return 0.0
    term, total, n = 1.0, 1.0, count
    while term > _CONVERGED * total:
        n += 1.0
        term *= mean / n
        total += term
    return max(lgamma(count + 1.0) - count * log(mean) + mean - log(total), 0.0)


def window_reading(
    channel: str, direction: Direction, window: Window, base: Base, reference: float | None = None
) -> Reading | None:
    """What a window shows in a share channel or in B7."""
    if channel == BURST:
        return burst_reading(direction, window, base, reference)
    return share_reading(channel, direction, window, base, reference)


def readings(observation: Observation, references: Mapping[Direction, float]) -> list[Reading]:
    """All channels that speak, both directions."""
    found: list[Reading] = []
    for direction in DIRECTIONS:
        for channel, span in WINDOWS.items():
            reading = window_reading(
                channel,
                direction,
                observation.windows[span],
                observation.bases[span],
                references.get(direction),
            )
            if reading is not None:
                found.append(reading)
    base, window = observation.bases["S30"], observation.windows["S30"]
    for new in observation.news:
        score = -log(max(new.probability, 1e-300))
        found.append(Reading("NEW", new.direction, score, new.probability, base.s, tension_share(window, base)))
    return found


def new_tail(count: int, rate: float, pseudo_days: float, observed: int, window: int = NEW_WINDOW) -> float:
    """P(N >= count) in `window` days, the rate Gamma distributed with mean `rate` (a day) worth `pseudo_days`, updated
    by `observed` days without any: the gamma-Poisson (negative binomial) tail.
    """
    shape, inverse = rate * pseudo_days, pseudo_days + observed
    stay, go = inverse / (inverse + window), window / (inverse + window)
    below = sum(
        exp(lgamma(shape + i) - lgamma(shape) - lgamma(i + 1) + shape * log(stay) + i * log(go)) for i in range(count)
    )
    if 1.0 - below > 1e-9:  # noqa: PLR2004 - beyond it the difference is rounding error
        return 1.0 - below
    return exp(lgamma(shape + count) - lgamma(shape) - lgamma(count + 1) + shape * log(stay) + count * log(go))
