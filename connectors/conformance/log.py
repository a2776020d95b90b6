"""The suite of port EventLog, with real processes that are killed."""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.conformance.log_steps import (
    PATIENCE,
    OpenLog,
    append_many,
    append_then_wait,
    append_when_told,
    drain,
    everything,
    next_offsets,
    read_all,
    read_then_wait,
    record,
)
from connectors.conformance.processes import Child
from schemas.errors import ConfigError, TerminalError
from schemas.ports.log import EventLog, LogRecord
from schemas.records import Position
from schemas.topics import ALERT, ARTICLE, KEPT_FOREVER, PARTITIONS, SIGNAL, TICK


class LogConformance:
    """Subclass with a fixture `open_log` that returns an `OpenLog` of a log that nobody has used."""

    wakes_within_seconds: float = 0.05
    """Within which a waiting `poll` must see what another process appends (median of several)."""

    @pytest.fixture
    def open_log(self) -> OpenLog:
        raise NotImplementedError

    @pytest.fixture
    def log(self, open_log: OpenLog) -> EventLog:
        return open_log()

    def test_topics_exist_from_the_start(self, log: EventLog) -> None:
        for topic, partitions in PARTITIONS.items():
            assert log.partitions(topic) == partitions
            assert log.end_offsets(topic) == log.begin_offsets(topic) == dict.fromkeys(range(partitions), 0)
            assert log.read(topic, 0, 0, 10) == []
            assert log.committed("group", topic) == {}

    def test_another_topic_is_a_config_error(self, log: EventLog) -> None:
        for use in (
            lambda: log.append("news.nothing.v1", [record("a")]),
            lambda: log.consumer("group", [ARTICLE, "news.nothing.v1"]),
            lambda: log.read("news.nothing.v1", 0, 0, 1),
            lambda: log.partitions("news.nothing.v1"),
            lambda: log.end_offsets("news.nothing.v1"),
            lambda: log.begin_offsets("news.nothing.v1"),
            lambda: log.committed("group", "news.nothing.v1"),
            lambda: log.expire("news.nothing.v1", datetime.now(UTC)),
        ):
            with pytest.raises(ConfigError, match=r"news\.nothing\.v1"):
                use()

    def test_what_is_read_is_what_was_appended(self, log: EventLog) -> None:
        headers = {"ce_id": "ü", "ce_type": "detente.article.v1"}
        values = [b"", bytes(range(256)), "北京".encode(), b"x" * 300_000]
        sent = [LogRecord(key=f"ключ{n}", value=value, headers=headers) for n, value in enumerate(values)]
        before = datetime.now(UTC) - timedelta(seconds=1)
        positions = log.append(SIGNAL, sent)
        for position, original in zip(positions, sent, strict=True):
            (stored,) = log.read(SIGNAL, position.partition, position.offset, 1)
            assert (stored.key, stored.value, stored.headers) == (original.key, original.value, original.headers)
            assert (stored.topic, stored.partition, stored.offset) == (SIGNAL, position.partition, position.offset)
            assert stored.appended is not None
            assert before < stored.appended < datetime.now(UTC) + timedelta(seconds=1)

    def test_nothing_appended_is_nothing(self, log: EventLog) -> None:
        assert log.append(ARTICLE, []) == []
        assert sum(log.end_offsets(ARTICLE).values()) == 0

    def test_keys_are_spread_and_each_stays_in_its_partition(self, log: EventLog) -> None:
        sent = [record(f"key{n % 40}", str(n)) for n in range(200)]
        positions = log.append(ARTICLE, sent)
        homes: dict[str, set[int]] = defaultdict(set)
        for one, position in zip(sent, positions, strict=True):
            homes[one.key].add(position.partition)
        assert all(len(partitions) == 1 for partitions in homes.values())
        assert set.union(*homes.values()) == set(range(PARTITIONS[ARTICLE]))

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(batches=st.lists(st.lists(st.tuples(st.sampled_from("abcdefg"), st.binary(max_size=9)), max_size=6)))
    def test_positions_are_gapless_and_hold_the_record(
        self, log: EventLog, batches: list[list[tuple[str, bytes]]]
    ) -> None:
        expected = log.end_offsets(ARTICLE)
        for batch in batches:
            sent = [record(key, value) for key, value in batch]
            for one, position in zip(sent, log.append(ARTICLE, sent), strict=True):
                assert position.offset == expected[position.partition]
                expected[position.partition] += 1
                (stored,) = log.read(ARTICLE, position.partition, position.offset, 1)
                assert (stored.key, stored.value) == (one.key, one.value)
        assert log.end_offsets(ARTICLE) == expected

    def test_a_consumer_gets_every_record_once_and_each_partition_in_order(self, log: EventLog) -> None:
        log.append(ARTICLE, [record(f"key{n % 13}", str(n)) for n in range(150)])
        log.append(TICK, [record("tick", f"t{n}") for n in range(20)])
        consumer = log.consumer("group", [ARTICLE, TICK])
        records = drain(consumer, 170, at_once=9)
        assert sorted(r.value for r in records) == sorted(r.value for t in (ARTICLE, TICK) for r in everything(log, t))
        offsets: dict[tuple[str, int], list[int]] = defaultdict(list)
        for one in records:
            offsets[one.topic, one.partition].append(one.offset)
        assert all(found == list(range(len(found))) for found in offsets.values())
        assert consumer.poll(10, 0.0) == []

    def test_a_poll_keeps_to_its_limits(self, log: EventLog) -> None:
        consumer = log.consumer("group", [ARTICLE])
        start = time.monotonic()
        assert consumer.poll(10, 0.2) == []
        assert 0.19 <= time.monotonic() - start < 5.0
        log.append(ARTICLE, [record(str(n)) for n in range(30)])
        assert len(consumer.poll(7, PATIENCE)) <= 7

    def test_what_was_read_but_not_committed_comes_again(self, log: EventLog) -> None:
        log.append(ARTICLE, [record(str(n), str(n)) for n in range(20)])
        first = log.consumer("group", [ARTICLE])
        lost = drain(first, 20)
        first.close()
        second = log.consumer("group", [ARTICLE])
        assert sorted(r.value for r in drain(second, 20)) == sorted(r.value for r in lost)
        second.close()

    def test_a_consumer_goes_on_after_what_was_committed(self, open_log: OpenLog) -> None:
        log = open_log()
        log.append(TICK, [record("tick", str(n)) for n in range(10)])
        first = log.consumer("group", [TICK])
        first.commit(next_offsets(drain(first, 4)))
        first.close()
        log.close()
        again = open_log()
        assert again.committed("group", TICK) == {0: 4}
        second = again.consumer("group", [TICK])
        assert [r.value for r in drain(second, 6)] == [str(n).encode() for n in range(4, 10)]
        second.close()

    def test_committing_what_was_sought_back_moves_the_group_back(self, log: EventLog) -> None:
        log.append(TICK, [record("tick", str(n)) for n in range(5)])
        consumer = log.consumer("group", [TICK])
        consumer.commit({(TICK, 0): 5})
        consumer.commit({(TICK, 0): 2})
        assert log.committed("group", TICK) == {0: 2}
        consumer.close()

    def test_groups_do_not_disturb_one_another(self, log: EventLog) -> None:
        log.append(TICK, [record("tick", str(n)) for n in range(5)])
        one, other = log.consumer("one", [TICK]), log.consumer("other", [TICK])
        one.commit(next_offsets(drain(one, 5)))
        assert [r.value for r in drain(other, 5)] == [str(n).encode() for n in range(5)]
        assert log.committed("other", TICK) == {}
        one.close()
        other.close()

    def test_seeking_moves_the_reader_and_commits_nothing(self, log: EventLog) -> None:
        log.append(TICK, [record("tick", str(n)) for n in range(10)])
        consumer = log.consumer("group", [TICK])
        drain(consumer, 10)
        consumer.seek(TICK, 0, 7)
        assert [r.offset for r in drain(consumer, 3)] == [7, 8, 9]
        consumer.seek(TICK, 0, 1)
        assert [r.offset for r in drain(consumer, 1)] == [1]
        assert log.committed("group", TICK) == {}
        consumer.close()

    def test_expiry_drops_the_oldest_and_moves_no_offset(self, log: EventLog) -> None:
        log.append(SIGNAL, [record("key", f"old{n}") for n in range(12)])
        time.sleep(0.005)  # some logs stamp in milliseconds
        between = datetime.now(UTC)
        time.sleep(0.005)
        (position, *_) = log.append(SIGNAL, [record("key", f"new{n}") for n in range(3)])
        assert log.expire(SIGNAL, between) == 12
        assert log.begin_offsets(SIGNAL)[position.partition] == 12
        assert log.end_offsets(SIGNAL)[position.partition] == 15
        assert log.expire(SIGNAL, between) == 0
        consumer = log.consumer("late", [SIGNAL])
        assert [(r.offset, r.value) for r in drain(consumer, 3)] == [(12 + n, f"new{n}".encode()) for n in range(3)]
        consumer.close()
        assert log.expire(SIGNAL, datetime.now(UTC) + timedelta(days=1)) == 3
        assert log.begin_offsets(SIGNAL) == log.end_offsets(SIGNAL)
        assert log.append(SIGNAL, [record("key")]) == [Position(partition=position.partition, offset=15)]

    @pytest.mark.parametrize("topic", sorted(KEPT_FOREVER))
    def test_the_history_of_decisions_cannot_expire(self, log: EventLog, topic: str) -> None:
        log.append(topic, [record("a")])
        with pytest.raises(ConfigError, match="without limit"):
            log.expire(topic, datetime.now(UTC) + timedelta(days=1))
        assert len(everything(log, topic)) == 1

    def test_a_closed_consumer_is_terminal(self, log: EventLog) -> None:
        consumer = log.consumer("group", [TICK])
        consumer.close()
        consumer.close()
        for use in (
            lambda: consumer.poll(1, 0.0),
            lambda: consumer.commit({(TICK, 0): 0}),
            lambda: consumer.seek(TICK, 0, 0),
        ):
            with pytest.raises(TerminalError):
                use()

    def test_a_log_may_be_closed_twice(self, log: EventLog) -> None:
        log.append(ALERT, [record("a")])
        log.close()
        log.close()

    def test_threads_may_append_at_once(self, log: EventLog) -> None:
        def write(writer: int) -> None:
            for n in range(10):
                log.append(TICK, [record("tick", f"{writer}:{n}")])

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        values = [r.value.decode() for r in everything(log, TICK)]
        assert sorted(values) == sorted(f"{w}:{n}" for w in range(4) for n in range(10))
        for writer in range(4):
            own = [value for value in values if value.startswith(f"{writer}:")]
            assert own == [f"{writer}:{n}" for n in range(10)]

    def test_what_a_killed_process_appended_is_there(self, open_log: OpenLog) -> None:
        sent = [record(str(n), str(n)) for n in range(50)]
        with Child(append_then_wait, open_log, sent) as child:
            positions = child.hear()
            child.kill()
        log = open_log()
        stored = {(r.partition, r.offset): r.value for r in everything(log, ARTICLE)}
        assert stored == {(p.partition, p.offset): r.value for p, r in zip(positions, sent, strict=True)}

    def test_what_a_killed_process_had_not_committed_comes_again(self, open_log: OpenLog) -> None:
        log = open_log()
        log.append(ARTICLE, [record(str(n), str(n)) for n in range(40)])
        with Child(read_then_wait, open_log, 30, 12) as child:
            committed, lost = child.hear(), child.hear()
            child.kill()
        assert (len(committed), len(lost)) == (12, 18)
        consumer = log.consumer("group", [ARTICLE])
        again = [r.value for r in drain(consumer, 28)]
        consumer.close()
        assert set(lost) <= set(again)
        assert sorted(committed + again) == sorted(str(n).encode() for n in range(40))

    def test_several_processes_append_and_read_at_once(self, open_log: OpenLog) -> None:
        writers, each = 3, 60
        log = open_log()
        children = [Child(append_many, open_log, writer, each) for writer in range(writers)]
        readers = [Child(read_all, open_log, f"group{n}", writers * each) for n in range(2)]
        for child in children:
            child.say()
        for child in children:
            child.hear()
            assert child.join() == 0
        expected = sorted(f"{w}:{n}".encode() for w in range(writers) for n in range(each))
        for reader in readers:
            assert sorted(reader.hear()) == expected
            assert reader.join() == 0
        stored = everything(log, ARTICLE)
        assert sorted(r.value for r in stored) == expected
        by_key: dict[tuple[str, bytes], list[int]] = defaultdict(list)
        for one in stored:
            writer, _, n = one.value.partition(b":")
            by_key[one.key, writer].append(int(n))
        assert all(numbers == sorted(numbers) for numbers in by_key.values())
        for group in ("group0", "group1"):
            assert log.committed(group, ARTICLE) == {p: end for p, end in log.end_offsets(ARTICLE).items() if end}

    def test_a_waiting_poll_wakes_when_another_process_appends(self, open_log: OpenLog) -> None:
        log = open_log()
        consumer = log.consumer("group", [ARTICLE])
        waits = []
        with Child(append_when_told, open_log, 5) as child:
            for _ in range(5):
                child.say(0.4)  # so long the reader has been waiting, and its pauses have grown
                (one,) = consumer.poll(10, PATIENCE)
                waits.append((time.monotonic_ns() - int(one.value)) / 1e9)
            assert child.join() == 0
        consumer.close()
        assert statistics.median(waits) < self.wakes_within_seconds
