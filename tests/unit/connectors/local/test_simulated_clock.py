"""Simulated time: durable, shared, and never going back."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.conformance.processes import Child, Parent
from connectors.local.schema import from_micros, open_journal, to_micros
from connectors.local.simulated_clock import BEFORE_START, SimulatedClock
from schemas.errors import ConfigError
from schemas.ports.clock import Clock

NOON = datetime(2021, 1, 1, 12, 0, 0, 1, tzinfo=UTC)


def clock_at(path: Path) -> SimulatedClock:
    return SimulatedClock(open_journal(path / "journal.db"))


def advance_when_told(parent: Parent, path: Path) -> None:
    clock = clock_at(path)
    parent.say(clock.now())
    parent.say(clock.advance(parent.hear()))
    parent.hear()


def test_it_is_a_clock(tmp_path: Path) -> None:
    clock: Clock = clock_at(tmp_path)
    assert clock.now() == BEFORE_START


def test_it_starts_once(tmp_path: Path) -> None:
    assert clock_at(tmp_path).start(NOON) == NOON
    assert clock_at(tmp_path).start(NOON + timedelta(days=9)) == NOON
    assert clock_at(tmp_path).now() == NOON


def test_it_goes_forward_only(tmp_path: Path) -> None:
    clock = clock_at(tmp_path)
    clock.start(NOON)
    assert clock.advance(NOON + timedelta(days=2)) == NOON + timedelta(days=2)
    assert clock.advance(NOON + timedelta(days=1)) == NOON + timedelta(days=2)


def test_advancing_a_clock_that_was_never_started_starts_it(tmp_path: Path) -> None:
    assert clock_at(tmp_path).advance(NOON) == NOON


def test_announcements_go_forward_only_and_leave_the_time_alone(tmp_path: Path) -> None:
    clock = clock_at(tmp_path)
    assert clock.completed() is None
    clock.start(NOON)
    assert clock.completed() is None
    clock.announce(NOON)
    clock.announce(NOON - timedelta(days=1))
    assert clock_at(tmp_path).completed() == NOON
    assert clock.now() == NOON


def test_what_has_not_come_yet_cannot_be_complete(tmp_path: Path) -> None:
    clock = clock_at(tmp_path)
    with pytest.raises(ConfigError, match="has not come yet"):
        clock.announce(NOON)
    clock.start(NOON)
    with pytest.raises(ConfigError):
        clock.announce(NOON + timedelta(microseconds=1))
    assert clock.completed() is None


def test_all_processes_see_one_time_and_a_killed_one_leaves_it(tmp_path: Path) -> None:
    clock = clock_at(tmp_path)
    clock.start(NOON)
    with Child(advance_when_told, tmp_path) as child:
        assert child.hear() == NOON
        child.say(NOON + timedelta(days=1))
        assert child.hear() == NOON + timedelta(days=1)
        child.kill()
    assert clock.now() == NOON + timedelta(days=1)


def test_sleeping_takes_no_time_to_speak_of(tmp_path: Path) -> None:
    clock = clock_at(tmp_path)
    start = time.monotonic()
    clock.sleep(3600.0)
    clock.sleep(-1.0)
    assert time.monotonic() - start < 1.0


@pytest.mark.parametrize("moment", [NOON, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_microseconds_are_exact(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment
