"""Signals, articles and relations in one SQLite file, searchable without any server."""

from connectors.index.embedded.articles import EmbeddedArticleStore
from connectors.index.embedded.relations import EmbeddedRelationStore
from connectors.index.embedded.signals import EmbeddedSignalIndex

__all__ = ["EmbeddedArticleStore", "EmbeddedRelationStore", "EmbeddedSignalIndex"]
