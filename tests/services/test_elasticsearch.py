"""The stores that people search, on a real Elasticsearch."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from functools import partial

import pytest
from elasticsearch import Elasticsearch

from connectors.conformance.articles import ArticleConformance, OpenArticles
from connectors.conformance.index import IndexConformance, NewPlace
from connectors.conformance.relations import NewRelations, RelationConformance
from connectors.conformance.stores import ActionStoreConformance, AlertStoreConformance, OpenActionStore, OpenAlertStore
from connectors.index.elasticsearch import (
    ElasticsearchActionStore,
    ElasticsearchAlertStore,
    ElasticsearchArticleStore,
    ElasticsearchRelationStore,
    ElasticsearchSettings,
    ElasticsearchSignalIndex,
)

_NUMBERS = itertools.count()
ADDRESS = os.environ.get("DETENTE_TEST_ELASTICSEARCH", "http://127.0.0.1:19200")


def fresh() -> ElasticsearchSettings:
    return ElasticsearchSettings(hosts=ADDRESS, prefix=f"t{os.getpid()}-{next(_NUMBERS)}-")


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    yield
    with Elasticsearch(ADDRESS) as client:
        mine = sorted(client.indices.get(index=f"t{os.getpid()}-*", allow_no_indices=True, filter_path="*.aliases"))
        for start in range(0, len(mine), 50):
            client.indices.delete(index=mine[start : start + 50])
        client.options(ignore_status=404).indices.delete_index_template(name=f"t{os.getpid()}-*")


def emptied(settings: ElasticsearchSettings) -> ElasticsearchSettings:
    """The same indices without documents: making an index takes the server half a second."""
    with Elasticsearch(ADDRESS) as client:
        names = f"{settings.prefix}*"
        if client.indices.get(index=names, allow_no_indices=True, filter_path="*.aliases"):
            # Else the server remembers the versions of what was deleted for a minute.
            client.indices.put_settings(index=names, settings={"index.gc_deletes": "0s"})
            client.indices.refresh(index=names)  # what was not refreshed is not found, and so not deleted
            client.delete_by_query(index=names, query={"match_all": {}}, conflicts="proceed", refresh=True)
    return settings


class TestElasticsearchSignalIndex(IndexConformance):
    visible_within_seconds = 3.0

    @pytest.fixture
    def new_place(self) -> NewPlace:
        # New indices for every example: the server remembers the versions of deleted documents for a while.
        return lambda: partial(ElasticsearchSignalIndex, fresh())


class TestElasticsearchArticleStore(ArticleConformance):
    @pytest.fixture
    def open_articles(self) -> OpenArticles:
        return partial(ElasticsearchArticleStore, fresh())


class TestElasticsearchRelationStore(RelationConformance):
    @pytest.fixture
    def new_relations(self) -> NewRelations:
        settings = fresh()
        return lambda: partial(ElasticsearchRelationStore, emptied(settings))


class TestElasticsearchAlertStore(AlertStoreConformance):
    @pytest.fixture
    def open_alerts(self) -> OpenAlertStore:
        return partial(ElasticsearchAlertStore, fresh())

    @pytest.fixture
    def fresh_alerts(self) -> OpenAlertStore:
        settings = fresh()
        return lambda: ElasticsearchAlertStore(emptied(settings))


class TestElasticsearchActionStore(ActionStoreConformance):
    @pytest.fixture
    def open_actions(self) -> OpenActionStore:
        return partial(ElasticsearchActionStore, fresh())
