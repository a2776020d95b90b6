"""The event log on Kafka: the port's promises on a broker's topics.

Topics are made when the log is opened: with the partitions of `schemas.topics`, times set by the broker, deletion as
the only clean-up (compaction would lose revisions), and no retention for the history of decisions. Keys go to the same
partitions as in the embedded log, and every record is on all in-sync replicas when `append` returns.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import stamina
from kafka import KafkaAdminClient, TopicPartition
from kafka import errors as kafka_errors

from connectors.log.kafka.connection import LARGEST_RECORD, REQUEST_SECONDS, KafkaSettings, options, translated
from connectors.log.kafka.consumer import KafkaLogConsumer, RangeReader
from connectors.log.kafka.producer import Producer
from connectors.log.partitioner import partition_of
from schemas.errors import ConfigError
from schemas.ports.log import LogRecord, StoredRecord
from schemas.records import Position
from schemas.topics import KEPT_FOREVER, PARTITIONS

_DAY_MS: Final = 86_400_000
_TOPIC_SECONDS: Final = 30.0
_NO_COORDINATOR: Final = (
    kafka_errors.CoordinatorNotAvailableError,
    kafka_errors.NotCoordinatorError,
    kafka_errors.CoordinatorLoadInProgressError,
)


class KafkaLog:
    """Port EventLog on Kafka. Thread-safe. ConfigError at once for settings that cannot work."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer = Producer(settings)
        self._reader = RangeReader(settings)
        self._consumers: list[KafkaLogConsumer] = []
        with translated(settings, "reach Kafka"):
            self._admin = KafkaAdminClient(**options(settings))
        try:
            self._topics = self._ensure_topics()
        except BaseException:
            self.close()
            raise

    def append(self, topic: str, records: Sequence[LogRecord]) -> list[Position]:
        """Append in order; an exception may leave some of them there."""
        count = len(self._places(topic))
        if not records:
            return []
        prepared = [
            (
                partition_of(record.key, count),
                record.key.encode(),
                record.value,
                [(name, value.encode()) for name, value in record.headers.items()],
            )
            for record in records
        ]
        places = self._producer.send(self._settings.prefix + topic, prepared)
        return [Position(partition=partition, offset=offset) for partition, offset in places]

    def consumer(self, group: str, topics: Sequence[str]) -> KafkaLogConsumer:
        """A consumer that starts at the group's committed offsets, else at the beginning."""
        places = [place for topic in dict.fromkeys(topics) for place in self._places(topic)]
        made = KafkaLogConsumer(self._settings, group, places)
        with self._lock:
            self._consumers.append(made)
        return made

    def read(self, topic: str, partition: int, offset: int, limit: int) -> list[StoredRecord]:
        """Up to `limit` records from `offset` on."""
        places = self._places(topic)
        if not 0 <= partition < len(places):
            raise ConfigError(f"{topic} has partitions 0 to {len(places) - 1}, not {partition}", "unknown_partition")
        return self._reader.read(places[partition], offset, limit)

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        return len(self._places(topic))

    def begin_offsets(self, topic: str) -> dict[int, int]:
        """By partition, the offset of the oldest record still kept."""
        return self._reader.begin_offsets(self._places(topic))

    def end_offsets(self, topic: str) -> dict[int, int]:
        """By partition, the offset that the next record will get."""
        return self._reader.end_offsets(self._places(topic))

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """By partition, the group's next offset."""
        places, name = self._places(topic), self._settings.prefix + group
        with self._lock, translated(self._settings, f"ask for the offsets of {group}"):
            # The first question about a group on a fresh broker comes before its coordinator is there.
            for attempt in stamina.retry_context(on=_NO_COORDINATOR, timeout=REQUEST_SECONDS, wait_initial=0.05):
                with attempt:
                    found = self._admin.list_group_offsets({name: list(places)}).get(name, {})
        return {place.partition: at.offset for place, at in sorted(found.items()) if at.offset >= 0}

    def expire(self, topic: str, before: datetime) -> int:
        """Drop the records appended before this time."""
        places = self._places(topic)
        if topic in KEPT_FOREVER:
            raise ConfigError(f"{topic} is kept without limit; remove its retention setting", "kept_forever")
        begins, ends = self._reader.begin_offsets(places), self._reader.end_offsets(places)
        since = self._reader.first_since(places, before)
        stops: dict[TopicPartition, int] = {}
        for place in places:
            first = since[place]
            stop = ends[place.partition] if first is None else first
            if stop > begins[place.partition]:
                stops[place] = stop
        if stops:
            with self._lock, translated(self._settings, f"expire {topic}"):
                self._admin.delete_records(stops)
        return sum(stop - begins[place.partition] for place, stop in stops.items())

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            consumers, self._consumers = self._consumers, []
        for consumer in consumers:
            consumer.close()
        self._producer.close()
        self._reader.close()
        with contextlib.suppress(Exception):  # closing twice
            self._admin.close()

    def _places(self, topic: str) -> tuple[TopicPartition, ...]:
        try:
            return self._topics[topic]
        except KeyError:
            raise ConfigError(f"unknown topic {topic!r}; known: {', '.join(self._topics)}", "unknown_topic") from None

    def _ensure_topics(self) -> dict[str, tuple[TopicPartition, ...]]:
        """Make missing topics. One that is there keeps its number of partitions: keys must not move."""
        names = {self._settings.prefix + topic: topic for topic in PARTITIONS}
        with translated(self._settings, "make the topics"):
            missing = sorted(set(names) - set(self._admin.list_topics()))
            if missing:
                wanted = {name: self._wanted(names[name]) for name in missing}
                with contextlib.suppress(kafka_errors.TopicAlreadyExistsError):  # another process was faster
                    self._admin.create_topics(wanted, timeout_ms=int(_TOPIC_SECONDS * 1000), wait_for_metadata=True)
            described = self._admin.describe_topics(sorted(names))
        counts = {names[one["name"]]: len(one["partitions"]) for one in described if one["name"] in names}
        single = [topic for topic, count in PARTITIONS.items() if count == 1 and counts[topic] != 1]
        if single:
            raise ConfigError(
                f"{', '.join(single)} must have one partition, since its order is the order of decisions; make the"
                " topic anew or use another prefix",
                "partitions",
            )
        return {
            topic: tuple(TopicPartition(self._settings.prefix + topic, n) for n in range(counts[topic]))
            for topic in PARTITIONS
        }

    def _wanted(self, topic: str) -> Mapping[str, Any]:
        kept = topic in KEPT_FOREVER or not self._settings.retention_days
        return {
            "num_partitions": PARTITIONS[topic],
            "replication_factor": self._settings.replication,
            "configs": {
                "cleanup.policy": "delete",
                "retention.ms": "-1" if kept else str(self._settings.retention_days * _DAY_MS),
                "message.timestamp.type": "LogAppendTime",
                "max.message.bytes": str(LARGEST_RECORD),
            },
        }
