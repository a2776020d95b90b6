"""From a reading to the case for an alert: the change, what carries it, what speaks against it, who says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from pipelines.alerting.basis import Basis
from pipelines.alerting.breaking import Deed, deed_of
from pipelines.alerting.gate import Gate, judge
from pipelines.alerting.limits import Limits
from pipelines.evaluator.ledger import Ledger, by_id
from pipelines.evaluator.picture import Pictures, is_material
from pipelines.relations.change import DetectorState, references
from pipelines.relations.channels import NEW_WINDOW, SHARES, WINDOWS, Observation, Reading, readings
from pipelines.relations.contributions import Attribution, of_new, of_share
from pipelines.relations.fold import Folded
from pipelines.relations.weights import rounded
from schemas.identity import change_id
from schemas.records import Change, Contribution, Direction, Event

SHOWN_AGAINST: Final = 5
HABITUAL: Final = "COOPERATE"
"""The type of what is told as going on."""
_DAY: Final = timedelta(days=1)
_YEAR: Final = 365


class Cases:
    """Builds the basis of an alert from what the ledger holds now."""

    def __init__(self, ledger: Ledger, pictures: Pictures, limits: Limits) -> None:
        self._ledger = ledger
        self._pictures = pictures
        self._limits = limits

    def of_reading(self, pair: str, observation: Observation, reading: Reading, known_at: datetime) -> Basis:
        """The case for a change that a channel sees on a day."""
        events, attribution, undated = self._attribution(pair, observation, reading)
        limit = self._limits.of(reading.direction, observation.bases["S30"].rate)
        return self._basis(pair, observation, reading, attribution, events, undated, limit, known_at)

    def again(
        self, pair: str, direction: Direction, channel: str, day: date, state: DetectorState, known_at: datetime
    ) -> Basis | None:
        """The same case with what is held now; None where the channel does not reach the limit any more."""
        observation = self._pictures.observations([pair], day)[pair]
        own = [
            r
            for r in readings(observation, references(state, day))
            if r.direction == direction and r.channel == channel
        ]
        lead = max(own, key=lambda r: r.score, default=None)
        if lead is None or lead.score < self._limits.of(direction, observation.bases["S30"].rate):
            return None
        return self.of_reading(pair, observation, lead, known_at)

    def deeds(self, pair: str, day: date) -> list[Deed]:
        """Well attested material facts of the year up to a day, by day."""
        events = self._ledger.events(pair, day - _YEAR * _DAY, day)
        found = [deed_of(f.event, f.score, f.attested) for f in events if f.event.weight != 0 and not f.late]
        return [deed for deed in found if deed is not None]

    def of_deed(self, pair: str, deed: Deed, known_at: datetime) -> Basis:
        """The case for one deed: it carries all of it."""
        event = deed.event
        month = self._ledger.events(pair, deed.day - 30 * _DAY, deed.day)
        against = [f for f in month if f.event.weight * deed.score < 0]
        carrying = (Contribution(event_id=event.event_id, signal_ids=event.signal_ids, share=1.0),)
        observation = self._pictures.observations([pair], deed.day)[pair]
        base, window = observation.bases["S30"], observation.windows["S30"]
        share = (window.f + 2 * base.u * base.s) / (window.c + window.f + 2 * base.u)
        reading = Reading("breaking", deed.direction, abs(deed.score), 1.0, base.s, share)
        attribution = Attribution(carrying, of_new((), against).against, robust=True)
        events = {event.event_id: event, **by_id(against)}
        return self._basis(pair, observation, reading, attribution, events, set(), 0.0, known_at)

    def _attribution(
        self, pair: str, observation: Observation, reading: Reading
    ) -> tuple[dict[str, Event], Attribution, set[str]]:
        day = observation.day
        length = NEW_WINDOW if reading.channel == "NEW" else SHARES[WINDOWS[reading.channel]].window
        held = [f for f in self._ledger.events(pair, day - (length - 1) * _DAY, day) if _counts(f)]
        undated = {f.event.event_id for f in held if f.event.type == HABITUAL and f.attested == 0}
        if reading.channel == "NEW":
            new = {n.type for n in observation.news if n.direction == reading.direction}
            carrying = [f for f in held if is_material(f) and f.event.type in new]
            against = [f for f in held if (f.event.weight > 0) == (reading.direction == "tension")]
            return dict(by_id(held)), of_new(carrying, against), undated
        span = WINDOWS[reading.channel]
        window, base = observation.windows[span], observation.bases[span]
        return dict(by_id(held)), of_share(reading, window, base, held), undated

    def _basis(
        self,
        pair: str,
        observation: Observation,
        reading: Reading,
        attribution: Attribution,
        events: dict[str, Event],
        undated: set[str],
        limit: float,
        known_at: datetime,
    ) -> Basis:
        against = attribution.against[:SHOWN_AGAINST]
        gate = judge(
            attribution.carrying, with_neighbours(events), undated, reading.score / limit if limit > 0 else 1.0
        )
        carrying = [events[part.event_id] for part in attribution.carrying if part.event_id in events]
        change = Change(
            change_id=change_id(pair, reading.direction, observation.day),
            dyad=pair,
            at=observation.day,
            known_at=known_at,
            direction=reading.direction,
            before=rounded(reading.before),
            after=rounded(reading.after),
            score=rounded(reading.score),
            probability=float(f"{reading.probability:.6g}"),
            detectors=(reading.channel,),
            contributions=attribution.carrying,
            counter_evidence=against,
            publishers=tuple(sorted({p for event in carrying for p in event.publishers})),
            owners=gate.owners,
            clusters=sum(event.clusters for event in carrying),
        )
        if not attribution.robust:
            gate = Gate(open=False, rests_on=gate.rests_on, owners=gate.owners, robust=False)
        ids = _signal_ids([*attribution.carrying, *against])
        return Basis(
            change=change,
            gate=gate,
            limit=limit,
            origin=observation.bases["S30"].origin,
            events=events,
            signals=self._ledger.signals(ids),
        )


def with_neighbours(events: Mapping[str, Event]) -> dict[str, Event]:
    """The events as the gate sees them: an event also counts as told by the groups that tell the same act (source,
    target, type and mode) as an event of the days next to it.

    The fold keeps reports apart that name no day and were printed on different ones, as it must: it cannot know. Of
    a change's corroboration they still speak.
    """
    acts: dict[tuple[str, str | None, str, str | None], list[Event]] = {}
    for event in events.values():
        acts.setdefault((event.source, event.target, event.type, event.mode), []).append(event)
    seen: dict[str, Event] = {}
    for same in acts.values():
        for event in same:
            day = event.event_date.start
            owners = {o for e in same if abs((e.event_date.start - day).days) <= 1 for o in e.owners}
            seen[event.event_id] = msgspec.structs.replace(event, owners=tuple(sorted(owners)))
    return seen


def _counts(folded: Folded) -> bool:
    return folded.day is not None and folded.event.weight != 0 and not folded.late


def _signal_ids(parts: Sequence[Contribution]) -> Iterable[str]:
    return {signal for part in parts for signal in part.signal_ids}
