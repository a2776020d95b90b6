from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.conformance.strategies import queries, signals
from schemas.errors import ConfigError
from schemas.query import EVERYTHING, NOTHING, And, Exists, Not, Or, Query, Range, Term, Terms, Text, normal
from schemas.query_fields import MAX_DEPTH, matches
from schemas.query_syntax import MAX_LENGTH, parse, render


def utc(year: int, month: int, day: int, *rest: int) -> datetime:
    return datetime(year, month, day, *rest, tzinfo=UTC)  # type: ignore[misc,arg-type]  # hour to microsecond


CASES: list[tuple[str, Query]] = [
    ("", EVERYTHING),
    ("  ", EVERYTHING),
    ("*", EVERYTHING),
    ("hotline", Text("hotline")),
    ("joint  drill", Text("joint drill")),
    ("wi-fi and to", Text("wi-fi and to")),
    ('"joint drill"', Text("joint drill", "phrase")),
    ("“joint drill”", Text("joint drill", "phrase")),
    (r'"say \"no\" \\ now"', Text('say "no" \\ now', "phrase")),
    ('any:"hotline channel"', Text("hotline channel", "any")),
    ("all:OR", Text("OR")),
    ('hotline "joint drill"', And((Text("hotline"), Text("joint drill", "phrase")))),
    ("海上 热线", Text("海上 热线")),
    ("source:CHN", Term("source", "CHN")),
    ("source:chn SOURCE:CHN", And((Term("source", "CHN"), Term("source", "CHN")))),
    ("target:IGO:NATO", Term("target", "IGO:NATO")),
    ("dyad:JPN-CHN", Term("dyad", "CHN-JPN")),
    ("dyad:prk-*", Term("dyad", "PRK-*")),
    ("dyad:IGO:NATO-CHN", Term("dyad", "CHN-IGO:NATO")),
    ("type:agree mode:third-party", And((Term("type", "AGREE"), Term("mode", "third-party")))),
    ("type:(AGREE OR CONSULT)", Terms("type", ("AGREE", "CONSULT"))),
    ("type:(AGREE)", Term("type", "AGREE")),
    ("polarity:-1", Term("polarity", -1)),
    ("-polarity:-1", Not(Term("polarity", -1))),
    ("reciprocal:True rejected:false", And((Term("reciprocal", True), Term("rejected", False)))),
    ("reporter:*", Exists("reporter")),
    ("NOT reporter:*", Not(Exists("reporter"))),
    ('publisher:"odd (one)"', Term("publisher", "odd (one)")),
    ('publisher:("a b" OR c.example)', Terms("publisher", ("a b", "c.example"))),
    ("quad:2 confidence:0.7", And((Term("quad", 2), Term("confidence", 0.7)))),
    ("confidence:>=0.7", Range("confidence", gte=0.7)),
    ("confidence:<0.7", Range("confidence", lt=0.7)),
    ("confidence:>0.5", Range("confidence", gte=0.5000000000000001)),
    ("quad:<=2", Range("quad", lt=3)),
    ("quad:>2", Range("quad", gte=3)),
    ("quad:[2 TO 3]", Range("quad", gte=2, lt=4)),
    ("quad:{2 TO 4}", Range("quad", gte=3, lt=4)),
    ("day:2023-08-24", Term("day", date(2023, 8, 24))),
    ("day:2023-02", Range("day", gte=date(2023, 2, 1), lt=date(2023, 3, 1))),
    ("day:2023-12", Range("day", gte=date(2023, 12, 1), lt=date(2024, 1, 1))),
    ("day:2023", Range("day", gte=date(2023, 1, 1), lt=date(2024, 1, 1))),
    ("day:>2023", Range("day", gte=date(2024, 1, 1))),
    ("day:<=2023-02", Range("day", lt=date(2023, 3, 1))),
    ("day:<2023", Range("day", lt=date(2023, 1, 1))),
    ("day:[2023-01-01 TO 2023-02-01]", Range("day", gte=date(2023, 1, 1), lt=date(2023, 2, 2))),
    ("day:[2023-01-01 TO 2023-02-01}", Range("day", gte=date(2023, 1, 1), lt=date(2023, 2, 1))),
    ("day:[* TO 2023}", Range("day", lt=date(2023, 1, 1))),
    ("day:[* TO *]", Exists("day")),
    ("day:9999-12-31", Term("day", date.max)),
    ("day:>9999", NOTHING),
    ("day:<=9999-12", Exists("day")),
    (
        "day:(2023-01-01 OR 2023-02)",
        Or((Term("day", date(2023, 1, 1)), Range("day", gte=date(2023, 2, 1), lt=date(2023, 3, 1)))),
    ),
    ("published:2023-08-24", Range("published", gte=utc(2023, 8, 24), lt=utc(2023, 8, 25))),
    ("published:[2023-01-01 TO 2023-02-01]", Range("published", gte=utc(2023, 1, 1), lt=utc(2023, 2, 2))),
    ("published:>=2023-08-24T06:00:00Z", Range("published", gte=utc(2023, 8, 24, 6))),
    ("published:2023-08-24T15:00:00+09:00", Term("published", utc(2023, 8, 24, 6))),
    ("published:2023-08-24T06:00", Term("published", utc(2023, 8, 24, 6))),
    ("published:<=2023-08-24T06:00:00Z", Range("published", lt=utc(2023, 8, 24, 6, 0, 0, 1))),
    ("a OR b c", Or((Text("a"), Text("b c")))),
    ("a OR b AND c", Or((Text("a"), And((Text("b"), Text("c")))))),
    ("(a OR b) c", And((Or((Text("a"), Text("b"))), Text("c")))),
    ("((a))", Text("a")),
    ("a (b c)", And((Text("a"), Text("b c")))),
    ("NOT a b", Not(Text("a b"))),
    ("-(a OR b)", Not(Or((Text("a"), Text("b"))))),
    ("a -b", And((Text("a"), Not(Text("b"))))),
    ("NOT -a", Not(Not(Text("a")))),
]


