"""The suite of port SignalIndex: Hypothesis-made documents and queries against the oracle of `index_model`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Literal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.conformance.index_model import IndexModel, newest_first
from connectors.conformance.strategies import START, days, queries, signals
from schemas.errors import ConfigError
from schemas.ports.index import Hit, Replacement, SignalIndex
from schemas.query import EVERYTHING, And, Not, Or, Query, Range, Term, Text
from schemas.query_fields import FIELDS, active
from schemas.records import Position, Signal

OpenIndex = Callable[[], SignalIndex]
NewPlace = Callable[[], OpenIndex]
"""Names a new, empty place at each call; what it returns opens an adapter on that place, any number of times."""

ARTICLES: Final = ("a1", "a2", "a3")
_PER_ARTICLE: Final = 5
_FACETS: Final = tuple(field.name for field in FIELDS.values() if field.facet)
_EXAMPLES: Final = settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def replacement(article: str, revision: int, found: Iterable[Signal]) -> Replacement:
    """The signals as those of this article and revision; each id belongs to one article only."""
    number = ARTICLES.index(article)
    position = Position(partition=number, offset=revision)
    named = {
        one.signal_id: msgspec.structs.replace(
            one,
            signal_id=f"{number}{one.signal_id[1:]}",
            article_id=article,
            revision=revision,
            article_position=position,
        )
        for one in found
    }
    return Replacement(
        article_id=article,
        revision=revision,
        signals=tuple(named.values()),
        version_seen=START + timedelta(days=revision),
        position=position,
    )


_FOUND: Final = st.lists(signals(st.integers(0, _PER_ARTICLE)), max_size=4)


def replacements(revisions: st.SearchStrategy[int]) -> st.SearchStrategy[Replacement]:
    """A few signals of one of three articles."""
    return st.builds(replacement, st.sampled_from(ARTICLES), revisions, _FOUND)


def whole(index: SignalIndex, query: Query, sort: Literal["newest", "rank"] = "newest", limit: int = 1000) -> list[Hit]:
    """Every hit, page by page."""
    hits: list[Hit] = []
    cursor = ""
    while True:
        page = index.search(query, sort=sort, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        hits.extend(page.items)
        cursor = page.cursor
        if not cursor:
            assert page.total == len(hits)
            return hits


def put(index: SignalIndex, found: Iterable[Signal], article: str = "a1", revision: int = 1) -> list[Signal]:
    """Replace, as one call."""
    new = replacement(article, revision, found)
    return index.replace(new.article_id, new.revision, new.signals, new.version_seen, new.position)


def sample(number: int, quote: str = "The hotline reopened.", **changes: Any) -> Signal:
    """A plain signal."""
    made: Signal = msgspec.convert(
        {
            "schema": "signal/1",
            "signal_id": f"{number:032x}",
            "article_id": "",
            "source": {"code": "CHN"},
            "target": {"code": "JPN"},
            "dyad": "CHN-JPN",
            "type": "AGREE",
            "quad": 1,
            "score": 2.5,
            "factuality": "fact",
            "polarity": 1,
            "evidence": {"quote": quote, "start": 0, "end": len(quote)},
            "confidence": 0.5,
            "published": START + timedelta(days=number),
        },
        Signal,
    )
    return msgspec.structs.replace(made, **changes)


class IndexConformance:
    """Subclass with a fixture `new_place` that returns a `NewPlace`."""

    visible_within_seconds: float = 0.0
    """Within which another adapter on the same place sees a write; 0: at once."""

    @pytest.fixture
    def new_place(self) -> NewPlace:
        raise NotImplementedError

    @pytest.fixture
    def index(self, new_place: NewPlace) -> Iterator[SignalIndex]:
        index = new_place()()
        yield index
        index.close()

    @settings(_EXAMPLES, max_examples=40)
    @given(st.lists(replacements(st.just(1)), max_size=4), st.lists(queries(), min_size=1, max_size=8), st.data())
    def test_queries_find_what_the_oracle_finds(
        self, new_place: NewPlace, written: list[Replacement], asked: list[Query], data: st.DataObject
    ) -> None:
        index, model = new_place()(), IndexModel()
        for new in written:
            model.replace(new)
        index.replace_many(written)
        for signal_id in list(model.stored)[:2]:
            model.reject(signal_id, rejected=True)
            index.set_rejected(signal_id, rejected=True)
        for query in [EVERYTHING, *asked]:
            expected = model.newest(query)
            hits = whole(index, query)
            assert [hit.signal for hit in hits] == expected
            assert [hit.rejected for hit in hits] == [one.signal_id in model.rejected for one in expected]
            ranked = whole(index, query, "rank", limit=data.draw(st.integers(1, 5)))
            assert sorted((hit.signal for hit in ranked), key=newest_first) == expected
            assert all(before.score >= after.score for before, after in pairwise(ranked))
        index.close()

    @_EXAMPLES
    @given(st.lists(replacements(st.just(1)), min_size=1, max_size=4), queries())
    def test_counts_are_those_of_the_oracle(
        self, new_place: NewPlace, written: list[Replacement], query: Query
    ) -> None:
        index, model = new_place()(), IndexModel()
        index.replace_many(written)
        for new in written:
            model.replace(new)
        for asked in (EVERYTHING, query):
            for interval in ("day", "week", "month"):
                assert index.histogram(asked, interval=interval) == model.histogram(asked, interval)
            for limit in (2, 20):
                facets = index.facets(asked, _FACETS, limit=limit)
                assert {field: list(counts.items()) for field, counts in facets.items()} == {
                    field: model.facet(asked, field, limit) for field in _FACETS
                }
        index.close()

    @_EXAMPLES
    @given(st.lists(replacements(st.integers(1, 4)), max_size=8), st.booleans())
    def test_replace_in_any_order_and_repeated(
        self, new_place: NewPlace, written: list[Replacement], reopened: bool
    ) -> None:
        opened, model = new_place(), IndexModel()
        index = opened()
        for number, new in enumerate(written):
            for _ in range(1 + number % 2):
                assert [index.replace_many([new])[0]] == [model.replace(new)]
            assert [hit.signal for hit in whole(index, EVERYTHING)] == model.newest(EVERYTHING)
        if reopened:
            index.close()
            index = opened()
        for new in written:
            assert index.replace_many([new]) == [model.replace(new)]
        assert [hit.signal for hit in whole(index, EVERYTHING)] == model.newest(EVERYTHING)
        index.close()

    @_EXAMPLES
    @given(st.lists(replacements(st.integers(1, 2)), max_size=5), st.one_of(st.none(), days()))
    def test_scan_is_that_of_the_oracle(self, new_place: NewPlace, written: list[Replacement], since: Any) -> None:
        index, model = new_place()(), IndexModel()
        index.replace_many(written)
        for new in written:
            model.replace(new)
        for key in (*{signal.key for signal in model.stored.values()}, "JPN-MNG"):
            assert list(index.scan(key, since)) == model.scan(key, since)
        index.close()

    def test_scan_of_more_than_a_page(self, index: SignalIndex) -> None:
        put(index, [sample(number, published=None) for number in range(1234)])
        assert [signal.signal_id for signal in index.scan("CHN-JPN")] == [f"{number:032x}" for number in range(1234)]

    def test_a_signal_dropped_by_a_version_becomes_a_tombstone(self, index: SignalIndex) -> None:
        kept, dropped = sample(1), sample(2)
        put(index, [kept, dropped], revision=1)
        returned = put(index, [kept], revision=2)
        assert [(one.status, one.revision) for one in returned] == [("active", 2), ("retracted", 2)]
        assert returned[1].status_since == START + timedelta(days=2)
        assert returned[1].article_position == Position(partition=0, offset=2)
        assert returned[1].evidence == dropped.evidence
        assert put(index, [kept], revision=2) == returned
        assert put(index, [kept, dropped], revision=1) == []
        assert [hit.signal.signal_id for hit in whole(index, active(EVERYTHING))] == [kept.signal_id]
        assert len(whole(index, active(Term("status", "retracted")))) == 1
        assert [one.signal_id for one in put(index, [kept], revision=3)] == [kept.signal_id]
        assert len(whole(index, Term("status", "retracted"))) == 1
        revived = put(index, [dropped], revision=4)
        assert [(one.signal_id, one.status) for one in revived] == [
            (kept.signal_id, "retracted"),
            (dropped.signal_id, "active"),
        ]

    def test_an_article_without_signals_is_remembered(self, index: SignalIndex) -> None:
        assert put(index, [], revision=2) == []
        assert put(index, [sample(1)], revision=1) == []
        assert whole(index, EVERYTHING) == []

    def test_rejection_survives_and_may_come_first(self, index: SignalIndex) -> None:
        early = sample(1)
        index.set_rejected(early.signal_id, rejected=True)
        assert index.get(early.signal_id) is None
        put(index, [early, sample(2)])
        put(index, [early], revision=2)
        hit = index.get(early.signal_id)
        assert hit is not None
        assert hit.rejected
        assert hit.signal.status == "active"
        assert [one.signal.signal_id for one in whole(index, Term("rejected", value=True))] == [early.signal_id]
        index.set_rejected(early.signal_id, rejected=False)
        assert not whole(index, Term("rejected", value=True))

    @pytest.mark.parametrize(
        "quote, text, match, found",
        [
            ("The hotline reopened.", "HOTLINE", "all", True),
            ("The hotline reopened.", "hot", "all", False),
            ("The hotline reopened.", "reopened the", "all", True),
            ("The hotline reopened.", "reopened the", "phrase", False),
            ("The hotline reopened.", "“the… hotline”", "phrase", True),
            ("The hotline reopened.", "closed hotline", "all", False),
            ("The hotline reopened.", "closed hotline", "any", True),
            ("The hotline reopened.", "", "any", False),
            ("A wi-fi “link”", "wi fi", "phrase", True),
            ("Tokyo’s envoy", "tokyo's", "all", True),
            ("and or not near", "OR NOT", "phrase", True),
            ("3.5bn in U.S. aid", "u.s", "all", True),
            ("column : words", "words", "all", True),
            ("日本政府は海上ホットラインを再開した", "ﾎｯﾄﾗｲﾝ", "phrase", True),
            ("日本政府は海上ホットラインを再開した", "海上ライン", "phrase", False),
            ("日本政府は海上ホットラインを再開した", "海上", "all", True),
            ("北京恢复海上热线", "海上热线", "phrase", True),
            ("北京恢复海上热线", "热线海上", "phrase", False),
            ("北京恢复海上热线", "海", "all", False),
            ("한국과 북한은 핫라인을 복원했다", "핫라인", "all", True),
            ("한국과 북한은 핫라인을 복원했다", "북한 복원", "all", True),
            ("ＡＢＣ１２３", "abc123", "all", True),
            ("Москва и Пекин", "ПЕКИН", "all", True),
        ],
    )
    def test_words(self, index: SignalIndex, quote: str, text: str, match: Any, found: bool) -> None:
        put(index, [sample(1, quote), sample(2, "nothing of that kind")])
        hits = whole(index, Text(text, match))
        assert [hit.signal.evidence.quote for hit in hits] == [quote] * found
        rest = whole(index, Not(Text(text, match)))
        assert len(rest) == 2 - found

    def test_a_corrected_quote_is_found_by_its_new_words_only(self, index: SignalIndex) -> None:
        put(index, [sample(1, "The hotline reopened.", contexts=("military",))])
        put(index, [sample(1, "The channel reopened.", contexts=("economic",))], revision=2)
        assert not whole(index, Or((Text("hotline"), Term("context", "military"))))
        assert len(whole(index, And((Text("channel"), Term("context", "economic"))))) == 1

    def test_reciprocal_acts_match_in_both_directions(self, index: SignalIndex) -> None:
        put(index, [sample(1, reciprocal=True), sample(2), sample(3, target=None, dyad=None)])
        found = {
            name: [int(hit.signal.signal_id, 16) for hit in whole(index, Term(*name.split(":")))]
            for name in ("source:CHN", "source:JPN", "target:CHN", "target:JPN", "actor:JPN", "dyad:CHN-*")
        }
        assert found == {
            "source:CHN": [3, 2, 1],
            "source:JPN": [1],
            "target:CHN": [1],
            "target:JPN": [2, 1],
            "actor:JPN": [2, 1],
            "dyad:CHN-*": [3],
        }
        assert index.facets(EVERYTHING, ["source"])["source"] == {"CHN": 3, "JPN": 1}

    def test_rank_prefers_more_and_rarer_words(self, index: SignalIndex) -> None:
        common = [sample(10 + number, f"talks about item {number} went on") for number in range(20)]
        best, rare, plain = (
            sample(1, "talks about hotline went on"),
            sample(2, "a hotline went on again, and again on and on"),
            sample(3, "x y"),
        )
        put(index, [*common, best, rare, plain])
        query = Or((Text("talks hotline", "any"), Term("signal", plain.signal_id)))
        order = [hit.signal.signal_id for hit in whole(index, query, "rank", limit=3)]
        assert order[:2] == [best.signal_id, rare.signal_id]
        assert order[-1] == plain.signal_id

    @_EXAMPLES
    @given(
        st.lists(
            st.tuples(st.integers(0, 9), st.integers(0, 6)), min_size=4, max_size=10, unique_by=lambda one: one[0]
        ),
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6)), max_size=12),
        st.sampled_from(("newest", "rank")),
        st.integers(1, 5),
    )
    def test_cursors_hold_while_others_write(
        self,
        new_place: NewPlace,
        first: list[tuple[int, int]],
        later: list[tuple[int, int]],
        sort: Literal["newest", "rank"],
        limit: int,
    ) -> None:
        index = new_place()()

        def write(number: int, day: int, revision: int) -> None:
            quote = f"hotline {'hotline ' * (day % 3)}opened"
            signal = sample(
                number, quote, published=START + timedelta(days=day), article_id=f"b{number}", revision=revision
            )
            index.replace(signal.article_id, revision, [signal], START, Position(partition=0, offset=0))

        for number, day in first:
            write(number, day, 1)
        before = [hit.signal.signal_id for hit in whole(index, Text("hotline"), sort)]
        moved = {f"{number:032x}" for number, _ in later}
        shown: list[str] = []
        pending = list(enumerate(later, start=2))
        cursor = ""
        while True:
            page = index.search(Text("hotline"), sort=sort, limit=limit, cursor=cursor)
            assert page.total == len(before)
            shown.extend(hit.signal.signal_id for hit in page.items)
            cursor = page.cursor
            if not cursor:
                break
            for revision, (number, day) in pending[:2]:
                write(number, day, revision)
            pending = pending[2:]
        assert len(shown) == len(set(shown))
        assert [one for one in shown if one not in moved] == [one for one in before if one not in moved]
        index.close()

    def test_a_cursor_is_taken_back_only_as_it_was_given(self, index: SignalIndex) -> None:
        put(index, [sample(number) for number in range(9)])
        cursor = index.search(EVERYTHING, limit=3).cursor
        assert [int(hit.signal.signal_id, 16) for hit in index.search(EVERYTHING, limit=2, cursor=cursor).items] == [
            5,
            4,
        ]
        spoiled = [cursor[:-1], cursor + "A", cursor[::-1], "x", "ü", cursor + "=", " " + cursor]
        spoiled += [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(len(cursor))]
        for wrong in spoiled:
            with pytest.raises(ConfigError):
                index.search(EVERYTHING, cursor=wrong)
        with pytest.raises(ConfigError):
            index.search(Text("hotline"), cursor=cursor)
        with pytest.raises(ConfigError):
            index.search(EVERYTHING, sort="rank", cursor=cursor)

    @pytest.mark.parametrize(
        "query",
        [
            Term("sorce", "CHN"),
            Term("type", "AGRE"),
            Term("quad", "1"),
            Term("reciprocal", 1),
            Range("type", gte="A"),
            Range("published", gte=datetime(2023, 1, 1)),  # noqa: DTZ001 - without zone, on purpose
            Range("confidence", lt=float("nan")),
            Term("publisher", "\ud800"),
            Term("quad", 2**70),
        ],
    )
    def test_bad_queries_are_config_errors(self, index: SignalIndex, query: Query) -> None:
        for bad in (query, Not(And((query,)))):
            with pytest.raises(ConfigError):
                index.search(bad)
            with pytest.raises(ConfigError):
                index.histogram(bad, interval="day")
            with pytest.raises(ConfigError):
                index.facets(bad, ["type"])

    def test_bad_facets_and_limits_are_config_errors(self, index: SignalIndex) -> None:
        for field in ("sorce", "confidence", "published"):
            with pytest.raises(ConfigError):
                index.facets(EVERYTHING, [field])
        with pytest.raises(ConfigError):
            index.search(EVERYTHING, limit=0)

    def test_what_people_type_never_becomes_part_of_the_query_language_below(self, index: SignalIndex) -> None:
        put(index, [sample(1, 'He said "drop" OR 1=1; --')])
        for text in (
            "'; DROP TABLE signal; --",
            '" OR "',
            "quote:x*",
            "NEAR(a b)",
            "^he",
            "{a}",
            "a*",
            "\\",
            "%",
            "\x00",
        ):
            for query in (Text(text, "phrase"), Text(text, "any"), Term("publisher", text), Term("signal", text)):
                index.search(query, sort="rank")
        assert len(whole(index, EVERYTHING)) == 1

    def test_another_adapter_sees_a_write(self, new_place: NewPlace) -> None:
        opened = new_place()
        writer, reader = opened(), opened()
        put(writer, [sample(1)])
        deadline = time.monotonic() + self.visible_within_seconds
        while not reader.search(Text("hotline")).total and time.monotonic() < deadline:
            time.sleep(0.01)
        assert reader.search(Text("hotline")).total == 1
        assert [one.signal_id for one in reader.scan("CHN-JPN")] == [sample(1).signal_id]
        writer.close()
        reader.close()

    def test_threads_may_share_it(self, index: SignalIndex) -> None:
        failures: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for revision in range(1, 6):
                    put(index, [sample(number * 10 + revision)], article=ARTICLES[number], revision=revision)
                    whole(index, Text("hotline"))
            except BaseException as error:  # noqa: BLE001 - told below, in the main thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert failures == []
        assert len(whole(index, Term("status", "active"))) == 3
        assert len(whole(index, Term("status", "retracted"))) == 12

    def test_closing_twice_is_fine(self, new_place: NewPlace) -> None:
        index = new_place()()
        index.close()
        index.close()
