from datetime import UTC, date, datetime, timedelta

import msgspec

from pipelines.alerting.judgement import judge
from schemas.newsroom import Quiet, Turn
from schemas.records import Alert, AlertState, Direction

TURN = Turn(date=date(2023, 3, 6), dyad="JPN-KOR", direction="easing", label="thaw")


def alert(
    day: date,
    dyad: str = "JPN-KOR",
    direction: Direction = "easing",
    state: AlertState = "firing",
    revision: int = 1,
    alert_id: str = "a",
) -> Alert:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return Alert(
        alert_id=alert_id,
        revision=revision,
        known_at=at,
        state=state,
        rule="change",
        subject=dyad,
        direction=direction,
        opened=at,
        updated=at,
        title="t",
    )


def test_a_turn_is_found_from_a_week_before_to_thirty_days_after() -> None:
    for days, found in ((-8, False), (-7, True), (0, True), (30, True), (31, False)):
        result = judge([TURN], [], [alert(TURN.date + timedelta(days=days))])
        assert result.turns[0].found is found, days
        assert (result.alerts[0].turn == "thaw") is found


def test_pair_and_direction_must_agree() -> None:
    assert not judge([TURN], [], [alert(TURN.date, dyad="CHN-JPN")]).turns[0].found
    assert not judge([TURN], [], [alert(TURN.date, direction="tension")]).turns[0].found
    everywhere = msgspec.structs.replace(TURN, dyad="")
    assert judge([everywhere], [], [alert(TURN.date, dyad="CHN-JPN")]).turns[0].found


def test_an_alert_counts_from_its_first_firing() -> None:
    late = TURN.date + timedelta(days=20)
    revisions = [
        alert(late + timedelta(days=15), revision=3),
        alert(TURN.date - timedelta(days=20), state="pending", revision=1),
        alert(late, revision=2),
    ]
    result = judge([TURN], [], revisions)
    assert len(result.alerts) == 1
    assert result.turns[0].alert_at == datetime(late.year, late.month, late.day, tzinfo=UTC) + timedelta(days=1)


def test_what_only_pended_is_no_alert() -> None:
    assert judge([TURN], [], [alert(TURN.date, state="pending")]).alerts == ()


def test_quiet_windows_name_what_fell_into_them() -> None:
    window = Quiet(first=date(2022, 8, 8), last=date(2022, 8, 25), dyad="JPN-KOR", why="offerings")
    inside, outside = alert(date(2022, 8, 25), alert_id="in"), alert(date(2022, 8, 26), alert_id="out")
    other = alert(date(2022, 8, 10), dyad="CHN-JPN", alert_id="other")
    assert judge([], [window], [inside, outside, other]).quiet[0].alert_ids == ("in",)
    anyone = msgspec.structs.replace(window, dyad="")
    assert judge([], [anyone], [inside, outside, other]).quiet[0].alert_ids == ("in", "other")


def test_the_json_has_the_names_of_the_contract() -> None:
    window = Quiet(first=date(2022, 8, 8), last=date(2022, 8, 25), dyad="", why="w")
    told = msgspec.to_builtins(judge([TURN], [window], [alert(TURN.date)]))
    assert set(told) == {"turns", "quiet", "alerts"}
    assert set(told["turns"][0]) == {"date", "dyad", "direction", "label", "found", "alert_id", "alert_at"}
    assert set(told["quiet"][0]) == {"from", "to", "dyad", "why", "alert_ids"}
    assert set(told["alerts"][0]) == {"alert_id", "at", "dyad", "direction", "rule", "turn"}