@pytest.mark.parametrize("text, query", CASES)
def test_parse(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    "text, place, words",
    [
        ("sorce:CHN", 1, "did you mean 'source'?"),
        ("hotline https://a.example", 9, "unknown field 'https'"),
        ("zzzzzz:1", 1, "known: source, target"),
        ("a type:AGRE", 8, "did you mean 'AGREE'?"),
        ("status:gone", 8, "known: active, retracted"),
        ("source:China", 8, "did you mean 'CHN'?"),
        ("target:CHNN", 8, "did you mean 'CHN'?"),
        ("source:(CHN OR south-korea)", 16, "a code such as"),
        ("dyad:CHN", 6, "two codes in order"),
        ("dyad:CHN-CHN", 6, "two codes in order"),
        ("quad:7", 6, "no value 7"),
        ("quad:x", 6, "a whole number"),
        ("quad:99999999999999999999", 6, "a whole number"),
        ("confidence:nan", 12, "a number"),
        ("confidence:1e999", 12, "takes a number"),
        ("reciprocal:yes", 12, "true or false"),
        ("day:2023-13", 5, "a day such as"),
        ("day:2023-02-30", 5, "a day such as"),
        ("day:yesterday", 5, "a day such as"),
        ("day:２０２３", 5, "a day such as"),
        ("published:20230824", 11, "a time such as"),
        ("published:2023-08-24T25:00", 11, "a time such as"),
        ("published:0001-01-01T00:00:00+09:00", 11, "a time such as"),
        ("type:>AGREE", 6, "has no order"),
        ("publisher:[a TO b]", 11, "has no order"),
        ("day:[2023 2024]", 11, "[FROM TO UNTIL]"),
        ("day:[2023 TO 2024", 18, "missing ] or }"),
        ("day:>", 6, "a value must follow"),
        ("publisher:kyoto*", 11, "no wildcards"),
        ("kyoto*", 1, "no wildcards"),
        ("10:30", 1, "quotation marks"),
        ("source: CHN", 8, "without blanks"),
        ("source:", 8, "a value must follow"),
        ("type:(AGREE CONSULT)", 13, "missing )"),
        ("(a", 3, "missing )"),
        ("a)", 2, "unexpected ')'"),
        ("a [b", 3, "unexpected '['"),
        ("()", 2, "unexpected ')'"),
        ("a OR", 5, "something must follow"),
        ("AND a", 1, "AND stands where a word is expected"),
        ("a OR OR b", 6, "OR stands where"),
        ("NOT", 4, "something must follow"),
        ("a - b", 3, "must follow - at once"),
        ('a "b', 3, "never closed"),
        ('"b\\', 1, "never closed"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH + 2, "nested deeper"),
        ("-" * 500 + "a", MAX_DEPTH + 2, "nested deeper"),
    ],
)  # fmt: skip
def test_refuses_with_place_and_remedy(text: str, place: int, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(text)
    assert error.value.message.startswith(f"query, character {place}: ")
    assert words in error.value.message


def test_limits() -> None:
    with pytest.raises(ConfigError, match="too long"):
        parse("a" * (MAX_LENGTH + 1))
    with pytest.raises(ConfigError, match="at most 1000 characters"):
        parse("a" * 1001)
    with pytest.raises(ConfigError, match="query too large"):
        parse("a OR " * 1100 + "a")
    with pytest.raises(ConfigError, match="surrogate"):
        parse('"\ud800"')


@settings(deadline=None)
@given(queries())
def test_what_is_rendered_is_read_back(query: Query) -> None:
    assert parse(render(query)) == normal(query)
    assert normal(normal(query)) == normal(query)


@settings(deadline=None)
@given(st.text(), st.sampled_from(["phrase", "all", "any", "publisher"]))
def test_any_text_survives(text: str, kind: str) -> None:
    text = "".join(letter for letter in text if not "\ud800" <= letter <= "\udfff")
    query: Query = Term("publisher", text) if kind == "publisher" else Text(text, kind)  # type: ignore[arg-type]  # the list above
    assert parse(render(query)) == query


@settings(deadline=None)
@given(queries(), st.lists(signals(), min_size=1, max_size=4), st.booleans())
def test_normal_form_means_the_same(query: Query, found: list, rejected: bool) -> None:  # type: ignore[type-arg]  # of signals
    for signal in found:
        assert matches(query, signal, rejected=rejected) == matches(normal(query), signal, rejected=rejected)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet='ab :()[]{}"\\-*<>=TOANDRtypeCHN.2023-01“”', max_size=25))
def test_reads_or_refuses_whatever_is_typed(text: str) -> None:
    try:
        query = parse(text)
    except ConfigError:  # anything else would be a fault
        return
    assert parse(render(query)) == query
