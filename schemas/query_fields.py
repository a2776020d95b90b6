"""What a signal has for each field that can be queried, and what a query therefore means.

This is the one place where the fields are listed. Each index translates queries into its own language; the
conformance suite compares what it finds with `matches`, so that SQLite, Elasticsearch and this module agree.

A field has any number of values; a query on it asks whether one of them fits. `source` and `target` of a reciprocal
signal hold both sides, since it is an act of each towards the other; of any other signal each holds one. `dyad` is the
signal's key, which is the posture key (`PRK-*`) where there is no target. `day` is the first day of the event date,
else the UTC day of publication. Empty strings and nulls are no values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final, Literal, get_args

import msgspec

from schemas.errors import ConfigError
from schemas.ontology import CONTEXTS, CORE, FACTUALITIES, event_types
from schemas.query import And, Exists, Not, Or, Query, Range, Term, Terms, Text, Value, nodes
from schemas.records import Signal, SignalStatus
from schemas.tokens import tokens

Kind = Literal["keyword", "actor", "dyad", "integer", "number", "flag", "day", "moment"]
ORDERED: Final[frozenset[Kind]] = frozenset({"integer", "number", "day", "moment"})
"""Kinds that can be asked for by range."""

MAX_DEPTH: Final = 30
MAX_NODES: Final = 1000
MAX_VALUES: Final = 1000
MAX_TEXT: Final = 1000
_INT64: Final = 2**63
_ACTOR: Final = re.compile(r"[A-Z]{3}|[A-Z]{3,5}:[A-Z0-9-]{1,20}")
_SEPARATOR: Final = "-"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its kind, its values in a signal (the flag says whether a person rejected it), and its closed list."""

    name: str
    kind: Kind
    doc: str
    values: Callable[[Signal, bool], Sequence[Value | None]]
    choices: tuple[Value, ...] = ()

    @property
    def facet(self) -> bool:
        """Whether values can be counted: everything but moments and measures."""
        return self.kind not in {"moment", "number"}


def _sides(signal: Signal, first: str, second: str | None) -> tuple[str | None, ...]:
    return (first, second) if signal.reciprocal else (first,)


def _source(signal: Signal, _: bool) -> tuple[str | None, ...]:
    return _sides(signal, signal.source.code, signal.target.code if signal.target else None)


def _target(signal: Signal, _: bool) -> tuple[str | None, ...]:
    return _sides(signal, signal.target.code, signal.source.code) if signal.target else ()


def _actor(signal: Signal, _: bool) -> tuple[str | None, ...]:
    return (signal.source.code, signal.target.code if signal.target else None)


def day_of(signal: Signal) -> date | None:
    """First day of the event date, else the UTC day of publication."""
    if signal.event_date:
        return signal.event_date.start
    return signal.published.astimezone(UTC).date() if signal.published else None


def _of_publisher(name: str) -> Callable[[Signal, bool], tuple[str | None, ...]]:
    return lambda signal, _: (getattr(signal.publisher, name),) if signal.publisher else ()


def _plain(name: str) -> Callable[[Signal, bool], tuple[Any, ...]]:
    return lambda signal, _: (getattr(signal, name),)


def _listed(name: str) -> Callable[[Signal, bool], tuple[Any, ...]]:
    return lambda signal, _: getattr(signal, name)


_TYPES: Final = tuple(event_types())
_MODES: Final = tuple(sorted({mode for kind in event_types().values() for mode in kind.modes}))

FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for field in (
        Field(name="source", kind="actor", doc="who acts", values=_source),
        Field(name="target", kind="actor", doc="towards whom", values=_target),
        Field(name="actor", kind="actor", doc="either side", values=_actor),
        Field(name="dyad", kind="dyad", doc="the pair, or PRK-* without target", values=lambda s, _: (s.key,)),
        Field(name="type", kind="keyword", doc="event type", values=_plain("type"), choices=_TYPES),
        Field(name="mode", kind="keyword", doc="mode of the type", values=_plain("mode"), choices=_MODES),
        Field(name="quad", kind="integer", doc="quadrant", values=_plain("quad"), choices=(1, 2, 3, 4)),
        Field(name="score", kind="number", doc="the ontology's score, -10..10", values=_plain("score")),
        Field(name="polarity", kind="integer", doc="sign of the score", values=_plain("polarity"), choices=(-1, 0, 1)),
        Field(name="cameo", kind="keyword", doc="CAMEO root", values=_plain("cameo_root")),
        Field(name="factuality", kind="keyword", doc="stance", values=_plain("factuality"), choices=FACTUALITIES),
        Field(name="context", kind="keyword", doc="what it is about", values=_listed("contexts"), choices=CONTEXTS),
        Field(name="track", kind="keyword", doc="track of diplomacy", values=_listed("tracks")),
        Field(name="reciprocal", kind="flag", doc="an act of both", values=_plain("reciprocal")),
        Field(name="aimed_at", kind="actor", doc="third party it is aimed at", values=_listed("aimed_at")),
        Field(name="reporter", kind="keyword", doc="who says so", values=_plain("reporter")),
        Field(name="language", kind="keyword", doc="language of the article", values=_plain("language")),
        Field(name="publisher", kind="keyword", doc="publisher's id", values=_of_publisher("id")),
        Field(name="owner", kind="keyword", doc="ownership group", values=_of_publisher("owner")),
        Field(name="country", kind="keyword", doc="publisher's country", values=_of_publisher("country")),
        Field(name="confidence", kind="number", doc="0..1", values=_plain("confidence")),
        Field(name="published", kind="moment", doc="time of publication", values=_plain("published")),
        Field(name="first_seen", kind="moment", doc="first stored", values=_plain("first_seen")),
        Field(name="day", kind="day", doc="event date, else publication day", values=lambda s, _: (day_of(s),)),
        Field(name="status", kind="keyword", doc="state", values=_plain("status"), choices=get_args(SignalStatus)),
        Field(name="article", kind="keyword", doc="article's id", values=_plain("article_id")),
        Field(name="signal", kind="keyword", doc="signal's id", values=_plain("signal_id")),
        Field(name="fingerprint", kind="keyword", doc="of the article", values=_plain("fingerprint")),
        Field(name="rejected", kind="flag", doc="rejected by a person", values=lambda _, rejected: (rejected,)),
    )
}
"""Every field by name, in the order in which help lists them."""


def values(field: str, signal: Signal, *, rejected: bool = False) -> tuple[Value, ...]:
    """The distinct values that a signal has for a field, in order; ConfigError for an unknown field."""
    found = field_of(field).values(signal, rejected)
    return tuple(dict.fromkeys(value for value in found if value is not None and value != ""))


def field_of(name: str) -> Field:
    """The field, or ConfigError with the nearest known name."""
    field = FIELDS.get(name)
    if field is None:
        raise ConfigError(f"unknown field {name!r}{nearest(name, tuple(FIELDS))}", "unknown_field")
    return field


def facet_field(name: str) -> Field:
    """The field, or ConfigError when it is unknown or its values are not counted."""
    field = field_of(name)
    if not field.facet:
        raise ConfigError(f"values of {name!r} are not counted: it is a {field.kind}", "bad_facet")
    return field


def nearest(name: str, known: Sequence[str]) -> str:
    """The end of an error message: the closest known name, else all of them."""
    by_lower = {word.lower(): word for word in known}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else f"; known: {', '.join(known)}"


def matches(query: Query, signal: Signal, *, rejected: bool = False) -> bool:
    """Whether the signal is in the query's result. ConfigError for an unknown field."""
    if isinstance(query, And):
        return all(matches(inner, signal, rejected=rejected) for inner in query.of)
    if isinstance(query, Or):
        return any(matches(inner, signal, rejected=rejected) for inner in query.of)
    if isinstance(query, Not):
        return not matches(query.of, signal, rejected=rejected)
    if isinstance(query, Text):
        return _has_words(tokens(query.text), tokens(signal.evidence.quote), query.match)
    found: tuple[Any, ...] = values(query.field, signal, rejected=rejected)
    if isinstance(query, Term):
        return query.value in found
    if isinstance(query, Terms):
        return any(value in query.values for value in found)
    if isinstance(query, Range):
        low, high = query.gte, query.lt
        return any((low is None or value >= low) and (high is None or value < high) for value in found)
    return bool(found)


