"""The evaluator's own store: applied signals, daily sums, detector state and the last tick, in a file of its own.

It remembers its place in the topics itself and is rebuilt from them when lost, so power loss may cost it its latest
ticks (`durable=False`): they are then evaluated again, to the same bytes. Sums and signals that were read once stay
decoded in memory, since the one owner that may write is this object; an undone transaction empties these caches.

Measured (`python tests/perf/state_store.py`): 1,300 ticks with 10 touched pairs each, the signals of 120 days and all
sums of each pair read at every tick, take 7 s of a core in all, 5 ms a tick.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

from connectors.local.database import Database
from schemas.codec import decode, encode
from schemas.errors import QuarantinedError, TerminalError
from schemas.ports.state import Sums
from schemas.records import Signal, Tick

APPLICATION: Final = "detente.evaluator"
_VERSION_1: Final = """
CREATE TABLE waiting(
    signal_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (signal_id, revision)
);
CREATE INDEX waiting_position ON waiting(partition, offset, signal_id, revision);
CREATE TABLE applied(
    signal_id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    series TEXT NOT NULL,
    day INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX applied_series ON applied(series, day, signal_id, revision);
CREATE TABLE sums(
    series TEXT NOT NULL,
    day INTEGER NOT NULL,
    c REAL NOT NULL,
    f REAL NOT NULL,
    q REAL NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (series, day)
) WITHOUT ROWID;
CREATE TABLE next_offset(
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
CREATE TABLE document(kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE last_tick(id INTEGER PRIMARY KEY CHECK (id = 1), offset INTEGER NOT NULL, body BLOB NOT NULL);
"""
MIGRATIONS: Final = (_VERSION_1,)

_CACHED_SIGNALS: Final = 16_384
_CACHED_SERIES: Final = 512
_FIRST_DAY: Final = date.min.toordinal()
_LAST_DAY: Final = date.max.toordinal()


class EmbeddedStateStore:
    """Port StateStore. Exactly one of a file may be writing; others may open it to look, briefly.

    Writing outside `transaction` raises TerminalError, and so does an attempt to write while another process is
    inside its own for longer than the busy timeout (as TransientError).
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, application=APPLICATION, migrations=MIGRATIONS, durable=False)
        self._signals: dict[str, tuple[int, Signal]] = {}
        self._sums: dict[str, dict[date, Sums]] = {}
        self._tick: tuple[int, Tick] | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One commit, or nothing."""
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._forget()
            raise

    def last_tick(self) -> tuple[int, Tick] | None:
        """Offset and content of the last evaluated tick."""
        if self._tick is None:
            with self._database.read() as connection:
                row = connection.execute("SELECT offset, body FROM last_tick").fetchone()
            self._tick = None if row is None else (int(row[0]), decode(row[1], Tick))
        return self._tick

    def set_last_tick(self, offset: int, tick: Tick) -> None:
        """Remember it."""
        self._write().execute("INSERT OR REPLACE INTO last_tick VALUES (1, ?, ?)", (offset, encode(tick)))
        self._tick = (offset, tick)

    def offsets(self) -> dict[tuple[str, int], int]:
        """Next offset of each (topic, partition), by both."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT topic, partition, next FROM next_offset ORDER BY topic, partition")
            return {(topic, partition): offset for topic, partition, offset in rows}

    def set_offsets(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Remember how far the topics were taken in."""
        rows = [(topic, partition, offset) for (topic, partition), offset in sorted(offsets.items())]
        self._write().executemany("INSERT OR REPLACE INTO next_offset VALUES (?, ?, ?)", rows)

    def receive(self, signals: Iterable[Signal]) -> None:
        """Take in signals that wait for their tick; a copy or forerunner of what is applied is not taken in again."""
        self._write().executemany(
            "INSERT INTO waiting(signal_id, revision, partition, offset, body) SELECT ?, ?, ?, ?, ?"
            " WHERE NOT EXISTS (SELECT 1 FROM applied WHERE signal_id = ? AND revision >= ?)"
            " ON CONFLICT(signal_id, revision)"
            " DO UPDATE SET partition = excluded.partition, offset = excluded.offset, body = excluded.body"
            " WHERE (excluded.partition, excluded.offset) < (waiting.partition, waiting.offset)",
            [(*_waiting_row(signal), signal.signal_id, signal.revision) for signal in signals],
        )

    def waiting(self, cut: Mapping[int, int]) -> list[Signal]:
        """Signals whose article lies before the cut, by (partition, offset, signal_id, revision)."""
        found: list[Signal] = []
        with self._database.read() as connection:
            for partition, end in sorted(cut.items()):
                rows = connection.execute(
                    "SELECT body FROM waiting WHERE partition = ? AND offset < ? ORDER BY offset, signal_id, revision",
                    (partition, end),
                )
                found += [decode(body, Signal) for (body,) in rows]
        return found

    def mark_applied(self, signals: Iterable[Signal], days: Mapping[str, date]) -> None:
        """They now hold, each under its day; they and their forerunners wait no more."""
        connection = self._write()
        for signal in signals:
            done = connection.execute(
                "INSERT INTO applied VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT(signal_id) DO UPDATE SET revision = excluded.revision,"
                " series = excluded.series, day = excluded.day, body = excluded.body"
                " WHERE excluded.revision >= applied.revision",
                (signal.signal_id, signal.revision, signal.key, days[signal.signal_id].toordinal(), encode(signal)),
            )
            connection.execute(
                "DELETE FROM waiting WHERE signal_id = ? AND revision <= ?", (signal.signal_id, signal.revision)
            )
            if done.rowcount == 1:
                self._keep(signal)

    def signals(self, key: str, since: date | None = None, until: date | None = None) -> list[Signal]:
        """Applied signals of a series with their day in [since, until], by signal_id."""
        first = _FIRST_DAY if since is None else since.toordinal()
        last = _LAST_DAY if until is None else until.toordinal()
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT signal_id, revision FROM applied WHERE series = ? AND day BETWEEN ? AND ? ORDER BY signal_id",
                (key, first, last),
            ).fetchall()
            held = self._signals  # looked up in place: this is the innermost loop of a tick
            return [
                found[1]
                if (found := held.get(signal_id)) is not None and found[0] == revision
                else self._load(connection, signal_id)
                for signal_id, revision in rows
            ]

    def signal(self, signal_id: str) -> Signal | None:
        """The applied signal."""
        with self._database.read() as connection:
            row = connection.execute("SELECT body FROM applied WHERE signal_id = ?", (signal_id,)).fetchone()
        return None if row is None else decode(row[0], Signal)

    def keys(self) -> list[str]:
        """All series that have applied signals, sorted."""
        with self._database.read() as connection:
            return [key for (key,) in connection.execute("SELECT DISTINCT series FROM applied ORDER BY series")]

    def sums(self, series: str) -> dict[date, Sums]:
        """All stored days of a series, in order."""
        return dict(self._sums_of(series))

    def put_sums(self, series: str, sums: Mapping[date, Sums | None]) -> None:
        """Set these days; None removes a day."""
        connection = self._write()
        gone = [(series, day.toordinal()) for day, value in sums.items() if value is None]
        rows = [(series, day.toordinal(), v.c, v.f, v.q, v.n) for day, v in sums.items() if v is not None]
        connection.executemany("DELETE FROM sums WHERE series = ? AND day = ?", gone)
        connection.executemany("INSERT OR REPLACE INTO sums VALUES (?, ?, ?, ?, ?, ?)", rows)
        kept = self._sums_of(series)
        last = next(reversed(kept), date.min)
        for day, value in sorted(sums.items()):
            if value is None:
                kept.pop(day, None)
            else:
                kept[day] = value
        if any(day < last for day in sums):
            # In order, as after a new start: sums of floats must not depend on whether a crash lay between.
            self._sums[series] = dict(sorted(kept.items()))

    def get(self, kind: str, key: str) -> bytes | None:
        """A remembered document."""
        with self._database.read() as connection:
            row = connection.execute("SELECT value FROM document WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, kind: str, key: str, value: bytes | None) -> None:
        """Remember a document; None forgets it."""
        if value is None:
            self._write().execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))
        else:
            self._write().execute("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, key, value))

    def items(self, kind: str) -> dict[str, bytes]:
        """All documents of a kind, by key."""
        with self._database.read() as connection:
            return dict(
                connection.execute("SELECT key, value FROM document WHERE kind = ? ORDER BY key", (kind,)).fetchall()
            )

    def close(self) -> None:
        """Idempotent."""
        self._forget()
        self._database.close()

    def _write(self) -> sqlite3.Connection:
        if not self._database.in_transaction():
            raise TerminalError("the state store is written inside `transaction` only", "no_transaction")
        return self._database.connection()

    def _forget(self) -> None:
        self._signals.clear()
        self._sums.clear()
        self._tick = None

    def _keep(self, signal: Signal) -> None:
        while len(self._signals) >= _CACHED_SIGNALS:
            del self._signals[next(iter(self._signals))]
        self._signals[signal.signal_id] = (signal.revision, signal)

    def _load(self, connection: sqlite3.Connection, signal_id: str) -> Signal:
        (body,) = connection.execute("SELECT body FROM applied WHERE signal_id = ?", (signal_id,)).fetchone()
        signal = decode(body, Signal)
        self._keep(signal)
        return signal

    def _sums_of(self, series: str) -> dict[date, Sums]:
        found = self._sums.get(series)
        if found is None:
            with self._database.read() as connection:
                rows = connection.execute("SELECT day, c, f, q, n FROM sums WHERE series = ? ORDER BY day", (series,))
                found = {date.fromordinal(day): Sums(c=c, f=f, q=q, n=n) for day, c, f, q, n in rows}
            while len(self._sums) >= _CACHED_SERIES:
                del self._sums[next(iter(self._sums))]
            self._sums[series] = found
        return found


def _waiting_row(signal: Signal) -> tuple[str, int, int, int, bytes]:
    if signal.article_position is None:
        raise QuarantinedError(
            f"signal {signal.signal_id} has no article position, so no tick can hold it", "no_position"
        )
    position = signal.article_position
    return signal.signal_id, signal.revision, position.partition, position.offset, encode(signal)
