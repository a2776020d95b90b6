"""Tables of the index file. All of it can be made again from the topics.

Times are integers, microseconds since 1970 UTC; days are proleptic ordinals; bodies are the canonical JSON of the
record. In `signal` an empty string is stored as NULL, since neither is a value (`schemas.query_fields`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from connectors.local.database import Database

_VERSION_1: Final = """
CREATE TABLE signal(
    row INTEGER PRIMARY KEY,
    signal_id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,
    rejected INTEGER NOT NULL,
    dyad TEXT NOT NULL,
    source TEXT,
    target TEXT,
    reciprocal INTEGER NOT NULL,
    type TEXT,
    mode TEXT,
    quad INTEGER NOT NULL,
    score REAL NOT NULL,
    polarity INTEGER NOT NULL,
    cameo TEXT,
    factuality TEXT,
    reporter TEXT,
    language TEXT,
    publisher TEXT,
    owner TEXT,
    country TEXT,
    confidence REAL NOT NULL,
    published INTEGER,
    published_day INTEGER,
    first_seen INTEGER,
    day INTEGER,
    fingerprint TEXT,
    time INTEGER NOT NULL,      -- published, or the least integer without it: the order of `newest`
    length INTEGER NOT NULL,    -- words in the quote
    placed INTEGER NOT NULL     -- the write that last changed its place in an order: `time` or words
);
CREATE INDEX signal_newest ON signal(time DESC, signal_id);
CREATE INDEX signal_key ON signal(dyad, signal_id);
CREATE INDEX signal_article ON signal(article_id);
CREATE INDEX signal_publisher ON signal(publisher);

-- apart from the columns that are searched, so that a scan of those stays short
CREATE TABLE document(row INTEGER PRIMARY KEY, body BLOB NOT NULL, words TEXT NOT NULL);
CREATE TABLE label(field TEXT NOT NULL, value TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (field, value, row))
    WITHOUT ROWID;

-- our own tokens, parted by blanks, which the tokenizer must leave as they are
CREATE VIRTUAL TABLE quote USING fts5(
    words, content='', columnsize=0, tokenize="ascii tokenchars '!#$%&''()*+,-./:;<=>?@[\\]^_`{|}~""'"
);
CREATE VIRTUAL TABLE quote_term USING fts5vocab(quote, row);
CREATE VIRTUAL TABLE quote_instance USING fts5vocab(quote, instance);

CREATE TABLE indexed_article(article_id TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE rejected(signal_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE counter(id INTEGER PRIMARY KEY CHECK (id = 1), writes INTEGER NOT NULL, secret BLOB NOT NULL);
INSERT INTO counter VALUES (1, 0, randomblob(16));

CREATE TABLE article(
    id INTEGER PRIMARY KEY,
    article_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    version_seen INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (article_id, version)
);
CREATE INDEX article_seen ON article(version_seen, article_id, version, first_seen);

CREATE TABLE relation(
    id INTEGER PRIMARY KEY,
    dyad TEXT NOT NULL,
    at INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (dyad, at, known_at)
);
CREATE TABLE change(
    id INTEGER PRIMARY KEY,
    change_id TEXT NOT NULL,
    known_at INTEGER NOT NULL,
    dyad TEXT NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (change_id, known_at)
);
CREATE INDEX change_day ON change(dyad, at, change_id, known_at);
CREATE TABLE event(
    id INTEGER PRIMARY KEY,
    dyad TEXT NOT NULL,
    start INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (dyad, start, event_id)
);
"""

APPLICATION: Final = "detente.index"
MIGRATIONS: Final = (_VERSION_1,)


def open_index(path: Path, *, durable: bool = True) -> Database:
    """The index file at this path, made or migrated where needed; `durable` and errors as in `Database`."""
    return Database(path, application=APPLICATION, migrations=MIGRATIONS, durable=durable)
