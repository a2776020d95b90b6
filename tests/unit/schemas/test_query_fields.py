from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from connectors.conformance.index import sample
from connectors.conformance.strategies import START
from schemas.errors import ConfigError
from schemas.query import EVERYTHING, NOTHING, And, Exists, Not, Or, Query, Range, Term, Terms, Text
from schemas.query_fields import FIELDS, MAX_DEPTH, active, check, matches, values
from schemas.records import Actor, EventDate, Publisher, Signal

PLAIN = sample(1, "Beijing reopened the hotline.")
MUTUAL = msgspec.structs.replace(PLAIN, reciprocal=True)
ALONE = msgspec.structs.replace(PLAIN, source=Actor(code="PRK"), target=None, dyad=None)
MONTH = EventDate(start=date(2023, 3, 1), end=date(2023, 3, 31), precision="month")


@pytest.mark.parametrize(
    "signal, field, expected",
    [
        (PLAIN, "source", ("CHN",)),
        (PLAIN, "target", ("JPN",)),
        (PLAIN, "actor", ("CHN", "JPN")),
        (MUTUAL, "source", ("CHN", "JPN")),
        (MUTUAL, "target", ("JPN", "CHN")),
        (PLAIN, "dyad", ("CHN-JPN",)),
        (ALONE, "dyad", ("PRK-*",)),
        (ALONE, "source", ("PRK",)),
        (ALONE, "target", ()),
        (ALONE, "actor", ("PRK",)),
        (PLAIN, "mode", ()),
        (PLAIN, "reporter", ()),
        (PLAIN, "publisher", ()),
        (PLAIN, "rejected", (True,)),
        (PLAIN, "reciprocal", (False,)),
        (msgspec.structs.replace(PLAIN, polarity=0), "polarity", (0,)),
        (
            msgspec.structs.replace(PLAIN, contexts=("military", "", "military", "cyber")),
            "context",
            ("military", "cyber"),
        ),
        (msgspec.structs.replace(PLAIN, publisher=Publisher(id="p", name="P", owner="o")), "owner", ("o",)),
        (msgspec.structs.replace(PLAIN, publisher=Publisher(id="p", name="P", owner="o")), "country", ()),
        (msgspec.structs.replace(PLAIN, event_date=MONTH), "day", (date(2023, 3, 1),)),
        (PLAIN, "day", (date(2023, 1, 31),)),
        (msgspec.structs.replace(PLAIN, published=None), "day", ()),
    ],
)
def test_values(signal: Signal, field: str, expected: tuple[object, ...]) -> None:
    assert values(field, signal, rejected=True) == expected


def test_the_publication_day_is_that_of_utc() -> None:
    morning = datetime.fromisoformat("2023-02-01T06:00:00+09:00")
    assert values("day", msgspec.structs.replace(PLAIN, published=morning)) == (date(2023, 1, 31),)


@pytest.mark.parametrize(
    "query, found",
    [
        (EVERYTHING, True),
        (NOTHING, False),
        (Or(), False),
        (Term("type", "AGREE"), True),
        (Terms("type", ("AID", "AGREE")), True),
        (Terms("type", ()), False),
        (Exists("mode"), False),
        (Not(Term("mode", "visit")), True),
        (Range("confidence", gte=0.5), True),
        (Range("confidence", lt=0.5), False),
        (Range("first_seen", lt=datetime(2030, 1, 1, tzinfo=UTC)), False),
        (Range("published"), True),
        (
            Range("published", gte=PLAIN.published, lt=START + timedelta(days=1, microseconds=1)),
            True,
        ),
        (Text("HOTLINE reopened"), True),
        (Text("hotline reopened", "phrase"), False),
        (Text("reopened the hotline", "phrase"), True),
        (Text("hotline closed", "any"), True),
        (Text("hotline closed"), False),
        (Text(""), False),
        (And((Term("source", "CHN"), Not(Term("target", "CHN")))), True),
    ],
)
def test_matches(query: Query, found: bool) -> None:
    check(query)
    assert matches(query, PLAIN) is found
    assert matches(Not(query), PLAIN) is not found


def test_a_reciprocal_act_is_found_in_both_directions() -> None:
    for field in ("source", "target"):
        for code in ("CHN", "JPN"):
            assert matches(Term(field, code), MUTUAL)
    assert not matches(Term("source", "JPN"), PLAIN)


def test_active_leaves_out_what_was_retracted_unless_asked_for() -> None:
    gone = msgspec.structs.replace(PLAIN, status="retracted")
    assert matches(active(Text("hotline")), PLAIN)
    assert not matches(active(Text("hotline")), gone)
    for asked in (Term("status", "retracted"), Exists("status"), Not(Term("status", "active"))):
        assert matches(active(And((Text("hotline"), asked))), gone)


@pytest.mark.parametrize(
    "query, words",
    [
        (Term("sorce", "CHN"), "did you mean 'source'"),
        (Exists("nothing_like_it"), "known: source"),
        (Term("type", "AGRE"), "did you mean 'AGREE'"),
        (Term("source", "China"), "a code such as CHN"),
        (Term("dyad", "JPN-CHN"), "two codes in order"),
        (Term("quad", True), "takes a integer"),
        (Term("quad", 5), "has no value 5"),
        (Term("confidence", float("inf")), "takes a number"),
        (Term("reciprocal", 1), "takes a flag"),
        (Term("day", datetime(2023, 1, 1, tzinfo=UTC)), "takes a day"),
        (Term("published", date(2023, 1, 1)), "takes a moment"),
        (Range("published", gte=START.replace(tzinfo=None)), "takes a moment"),
        (Range("type", gte="A"), "has no order"),
        (Terms("publisher", tuple(str(n) for n in range(1001))), "at most 1000 values"),
        (Text("\udc00"), "surrogate"),
        (And(tuple(Text("a") for _ in range(1000))), "too large"),
    ],
)
def test_check_refuses(query: Query, words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        check(query)


def test_depth_is_limited_without_recursion() -> None:
    query: Query = Text("a")
    for _ in range(MAX_DEPTH - 1):
        query = Not(query)
    check(query)
    for _ in range(20_000):
        query = Not(query)
    with pytest.raises(ConfigError, match="too large"):
        check(query)


def test_every_field_is_described() -> None:
    assert all(field.doc and field.name == name for name, field in FIELDS.items())
