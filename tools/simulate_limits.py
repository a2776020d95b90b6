"""Makes pipelines/alerting/data/limits.toml: pooled limits from simulated pairs without change.

    nice python -m tools.simulate_limits --pairs 12 --years 3 --seed 1 --budget 0.3 > limits.toml

For each event rate, pairs of three classes (allies, rivals, mixed) live without change, coded by an imperfect coder;
the detector runs over them with each limit of a grid, and the limit at which `budget` episodes a pair, year and
direction pass the evidence gate is taken, `floor` at least. The first year of each pair is left out: there the baseline
is the shipped prior.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np

from pipelines.alerting.limits import Limits
from pipelines.evaluator.cases import Cases
from pipelines.evaluator.picture import Pictures
from pipelines.relations.change import DetectorState, step
from pipelines.relations.channels import DIRECTIONS
from pipelines.relations.fold import Folded
from pipelines.relations.panel import MEMORY, Panel
from pipelines.relations.priors import Prior, Priors
from schemas.ontology import event_types, factuality_weight, score_of
from schemas.ports.state import Sums
from schemas.records import Direction, Event, EventDate, Signal
from tools.simulated_pairs import Act, Coder, miscoded, routine

RATES: Final = (0.05, 0.1, 0.3, 1.0, 3.0)
GRID: Final = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
CLASSES: Final = {"allies": "JPN-USA", "rivals": "CHN-USA", "mixed": "CHN-KOR"}
START: Final = date(2021, 1, 1)
CONFIDENCE: Final = 0.7
NOW: Final = datetime(2021, 1, 1, tzinfo=UTC)
Counted: TypeAlias = dict[float, dict[Direction, int]]
CHANNELS: Counter[tuple[float, Direction, str]] = Counter()
"""Which channels opened the episodes, for the figures on standard error."""


class Chronicle:
    """Events of simulated pairs, as `Pictures` asks for them."""

    def __init__(self) -> None:
        self._days: dict[str, dict[date, list[Folded]]] = {}

    def add(self, pair: str, folded: Folded) -> None:
        """One more event."""
        self._days.setdefault(pair, {}).setdefault(folded.event.event_date.start, []).append(folded)

    def events(self, key: str, first: date, last: date) -> list[Folded]:
        """Those that start in [first, last]."""
        days = self._days.get(key, {})
        found: list[Folded] = []
        for i in range((last - first).days + 1):
            found += days.get(first + timedelta(days=i), ())
        return found

    def signals(self, ids: Iterable[str]) -> dict[str, Signal]:
        """Simulated events have no signals."""
        return {}


def event_of(act: Act, pair: str, number: int, owners: int) -> Folded:
    """The act as an event between the pair, told by so many groups."""
    day = START + timedelta(days=act.day)
    score = score_of(act.type, act.mode)
    event = Event(
        event_id=f"{pair}/{number}",
        matter_id=f"{pair}/{number}",
        dyad=pair,
        source="A",
        target="B",
        type=act.type,
        mode=act.mode,
        factuality="fact",
        event_date=EventDate(start=day, end=day, precision="day"),
        owners=tuple(f"owner{i}" for i in range(owners)),
        confidence=CONFIDENCE,
        weight=round(score / 10 * factuality_weight(act.type, "fact") * CONFIDENCE, 6),
    )
    return Folded(event=event, score=score, late=False, aimed=(), attested=owners)


def world(
    rng: np.random.Generator, prior: Prior, rate: float, pairs: int, days: int, coder: Coder
) -> tuple[Pictures, Chronicle, list[str]]:
    """So many pairs of one class and rate, coded."""
    names = [f"pair{i}" for i in range(pairs)]
    panel, chronicle = Panel(START - timedelta(days=MEMORY)), Chronicle()
    panel.add(names)
    panel.hear(START + timedelta(days=i) for i in range(days))
    for name in names:
        sums: dict[date, Sums | None] = {}
        for number, act in enumerate(routine(rng, prior, rate, days)):
            told = int(rng.binomial(act.reports, 1 - coder.missed))
            if told == 0:
                continue
            wrong = rng.random() < coder.wrong
            # Two readings do not go wrong in the same way.
            folded = event_of(miscoded(rng, act) if wrong else act, name, number, 1 if wrong else told)
            v, day = folded.event.weight, folded.event.event_date.start
            if v != 0:
                old = sums.get(day) or Sums()
                sums[day] = Sums(c=old.c + max(v, 0), f=old.f + max(-v, 0), q=old.q + v * v, n=old.n + 1)
            chronicle.add(name, folded)
        panel.put(name, sums, {})
    scaled = prior.scaled(rate * prior.u0 / prior.m0)
    priors = Priors(origin="simulated", pairs=dict.fromkeys(names, scaled), posture=prior, outside=prior)
    return Pictures(panel, chronicle, priors), chronicle, names  # type: ignore[arg-type]


def openings(pictures: Pictures, chronicle: Chronicle, names: Sequence[str], days: int) -> Counted:
    """Episodes after the first year that pass the evidence gate on some day, by limit and direction."""
    counts = {limit: dict.fromkeys(DIRECTIONS, 0) for limit in GRID}
    states = {(name, limit): DetectorState() for name in names for limit in GRID}
    told: set[tuple[str, float, Direction, date]] = set()
    cases = {limit: Cases(chronicle, pictures, _flat(limit)) for limit in GRID}  # type: ignore[arg-type]
    for i in range(days):
        observations = pictures.observations(names, START + timedelta(days=i))
        for name in names:
            for limit in GRID:
                before = states[name, limit]
                after, decision = step(before, observations[name], dict.fromkeys(DIRECTIONS, limit))
                states[name, limit] = after
                for direction, verdict in decision.items():
                    lead, episode = verdict.lead, after.open.get(direction)
                    if i < 365 or lead is None or lead.score < limit or episode is None:  # noqa: PLR2004 - a year
                        continue
                    mark = name, limit, direction, episode.opened
                    if mark in told:
                        continue
                    if cases[limit].of_reading(name, observations[name], lead, NOW).gate.open:
                        told.add(mark)
                        counts[limit][direction] += 1
                        CHANNELS[limit, direction, lead.channel] += 1
    return counts


def _flat(limit: float) -> Limits:
    return Limits(command="", made="", budget=0, rates=(1.0,), easing=(limit,), tension=(limit,))


def limit_at(counts: dict[float, float], budget: float) -> float:
    """Where the episodes a pair and year fall to the budget; linear between the grid's limits."""
    grid = sorted(counts)
    for low, high in pairwise(grid):
        if counts[high] <= budget:
            if counts[low] <= budget:
                return low
            return low + (counts[low] - budget) / (counts[low] - counts[high]) * (high - low)
    return grid[-1]


