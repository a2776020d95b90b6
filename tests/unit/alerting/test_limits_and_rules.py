from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from pipelines.alerting.limits import Limits, parse
from pipelines.alerting.matching import matches
from pipelines.alerting.render import day_name, deed_name, pair_name
from pipelines.alerting.rules import default_rules, query_of, rule_of
from schemas.errors import ConfigError
from schemas.query import And, Exists, Not, Or, Query, Range, Term, Terms, Text
from schemas.records import Event, EventDate
from tests.fakes.signals import day, signal

FILE = """
command = "x"
made = "2026-01-01"
budget = 0.5
rates = [0.1, 0.4, 1.6]
easing = [3.0, 5.0, 4.0]
tension = [4.0, 6.0, 5.0]
"""
LIMITS = parse(FILE)


@pytest.mark.parametrize(
    "rate,limit", [(0.01, 3), (0.1, 3), (0.2, 4), (0.4, 5), (0.8, 4.5), (1.6, 4), (99, 4), (0.1 * sqrt(2), 3.5)]
)
def test_a_limit_is_linear_in_the_logarithm_of_the_rate(rate: float, limit: float) -> None:
    assert LIMITS.of("easing", rate) == pytest.approx(limit)
    assert LIMITS.both(rate)["tension"] == pytest.approx(limit + 1)


@pytest.mark.parametrize("wrong", ["rates = []", "rates = [1.0, 0.5, 2.0]", 'rates = ["a"]', "rates = [1.0"])
def test_a_broken_limits_file_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"limits\.toml"):
        parse(FILE.replace("rates = [0.1, 0.4, 1.6]", wrong))


def test_the_shipped_limits_name_the_command_that_made_them() -> None:
    shipped = Limits.load()
    assert shipped.command.startswith("python -m tools.simulate_limits ")
    assert shipped.made
    assert all(3.0 <= limit < 8 for limit in (*shipped.easing, *shipped.tension))


def test_the_default_rules() -> None:
    assert [(r.id, r.kind) for r in default_rules()] == [("change", "change"), ("breaking", "breaking")]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"id": "x", "kind": "volume"}, "volume"),
    ({"id": "x", "kind": "change", "channels": ["S8"]}, "S8"),
    ({"id": "x", "kind": "search"}, "needs a query"),
    ({"id": "x", "kind": "search", "query": '"open'}, "quot"),
    ({"id": "x", "kind": "change", "colour": "red"}, "colour"),
    ({"kind": "change"}, "id"),
]


@pytest.mark.parametrize("document,says", WRONG)
def test_a_wrong_rule_is_refused_with_what_is_wrong(document: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        rule_of(document)


ONE = signal("CHN-JPN", "SANCTION", "discontinue", published=3, quote="China bans all seafood from Japan.")
BOTH = signal("CHN-JPN", "CONSULT", "phone", reciprocal=True, quote="They spoke.")
QUERIES: list[tuple[Query, bool, bool]] = [
    (And(), True, True),
    (Or(), False, False),
    (Term("type", "SANCTION"), True, False),
    (Term("source", "JPN"), False, True),
    (Term("target", "JPN"), True, True),
    (Terms("dyad", ("CHN-JPN", "CHN-USA")), True, True),
    (Not(Term("type", "SANCTION")), False, True),
    (Text("SEAFOOD japan"), True, False),
    (Text("all seafood", match="phrase"), True, False),
    (Text("seafood all", match="phrase"), False, False),
    (Text("spoke seafood", match="any"), True, True),
    (Exists("mode"), True, True),
    (Exists("reporter"), False, False),
    (Range("score", lt=0), True, False),
    (Range("score", gte="x"), False, False),
    (Term("publisher", "a"), True, True),
    (Term("no_such_field", 1), False, False),
]


@pytest.mark.parametrize("query,one,both", QUERIES)
def test_matching(query: Query, one: bool, both: bool) -> None:
    assert (matches(query, ONE), matches(query, BOTH)) == (one, both)


def test_a_typed_query_matches_too() -> None:
    assert matches(query_of("type:SANCTION seafood"), ONE)
    assert not matches(query_of("type:SANCTION seafood"), BOTH)


def test_words() -> None:
    assert pair_name("JPN-USA") == "Japan and the United States"
    assert day_name(day(0)) == "1 March 2023"
    when = EventDate(start=day(0), end=day(0), precision="day")
    made = Event(
        event_id="x",
        matter_id="x",
        dyad="CHN-JPN",
        source="CHN",
        target="JPN",
        type="SANCTION",
        mode="expel",
        factuality="fact",
        event_date=when,
    )
    assert deed_name(made) == "sanction (expel) by China towards Japan on 1 March 2023"
