"""Values as people write them in a query, and their way back to text. A part of `schemas.query_syntax`.

A written value covers an interval: `2023-08` all of August, `0.7` only itself. So one reading serves equality,
comparison and ranges alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import inf, nextafter
from typing import Final

import msgspec

from schemas.errors import ConfigError
from schemas.ontology import CORE
from schemas.query import Query, Range, Term, Value
from schemas.query_fields import Field, is_key

_CALENDAR: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NAMES: Final = ("china", "japan", "south korea", "mongolia", "north korea", "russia", "taiwan", "united states")
_NAMES_OF_CORE: Final = dict(zip(_NAMES, CORE, strict=True))


class Literal(msgspec.Struct, frozen=True):
    """One written value and the half-open interval [low, high) that it covers; an open high end is None."""

    value: Value
    low: Value
    high: Value | None
    exact: bool = True

    def equals(self, field: str) -> Query:
        """The query that the field has this value, or one of those it stands for."""
        return Term(field, self.value) if self.exact else Range(field, gte=self.low, lt=self.high)


def read(field: Field, text: str) -> Literal:
    """What the text means for the field; ConfigError where it means nothing. Closed lists are the caller's to check."""
    try:
        return _READERS[field.kind](field, text)
    except (ValueError, OverflowError) as error:
        wanted = _WANTED[field.kind]
        raise ConfigError(f"field {field.name!r} takes {wanted}, not {text!r}", "bad_value") from error


def written(value: Value) -> str:
    """The value as text without quotation marks."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str) else repr(value)


def _single(value: Value) -> Literal:
    return Literal(value, value, _after(value))


def _after(value: Value) -> Value | None:
    """The next value of the same kind; None after the last one."""
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1) if value < datetime.max.replace(tzinfo=UTC) else None
    if isinstance(value, date):
        return value + timedelta(days=1) if value < date.max else None
    if isinstance(value, int):
        return value + 1
    return nextafter(value, inf) if isinstance(value, float) else None


def _keyword(field: Field, text: str) -> Literal:
    known = {str(choice).lower(): choice for choice in field.choices}
    return _single(known.get(text.lower(), text))


def _actor(field: Field, text: str) -> Literal:
    code = _NAMES_OF_CORE.get(text.lower())
    if code:
        raise ConfigError(f"field {field.name!r} takes codes; did you mean {code!r}?", "unknown_value")
    return _single(text.upper())


def _dyad(_: Field, text: str) -> Literal:
    key = text.upper()
    for at, letter in enumerate(key):
        turned = f"{key[at + 1 :]}-{key[:at]}"
        if letter == "-" and not is_key(key) and "*" not in turned and is_key(turned):
            return _single(turned)
    return _single(key)


def _integer(_: Field, text: str) -> Literal:
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return _single(int(text))


def _number(_: Field, text: str) -> Literal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return _single(float(text))


def _flag(_: Field, text: str) -> Literal:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return _single(text.lower() == "true")


def _day(_: Field, text: str) -> Literal:
    first, after, whole_day = _calendar(text)
    return Literal(first, first, after, exact=whole_day)


def _moment(_: Field, text: str) -> Literal:
    if _CALENDAR.fullmatch(text):
        first, after, _whole_day = _calendar(text)
        low = _midnight(first)
        return Literal(low, low, _midnight(after) if after else None, exact=False)
    if not _MOMENT.fullmatch(text):
        raise ValueError(text)
    value = datetime.fromisoformat(text.upper())
    return _single(value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


def _calendar(text: str) -> tuple[date, date | None, bool]:
    """First day, the day after the last one (None beyond the calendar), and whether it is a single day."""
    match = _CALENDAR.fullmatch(text)
    if not match:
        raise ValueError(text)
    year, month, day = (int(part) if part else 0 for part in match.groups())
    first = date(year, month if match[2] else 1, day if match[3] else 1)
    try:
        if match[3]:
            return first, first + timedelta(days=1), True
        if match[2]:
            return first, date(year + month // 12, month % 12 + 1, 1), False
        return first, date(year + 1, 1, 1), False
    except (OverflowError, ValueError):
        return first, None, bool(match[3])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


_READERS: Final[dict[str, Callable[[Field, str], Literal]]] = {
    "keyword": _keyword,
    "actor": _actor,
    "dyad": _dyad,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "day": _day,
    "moment": _moment,
}
_WANTED: Final = {
    "integer": "a whole number",
    "number": "a number",
    "flag": "true or false",
    "day": "a day such as 2023-08-24, a month or a year",
    "moment": "a time such as 2023-08-24T06:00:00Z, a day, a month or a year",
}
