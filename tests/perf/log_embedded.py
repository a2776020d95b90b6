"""Figures of the embedded log: `python tests/perf/log_embedded.py [DIRECTORY]`; prints one line a figure."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from connectors.log.embedded import EmbeddedLog
from schemas.ports.log import LogConsumer, LogRecord
from schemas.topics import ARTICLE

HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "0" * 34,
    "ce_source": "/detente",
    "ce_type": "detente.article.v1",
    "content-type": "application/json",
    "ce_time": "2024-01-01T00:00:00Z",
}


def rate(name: str, count: int, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    sys.stdout.write(f"{name:44} {count / (time.perf_counter() - start):10,.0f} a second\n")


def commit(consumer: LogConsumer) -> None:
    for n in range(500):
        consumer.commit({(ARTICLE, 0): n})


def measure(log: EmbeddedLog, size: int) -> None:
    records = [LogRecord(key=f"{n:032x}", value=bytes(size), headers=HEADERS) for n in range(20_000)]
    batches = [records[n : n + 100] for n in range(1_000, 20_000, 100)]
    consumer = log.consumer("group", [ARTICLE])
    rate(f"append one by one, {size} B", 1_000, lambda: [log.append(ARTICLE, [one]) for one in records[:1_000]])
    rate(f"append in batches of 100, {size} B", 19_000, lambda: [log.append(ARTICLE, batch) for batch in batches])
    rate(f"poll 500 at once, {size} B", 20_000, lambda: [consumer.poll(500, 0) for _ in range(40)])
    rate("commit", 500, lambda: commit(consumer))
    start = time.process_time()
    consumer.poll(1, 5.0)
    sys.stdout.write(f"{'waiting takes of a core':44} {(time.process_time() - start) / 5:10.2%}\n")


def main(directory: Path) -> None:
    for size in (1_000, 5_000):
        log = EmbeddedLog(directory / f"journal{size}.db")
        measure(log, size)
        log.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        main(Path(made))
