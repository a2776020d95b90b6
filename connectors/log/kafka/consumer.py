"""Readers: one that polls for a group, and one that fetches a range.

Both are assigned their partitions instead of joining a group. Everything that reads with a port consumer is one
process a group, so there is nothing to share out; and a member of a group can be lost in a rebalance for ever
(kafka-python 3.0.12 may end a rejoin that times out without assignment, in a busy loop). Offsets are committed under
the group's name.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition

from connectors.log.kafka.connection import REQUEST_SECONDS, KafkaSettings, options, translated
from schemas.errors import ConfigError, TerminalError, TransientError
from schemas.ports.log import StoredRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FETCH_WAIT_MS: Final = 100


class KafkaLogConsumer:
    """Port LogConsumer."""

    def __init__(self, settings: KafkaSettings, group: str, partitions: Sequence[TopicPartition]) -> None:
        self._settings = settings
        self._partitions = list(partitions)
        self._known = set(partitions)
        self._closed = False
        with translated(settings, f"read as group {group}"):
            self._consumer = KafkaConsumer(**consumer_options(settings), group_id=settings.prefix + group)
            self._consumer.assign(self._partitions)
            for place in self._partitions:
                # Asked for at once: a first poll that times out would else leave the start to chance.
                committed = self._consumer.committed(place, timeout_ms=int(REQUEST_SECONDS * 1000))
                if committed is None:
                    self._consumer.seek_to_beginning(place)
                else:
                    self._consumer.seek(place, committed)

    def poll(self, max_records: int, timeout: float) -> list[StoredRecord]:
        """Up to `max_records` next records, waiting up to `timeout` seconds for the first."""
        self._check_open()
        if max_records <= 0:
            return []
        with translated(self._settings, "read from Kafka"):
            # The client sends and receives inside poll only, so a timeout of zero would never bring anything.
            polled = self._consumer.poll(timeout_ms=max(1, round(timeout * 1000)), max_records=max_records)
        return [stored(record, self._settings) for place in sorted(polled) for record in polled[place]]

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Durably set the group's next offsets."""
        self._check_open()
        if not offsets:
            return
        places = {self._place(topic, number): offset for (topic, number), offset in sorted(offsets.items())}
        with translated(self._settings, "commit offsets"):
            self._consumer.commit(
                {place: OffsetAndMetadata(offset, "", -1) for place, offset in places.items()},
                timeout_ms=int(REQUEST_SECONDS * 1000),
            )

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Continue at this offset."""
        self._check_open()
        place = self._place(topic, partition)
        if offset < 0:
            raise ConfigError(f"offset {offset} of {topic}[{partition}] is negative", "bad_offset")
        self._consumer.seek(place, offset)

    def lag(self) -> dict[tuple[str, int], int]:
        """By topic and partition, how many records are left to read."""
        self._check_open()
        with translated(self._settings, "ask for the lag"):
            ends = self._consumer.end_offsets(self._partitions)
            return {
                (self._name(place), place.partition): ends[place] - self._consumer.position(place)
                for place in self._partitions
            }

    def close(self) -> None:
        """Idempotent."""
        if not self._closed:
            self._closed = True
            self._consumer.close(timeout_ms=2000)

    def _place(self, topic: str, partition: int) -> TopicPartition:
        place = TopicPartition(self._settings.prefix + topic, partition)
        if place not in self._known:
            raise ConfigError(f"this consumer does not read {topic}[{partition}]", "unknown_topic")
        return place

    def _name(self, place: TopicPartition) -> str:
        return str(place.topic.removeprefix(self._settings.prefix))

    def _check_open(self) -> None:
        if self._closed:
            raise TerminalError("the consumer is closed", "closed")


class RangeReader:
    """Records by offset, without a group. Thread-safe: one range at a time."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._consumer: KafkaConsumer | None = None
        self._next: tuple[TopicPartition, int] | None = None

    def read(self, place: TopicPartition, offset: int, limit: int) -> list[StoredRecord]:
        """Up to `limit` records from `offset` on, fewer at the end."""
        with self._lock, translated(self._settings, f"read {place.topic}"):
            consumer = self._reading()
            (begin,) = consumer.beginning_offsets([place]).values()
            (end,) = consumer.end_offsets([place]).values()
            start, stop = max(offset, begin), min(end, max(offset, begin) + max(limit, 0))
            if start >= stop:
                return []
            if self._next != (place, start):
                consumer.assign([place])
                consumer.seek(place, start)
            self._next = None
            found = self._fetch(consumer, place, stop)
            self._next = (place, stop)
            return found

    def begin_offsets(self, places: Sequence[TopicPartition]) -> dict[int, int]:
        """By partition."""
        with self._lock, translated(self._settings, "ask for offsets"):
            return _by_partition(self._reading().beginning_offsets(list(places)))

    def end_offsets(self, places: Sequence[TopicPartition]) -> dict[int, int]:
        """By partition."""
        with self._lock, translated(self._settings, "ask for offsets"):
            return _by_partition(self._reading().end_offsets(list(places)))

    def first_since(self, places: Sequence[TopicPartition], moment: datetime) -> dict[TopicPartition, int | None]:
        """By partition, the offset of the first record appended at this time or later; None where there is none."""
        millis = -((_EPOCH - moment) // timedelta(milliseconds=1))
        with self._lock, translated(self._settings, "ask for offsets"):
            found = self._reading().offsets_for_times(dict.fromkeys(places, millis))
        return {place: None if at is None else at.offset for place, at in found.items()}

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            if self._consumer is not None:
                self._consumer.close(timeout_ms=2000)
                self._consumer = None

    def _reading(self) -> KafkaConsumer:
        if self._consumer is None:
            self._consumer = KafkaConsumer(**consumer_options(self._settings), group_id=None)
        return self._consumer

    def _fetch(self, consumer: KafkaConsumer, place: TopicPartition, stop: int) -> list[StoredRecord]:
        found: list[StoredRecord] = []
        until = time.monotonic() + REQUEST_SECONDS
        while (position := consumer.position(place)) < stop:
            if time.monotonic() > until:
                raise TransientError(f"{place.topic}[{place.partition}] gave nothing for a while", "read_timeout")
            polled = consumer.poll(timeout_ms=_FETCH_WAIT_MS, max_records=stop - position)
            records = [record for record in polled.get(place, []) if record.offset < stop]
            found += [stored(record, self._settings) for record in records]
            if records:
                until = time.monotonic() + REQUEST_SECONDS
        return found


def consumer_options(settings: KafkaSettings) -> dict[str, Any]:
    """Of every consumer of ours: nothing is committed or skipped behind the caller's back."""
    return options(settings) | {
        "enable_auto_commit": False,
        "metrics_enabled": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "fetch_max_wait_ms": _FETCH_WAIT_MS,
        "max_partition_fetch_bytes": 4 * 1024 * 1024,
        "max_poll_records": 5000,
        "allow_auto_create_topics": False,
    }


def stored(record: Any, settings: KafkaSettings) -> StoredRecord:
    """The client's record as ours. Others may have written it: what is missing is empty, what is no text is mended."""
    return StoredRecord(
        topic=record.topic.removeprefix(settings.prefix),
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode("utf-8", "replace"),
        value=record.value or b"",
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
        appended=_EPOCH + timedelta(milliseconds=record.timestamp),
    )


def _by_partition(offsets: Mapping[TopicPartition, int]) -> dict[int, int]:
    return {place.partition: offset for place, offset in sorted(offsets.items())}
