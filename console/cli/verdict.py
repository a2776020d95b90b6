"""How a run speaks of its alerts: each as it fires, and at the end of a newsroom which turns were found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from console.cli import output
from pipelines.alerting.judgement import AlertFired, Judgement
from schemas.ports.index import AlertStore
from schemas.records import Alert, AlertEvidence

ARROW: Final = {"tension": "↓ tension", "easing": "↑ easing", None: "·"}


class Teller:
    """Tells each alert once when it first fires, and once more when it is withdrawn. `before` is called ahead of it."""

    def __init__(
        self, *, as_json: bool = False, silent: bool = False, before: Callable[[], None] | None = None
    ) -> None:
        self._as_json = as_json
        self._before = before or (lambda: None)
        self._silent = silent
        self._told: set[tuple[str, str]] = set()

    def tell(self, alert: Alert) -> None:
        """`alert` is a revision just read from the log."""
        known = (alert.alert_id, alert.state)
        fired = (alert.alert_id, "firing") in self._told
        wanted = alert.state == "firing" or (alert.state == "retracted" and fired)
        if self._silent or not wanted or known in self._told:
            return
        self._told.add(known)
        self._before()
        if self._as_json:
            output.line(alert)
        else:
            _tell(alert)
        sys.stdout.flush()


def _tell(alert: Alert) -> None:
    word = "retracted " if alert.state == "retracted" else ""
    output.text(f"{stamp(alert.known_at)}  {alert.subject}  {ARROW[alert.direction]}  {word}{alert.title}")
    output.text(f"{'':18}{alert.alert_id[:12]}  rule {alert.rule}")
    quotes(alert.evidence[:2])
    output.text()


def stamp(moment: datetime) -> str:
    """A moment to the minute, UTC."""
    return f"{moment:%Y-%m-%d %H:%M}"


def quotes(evidence: Sequence[AlertEvidence], indent: int = 18) -> None:
    """Each quoted sentence with its publisher and address."""
    blank = " " * indent
    for item in evidence:
        output.text(f"{blank}“{' '.join(item.quote.split())}”")
        output.text(f"{blank}    {item.publisher}  {item.url}")


def verdict(judgement: Judgement, alerts: AlertStore) -> None:
    """Turns found and missed, quiet windows, other alerts; then every alert with its sentences."""
    _turns(judgement)
    _quiet(judgement)
    _all(judgement, alerts)
    found = sum(turn.found for turn in judgement.turns)
    broken = sum(bool(window.alert_ids) for window in judgement.quiet)
    others = sum(alert.turn is None for alert in judgement.alerts)
    output.text(
        f"{found} of {len(judgement.turns)} turns found, {broken} of {len(judgement.quiet)} quiet windows broken, "
        f"{others} other alerts"
    )


def _turns(judgement: Judgement) -> None:
    rows = [
        (
            "found" if turn.found else "MISSED",
            turn.date,
            turn.dyad or "all",
            turn.direction,
            turn.label,
            stamp(turn.alert_at) if turn.alert_at else "",
            (turn.alert_id or "")[:12],
        )
        for turn in judgement.turns
    ]
    if rows:
        output.table(("", "turn", "pair", "direction", "what happened", "alert", "id"), rows, title="Turns")


def _quiet(judgement: Judgement) -> None:
    rows = [
        (
            "BROKEN" if window.alert_ids else "quiet",
            window.first,
            window.last,
            window.dyad or "all",
            window.why,
            " ".join(identity[:12] for identity in window.alert_ids),
        )
        for window in judgement.quiet
    ]
    if rows:
        output.table(("", "from", "to", "pair", "what tempts", "alerts"), rows, title="Quiet windows")


def _all(judgement: Judgement, alerts: AlertStore) -> None:
    if judgement.alerts:
        output.text("Alerts")
    for fired in judgement.alerts:
        _one(fired, alerts.get(fired.alert_id))


def _one(fired: AlertFired, alert: Alert | None) -> None:
    belongs = f"turn: {fired.turn}" if fired.turn else "no turn"
    title = alert.title if alert else ""
    state = f" ({alert.state})" if alert else ""
    output.text(f"{stamp(fired.at)}  {fired.dyad}  {ARROW[fired.direction]}  {title}{state}")
    output.text(f"{'':18}{fired.alert_id[:12]}  rule {fired.rule}  {belongs}")
    if alert is not None:
        quotes(alert.evidence)
    output.text()
