from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.relations.fold import fold_items, item_of
from pipelines.relations.priors import Priors
from pipelines.relations.sums import daily_sums, series_names
from schemas.records import Action, Relation, Signal, Tick
from tests.fakes.road import Road, midnight
from tests.fakes.signals import START, day, signals
from tools.simulated_pairs import Act, Coder, reports, routine

PAIRS = ("CHN-JPN", "JPN-KOR", "KOR-USA")
WORLD = st.lists(signals(last=20, pairs=PAIRS[:2]), min_size=4, max_size=25).map(
    lambda found: list({s.signal_id: s for s in found}.values())
)


def lively(seed: int, days: int, rate: float = 0.6) -> list[Signal]:
    """Simulated reports of three pairs, with a quarrel of the first in the last third."""
    rng = np.random.default_rng(seed)
    found: list[Signal] = []
    for pair in PAIRS:
        acts = routine(rng, Priors.load().of(pair), rate, days)
        if pair == "CHN-JPN":
            start = days * 2 // 3
            for i, kind in enumerate(("SANCTION", "MOBILIZE", "ACCUSE", "THREATEN", "SANCTION")):
                acts.append(Act(day=start + i, type=kind, reports=3))
        found += [
            s for s in reports(rng, pair, acts, START, Coder(0, 0)) if s.published and s.published.date() < day(days)
        ]
    return found


def timeless(relation: Relation) -> Relation:
    """Without what tells when it was known, and the band, which remembers its way."""
    return msgspec.structs.replace(relation, known_at=midnight(0), band="")


def test_a_rebuilt_memory_and_shuffled_ticks_and_duplicates_give_the_same_bytes() -> None:
    found = lively(1, 36)
    plain, rebuilt, shuffled = Road(), Road(rebuild=True), Road()
    plain.days(0, 35, found)
    rebuilt.days(0, 35, found)
    mixed = list(found)
    random.Random(4).shuffle(mixed)
    shuffled.days(0, 35, mixed)
    again = [msgspec.structs.replace(s, published=(s.published or midnight(0)) + timedelta(days=3)) for s in found[::3]]
    held = {s.signal_id: s for s in found}
    assert plain.fired("CHN-JPN")
    assert rebuilt.bytes() == plain.bytes()
    assert shuffled.bytes() == plain.bytes()
    late = Road()
    for number in range(36):
        today = [s for s in found if s.published and s.published.date() == day(number)]
        copies = [held[s.signal_id] for s in again if s.published and s.published.date() == day(number)]
        late.tick(midnight(number), [*today, *today[:1], *copies], heard=[day(number)])
    assert late.bytes() == plain.bytes()


def test_the_prefix_of_a_replay_is_the_replay_of_the_prefix() -> None:
    found = lively(2, 30)
    whole, part = Road(), Road()
    whole.days(0, 29, found)
    part.days(0, 23, found)
    assert whole.bytes().startswith(part.bytes())


@given(WORLD, st.randoms(use_true_random=False), st.data())
@settings(max_examples=5, deadline=None)
def test_sums_in_the_store_equal_a_recomputation_whatever_came_when(
    world: list[Signal], random_: random.Random, data: st.DataObject
) -> None:
    gone = set(data.draw(st.lists(st.sampled_from([s.signal_id for s in world]), max_size=6)))
    road = Road()
    order = list(world)
    random_.shuffle(order)
    for number in range(30):
        road.tick(midnight(number), order[number::20] if number < 20 else [], heard=[day(number)])
        if number == 22:
            leaving = [
                msgspec.structs.replace(s, status="retracted", revision=2_000_001) for s in world if s.signal_id in gone
            ]
            road.tick(midnight(number) + timedelta(hours=5), leaving)
    left = [s for s in world if s.signal_id not in gone]
    expected = daily_sums(fold_items([item_of(s) for s in left]))
    for key in {s.key for s in world}:
        for name in series_names(key):
            assert road.store.sums(name) == expected.get(name, {}), name
    clean = Road()
    clean.days(0, 29, left)
    for pair in PAIRS:
        assert timeless(road.relation(pair, 29)) == timeless(clean.relation(pair, 29))


@pytest.mark.parametrize("seed", [1, 7])
def test_copies_by_the_same_owners_change_no_level_share_or_firing(seed: int) -> None:
    found = [msgspec.structs.replace(s, fingerprint=s.article_id * 8) for s in lively(seed, 24)]
    copies = [
        msgspec.structs.replace(
            s,
            article_id=f"{i}-{s.article_id}",
            signal_id=f"{i:x}{s.signal_id[2:]}",
            published=(s.published or midnight(0)) + timedelta(hours=2),
        )
        for i in range(10, 14)
        for s in found
    ]
    plain, flooded = Road(), Road()
    plain.days(0, 23, found)
    flooded.days(0, 23, [*found, *copies])
    for pair in PAIRS:
        for number in range(24):
            a, b = plain.relation(pair, number), flooded.relation(pair, number)
            assert (a.level, a.share, a.directed, a.owners) == (b.level, b.share, b.directed, b.owners)
    assert [(a.alert_id, a.opened) for a in flooded.fired()] == [(a.alert_id, a.opened) for a in plain.fired()]


def test_late_news_enters_later_states_and_leaves_past_decisions() -> None:
    found = lively(3, 30)
    prompt, late = Road(), Road()
    prompt.days(0, 29, found)
    for number in range(30):
        today = [
            s for s in found if s.published and s.published.date() == day(number - (5 if s.signal_id < "8" else 0))
        ]
        late.tick(midnight(number), today, heard=[day(number)])
    missing = [s for s in found if s.published and s.published.date() > day(24) and s.signal_id < "8"]
    late.tick(midnight(30), missing, heard=[day(30)])
    prompt.tick(midnight(30), [], heard=[day(30)])
    for pair in PAIRS:
        for number in (20, 29, 30):
            assert timeless(late.relation(pair, number)) == timeless(prompt.relation(pair, number))
    revisions = [(a.alert_id, a.revision, a.known_at) for a in late.alerts]
    assert len(set(revisions)) == len(revisions)


def test_a_day_on_which_nothing_was_heard_is_no_day_without_news() -> None:
    found = lively(5, 20)
    heard, deaf = Road(), Road()
    # Up to day 30 nothing has entered the baseline, so that only the fading of the sums can tell the days apart.
    heard.days(0, 29, found)
    deaf.days(0, 29, found, deaf=range(20, 30))
    a, b = heard.relation("CHN-JPN", 29), deaf.relation("CHN-JPN", 29)
    assert b.level == deaf.relation("CHN-JPN", 19).level
    assert abs(a.level.value - b.level.value) > 0.01
    assert all(change.at <= day(19) for assessed in deaf.told for change in assessed.changes)


class Unlucky(list[Action]):
    """Actions that cannot be read a third time: the tick fails when most of it is done."""

    asked = 0

    def __iter__(self) -> Iterator[Action]:
        self.asked += 1
        if self.asked == 3:
            raise KeyError("the disk is full")
        return super().__iter__()


def test_an_exception_leaves_store_and_memory_as_they_were() -> None:
    found = lively(6, 24)
    plain, broken = Road(), Road()
    plain.days(0, 23, found)
    for number in range(24):
        today = [s for s in found if s.published and s.published.date() == day(number)]
        if number == 18:
            with pytest.raises(KeyError), broken.store.transaction():
                broken.assessment.take(Tick(time=midnight(number)), today, Unlucky(), [day(number)])
        broken.tick(midnight(number), today, heard=[day(number)])
    assert broken.bytes() == plain.bytes()
