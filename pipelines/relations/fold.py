"""Signals to events (ontology.md, relation index 1). Pure, order-free and local.

Signals of one pair, direction (or reciprocal), family and day are one event. A signal without a day joins the latest
such event that rests on a dated signal within three days before its publication; one with a coarser date joins the
nearest inside its range and within a week of publication. Failing that an undated signal makes an event on its
publication day, and a coarser one an event outside detection. A signal never joins two events.

Locality: the events that start on a day depend only on signals kept (`dating.day_of`) within FOLD_RADIUS days of it.
Two definitions see to that. "Copies take the earliest publication day of their cluster" looks one step, not along a
chain: at near-duplicates published at most CLUSTER_DAYS earlier. And a coarse event is the part of its range within
a week of publication.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

import msgspec

from pipelines.relations.dating import COARSE_REACH, day_of, own_day, own_range, publication_day
from pipelines.relations.voices import Voice, alike, clusters, owner_of, verdict
from pipelines.relations.weights import rounded, weight
from schemas.identity import event_id
from schemas.ontology import event_types, factuality_weight
from schemas.records import Event, EventDate, Precision, Signal

CLUSTER_DAYS: Final = 7
"""A copy takes the publication day of a near-duplicate printed at most this many days earlier."""

JOIN_DAYS: Final = 3
"""An undated signal joins an event at most this many days before its publication."""

FOLD_RADIUS: Final = CLUSTER_DAYS + 2 * COARSE_REACH
"""Events of a day depend on signals kept within this many days of it (a coarse copy of an article printed
CLUSTER_DAYS earlier lands COARSE_REACH before that, and looked COARSE_REACH to the other side)."""

LATE_DAYS: Final = 30
"""First seen more than this many days after its day: back-fill."""


class Folded(msgspec.Struct, frozen=True, array_like=True):
    """An event with what detection needs beside it. `score` is the ontology's; `late` says back-fill; `aimed` the
    third states at which it is aimed.
    """

    event: Event
    score: float
    late: bool
    aimed: tuple[str, ...]
    attested: int = 0

    @property
    def day(self) -> date | None:
        """Its day, None for an event of coarser date: that one is outside detection and in no daily sum."""
        when = self.event.event_date
        return when.start if when.precision == "day" else None


Lane = tuple[str, str | None, bool, str]
"""Source, target, reciprocal, family."""
Place = tuple[int, int]
"""First and last day of an event, as ordinals; equal for an event whose day is known."""
_FINEST: Final[tuple[Precision, ...]] = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Item:
    """A signal with what the fold asks of it, days as ordinals."""

    signal: Signal
    lane: Lane
    day: int | None
    span: tuple[int, int, Precision] | None
    published: int
    kept: int
    seen: int
    voice: Voice

    @property
    def floating(self) -> bool:
        """Kept under its publication day, in search of its event."""
        return self.day is None and self.kept == self.published


@cache
def family_of(type_: str) -> str:
    """The ontology's family; a type that the ontology does not know is its own."""
    kind = event_types().get(type_)
    return kind.family if kind else type_.lower()


def item_of(signal: Signal) -> Item:
    """Prepare a signal; a pure function of it, so that the result may be kept."""
    day = own_day(signal)
    span = own_range(signal) if day is None else None
    published = publication_day(signal)
    precision: Precision = signal.event_date.precision if signal.event_date else "day"
    target = signal.target.code if signal.target else None
    return Item(
        signal=signal,
        lane=(signal.source.code, target, signal.reciprocal, family_of(signal.type)),
        day=day.toordinal() if day else None,
        span=(span[0].toordinal(), max(span[1], span[0] + timedelta(days=1)).toordinal(), precision) if span else None,
        published=published.toordinal(),
        kept=day_of(signal).toordinal(),
        seen=(signal.first_seen.date() if signal.first_seen else published).toordinal(),
        voice=Voice(
            owner=owner_of(signal.publisher),
            type=signal.type,
            mode=signal.mode,
            score=signal.score,
            factuality=signal.factuality,
            confidence=signal.confidence,
        ),
    )


def fold(signals: Iterable[Signal]) -> list[Event]:
    """Events of the active signals among these, by start day and event_id. Retracted ones count nowhere."""
    items = [item_of(s) for s in signals if s.status == "active"]
    return [folded.event for folded in fold_items(items)]


def fold_items(items: Sequence[Item]) -> list[Folded]:
    """The same over prepared signals of any number of series."""
    by_key: dict[str, list[Item]] = {}
    for item in items:
        by_key.setdefault(item.signal.key, []).append(item)
    folded = [event for key, own in sorted(by_key.items()) for event in _fold_series(key, own)]
    return sorted(folded, key=_by_start)


def _by_start(folded: Folded) -> tuple[date, str]:
    return folded.event.event_date.start, folded.event.event_id


