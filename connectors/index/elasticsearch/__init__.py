"""The stores that people search on Elasticsearch."""

from connectors.index.elasticsearch.actions import ElasticsearchActionStore
from connectors.index.elasticsearch.alerts import ElasticsearchAlertStore
from connectors.index.elasticsearch.articles import ElasticsearchArticleStore
from connectors.index.elasticsearch.connection import Cluster, ElasticsearchSettings
from connectors.index.elasticsearch.relations import ElasticsearchRelationStore
from connectors.index.elasticsearch.signals import ElasticsearchSignalIndex

__all__ = [
    "Cluster",
    "ElasticsearchActionStore",
    "ElasticsearchAlertStore",
    "ElasticsearchArticleStore",
    "ElasticsearchRelationStore",
    "ElasticsearchSettings",
    "ElasticsearchSignalIndex",
]
