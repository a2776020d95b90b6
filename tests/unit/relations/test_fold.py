from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.relations.dating import day_of
from pipelines.relations.fold import FOLD_RADIUS, fold, fold_items, item_of, refold
from pipelines.relations.sums import daily_sums
from schemas.fingerprint import similarity
from schemas.ontology import event_types, factuality_weight
from schemas.records import Event, Signal
from tests.fakes.signals import FINGERPRINTS, OWNERS, day, signal, signals

REPORTS = {"fact", "scheduled", "intended", "denied"}


def oracle(  # noqa: C901 - one long reading beside one long paragraph
    given_signals: list[Signal],
) -> list[tuple[date, date, frozenset[str]]]:
    """Ontology.md, relation index 1, word by word and without any cleverness: (first day, last day, signals)."""
    found = []
    lanes: dict[tuple[str | None, ...], list[Signal]] = {}
    for s in given_signals:
        family = event_types()[s.type].family
        lanes.setdefault(
            (s.key, s.source.code, s.target.code if s.target else None, str(s.reciprocal), family), []
        ).append(s)

    def published(s: Signal) -> date:
        assert s.published is not None
        return s.published.date()

    def exact(s: Signal) -> date | None:
        if s.event_date is None or s.event_date.precision != "day":
            return None
        if s.event_date.start <= published(s):
            return s.event_date.start
        return published(s) if s.event_date.start == published(s) + timedelta(days=1) else None

    def coarse(s: Signal) -> tuple[date, date] | None:
        if s.event_date is None or s.event_date.precision == "day" or s.event_date.start > published(s):
            return None
        return s.event_date.start, s.event_date.end

    def far(s: Signal) -> bool:
        span = coarse(s)
        return span is not None and span[1] < published(s) - timedelta(days=7)

    floating = [s for s in given_signals if exact(s) is None and not far(s)]
    article_day = {s.article_id: published(s) for s in floating}

    def first_print(s: Signal) -> date:
        days = [article_day[s.article_id]]
        for other in floating:
            same_text = s.fingerprint and other.fingerprint and similarity(s.fingerprint, other.fingerprint) >= 0.7
            gap = (article_day[s.article_id] - article_day[other.article_id]).days
            if other.key == s.key and same_text and 0 <= gap <= 7:
                days.append(article_day[other.article_id])
        return min(days)

    for lane in lanes.values():
        dated = {d for s in lane if (d := exact(s)) is not None}
        places: dict[tuple[date, date], set[str]] = {}
        for s in lane:
            own, span = exact(s), coarse(s)
            if own is not None:
                place = (own, own)
            elif far(s):
                assert span is not None
                place = span
            elif span is None:
                p = first_print(s)
                before = [d for d in dated if p - timedelta(days=3) <= d <= p]
                place = (max(before),) * 2 if before else (p, p)
            else:
                p = first_print(s)
                low, high = p - timedelta(days=7), p + timedelta(days=7)
                inside = sorted(d for d in dated if low <= d <= high and span[0] <= d <= span[1])
                if inside:
                    near = min(inside, key=lambda d: (abs((d - p).days), d))
                    place = (near, near)
                else:
                    start = min(max(span[0], low), high)
                    place = (start, max(min(span[1], high), start + timedelta(days=1)))
            places.setdefault(place, set()).add(s.signal_id)
        found += [(a, b, frozenset(ids)) for (a, b), ids in places.items()]
    return sorted(found, key=lambda e: (e[0], e[1], sorted(e[2])))


def shape(events: list[Event]) -> list[tuple[date, date, frozenset[str]]]:
    rows = [(e.event_date.start, e.event_date.end, frozenset(e.signal_ids)) for e in events]
    return sorted(rows, key=lambda e: (e[0], e[1], sorted(e[2])))


def distinct(found: list[Signal]) -> list[Signal]:
    return list({s.signal_id: s for s in found}.values())


WORLD = st.one_of(
    st.lists(signals(), max_size=25).map(distinct),
    st.lists(signals(last=24, pairs=("CHN-JPN",), one_lane=True), min_size=3, max_size=7).map(distinct),
)


