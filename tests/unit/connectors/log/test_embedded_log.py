"""What the embedded log promises beyond the port: one transaction with its neighbours, fairness, checked offsets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from connectors.conformance.log_steps import append_then_wait, everything, record
from connectors.conformance.processes import Child, Parent
from connectors.log.embedded import EmbeddedLog
from connectors.log.partitioner import murmur2, partition_of
from schemas.errors import ConfigError
from schemas.ports.log import EventLog
from schemas.topics import ARTICLE, PARTITIONS, SIGNAL, TICK


class SettableClock:
    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        raise AssertionError


@pytest.fixture
def log(tmp_path: Path) -> EmbeddedLog:
    return EmbeddedLog(tmp_path / "journal.db")


def append_inside(parent: Parent, path: Path) -> None:
    log = EmbeddedLog(path)
    with log.database.transaction():
        parent.say(log.append(TICK, [record("tick", "lost")]))
        parent.hear()


def test_it_is_an_event_log(log: EmbeddedLog) -> None:
    port: EventLog = log
    assert port.partitions(TICK) == 1


@pytest.mark.parametrize(
    "data, signed",
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_murmur2_gives_the_published_values_of_kafka(data: str, signed: int) -> None:
    assert murmur2(data.encode()) == signed % 2**32


def test_partitions_of_dyads_never_move() -> None:
    homes = {key: partition_of(key, 4) for key in ("CHN-JPN", "CHN-USA", "JPN-KOR", "KOR-PRK", "PRK-*", "")}
    assert homes == {"CHN-JPN": 3, "CHN-USA": 2, "JPN-KOR": 2, "KOR-PRK": 0, "PRK-*": 2, "": 1}


def test_an_append_inside_a_transaction_is_undone_with_it(log: EmbeddedLog) -> None:
    log.append(TICK, [record("tick", "first")])
    with pytest.raises(KeyError), log.database.transaction():
        assert log.append(TICK, [record("tick", "undone")])[0].offset == 1
        raise KeyError
    assert log.append(TICK, [record("tick", "second")])[0].offset == 1
    assert [r.value for r in everything(log, TICK)] == [b"first", b"second"]


def test_a_process_killed_within_the_transaction_leaves_no_trace_and_no_lock(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "journal.db")
    log.append(TICK, [record("tick", "first")])
    with Child(append_inside, tmp_path / "journal.db") as child:
        assert child.hear()[0].offset == 1
        assert log.end_offsets(TICK) == {0: 1}
        child.kill()
    assert log.append(TICK, [record("tick", "second")])[0].offset == 1
    assert [r.value for r in everything(log, TICK)] == [b"first", b"second"]


def test_no_partition_waits_for_another_to_be_drained(log: EmbeddedLog) -> None:
    log.append(ARTICLE, [record(f"key{n}", str(n)) for n in range(400)])
    log.append(TICK, [record("tick") for _ in range(400)])
    consumer = log.consumer("group", [ARTICLE, TICK])
    seen = {(r.topic, r.partition) for _ in range(5) for r in consumer.poll(2, 0.0)}
    assert len(seen) == 5


def test_offsets_that_were_never_reached_are_refused(log: EmbeddedLog) -> None:
    log.append(TICK, [record("tick")])
    consumer = log.consumer("group", [TICK])
    for offsets in ({(TICK, 0): 2}, {(TICK, 0): -1}, {(TICK, 1): 0}):
        with pytest.raises(ConfigError):
            consumer.commit(offsets)
    with pytest.raises(ConfigError):
        consumer.seek(TICK, 0, -1)
    with pytest.raises(ConfigError):
        consumer.seek(ARTICLE, 0, 0)
    assert log.committed("group", TICK) == {}


def test_expiry_stops_at_the_first_younger_record_even_when_the_clock_went_back(tmp_path: Path) -> None:
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    clock = SettableClock(noon)
    log = EmbeddedLog(tmp_path / "journal.db", clock)
    for hour in (0, 5, 1, 6):
        clock.time = noon + timedelta(hours=hour)
        log.append(SIGNAL, [record("key", str(hour))])
    assert log.expire(SIGNAL, noon) == 0  # appended at this time is not before it
    assert log.expire(SIGNAL, noon + timedelta(hours=2)) == 1
    assert [r.value for r in everything(log, SIGNAL)] == [b"5", b"1", b"6"]


def test_expiry_of_many_records_goes_in_steps(log: EmbeddedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.log.embedded._EXPIRE_AT_ONCE", 7)
    log.append(SIGNAL, [record("key", str(n)) for n in range(30)])
    assert log.expire(SIGNAL, datetime.now(UTC) + timedelta(days=1)) == 30
    assert everything(log, SIGNAL) == []


def test_a_topic_keeps_its_number_of_partitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.db"
    EmbeddedLog(path).close()
    monkeypatch.setitem(PARTITIONS, ARTICLE, 8)
    assert EmbeddedLog(path).partitions(ARTICLE) == 4


def test_a_child_can_be_handed_the_factory(tmp_path: Path) -> None:
    with Child(append_then_wait, partial(EmbeddedLog, tmp_path / "journal.db"), [record("a")]) as child:
        assert len(child.hear()) == 1
