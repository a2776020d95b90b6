"""Queries to Elasticsearch's query language, and signals to documents; both by the fields of `schemas.query_fields`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from schemas import codec
from schemas.query import And, Exists, Not, Or, Query, Range, Terms, Text, Value, nodes
from schemas.query_fields import FIELDS, values
from schemas.records import Signal
from schemas.tokens import normalised, tokens

MOST_WORDS: Final = 32
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NOTHING: Final[dict[str, Any]] = {"match_none": {}}


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def condition(query: Query) -> dict[str, Any]:
    """What finds the query's result. The query must have passed `schemas.query_fields.check`."""
    if isinstance(query, And):
        return {"bool": {"filter": [condition(part) for part in query.of]}} if query.of else {"match_all": {}}
    if isinstance(query, Or):
        if not query.of:
            return _NOTHING
        return {"bool": {"should": [condition(part) for part in query.of], "minimum_should_match": 1}}
    if isinstance(query, Not):
        return {"bool": {"must_not": [condition(query.of)]}}
    if isinstance(query, Text):
        return _text(query)
    if isinstance(query, Exists):
        return {"exists": {"field": query.field}}
    if isinstance(query, Range):
        return _range(query)
    if isinstance(query, Terms):
        return {"terms": {query.field: [stored(value) for value in query.values]}}
    return {"term": {query.field: {"value": stored(query.value)}}}


def ranked(query: Query, words: str) -> dict[str, Any]:
    """The same result, scored by the words sought."""
    sought = {"match": {"quote": {"query": words, "analyzer": "whitespace"}}}
    return {"bool": {"filter": [condition(query)], "should": [sought]}}


def words_sought(query: Query) -> str:
    """The distinct words that a hit is ranked by, parted by blanks: of all texts that are not negated."""
    negated = [node.of for node, _ in nodes(query) if isinstance(node, Not)]
    barred = {id(inner) for outer in negated for inner, _ in nodes(outer)}
    texts = [node for node, _ in nodes(query) if isinstance(node, Text) and id(node) not in barred]
    return " ".join(sorted({word for text in texts for word in tokens(text.text)})[:MOST_WORDS])


def stored(value: Value) -> str | int | float | bool:
    """The value as documents hold it."""
    if isinstance(value, datetime):
        return micros(value)
    return value.isoformat() if isinstance(value, date) else value


def document(signal: Signal, *, rejected: bool) -> dict[str, Any]:
    """A signal as it is indexed."""
    fields: dict[str, Any] = {}
    for name in FIELDS:
        found = [stored(value) for value in values(name, signal, rejected=rejected)]
        if found:
            fields[name] = found[0] if len(found) == 1 else found
    if signal.published:
        fields["published_at"] = (signal.published - _EPOCH) // timedelta(milliseconds=1)
    return fields | {
        # Where the text is split must not depend on its form of Unicode.
        "quote": normalised(signal.evidence.quote),
        "revision": signal.revision,
        "record": msgspec.Raw(codec.encode(signal)),
    }


def _text(query: Text) -> dict[str, Any]:
    found = tokens(query.text)
    if not found:
        return _NOTHING
    # Split by us: the tokens are the same as those of the field's own analyzer, and none gets lost on the way.
    asked: dict[str, Any] = {"query": " ".join(found), "analyzer": "whitespace"}
    if query.match == "phrase":
        return {"match_phrase": {"quote": asked}}
    return {"match": {"quote": asked | {"operator": "and" if query.match == "all" else "or"}}}


def _range(query: Range) -> dict[str, Any]:
    edges = {name: stored(edge) for name, edge in (("gte", query.gte), ("lt", query.lt)) if edge is not None}
    return {"range": {query.field: edges}} if edges else {"exists": {"field": query.field}}
