"""Exposure (ontology.md, relation index 9): acts that endanger or court a state without being aimed at it alone.

Kept apart from level and share. Two sources: a state's acts towards nobody (weapons tests, drills alone; a data file
says whom they concern), and acts between two states that name a third (`aimed_at`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pipelines.relations.fold import Folded
from schemas.ontology import DYADS, dyad_of

MARK = "!"


@cache
def concerns() -> dict[str, tuple[str, ...]]:
    """By state: whom its acts towards nobody concern."""
    text = files("pipelines.relations").joinpath("data/exposure.toml").read_text(encoding="utf-8")
    return {state: tuple(whom) for state, whom in tomllib.loads(text)["concerns"].items()}


def exposure_series(pair: str, key: str) -> str:
    """Name of the series of what the events of a key mean for a pair: `KOR-PRK!PRK-*`."""
    return f"{pair}{MARK}{key}"


def exposed_pairs(folded: Folded) -> list[str]:
    """The pairs that an event concerns without being between them, sorted."""
    event = folded.event
    actors = [event.source] + ([event.target] if event.target else [])
    whom: Iterable[str] = folded.aimed
    if event.target is None:
        whom = {*concerns().get(event.source, ()), *folded.aimed}
    pairs = {dyad_of(actor, state) for actor in actors for state in whom if state != actor and state not in actors}
    return sorted(pairs & set(DYADS))
