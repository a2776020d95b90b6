"""Hypothesis strategies for signals and queries: a small world, so that queries and documents meet often."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any, Final

from hypothesis import strategies as st

from schemas.ontology import CONTEXTS, dyad_of, event_types, polarity_of, score_of
from schemas.query import And, Exists, Not, Or, Query, Range, Term, Terms, Text, Value
from schemas.query_fields import FIELDS, ORDERED, Field
from schemas.records import Actor, EventDate, Evidence, Publisher, Signal

CODES: Final = ("CHN", "JPN", "KOR", "PRK", "USA", "IGO:NATO")
QUOTES: Final = (
    "China and Japan reopened the hotline.",
    "Beijing said the hotline, closed since March, will not reopen",
    "Tokyo’s envoy called for a joint drill",
    "Joint drills: a drill joint in name only",
    "中国外交部は日本の海上ホットラインを再開した",
    "北京恢复海上热线",
    "한국과 북한은 핫라인을 복원했다",
    "ﾎｯﾄﾗｲﾝ ＡＢＣ 2023年 wi-fi 3.5bn U.S.",
    "Москва и Пекин подписали соглашение",
    "…!",
)
TEXTS: Final = (
    "hotline", "the hotline", "joint drill", "drill joint", "Tokyo's", "ホットライン", "热线", "海上热线", "海",
    "핫라인", "abc wi-fi", "U.S. 3.5bn", "Москва", "closed march", "nothing of this", "", "...", "2023年",
)  # fmt: skip
START: Final = datetime(2023, 1, 30, tzinfo=UTC)
PUBLISHERS: Final = (
    Publisher(id="kyoto-wire.example", name="Kyoto Wire", country="JPN", owner="kyoto", language="ja"),
    Publisher(id="liaodong-daily.example", name="Liaodong Daily", country="CHN", owner="CHN:state"),
    Publisher(id="harbour-post.example", name="Harbour Post"),
)
_SPREAD: Final = 40
_FOLDS: Final = ("cls1", "cls2")


def moments() -> st.SearchStrategy[datetime]:
    """Times of six weeks around a change of month, often on a day's edge."""
    edges = st.sampled_from((timedelta(), timedelta(microseconds=-1), timedelta(hours=13, microseconds=7)))
    return st.builds(lambda days, edge: START + timedelta(days=days) + edge, st.integers(0, _SPREAD), edges)


def days() -> st.SearchStrategy[date]:
    """Days of the same weeks."""
    return moments().map(lambda moment: moment.date())


def event_dates() -> st.SearchStrategy[EventDate]:
    """Single days and months."""
    return st.builds(
        lambda day, long: EventDate(
            start=day, end=day + timedelta(days=27 if long else 0), precision="month" if long else "day"
        ),
        days(),
        st.booleans(),
    )


def kinds() -> st.SearchStrategy[tuple[str, str | None]]:
    """Types with one of their modes or none."""
    pairs = [(name, mode) for name, kind in event_types().items() for mode in (None, *kind.modes)]
    return st.sampled_from(pairs)


_PAIRS: Final = [(source, target, False) for source in CODES for target in (None, *CODES) if source != target] + [
    (source, target, True) for source, target in combinations(sorted(CODES), 2)
]

# Built once: strategies made while drawing cost more than the drawing.
_CHOICES: Final = st.fixed_dictionaries(
    {
        "pair": st.sampled_from(_PAIRS),
        "sector": st.sampled_from((None, "GOV")),
        "kind": kinds(),
        "quote": st.sampled_from(QUOTES),
        "contexts": st.sets(st.sampled_from(CONTEXTS[:4]), max_size=3),
        "tracks": st.sets(st.sampled_from(("official", "semi-official")), max_size=2),
        "factuality": st.sampled_from(("fact", "denied", "intended")),
        "aimed_at": st.sets(st.sampled_from(("PRK", "IGO:EU")), max_size=2),
        "reporter": st.sampled_from((None, "JPN", "")),
        "event_date": st.none() | event_dates(),
        "confidence": st.sampled_from((0.0, 0.3, 0.55, 0.7, 1.0)),
        "language": st.sampled_from(("en", "zh", "")),
        "published": st.none() | moments(),
        "first_seen": st.none() | moments(),
        "publisher": st.none() | st.sampled_from(PUBLISHERS),
        "fingerprint": st.sampled_from(("", *_FOLDS)),
    }
)
_NUMBERS: Final = st.integers(0, 999_999)


