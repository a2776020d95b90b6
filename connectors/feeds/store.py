"""What is remembered of feeds and articles, in the journal: one transaction with the append to the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from connectors.local.schema import from_micros, to_micros
from connectors.log.embedded import EmbeddedLog
from schemas.envelope import to_log
from schemas.errors import TerminalError
from schemas.ports.feeds import FeedState, KnownArticle, StoredVersion
from schemas.records import Heard, Position
from schemas.topics import ARTICLE, HEARD

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(FeedState)


class EmbeddedFeedStore:
    """Port FeedStore. Shares the log's database and must not outlive it. Thread-safe.

    Of an article only hashes, status and first_seen are kept here; the versions themselves are in the log.
    """

    def __init__(self, log: EmbeddedLog) -> None:
        self._log = log
        self._database = log.database

    def state(self, feed_id: str) -> FeedState | None:
        """What was last committed for this feed."""
        with self._database.read() as connection:
            row = connection.execute("SELECT body FROM feed_state WHERE feed_id = ?", (feed_id,)).fetchone()
        return None if row is None else _state(feed_id, row[0])

    def states(self) -> list[FeedState]:
        """All feeds ever polled, by id."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT feed_id, body FROM feed_state ORDER BY feed_id").fetchall()
        return [_state(feed_id, body) for feed_id, body in rows]

    def known(self, article_ids: Sequence[str]) -> dict[str, KnownArticle]:
        """The latest versions of those of the articles that are stored."""
        with self._database.read() as connection:
            rows = connection.execute(
                # with max() SQLite takes the other columns from the row that holds the maximum
                "SELECT article_id, max(version), content_hash, item_hash, status, first_seen FROM article_version"
                " WHERE article_id IN (SELECT value FROM json_each(?)) GROUP BY article_id",
                (msgspec.json.encode(list(article_ids)).decode(),),
            ).fetchall()
        return {
            article_id: KnownArticle(
                article_id=article_id,
                version=version,
                content_hash=content_hash,
                item_hash=item_hash,
                status=status,
                first_seen=from_micros(first_seen),
            )
            for article_id, version, content_hash, item_hash, status, first_seen in rows
        }

    def commit(self, state: FeedState, versions: Sequence[StoredVersion], heard: Sequence[date] = ()) -> list[Position]:
        """State, versions, article records and heard days, all or none."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO feed_state VALUES (?, ?)", (state.feed_id, _ENCODER.encode(state))
            )
            new = [version for version in versions if _insert(connection, version)]
            days = [day for day in heard if _first_heard(connection, day)]
            self._log.append(HEARD, [to_log(Heard(day=day)) for day in days])
            return self._log.append(ARTICLE, [to_log(version.article) for version in new])


def _insert(connection: sqlite3.Connection, version: StoredVersion) -> bool:
    """Whether the version was not there yet."""
    article = version.article
    row = (
        article.article_id,
        article.version,
        version.content_hash,
        version.item_hash,
        article.status,
        to_micros(article.first_seen),
    )
    return connection.execute("INSERT OR IGNORE INTO article_version VALUES (?, ?, ?, ?, ?, ?)", row).rowcount == 1


def _first_heard(connection: sqlite3.Connection, day: date) -> bool:
    return connection.execute("INSERT OR IGNORE INTO heard_day VALUES (?)", (day.isoformat(),)).rowcount == 1


def _state(feed_id: str, body: bytes) -> FeedState:
    try:
        return _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise TerminalError(f"the stored state of feed {feed_id} cannot be read: {error}", "bad_feed_state") from error
