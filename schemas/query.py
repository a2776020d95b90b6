"""The query language of signals: a small typed tree. `schemas.query_syntax` parses what people type into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

import msgspec

Value: TypeAlias = str | int | float | bool | date | datetime


class Term(msgspec.Struct, frozen=True, tag="term"):
    """The field equals the value (for a list field: contains it)."""

    field: str
    value: Value


class Terms(msgspec.Struct, frozen=True, tag="terms"):
    """The field equals one of the values."""

    field: str
    values: tuple[Value, ...]


class Range(msgspec.Struct, frozen=True, tag="range"):
    """gte <= field < lt, each end optional; with neither, the same as `Exists`."""

    field: str
    gte: Value | None = None
    lt: Value | None = None


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words (`schemas.tokens`) in the quote: any, all, or as a phrase in order; without a word, nothing matches."""

    text: str
    match: Literal["any", "all", "phrase"] = "all"


class Exists(msgspec.Struct, frozen=True, tag="exists"):
    """The field is neither null nor empty."""

    field: str


class And(msgspec.Struct, frozen=True, tag="and"):
    """All of them; with none, everything."""

    of: tuple[Query, ...] = ()


class Or(msgspec.Struct, frozen=True, tag="or"):
    """At least one of them; with none, nothing."""

    of: tuple[Query, ...] = ()


class Not(msgspec.Struct, frozen=True, tag="not"):
    """Everything that the inner query does not match."""

    of: Query


Query: TypeAlias = Term | Terms | Range | Text | Exists | And | Or | Not

EVERYTHING: Final[Query] = And()
NOTHING: Final[Query] = Not(EVERYTHING)


def nodes(query: Query) -> Iterator[tuple[Query, int]]:
    """Every node of the tree with its depth, the root's being 1."""
    stack: list[tuple[Query, int]] = [(query, 1)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        if isinstance(node, Not):
            stack.append((node.of, depth + 1))
        elif isinstance(node, And | Or):
            stack.extend((inner, depth + 1) for inner in node.of)


def normal(query: Query) -> Query:
    """The same meaning in one form: nested `And` in `And` and `Or` in `Or` opened, lists of one replaced by the one."""
    if isinstance(query, And):
        parts = _opened(query, And)
        return parts[0] if len(parts) == 1 else And(parts)
    if isinstance(query, Or):
        parts = _opened(query, Or)
        if not parts:
            return NOTHING
        return parts[0] if len(parts) == 1 else Or(parts)
    if isinstance(query, Not):
        return Not(normal(query.of))
    if isinstance(query, Terms) and len(query.values) < 2:  # noqa: PLR2004 - fewer than two make no list
        return Term(query.field, query.values[0]) if query.values else NOTHING
    if isinstance(query, Range) and query.gte is None and query.lt is None:
        return Exists(query.field)
    return query


def _opened(query: And | Or, kind: type[And | Or]) -> tuple[Query, ...]:
    parts: list[Query] = []
    for inner in query.of:
        plain = normal(inner)
        parts.extend(plain.of if isinstance(plain, kind) else (plain,))
    return tuple(parts)
