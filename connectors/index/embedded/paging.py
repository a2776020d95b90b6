"""Pages of hits: by time on the index of that order, or by rank."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from heapq import nsmallest
from typing import Final

import msgspec

from connectors.index.embedded.cursor import Cursor
from connectors.index.embedded.ranking import Scorer, weights
from connectors.index.embedded.translate import Condition

_LAST: Final = 2**63 - 1
_LOOKUP_COST: Final = 5
"""Fetching and sorting one match costs about as much as passing this many documents in the order of time."""


class Found(msgspec.Struct, frozen=True):
    """One hit as stored, with its place in the order."""

    body: bytes
    rejected: bool
    score: float
    time: int
    signal_id: str


def first(connection: sqlite3.Connection, where: Condition, words: Sequence[str]) -> Cursor:
    """Where the first page starts: before everything."""
    sql, parameters = where
    (total,) = connection.execute(f"SELECT count(*) FROM signal s WHERE {sql}", parameters).fetchone()  # noqa: S608
    (horizon,) = connection.execute("SELECT writes FROM counter").fetchone()
    return Cursor(_LAST, "", float("inf"), horizon, total, weights(connection, words))


def newest(connection: sqlite3.Connection, where: Condition, start: Cursor, limit: int) -> list[Found]:
    """The next hits by time."""
    sql, parameters = where
    walk = "INDEXED BY signal_newest" if _is_common(connection, start.total, limit) else ""
    rows = connection.execute(
        "SELECT d.body, h.rejected, 0.0, h.time, h.signal_id FROM ("  # noqa: S608 - parameters only
        f"SELECT s.row, s.rejected, s.time, s.signal_id FROM signal s {walk} "
        f"WHERE s.time <= ? AND (s.time < ? OR s.signal_id > ?) AND s.placed <= ? AND {sql} "
        "ORDER BY s.time DESC, s.signal_id LIMIT ?"
        ") h JOIN document d ON d.row = h.row ORDER BY h.time DESC, h.signal_id",
        [start.time, start.time, start.signal_id, start.horizon, *parameters, limit],
    )
    return [Found(*row) for row in rows]


def ranked(
    connection: sqlite3.Connection, where: Condition, words: Sequence[str], start: Cursor, limit: int
) -> list[Found]:
    """The next hits by score, then time."""
    sql, parameters = where
    scorer = Scorer(connection, words, start.weights, start.total)
    matches = connection.execute(
        f"SELECT s.row, s.length, s.time, s.signal_id FROM signal s WHERE s.placed <= ? AND {sql}",  # noqa: S608
        [start.horizon, *parameters],
    )
    places = ((-scorer.score(row, length), -time, signal_id, row) for row, length, time, signal_id in matches)
    begin = (-start.score, -start.time, start.signal_id)
    return [_found(connection, *place) for place in nsmallest(limit, (place for place in places if place[:3] > begin))]


def _found(connection: sqlite3.Connection, score: float, time: int, signal_id: str, row: int) -> Found:
    body, rejected = connection.execute(
        "SELECT d.body, s.rejected FROM signal s JOIN document d USING (row) WHERE s.row = ?", (row,)
    ).fetchone()
    return Found(body, rejected, -score, -time, signal_id)


def _is_common(connection: sqlite3.Connection, total: int, limit: int) -> bool:
    """Whether walking the order of time meets enough matches sooner than fetching all of them would take."""
    (documents,) = connection.execute("SELECT coalesce(max(row), 0) FROM signal").fetchone()
    return total * total * _LOOKUP_COST > int(documents) * limit
