"""Queries to SQL: a condition on `signal s` with parameters only; nothing that a person typed becomes SQL text.

Columns are NULL where the signal has no value, and a condition that comes out NULL counts as false: so only `NOT` has
to turn NULL into false before it turns the rest around.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, TypeAlias

from connectors.local.schema import to_micros
from schemas.query import And, Exists, Not, Or, Query, Range, Term, Text, Value, nodes
from schemas.tokens import tokens

Parameter: TypeAlias = str | int | float
Condition: TypeAlias = tuple[str, list[Parameter]]

LABELS: Final = {"context": "contexts", "track": "tracks", "aimed_at": "aimed_at"}
"""Fields of many values, which live in the table `label`, and the signal's attribute."""

COLUMNS: Final = {
    "article": "article_id",
    "signal": "signal_id",
    **{
        name: name
        for name in (
            "dyad", "type", "mode", "quad", "score", "polarity", "cameo", "factuality", "reciprocal", "reporter",
            "language", "publisher", "owner", "country", "confidence", "published", "first_seen", "day", "status",
            "fingerprint", "rejected",
        )
    },
}  # fmt: skip
"""Fields of at most one value, and their column."""

_SIDES: Final = {
    "source": ("s.source", "s.reciprocal AND s.target"),
    "target": ("s.target", "s.target IS NOT NULL AND s.reciprocal AND s.source"),
    "actor": ("s.source", "s.target"),
}
"""Fields of up to two values: where the first and the second stand."""


def condition(query: Query) -> Condition:
    """The SQL condition and its parameters. The query must have passed `schemas.query_fields.check`."""
    if isinstance(query, And):
        return _joined(query.of, " AND ", "1")
    if isinstance(query, Or):
        return _joined(query.of, " OR ", "0")
    if isinstance(query, Not):
        inner, parameters = condition(query.of)
        return f"NOT coalesce({inner}, 0)", parameters
    if isinstance(query, Text):
        return _text(query)
    if isinstance(query, Range):
        return _range(query)
    if isinstance(query, Exists):
        return _exists(query.field)
    return _equals(query.field, (query.value,) if isinstance(query, Term) else query.values)


def words_sought(query: Query, limit: int) -> list[str]:
    """The distinct words that a hit is ranked by: of all texts that are not negated, in order, at most `limit`."""
    negated = [node.of for node, _ in nodes(query) if isinstance(node, Not)]
    barred = {id(inner) for outer in negated for inner, _ in nodes(outer)}
    texts = [node for node, _ in nodes(query) if isinstance(node, Text) and id(node) not in barred]
    return sorted({word for text in texts for word in tokens(text.text)})[:limit]


def parameter(value: Value) -> Parameter:
    """The value as its column holds it."""
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, date):
        return value.toordinal()
    return int(value) if isinstance(value, bool) else value


def _joined(parts: Sequence[Query], joint: str, nothing: str) -> Condition:
    if not parts:
        return nothing, []
    found = [condition(part) for part in parts]
    return f"({joint.join(sql for sql, _ in found)})", [one for _, parameters in found for one in parameters]


def _equals(field: str, values: Sequence[Value]) -> Condition:
    parameters = [parameter(value) for value in values if value != ""]
    marks = ", ".join("?" * len(parameters))
    if not parameters:
        return "0", []
    if field in LABELS:
        sql = f"s.row IN (SELECT row FROM label WHERE field = ? AND value IN ({marks}))"  # noqa: S608 - only marks
        return sql, [field, *parameters]
    if field in _SIDES:
        first, second = _SIDES[field]
        return f"({first} IN ({marks}) OR ({second} IN ({marks})))", parameters * 2
    return f"s.{COLUMNS[field]} IN ({marks})", parameters


def _range(query: Range) -> Condition:
    if query.gte is None and query.lt is None:
        return _exists(query.field)
    # `time` says the same as `published` again where that is not NULL, and has the index.
    columns = ("published", "time") if query.field == "published" else (COLUMNS[query.field],)
    ends = [(f"s.{column} {sign} ?", end) for column in columns for sign, end in ((">=", query.gte), ("<", query.lt))]
    given = [(sql, parameter(value)) for sql, value in ends if value is not None]
    return f"({' AND '.join(sql for sql, _ in given)})", [value for _, value in given]


def _exists(field: str) -> Condition:
    if field in LABELS:
        return "s.row IN (SELECT row FROM label WHERE field = ?)", [field]
    column = "source" if field == "actor" else field if field in _SIDES else COLUMNS[field]
    return f"s.{column} IS NOT NULL", []


def _text(query: Text) -> Condition:
    words = tokens(query.text)
    if not words:
        return "0", []
    if query.match == "phrase":
        sought = _quoted(" ".join(words))
    else:
        sought = (" OR " if query.match == "any" else " AND ").join(_quoted(word) for word in dict.fromkeys(words))
    return "s.row IN (SELECT rowid FROM quote WHERE quote MATCH ?)", [sought]


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'
