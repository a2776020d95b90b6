"""What the log's suite does with a log, in this process and in children; apart from it so that children start fast."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from connectors.conformance.processes import Parent
from schemas.ports.log import EventLog, LogConsumer, LogRecord, StoredRecord
from schemas.topics import ARTICLE

OpenLog: TypeAlias = Callable[[], EventLog]
"""Picklable; each call opens the same log once more, in whatever process."""

PATIENCE: Final = 20.0


def record(key: str, value: bytes | str = b"v") -> LogRecord:
    """A short one."""
    return LogRecord(key=key, value=value.encode() if isinstance(value, str) else value, headers={"ce_id": key})


def drain(consumer: LogConsumer, count: int, at_once: int = 100) -> list[StoredRecord]:
    """The next `count` records, however many polls it takes."""
    records: list[StoredRecord] = []
    deadline = time.monotonic() + PATIENCE
    while len(records) < count and time.monotonic() < deadline:
        records += consumer.poll(min(at_once, count - len(records)), 1.0)
    return records


def everything(log: EventLog, topic: str) -> list[StoredRecord]:
    """All records of a topic, by partition and offset."""
    found: list[StoredRecord] = []
    for partition, begin in sorted(log.begin_offsets(topic).items()):
        offset, end = begin, log.end_offsets(topic)[partition]
        while offset < end:
            records = log.read(topic, partition, offset, 50)
            assert records, f"{topic}[{partition}] holds {end} records, but none from {offset} on"
            found += records
            offset = records[-1].offset + 1
    return found


def next_offsets(records: Sequence[StoredRecord]) -> dict[tuple[str, int], int]:
    """What to commit when these are done."""
    return {(r.topic, r.partition): r.offset + 1 for r in sorted(records, key=lambda r: r.offset)}


def append_then_wait(parent: Parent, open_log: OpenLog, records: list[LogRecord]) -> None:
    """A child that has appended and stands still."""
    parent.say(open_log().append(ARTICLE, records))
    parent.hear()


def read_then_wait(parent: Parent, open_log: OpenLog, count: int, commit_first: int) -> None:
    """A child that has read `count` records, committed the first ones, and stands still."""
    consumer = open_log().consumer("group", [ARTICLE])
    done = drain(consumer, commit_first)
    consumer.commit(next_offsets(done))
    parent.say([r.value for r in done])
    parent.say([r.value for r in drain(consumer, count - commit_first)])
    parent.hear()


def append_many(parent: Parent, open_log: OpenLog, writer: int, count: int) -> None:
    """A child that appends now one, now several records."""
    log = open_log()
    parent.hear()
    records = [record(f"key{n % 7}", f"{writer}:{n}") for n in range(count)]
    for start in range(0, count, 5):
        log.append(ARTICLE, records[start : start + 1])
        log.append(ARTICLE, records[start + 1 : start + 5])
    log.close()
    parent.say()


def read_all(parent: Parent, open_log: OpenLog, group: str, count: int) -> None:
    """A child that reads and commits as it goes."""
    log = open_log()
    consumer = log.consumer(group, [ARTICLE])
    values: list[bytes] = []
    while len(values) < count:
        records = consumer.poll(17, 5.0)
        if not records:
            break
        consumer.commit(next_offsets(records))
        values += [r.value for r in records]
    log.close()
    parent.say(values)


def append_when_told(parent: Parent, open_log: OpenLog, count: int) -> None:
    """A child that appends the system-wide monotonic time at which it was about to append."""
    log = open_log()
    for _ in range(count):
        time.sleep(parent.hear())
        log.append(ARTICLE, [record("clock", str(time.monotonic_ns()))])
    log.close()
