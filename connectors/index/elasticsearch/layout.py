"""Indices, their mappings and templates.

Signals and articles live in one index a month of `first_seen`, which never changes for an id: so an id stands in one
index only. Every document holds the record as it is under `record`, stored and not indexed, and beside it the fields
that are searched. Mappings are strict: a field that nobody declared is an error and not a guess. An alias stands
before each family; templates hold for indices that others make by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from elasticsearch import ApiError, Elasticsearch

from connectors.index.elasticsearch.connection import Cluster
from schemas.query_fields import FIELDS, Kind

SIGNALS: Final = "detente-signals"
ARTICLES: Final = "detente-articles"
RELATIONS: Final = "detente-relations"
CHANGES: Final = "detente-changes"
EVENTS: Final = "detente-events"
ALERTS: Final = "detente-alerts"
ACTIONS: Final = "detente-actions"
CODED: Final = "detente-coded"
"""What the signal index remembers: of each article its revision and signals, rejections, the secret of cursors."""

VERSION: Final = "v1"
UNDATED: Final = "000000"
_ALREADY_THERE: Final = "resource_already_exists_exception"
_LONGEST_KEYWORD: Final = 8000

_KEYWORD: Final = {"type": "keyword", "ignore_above": _LONGEST_KEYWORD}
_RECORD: Final = {"type": "object", "enabled": False}
_LONG: Final = {"type": "long"}
_KINDS: Final[dict[Kind, Mapping[str, Any]]] = {
    "keyword": _KEYWORD,
    "actor": _KEYWORD,
    "dyad": _KEYWORD,
    "integer": _LONG,
    "number": {"type": "double"},
    "flag": {"type": "boolean"},
    "day": _KEYWORD,  # ISO dates order as texts
    "moment": _LONG,  # microseconds since 1970: dates of Elasticsearch are milliseconds
}

ANALYSIS: Final = {
    "analyzer": {
        "detente_words": {
            "type": "custom",
            "tokenizer": "standard",
            "filter": ["cjk_width", "lowercase", "cjk_bigram"],
        }
    }
}
"""The chain whose tokens `schemas.tokens` gives."""

MAPPINGS: Final[dict[str, Mapping[str, Any]]] = {
    SIGNALS: {
        **{name: _KINDS[field.kind] for name, field in FIELDS.items()},
        "quote": {
            "type": "text",
            "analyzer": "detente_words",
            "fields": {"english": {"type": "text", "analyzer": "english"}},
        },
        "published_at": {"type": "date", "format": "epoch_millis"},
        "revision": _LONG,
        "record": _RECORD,
    },
    ARTICLES: {
        "article": _KEYWORD,
        "version": _LONG,
        "title": {"type": "text", "analyzer": "detente_words"},
        "publisher": _KEYWORD,
        "language": _KEYWORD,
        "published": _LONG,
        "first_seen": _LONG,
        "version_seen": _LONG,
        "record": _RECORD,
    },
    RELATIONS: {"dyad": _KEYWORD, "at": _KEYWORD, "known_at": _LONG, "level": {"type": "double"}, "record": _RECORD},
    CHANGES: {"change": _KEYWORD, "dyad": _KEYWORD, "at": _KEYWORD, "known_at": _LONG, "record": _RECORD},
    EVENTS: {"dyad": _KEYWORD, "day": _KEYWORD, "records": _RECORD},
    ALERTS: {
        "alert": _KEYWORD,
        "revision": _LONG,
        "head": {"type": "boolean"},
        "told": {"type": "boolean"},
        "state": _KEYWORD,
        "subject": _KEYWORD,
        "rule": _KEYWORD,
        "opened": _LONG,
        "record": _RECORD,
    },
    ACTIONS: {"action": _KEYWORD, "kind": _KEYWORD, "subject": _KEYWORD, "at": _LONG, "record": _RECORD},
    CODED: {"revision": _LONG, "signals": _RECORD, "secret": {"type": "keyword", "index": False, "doc_values": False}},
}

_SETTINGS: Final = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "analysis": ANALYSIS}


def monthly(family: str, moment: datetime | None) -> str:
    """The index of a document first seen then."""
    return f"{family}-{VERSION}-{moment:%Y%m}" if moment else f"{family}-{VERSION}-{UNDATED}"


def single(family: str) -> str:
    """The index of a family that is not parted by months."""
    return f"{family}-{VERSION}"


def ensure(cluster: Cluster, family: str, index: str) -> str:
    """The index with its prefix, made if it is not there. A cluster may forbid making indices by writing to them."""
    name = cluster.name(index)
    cluster.once(f"template {family}", lambda: _put_template(cluster, family))
    cluster.once(name, lambda: _create(cluster, family, name))
    return name


def exists(cluster: Cluster, family: str) -> bool:
    """Whether the family has an index yet; before the first write there is nothing to search."""
    alias = cluster.name(family)
    if cluster.call(lambda client: bool(client.indices.exists_alias(name=alias)), f"look for {alias}"):
        cluster.once(f"alias {alias}", lambda: None)
        return True
    return False


def body(cluster: Cluster, family: str) -> dict[str, Any]:
    """Settings, mapping and alias of the family's indices."""
    return {
        "settings": _SETTINGS,
        "mappings": {
            "dynamic": "strict",
            "_meta": {"made_by": "detente", "version": VERSION},
            "properties": dict(MAPPINGS[family]),
        },
        "aliases": {cluster.name(family): {}},
    }


def _put_template(cluster: Cluster, family: str) -> None:
    name = cluster.name(family)
    cluster.call(
        lambda client: client.indices.put_index_template(
            name=name,
            index_patterns=[f"{name}-{VERSION}*"],
            template=body(cluster, family),
            priority=200,
            meta={"made_by": "detente"},
        ),
        f"put the template {name}",
    )


def _create(cluster: Cluster, family: str, name: str) -> None:
    def create(client: Elasticsearch) -> None:
        try:
            client.indices.create(index=name, **body(cluster, family))
        except ApiError as error:
            if _ALREADY_THERE not in str(error.body):
                raise

    cluster.call(create, f"make the index {name}")
