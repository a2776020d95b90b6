"""The log in the journal database: topics, partitions by key, consumer groups, for processes that share a disk.

Measured on two cores (`python tests/perf/log_embedded.py`), each append synced to disk: 2,100 records a second appended
one by one; in batches of 100, 23,000 of 1 KB or 14,000 of 5 KB; 117,000 or 45,000 read; 4,000 commits; a waiting
reader takes 1 % of a core and wakes within 20 ms.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from connectors.local.schema import from_micros, open_journal, to_micros
from connectors.log.partitioner import partition_of
from schemas.errors import ConfigError, TerminalError
from schemas.ports.clock import Clock, SystemClock
from schemas.ports.log import LogRecord, StoredRecord
from schemas.records import Position
from schemas.topics import KEPT_FOREVER, PARTITIONS

_SHIFT: Final = 40
_SPAN: Final = 1 << _SHIFT
_EXPIRE_AT_ONCE: Final = 5_000
_FIRST_PAUSE: Final = 0.001
_HEADERS: Final = msgspec.json.Encoder()
_HEADERS_DECODER: Final = msgspec.json.Decoder(dict[str, str])


class _Partition(NamedTuple):
    topic: str
    number: int
    id: int

    @property
    def base(self) -> int:
        return self.id << _SHIFT


class EmbeddedLog:
    """Port EventLog on SQLite; several processes may open the same path at once.

    `append` is one transaction, and joins one that the caller has open on `database` (that is how a feed's state and
    its articles become durable together). Members of a group are not given shares: every consumer reads all
    partitions of its topics, which is right for the one process a group has on one machine; two of them would both
    be given every record. `clock` stamps records with the time of their append, which only retention reads.
    `longest_pause` in seconds bounds how long a waiting reader looks away (20 ms cost 1.2 % of a core).
    """

    def __init__(
        self, path: Path, clock: Clock | None = None, *, longest_pause: float = 0.02, durable: bool = True
    ) -> None:
        self.database = open_journal(path, durable=durable)
        self.longest_pause = longest_pause
        self._clock = clock or SystemClock()
        self._topics = self._ensure_topics()

    def append(self, topic: str, records: Sequence[LogRecord]) -> list[Position]:
        """Append in order, all or none."""
        partitions = self._partitions(topic)
        if not records:
            return []
        now = to_micros(self._clock.now())
        with self.database.transaction() as connection:
            ends = self._offsets(connection, topic, "end_offset")
            positions, rows = [], []
            for record in records:
                number = partition_of(record.key, len(partitions))
                offset = ends[number]
                ends[number] = offset + 1
                positions.append(Position(partition=number, offset=offset))
                row_id = partitions[number].base + offset
                rows.append((row_id, record.key, record.value, _HEADERS.encode(record.headers), now))
            connection.executemany("INSERT INTO log_record VALUES (?, ?, ?, ?, ?)", rows)
            touched = sorted({position.partition for position in positions})
            connection.executemany(
                "UPDATE log_partition SET end_offset = ? WHERE id = ?",
                [(ends[number], partitions[number].id) for number in touched],
            )
        return positions

    def consumer(self, group: str, topics: Sequence[str]) -> EmbeddedConsumer:
        """A consumer that starts at the group's committed offsets, else at the beginning."""
        return EmbeddedConsumer(self, group, [p for topic in topics for p in self._partitions(topic)])

    def read(self, topic: str, partition: int, offset: int, limit: int) -> list[StoredRecord]:
        """Up to `limit` records from `offset` on."""
        with self.database.read() as connection:
            return _read(connection, self.partition(topic, partition), offset, limit)

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        return len(self._partitions(topic))

    def begin_offsets(self, topic: str) -> dict[int, int]:
        """By partition, the offset of the oldest record still kept."""
        self._partitions(topic)
        with self.database.read() as connection:
            return self._offsets(connection, topic, "begin_offset")

    def end_offsets(self, topic: str) -> dict[int, int]:
        """By partition, the offset that the next record will get."""
        self._partitions(topic)
        with self.database.read() as connection:
            return self._offsets(connection, topic, "end_offset")

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """By partition, the group's next offset."""
        self._partitions(topic)
        with self.database.read() as connection:
            return dict(
                connection.execute(
                    "SELECT partition, next_offset FROM log_commit JOIN log_partition ON id = partition_id"
                    " WHERE consumer_group = ? AND topic = ? ORDER BY partition",
                    (group, topic),
                ).fetchall()
            )

    def expire(self, topic: str, before: datetime) -> int:
        """Drop the records appended before this time, oldest first; the first younger one ends it in its partition."""
        partitions = self._partitions(topic)
        if topic in KEPT_FOREVER:
            raise ConfigError(f"{topic} is kept without limit; remove its retention setting", "kept_forever")
        limit = to_micros(before)
        return sum(self._expire_partition(partition, limit) for partition in partitions)

    def close(self) -> None:
        """Idempotent."""
        self.database.close()

    def partition(self, topic: str, number: int) -> _Partition:
        """The partition of that number; ConfigError when there is none."""
        partitions = self._partitions(topic)
        if not 0 <= number < len(partitions):
            raise ConfigError(f"{topic} has partitions 0 to {len(partitions) - 1}, not {number}", "unknown_partition")
        return partitions[number]

    def commit(self, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
        """Set a group's next offsets; ConfigError for an offset that the partition has not reached."""
        places = [(self.partition(topic, number), offset) for (topic, number), offset in sorted(offsets.items())]
        if not places:
            return
        with self.database.transaction() as connection:
            for place, offset in places:
                (end,) = connection.execute("SELECT end_offset FROM log_partition WHERE id = ?", (place.id,)).fetchone()
                if not 0 <= offset <= end:
                    raise ConfigError(
                        f"offset {offset} of {place.topic}[{place.number}] is not within 0 to {end}", "bad_offset"
                    )
                connection.execute("INSERT OR REPLACE INTO log_commit VALUES (?, ?, ?)", (group, place.id, offset))

    def _expire_partition(self, partition: _Partition, limit: int) -> int:
        dropped = 0
        while count := self._expire_some(partition, limit):
            dropped += count
        return dropped

    def _expire_some(self, partition: _Partition, limit: int) -> int:
        """A few thousand at a time: writers of other processes wait meanwhile."""
        with self.database.transaction() as connection:
            begin, end = connection.execute(
                "SELECT begin_offset, end_offset FROM log_partition WHERE id = ?", (partition.id,)
            ).fetchone()
            low, high = partition.base + int(begin), partition.base + min(int(end), int(begin) + _EXPIRE_AT_ONCE)
            kept = connection.execute(
                "SELECT id FROM log_record WHERE id >= ? AND id < ? AND appended >= ? ORDER BY id LIMIT 1",
                (low, high, limit),
            ).fetchone()
            stop = high if kept is None else int(kept[0])
            connection.execute("DELETE FROM log_record WHERE id >= ? AND id < ?", (low, stop))
            connection.execute(
                "UPDATE log_partition SET begin_offset = ? WHERE id = ?", (stop - partition.base, partition.id)
            )
        return stop - low

    def _partitions(self, topic: str) -> tuple[_Partition, ...]:
        try:
            return self._topics[topic]
        except KeyError:
            raise ConfigError(f"unknown topic {topic!r}; known: {', '.join(self._topics)}", "unknown_topic") from None

    def _ensure_topics(self) -> dict[str, tuple[_Partition, ...]]:
        """Make missing topics. One that is there keeps its number of partitions: keys must not move."""
        found = self._stored_topics()
        if missing := [topic for topic in PARTITIONS if topic not in found]:
            with self.database.transaction() as connection:
                connection.executemany(
                    "INSERT OR IGNORE INTO log_partition(topic, partition) VALUES (?, ?)",
                    [(topic, number) for topic in missing for number in range(PARTITIONS[topic])],
                )
            found = self._stored_topics()
        return found

    def _stored_topics(self) -> dict[str, tuple[_Partition, ...]]:
        topics: dict[str, tuple[_Partition, ...]] = {}
        with self.database.read() as connection:
            rows = connection.execute("SELECT topic, partition, id FROM log_partition ORDER BY topic, partition")
            for topic, number, row_id in rows:
                topics[topic] = (*topics.get(topic, ()), _Partition(topic, number, row_id))
        return topics

    @staticmethod
    def _offsets(connection: sqlite3.Connection, topic: str, column: str) -> dict[int, int]:
        rows = connection.execute(
            f"SELECT partition, {column} FROM log_partition WHERE topic = ? ORDER BY partition",  # noqa: S608 - constant
            (topic,),
        )
        return dict(rows.fetchall())


class EmbeddedConsumer:
    """Port LogConsumer. Waits by polling SQLite's data version, a few microseconds every 1 to 20 ms."""

    def __init__(self, log: EmbeddedLog, group: str, partitions: Sequence[_Partition]) -> None:
        self._log = log
        self._group = group
        self._partitions = list(dict.fromkeys(partitions))
        self._turn = 0
        self._closed = False
        self._next = self._start()

    def poll(self, max_records: int, timeout: float) -> list[StoredRecord]:
        """Up to `max_records` next records, waiting up to `timeout` seconds for the first."""
        self._check_open()
        deadline = time.monotonic() + timeout
        version = self._log.database.data_version()  # before the read: what comes between is seen as a change
        records = self._take(max_records)
        pause = _FIRST_PAUSE
        while not records and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, self._log.longest_pause)
            found = self._log.database.data_version()
            if found != version:
                version = found
                records = self._take(max_records)
        return records

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Durably set the group's next offsets."""
        self._check_open()
        self._log.commit(self._group, offsets)

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Continue at this offset."""
        self._check_open()
        place = self._log.partition(topic, partition)
        if place not in self._next:
            raise ConfigError(f"this consumer does not read {topic}", "unknown_topic")
        if offset < 0:
            raise ConfigError(f"offset {offset} of {topic}[{partition}] is negative", "bad_offset")
        self._next[place] = offset

    def close(self) -> None:
        """Idempotent."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise TerminalError("the consumer is closed", "closed")

    def _start(self) -> dict[_Partition, int]:
        """Committed offsets, else the beginning; a partition's records come from there on, so expired ones are past."""
        topics = sorted({partition.topic for partition in self._partitions})
        committed = {topic: self._log.committed(self._group, topic) for topic in topics}
        return {p: committed[p.topic].get(p.number, 0) for p in self._partitions}

    def _take(self, max_records: int) -> list[StoredRecord]:
        """Partition by partition; the one that is asked first changes with each call, so that none starves."""
        records: list[StoredRecord] = []
        order = self._partitions[self._turn :] + self._partitions[: self._turn]
        self._turn = (self._turn + 1) % max(1, len(order))
        with self._log.database.read() as connection:
            for partition in order:
                if len(records) >= max_records:
                    break
                taken = _read(connection, partition, self._next[partition], max_records - len(records))
                if taken:
                    self._next[partition] = taken[-1].offset + 1
                records += taken
        return records


def _read(connection: sqlite3.Connection, partition: _Partition, offset: int, limit: int) -> list[StoredRecord]:
    rows: Iterable[tuple[int, str, bytes, bytes, int]] = connection.execute(
        "SELECT id, key, value, headers, appended FROM log_record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (partition.base + max(offset, 0), partition.base + _SPAN, max(limit, 0)),
    )
    return [
        StoredRecord(
            topic=partition.topic,
            partition=partition.number,
            offset=row_id - partition.base,
            key=key,
            value=value,
            headers=_HEADERS_DECODER.decode(headers),
            appended=from_micros(appended),
        )
        for row_id, key, value, headers, appended in rows
    ]
