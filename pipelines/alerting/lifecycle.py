"""The life of an alert: pending, firing, acknowledged, resolved or retracted; each step is a new revision.

pending -> firing when the evidence gate opens; firing -> acknowledged by a person; any open state -> resolved when
the episode is over (which is no easing), or -> retracted when what it rested on is withdrawn. A revision is written
only when something that matters to a reader changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

import msgspec

from pipelines.alerting.basis import Basis, evidence
from pipelines.alerting.breaking import Deed
from pipelines.alerting.render import breaking_summary, breaking_title, change_summary, change_title
from pipelines.alerting.rules import Rule
from schemas.identity import alert_id
from schemas.records import Alert, AlertEvidence, AlertState, Signal

OPEN: Final[frozenset[AlertState]] = frozenset({"pending", "firing", "acknowledged"})
WORSE: Final = 1.5


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with what is remembered beside it: signals and events that it rests on, its episode's day, its deed,
    and the score with which it first fired.
    """

    alert: Alert
    kind: str
    signals: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    episode: date
    deed: Deed | None = None
    told: float = 0.0

    @property
    def is_open(self) -> bool:
        """Neither resolved nor retracted."""
        return self.alert.state in OPEN


def open_change(rule: Rule, basis: Basis, episode: date, known_at: datetime) -> Held:
    """A new alert about a change: firing where the gate is open, else pending."""
    change = basis.change
    alert = Alert(
        alert_id=alert_id(rule.id, change.dyad, change.direction, known_at),
        known_at=known_at,
        state="firing" if basis.gate.open else "pending",
        rule=rule.id,
        subject=change.dyad,
        direction=change.direction,
        opened=known_at,
        updated=known_at,
        title=change_title(change.dyad, change.direction, change.detectors[0]),
        summary=change_summary(basis),
        change=change,
        evidence=evidence(basis),
    )
    return Held(
        alert=alert,
        kind="change",
        signals=basis.signal_ids,
        events=basis.event_ids,
        episode=episode,
        told=change.score if basis.gate.open else 0.0,
    )


def open_breaking(rule: Rule, basis: Basis, deed: Deed, known_at: datetime) -> Held:
    """A new alert about one deed."""
    change = basis.change
    alert = Alert(
        alert_id=alert_id(rule.id, change.dyad, change.direction, deed.event.matter_id),
        known_at=known_at,
        state="firing",
        rule=rule.id,
        subject=change.dyad,
        direction=change.direction,
        opened=known_at,
        updated=known_at,
        title=breaking_title(deed.event),
        summary=breaking_summary(basis),
        change=change,
        evidence=evidence(basis),
    )
    return Held(
        alert=alert,
        kind="breaking",
        signals=basis.signal_ids,
        events=basis.event_ids,
        episode=change.at,
        deed=deed,
    )


def open_search(rule: Rule, signals: tuple[Signal, ...], known_at: datetime) -> Held:
    """A new alert about signals that a saved search found at one tick."""
    quotes = tuple(
        AlertEvidence(
            signal_id=s.signal_id,
            quote=s.evidence.quote,
            url=s.url,
            publisher=s.publisher.name if s.publisher else "",
            event_date=s.event_date,
            type=s.type if s.mode is None else f"{s.type}:{s.mode}",
        )
        for s in signals
    )
    alert = Alert(
        alert_id=alert_id(rule.id, rule.id, None, known_at),
        known_at=known_at,
        state="firing",
        rule=rule.id,
        subject=rule.id,
        opened=known_at,
        updated=known_at,
        title=f"Saved search {rule.id}: {len(signals)} new {'signal' if len(signals) == 1 else 'signals'}",
        evidence=quotes,
    )
    ids = tuple(s.signal_id for s in signals)
    return Held(alert=alert, kind="search", signals=ids, episode=known_at.date())


def revised(held: Held, basis: Basis, known_at: datetime, *, withdrawn: bool = False) -> Held | None:
    """The alert with its newer picture, None where nothing material changed.

    Material: the gate opened; something that it rested on was withdrawn; another event leads; the score is half as
    high again; the events that carry it doubled; a second independent group appeared.
    """
    if not (withdrawn or _material(held, basis)):
        return None
    state = held.alert.state
    if state == "pending" and basis.gate.open:
        state = "firing"
    breaking = held.kind == "breaking"
    alert = msgspec.structs.replace(
        held.alert,
        revision=held.alert.revision + 1,
        known_at=known_at,
        updated=known_at,
        state=state,
        title=held.alert.title
        if breaking
        else change_title(basis.change.dyad, basis.change.direction, basis.change.detectors[0]),
        summary=breaking_summary(basis) if breaking else change_summary(basis),
        change=basis.change,
        evidence=evidence(basis),
    )
    signals = tuple(sorted({*held.signals, *basis.signal_ids}))
    told = basis.change.score if held.alert.state == "pending" and state == "firing" else held.told
    return msgspec.structs.replace(held, alert=alert, signals=signals, events=basis.event_ids, told=told)


def _material(held: Held, basis: Basis) -> bool:
    before = held.alert.change
    if before is None:
        return False
    if held.alert.state == "pending" and basis.gate.open:
        return True
    if not basis.event_ids:
        return False
    led = before.contributions[0].event_id if before.contributions else ""
    return (
        (basis.event_ids[0] != led and basis.change.score >= before.score)
        or basis.change.score >= WORSE * before.score
        or len(basis.event_ids) >= 2 * max(len(before.contributions), 1)
        or (len(before.owners) == 1 and len(basis.change.owners) > 1)
    )


def ever_fired(revisions: Iterable[Alert]) -> bool:
    """Whether anybody was told: what only pended and faded is resolved too, but no news for a reader."""
    return any(alert.state in {"firing", "acknowledged"} for alert in revisions)


def ended(held: Held, state: AlertState, why: str, known_at: datetime) -> Held:
    """The alert in a later state, with a sentence that says why before its summary."""
    alert = msgspec.structs.replace(
        held.alert,
        revision=held.alert.revision + 1,
        known_at=known_at,
        updated=known_at,
        state=state,
        summary=f"{why}\n{held.alert.summary}",
    )
    return msgspec.structs.replace(held, alert=alert)
