"""What an alert rests on: the change, the events that carry it and speak against it, the signals that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.alerting.gate import Gate
from schemas.records import AlertEvidence, Change, Contribution, Event, Signal

MOST_EVIDENCE: Final = 8
PER_EVENT: Final = 3


@dataclass(frozen=True, slots=True)
class Basis:
    """`events` and `signals` by id: those of `change.contributions` and `change.counter_evidence`. `limit` is what
    the score had to reach; `origin` whose baseline it was (shipped, mixed, own).
    """

    change: Change
    gate: Gate
    limit: float
    origin: str
    events: Mapping[str, Event]
    signals: Mapping[str, Signal]

    @property
    def signal_ids(self) -> tuple[str, ...]:
        """All signals of the carrying events, sorted."""
        return tuple(sorted({s for part in self.change.contributions for s in part.signal_ids}))

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The carrying events, first the leading one."""
        return tuple(part.event_id for part in self.change.contributions)


def evidence(basis: Basis) -> tuple[AlertEvidence, ...]:
    """Quoted sentences of the carrying events: of each event one a publisher, the earliest and surest first."""
    chosen: list[AlertEvidence] = []
    for part in basis.change.contributions:
        chosen += _of_event(part, basis.signals)
    return tuple(chosen[:MOST_EVIDENCE])


def _of_event(part: Contribution, signals: Mapping[str, Signal]) -> list[AlertEvidence]:
    ordered = sorted(
        (signals[s] for s in part.signal_ids if s in signals),
        key=lambda s: (s.factuality != "fact", -s.confidence, s.signal_id),
    )
    return [_quote(signal, part.share) for signal in _one_a_publisher(ordered)[:PER_EVENT]]


def _one_a_publisher(signals: Sequence[Signal]) -> list[Signal]:
    seen: set[str] = set()
    chosen: list[Signal] = []
    for signal in signals:
        publisher = signal.publisher.id if signal.publisher else ""
        if publisher not in seen:
            seen.add(publisher)
            chosen.append(signal)
    return chosen


def _quote(signal: Signal, share: float) -> AlertEvidence:
    return AlertEvidence(
        signal_id=signal.signal_id,
        quote=signal.evidence.quote,
        url=signal.url,
        publisher=signal.publisher.name if signal.publisher else "",
        event_date=signal.event_date,
        type=signal.type if signal.mode is None else f"{signal.type}:{signal.mode}",
        share=share,
    )
