"""The signal index on SQLite and FTS5."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from connectors.index.embedded import paging, ranking
from connectors.index.embedded.cursor import Cursor, opened, sealed
from connectors.index.embedded.tables import open_index
from connectors.index.embedded.translate import COLUMNS, LABELS, Condition, condition, words_sought
from connectors.index.embedded.writing import apply
from schemas import codec
from schemas.errors import ConfigError
from schemas.ports.index import Hit, Page, Replacement
from schemas.query import Query
from schemas.query_fields import FIELDS, check, facet_field
from schemas.records import Position, Signal

_SCAN_PAGE: Final = 500


class EmbeddedSignalIndex:
    """`SignalIndex` in the file at `path`, which the article and relation stores may share.

    Any number of processes may read while one writes; a commit is visible to all of them at once.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._database = open_index(path, durable=durable)
        with self._database.read() as connection:
            self._secret = bytes(connection.execute("SELECT secret FROM counter").fetchone()[0])

    def replace(
        self, article_id: str, revision: int, signals: Sequence[Signal], version_seen: datetime, position: Position
    ) -> list[Signal]:
        """As the port says."""
        new = Replacement(
            article_id=article_id,
            revision=revision,
            signals=tuple(signals),
            version_seen=version_seen,
            position=position,
        )
        return self.replace_many([new])[0]

    def replace_many(self, replacements: Sequence[Replacement]) -> list[list[Signal]]:
        """As the port says; one transaction."""
        with self._database.transaction() as connection:
            return apply(connection, replacements)

    def set_rejected(self, signal_id: str, *, rejected: bool) -> None:
        """As the port says."""
        with self._database.transaction() as connection:
            if rejected:
                connection.execute("INSERT OR IGNORE INTO rejected VALUES (?)", (signal_id,))
            else:
                connection.execute("DELETE FROM rejected WHERE signal_id = ?", (signal_id,))
            connection.execute("UPDATE signal SET rejected = ? WHERE signal_id = ?", (int(rejected), signal_id))

    def get(self, signal_id: str) -> Hit | None:
        """As the port says."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT d.body, s.rejected FROM signal s JOIN document d USING (row) WHERE s.signal_id = ?",
                (signal_id,),
            ).fetchone()
        return Hit(signal=codec.decode(row[0], Signal), rejected=bool(row[1])) if row else None

    def search(
        self, query: Query, *, sort: Literal["newest", "rank"] = "newest", limit: int = 20, cursor: str = ""
    ) -> Page[Hit]:
        """As the port says."""
        check(query)
        if limit < 1:
            raise ConfigError(f"limit must be at least 1, not {limit}", "bad_limit")
        words = words_sought(query, ranking.MAX_WORDS) if sort == "rank" else []
        where = condition(query)
        with self._database.read() as connection:
            start = opened(cursor, query, sort, self._secret) if cursor else paging.first(connection, where, words)
            if words:
                found = paging.ranked(connection, where, words, start, limit + 1)
            else:
                found = paging.newest(connection, where, start, limit + 1)
        hits = tuple(
            Hit(signal=codec.decode(one.body, Signal), score=one.score, rejected=bool(one.rejected))
            for one in found[:limit]
        )
        following = ""
        if len(found) > limit:
            last = found[limit - 1]
            place = Cursor(last.time, last.signal_id, last.score, start.horizon, start.total, start.weights)
            following = sealed(place, query, sort, self._secret)
        return Page(items=hits, cursor=following, total=start.total)

    def histogram(self, query: Query, *, interval: Literal["day", "week", "month"]) -> dict[date, int]:
        """As the port says; weeks begin on Monday."""
        check(query)
        where, parameters = condition(query)
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT s.published_day, count(*) FROM signal s "  # noqa: S608 - parameters only
                f"WHERE s.published_day IS NOT NULL AND {where} GROUP BY s.published_day",
                parameters,
            ).fetchall()
        counts: Counter[date] = Counter()
        for day, count in found:
            counts[_first_day(date.fromordinal(day), interval)] += count
        return dict(sorted(counts.items()))

    def facets(self, query: Query, fields: Sequence[str], *, limit: int = 20) -> dict[str, dict[str, int]]:
        """As the port says."""
        check(query)
        for field in fields:
            facet_field(field)
        with self._database.read() as connection:
            return {field: _facet(connection, condition(query), field, limit) for field in fields}

    def scan(self, key: str, since: date | None = None) -> Iterator[Signal]:
        """As the port says; reads in pages, so that a slow reader keeps no snapshot open."""
        after = ""
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT s.signal_id, d.body FROM signal s JOIN document d USING (row) WHERE s.dyad = ? "
                    "AND s.signal_id > ? AND s.status = 'active' AND (? IS NULL OR s.day >= ?) "
                    "ORDER BY s.signal_id LIMIT ?",
                    (key, after, *[since.toordinal() if since else None] * 2, _SCAN_PAGE),
                ).fetchall()
            yield from (codec.decode(body, Signal) for _, body in rows)
            if len(rows) < _SCAN_PAGE:
                return
            after = rows[-1][0]

    def close(self) -> None:
        """As the port says."""
        self._database.close()


def _facet(connection: sqlite3.Connection, where: Condition, field: str, limit: int) -> dict[str, int]:
    sql, parameters = where
    found = f"FROM signal s WHERE {sql}"
    if field in LABELS:
        source = f"SELECT value FROM label WHERE row IN (SELECT s.row {found}) AND field = ?"  # noqa: S608
        parameters = [*parameters, field]
    elif field in COLUMNS:
        source = f"SELECT s.{COLUMNS[field]} AS value {found}"
    else:
        source = f"WITH m AS MATERIALIZED (SELECT s.source, s.target, s.reciprocal {found}) {_SIDES[field]}"
    rows = connection.execute(
        f"SELECT value, count(*) FROM ({source}) WHERE value IS NOT NULL "  # noqa: S608 - our own names only
        "GROUP BY value ORDER BY 2 DESC, value LIMIT ?",
        [*parameters, limit],
    )
    return {_shown(field, value): count for value, count in rows}


def _shown(field: str, value: str | int) -> str:
    kind = FIELDS[field].kind
    if kind == "day":
        return date.fromordinal(int(value)).isoformat()
    return str(bool(value)).lower() if kind == "flag" else str(value)


def _first_day(day: date, interval: str) -> date:
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


_SIDES: Final = {
    "source": "SELECT source AS value FROM m UNION ALL SELECT target FROM m WHERE reciprocal AND target IS NOT source",
    "target": "SELECT target AS value FROM m "
    "UNION ALL SELECT source FROM m WHERE reciprocal AND target IS NOT NULL AND target <> source",
    "actor": "SELECT source AS value FROM m UNION ALL SELECT target FROM m WHERE target IS NOT source",
}
