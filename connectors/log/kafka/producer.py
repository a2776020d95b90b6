"""A producer that survives the death of a broker.

kafka-python's idempotent producer hangs for ever once a batch that was sent has run into its delivery timeout. So every
wait has a limit, and a producer that failed is closed and replaced: writers repeat, and readers drop copies by id.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from kafka import KafkaProducer
from kafka import errors as kafka_errors

from connectors.log.kafka.connection import LARGEST_RECORD, KafkaSettings, options, translated

DELIVERY_SECONDS: Final = 30.0
"""Within which the broker must have taken a record."""
_CLOSE_SECONDS: Final = 2.0
_IN_FLIGHT: Final = 2_000
"""Records between two waits: the client has no bound on what it holds for a broker that does not answer."""

Prepared = tuple[int, bytes, bytes, list[tuple[str, bytes]]]
"""Partition, key, value, headers."""


class Producer:
    """Sends batches and waits for each. Thread-safe: batches of several threads are sent side by side."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open: KafkaProducer | None = None
        self._closed = False

    def send(self, topic: str, records: Sequence[Prepared]) -> list[tuple[int, int]]:
        """Partition and offset of each record, in order; durable on all in-sync replicas when it returns.

        TransientError when the broker did not take all of them in time: some may be there.
        """
        places: list[tuple[int, int]] = []
        for start in range(0, len(records), _IN_FLIGHT):
            places += self._send(topic, records[start : start + _IN_FLIGHT])
        return places

    def close(self) -> None:
        """Idempotent."""
        with self._lock:
            self._closed = True
            producer, self._open = self._open, None
        _close(producer)

    def _send(self, topic: str, records: Sequence[Prepared]) -> list[tuple[int, int]]:
        producer = self._producer()
        with translated(self._settings, f"append to {topic}"):
            try:
                futures = [
                    producer.send(topic, partition=partition, key=key, value=value, headers=headers)
                    for partition, key, value, headers in records
                ]
                producer.flush(timeout=DELIVERY_SECONDS)
                until = time.monotonic() + DELIVERY_SECONDS
                made = [future.get(timeout=max(0.1, until - time.monotonic())) for future in futures]
            except kafka_errors.MessageSizeTooLargeError:
                raise  # refused by the client itself: nothing is in flight
            except BaseException:
                self._replace(producer)
                raise
        return [(metadata.partition, metadata.offset) for metadata in made]

    def _producer(self) -> KafkaProducer:
        with self._lock:
            if self._closed:
                raise kafka_errors.IllegalStateError("the log is closed")
            if self._open is None:
                with translated(self._settings, "reach Kafka"):
                    self._open = KafkaProducer(**_options(self._settings))
            return self._open

    def _replace(self, failed: KafkaProducer) -> None:
        with self._lock:
            if self._open is failed:
                self._open = None
        _close(failed)


def _options(settings: KafkaSettings) -> dict[str, Any]:
    return options(settings) | {
        "acks": "all",
        "metrics_enabled": False,
        "enable_idempotence": True,
        "linger_ms": 0,
        "batch_size": 256 * 1024,
        "max_request_size": LARGEST_RECORD,
        "delivery_timeout_ms": int(DELIVERY_SECONDS * 1000),
        "max_block_ms": int(DELIVERY_SECONDS * 1000),
        "allow_auto_create_topics": False,
    }


def _close(producer: KafkaProducer | None) -> None:
    if producer is not None:
        with contextlib.suppress(Exception):  # it has failed already, and says so once more
            producer.close(timeout=_CLOSE_SECONDS)