def _has_words(wanted: list[str], words: list[str], match: str) -> bool:
    if not wanted:
        return False
    if match == "phrase":
        width = len(wanted)
        return any(words[i : i + width] == wanted for i in range(len(words) - width + 1))
    present = set(words)
    return (any if match == "any" else all)(word in present for word in wanted)


def active(query: Query) -> Query:
    """The query as people mean it: without retracted signals, unless it asks for a status itself."""
    if any(getattr(node, "field", "") == "status" for node, _ in nodes(query)):
        return query
    return And((query, Term("status", "active")))


def check(query: Query) -> None:
    """ConfigError for a tree that no index may be asked: unknown field, wrong type or value, too deep or too large."""
    for count, (node, depth) in enumerate(nodes(query), start=1):
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise ConfigError(f"query too large: at most {MAX_DEPTH} deep, {MAX_NODES} parts", "query_too_large")
        if isinstance(node, Text):
            _check_text(node.text)
        elif isinstance(node, Term):
            check_value(field_of(node.field), node.value)
        elif isinstance(node, Terms):
            _check_terms(node)
        elif isinstance(node, Range):
            _check_range(node)
        elif isinstance(node, Exists):
            field_of(node.field)


def _check_terms(node: Terms) -> None:
    if len(node.values) > MAX_VALUES:
        raise ConfigError(f"at most {MAX_VALUES} values of {node.field!r} in one query", "query_too_large")
    for value in node.values:
        check_value(field_of(node.field), value)


def _check_range(node: Range) -> None:
    field = field_of(node.field)
    if field.kind not in ORDERED:
        raise ConfigError(f"field {node.field!r} has no order: write {node.field}:VALUE", "bad_range")
    for value in (node.gte, node.lt):
        if value is not None:
            check_type(field, value)


def _check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise ConfigError(f"at most {MAX_TEXT} characters of text in one part of a query", "query_too_large")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ConfigError("the query holds half of a surrogate pair, which is no character", "bad_value")


def check_value(field: Field, value: Value) -> None:
    """ConfigError unless the field could have this value."""
    check_type(field, value)
    if field.choices and value not in field.choices:
        known = tuple(str(choice) for choice in field.choices)
        raise ConfigError(f"field {field.name!r} has no value {value!r}{nearest(str(value), known)}", "unknown_value")
    if field.kind == "actor" and not _ACTOR.fullmatch(str(value)):
        raise _bad_code(field, str(value), "a code such as CHN or IGO:NATO")
    if field.kind == "dyad" and not is_key(str(value)):
        raise _bad_code(field, str(value), "two codes in order such as CHN-JPN, or PRK-*")


def is_key(text: str) -> bool:
    """Whether it is a dyad (codes in order, joined by "-") or a posture key (`PRK-*`)."""
    return any(
        _ACTOR.fullmatch(text[:at])
        and (text[at + 1 :] == "*" or (_ACTOR.fullmatch(text[at + 1 :]) and text[:at] < text[at + 1 :]))
        for at, letter in enumerate(text)
        if letter == _SEPARATOR
    )


def _bad_code(field: Field, value: str, wanted: str) -> ConfigError:
    close = get_close_matches(value.upper(), CORE, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close and field.kind == "actor" else ""
    return ConfigError(f"field {field.name!r} takes {wanted}, not {value!r}{hint}", "unknown_value")


def check_type(field: Field, value: Value) -> None:
    """ConfigError unless the value is of the field's kind."""
    if field.kind in {"keyword", "actor", "dyad"}:
        fits = isinstance(value, str)
        if isinstance(value, str):
            _check_text(value)
    elif field.kind == "flag":
        fits = isinstance(value, bool)
    elif field.kind == "integer":
        fits = isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64
    elif field.kind == "number":
        fits = (
            isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _INT64 and isfinite(value)
        )
    elif field.kind == "day":
        fits = isinstance(value, date) and not isinstance(value, datetime)
    else:
        fits = isinstance(value, datetime) and value.tzinfo is not None
    if not fits:
        raise ConfigError(f"field {field.name!r} takes a {field.kind}, not {value!r}", "bad_value")