@given(WORLD, st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_the_fold_equals_a_word_for_word_reading_in_any_order(world: list[Signal], random: object) -> None:
    assert shape(fold(world)) == oracle(world)
    shuffled = list(world)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(shuffled) == fold(world)


@given(WORLD)
@settings(max_examples=60, deadline=None)
def test_a_signal_joins_exactly_one_event_and_ids_are_unique(world: list[Signal]) -> None:
    events = fold(world)
    counts = Counter(i for e in events for i in e.signal_ids)
    assert counts == Counter(s.signal_id for s in world)
    assert len({e.event_id for e in events}) == len(events)


@given(WORLD, st.integers(-5, 45))
@settings(max_examples=120, deadline=None)
def test_events_of_a_day_depend_only_on_signals_within_the_radius(world: list[Signal], number: int) -> None:
    whole = [f for f in fold_items([item_of(s) for s in world]) if f.event.event_date.start == day(number)]

    def kept(first: date, last: date) -> list[object]:
        assert (day(number) - first).days == (last - day(number)).days == FOLD_RADIUS
        return [item_of(s) for s in world if first <= day_of(s) <= last]

    assert refold(day(number), day(number), kept) == whole  # type: ignore[arg-type]


@given(WORLD, st.data())
@settings(max_examples=120, deadline=None)
def test_copies_by_the_same_owner_change_no_sum(world: list[Signal], data: st.DataObject) -> None:
    copied = [s for s in world if s.fingerprint]
    if not copied:
        return
    original = data.draw(st.sampled_from(copied))
    owner = next(p for p in OWNERS if original.publisher and p.owner == original.publisher.owner)
    twin = data.draw(st.sampled_from([p for p in OWNERS if p.owner == owner.owner]))
    more = []
    for s in world:
        if s.article_id == original.article_id:
            more += [_copy(s, twin.id, n) for n in range(data.draw(st.integers(1, 4)))]
    before = daily_sums(fold_items([item_of(s) for s in world]))
    after = daily_sums(fold_items([item_of(s) for s in [*world, *more]]))
    assert after == before


def _copy(original: Signal, publisher: str, number: int) -> Signal:
    import msgspec

    name = f"{original.article_id[:20]}copy{number}{publisher}"
    twin = next(p for p in OWNERS if p.id == publisher)
    assert original.publisher is not None
    if (twin.owner, twin.ownership) != (original.publisher.owner, original.publisher.ownership):
        twin = original.publisher
    return msgspec.structs.replace(
        original, article_id=name, signal_id=f"{number}{original.signal_id[1:]}", publisher=twin
    )


CASES = [
    ("its own day", signal(published=5, when=2), 2, "day"),
    ("tomorrow is today in another zone", signal(published=5, when=6), 5, "day"),
    ("a later day is no day", signal(published=5, when=9), 5, "day"),
    ("no day: the publication", signal(published=5), 5, "day"),
    ("an old month", signal(published=60, when=(0, 29, "month")), 0, "month"),
    ("this month: a week around", signal(published=20, when=(0, 30, "month")), 13, "month"),
]


@pytest.mark.parametrize("name,one,start,precision", CASES, ids=[c[0] for c in CASES])
def test_where_a_lone_signal_lands(name: str, one: Signal, start: int, precision: str) -> None:
    (event,) = fold([one])
    assert (event.event_date.start, event.event_date.precision) == (day(start), precision)
    assert (event.weight != 0) == (precision == "day")


def test_an_undated_report_joins_the_latest_dated_event_of_three_days() -> None:
    dated = [signal(when=2, published=2, article="x"), signal(when=4, published=4, article="y")]
    late = signal(published=6, article="z")
    assert sorted(len(e.signal_ids) for e in fold([*dated, late])) == [1, 2]
    assert max(fold([*dated, late]), key=lambda e: len(e.signal_ids)).event_date.start == day(4)
    assert len(fold([*dated, signal(published=8, article="w")])) == 3


@pytest.mark.parametrize("gap,together", [(7, True), (8, False)])
def test_copies_of_a_week_are_one_event(gap: int, together: bool) -> None:
    first = signal(published=4, article="x", fingerprint=FINGERPRINTS[0])
    copy = signal(published=4 + gap, article="y", fingerprint=FINGERPRINTS[0], publisher=OWNERS[1])
    assert len(fold([first, copy])) == (1 if together else 2)


def test_a_coarse_report_joins_the_nearest_event_and_of_two_the_earlier() -> None:
    days = [signal(when=n, published=n, article=f"d{n}") for n in (3, 9, 17)]
    coarse = signal(published=10, when=(0, 30, "month"), article="c")
    joined = next(e for e in fold([*days, coarse]) if coarse.signal_id in e.signal_ids)
    assert joined.event_date.start == day(9)
    tie = signal(published=13, when=(0, 30, "month"), article="t")
    joined = next(e for e in fold([*days, tie]) if tie.signal_id in e.signal_ids)
    assert joined.event_date.start == day(9)
    narrow = signal(published=13, when=(10, 30, "week"), article="n")
    joined = next(e for e in fold([*days, narrow]) if narrow.signal_id in e.signal_ids)
    assert joined.event_date.start == day(17)


def test_how_far_an_event_reaches_at_the_worst() -> None:
    """A coarse copy that takes its day from a print a week earlier looks a week to either side of that."""
    first = signal(
        published=7, when=(-20, 30, "quarter"), article="x", fingerprint=FINGERPRINTS[0], publisher=OWNERS[1]
    )
    copy = signal(published=14, when=(-20, 30, "quarter"), article="y", fingerprint=FINGERPRINTS[0])
    (alone,) = fold([copy])
    assert alone.event_date.start == day(7)
    (both,) = fold([first, copy])
    assert both.event_date.start == day(0)
    far = signal(when=0, published=0, article="z")
    (event,) = fold([first, copy, far])
    assert (event.event_date.start, len(event.signal_ids)) == (day(0), 3)
    assert (day_of(copy) - event.event_date.start).days == 14


def test_an_undated_event_attracts_nobody() -> None:
    assert len(fold([signal(published=4, article="x"), signal(published=6, article="y")])) == 2


def test_copies_take_the_day_of_the_first_print() -> None:
    first = signal(published=4, article="x", fingerprint=FINGERPRINTS[0])
    copy = signal(published=9, article="y", fingerprint=FINGERPRINTS[1], publisher=OWNERS[1])
    other = signal(published=9, article="z", fingerprint=FINGERPRINTS[2], publisher=OWNERS[1])
    (event,) = fold([first, copy])
    assert (event.event_date.start, event.clusters, event.owners) == (day(4), 1, ("a-media", "b-wire"))
    assert len(fold([first, other])) == 2


def test_the_majority_is_over_clusters_and_commentary_has_no_voice() -> None:
    wire = [
        signal(type_="REJECT", when=1, published=1, article=f"w{i}", fingerprint=FINGERPRINTS[0], publisher=OWNERS[i])
        for i in range(4)
    ]
    own = [
        signal(type_="ACCUSE", when=1, published=1, article=f"o{i}", publisher=OWNERS[i], confidence=c)
        for i, c in enumerate((0.4, 0.9))
    ]
    opinion = [signal(type_="REJECT", when=1, published=1, article=f"p{i}", factuality="opinion") for i in range(5)]
    (event,) = fold([*wire, *own, *opinion])
    assert (event.type, event.factuality, event.confidence) == ("ACCUSE", "fact", 0.8)
    assert event.weight == round(-0.3 * 0.8, 6)


def test_a_denial_by_most_unsays_and_state_media_are_one_group() -> None:
    said = signal(when=1, published=1, article="x")
    denied = [
        signal(when=1, published=1, article=f"y{i}", factuality="denied", publisher=OWNERS[i]) for i in range(1, 3)
    ]
    (event,) = fold([said, *denied])
    assert (event.factuality, event.weight) == ("denied", 0.0)
    assert event.owners == ("a-media",)
    (event,) = fold([signal(when=1, publisher=OWNERS[2])])
    assert event.owners == ("CHN:state",)


def test_back_fill_and_history_are_outside_detection() -> None:
    late = signal(when=0, published=0, first_seen=31)
    timely = signal(when=0, published=0, first_seen=30)
    assert [f.late for f in fold_items([item_of(late)])] == [True]
    assert [f.late for f in fold_items([item_of(timely)])] == [False]
    assert set(daily_sums(fold_items([item_of(late)]))) == {"CHN-JPN~late", "CHN>JPN~late"}
    (event,) = fold([signal(when=-400, factuality="historic")])
    assert event.weight == 0
    assert factuality_weight("ACCUSE", "historic") == 0


def test_retracted_signals_count_nowhere() -> None:
    assert fold([signal(retracted=True)]) == []


def test_a_reciprocal_event_counts_once_for_the_pair_and_once_per_side() -> None:
    sums = daily_sums(fold_items([item_of(signal(type_="CONSULT", mode="multilateral", reciprocal=True, when=0))]))
    assert {name: rows[day(0)].n for name, rows in sums.items()} == {"CHN-JPN": 1, "CHN>JPN": 1, "JPN>CHN": 1}
    sums = daily_sums(fold_items([item_of(signal(type_="CONSULT", mode="visit", forth=False, when=0))]))
    assert set(sums) == {"CHN-JPN", "JPN>CHN"}
    assert sums["CHN-JPN"][day(0)].c == pytest.approx(0.4 * 0.8)
