"""The article store on SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from connectors.index.embedded.tables import open_index
from connectors.local.schema import to_micros
from schemas import codec
from schemas.records import Article

_SCAN_PAGE: Final = 200
_FIRST: Final = -(2**63)
_LAST: Final = 2**63 - 1


class EmbeddedArticleStore:
    """`ArticleStore` in the file at `path`, which the signal index may share. Thread-safe."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._database = open_index(path, durable=durable)

    def put(self, articles: Sequence[Article]) -> None:
        """As the port says; one transaction."""
        rows = [
            (
                article.article_id,
                article.version,
                to_micros(article.first_seen),
                to_micros(article.version_seen),
                codec.encode(article),
            )
            for article in articles
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO article(article_id, version, first_seen, version_seen, body) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT(article_id, version) DO UPDATE SET "
                "first_seen = excluded.first_seen, version_seen = excluded.version_seen, body = excluded.body",
                rows,
            )

    def get(self, article_id: str, version: int | None = None) -> Article | None:
        """As the port says."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT body FROM article WHERE article_id = ?1 AND (?2 IS NULL OR version = ?2) "
                "ORDER BY version DESC LIMIT 1",
                (article_id, version),
            ).fetchone()
        return codec.decode(row[0], Article) if row else None

    def scan(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Article]:
        """As the port says; reads in pages, so that a slow reader keeps no snapshot open."""
        seen = (to_micros(since) if since else _FIRST, to_micros(until) if until else _LAST)
        after: tuple[int, str, int] = (_FIRST, "", 0)
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    "SELECT version_seen, article_id, version, body FROM article "
                    "WHERE (version_seen, article_id, version) > (?, ?, ?) AND first_seen >= ? AND first_seen < ? "
                    "ORDER BY version_seen, article_id, version LIMIT ?",
                    (*after, *seen, _SCAN_PAGE),
                ).fetchall()
            yield from (codec.decode(body, Article) for *_, body in rows)
            if len(rows) < _SCAN_PAGE:
                return
            after = rows[-1][:3]

    def close(self) -> None:
        """Release the file. Idempotent."""
        self._database.close()
