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
ADDRESS = "http://127.0.0.1:19200"


def fresh() -> ElasticsearchSettings:
    return ElasticsearchSettings(hosts=ADDRESS, prefix=f"t{os.getpid()}-{next(_NUMBERS)}-")


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    yield
    with Elasticsearch(ADDRESS) as client:
        mine = f"t{os.getpid()}-*"
        client.indices.delete(index=mine, allow_no_indices=True, expand_wildcards="all")
        client.indices.delete_index_template(name=mine)


class TestElasticsearchSignalIndex(IndexConformance):
    visible_within_seconds = 3.0

    @pytest.fixture
    def new_place(self) -> NewPlace:
        return lambda: partial(ElasticsearchSignalIndex, fresh())


class TestElasticsearchArticleStore(ArticleConformance):
    @pytest.fixture
    def open_articles(self) -> OpenArticles:
        return partial(ElasticsearchArticleStore, fresh())


class TestElasticsearchRelationStore(RelationConformance):
    @pytest.fixture
    def new_relations(self) -> NewRelations:
        return lambda: partial(ElasticsearchRelationStore, fresh())


class TestElasticsearchAlertStore(AlertStoreConformance):
    @pytest.fixture
    def open_alerts(self) -> OpenAlertStore:
        return partial(ElasticsearchAlertStore, fresh())

    @pytest.fixture
    def fresh_alerts(self) -> OpenAlertStore:
        return lambda: ElasticsearchAlertStore(fresh())


class TestElasticsearchActionStore(ActionStoreConformance):
    @pytest.fixture
    def open_actions(self) -> OpenActionStore:
        return partial(ElasticsearchActionStore, fresh())
