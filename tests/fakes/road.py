"""The assessment fed day by day, as the evaluator's loop feeds it: one tick a day at midnight, or when told."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from pipelines.alerting.limits import Limits
from pipelines.alerting.rules import Rule, default_rules
from pipelines.evaluator.assessment import Assessed, Assessment
from pipelines.relations.priors import Priors
from schemas.codec import encode
from schemas.records import Action, Alert, Relation, Signal, Tick
from tests.fakes.signals import START, day
from tests.fakes.state_store import MemoryStateStore


class Road:
    """`rebuild` makes a new Assessment over the same store before every tick."""

    def __init__(self, *, rules: Sequence[Rule] = (), rebuild: bool = False) -> None:
        self.store = MemoryStateStore()
        self.rules = rules or default_rules()
        self.rebuild = rebuild
        self.assessment = self._new()
        self.told: list[Assessed] = []

    def _new(self) -> Assessment:
        return Assessment(self.store, rules=self.rules, limits=Limits.load(), priors=Priors.load())

    def goes_on(self, rules: Sequence[Rule] = ()) -> Road:
        """Another road with the same past."""
        road = Road(rules=rules or self.rules)
        road.store = copy.deepcopy(self.store)
        road.assessment = road._new()
        road.told = list(self.told)
        return road

    def tick(
        self,
        at: datetime,
        signals: Iterable[Signal] = (),
        actions: Sequence[Action] = (),
        heard: Sequence[date] = (),
    ) -> Assessed:
        if self.rebuild:
            self.assessment = self._new()
        assessed = self.assessment.take(Tick(time=at), list(signals), actions, heard)
        self.told.append(assessed)
        return assessed

    def days(
        self, first: int, last: int, signals: Iterable[Signal] = (), *, deaf: Iterable[int] = ()
    ) -> list[Assessed]:
        """A tick at the end of each day number in [first, last] with the signals published on it."""
        by_day: dict[date, list[Signal]] = {}
        for signal in signals:
            assert signal.published is not None
            by_day.setdefault(signal.published.date(), []).append(signal)
        missed = set(deaf)
        return [
            self.tick(midnight(n), by_day.get(day(n), []), heard=[] if n in missed else [day(n)])
            for n in range(first, last + 1)
        ]

    @property
    def alerts(self) -> list[Alert]:
        """Every revision, in order."""
        return [alert for assessed in self.told for alert in assessed.alerts]

    @property
    def latest(self) -> dict[str, Alert]:
        """The last revision of each alert."""
        return {alert.alert_id: alert for alert in self.alerts}

    def fired(self, pair: str = "") -> list[Alert]:
        """The first firing revision of each alert."""
        first: dict[str, Alert] = {}
        for alert in self.alerts:
            if alert.state == "firing" and (not pair or alert.subject == pair):
                first.setdefault(alert.alert_id, alert)
        return list(first.values())

    def relation(self, pair: str, number: int) -> Relation:
        """The state of a pair at the end of a day as last known."""
        rows = [r for assessed in self.told for r in assessed.relations if r.dyad == pair and r.at == day(number)]
        return max(rows, key=lambda r: r.known_at)

    def bytes(self) -> bytes:
        """All that was ever told."""
        parts: list[bytes] = []
        for assessed in self.told:
            parts += [encode(r) for r in assessed.relations]
            for key, (first, last, events) in sorted(assessed.events.items()):
                parts += [f"{key} {first} {last}".encode(), *(encode(e) for e in events)]
            parts += [encode(r) for r in (*assessed.changes, *assessed.alerts)]
        return b"\n".join(parts)


def midnight(number: int) -> datetime:
    """The end of a day."""
    return datetime(START.year, START.month, START.day, tzinfo=UTC) + timedelta(days=number + 1)
