"""Change detection (ontology.md, relation index 7 and 8): one pure step a pair and day.

The decision is by the maximum over channels of -ln p against a limit per direction. An episode opens when the limit
is reached and lasts until the share is back in the range before it; while it lasts nothing opens again in its
direction, and its end is not a change in the other: an easing must go below where things stood before the tension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Literal

import msgspec

from pipelines.relations.channels import (
    DIRECTIONS,
    NEW_PAUSE,
    Observation,
    Reading,
    readings,
    share_reading,
)
from schemas.records import Direction

CALM_SCORE = 1.84
"""-ln p at z = 1: within one standard error of the share before."""
CALM_DAYS = 14
SHORTEST = 21
LONGEST = 365
"""After a year the new state is the baseline: the episode is over by definition."""
REMEMBER = 425
"""Days for which the share before a closed episode is the yardstick of the other direction: until the baseline holds
nothing of it any more."""
WORSE = 1.5
"""An open episode is worse when its score is this many times that of its last report."""

Outcome = Literal["none", "open", "hold", "worse", "close"]


class Episode(msgspec.Struct, frozen=True):
    """A change that lasts. `before` is the tension share that it left."""

    opened: date
    channel: str
    before: float
    score: float
    calm: int = 0


class Past(msgspec.Struct, frozen=True):
    """An episode that is over."""

    direction: Direction
    closed: date
    before: float


class DetectorState(msgspec.Struct, frozen=True):
    """All that the detector remembers of a pair."""

    open: dict[Direction, Episode] = {}
    past: tuple[Past, ...] = ()
    new: dict[Direction, date] = {}


class Verdict(msgspec.Struct, frozen=True):
    """What a day means in one direction. `lead` is the loudest reading, None when all are silent; `heard` all of them,
    loudest first: whoever listens to some channels only has a lead of its own.
    """

    direction: Direction
    outcome: Outcome
    lead: Reading | None = None
    limit: float = 0.0
    heard: tuple[Reading, ...] = ()


Decision = dict[Direction, Verdict]


def step(
    state: DetectorState, observation: Observation, limits: Mapping[Direction, float]
) -> tuple[DetectorState, Decision]:
    """One whole day. An unobserved day changes nothing and decides nothing."""
    if not observation.observed:
        return state, {d: Verdict(d, "hold" if d in state.open else "none") for d in DIRECTIONS}
    found = [r for r in readings(observation, references(state, observation.day)) if _may_speak(r, state, observation)]
    opened, past, new = dict(state.open), list(state.past), dict(state.new)
    decision: Decision = {}
    for direction in DIRECTIONS:
        own = sorted((r for r in found if r.direction == direction), key=lambda r: (-r.score, r.channel))
        lead = own[0] if own else None
        before = state.open.get(direction)
        after, outcome = _advance(before, direction, lead, limits[direction], observation)
        if outcome == "open" and lead is not None and lead.channel == "NEW":
            new[direction] = observation.day
        if after is None:
            opened.pop(direction, None)
            if before is not None:
                past.append(Past(direction, observation.day, before.before))
        else:
            opened[direction] = after
        decision[direction] = Verdict(direction, outcome, lead, limits[direction], tuple(own))
    kept = tuple(p for p in past if (observation.day - p.closed).days <= REMEMBER)
    return DetectorState(open=opened, past=kept, new=new), decision


def references(state: DetectorState, day: date) -> dict[Direction, float]:
    """By direction the share that a change must go beyond: where things stood before episodes of the other one."""
    shares: dict[Direction, list[float]] = {"easing": [], "tension": []}
    for direction, episode in state.open.items():
        shares[_other(direction)].append(episode.before)
    for past in state.past:
        if (day - past.closed).days <= REMEMBER:
            shares[_other(past.direction)].append(past.before)
    found: dict[Direction, float] = {}
    if shares["easing"]:
        found["easing"] = min(shares["easing"])
    if shares["tension"]:
        found["tension"] = max(shares["tension"])
    return found


def _other(direction: Direction) -> Direction:
    return "tension" if direction == "easing" else "easing"


def _may_speak(reading: Reading, state: DetectorState, observation: Observation) -> bool:
    last = state.new.get(reading.direction)
    return reading.channel != "NEW" or last is None or (observation.day - last).days > NEW_PAUSE


def _advance(
    episode: Episode | None, direction: Direction, lead: Reading | None, limit: float, observation: Observation
) -> tuple[Episode | None, Outcome]:
    if episode is None:
        if lead is None or lead.score < limit:
            return None, "none"
        return Episode(opened=observation.day, channel=lead.channel, before=lead.before, score=lead.score), "open"
    age = (observation.day - episode.opened).days
    calm = episode.calm + 1 if _calm(episode, direction, observation) else 0
    if age >= LONGEST or (age >= SHORTEST and calm >= CALM_DAYS):
        return None, "close"
    if lead is not None and lead.score >= max(WORSE * episode.score, limit):
        return msgspec.structs.replace(episode, score=lead.score, calm=calm), "worse"
    return msgspec.structs.replace(episode, calm=calm), "hold"


def _calm(episode: Episode, direction: Direction, observation: Observation) -> bool:
    """Both short windows are silent or within one standard error of the share before the episode."""
    for channel in ("S7", "S30"):
        base = observation.bases[channel]
        frozen = replace(base, s=episode.before)
        reading = share_reading(channel, direction, observation.windows[channel], frozen)
        if reading is not None and reading.score > CALM_SCORE:
            return False
    return True
