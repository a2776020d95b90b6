"""Figures of the evaluator's store: `python tests/perf/state_store.py [DIRECTORY]`.

1,300 ticks of a day each, in each 10 touched pairs with 2 new signals; for each pair the signals of 120 days and all
its sums are read, the sums of three series set, detector state put.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

from connectors.conformance.samples import after, signal
from connectors.local.state_store import EmbeddedStateStore
from schemas.ports.state import Sums
from schemas.records import Signal, Tick

TICKS = 1_300
STATES = ("CHN", "JPN", "KOR", "MNG", "PRK", "RUS", "TWN", "USA")
PAIRS = ["-".join(pair) for pair in combinations(STATES, 2)]
FIRST = date(2021, 1, 1)


def one_tick(store: EmbeddedStateStore, number: int, signals: list[Signal]) -> int:
    day = FIRST + timedelta(days=number)
    touched = 0
    with store.transaction():
        store.receive(signals)
        ready = store.waiting({0: number + 1})
        store.mark_applied(ready, {one.signal_id: day for one in ready})
        for key in sorted({one.key for one in ready}):
            touched += len(store.signals(key, day - timedelta(days=120)))
            for series in (key, f"{key[:3]}>{key[4:]}", f"{key[4:]}>{key[:3]}"):
                store.put_sums(series, {day: Sums(c=float(len(store.sums(series))), n=1)})
            store.put("detector", key, bytes(800))
        store.set_offsets({("news.signal.v1", 0): number})
        store.set_last_tick(number, Tick(time=after(days=number), cut={"0": number}))
    return touched


def main(directory: Path) -> None:
    store = EmbeddedStateStore(directory / "evaluator.db")
    start, used, touched = time.perf_counter(), time.process_time(), 0
    for number in range(TICKS):
        keys = [PAIRS[(number * 7 + n) % len(PAIRS)] for n in range(10)]
        signals = [signal(f"{number}{key}{n}", position=(0, number), dyad=key) for key in keys for n in range(2)]
        touched += one_tick(store, number, signals)
    seconds, used = time.perf_counter() - start, time.process_time() - used
    sys.stdout.write(f"{TICKS} ticks, 10 pairs each: {seconds:.2f} s, {used:.2f} s of a core, ")
    sys.stdout.write(f"{touched:,} signals read\n")
    store.close()
    store = EmbeddedStateStore(directory / "evaluator.db")
    start = time.perf_counter()
    count = sum(len(store.signals(key)) for key in store.keys())  # noqa: SIM118 - not a mapping
    sys.stdout.write(f"{count / (time.perf_counter() - start):,.0f} signals a second read from disk\n")
    store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        main(Path(made))
