"""How often a turn is found, how soon, and how many other alerts there are: simulated pairs through the whole road.

    nice python -m tools.simulate_turns --seeds 2 --years 3

All 28 pairs live at `--rate` events a day (reports, imperfect coder); each has one turn in each year after the first:
three to six events within a few days told by five to nine reports, and follow-ups over four weeks. A turn is found
when an alert of its pair and direction first fires in [0, 30] days after it; every other firing alert is counted as
an other one. Prints one line a scenario.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from pipelines.alerting.limits import Limits
from pipelines.alerting.rules import default_rules
from pipelines.evaluator.assessment import Assessment
from pipelines.relations.priors import Priors
from schemas.ontology import DYADS
from schemas.records import Alert, Direction, Signal, Tick
from tests.fakes.state_store import MemoryStateStore
from tools.simulated_pairs import PUBLISHERS, Act, Coder, reports, routine

START: Final = date(2021, 1, 1)
WITHIN: Final = 30


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind of turn: the acts of its first days and of its follow-ups, drawn from these."""

    name: str
    direction: Direction
    core: tuple[tuple[str, str | None], ...]
    follow: tuple[tuple[str, str | None], ...]


SCENARIOS: Final = {
    "rivals quarrel": Scenario(
        "rivals quarrel",
        "tension",
        (("SANCTION", "discontinue"), ("MOBILIZE", None), ("ACCUSE", "disapprove"), ("THREATEN", None)),
        (("ACCUSE", "disapprove"), ("MOBILIZE", None), ("REJECT", None), ("SANCTION", "withdraw")),
    ),
    "rivals thaw": Scenario(
        "rivals thaw",
        "easing",
        (("CONSULT", "visit"), ("AGREE", "cooperate"), ("RETREAT", "lift"), ("SUPPORT", "praise")),
        (("CONSULT", "multilateral"), ("AGREE", None), ("COOPERATE", None), ("CONSULT", "phone")),
    ),
    "allies sour": Scenario(
        "allies sour",
        "tension",
        (("ACCUSE", "disapprove"), ("REJECT", None), ("SANCTION", "withdraw"), ("THREATEN", None)),
        (("ACCUSE", "disapprove"), ("REJECT", None), ("REQUEST", "change"), ("SANCTION", "discontinue")),
    ),
    "allies closer": Scenario(
        "allies closer",
        "easing",
        (("SUPPORT", "sign"), ("AID", "military"), ("CONSULT", "visit"), ("AGREE", "aid")),
        (("CONSULT", "multilateral"), ("AGREE", None), ("SUPPORT", "praise"), ("AID", "economic")),
    ),
}


def scenarios_of(priors: Priors, pair: str) -> tuple[str, str]:
    """The tension and the easing scenario of a pair, by its prior's share of conflict."""
    rival = priors.of(pair).s0 > 0.3  # noqa: PLR2004 - between the classes
    return ("rivals quarrel", "rivals thaw") if rival else ("allies sour", "allies closer")


def turn(rng: np.random.Generator, scenario: Scenario, day: int) -> list[Act]:
    """Acts of a turn that begins on a day: 3 to 6 events in 5 to 9 reports, then follow-ups over four weeks."""
    events, told = int(rng.integers(3, 7)), int(rng.integers(5, 10))
    shares = np.ones(events, dtype=int)
    for _ in range(max(told - events, 0)):
        # The first event, by which the turn is known, gets most of the further reports.
        shares[0 if rng.random() < 0.5 else int(rng.integers(events))] += 1  # noqa: PLR2004
    acts = []
    for i in range(events):
        kind, mode = scenario.core[i % len(scenario.core)] if i else scenario.core[0]
        offset = 0 if i == 0 else int(rng.integers(0, 5))
        acts.append(_act(rng, day + offset, kind, mode, min(int(shares[i]), len(PUBLISHERS))))
    for _ in range(int(rng.integers(3, 7))):
        kind, mode = scenario.follow[int(rng.integers(len(scenario.follow)))]
        acts.append(_act(rng, day + int(rng.integers(5, 29)), kind, mode, 1))
    return acts


