"""What is held of a pair before its own history is known (ontology.md, relation index 6)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from schemas.errors import ConfigError

PSEUDO_DAYS: Final = 90.0


class Prior(msgspec.Struct, frozen=True, kw_only=True):
    """m0 volume a day (sum of v), u0 mean v of an event, s0 tension share, rates events a day by type."""

    m0: float
    u0: float
    s0: float
    rates: dict[str, float]
    days: float = PSEUDO_DAYS

    def rate_of(self, type_: str) -> float:
        """Events of a type a day; a type that the class never saw gets the smallest rate of the class."""
        return self.rates.get(type_, min(self.rates.values()))

    def scaled(self, part: float) -> Prior:
        """The same mixture at a part of the volume: a direction is half of a pair."""
        rates = {type_: rate * part for type_, rate in self.rates.items()}
        return msgspec.structs.replace(self, m0=self.m0 * part, rates=rates)


class Priors(msgspec.Struct, frozen=True, kw_only=True):
    """Prior by series key."""

    origin: str
    pairs: dict[str, Prior]
    posture: Prior
    outside: Prior

    @classmethod
    def load(cls) -> Priors:
        """The shipped file. ConfigError when it does not hold together."""
        return _shipped()

    def of(self, key: str) -> Prior:
        """The prior of a pair or posture key."""
        if key.endswith("-*"):
            return self.posture
        return self.pairs.get(key, self.outside)

    @property
    def keys(self) -> list[str]:
        """The pairs with a prior of their own, sorted."""
        return sorted(self.pairs)


class _Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    m0: float


class _Class(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    m0: float
    u0: float
    s0: float
    rates: dict[str, float]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    classes: dict[str, _Class]
    pairs: dict[str, _Pair]


def parse(text: str) -> Priors:
    """A priors file. ConfigError names what is wrong."""
    try:
        table = msgspec.convert(tomllib.loads(text), _File)
        made = {
            key: Prior(m0=kind.m0, u0=kind.u0, s0=kind.s0, rates=kind.rates).scaled(pair.m0 / kind.m0)
            for key, pair in table.pairs.items()
            for kind in (table.classes[pair.kind],)
        }
        rest = {
            name: Prior(m0=kind.m0, u0=kind.u0, s0=kind.s0, rates=kind.rates) for name, kind in table.classes.items()
        }
        return Priors(origin=table.origin, pairs=made, posture=rest["posture"], outside=rest["mixed"])
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, KeyError) as error:
        raise ConfigError(f"priors.toml: {error}") from error


@cache
def _shipped() -> Priors:
    return parse(files("pipelines.relations").joinpath("data/priors.toml").read_text(encoding="utf-8"))
