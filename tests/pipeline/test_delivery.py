"""The deliver process on the real log and stores: projection first, every attempt logged, retries, restarts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.local.action_store import EmbeddedActionStore
from connectors.local.alert_store import EmbeddedAlertStore
from connectors.local.delivery_log import EmbeddedDeliveryLog
from connectors.log.embedded import EmbeddedLog
from pipelines.delivery import GROUP, Deliverer, Ports, Route
from schemas import topics
from schemas.envelope import to_log
from schemas.ports.channels import Attempt
from schemas.ports.log import LogRecord
from schemas.records import Action, Alert, AlertState, DeliveryOutcome

AT = datetime(2024, 1, 2, tzinfo=UTC)
EVERY = frozenset({"firing", "acknowledged", "resolved", "retracted"})


class HandClock:
    def __init__(self) -> None:
        self.time = AT

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Scripted:
    """A receiver that answers as told, then accepts."""

    def __init__(self, name: str, *answers: DeliveryOutcome, retry_after: float | None = None) -> None:
        self.name = name
        self.answers = list(answers)
        self.retry_after = retry_after
        self.got: list[tuple[str, int, int]] = []

    def send(self, alert: Alert, attempt: int) -> Attempt:
        self.got.append((alert.alert_id, alert.revision, attempt))
        return Attempt(outcome=self.answers.pop(0) if self.answers else "delivered", retry_after=self.retry_after)

    def close(self) -> None:
        return None


def ten_seconds_twice(attempt: int, key: str) -> float | None:
    return 10.0 if attempt <= 2 else None


def alert(name: str = "a", revision: int = 1, state: AlertState = "firing", rule: str = "change") -> Alert:
    return Alert(
        alert_id=name,
        revision=revision,
        known_at=AT,
        state=state,
        rule=rule,
        subject="CHN-JPN",
        opened=AT,
        updated=AT,
        title="t",
    )


class Desk:
    def __init__(self, folder: Path, *routes: Route) -> None:
        self.log = EmbeddedLog(folder / "detente.db")
        self.alerts = EmbeddedAlertStore(self.log.database)
        self.actions = EmbeddedActionStore(self.log.database)
        self.deliveries = EmbeddedDeliveryLog(self.log.database)
        self.clock = HandClock()
        ports = Ports(
            log=self.log, alerts=self.alerts, actions=self.actions, deliveries=self.deliveries, clock=self.clock
        )
        self.deliverer = Deliverer(ports, routes, ten_seconds_twice)

    def append(self, *alerts: Alert) -> None:
        self.log.append(topics.ALERT, [to_log(one) for one in alerts])

    def outcomes(self, name: str = "a") -> list[tuple[str, int, str]]:
        return [(d.channel, d.attempt, d.outcome) for d in self.deliveries.attempts(name)]


def test_an_alert_is_stored_then_sent_to_every_route_that_takes_it(tmp_path: Path) -> None:
    one, two, three = Scripted("one"), Scripted("two"), Scripted("three")
    routes = [
        Route(one, EVERY),
        Route(two, frozenset({"retracted"})),
        Route(three, EVERY, rules=frozenset({"breaking"})),
    ]
    desk = Desk(tmp_path, *routes)
    desk.append(alert(), alert(revision=2, state="retracted"), alert("b", rule="breaking"), alert("c", state="pending"))
    desk.deliverer.step(0.0)
    assert desk.alerts.get("a") == alert(revision=2, state="retracted")
    assert one.got == [("a", 1, 1), ("a", 2, 1), ("b", 1, 1)]
    assert two.got == [("a", 2, 1)]
    assert three.got == [("b", 1, 1)]
    assert desk.alerts.get("c") is not None


def test_what_only_pended_is_told_to_nobody_when_it_fades(tmp_path: Path) -> None:
    receiver = Scripted("r")
    desk = Desk(tmp_path, Route(receiver, EVERY))
    desk.append(alert(state="pending"), alert(revision=2, state="resolved"))
    desk.append(alert("b", state="pending"), alert("b", revision=2), alert("b", revision=3, state="resolved"))
    desk.deliverer.step(0.0)
    assert receiver.got == [("b", 2, 1), ("b", 3, 1)]


def test_what_failed_is_tried_again_when_due_and_given_up_in_the_end(tmp_path: Path) -> None:
    flaky, dead = Scripted("flaky", "retry"), Scripted("dead", "retry", "retry", "retry", "retry")
    desk = Desk(tmp_path, Route(flaky, EVERY), Route(dead, EVERY))
    desk.append(alert())
    for _ in range(5):
        desk.deliverer.step(0.0)
        desk.deliverer.step(0.0)
        desk.clock.sleep(10)
    assert flaky.got == [("a", 1, 1), ("a", 1, 2)]
    assert dead.got == [("a", 1, 1), ("a", 1, 2), ("a", 1, 3)]
    assert desk.outcomes() == [
        ("dead", 1, "retry"),
        ("dead", 2, "retry"),
        ("dead", 3, "failed"),
        ("flaky", 1, "retry"),
        ("flaky", 2, "delivered"),
    ]


def test_a_receiver_names_its_own_wait(tmp_path: Path) -> None:
    busy = Scripted("busy", "retry", retry_after=60)
    desk = Desk(tmp_path, Route(busy, EVERY))
    desk.append(alert())
    for _ in range(7):
        desk.deliverer.step(0.0)
        desk.clock.sleep(10)
    assert busy.got == [("a", 1, 1), ("a", 1, 2)]


def test_a_receiver_that_wants_no_more_gets_no_more(tmp_path: Path) -> None:
    gone = Scripted("gone", "disabled")
    desk = Desk(tmp_path, Route(gone, EVERY))
    desk.append(alert())
    desk.deliverer.step(0.0)
    desk.append(alert("b"))
    desk.deliverer.step(0.0)
    assert gone.got == [("a", 1, 1)]
    assert desk.outcomes("b") == [("gone", 1, "failed")]


def test_a_crash_after_the_attempt_sends_once_more_under_the_same_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Scripted("r")
    desk = Desk(tmp_path, Route(receiver, EVERY))
    desk.append(alert())

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddedDeliveryLog, "record", crash)
    with pytest.raises(KeyboardInterrupt):
        desk.deliverer.step(0.0)
    monkeypatch.undo()
    again = Desk(tmp_path, Route(receiver, EVERY))
    again.deliverer.step(0.0)
    again.deliverer.step(0.0)
    assert receiver.got == [("a", 1, 1), ("a", 1, 1)]


def test_what_is_no_alert_holds_up_nothing(tmp_path: Path) -> None:
    receiver = Scripted("r")
    desk = Desk(tmp_path, Route(receiver, EVERY))
    desk.log.append(topics.ALERT, [LogRecord(key="x", value=b"{half")])
    desk.append(alert())
    desk.deliverer.step(0.0)
    assert receiver.got == [("a", 1, 1)]
    assert desk.log.committed(GROUP, topics.ALERT) == {0: 2}


def test_actions_are_projected(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    action = Action(action_id="x", kind="comment", subject="a", at=AT, body={"text": "seen"})
    desk.log.append(topics.ACTION, [to_log(action)] * 2)
    desk.deliverer.step(0.0)
    assert desk.actions.list() == [action]


def test_a_channel_that_is_no_longer_configured_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Route(Scripted("old", "retry"), EVERY))
    desk.append(alert())
    desk.deliverer.step(0.0)
    later = Desk(tmp_path)
    later.clock.sleep(20)
    later.deliverer.step(0.0)
    assert desk.outcomes() == [("old", 1, "retry"), ("old", 2, "failed")]
