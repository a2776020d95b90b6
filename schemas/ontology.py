"""The ontology as data: event types, modes, scores, families, weights of factuality, core states and their pairs.

Source of types and scores: `ontology.toml` (PLOVER 2.0 types with a closed list of modes of our own).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Final, Literal

import msgspec

from schemas.records import Factuality

CORE: Final = ("CHN", "JPN", "KOR", "MNG", "PRK", "RUS", "TWN", "USA")
"""The eight states of Northeast Asia that Detente watches, in code order."""

DYADS: Final = tuple(f"{a}-{b}" for a, b in combinations(CORE, 2))
"""The 28 pairs of core states, each with its codes in order."""

SECTORS: Final = ("GOV", "MIL", "COP", "LEG", "JUD", "SPY", "PTY", "OPP", "BUS", "CVL", "ELI", "JRN", "EDU")

CONTEXTS: Final = (
    "diplomatic", "military", "economic", "technology", "cbrn", "territory", "intelligence", "executive",
    "legislative", "election", "legal", "reparations", "human_rights", "migration", "disasters",
    "natural_resource", "environment", "health", "cyber", "terrorism", "misinformation", "people_to_people",
)  # fmt: skip

FACTUALITIES: Final[tuple[Factuality, ...]] = (
    "fact", "scheduled", "intended", "requested", "conditional", "denied", "historic", "opinion",
)  # fmt: skip


class EventType(msgspec.Struct, frozen=True):
    """One PLOVER root. `quad`: 1 verbal, 2 material cooperation, 3 verbal, 4 material conflict; `score` in -10..10."""

    name: str
    quad: int
    score: float
    family: str
    cameo: tuple[str, ...]
    modes: dict[str, float]


@cache
def event_types() -> dict[str, EventType]:
    """All event types by name, in the file's order."""
    table = tomllib.loads(files("schemas").joinpath("ontology.toml").read_text(encoding="utf-8"))
    return {
        name: EventType(
            name=name,
            quad=row["quad"],
            score=float(row["score"]),
            family=row["family"],
            cameo=tuple(row["cameo"]),
            modes={mode: float(score) for mode, score in row["modes"].items()},
        )
        for name, row in table.items()
    }


def score_of(type_: str, mode: str | None) -> float:
    """The ontology's score of a type and mode, -10..10. KeyError for an unknown type or mode."""
    kind = event_types()[type_]
    return kind.score if mode is None else kind.modes[mode]


def polarity_of(score: float) -> Literal[-1, 0, 1]:
    """The sign of a score."""
    if score == 0:
        return 0
    return 1 if score > 0 else -1


def factuality_weight(type_: str, factuality: Factuality) -> float:
    """w_f of the relation index: what a report that is not (yet) a fact still counts for, 0..1."""
    if factuality == "fact":
        return 1.0
    if factuality == "scheduled":
        return 1.0 if type_ == "AGREE" else 0.4
    if factuality == "intended":
        return 0.7 if type_ == "AGREE" else 0.4
    return 0.0


def dyad_of(a: str, b: str) -> str:
    """The pair's key: both codes sorted and joined by "-"."""
    return "-".join(sorted((a, b)))
