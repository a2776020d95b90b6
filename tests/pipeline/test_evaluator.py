"""The evaluator's loop on the real log and the real state store: cuts, order, copies, crashes, blank ticks."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.index.embedded import EmbeddedRelationStore, EmbeddedSignalIndex
from connectors.local.state_store import EmbeddedStateStore
from connectors.log.embedded import EmbeddedLog
from pipelines.evaluator.loop import GROUP, Evaluator, Ports, Schedule
from schemas import topics
from schemas.codec import decode, encode
from schemas.envelope import to_log
from schemas.ports.log import LogRecord
from schemas.records import (
    Action,
    Actor,
    Alert,
    Article,
    Change,
    DeadLetter,
    Event,
    Evidence,
    Heard,
    Position,
    Publisher,
    Relation,
    Signal,
    Tick,
)

DAY = datetime(2024, 1, 2, tzinfo=UTC)


class FakeClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = DAY

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Decided:
    relations: Sequence[Relation] = ()
    events: dict[str, tuple[date, date, Sequence[Event]]] = field(default_factory=dict)
    changes: Sequence[Change] = ()
    alerts: Sequence[Alert] = ()


@dataclass
class Recorder:
    """A judge that remembers what it was handed and answers one alert a tick with signals."""

    state: EmbeddedStateStore
    taken: list[tuple[datetime, list[str], list[str], list[date]]] = field(default_factory=list)
    fail_once: bool = False
    forgotten: int = 0

    def take(self, tick: Tick, signals: Sequence[Signal], actions: Sequence[Action], heard: Sequence[date]) -> Decided:
        ids = [signal.signal_id for signal in signals]
        self.taken.append((tick.time, ids, [action.action_id for action in actions], list(heard)))
        self.state.mark_applied(signals, {signal.signal_id: tick.time.date() for signal in signals})
        if self.fail_once:
            self.fail_once = False
            raise OSError("the disk is full")
        if not signals:
            return Decided()
        alert = Alert(
            alert_id=f"alert-{tick.time.isoformat()}",
            known_at=tick.time,
            state="firing",
            rule="change",
            subject="CHN-JPN",
            opened=tick.time,
            updated=tick.time,
            title=" ".join(ids),
        )
        return Decided(alerts=[alert])

    def forget(self) -> None:
        self.forgotten += 1


class Desk:
    """Log, stores and evaluator of one data directory."""

    def __init__(self, folder: Path) -> None:
        self.log = EmbeddedLog(folder / "detente.db")
        self.state = EmbeddedStateStore(folder / "evaluator.db")
        self.clock = FakeClock()
        self.judge = Recorder(self.state)
        ports = Ports(
            log=self.log,
            state=self.state,
            relations=EmbeddedRelationStore(folder / "index.db"),
            index=EmbeddedSignalIndex(folder / "index.db"),
            clock=self.clock,
        )
        self.evaluator = Evaluator(ports, self.judge, Schedule(tick_seconds=1.0))

    def article(self, name: str) -> Position:
        publisher = Publisher(id="p", name="P")
        record = Article(article_id=name, published=DAY, first_seen=DAY, version_seen=DAY, publisher=publisher)
        return self.log.append(topics.ARTICLE, [to_log(record)])[0]

    def extracted(self, *positions: Position) -> None:
        commits = self.log.consumer("extract", [topics.ARTICLE])
        commits.commit({(topics.ARTICLE, p.partition): p.offset + 1 for p in sorted(positions)})

    def signal(self, name: str, position: Position, revision: int = 1) -> None:
        self.log.append(topics.SIGNAL, [to_log(signal(name, position, revision))])

    def run(self) -> None:
        while self.evaluator.step():
            pass

    def alerts(self) -> list[Alert]:
        end = self.log.end_offsets(topics.ALERT)[0]
        return [decode(stored.value, Alert) for stored in self.log.read(topics.ALERT, 0, 0, end)]


def signal(name: str, position: Position, revision: int = 1) -> Signal:
    return Signal(
        signal_id=name,
        article_id="a",
        source=Actor(code="JPN"),
        target=Actor(code="CHN"),
        dyad="CHN-JPN",
        type="ACCUSE",
        quad=3,
        score=-2.0,
        factuality="fact",
        polarity=-1,
        evidence=Evidence(quote="q", start=0, end=1),
        confidence=0.9,
        published=DAY,
        first_seen=DAY,
        article_position=position,
        revision=revision,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_nothing_happens_without_news_but_once_a_day(desk: Desk) -> None:
    desk.run()
    assert len(desk.judge.taken) == 1
    desk.clock.time += timedelta(hours=5)
    desk.run()
    assert len(desk.judge.taken) == 1
    desk.clock.time += timedelta(days=1)
    desk.run()
    assert len(desk.judge.taken) == 2


def test_a_tick_waits_for_extraction_and_takes_what_lies_before_its_cut(desk: Desk) -> None:
    first = desk.article("one")
    desk.evaluator.step()
    assert not desk.evaluator.step()
    desk.signal("s1", first)
    second = desk.article("two")
    desk.signal("s2", second)
    desk.extracted(first)
    desk.evaluator.step()
    assert [ids for _, ids, _, _ in desk.judge.taken] == [["s1"]]
    desk.clock.time += timedelta(seconds=2)
    desk.extracted(first, second)
    desk.run()
    assert [ids for _, ids, _, _ in desk.judge.taken] == [["s1"], ["s2"]]


def test_live_ticks_keep_their_distance(desk: Desk) -> None:
    desk.extracted(desk.article("one"))
    desk.run()
    desk.extracted(desk.article("two"))
    desk.clock.time += timedelta(seconds=0.5)
    desk.run()
    assert len(desk.judge.taken) == 1
    desk.clock.time += timedelta(seconds=0.5)
    desk.run()
    assert len(desk.judge.taken) == 2


def test_a_clock_set_back_makes_no_earlier_tick(desk: Desk) -> None:
    desk.run()
    desk.clock.time -= timedelta(days=2)
    desk.extracted(desk.article("one"))
    desk.run()
    assert len(desk.judge.taken) == 1


def test_signals_enter_by_position_then_id_and_copies_once(desk: Desk) -> None:
    positions = [desk.article(f"article-{n}") for n in range(12)]
    written = [(f"s{n % 5}-{p.partition}-{p.offset}", p) for n, p in enumerate(positions)] * 2
    random.Random(7).shuffle(written)
    for name, position in written:
        desk.signal(name, position)
    desk.extracted(*positions)
    desk.run()
    expected = sorted({(p.partition, p.offset, name) for name, p in written})
    assert desk.judge.taken[0][1] == [name for _, _, name in expected]


def test_actions_and_heard_days_come_with_their_tick(desk: Desk) -> None:
    action = Action(action_id="x1", kind="reject_signal", subject="s1", at=DAY)
    desk.log.append(topics.ACTION, [to_log(action)])
    desk.log.append(topics.HEARD, [to_log(Heard(day=DAY.date()))])
    desk.run()
    assert desk.judge.taken == [(DAY, [], ["x1"], [DAY.date()])]
    position = desk.article("one")
    desk.extracted(position)
    desk.clock.time += timedelta(seconds=1)
    desk.run()
    assert desk.judge.taken[1][2:] == ([], [])


def test_a_failed_tick_is_undone_and_repeated_with_the_same_bytes(desk: Desk) -> None:
    position = desk.article("one")
    desk.signal("s1", position)
    desk.extracted(position)
    desk.judge.fail_once = True
    with pytest.raises(OSError, match="full"):
        desk.run()
    assert desk.judge.forgotten == 1
    assert desk.state.last_tick() is None
    desk.run()
    assert desk.judge.taken[0] == desk.judge.taken[1]
    assert [alert.title for alert in desk.alerts()] == ["s1"]


def test_a_crash_between_alert_and_commit_repeats_the_same_alert(desk: Desk, tmp_path: Path) -> None:
    position = desk.article("one")
    desk.signal("s1", position)
    desk.extracted(position)

    def crash(offset: int, tick: Tick) -> None:
        raise KeyboardInterrupt

    desk.state.set_last_tick = crash  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        desk.run()
    desk.state.close()
    again = Desk(tmp_path)
    again.run()
    first, second = again.alerts()
    assert encode(first) == encode(second)
    assert again.log.committed(GROUP, topics.TICK) == {0: 1}


def test_what_is_no_signal_is_refused_and_the_rest_goes_on(desk: Desk) -> None:
    position = desk.article("one")
    homeless = msgspec.structs.replace(signal("s0", position), article_position=None)
    desk.log.append(topics.SIGNAL, [LogRecord(key="CHN-JPN", value=b"{half"), to_log(homeless)])
    desk.signal("s1", position)
    desk.extracted(position)
    desk.run()
    assert desk.judge.taken[0][1] == ["s1"]
    letters = [decode(s.value, DeadLetter) for s in desk.log.read(topics.DEADLETTER, 0, 0, 10)]
    assert [(letter.stage, letter.code) for letter in letters] == [
        ("evaluate", "not_json"),
        ("evaluate", "no_position"),
    ]


def test_simulated_days_tick_once_each_when_complete(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    complete: list[datetime | None] = [None]
    ports = desk.evaluator._ports
    evaluator = Evaluator(ports, desk.judge, Schedule(complete=lambda: complete[0]))
    assert not evaluator.step()
    for day in range(3):
        complete[0] = DAY + timedelta(days=day)
        while evaluator.step():
            pass
    assert [time for time, *_ in desk.judge.taken] == [DAY + timedelta(days=n) for n in range(3)]


def test_simulated_days_get_their_ticks_before_extraction_has_come_so_far(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    complete = DAY
    evaluator = Evaluator(desk.evaluator._ports, desk.judge, Schedule(complete=lambda: complete))
    positions: list[Position] = []
    for day in range(3):
        complete = DAY + timedelta(days=day)
        positions.append(desk.article(f"article {day}"))
        desk.signal(f"s{day}", positions[-1])
        while evaluator.step():
            pass
    assert desk.log.end_offsets(topics.TICK)[0] == 3
    assert not desk.judge.taken
    desk.extracted(*positions)
    while evaluator.step():
        pass
    assert [(time, ids) for time, ids, *_ in desk.judge.taken] == [
        (DAY + timedelta(days=n), [f"s{n}"]) for n in range(3)
    ]