def main(arguments: Sequence[str]) -> None:
    """Print the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--years", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=0.3)
    parser.add_argument("--floor", type=float, default=3.0, help="no limit under this (p = .05)")
    parser.add_argument("--made", default="", help="the date to write into the file")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    shipped = Priors.load()
    days, observed = 365 * options.years, options.pairs * (options.years - 1) * len(CLASSES)
    found: dict[Direction, list[float]] = {direction: [] for direction in DIRECTIONS}
    for rate in RATES:
        CHANNELS.clear()
        total = {limit: dict.fromkeys(DIRECTIONS, 0) for limit in GRID}
        for pair in CLASSES.values():
            pictures, chronicle, names = world(rng, shipped.of(pair), rate, options.pairs, days, Coder())
            for limit, counts in openings(pictures, chronicle, names, days).items():
                for direction, count in counts.items():
                    total[limit][direction] += count
        for direction in DIRECTIONS:
            yearly = {limit: total[limit][direction] / observed for limit in GRID}
            found[direction].append(round(max(limit_at(yearly, options.budget), options.floor), 2))
            shown = ", ".join(f"{limit:g}: {count:.2f}" for limit, count in yearly.items())
            by = {c: CHANNELS[3.0, direction, c] for c in sorted({key[2] for key in CHANNELS})}
            print(f"rate {rate:g} {direction}: {shown}; opened at 3 by {by}", file=sys.stderr)
    command = f"python -m tools.simulate_limits {' '.join(arguments)}".strip()
    print("# Pooled limits of -ln p, by events a day; made by the command below from simulated pairs without change.")
    print(f'command = "{command}"')
    print(f'made = "{options.made}"')
    print(f"budget = {options.budget}")
    print(f"rates = {list(RATES)}")
    for direction in DIRECTIONS:
        print(f"{direction} = {found[direction]}")


if __name__ == "__main__":
    assert event_types()
    main(sys.argv[1:])
