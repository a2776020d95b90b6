"""Pooled limits: what -ln p a change must reach, by direction and by how many events a pair has a day.

`data/limits.toml` is made by `tools/simulate_limits.py`, which simulates pairs without change; they hold for every
pair until its own limits are fitted, and alerts that rest on them say so (`calibrated` false).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import log

import msgspec

from schemas.errors import ConfigError
from schemas.records import Direction


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """`rates` (events a day, ascending) and for each the limit in each direction, in units of -ln p."""

    command: str
    made: str
    budget: float
    rates: tuple[float, ...]
    easing: tuple[float, ...]
    tension: tuple[float, ...]

    @classmethod
    def load(cls) -> Limits:
        """The shipped file. ConfigError when it does not hold together."""
        return _shipped()

    def of(self, direction: Direction, rate: float) -> float:
        """The limit at a rate: linear in its logarithm, constant beyond the ends."""
        values = self.easing if direction == "easing" else self.tension
        if rate <= self.rates[0]:
            return values[0]
        for i in range(1, len(self.rates)):
            low, high = self.rates[i - 1], self.rates[i]
            if rate <= high:
                part = log(rate / low) / log(high / low)
                return values[i - 1] + part * (values[i] - values[i - 1])
        return values[-1]

    def both(self, rate: float) -> Mapping[Direction, float]:
        """Limits of both directions at a rate."""
        return {"easing": self.of("easing", rate), "tension": self.of("tension", rate)}


def parse(text: str) -> Limits:
    """A limits file. ConfigError names what is wrong."""
    try:
        limits = msgspec.convert(tomllib.loads(text), Limits)
    except (msgspec.ValidationError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"limits.toml: {error}") from error
    rates = limits.rates
    if not rates or list(rates) != sorted(set(rates)) or not len(rates) == len(limits.easing) == len(limits.tension):
        raise ConfigError("limits.toml: rates must ascend, with one easing and one tension limit each")
    return limits


@cache
def _shipped() -> Limits:
    return parse(files("pipelines.alerting").joinpath("data/limits.toml").read_text(encoding="utf-8"))
