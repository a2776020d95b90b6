"""Writes of the signal index: the new signals of an article and the tombstones of those that no longer hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from connectors.index.embedded.rows import COLUMNS, labels_of, row_of, time_of, words_of
from schemas import codec
from schemas.errors import TerminalError
from schemas.ports.index import Replacement
from schemas.records import Signal

# Insert and update apart, without RETURNING: sqlite3 makes that five times as slow.
_INSERT: Final = f"INSERT INTO signal({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_UPDATE: Final = f"UPDATE signal SET {', '.join(f'{name} = ?' for name in COLUMNS)} WHERE row = ?"  # noqa: S608
_STORED: Final = """
    SELECT s.row, s.revision, s.time, s.placed, s.rejected, d.body, d.words
    FROM signal s JOIN document d USING (row) WHERE s.signal_id = ?
"""


class _Stored(msgspec.Struct, frozen=True):
    """What the index holds of a signal."""

    row: int
    revision: int
    time: int
    placed: int
    rejected: int
    body: bytes
    words: str


def apply(connection: sqlite3.Connection, replacements: Sequence[Replacement]) -> list[list[Signal]]:
    """What `SignalIndex.replace_many` promises, inside the caller's transaction."""
    connection.execute("UPDATE counter SET writes = writes + 1")
    (count,) = connection.execute("SELECT writes FROM counter").fetchone()
    return [_apply_one(connection, new, count) for new in replacements]


def _apply_one(connection: sqlite3.Connection, new: Replacement, count: int) -> list[Signal]:
    _check(new)
    known = connection.execute(
        "SELECT revision FROM indexed_article WHERE article_id = ?", (new.article_id,)
    ).fetchone()
    if known and known[0] > new.revision:
        return []
    connection.execute("INSERT OR REPLACE INTO indexed_article VALUES (?, ?)", (new.article_id, new.revision))
    for signal in new.signals:
        _put(connection, signal, count)
    for signal in _no_longer_held(connection, new) if known else ():
        _put(connection, signal, count)
    return _carrying(connection, new.article_id, new.revision)


def _check(new: Replacement) -> None:
    for signal in new.signals:
        if signal.article_id != new.article_id or signal.revision != new.revision:
            raise TerminalError(
                f"signal {signal.signal_id} is of article {signal.article_id}, revision {signal.revision}: "
                f"not of {new.article_id}, revision {new.revision}",
                "foreign_signal",
            )


def _no_longer_held(connection: sqlite3.Connection, new: Replacement) -> list[Signal]:
    held = {signal.signal_id for signal in new.signals}
    stored = connection.execute(
        "SELECT s.signal_id, d.body FROM signal s JOIN document d USING (row) "
        "WHERE s.article_id = ? AND s.status = 'active' AND s.revision < ?",
        (new.article_id, new.revision),
    ).fetchall()
    return [tombstone(codec.decode(body, Signal), new) for signal_id, body in stored if signal_id not in held]


def tombstone(signal: Signal, new: Replacement) -> Signal:
    """The signal as retracted by this replacement."""
    return msgspec.structs.replace(
        signal,
        status="retracted",
        status_since=new.version_seen,
        revision=new.revision,
        article_position=new.position,
    )


def _carrying(connection: sqlite3.Connection, article_id: str, revision: int) -> list[Signal]:
    found = connection.execute(
        "SELECT d.body FROM signal s JOIN document d USING (row) WHERE s.article_id = ? AND s.revision = ? "
        "ORDER BY s.signal_id",
        (article_id, revision),
    )
    return [codec.decode(body, Signal) for (body,) in found]


def _put(connection: sqlite3.Connection, signal: Signal, count: int) -> None:
    row = connection.execute(_STORED, (signal.signal_id,)).fetchone()
    stored = _Stored(*row) if row else None
    body = codec.encode(signal)
    if stored and (stored.revision > signal.revision or stored.body == body):
        return
    words = words_of(signal)
    stays = stored is not None and stored.time == time_of(signal) and stored.words == words
    columns = row_of(
        signal,
        rejected=bool(stored.rejected) if stored else _is_rejected(connection, signal.signal_id),
        length=words.count(" ") + 1 if words else 0,
        placed=stored.placed if stored and stays else count,
    )
    if stored:
        place = stored.row
        connection.execute(_UPDATE, (*columns, place))
        connection.execute("UPDATE document SET body = ?, words = ? WHERE row = ?", (body, words, place))
    else:
        place = int(connection.execute(_INSERT, columns).lastrowid or 0)
        connection.execute("INSERT INTO document VALUES (?, ?, ?)", (place, body, words))
    _put_words(connection, place, stored.words if stored else None, words)
    _put_labels(connection, place, stored, signal)


def _is_rejected(connection: sqlite3.Connection, signal_id: str) -> bool:
    return connection.execute("SELECT 1 FROM rejected WHERE signal_id = ?", (signal_id,)).fetchone() is not None


def _put_words(connection: sqlite3.Connection, place: int, before: str | None, words: str) -> None:
    if before == words:
        return
    if before is not None:
        connection.execute("INSERT INTO quote(quote, rowid, words) VALUES ('delete', ?, ?)", (place, before))
    connection.execute("INSERT INTO quote(rowid, words) VALUES (?, ?)", (place, words))


def _put_labels(connection: sqlite3.Connection, place: int, stored: _Stored | None, signal: Signal) -> None:
    before = labels_of(codec.decode(stored.body, Signal)) if stored else []
    now = labels_of(signal)
    _each(connection, "DELETE FROM label WHERE field = ? AND value = ? AND row = ?", place, before, now)
    _each(connection, "INSERT INTO label VALUES (?, ?, ?)", place, now, before)


def _each(
    connection: sqlite3.Connection,
    sql: str,
    place: int,
    these: Sequence[tuple[str, str]],
    less: Sequence[tuple[str, str]],
) -> None:
    rows = [(field, value, place) for field, value in these if (field, value) not in less]
    if rows:
        connection.executemany(sql, rows)