def signals(ids: st.SearchStrategy[int] = _NUMBERS) -> st.SearchStrategy[Signal]:
    """A consistent signal. `article_id`, `revision` and position are the caller's to set."""
    return st.builds(_signal, ids, _CHOICES)


def _signal(number: int, chosen: dict[str, Any]) -> Signal:
    source, target, reciprocal = chosen["pair"]
    type_, mode = chosen["kind"]
    score = score_of(type_, mode)
    return Signal(
        signal_id=f"{number:032x}",
        article_id="",
        source=Actor(code=source, sector=chosen["sector"]),
        target=None if target is None else Actor(code=target),
        dyad=None if target is None else dyad_of(source, target),
        type=type_,
        mode=mode,
        quad=event_types()[type_].quad,
        score=score,
        contexts=tuple(sorted(chosen["contexts"])),
        tracks=tuple(sorted(chosen["tracks"])),
        factuality=chosen["factuality"],
        polarity=polarity_of(score),
        reciprocal=reciprocal,
        aimed_at=tuple(sorted(chosen["aimed_at"])),
        reporter=chosen["reporter"],
        event_date=chosen["event_date"],
        evidence=Evidence(quote=chosen["quote"], start=0, end=len(chosen["quote"])),
        confidence=chosen["confidence"],
        why={"rule": "sample"},
        language=chosen["language"],
        published=chosen["published"],
        first_seen=chosen["first_seen"],
        publisher=chosen["publisher"],
        fingerprint=chosen["fingerprint"],
    )


_KNOWN: Final[dict[str, tuple[Value, ...]]] = {
    "track": ("official", "semi-official", "other"),
    "cameo": ("", "04"),
    "reporter": ("JPN", ""),
    "language": ("en", "zh", "EN"),
    "publisher": ("kyoto-wire.example", "harbour-post.example", 'odd "name" (1) \\'),
    "owner": ("kyoto", "CHN:state"),
    "country": ("JPN", "CHN"),
    "article": ("a1", "a2"),
    "signal": tuple(f"{number:032x}" for number in range(4)),
    "fingerprint": _FOLDS,
    "dyad": ("CHN-JPN", "CHN-IGO:NATO", "PRK-*", "KOR-USA"),
}


def field_values(field: Field) -> st.SearchStrategy[Any]:
    """Values that the field may be asked for, most of which some signal has."""
    if field.name in _KNOWN:
        return st.sampled_from(_KNOWN[field.name])
    if field.choices:
        return st.sampled_from(field.choices)
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        "actor": st.sampled_from(CODES),
        "flag": st.booleans(),
        "day": days(),
        "moment": moments(),
        "number": st.sampled_from((-9.0, -3, 0.0, 0.3, 0.55, 0.7, 2.5, 1)),
    }
    return by_kind[field.kind]


def _leaves_of(field: Field) -> st.SearchStrategy[Query]:
    value = field_values(field)
    shapes: list[st.SearchStrategy[Query]] = [
        st.builds(Term, st.just(field.name), value),
        st.builds(Terms, st.just(field.name), st.lists(value, max_size=3).map(tuple)),
        st.just(Exists(field.name)),
    ]
    if field.kind in ORDERED:
        shapes += [st.builds(Range, st.just(field.name), st.none() | value, st.none() | value)] * 2
    return st.one_of(shapes)


_TEXT: Final = st.builds(Text, st.sampled_from(TEXTS), st.sampled_from(("any", "all", "phrase")))
_LEAVES: Final[st.SearchStrategy[Query]] = st.one_of(*[_TEXT] * 6, *[_leaves_of(field) for field in FIELDS.values()])


def queries() -> st.SearchStrategy[Query]:
    """Trees of a few parts."""
    return st.recursive(
        _LEAVES,
        lambda inner: st.one_of(
            st.builds(lambda of: And(tuple(of)), st.lists(inner, max_size=3)),
            st.builds(lambda of: Or(tuple(of)), st.lists(inner, max_size=3)),
            st.builds(Not, inner),
        ),
        max_leaves=6,
    )
