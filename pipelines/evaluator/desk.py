"""All alerts that live: opened, revised, resolved and retracted here, remembered in the state store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from pipelines.alerting.basis import Basis
from pipelines.alerting.breaking import QUIET_DAYS, Deed, is_breaking
from pipelines.alerting.lifecycle import WORSE, Held, ended, open_breaking, open_change, open_search, revised
from pipelines.alerting.matching import matches
from pipelines.alerting.rules import Rule, query_of
from pipelines.evaluator.cases import Cases
from pipelines.evaluator.ledger import Touched
from pipelines.relations.change import DetectorState, Episode
from schemas.ports.state import StateStore
from schemas.records import Action, Alert, Direction, Signal

ALERTS: Final = "alert"
KEPT_DAYS: Final = 400
"""A resolved or retracted alert is remembered so long: withdrawn articles still retract it."""
REPEAT_DAYS: Final = 7
_DECODER: Final = msgspec.json.Decoder(Held)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


class Desk:
    """Not thread-safe. `revisions` collects what a tick made, in order."""

    def __init__(self, state: StateStore, cases: Cases) -> None:
        self._state = state
        self._cases = cases
        self._held = {key: _DECODER.decode(value) for key, value in sorted(state.items(ALERTS).items())}
        self.revisions: list[Alert] = []

    def open(self, kind: str, pair: str, direction: Direction | None = None) -> list[Held]:
        """Open alerts of a kind about a pair, by alert_id."""
        found = [h for _, h in sorted(self._held.items()) if h.kind == kind and h.alert.subject == pair and h.is_open]
        return [h for h in found if direction is None or h.alert.direction == direction]

    def take_change(self, rule: Rule, basis: Basis, episode: Episode, known_at: datetime) -> None:
        """The episode as the rule sees it: a new alert, or a new revision of the one that it has.

        While an episode lasts nothing is told again, with one exception: where a change that was told REPEAT_DAYS ago
        or earlier has become materially worse, that is news, and a new alert takes the place of the old one.
        """
        change = basis.change
        if not rule.watches(change.dyad, change.direction):
            return
        for held in self.open("change", change.dyad, change.direction):
            if held.alert.rule == rule.id:
                if self._worse(held, basis, known_at):
                    self._keep(ended(held, "resolved", "Resolved: a worse turn has taken its place.", known_at))
                    break
                newer = revised(held, basis, known_at)
                if newer is not None:
                    self._keep(newer)
                return
        if change.score >= max(rule.min_score, basis.limit):
            self._keep(open_change(rule, basis, episode.opened, known_at))

    def close_change(self, pair: str, direction: Direction, known_at: datetime) -> None:
        """The episode is over."""
        why = "Resolved: the share of conflict is back in the range before. That is no change the other way."
        for held in self.open("change", pair, direction):
            text = why if held.alert.state != "pending" else "Resolved: it was never confirmed."
            self._keep(ended(held, "resolved", text, known_at))

    def take_deeds(self, rule: Rule, pair: str, deeds: Sequence[Deed], today: date, known_at: datetime) -> None:
        """Judge `breaking`: the pair's deeds of the year, the newest last."""
        told = self._told(rule, pair)
        for deed in deeds:
            if not rule.watches(pair, deed.direction):
                continue
            if is_breaking(deed, deeds, told, rule.min_score, today):
                basis = self._cases.of_deed(pair, deed, known_at)
                held = open_breaking(rule, basis, deed, known_at)
                if held.alert.alert_id not in self._held:
                    self._keep(held)
                    told.append(deed)

    def take_signals(self, rule: Rule, fresh: Sequence[Signal], known_at: datetime) -> None:
        """Judge a saved search on a tick's new signals."""
        query = query_of(rule.query)
        found = sorted((s for s in fresh if matches(query, s)), key=lambda s: s.signal_id)
        found = [s for s in found if not rule.dyads or s.key in rule.dyads]
        if found:
            self._keep(open_search(rule, tuple(found), known_at))

    def withdraw(
        self,
        touched: Touched,
        state_of: Callable[[str], DetectorState],
        day: date,
        known_at: datetime,
    ) -> list[tuple[str, Direction]]:
        """Judge again what rested on withdrawn signals. Returns the episodes (pair, direction) that fell."""
        fallen: list[tuple[str, Direction]] = []
        for _, held in sorted(self._held.items()):
            if held.alert.state == "retracted" or not touched.withdrawn.intersection(held.signals):
                continue
            if held.kind == "search":
                self._keep(ended(held, "retracted", "Retracted: a signal that it showed was withdrawn.", known_at))
                continue
            basis = self._again(held, state_of(held.alert.subject), day, known_at)
            if basis is None:
                why = "Retracted: a report that it rested on was withdrawn, and without it there is no such change."
                self._keep(ended(held, "retracted", why, known_at))
                if held.kind == "change" and held.is_open and held.alert.direction is not None:
                    fallen.append((held.alert.subject, held.alert.direction))
            elif held.is_open:
                newer = revised(held, basis, known_at, withdrawn=True)
                if newer is not None:
                    self._keep(newer)
        return fallen

    def confirm(self, pair: str, state: DetectorState, day: date, known_at: datetime) -> None:
        """A pending alert may fire between two days, once a second group reports."""
        for held in self.open("change", pair):
            if held.alert.state != "pending":
                continue
            basis = self._again(held, state, day, known_at)
            if basis is not None and basis.gate.open:
                newer = revised(held, basis, known_at)
                if newer is not None:
                    self._keep(newer)

    def age(self, day: date, known_at: datetime) -> None:
        """A day has passed: deeds are over after QUIET_DAYS; what ended long ago is forgotten."""
        for key, held in sorted(self._held.items()):
            if held.kind == "breaking" and held.is_open and (day - held.episode).days > QUIET_DAYS:
                self._keep(ended(held, "resolved", "Resolved: nothing of the kind followed for a month.", known_at))
            elif held.kind == "search" and held.is_open and (day - held.episode).days > QUIET_DAYS:
                self._keep(ended(held, "resolved", "Resolved: a month has passed.", known_at))
            elif not held.is_open and day - held.alert.updated.date() > timedelta(days=KEPT_DAYS):
                del self._held[key]
                self._state.put(ALERTS, key, None)

    def act(self, action: Action, known_at: datetime) -> tuple[str, Direction] | None:
        """What a person did with an alert; returns the episode that a person's retraction ends."""
        held = self._held.get(action.subject)
        if held is None or not held.is_open:
            return None
        by = f" by {action.by}" if action.by else ""
        note = f": {action.body['text']}" if isinstance(action.body.get("text"), str) else ""
        if action.kind == "ack" and held.alert.state == "firing":
            self._keep(ended(held, "acknowledged", f"Acknowledged{by}{note}.", known_at))
        elif action.kind == "retract":
            self._keep(ended(held, "retracted", f"Retracted{by}{note}.", known_at))
            if held.kind == "change" and held.alert.direction is not None:
                return held.alert.subject, held.alert.direction
        return None

    def _again(self, held: Held, state: DetectorState, day: date, known_at: datetime) -> Basis | None:
        change = held.alert.change
        if change is None or held.alert.direction is None:
            return None
        pair = change.dyad
        if held.kind == "breaking":
            for deed in self._cases.deeds(pair, change.at):
                same = held.deed is not None and deed.event.matter_id == held.deed.event.matter_id
                if same and deed.direction == held.alert.direction:
                    return self._cases.of_deed(pair, deed, known_at)
            return None
        days = sorted({change.at, day}) if held.is_open else [change.at]
        for candidate in days:
            basis = self._cases.again(pair, held.alert.direction, change.detectors[0], candidate, state, known_at)
            if basis is not None and (basis.gate.open or held.alert.state == "pending"):
                return basis
        return None

    def _worse(self, held: Held, basis: Basis, known_at: datetime) -> bool:
        old = held.alert.change
        told = held.alert.state != "pending" and (known_at - held.alert.opened).days >= REPEAT_DAYS
        return told and old is not None and basis.gate.open and basis.change.score >= WORSE * held.told

    def _told(self, rule: Rule, pair: str) -> list[Deed]:
        told: list[Deed] = []
        for _, held in sorted(self._held.items()):
            change = held.alert.change
            if held.kind != "breaking" or held.alert.rule != rule.id or held.alert.subject != pair or change is None:
                continue
            if held.deed is not None and held.alert.state != "retracted":
                told.append(held.deed)
        return told

    def _keep(self, held: Held) -> None:
        self._held[held.alert.alert_id] = held
        self._state.put(ALERTS, held.alert.alert_id, _ENCODER.encode(held))
        self.revisions.append(held.alert)
