"""The relation store on SQLite: states, changes and events of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final

from connectors.index.embedded.tables import open_index
from connectors.local.schema import to_micros
from schemas import codec
from schemas.errors import TerminalError
from schemas.records import Change, Event, Relation

_LAST: Final = 2**63 - 1

# Walks from key to key on the unique index instead of reading every row.
_NEWEST_OF_EACH: Final = """
    WITH RECURSIVE key(dyad) AS (
        SELECT min(dyad) FROM relation
        UNION ALL
        SELECT (SELECT min(r.dyad) FROM relation r WHERE r.dyad > key.dyad) FROM key WHERE key.dyad IS NOT NULL
    )
    SELECT key.dyad, r.body FROM key JOIN relation r ON r.id = (
        SELECT n.id FROM relation n WHERE n.dyad = key.dyad AND n.known_at <= ?
        ORDER BY n.at DESC, n.known_at DESC LIMIT 1
    ) ORDER BY key.dyad
"""


class EmbeddedRelationStore:
    """`RelationStore` in the file at `path`, which the signal index may share. Thread-safe."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._database = open_index(path, durable=durable)

    def put(self, relations: Sequence[Relation], changes: Sequence[Change] = ()) -> None:
        """As the port says; one transaction."""
        states = [(one.dyad, one.at.toordinal(), to_micros(one.known_at), codec.encode(one)) for one in relations]
        turns = [
            (one.change_id, to_micros(one.known_at), one.dyad, one.at.toordinal(), codec.encode(one)) for one in changes
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO relation(dyad, at, known_at, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT(dyad, at, known_at) DO UPDATE SET body = excluded.body",
                states,
            )
            connection.executemany(
                "INSERT INTO change(change_id, known_at, dyad, at, body) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT(change_id, known_at) DO UPDATE SET body = excluded.body",
                turns,
            )

    @contextmanager
    def batch(self) -> Iterator[None]:
        """As the port says; one transaction."""
        with self._database.transaction():
            yield

    def put_events(self, dyad: str, events: Sequence[Event], since: date, until: date) -> None:
        """As the port says; one transaction."""
        for event in events:
            if event.dyad != dyad or not since <= event.event_date.start <= until:
                raise TerminalError(
                    f"event {event.event_id} of {event.dyad}, {event.event_date.start} is not of {dyad} "
                    f"from {since} to {until}",
                    "foreign_event",
                )
        rows = [(dyad, event.event_date.start.toordinal(), event.event_id, codec.encode(event)) for event in events]
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM event WHERE dyad = ? AND start BETWEEN ? AND ?",
                (dyad, since.toordinal(), until.toordinal()),
            )
            connection.executemany(
                "INSERT OR REPLACE INTO event(dyad, start, event_id, body) VALUES (?, ?, ?, ?)", rows
            )

    def relation(self, dyad: str, at: date | None = None, as_of: datetime | None = None) -> Relation | None:
        """As the port says."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT body FROM relation WHERE dyad = ? AND at <= ? AND known_at <= ? "
                "ORDER BY at DESC, known_at DESC LIMIT 1",
                (dyad, _day(at), _moment(as_of)),
            ).fetchone()
        return codec.decode(row[0], Relation) if row else None

    def relations(
        self, dyad: str, since: date | None = None, until: date | None = None, as_of: datetime | None = None
    ) -> list[Relation]:
        """As the port says."""
        with self._database.read() as connection:
            rows = connection.execute(
                "WITH last AS (SELECT id, at, max(known_at) FROM relation "
                "WHERE dyad = ? AND at BETWEEN ? AND ? AND known_at <= ? GROUP BY at) "
                "SELECT r.body FROM last JOIN relation r USING (id) ORDER BY last.at",
                (dyad, since.toordinal() if since else 0, _day(until), _moment(as_of)),
            ).fetchall()
        return [codec.decode(body, Relation) for (body,) in rows]

    def latest(self, as_of: datetime | None = None) -> dict[str, Relation]:
        """As the port says."""
        with self._database.read() as connection:
            rows = connection.execute(_NEWEST_OF_EACH, (_moment(as_of),)).fetchall()
        return {dyad: codec.decode(body, Relation) for dyad, body in rows}

    def events(self, dyad: str, since: date | None = None, until: date | None = None) -> list[Event]:
        """As the port says."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT body FROM event WHERE dyad = ? AND start BETWEEN ? AND ? ORDER BY start, event_id",
                (dyad, since.toordinal() if since else 0, _day(until)),
            ).fetchall()
        return [codec.decode(body, Event) for (body,) in rows]

    def changes(
        self,
        dyad: str | None = None,
        since: date | None = None,
        until: date | None = None,
        as_of: datetime | None = None,
    ) -> list[Change]:
        """As the port says; each change as last known by `as_of`."""
        with self._database.read() as connection:
            rows = connection.execute(
                "WITH last AS (SELECT id, at, change_id, max(known_at) FROM change "
                "WHERE (?1 IS NULL OR dyad = ?1) AND at BETWEEN ?2 AND ?3 AND known_at <= ?4 GROUP BY at, change_id) "
                "SELECT c.body FROM last JOIN change c USING (id) ORDER BY last.at, last.change_id",
                (dyad, since.toordinal() if since else 0, _day(until), _moment(as_of)),
            ).fetchall()
        return [codec.decode(body, Change) for (body,) in rows]

    def close(self) -> None:
        """Release the file. Idempotent."""
        self._database.close()


def _day(day: date | None) -> int:
    return day.toordinal() if day else _LAST


def _moment(moment: datetime | None) -> int:
    return to_micros(moment) if moment else _LAST