def _fold_series(key: str, items: Sequence[Item]) -> list[Folded]:
    first = _first_prints([item for item in items if item.floating])
    lanes: dict[Lane, list[Item]] = {}
    for item in items:
        lanes.setdefault(item.lane, []).append(item)
    events: list[Folded] = []
    for lane in lanes.values():
        places: dict[Place, list[Item]] = {}
        days = sorted({item.day for item in lane if item.day is not None})
        for item in lane:
            places.setdefault(_place(item, days, first), []).append(item)
        events += [_event(key, place, group) for place, group in places.items()]
    return events


def _first_prints(floating: Sequence[Item]) -> dict[str, int]:
    """By article_id: the earliest publication day among its near-duplicates of the CLUSTER_DAYS before."""
    published: dict[str, tuple[int, str]] = {}
    for item in floating:
        mine = (item.published, item.signal.fingerprint)
        known = published.get(item.signal.article_id)
        published[item.signal.article_id] = mine if known is None else min(known, mine)
    ordered = sorted((day, article, fingerprint) for article, (day, fingerprint) in published.items())
    first: dict[str, int] = {}
    start = 0
    for day, article, fingerprint in ordered:
        while ordered[start][0] < day - CLUSTER_DAYS:
            start += 1
        first[article] = next(
            (earlier for earlier, _, other in ordered[start:] if earlier >= day or alike(fingerprint, other)), day
        )
    return first


def _place(item: Item, days: Sequence[int], first: Mapping[str, int]) -> Place:
    if item.day is not None:
        return item.day, item.day
    if not item.floating:
        assert item.span is not None
        return item.span[:2]
    published = first[item.signal.article_id]
    if item.span is None:
        before = [day for day in days if published - JOIN_DAYS <= day <= published]
        day = before[-1] if before else published
        return day, day
    return _coarse_place(item.span[:2], days, published)


def _coarse_place(span: Place, days: Sequence[int], published: int) -> Place:
    low, high = published - COARSE_REACH, published + COARSE_REACH
    inside = [day for day in days if max(span[0], low) <= day <= min(span[1], high)]
    if inside:
        nearest = min(inside, key=lambda day: (abs(day - published), day))
        return nearest, nearest
    start = min(max(span[0], low), high)
    # Two days at least: a range of one day would carry the identity of the event of that day.
    return start, max(min(span[1], high), start + 1)


def _event(key: str, place: Place, items: Sequence[Item]) -> Folded:
    number = clusters((item.signal.article_id, item.signal.fingerprint) for item in items)
    held = verdict((number[item.signal.article_id], item.voice) for item in items)
    start, end = place
    precision = "day" if start == end else min((i.span[2] for i in items if i.span), key=_FINEST.index)
    when = EventDate(start=date.fromordinal(start), end=date.fromordinal(end), precision=precision)
    source, target, reciprocal, family = items[0].lane
    identity = event_id(source, target, family, when, reciprocal=reciprocal)
    value = weight(held.type, held.score, held.factuality, held.confidence) if precision == "day" else 0.0
    backing = [item for item in items if _backs(item)] or list(items)
    publishers = {p.id: p for item in backing if (p := item.signal.publisher) is not None}
    countries: dict[str, int] = {}
    for publisher in publishers.values():
        countries[publisher.country] = countries.get(publisher.country, 0) + 1
    event = Event(
        event_id=identity,
        matter_id=identity,
        dyad=key,
        source=source,
        target=target,
        reciprocal=reciprocal,
        type=held.type,
        mode=held.mode,
        factuality=held.factuality,
        event_date=when,
        signal_ids=tuple(sorted(item.signal.signal_id for item in items)),
        clusters=len({number[item.signal.article_id] for item in backing}),
        publishers=tuple(sorted(publishers)),
        owners=tuple(sorted({item.voice.owner for item in backing if item.voice.owner})),
        publisher_countries=dict(sorted(countries.items())),
        confidence=rounded(held.confidence),
        weight=value,
    )
    late = min(item.seen for item in backing) > start + LATE_DAYS
    aimed = tuple(sorted({code for item in backing for code in item.signal.aimed_at}))
    attested = {item.voice.owner for item in backing if item.day is not None and item.voice.type == held.type}
    return Folded(event=event, score=held.score, late=late, aimed=aimed, attested=len(attested))


def _backs(item: Item) -> bool:
    """Whether the signal itself counts for something: only such ones corroborate."""
    return factuality_weight(item.signal.type, item.signal.factuality) > 0


def window(first: date, last: date) -> tuple[date, date]:
    """The days whose signals the events of [first, last] depend on; and, the other way round, the days whose events
    may change when signals of [first, last] do.
    """
    return first - timedelta(days=FOLD_RADIUS), last + timedelta(days=FOLD_RADIUS)


SignalsOf = Callable[[date, date], Sequence[Item]]
"""Prepared active signals kept in [first, last]."""


def refold(first: date, last: date, signals: SignalsOf) -> list[Folded]:
    """All events that start in [first, last], from no more signals than they depend on."""
    events = fold_items(signals(*window(first, last)))
    return [folded for folded in events if first <= folded.event.event_date.start <= last]
