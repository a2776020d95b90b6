"""What people did, in the journal."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from connectors.local.database import Database
from connectors.local.schema import to_micros
from schemas.codec import decode, encode
from schemas.records import Action


class EmbeddedActionStore:
    """Port ActionStore on the journal's database. Thread-safe. The first of two with one id stays."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, actions: Sequence[Action]) -> None:
        """Store."""
        rows = [(one.action_id, one.kind, one.subject, to_micros(one.at), encode(one)) for one in actions]
        if not rows:
            return
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO action VALUES (?, ?, ?, ?, ?)", rows)

    def list(self, kind: str = "", subject: str = "") -> builtins.list[Action]:
        """By time, then action_id; an empty argument does not filter."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT body FROM action WHERE (? = '' OR kind = ?) AND (? = '' OR subject = ?) ORDER BY at, action_id",
                (kind, kind, subject, subject),
            ).fetchall()
        return [decode(body, Action) for (body,) in rows]

    def counts(self, kind: str) -> Mapping[str, int]:
        """How many actions of a kind each subject has, by subject."""
        with self._database.read() as connection:
            query = "SELECT subject, count(*) FROM action WHERE kind = ? GROUP BY subject ORDER BY subject"
            return dict(connection.execute(query, (kind,)).fetchall())
