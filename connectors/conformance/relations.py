"""The suite of port RelationStore: what was known when, against brute force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import TerminalError
from schemas.ports.index import RelationStore
from schemas.records import Change, Contribution, Estimate, Event, EventDate, Relation

OpenRelations = Callable[[], RelationStore]
NewRelations = Callable[[], OpenRelations]
"""Names a new, empty place at each call; what it returns opens an adapter on that place, any number of times."""

KEYS: Final = ("CHN-JPN", "JPN-KOR", "PRK-*")
FIRST: Final = date(2023, 2, 27)


def day(number: int) -> date:
    """Days from a month's end on."""
    return FIRST + timedelta(days=number)


def known(number: int) -> datetime:
    """Moments half a day apart."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(hours=12 * number, microseconds=number)


def state(key: str, at: int, known_at: int) -> Relation:
    """A state whose level tells which it is."""
    level = Estimate(value=at + known_at / 100, low=-9, high=9)
    return Relation(
        dyad=key, at=day(at), known_at=known(known_at), level=level, band="ordinary", mood=0.5, season=0.25, climate=0
    )


def change(key: str, at: int, known_at: int, direction: str = "tension") -> Change:
    """A change with its identity from key, day and direction."""
    return Change(
        change_id=f"{key}-{at}-{direction}",
        dyad=key,
        at=day(at),
        known_at=known(known_at),
        direction="tension" if direction == "tension" else "easing",
        before=1.0,
        after=-1.0,
        score=3.0,
        probability=0.01,
        contributions=(Contribution(event_id="e", share=known_at / 100),),
    )


def event(key: str, start: int, name: str, weight: float = 0.5) -> Event:
    """An event of one day."""
    return Event(
        event_id=name,
        matter_id=name,
        dyad=key,
        source=key[:3],
        type="AGREE",
        factuality="fact",
        event_date=EventDate(start=day(start), end=day(start), precision="day"),
        weight=weight,
    )


_SMALL: Final = st.integers(0, 5)
_STATES: Final = st.lists(st.builds(state, st.sampled_from(KEYS), _SMALL, _SMALL), max_size=25)
_CHANGES: Final = st.lists(
    st.builds(change, st.sampled_from(KEYS), _SMALL, _SMALL, st.sampled_from(("tension", "easing"))), max_size=12
)
_BOUND: Final = st.none() | st.integers(-1, 6)
_EXAMPLES: Final = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _within(one: Relation | Change, since: date | None, until: date | None, as_of: datetime | None) -> bool:
    return (
        (since is None or one.at >= since)
        and (until is None or one.at <= until)
        and (as_of is None or one.known_at <= as_of)
    )


def _last_states(found: list[Relation]) -> dict[date, Relation]:
    """By day, what was known last."""
    return {one.at: one for one in sorted(found, key=lambda one: (one.at, one.known_at))}


class RelationConformance:
    """Subclass with a fixture `new_relations` that returns a `NewRelations`."""

    @pytest.fixture
    def new_relations(self) -> NewRelations:
        raise NotImplementedError

    @pytest.fixture
    def relations(self, new_relations: NewRelations) -> Iterator[RelationStore]:
        store = new_relations()()
        yield store
        store.close()

    @_EXAMPLES
    @given(_STATES, st.lists(st.tuples(_BOUND, _BOUND, _BOUND), min_size=1, max_size=6), st.booleans())
    def test_states_are_read_as_they_were_known(
        self,
        new_relations: NewRelations,
        states: list[Relation],
        bounds: list[tuple[int | None, int | None, int | None]],
        twice: bool,
    ) -> None:
        store = new_relations()()
        for one in states:
            store.put([one])
        store.put(states if twice else [])
        for low, high, moment in bounds:
            since, until = (None if edge is None else day(edge) for edge in (low, high))
            as_of = None if moment is None else known(moment)
            newest: dict[str, Relation] = {}
            for key in KEYS:
                of_key = [one for one in states if one.dyad == key]
                by_day = _last_states([one for one in of_key if _within(one, since, until, as_of)])
                assert store.relations(key, since, until, as_of) == list(by_day.values())
                up_to = _last_states([one for one in of_key if _within(one, None, until, as_of)])
                assert store.relation(key, until, as_of) == next(reversed(up_to.values()), None)
                ever = _last_states([one for one in of_key if _within(one, None, None, as_of)])
                newest.update({one.dyad: one for one in ever.values()})
            assert store.latest(as_of) == newest
        store.close()

    @_EXAMPLES
    @given(_CHANGES, st.lists(st.tuples(_BOUND, _BOUND, _BOUND), min_size=1, max_size=6))
    def test_changes_are_read_as_they_were_known(
        self,
        new_relations: NewRelations,
        changes: list[Change],
        bounds: list[tuple[int | None, int | None, int | None]],
    ) -> None:
        store = new_relations()()
        store.put([], changes)
        store.put([], changes[:2])
        for low, high, moment in bounds:
            since, until = (None if edge is None else day(edge) for edge in (low, high))
            as_of = None if moment is None else known(moment)
            for key in (None, *KEYS):
                fitting = [one for one in changes if key in {None, one.dyad} and _within(one, since, until, as_of)]
                last = {one.change_id: one for one in sorted(fitting, key=lambda one: one.known_at)}
                expected = sorted(last.values(), key=lambda one: (one.at, one.change_id))
                assert store.changes(key, since, until, as_of) == expected
        store.close()

    def test_nothing_is_known_of_an_unknown_pair(self, relations: RelationStore) -> None:
        assert relations.relation("CHN-JPN") is None
        assert relations.relations("CHN-JPN") == []
        assert relations.latest() == {}
        assert relations.events("CHN-JPN") == []
        assert relations.changes() == []

    def test_events_of_a_window_are_replaced(self, relations: RelationStore) -> None:
        relations.put_events(
            "CHN-JPN", [event("CHN-JPN", 3, "c"), event("CHN-JPN", 1, "b"), event("CHN-JPN", 1, "a")], day(0), day(9)
        )
        relations.put_events("JPN-KOR", [event("JPN-KOR", 1, "a")], day(0), day(9))
        assert [one.event_id for one in relations.events("CHN-JPN")] == ["a", "b", "c"]
        relations.put_events("CHN-JPN", [event("CHN-JPN", 1, "b", 0.9)], day(1), day(1))
        assert [(one.event_id, one.weight) for one in relations.events("CHN-JPN")] == [("b", 0.9), ("c", 0.5)]
        assert relations.events("CHN-JPN", day(2), day(3)) == [event("CHN-JPN", 3, "c")]
        assert relations.events("CHN-JPN", until=day(1)) == [event("CHN-JPN", 1, "b", 0.9)]
        relations.put_events("CHN-JPN", [], day(0), day(9))
        assert relations.events("CHN-JPN") == []
        assert len(relations.events("JPN-KOR")) == 1

    @pytest.mark.parametrize("foreign", [event("JPN-KOR", 1, "a"), event("CHN-JPN", 0, "a"), event("CHN-JPN", 3, "a")])
    def test_a_foreign_event_is_refused_and_nothing_is_changed(self, relations: RelationStore, foreign: Event) -> None:
        relations.put_events("CHN-JPN", [event("CHN-JPN", 1, "kept")], day(1), day(2))
        with pytest.raises(TerminalError):
            relations.put_events("CHN-JPN", [event("CHN-JPN", 1, "new"), foreign], day(1), day(2))
        assert [one.event_id for one in relations.events("CHN-JPN")] == ["kept"]

    def test_another_adapter_sees_what_was_put(self, new_relations: NewRelations) -> None:
        opened = new_relations()
        writer, reader = opened(), opened()
        writer.put([state("CHN-JPN", 1, 1)], [change("CHN-JPN", 1, 1)])
        assert reader.latest() == {"CHN-JPN": state("CHN-JPN", 1, 1)}
        assert reader.changes() == [change("CHN-JPN", 1, 1)]
        writer.close()
        writer.close()
        reader.close()
