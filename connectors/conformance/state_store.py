"""The suite of port StateStore."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.conformance.processes import Child
from connectors.conformance.samples import signal
from connectors.conformance.state_steps import DAY, OpenStateStore, apply, tick, write_everything, write_then_wait
from schemas.errors import QuarantinedError, TerminalError
from schemas.ports.state import StateStore, Sums
from schemas.records import Signal

Picture: TypeAlias = dict[str, Any]

_IDS = st.sampled_from(["a", "b", "c"])
_DAYS = st.integers(0, 4).map(lambda n: DAY + timedelta(days=n))
_PLACES = st.tuples(st.integers(0, 1), st.integers(0, 5))
_SIGNALS = st.builds(signal, _IDS, st.integers(1, 3), _PLACES, dyad=st.sampled_from(["CHN-JPN", "JPN-KOR"]))
_STEPS = st.one_of(
    st.tuples(st.just("receive"), st.lists(_SIGNALS, max_size=4)),
    st.tuples(st.just("tick"), st.tuples(st.dictionaries(st.integers(0, 1), st.integers(0, 6)), _DAYS)),
    st.tuples(st.just("sums"), st.dictionaries(_DAYS, st.none() | st.builds(Sums, c=st.floats(0, 9), n=st.just(1)))),
    st.tuples(st.just("put"), st.tuples(_IDS, st.none() | st.binary(max_size=3))),
)


class Model:
    """What a store of this port must hold, told in the plainest way."""

    def __init__(self) -> None:
        self.received: list[Signal] = []
        self.applied: dict[str, tuple[Signal, date]] = {}
        self.sums: dict[date, Sums] = {}
        self.documents: dict[str, bytes] = {}

    def waiting(self, cut: dict[int, int]) -> list[Signal]:
        best: dict[tuple[str, int], tuple[int, int, str, int]] = {}
        chosen: dict[tuple[str, int], Signal] = {}
        for one in self.received:
            assert one.article_position is not None
            place = (one.article_position.partition, one.article_position.offset, one.signal_id, one.revision)
            name = (one.signal_id, one.revision)
            if name not in best or place < best[name]:
                best[name], chosen[name] = place, one
        holds = {name: one.revision for name, (one, _) in self.applied.items()}
        ready = [n for n, p in best.items() if p[1] < cut.get(p[0], 0) and n[1] > holds.get(n[0], 0)]
        return [chosen[name] for name in sorted(ready, key=lambda name: best[name])]

    def step(self, kind: str, value: Any) -> None:
        if kind == "receive":
            # a copy of what is applied is out of the game for good, whatever its place
            holds = {name: one.revision for name, (one, _) in self.applied.items()}
            self.received += [one for one in value if one.revision > holds.get(one.signal_id, 0)]
        elif kind == "tick":
            for one in self.waiting(value[0]):
                if one.signal_id not in self.applied or one.revision >= self.applied[one.signal_id][0].revision:
                    self.applied[one.signal_id] = (one, value[1])
        elif kind == "sums":
            self.sums = {d: s for d, s in {**self.sums, **value}.items() if s is not None}
        else:
            self.documents = {k: v for k, v in {**self.documents, value[0]: value[1]}.items() if v is not None}

    def picture(self) -> Picture:
        found: Picture = {"sums": sorted(self.sums.items()), "documents": self.documents}
        found["waiting"] = self.waiting({0: 9, 1: 9})
        for key in ("CHN-JPN", "JPN-KOR"):
            held = [(one, day) for one, day in self.applied.values() if one.key == key]
            found[key] = sorted((one for one, _ in held), key=lambda one: one.signal_id)
            found[f"{key} later"] = sorted((one for one, day in held if day > DAY), key=lambda one: one.signal_id)
        return found


def picture(store: StateStore) -> Picture:
    """The same of a store."""
    found: Picture = {"sums": list(store.sums("CHN-JPN").items()), "documents": store.items("kind")}
    found["waiting"] = store.waiting({0: 9, 1: 9})
    for key in ("CHN-JPN", "JPN-KOR"):
        found[key] = store.signals(key)
        found[f"{key} later"] = store.signals(key, DAY + timedelta(days=1))
    return found


def take_step(store: StateStore, kind: str, value: Any) -> None:
    """One step of the model, done to a store."""
    if kind == "receive":
        store.receive(value)
    elif kind == "tick":
        ready = store.waiting(value[0])
        store.mark_applied(ready, {one.signal_id: value[1] for one in ready})
    elif kind == "sums":
        store.put_sums("CHN-JPN", value)
    else:
        store.put("kind", *value)


def names(signals: Iterable[Signal]) -> list[tuple[str, int]]:
    """Ids and revisions."""
    return [(one.signal_id, one.revision) for one in signals]


class StateStoreConformance:
    """Subclass with a fixture `open_store` that returns an `OpenStateStore` of a store that nobody has used."""

    @pytest.fixture
    def open_store(self) -> OpenStateStore:
        raise NotImplementedError

    @pytest.fixture
    def fresh_store(self) -> Callable[[], OpenStateStore]:
        """As often as it is called, another store that nobody has used."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: OpenStateStore) -> Iterator[StateStore]:
        store = open_store()
        yield store
        store.close()

    def test_a_new_store_is_empty(self, store: StateStore) -> None:
        assert store.last_tick() is None
        assert store.offsets() == {}
        assert store.waiting({0: 1_000_000}) == []
        assert store.keys() == []
        assert store.signal("a") is None
        assert store.sums("CHN-JPN") == {}
        assert store.get("kind", "key") is None

    def test_all_of_it_is_there_after_a_new_start(self, open_store: OpenStateStore) -> None:
        store = open_store()
        with store.transaction():
            write_everything(store)
        before = picture(store)
        store.close()
        again = open_store()
        assert again.last_tick() == (7, tick(7))
        assert again.offsets() == {("news.action.v1", 0): 4, ("news.signal.v1", 1): 9}
        assert names(again.waiting({0: 100})) == [("later", 1)]
        assert names(again.signals("CHN-JPN")) == [("now", 1)]
        assert again.signal("now") == signal("now", position=(0, 1))
        assert again.sums("CHN-JPN") == {DAY: Sums(c=0.1, f=0.2, q=0.3, n=4)}
        assert again.get("kind", "key") == b"\x00value"
        assert picture(again) == before
        again.close()

    def test_an_exception_undoes_all_of_it(self, store: StateStore) -> None:
        with store.transaction():
            store.put_sums("CHN-JPN", {DAY: Sums(c=1.0)})
            apply(store, signal("before"))
            store.set_last_tick(1, tick(1))
        with pytest.raises(KeyError), store.transaction():
            write_everything(store)
            store.put_sums("CHN-JPN", {DAY: None})
            apply(store, signal("before", 2))
            raise KeyError
        assert store.last_tick() == (1, tick(1))
        assert store.offsets() == {}
        assert store.waiting({0: 100}) == []
        assert names(store.signals("CHN-JPN")) == [("before", 1)]
        assert store.sums("CHN-JPN") == {DAY: Sums(c=1.0)}
        assert store.items("kind") == {}

    def test_a_process_killed_within_the_transaction_leaves_nothing(self, open_store: OpenStateStore) -> None:
        with Child(write_then_wait, open_store, "within") as child:
            child.hear()
            child.kill()
        store = open_store()
        assert store.last_tick() is None
        assert picture(store) == picture_of_nothing()
        with store.transaction():
            write_everything(store)
        store.close()

    def test_a_process_killed_after_the_transaction_loses_nothing(self, open_store: OpenStateStore) -> None:
        with Child(write_then_wait, open_store, "after") as child:
            child.hear()
            child.kill()
        store = open_store()
        assert store.last_tick() == (7, tick(7))
        assert names(store.signals("CHN-JPN")) == [("now", 1)]
        store.close()

    def test_writing_outside_a_transaction_is_refused(self, store: StateStore) -> None:
        uses: tuple[Callable[[], object], ...] = (
            lambda: store.set_last_tick(0, tick(0)),
            lambda: store.set_offsets({("news.tick.v1", 0): 1}),
            lambda: store.receive([signal("a")]),
            lambda: store.mark_applied([signal("a")], {"a": DAY}),
            lambda: store.put_sums("CHN-JPN", {DAY: Sums()}),
            lambda: store.put("kind", "key", b""),
        )
        for use in uses:
            with pytest.raises(TerminalError, match="transaction"):
                use()
        assert picture(store) == picture_of_nothing()

    def test_signals_wait_until_the_cut_passes_them_and_come_in_order(self, store: StateStore) -> None:
        with store.transaction():
            places = {"d": (1, 0), "c": (0, 5), "b": (0, 5), "e": (0, 2), "a": (2, 0)}
            store.receive([signal(name, position=place) for name, place in places.items()])
        assert store.waiting({}) == []
        assert names(store.waiting({0: 5, 1: 0})) == [("e", 1)]
        assert names(store.waiting({1: 1, 0: 6})) == [("e", 1), ("b", 1), ("c", 1), ("d", 1)]
        assert names(store.waiting({2: 1})) == [("a", 1)]

    def test_a_signal_without_a_place_is_quarantined(self, store: StateStore) -> None:
        with pytest.raises(QuarantinedError), store.transaction():
            store.receive([signal("a", position=None)])

    @pytest.mark.parametrize("places", [[(0, 3), (0, 8)], [(0, 8), (0, 3)], [(1, 0), (0, 3)]])
    def test_of_copies_the_smallest_place_stays(self, store: StateStore, places: list[tuple[int, int]]) -> None:
        with store.transaction():
            for place in places:
                store.receive([signal("a", position=place)])
        assert store.waiting({0: 4}) == [signal("a", position=(0, 3))]
        assert len(store.waiting({0: 100, 1: 100})) == 1

    def test_what_is_applied_waits_no_more_and_its_copies_neither(self, store: StateStore) -> None:
        with store.transaction():
            apply(store, signal("a", 2, (0, 3)))
            store.receive([signal("a", 2, (0, 1)), signal("a", 1, (0, 0)), signal("a", 3, (0, 9))])
        assert names(store.waiting({0: 100})) == [("a", 3)]

    def test_forerunners_that_wait_go_with_their_successor(self, store: StateStore) -> None:
        with store.transaction():
            store.receive([signal("a", 1, (0, 8))])
            apply(store, signal("a", 2, (0, 3)))
        assert store.waiting({0: 100}) == []

    def test_a_lower_revision_never_replaces_a_higher_one(self, store: StateStore) -> None:
        with store.transaction():
            apply(store, signal("a", 2, confidence=0.2))
            store.mark_applied([signal("a", 1, confidence=0.1)], {"a": DAY})
        assert store.signal("a") == signal("a", 2, confidence=0.2)

    def test_a_higher_revision_replaces_and_may_move_day_and_series(self, store: StateStore) -> None:
        with store.transaction():
            apply(store, signal("a"))
            assert names(store.signals("CHN-JPN")) == [("a", 1)]
            apply(store, signal("a", 2, dyad="JPN-KOR"), DAY + timedelta(days=3))
        assert store.signals("CHN-JPN") == []
        assert names(store.signals("JPN-KOR", DAY + timedelta(days=3))) == [("a", 2)]
        assert store.keys() == ["JPN-KOR"]

    def test_signals_of_a_series_by_day_both_ends_included(self, store: StateStore) -> None:
        with store.transaction():
            for n, name in enumerate("dcba"):
                apply(store, signal(name, status="retracted" if name == "c" else "active"), DAY + timedelta(days=n))
            apply(store, signal("other", dyad=None, target=None))
        assert names(store.signals("CHN-JPN")) == [(name, 1) for name in "abcd"]
        found = store.signals("CHN-JPN", DAY + timedelta(days=1), DAY + timedelta(days=2))
        assert names(found) == [("b", 1), ("c", 1)]
        assert found[1].status == "retracted"
        assert names(store.signals("CHN-JPN", until=DAY)) == [("d", 1)]
        assert names(store.signals("JPN-*")) == [("other", 1)]
        assert store.keys() == ["CHN-JPN", "JPN-*"]

    def test_days_of_sums_are_set_replaced_removed_and_in_order(self, open_store: OpenStateStore) -> None:
        store = open_store()
        later, last = DAY + timedelta(days=1), DAY + timedelta(days=2)
        exact = Sums(c=0.1 + 0.2, f=1e-300, q=2.0**60 + 1, n=3)
        with store.transaction():
            store.put_sums("CHN>JPN", {later: exact, last: Sums(c=1.0)})
            store.put_sums("CHN>JPN", {DAY: Sums(f=2.0)})
            store.put_sums("CHN>JPN", {last: None})
        given_out = store.sums("CHN>JPN")
        assert list(given_out.items()) == [(DAY, Sums(f=2.0)), (later, exact)]
        given_out.clear()
        assert len(store.sums("CHN>JPN")) == 2
        assert store.sums("JPN>CHN") == {}
        store.close()
        again = open_store()
        assert list(again.sums("CHN>JPN").items()) == [(DAY, Sums(f=2.0)), (later, exact)]
        again.close()

    def test_documents_are_kept_apart_by_kind(self, store: StateStore) -> None:
        with store.transaction():
            store.put("detector", "b", b"1")
            store.put("detector", "a", b"2")
            store.put("alert", "a", b"3")
            store.put("detector", "b", b"4")
            store.put("alert", "none", None)
        assert list(store.items("detector").items()) == [("a", b"2"), ("b", b"4")]
        with store.transaction():
            store.put("detector", "b", None)
        assert store.get("detector", "b") is None
        assert store.get("alert", "a") == b"3"

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(transactions=st.lists(st.tuples(st.booleans(), st.booleans(), st.lists(_STEPS, max_size=5)), max_size=5))
    def test_it_holds_what_the_plainest_model_holds(
        self, fresh_store: Callable[[], OpenStateStore], transactions: list[tuple[bool, bool, list[tuple[str, Any]]]]
    ) -> None:
        open_store = fresh_store()
        store, model = open_store(), Model()
        for undone, reopened, steps in transactions:
            tried = Model()
            tried.__dict__ = {name: value.copy() for name, value in model.__dict__.items()}
            with suppress(KeyError), store.transaction():
                for kind, value in steps:
                    take_step(store, kind, value)
                    tried.step(kind, value)
                assert picture(store) == tried.picture()
                if undone:
                    raise KeyError
            model = model if undone else tried
            if reopened:
                store.close()
                store = open_store()
            assert picture(store) == model.picture()
        store.close()


def picture_of_nothing() -> Picture:
    """Of an empty store."""
    return Model().picture()