def _act(rng: np.random.Generator, day: int, kind: str, mode: str | None, told: int) -> Act:
    reciprocal = kind in {"CONSULT", "COOPERATE"} and mode not in {"visit", "phone"}
    return Act(day=day, type=kind, mode=mode, forth=bool(rng.integers(2)), reciprocal=reciprocal, reports=told)


def run(seed: int, years: int, rate: float, coder: Coder) -> tuple[list[tuple[str, date, Direction, str]], list[Alert]]:
    """Turns (pair, day, direction, scenario) and the first firing revision of every alert."""
    rng = np.random.default_rng(seed)
    priors = Priors.load()
    days = 365 * years
    turns: list[tuple[str, date, Direction, str]] = []
    by_day: dict[date, list[Signal]] = defaultdict(list)
    for pair in DYADS:
        acts = routine(rng, priors.of(pair), rate, days)
        tension, easing = scenarios_of(priors, pair)
        for year in range(1, years):
            scenario = SCENARIOS[tension if rng.random() < 0.5 else easing]  # noqa: PLR2004 - a fair coin
            day = 365 * year + int(rng.integers(60, 300))
            acts += turn(rng, scenario, day)
            turns.append((pair, START + timedelta(days=day), scenario.direction, scenario.name))
        for signal in reports(rng, pair, acts, START, coder):
            assert signal.published is not None
            by_day[signal.published.date()].append(signal)
    assessment = Assessment(MemoryStateStore(), rules=default_rules(), limits=Limits.load(), priors=priors)
    fired: dict[str, Alert] = {}
    for i in range(days):
        day_now = START + timedelta(days=i)
        midnight = datetime(day_now.year, day_now.month, day_now.day, tzinfo=UTC) + timedelta(days=1)
        for alert in assessment.take(Tick(time=midnight), by_day[day_now], [], [day_now]).alerts:
            if alert.state == "firing":
                fired.setdefault(alert.alert_id, alert)
    return turns, list(fired.values())


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--rate", type=float, default=0.3)
    parser.add_argument("--missed", type=float, default=0.3)
    parser.add_argument("--wrong", type=float, default=0.2)
    options = parser.parse_args(arguments)
    coder = Coder(missed=options.missed, wrong=options.wrong)
    delays: dict[str, list[int | None]] = defaultdict(list)
    by_rule: dict[str, Counter[str]] = defaultdict(Counter)
    others: Counter[str] = Counter()
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        turns, alerts = run(seed, options.years, options.rate, coder)
        claimed: set[str] = set()
        for pair, day, direction, name in turns:
            own = [
                a
                for a in alerts
                if a.subject == pair
                and a.direction == direction
                and 0 <= (a.known_at.date() - timedelta(days=1) - day).days <= WITHIN
            ]
            claimed |= {a.alert_id for a in own}
            delays[name].append(min(((a.known_at.date() - day).days - 1 for a in own), default=None))
            by_rule[name].update({a.rule for a in own})
        for alert in alerts:
            if alert.alert_id not in claimed and (alert.known_at.date() - START).days > 365:  # noqa: PLR2004 - a year
                others[f"{alert.rule} {alert.direction}"] += 1
    pair_years = len(DYADS) * (options.years - 1) * options.seeds
    for name, found in sorted(delays.items()):
        days = sorted(d for d in found if d is not None)
        soon = sum(1 for d in days if d <= 10)  # noqa: PLR2004 - the better aim
        median = days[len(days) // 2] if days else None
        print(f"{name}: {len(days)}/{len(found)} within 30 days, {soon} within 10, median {median}; {by_rule[name]}")
    print(f"other alerts a pair and year: {sum(others.values()) / pair_years:.2f}", dict(sorted(others.items())))


if __name__ == "__main__":
    main(sys.argv[1:])
