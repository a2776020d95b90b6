"""Port of the event log: ordered, durable, replayable topics. Adapters: SQLite (embedded), Kafka (cluster)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from schemas.records import Position


class LogRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is appended. `key` decides the partition; `headers` are CloudEvents 1.0 in binary mode."""

    key: str
    value: bytes
    headers: dict[str, str] = {}


class StoredRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is read back, with its place."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, str] = {}
    appended: datetime | None = None


class LogConsumer(Protocol):
    """One member of a consumer group that reads some topics from the group's committed offsets on.

    Not thread-safe. Created by `EventLog.consumer`; after `close` every call raises TerminalError.
    """

    def poll(self, max_records: int, timeout: float) -> list[StoredRecord]:
        """Up to `max_records` next records; waits up to `timeout` seconds for the first, then returns what is there.

        Within a partition records come in offset order, without gap and without repetition since the consumer was
        made or last sought. An empty list means that nothing came in time. Records of several partitions may be
        interleaved in any way that starves none.
        """
        ...

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Durably set the group's next offset of each (topic, partition). A committed offset means: done before it."""
        ...

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Continue at this offset; nothing is committed."""
        ...

    def close(self) -> None:
        """Release what is held. Uncommitted reads are delivered again to the next consumer of the group."""
        ...


class EventLog(Protocol):
    """Topics of partitions of records. Thread-safe. Errors: TransientError (retry), TerminalError (stop).

    Life cycle: made by a factory (picklable in wiring), used, closed once. Topics of `schemas.topics.PARTITIONS`
    exist from the start; another topic raises ConfigError. The same key always goes to the same partition.
    """

    def append(self, topic: str, records: Sequence[LogRecord]) -> list[Position]:
        """Append in order, all or none in one transaction where the adapter can; durable when it returns.

        Positions are in the order of `records`. After an exception some may have been appended: writers repeat,
        readers drop copies by id.
        """
        ...

    def consumer(self, group: str, topics: Sequence[str]) -> LogConsumer:
        """A consumer that starts at the group's committed offsets, else at the beginning."""
        ...

    def read(self, topic: str, partition: int, offset: int, limit: int) -> list[StoredRecord]:
        """Up to `limit` records from `offset` on, of one partition, without a group. Empty past the end."""
        ...

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        ...

    def begin_offsets(self, topic: str) -> dict[int, int]:
        """By partition, the offset of the oldest record still kept (equal to the end offset when empty)."""
        ...

    def end_offsets(self, topic: str) -> dict[int, int]:
        """By partition, the offset that the next record will get."""
        ...

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """By partition, the group's next offset; partitions without a commit are missing."""
        ...

    def expire(self, topic: str, before: datetime) -> int:
        """Drop the records appended before this time, oldest first; returns how many. Offsets never move.

        ConfigError for a topic of `schemas.topics.KEPT_FOREVER`.
        """
        ...

    def close(self) -> None:
        """Flush and release. Idempotent."""
        ...
