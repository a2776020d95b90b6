"""The article store on Elasticsearch: every version a document, in the month of the article's `first_seen`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.index.elasticsearch import layout
from connectors.index.elasticsearch.bulk import Write, write
from connectors.index.elasticsearch.connection import Cluster, ElasticsearchSettings
from connectors.index.elasticsearch.reading import Reader
from connectors.index.elasticsearch.translate import micros
from schemas import codec
from schemas.records import Article


class ElasticsearchArticleStore:
    """Port ArticleStore."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._cluster = Cluster(settings)
        self._reader = Reader(self._cluster, layout.ARTICLES)

    def put(self, articles: Sequence[Article]) -> None:
        """As the port says."""
        if not articles:
            return
        write(
            self._cluster,
            [
                Write(
                    index=layout.ensure(
                        self._cluster, layout.ARTICLES, layout.monthly(layout.ARTICLES, article.first_seen)
                    ),
                    id=f"{article.article_id} {article.version}",
                    document=_document(article),
                )
                for article in articles
            ],
        )
        self._reader.changed()

    def get(self, article_id: str, version: int | None = None) -> Article | None:
        """As the port says."""
        filters: list[dict[str, Any]] = [{"term": {"article": article_id}}]
        if version is not None:
            filters.append({"term": {"version": version}})
        found = self._reader.search(
            fresh=True, query={"bool": {"filter": filters}}, sort=[{"version": "desc"}], size=1
        )["hits"]["hits"]
        return _article(found[0]) if found else None

    def scan(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Article]:
        """As the port says."""
        edges = {name: micros(edge) for name, edge in (("gte", since), ("lt", until)) if edge is not None}
        query: dict[str, Any] = {"range": {"first_seen": edges}} if edges else {"match_all": {}}
        order = [{"version_seen": "asc"}, {"article": "asc"}, {"version": "asc"}]
        yield from map(_article, self._reader.all(query, order))

    def close(self) -> None:
        """Idempotent."""
        self._cluster.close()


def _document(article: Article) -> dict[str, Any]:
    return {
        "article": article.article_id,
        "version": article.version,
        "title": article.title,
        "publisher": article.publisher.id,
        "language": article.language,
        "published": micros(article.published),
        "first_seen": micros(article.first_seen),
        "version_seen": micros(article.version_seen),
        "record": msgspec.Raw(codec.encode(article)),
    }


def _article(hit: dict[str, Any]) -> Article:
    return codec.decode(msgspec.json.encode(hit["_source"]["record"]), Article)
