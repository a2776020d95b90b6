"""Whether a signal matches a query: the query language over one record, for saved searches at each tick."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from schemas.query import And, Exists, Not, Or, Query, Range, Term, Terms, Text
from schemas.records import Signal
from schemas.tokens import tokens


def matches(query: Query, signal: Signal) -> bool:
    """True where the query holds of the signal. Unknown fields hold nothing."""
    if isinstance(query, And):
        return all(matches(part, signal) for part in query.of)
    if isinstance(query, Or):
        return any(matches(part, signal) for part in query.of)
    if isinstance(query, Not):
        return not matches(query.of, signal)
    if isinstance(query, Text):
        return _text(query, signal.evidence.quote)
    values = _values(signal, query.field)
    if isinstance(query, Exists):
        return bool(values)
    if isinstance(query, Term):
        return _plain(query.value) in values
    if isinstance(query, Terms):
        return any(_plain(value) in values for value in query.values)
    return any(_within(query, value) for value in values)


def _values(signal: Signal, name: str) -> list[Any]:
    """The field's values, reciprocal acts in both directions; dotted names reach into parts."""
    found: Any = signal
    if name in {"source", "target"}:
        codes = [signal.source.code, signal.target.code if signal.target else None]
        picked = codes if signal.reciprocal else [codes[0] if name == "source" else codes[1]]
        return [code for code in picked if code]
    if name == "publisher":
        name = "publisher.id"
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else getattr(found, part, None)
    values = list(found) if isinstance(found, tuple | list) else [found]
    return [_plain(value) for value in values if value not in (None, "")]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _within(query: Range, value: Any) -> bool:
    try:
        above = query.gte is None or value >= _plain(query.gte)
        return bool(above and (query.lt is None or value < _plain(query.lt)))
    except TypeError:
        return False


def _text(query: Text, quote: str) -> bool:
    words, wanted = tokens(quote), tokens(query.text)
    if query.match == "any":
        return any(w in words for w in wanted)
    if query.match == "all":
        return all(w in words for w in wanted)
    n = len(wanted)
    return any(words[i : i + n] == wanted for i in range(len(words) - n + 1))
