"""Alerts in the journal: every revision, the latest findable by state, subject and rule."""

from __future__ import annotations

import builtins
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from connectors.local.database import Database
from connectors.local.schema import to_micros
from schemas.codec import decode, encode
from schemas.errors import ConfigError
from schemas.ports.index import Page
from schemas.records import Alert

_SHORTEST_PREFIX: Final = 6
_NAMED: Final = 5
_TOLD: Final = (
    "EXISTS (SELECT 1 FROM alert AS earlier"
    " WHERE earlier.alert_id = alert.alert_id AND earlier.state IN ('firing', 'acknowledged'))"
)
_LAST_CHARACTER: Final = "\U0010ffff"


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    opened: int
    alert_id: str


class EmbeddedAlertStore:
    """Port AlertStore on the journal's database. Thread-safe.

    The stored revision stays as it was put first. Cursors hold a place in the order (opened, alert_id), which never
    changes for an alert: paging shows none twice, and new alerts come before the first page.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, alerts: Sequence[Alert]) -> builtins.list[Alert]:
        """Store; returns those that were not stored yet, in order."""
        if not alerts:
            return []
        with self._database.transaction() as connection:
            return [alert for alert in alerts if _insert(connection, alert)]

    def get(self, alert_id: str, revision: int | None = None) -> Alert | None:
        """That revision, or the latest; ConfigError for a prefix that several alerts share."""
        with self._database.read() as connection:
            whole = _resolve(connection, alert_id)
            if revision is None:
                query = "SELECT body FROM alert WHERE alert_id = ? ORDER BY revision DESC LIMIT 1"
                row = connection.execute(query, (whole,)).fetchone()
            else:
                query = "SELECT body FROM alert WHERE alert_id = ? AND revision = ?"
                row = connection.execute(query, (whole, revision)).fetchone()
        return None if row is None else decode(row[0], Alert)

    def revisions(self, alert_id: str) -> builtins.list[Alert]:
        """All revisions, oldest first."""
        with self._database.read() as connection:
            query = "SELECT body FROM alert WHERE alert_id = ? ORDER BY revision"
            rows = connection.execute(query, (_resolve(connection, alert_id),)).fetchall()
        return [decode(body, Alert) for (body,) in rows]

    def list(
        self,
        *,
        states: Sequence[str] = (),
        subject: str = "",
        rule: str = "",
        since: datetime | None = None,
        told: bool = False,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Alert]:
        """Latest revisions of the alerts opened at `since` or later, newest `opened` first, ties by alert_id."""
        conditions: builtins.list[tuple[str, tuple[object, ...]]] = [("latest", ())]
        if states:
            conditions.append((f"state IN ({', '.join('?' * len(states))})", tuple(states)))
        if subject:
            conditions.append(("subject = ?", (subject,)))
        if rule:
            conditions.append(("rule = ?", (rule,)))
        if since is not None:
            conditions.append(("opened >= ?", (to_micros(since),)))
        if told:
            conditions.append((_TOLD, ()))
        with self._database.read() as connection:
            (total,) = _select(connection, "count(*)", conditions).fetchone()
            if cursor:
                after = _decode_cursor(cursor)
                conditions.append(("(-opened, alert_id) > (?, ?)", (-after.opened, after.alert_id)))
            wanted = max(limit, 0)
            rows = _select(
                connection, "opened, alert_id, body", conditions, f"ORDER BY opened DESC, alert_id LIMIT {wanted + 1}"
            ).fetchall()
        shown = rows[:wanted]
        following = _encode_cursor(shown[-1][0], shown[-1][1]) if shown and len(rows) > wanted else ""
        return Page(items=tuple(decode(row[2], Alert) for row in shown), cursor=following, total=total)


def _insert(connection: sqlite3.Connection, alert: Alert) -> bool:
    """Whether this revision was not there yet."""
    row = (
        alert.alert_id,
        alert.revision,
        alert.state,
        alert.subject,
        alert.rule,
        to_micros(alert.opened),
        encode(alert),
    )
    query = "INSERT OR IGNORE INTO alert VALUES (?, ?, 0, ?, ?, ?, ?, ?)"
    if connection.execute(query, row).rowcount == 0:
        return False
    connection.execute(
        "UPDATE alert SET latest = revision = (SELECT max(revision) FROM alert WHERE alert_id = ?) WHERE alert_id = ?",
        (alert.alert_id, alert.alert_id),
    )
    return True


def _resolve(connection: sqlite3.Connection, alert_id: str) -> str:
    """The whole id for a unique prefix; what nothing begins with comes back as it is."""
    if len(alert_id) < _SHORTEST_PREFIX:
        return alert_id
    rows = connection.execute(
        "SELECT DISTINCT alert_id FROM alert WHERE alert_id >= ? AND alert_id < ? ORDER BY alert_id LIMIT ?",
        (alert_id, alert_id + _LAST_CHARACTER, _NAMED),
    ).fetchall()
    found = [row[0] for row in rows]
    if alert_id in found or not found:
        return alert_id
    if len(found) > 1:
        raise ConfigError(f"several alerts begin with {alert_id}: {', '.join(found)}; write more of it", "ambiguous_id")
    return str(found[0])


def _select(
    connection: sqlite3.Connection, columns: str, conditions: Iterable[tuple[str, tuple[object, ...]]], tail: str = ""
) -> sqlite3.Cursor:
    """Columns, conditions and tail are texts of this module; what users give is bound."""
    clauses = [clause for clause, _ in conditions]
    values = [value for _, bound in conditions for value in bound]
    return connection.execute(f"SELECT {columns} FROM alert WHERE {' AND '.join(clauses)} {tail}", values)  # noqa: S608


def _encode_cursor(opened: int, alert_id: str) -> str:
    return msgspec.json.encode(_Cursor(opened, alert_id)).hex()


def _decode_cursor(cursor: str) -> _Cursor:
    try:
        return msgspec.json.decode(bytes.fromhex(cursor), type=_Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise ConfigError("this cursor is not one of the alert list; start again without it", "bad_cursor") from error
