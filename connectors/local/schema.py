"""Tables of the journal, the one database file that log, feed state, actions, alerts and deliveries share.

They share it so that a feed item and its article record, or an attempt and what is still owed, are one transaction.
Times are integers, microseconds since 1970 UTC; bodies are the canonical JSON of the record.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from connectors.local.database import Database

_VERSION_1: Final = """
CREATE TABLE log_partition(
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    begin_offset INTEGER NOT NULL DEFAULT 0,
    end_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
);
-- id = partition id x 2^40 + offset: the table itself is the index, and a partition's records lie side by side
CREATE TABLE log_record(
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    headers BLOB NOT NULL,
    appended INTEGER NOT NULL
);
CREATE TABLE log_commit(
    consumer_group TEXT NOT NULL,
    partition_id INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, partition_id)
) WITHOUT ROWID;

CREATE TABLE feed_state(feed_id TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE article_version(
    article_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    item_hash TEXT NOT NULL,
    status TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    PRIMARY KEY (article_id, version)
) WITHOUT ROWID;
CREATE TABLE heard_day(day TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE alert(
    alert_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    state TEXT NOT NULL,
    subject TEXT NOT NULL,
    rule TEXT NOT NULL,
    opened INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (alert_id, revision)
);
CREATE INDEX alert_newest ON alert(opened DESC, alert_id) WHERE latest;

CREATE TABLE action(
    action_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX action_kind ON action(kind, subject);

CREATE TABLE owed(
    alert_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    channel TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 1,
    due INTEGER,
    PRIMARY KEY (alert_id, revision, channel)
) WITHOUT ROWID;
CREATE INDEX owed_due ON owed(due) WHERE due IS NOT NULL;
CREATE TABLE delivery(
    alert_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    channel TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (alert_id, revision, channel, attempt)
) WITHOUT ROWID;

CREATE TABLE simulated_clock(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    now INTEGER NOT NULL,
    completed INTEGER
);
"""

APPLICATION: Final = "detente.journal"
MIGRATIONS: Final = (_VERSION_1,)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def open_journal(path: Path, *, durable: bool = True) -> Database:
    """The journal at this path, made or migrated where needed; `durable` and errors as in `Database`."""
    return Database(path, application=APPLICATION, migrations=MIGRATIONS, durable=durable)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exact (no float between). The datetime must be aware."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The UTC datetime of `to_micros`."""
    return _EPOCH + timedelta(microseconds=micros)
