"""Pairs of states that live as the pairs of a class do: matters, their events, the reports of these, and what an
imperfect coder makes of the reports. Seeded; for limits, power and property tests. Nothing here is real news.

A matter (a visit, a quarrel) begins at random, has one sign and one to six events over some days, so that events are
overdispersed and both their number and their sign are autocorrelated, as those of real pairs are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from pipelines.relations.priors import Prior
from schemas.identity import digest
from schemas.ontology import event_types, factuality_weight, polarity_of, score_of
from schemas.records import Actor, EventDate, Evidence, Factuality, Position, Publisher, Signal

PUBLISHERS: Final = (
    Publisher(id="a-post", name="A Post", country="KOR", owner="a-media", ownership="independent"),
    Publisher(id="b-wire", name="B Wire", country="USA", owner="b-wire", ownership="independent"),
    Publisher(id="c-courier", name="C Courier", country="JPN", owner="c-press", ownership="independent"),
    Publisher(id="d-agency", name="D Agency", country="CHN", owner="CHN:state", ownership="state"),
    Publisher(id="e-review", name="E Review", country="GBR", owner="e-review", ownership="independent"),
    Publisher(id="f-telegraph", name="F Telegraph", country="RUS", owner="RUS:state", ownership="state"),
    Publisher(id="g-monitor", name="G Monitor", country="SGP", owner="g-monitor", ownership="independent"),
)
MATTER_SIZE: Final = 1.6
"""Mean number of events of a matter."""
SPREAD: Final = 3.0
"""Mean days from one event of a matter to the next."""
KEEPS_SIGN: Final = 0.85
RECIPROCAL: Final = 0.6
"""Part of meetings and joint acts that are told as reciprocal."""
TOLD_TWICE: Final = 0.15
"""Part of routine events that a second publisher tells."""
NEXT_DAY: Final = 0.3
"""Part of reports printed the day after."""
DATED: Final = 0.7
"""Part of reports that name the day."""
_MODES: Final = {"CONSULT": "visit", "ACCUSE": "disapprove", "SUPPORT": "praise", "SANCTION": "discontinue"}


@dataclass(frozen=True, slots=True)
class Act:
    """An event as it happened. `reports` is how many publishers write about it."""

    day: int
    type: str
    mode: str | None = None
    forth: bool = True
    reciprocal: bool = False
    reports: int = 1
    factuality: Factuality = "fact"
    owners: tuple[int, ...] = ()


def routine(rng: np.random.Generator, prior: Prior, rate: float, days: int) -> list[Act]:
    """The ordinary life of a pair at `rate` events a day for so many days."""
    types = sorted(prior.rates)
    weights = np.array([prior.rates[t] for t in types])
    sign = np.array([polarity_of(event_types()[t].score) for t in types])
    chance = {s: np.where(sign == s, weights, 0.0) / weights[sign == s].sum() for s in (-1, 1)}
    negative = weights[sign < 0].sum() / weights[sign != 0].sum()
    acts: list[Act] = []
    mood = _mood(rng, days)
    for start in np.flatnonzero(rng.poisson(rate / MATTER_SIZE * mood)):
        direction = -1 if rng.random() < negative else 1
        day = int(start)
        for _ in range(min(rng.geometric(1.0 / MATTER_SIZE), 6)):
            own = direction if rng.random() < KEEPS_SIGN else -direction
            kind = types[int(rng.choice(len(types), p=chance[own]))]
            acts.append(_act(rng, day, kind))
            day += int(rng.poisson(SPREAD))
    return sorted((a for a in acts if a.day < days), key=lambda a: (a.day, a.type))


def _mood(rng: np.random.Generator, days: int) -> np.ndarray:
    """A slowly wandering intensity with mean 1 (log AR(1), lag-one .9, standard deviation .5)."""
    noise = rng.normal(size=days)
    log = np.empty(days)
    last = noise[0] * 0.5
    for i in range(days):
        last = 0.9 * last + noise[i] * 0.5 * np.sqrt(1 - 0.81)
        log[i] = last
    return np.exp(log - 0.125)


def _act(rng: np.random.Generator, day: int, kind: str) -> Act:
    reciprocal = kind in {"CONSULT", "COOPERATE"} and rng.random() < RECIPROCAL
    reports = 1 + int(rng.random() < TOLD_TWICE)
    mode = "multilateral" if kind == "CONSULT" and reciprocal else _MODES.get(kind)
    return Act(day=day, type=kind, mode=mode, forth=bool(rng.integers(2)), reciprocal=reciprocal, reports=reports)


def weights_of(acts: Iterable[Act], confidence: float = 0.8) -> list[tuple[int, float, str]]:
    """(day, signed v, type) of each act, as a perfect coder would weigh it."""
    return [
        (a.day, score_of(a.type, a.mode) / 10 * factuality_weight(a.type, a.factuality) * confidence, a.type)
        for a in acts
    ]


@dataclass(frozen=True, slots=True)
class Coder:
    """How imperfect the extraction is: part of the reports missed, part with another type or sign."""

    missed: float = 0.3
    wrong: float = 0.2


def reports(
    rng: np.random.Generator, pair: str, acts: Sequence[Act], start: date, coder: Coder, salt: str = ""
) -> list[Signal]:
    """Signals of the reports of the acts, published on the day or the day after."""
    a, b = pair.split("-")
    found: list[Signal] = []
    for number, act in enumerate(acts):
        source, target = (a, b) if act.forth or act.reciprocal else (b, a)
        who = act.owners or tuple(int(i) for i in rng.permutation(len(PUBLISHERS))[: act.reports])
        for publisher in who:
            if rng.random() < coder.missed:
                continue
            coded = miscoded(rng, act) if rng.random() < coder.wrong else act
            day = start + timedelta(days=act.day)
            lag = int(rng.random() < NEXT_DAY)
            dated = rng.random() < DATED
            found.append(signal(source, target, coded, PUBLISHERS[publisher], day, lag, f"{salt}{pair}{number}", dated))
    return found


def miscoded(rng: np.random.Generator, act: Act) -> Act:
    """The act with a type drawn at random, as a wrong reading would have it."""
    kinds = sorted(event_types())
    kind = kinds[int(rng.integers(len(kinds)))]
    return replace(act, type=kind, mode=None, reciprocal=act.reciprocal and kind in {"CONSULT", "COOPERATE", "AGREE"})


def signal(
    source: str, target: str, act: Act, publisher: Publisher, day: date, lag: int, name: str, dated: bool
) -> Signal:
    """One report of an act as the pipeline would hand it over."""
    article = digest("simulated", name, publisher.id)
    score = score_of(act.type, act.mode)
    published = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(days=lag)
    quote = f"{source} {act.type.lower()} {target} {name}."
    return Signal(
        signal_id=digest("simulated signal", article, act.type, act.mode),
        article_id=article,
        source=Actor(code=source),
        target=Actor(code=target),
        dyad="-".join(sorted((source, target))),
        type=act.type,
        mode=act.mode,
        quad=event_types()[act.type].quad,
        score=score,
        factuality=act.factuality,
        polarity=polarity_of(score),
        reciprocal=act.reciprocal,
        event_date=EventDate(start=day, end=day, precision="day") if dated else None,
        evidence=Evidence(quote=quote, start=0, end=len(quote)),
        confidence=0.7,
        language="en",
        published=published,
        first_seen=published,
        publisher=publisher,
        url=f"https://{publisher.id}.example/{name}",
        article_position=Position(partition=0, offset=0),
        revision=1_000_001,
    )
