"""The action store on Elasticsearch."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connectors.index.elasticsearch import layout
from connectors.index.elasticsearch.bulk import Write, write
from connectors.index.elasticsearch.connection import Cluster, ElasticsearchSettings
from connectors.index.elasticsearch.reading import Reader
from connectors.index.elasticsearch.translate import micros
from schemas import codec
from schemas.records import Action


class ElasticsearchActionStore:
    """Port ActionStore. Thread-safe."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._cluster = Cluster(settings)
        self._reader = Reader(self._cluster, layout.ACTIONS)

    def put(self, actions: Sequence[Action]) -> None:
        """As the port says; what was put first stays."""
        if not actions:
            return
        index = layout.ensure(self._cluster, layout.ACTIONS, layout.single(layout.ACTIONS))
        write(
            self._cluster,
            [Write(index=index, id=one.action_id, document=_document(one), create=True) for one in actions],
        )

    def list(self, kind: str = "", subject: str = "") -> builtins.list[Action]:
        """As the port says."""
        terms = [{"term": {field: value}} for field, value in (("kind", kind), ("subject", subject)) if value]
        hits = self._reader.all({"bool": {"filter": terms}}, [{"at": "asc"}, {"action": "asc"}])
        return [codec.decode(msgspec.json.encode(hit["_source"]["record"]), Action) for hit in hits]

    def counts(self, kind: str) -> Mapping[str, int]:
        """As the port says."""
        return dict(Counter(action.subject for action in self.list(kind)))

    def close(self) -> None:
        """Idempotent."""
        self._cluster.close()


def _document(action: Action) -> dict[str, Any]:
    return {
        "action": action.action_id,
        "kind": action.kind,
        "subject": action.subject,
        "at": micros(action.at),
        "record": msgspec.Raw(codec.encode(action)),
    }
