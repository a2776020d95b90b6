"""The deliver process: projects the alert topic into the alert store and hands revisions to channels.

Promises: every revision reaches the store before any channel; each attempt is logged before the next record is taken;
a channel that fails or hangs holds up no other for longer than its own time limit; after a crash an attempt may be
made again, under the same id, and nothing is left out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from pipelines.alerting.lifecycle import ever_fired
from pipelines.telemetry import INPUTS, logger
from schemas import topics
from schemas.codec import decode
from schemas.errors import QuarantinedError
from schemas.ports.channels import Attempt, Channel, DeliveryLog, Owed
from schemas.ports.clock import Clock
from schemas.ports.index import ActionStore, AlertStore
from schemas.ports.log import EventLog, StoredRecord
from schemas.records import Action, Alert, Delivery

GROUP: Final = "deliver"
"""Consumer group of the alert topic; its committed offset says how far the alert store is."""


class RetrySchedule(Protocol):
    """When to try again after the nth failed attempt; None: give up."""

    def __call__(self, attempt: int, key: str) -> float | None:
        """Seconds to wait after failed attempt number `attempt`."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """A channel and which alerts go there: alert states, and rules (none: all)."""

    channel: Channel
    states: frozenset[str]
    rules: frozenset[str] = frozenset()

    def takes(self, alert: Alert) -> bool:
        """Whether this revision goes to the channel."""
        return alert.state in self.states and (not self.rules or alert.rule in self.rules)


@dataclass(slots=True)
class Ports:
    """What delivery touches."""

    log: EventLog
    alerts: AlertStore
    actions: ActionStore
    deliveries: DeliveryLog
    clock: Clock


class Deliverer:
    """One runs per pipeline; one thread."""

    def __init__(self, ports: Ports, routes: Sequence[Route], schedule: RetrySchedule) -> None:
        self._ports = ports
        self._routes: Mapping[str, Route] = {route.channel.name: route for route in routes}
        self._schedule = schedule
        self._consumer = ports.log.consumer(GROUP, [topics.ALERT, topics.ACTION])
        self._disabled: set[str] = set()
        self._log = logger("deliver")

    def run(self, stop: threading.Event, heartbeat: Callable[[], None] = lambda: None) -> None:
        """Steps until `stop` is set; an attempt under way is finished first."""
        while not stop.is_set():
            self.step(timeout=0.25)
            heartbeat()
        self._consumer.close()

    def step(self, timeout: float) -> int:
        """Project what is new, then make the attempts that are due. Returns how many of both."""
        records = self._consumer.poll(500, timeout)
        for record in records:
            self._project(record)
        if records:
            self._consumer.commit({(r.topic, r.partition): r.offset + 1 for r in records})
        return len(records) + self._attempt_due()

    def _project(self, record: StoredRecord) -> None:
        try:
            if record.topic == topics.ACTION:
                self._ports.actions.put([decode(record.value, Action)])
                return
            alert = decode(record.value, Alert)
        except QuarantinedError as error:
            self._log.error("record refused", topic=record.topic, offset=record.offset, code=error.code)
            INPUTS.labels(stage="deliver", outcome="dead-lettered").inc()
            return
        self._ports.alerts.put([alert])
        # The end of an alert is told to those who were told of it, so not of one that only pended.
        told = ever_fired(r for r in self._ports.alerts.revisions(alert.alert_id) if r.revision <= alert.revision)
        channels = [name for name, route in self._routes.items() if told and route.takes(alert)]
        self._ports.deliveries.owe(alert.alert_id, alert.revision, channels, self._ports.clock.now())
        INPUTS.labels(stage="deliver", outcome="stored").inc()

    def _attempt_due(self) -> int:
        made = 0
        for owed in self._ports.deliveries.due(self._ports.clock.now()):
            route = self._routes.get(owed.channel)
            alert = self._ports.alerts.get(owed.alert_id, owed.revision)
            if route is None or alert is None or owed.channel in self._disabled:
                reason = "channel is disabled" if owed.channel in self._disabled else "channel is no longer configured"
                self._finish(owed, Attempt(outcome="failed", detail=reason))
                continue
            self._finish(owed, route.channel.send(alert, owed.attempt))
            made += 1
        return made

    def _finish(self, owed: Owed, attempt: Attempt) -> None:
        now = self._ports.clock.now()
        if attempt.outcome == "disabled":
            self._disabled.add(owed.channel)
        retry_at = self._retry_at(owed, attempt, now) if attempt.outcome == "retry" else None
        outcome = "failed" if attempt.outcome == "retry" and retry_at is None else attempt.outcome
        delivery = Delivery(
            alert_id=owed.alert_id,
            revision=owed.revision,
            channel=owed.channel,
            attempt=owed.attempt,
            at=now,
            outcome=outcome,
            detail=attempt.detail,
        )
        self._ports.deliveries.record(delivery, retry_at)
        INPUTS.labels(stage="delivery", outcome=outcome).inc()

    def _retry_at(self, owed: Owed, attempt: Attempt, now: datetime) -> datetime | None:
        wait = self._schedule(owed.attempt, f"{owed.alert_id}.{owed.revision}.{owed.channel}")
        if wait is None:
            return None
        return now + timedelta(seconds=max(wait, attempt.retry_after or 0.0))
