"""Holds the alerts of a newsroom run against its turns and quiet windows.

An alert counts from the first revision in which it fired. It finds a turn of its pair and direction when that was in
[turn - LEAD, turn + DELAY] days; the earliest such alert is the turn's. An alert that lies in no turn's span is
another one; one that fired inside a quiet window of its pair is named there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from schemas.newsroom import Quiet, Turn
from schemas.records import Alert, Direction

LEAD: Final = 7
"""Days before the decisive deed in which a warning still belongs to it."""
DELAY: Final = 30
"""Days after it within which an alert must have fired."""


class TurnFound(msgspec.Struct, frozen=True, kw_only=True):
    """A turn and the alert that found it, if any."""

    date: date
    dyad: str
    direction: Direction
    label: str
    found: bool
    alert_id: str | None = None
    alert_at: datetime | None = None


class QuietKept(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """A quiet window and the alerts that fell into it."""

    first: date
    last: date
    dyad: str
    why: str
    alert_ids: tuple[str, ...] = ()


class AlertFired(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that fired, and the label of the turn it belongs to."""

    alert_id: str
    at: datetime
    dyad: str
    direction: Direction | None
    rule: str
    turn: str | None = None


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Turns found and missed, quiet windows kept and broken, all alerts."""

    turns: tuple[TurnFound, ...] = ()
    quiet: tuple[QuietKept, ...] = ()
    alerts: tuple[AlertFired, ...] = ()


def judge(turns: Sequence[Turn], quiet: Sequence[Quiet], revisions: Iterable[Alert]) -> Judgement:
    """`revisions` are all revisions of all alerts, in any order."""
    fired = _first_firings(revisions)
    alerts = tuple(
        AlertFired(
            alert_id=alert.alert_id,
            at=alert.known_at,
            dyad=alert.subject,
            direction=alert.direction,
            rule=alert.rule,
            turn=next((turn.label for turn in turns if _belongs(alert, turn)), None),
        )
        for alert in fired
    )
    return Judgement(
        turns=tuple(_found(turn, fired) for turn in turns),
        quiet=tuple(_kept(window, fired) for window in quiet),
        alerts=alerts,
    )


def _first_firings(revisions: Iterable[Alert]) -> list[Alert]:
    first: dict[str, Alert] = {}
    for alert in revisions:
        if alert.state != "firing":
            continue
        held = first.get(alert.alert_id)
        if held is None or alert.revision < held.revision:
            first[alert.alert_id] = alert
    return sorted(first.values(), key=lambda alert: (alert.known_at, alert.alert_id))


def day_of(alert: Alert) -> date:
    """The last day that the alert could know: a tick at midnight closes the day before."""
    return (alert.known_at - timedelta(microseconds=1)).date()


def _belongs(alert: Alert, turn: Turn) -> bool:
    if turn.dyad not in {"", alert.subject} or turn.direction != alert.direction:
        return False
    return -LEAD <= (day_of(alert) - turn.date).days <= DELAY


def _found(turn: Turn, fired: Sequence[Alert]) -> TurnFound:
    alert = next((alert for alert in fired if _belongs(alert, turn)), None)
    return TurnFound(
        date=turn.date,
        dyad=turn.dyad,
        direction=turn.direction,
        label=turn.label,
        found=alert is not None,
        alert_id=alert.alert_id if alert else None,
        alert_at=alert.known_at if alert else None,
    )


def _kept(window: Quiet, fired: Sequence[Alert]) -> QuietKept:
    inside = [
        alert.alert_id
        for alert in fired
        if window.dyad in {"", alert.subject} and window.first <= day_of(alert) <= window.last
    ]
    return QuietKept(
        first=window.first, last=window.last, dyad=window.dyad, why=window.why, alert_ids=tuple(sorted(inside))
    )
