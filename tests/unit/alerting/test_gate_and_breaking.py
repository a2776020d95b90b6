from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.alerting.breaking import Deed, deed_of, is_breaking
from pipelines.alerting.gate import judge
from schemas.ontology import score_of
from schemas.records import Contribution, Event, EventDate, Factuality
from tests.fakes.signals import day


def event(
    name: str,
    owners: tuple[str, ...] = ("a",),
    type_: str = "SANCTION",
    mode: str | None = None,
    at: int = 0,
    factuality: Factuality = "fact",
    target: str | None = "JPN",
) -> Event:
    when = EventDate(start=day(at), end=day(at), precision="day")
    return Event(
        event_id=name,
        matter_id=name,
        dyad="CHN-JPN",
        source="CHN",
        target=target,
        type=type_,
        mode=mode,
        factuality=factuality,
        event_date=when,
        owners=owners,
    )


Parts = list[tuple[float, tuple[str, ...]]]
GATES: list[tuple[str, Parts, float, bool, str]] = [
    ("one event by one group", [(1.0, ("a",))], 9, False, "a"),
    ("one event by two groups", [(1.0, ("a", "b"))], 1, True, ""),
    ("two events by one group", [(0.5, ("a",)), (0.5, ("a",))], 9, False, "a"),
    ("state media of one party alone", [(0.6, ("CHN:state",)), (0.4, ("CHN:state",))], 9, False, "CHN:state"),
    ("state media of both parties", [(1.0, ("CHN:state", "JPN:state"))], 1, True, ""),
    ("mostly one group, a little another", [(0.85, ("a",)), (0.15, ("b",))], 9, False, "a"),
    ("one event of several is told by two", [(0.5, ("a",)), (0.3, ("b",)), (0.2, ("a", "c"))], 1, True, ""),
    ("a mere trifle is told by two", [(0.45, ("a",)), (0.36, ("b",)), (0.19, ("a", "c"))], 1, False, ""),
    ("three events by three groups, weak", [(0.4, ("a",)), (0.3, ("b",)), (0.3, ("c",))], 2.9, False, ""),
    ("three events by three groups, strong", [(0.4, ("a",)), (0.3, ("b",)), (0.3, ("c",))], 3.0, True, ""),
    ("six events by two groups, not so strong", [(0.17, (o,)) for o in "ababab"], 1.5, True, ""),
    ("seven events by two groups, weak", [(0.14, (o,)) for o in "abababa"], 1.4, False, ""),
    ("two events by two groups, strong", [(0.5, ("a",)), (0.5, ("b",))], 3.0, False, ""),
    ("nothing", [], 9, False, ""),
]


@pytest.mark.parametrize("name,parts,strength,is_open,rests_on", GATES, ids=[g[0] for g in GATES])
def test_the_gate(name: str, parts: Parts, strength: float, is_open: bool, rests_on: str) -> None:
    events = {str(i): event(str(i), owners) for i, (_, owners) in enumerate(parts)}
    contributions = [Contribution(event_id=str(i), share=share) for i, (share, _) in enumerate(parts)]
    gate = judge(contributions, events, strength=strength)
    assert (gate.open, gate.rests_on) == (is_open, rests_on)


def test_what_goes_on_without_a_day_cannot_be_most_of_a_change() -> None:
    events = {"x": event("x", ("a", "b")), "y": event("y", ("a", "b"))}
    parts = [Contribution(event_id="x", share=0.6), Contribution(event_id="y", share=0.4)]
    assert judge(parts, events).open
    assert not judge(parts, events, undated={"x"}).open
    assert judge(parts, events, undated={"y"}).open


def deed(name: str, type_: str = "SANCTION", mode: str | None = None, at: int = 0, groups: int = 2) -> Deed:
    made = deed_of(event(name, type_=type_, mode=mode, at=at), score_of(type_, mode), groups)
    assert made is not None
    return made


NO_DEEDS = [
    ("words", event("x", type_="ACCUSE"), 3),
    ("one group", event("x"), 1),
    ("a plan", event("x", factuality="scheduled"), 2),
    ("nobody", event("x", target=None), 2),
    ("praise", event("x", type_="SUPPORT", mode="praise"), 2),
]


@pytest.mark.parametrize("name,one,groups", NO_DEEDS, ids=[n[0] for n in NO_DEEDS])
def test_no_deeds(name: str, one: Event, groups: int) -> None:
    assert deed_of(one, score_of(one.type, one.mode), groups) is None


def test_a_treaty_is_a_deed() -> None:
    assert deed("x", "SUPPORT", "sign").direction == "easing"


def breaks(new: Deed, history: list[Deed] = [], told: list[Deed] = [], days_later: int = 0) -> bool:  # noqa: B006
    return is_breaking(new, history, told, 5.0, new.day + timedelta(days=days_later))


def test_rare_deeds_break_usual_ones_do_not() -> None:
    past = [deed(f"p{i}", at=-40 * (i + 1)) for i in range(4)]
    assert breaks(deed("x"))
    assert breaks(deed("x"), past[:1])
    assert not breaks(deed("x"), past)
    assert breaks(deed("x", "ASSAULT"), past), "worse than all of them"
    assert breaks(deed("x", groups=3), past), "more widely told than any of them"
    assert breaks(deed("x", "RETREAT"), past), "the other direction"
    assert breaks(deed("x"), [deed(f"p{i}", at=-366 - i) for i in range(4)]), "long ago"


def test_breaking_is_for_a_week_and_of_some_weight() -> None:
    assert breaks(deed("x"), days_later=7)
    assert not breaks(deed("x"), days_later=8)
    assert not is_breaking(deed("x", "PROTEST", "boycott"), [], [], 5.0, day(0))


def test_the_same_matter_and_the_same_month_only_when_worse() -> None:
    first = deed("x")
    assert not breaks(first, told=[first])
    assert not breaks(deed("y", at=10), told=[first])
    assert breaks(deed("y", at=31), told=[first])
    assert breaks(deed("y", "COERCE", at=10), told=[first])
    assert breaks(deed("y", "RETREAT", at=10), told=[first])
