"""What a run says of its alerts, and how it shows where it stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from console.cli.progress import DayBar
from console.cli.relations import gauge
from console.cli.verdict import Teller, verdict
from pipelines.alerting.judgement import AlertFired, Judgement, QuietKept, TurnFound
from pipelines.wiring.stores import Stores
from schemas.records import Alert
from tests.unit.console.conftest import Sample


def revision(alert: Alert, number: int, state: str) -> Alert:
    return msgspec.convert(msgspec.to_builtins(alert) | {"revision": number, "state": state}, Alert)


def test_an_alert_is_told_when_it_fires_and_when_it_is_withdrawn(
    sample: Sample, capsys: pytest.CaptureFixture[str]
) -> None:
    teller = Teller()
    for number, state in enumerate(("pending", "firing", "firing", "acknowledged", "retracted"), start=1):
        teller.tell(revision(sample.alert, number, state))
    told = capsys.readouterr().out
    assert told.count("a1b2c3d4e5f6") == 2
    assert told.count("retracted China and Japan") == 1
    assert "2023-08-25 00:00  CHN-JPN  ↓ tension  China and Japan: tension above its usual share" in told
    assert "“China banned seafood from Japan on Thursday.”" in told
    assert "Nippon Relay  https://nippon-relay.example/0" in told


def test_what_never_fired_is_not_withdrawn(sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller()
    teller.tell(revision(sample.alert, 1, "pending"))
    teller.tell(revision(sample.alert, 2, "retracted"))
    assert capsys.readouterr().out == ""


def test_alerts_as_json_and_silence(sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    Teller(as_json=True).tell(sample.alert)
    assert msgspec.json.decode(capsys.readouterr().out, type=Alert) == sample.alert
    Teller(as_json=True, silent=True).tell(sample.alert)
    assert capsys.readouterr().out == ""


def test_the_verdict_tells_found_missed_broken_and_others(sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    day, identity = date(2023, 8, 24), sample.alert.alert_id
    at = sample.alert.known_at
    judgement = Judgement(
        turns=(
            TurnFound(
                date=day,
                dyad="CHN-JPN",
                direction="tension",
                label="the ban",
                found=True,
                alert_id=identity,
                alert_at=at,
            ),
            TurnFound(date=day, dyad="", direction="easing", label="peace", found=False),
        ),
        quiet=(
            QuietKept(first=day, last=day, dyad="CHN-JPN", why="drills", alert_ids=(identity,)),
            QuietKept(first=day, last=day, dyad="", why="a festival"),
        ),
        alerts=(
            AlertFired(alert_id=identity, at=at, dyad="CHN-JPN", direction="tension", rule="change", turn="the ban"),
            AlertFired(alert_id="f" * 32, at=at, dyad="CHN-KOR", direction=None, rule="change"),
        ),
    )
    stores = Stores(sample.home)
    verdict(judgement, stores.alerts)
    stores.close()
    said = capsys.readouterr().out
    assert "1 of 2 turns found, 1 of 2 quiet windows broken, 1 other alerts" in said
    for part in ("MISSED", "BROKEN", "turn: the ban", "no turn", "“China banned seafood from Japan on Thursday.”"):
        assert part in said


@pytest.mark.parametrize("days,part", [(-5, "   0%"), (0, "   0%"), (50, " 50%"), (100, " 100%"), (200, " 100%")])
def test_the_bar_stays_within_its_ends(sample: Sample, days: int, part: str) -> None:
    first = datetime(2022, 1, 1, tzinfo=UTC)
    line = DayBar(sample.home, first, first + timedelta(days=100)).line(first + timedelta(days=days))
    assert line.endswith(part)
    assert len(line) == len("2022-01-01  ") + 30 + len(" 100%")


@pytest.mark.parametrize(
    "value,low,high,line",
    [
        (0, -1, 1, "········─●─········"),
        (-9, -9, -7, "●──······|·········"),
        (9, 8.5, 9, "·········|········●"),
    ],
)
def test_the_gauge(value: float, low: float, high: float, line: str) -> None:
    assert gauge(value, low, high) == line
