"""The assessment at a tick: signals in; relations, events, changes and alerts out.

A function of the signals, actions, heard days and ticks alone: everything it remembers is in the state store, its
arrays and caches can be rebuilt from there at any moment, and it never asks for the time. At the first tick of a new
UTC day every pair takes one step for each whole day since the last; at other ticks the touched pairs get a new state,
`breaking` and saved searches are judged, and what was withdrawn leaves together with what rested on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec

from pipelines.alerting.limits import Limits
from pipelines.alerting.rules import Rule, rule_of
from pipelines.evaluator.book import CLOCK, POSTURES, Book
from pipelines.evaluator.cases import Cases
from pipelines.evaluator.desk import Desk
from pipelines.evaluator.ledger import Ledger, Refolded, Touched
from pipelines.evaluator.picture import Pictures
from pipelines.relations.change import DetectorState, Verdict, step
from pipelines.relations.channels import Observation
from pipelines.relations.priors import Priors
from schemas.errors import ConfigError
from schemas.ontology import DYADS
from schemas.ports.state import StateStore
from schemas.records import Action, Alert, Change, Direction, Event, Relation, Signal, Tick

RESTATED_DAYS: Final = 30
"""A late signal gives new states to the days from its own on, at most so many back."""
DETECTOR: Final = "detector"
RULES: Final = "rule"
BANDS: Final = "bands"
_STEPPED: Final = "stepped"
_DAY: Final = timedelta(days=1)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_STATE_DECODER: Final = msgspec.json.Decoder(DetectorState)


@dataclass(frozen=True, slots=True)
class Assessed:
    """What a tick decided. `events` by key: first and last refolded day and all events that start in between (a key
    whose days lie far apart is told in one stretch from the first to the last).
    """

    relations: list[Relation] = field(default_factory=list)
    events: dict[str, tuple[date, date, list[Event]]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


class Assessment:
    """The pure judge of the evaluator. One owner, not thread-safe."""

    def __init__(self, state: StateStore, *, rules: Sequence[Rule], limits: Limits, priors: Priors) -> None:
        self._state = state
        self._configured = tuple(rules)
        self._limits = limits
        self._priors = priors
        self._room: _Room | None = None

    def forget(self) -> None:
        """Drop everything in memory; the next tick rebuilds it. For whoever undoes the store's transaction."""
        self._room = None

    def take(self, tick: Tick, signals: Sequence[Signal], actions: Sequence[Action], heard: Sequence[date]) -> Assessed:
        """Apply and decide, inside the state store's transaction. `signals` in the order of their positions, the tick's
        `actions` and newly heard days beside them. Marks the signals as applied; leaves offsets and the last tick to
        the loop. If it raises, its memory is dropped, so that the undone transaction and it agree.
        """
        try:
            if self._room is None:
                self._room = _Room(self._state, self._configured, self._limits, self._priors, tick.time.date())
            return self._room.take(tick.time, signals, actions, heard)
        except BaseException:
            self.forget()
            raise


