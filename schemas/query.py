"""The query language of signals: a small typed tree. `schemas.query_syntax` parses what people type into it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

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
    """gte <= field < lt, each end optional."""

    field: str
    gte: Value | None = None
    lt: Value | None = None


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Words in the quote: any of them, all of them, or as a phrase in this order."""

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

EVERYTHING: Query = And()
