from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import msgspec
import pytest

from pipelines.relations.change import CALM_DAYS, LONGEST, SHORTEST, DetectorState, Episode, Past, references, step
from pipelines.relations.channels import BURST_NEEDS, NewType, Observation, readings
from pipelines.relations.share import Base, Window
from schemas.records import Direction

DAY = date(2023, 6, 1)
BASE = Base(m=0.1, u=0.3, w=0.35, s=0.4, n=60, rate=0.3, observed=300, origin="own")
QUIET = Window(0, 0, 0, 0, 7, 7)
USUAL = Window(1.8, 1.2, 1.2, 10, 30, 30)
LIMITS: dict[Direction, float] = {"easing": 4.0, "tension": 4.0}


def seen(
    week: Window, month: Window = USUAL, base: Base = BASE, *, day: int = 0, observed: bool = True, **more: object
) -> Observation:
    windows = {"S7": week, "S30": month, "DRIFT": Window(5.4, 3.6, 3.6, 30, 90, 90)}
    return Observation(DAY + timedelta(days=day), observed, windows, dict.fromkeys(windows, base), **more)  # type: ignore[arg-type]


STORM = Window(0.1, 3.2, 1.7, 7, 7, 7)
THAW = Window(3.6, 0.1, 2.2, 7, 7, 7)


@pytest.mark.parametrize("week,direction", [(STORM, "tension"), (THAW, "easing")])
def test_a_turn_opens_one_episode_in_its_direction(week: Window, direction: Direction) -> None:
    state, decision = step(DetectorState(), seen(week), LIMITS)
    assert decision[direction].outcome == "open"
    assert [d for d in decision if decision[d].outcome != "none"] == [direction]
    for i in range(1, 20):
        state, decision = step(state, seen(week, day=i), LIMITS)
        assert decision[direction].outcome == "hold"


def test_a_usual_week_decides_nothing() -> None:
    state, decision = step(DetectorState(), seen(Window(0.5, 0.4, 0.3, 3, 7, 7)), LIMITS)
    assert state == DetectorState()
    assert {v.outcome for v in decision.values()} == {"none"}


def test_an_unobserved_day_changes_nothing() -> None:
    before = DetectorState(open={"tension": Episode(opened=DAY, channel="S7", before=0.4, score=5.0, calm=3)})
    state, decision = step(before, seen(STORM, day=4, observed=False), LIMITS)
    assert state == before
    assert decision["tension"].outcome == "hold"


def test_an_episode_ends_after_two_calm_weeks_and_its_end_is_no_easing() -> None:
    state, _ = step(DetectorState(), seen(STORM), LIMITS)
    outcomes = []
    for i in range(1, 60):
        # The storm fades: few events, as before it; the baseline has by now taken much of the storm in.
        state, decision = step(state, seen(Window(0.6, 0.1, 0.3, 2, 7, 7), USUAL, replace(BASE, s=0.7), day=i), LIMITS)
        outcomes.append((decision["tension"].outcome, decision["easing"].outcome))
    closed = [i for i, (tension, _) in enumerate(outcomes) if tension == "close"]
    assert len(closed) == 1
    assert closed[0] + 1 >= max(SHORTEST, CALM_DAYS)
    assert {easing for _, easing in outcomes} == {"none"}
    assert references(state, DAY + timedelta(days=60)) == {"easing": 0.4}


def test_without_the_memory_of_the_storm_its_end_would_be_an_easing() -> None:
    calm = seen(Window(2.4, 0.1, 1.1, 6, 7, 7), Window(4.5, 0.6, 2.0, 12, 30, 30), replace(BASE, s=0.7))
    _, decision = step(DetectorState(), calm, LIMITS)
    assert decision["easing"].outcome == "open"
    remembered = DetectorState(past=(Past("tension", DAY - timedelta(days=30), 0.1),))
    assert step(remembered, calm, LIMITS)[1]["easing"].outcome == "none"


def test_a_worse_day_is_said_once() -> None:
    state, _ = step(DetectorState(), seen(STORM), LIMITS)
    worse = Window(0.1, 7.5, 4.5, 14, 7, 7)
    state, decision = step(state, seen(worse, day=1), LIMITS)
    assert decision["tension"].outcome == "worse"
    assert step(state, seen(worse, day=2), LIMITS)[1]["tension"].outcome == "hold"


def test_an_episode_lasts_a_year_at_most() -> None:
    old = DetectorState(
        open={"tension": Episode(opened=DAY - timedelta(days=LONGEST), channel="S7", before=0.4, score=9)}
    )
    assert step(old, seen(STORM), LIMITS)[1]["tension"].outcome == "close"


def test_new_speaks_once_in_ninety_days() -> None:
    news = (NewType("SANCTION", "tension", 1, 0.001),)
    state, decision = step(DetectorState(), seen(QUIET, news=news), LIMITS)
    assert decision["tension"].lead is not None
    assert decision["tension"].lead.channel == "NEW"
    ended = msgspec.structs.replace(state, open={})
    assert step(ended, seen(QUIET, day=80, news=news), LIMITS)[1]["tension"].outcome == "none"
    assert step(ended, seen(QUIET, day=91, news=news), LIMITS)[1]["tension"].outcome == "open"


def test_more_coverage_of_the_same_mixture_is_no_change() -> None:
    """Ten times the volume in the usual shares: neither the shares nor B7 speak."""
    flood = Window(4.2, 2.8, 2.5, 23, 7, 7)
    found = readings(seen(flood), {})
    assert max((r.score for r in found), default=0.0) < 2.0


def test_the_burst_channel_waits_for_its_own_history() -> None:
    early = replace(BASE, observed=BURST_NEEDS - 1)
    assert "B7" not in {r.channel for r in readings(seen(STORM, base=early), {})}
    assert "B7" in {r.channel for r in readings(seen(STORM), {})}


def test_rivals_whose_share_is_at_its_end_are_heard_by_the_burst_channel_alone() -> None:
    rivals = replace(BASE, s=0.85)
    found = {r.channel: r.score for r in readings(seen(STORM, base=rivals), {}) if r.direction == "tension"}
    assert found["S7"] < 2.0
    assert found["B7"] > 4.0


def test_a_direction_needs_an_event_of_its_own_sign() -> None:
    assert readings(seen(Window(0, 3.0, 1.5, 7, 7, 7), Window(0, 3.0, 1.5, 7, 30, 30)), {})
    silent = readings(seen(Window(0, 0, 0, 3, 7, 7), Window(0, 0, 0, 3, 30, 30)), {})
    assert [r for r in silent if r.channel in {"S7", "S30", "B7"}] == []


def test_the_state_survives_json() -> None:
    state, _ = step(DetectorState(), seen(STORM), LIMITS)
    assert msgspec.json.decode(msgspec.json.encode(state), type=DetectorState) == state