class _Room:
    """One assessment's memory over a store."""

    def __init__(
        self, state: StateStore, configured: Sequence[Rule], limits: Limits, priors: Priors, today: date
    ) -> None:
        self._state = state
        self._limits = limits
        self._ledger = Ledger(state)
        self._book = Book(state, today)
        self._pictures = Pictures(self._book.panel, self._ledger, priors)
        self._cases = Cases(self._ledger, self._pictures, limits)
        self._desk = Desk(state, self._cases)
        self._configured = configured
        self._added = {key: rule_of(msgspec.json.decode(doc)) for key, doc in sorted(state.items(RULES).items())}
        self._detectors = {key: _STATE_DECODER.decode(doc) for key, doc in sorted(state.items(DETECTOR).items())}
        stored = state.get(BANDS, "all")
        self._bands: dict[str, dict[str, str]] = msgspec.json.decode(stored) if stored else {}
        self._seen = set(state.keys())

    def take(
        self, now: datetime, signals: Sequence[Signal], actions: Sequence[Action], heard: Sequence[date]
    ) -> Assessed:
        today = now.date()
        done = today - _DAY
        self._desk.revisions = []
        self._book.hear(heard)
        self._take_rules(actions)
        touched = self._ledger.apply(signals, actions, today)
        self._seen.update(touched.days)
        folded = {key: self._ledger.refold(key, days, today) for key, days in sorted(touched.days.items())}
        changed: dict[str, date] = {}
        for key, stretches in folded.items():
            for name, day in self._book.enter(key, stretches).items():
                changed[name] = min(day, changed.get(name, day))
        days = self._days_to_step(done)
        self._withdraw(touched, done, now)
        changes = [change for day in days for change in self._step(day, now)]
        self._between(touched, today, done, now)
        self._act(actions, now)
        for _ in days[-1:]:
            self._desk.age(done, now)
        relations = self._relations(changed, days, today if now.time() > time.min else done, now)
        changes += [a.change for a in self._desk.revisions if a.change is not None]
        return Assessed(
            relations=relations,
            events={key: _told(stretches, key, self._ledger) for key, stretches in folded.items()},
            changes=_unique(changes),
            alerts=list(self._desk.revisions),
        )

    def _rules(self, kind: str) -> list[Rule]:
        added = {rule.id for rule in self._added.values()}
        rules = [rule for rule in self._configured if rule.id not in added] + list(self._added.values())
        return [rule for rule in rules if rule.kind == kind]

    def _take_rules(self, actions: Iterable[Action]) -> None:
        for action in actions:
            if action.kind != "rule":
                continue
            if action.body.get("removed"):
                self._added.pop(action.subject, None)
                self._state.put(RULES, action.subject, None)
                continue
            try:
                rule = rule_of({**action.body, "id": action.subject})
            except ConfigError:
                # Whoever wrote the action was told so by its own check; a tick must not fail on it for ever.
                continue
            self._added[action.subject] = rule
            self._state.put(RULES, action.subject, _ENCODER.encode(rule))

    def _days_to_step(self, done: date) -> list[date]:
        stored = self._state.get(CLOCK, _STEPPED)
        last = date.fromisoformat(stored.decode()) if stored else done - _DAY
        days = [last + i * _DAY for i in range(1, (done - last).days + 1)]
        if days:
            self._state.put(CLOCK, _STEPPED, done.isoformat().encode())
        return days

    def _step(self, day: date, now: datetime) -> list[Change]:
        """One whole day of every pair."""
        observations = self._pictures.observations(DYADS, day)
        changes: list[Change] = []
        for pair in DYADS:
            before = self._detectors.get(pair, DetectorState())
            observation = observations[pair]
            after, decision = step(before, observation, self._limits.both(observation.bases["S30"].rate))
            self._remember(pair, before, after)
            for verdict in decision.values():
                changes += self._judge(pair, observation, after, verdict, now)
        return changes

    def _judge(
        self, pair: str, observation: Observation, state: DetectorState, verdict: Verdict, now: datetime
    ) -> list[Change]:
        if verdict.outcome == "close":
            self._desk.close_change(pair, verdict.direction, now)
        episode = state.open.get(verdict.direction)
        if episode is None or verdict.lead is None or verdict.lead.score < verdict.limit:
            return []
        bases = {verdict.lead.channel: self._cases.of_reading(pair, observation, verdict.lead, now)}
        for rule in self._rules("change"):
            lead = next((r for r in verdict.heard if rule.hears(r.channel) and r.score >= verdict.limit), None)
            if lead is not None:
                if lead.channel not in bases:
                    bases[lead.channel] = self._cases.of_reading(pair, observation, lead, now)
                self._desk.take_change(rule, bases[lead.channel], episode, now)
        return [bases[verdict.lead.channel].change] if verdict.outcome in {"open", "worse"} else []

    def _remember(self, pair: str, before: DetectorState, after: DetectorState) -> None:
        if after != before:
            self._detectors[pair] = after
            self._state.put(DETECTOR, pair, None if after == DetectorState() else _ENCODER.encode(after))

    def _withdraw(self, touched: Touched, done: date, now: datetime) -> None:
        if not touched.withdrawn:
            return
        fallen = self._desk.withdraw(touched, lambda pair: self._detectors.get(pair, DetectorState()), done, now)
        for pair, direction in fallen:
            self._drop_episode(pair, direction)

    def _act(self, actions: Iterable[Action], now: datetime) -> None:
        for action in actions:
            ended = self._desk.act(action, now)
            if ended is not None:
                self._drop_episode(*ended)

    def _drop_episode(self, pair: str, direction: Direction) -> None:
        """As if it had never opened."""
        before = self._detectors.get(pair, DetectorState())
        opened = {d: e for d, e in before.open.items() if d != direction}
        new = {d: day for d, day in before.new.items() if d != direction}
        self._remember(pair, before, msgspec.structs.replace(before, open=opened, new=new))

    def _between(self, touched: Touched, today: date, done: date, now: datetime) -> None:
        """What does not wait for the end of the day."""
        for pair in sorted(set(touched.days) & set(DYADS)):
            deeds = self._cases.deeds(pair, today)
            for rule in self._rules("breaking"):
                self._desk.take_deeds(rule, pair, deeds, today, now)
            self._desk.confirm(pair, self._detectors.get(pair, DetectorState()), done, now)
        fresh = [s for s in touched.fresh if not self._ledger.is_rejected(s.signal_id)]
        for rule in self._rules("search"):
            self._desk.take_signals(rule, fresh, now)

    def _relations(
        self, changed: dict[str, date], stepped: Sequence[date], last: date, now: datetime
    ) -> list[Relation]:
        """Every key for the stepped days, and the touched keys from their first changed day on."""
        first = min([*changed.values(), *stepped], default=None)
        if first is None:
            return []
        first = max(first, last - RESTATED_DAYS * _DAY)
        everyone = [*DYADS, *(key for key in POSTURES if key in self._seen)]
        relations: list[Relation] = []
        for day in (first + i * _DAY for i in range((last - first).days + 1)):
            keys = [k for k in everyone if day in stepped or changed.get(k, date.max) <= day]
            before = self._bands.get((day - _DAY).isoformat(), {})
            made = self._pictures.relations(keys, day, now, before)
            self._bands.setdefault(day.isoformat(), {}).update({r.dyad: r.band for r in made})
            relations += made
        oldest = (last - (RESTATED_DAYS + 2) * _DAY).isoformat()
        self._bands = {day: bands for day, bands in sorted(self._bands.items()) if day >= oldest}
        self._state.put(BANDS, "all", _ENCODER.encode(self._bands))
        return relations


def _told(stretches: Sequence[Refolded], key: str, ledger: Ledger) -> tuple[date, date, list[Event]]:
    first, last = min(s.first for s in stretches), max(s.last for s in stretches)
    return first, last, [folded.event for folded in ledger.events(key, first, last)]


def _unique(changes: Iterable[Change]) -> list[Change]:
    """One record a change_id, the last: a change told twice at one tick is one record."""
    by_id = {change.change_id: change for change in changes}
    return [change for _, change in sorted(by_id.items())]
