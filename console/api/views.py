"""What each page shows, as plain data: the template renders it, its JSON twin is it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from console.api.shelf import Shelf
from console.web.words import band_class, state_in_words
from pipelines.alerting.render import pair_name
from schemas.ontology import CORE, DYADS, dyad_of
from schemas.ports.index import Hit
from schemas.query import Query, Term
from schemas.query_fields import active
from schemas.query_syntax import parse
from schemas.records import Action, Alert, Article, Change, Contribution, Relation, Signal

ALERTS_SHOWN: Final = 16
SIGNALS_SHOWN: Final = 12
EVIDENCE_SHOWN: Final = 40


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What every page knows: the time, and whether the news are samples in simulated time."""

    now: datetime
    sampled: bool


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One pair in the matrix; `level` is None where nothing is known yet. `shade` is the class of its colour."""

    dyad: str
    name: str
    level: float | None = None
    low: float | None = None
    high: float | None = None
    band: str = ""
    shade: str = "none"


class FoundSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal and whether a person rejected it."""

    signal: Signal
    rejected: bool = False


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """What an event adds, with its signals, surest first."""

    event_id: str
    share: float
    signals: tuple[FoundSignal, ...] = ()


class Front(View, frozen=True, kw_only=True):
    """What `/` shows."""

    alerts: tuple[Alert, ...]
    signals: tuple[FoundSignal, ...]
    matrix: tuple[tuple[Cell | None, ...], ...]
    codes: tuple[str, ...] = CORE


class Day(msgspec.Struct, frozen=True, array_like=True):
    """One day of the plot."""

    at: date
    level: float
    low: float
    high: float


class Pair(View, frozen=True, kw_only=True):
    """What `/pairs/CHN-JPN` shows."""

    dyad: str
    name: str
    state: Relation | None
    words: tuple[str, ...]
    series: tuple[Day, ...]
    alerts: tuple[Alert, ...]
    changes: tuple[Change, ...]
    evidence: tuple[Quoted, ...]
    signals: tuple[FoundSignal, ...]

    @property
    def marks(self) -> list[tuple[date, str]]:
        """Day and direction of each alert, for the plot."""
        return [(last_day(alert), alert.direction or "") for alert in self.alerts]

    @property
    def turns(self) -> list[tuple[date, str]]:
        """Day and direction of each change that was found, for the plot."""
        return [(change.at, change.direction) for change in self.changes]


class AlertPage(View, frozen=True, kw_only=True):
    """What `/alerts/ID` shows."""

    alert: Alert
    name: str
    counter_evidence: tuple[Quoted, ...]
    revisions: tuple[Alert, ...]
    actions: tuple[Action, ...]


class SignalPage(View, frozen=True, kw_only=True):
    """What `/signals/ID` shows."""

    signal: Signal
    rejected: bool
    title: str
    parts: tuple[tuple[str, str], ...]
    actions: tuple[Action, ...]


class SearchPage(View, frozen=True, kw_only=True):
    """What `/search?q=` shows."""

    query: str
    signals: tuple[FoundSignal, ...]
    total: int
    cursor: str = ""
    problem: str = ""


def front(shelf: Shelf) -> Front:
    """Newest alerts and signals, and the matrix."""
    return Front(
        now=shelf.now(),
        sampled=shelf.sampled,
        alerts=shelf.alerts.list(told=True, limit=ALERTS_SHOWN).items,
        signals=_found(shelf.index.search(active(parse("")), limit=SIGNALS_SHOWN).items),
        matrix=matrix(shelf.relations.latest()),
    )


def matrix(latest: dict[str, Relation]) -> tuple[tuple[Cell | None, ...], ...]:
    """Eight rows of eight cells in code order; None on the diagonal."""
    return tuple(tuple(None if a == b else _cell(dyad_of(a, b), latest) for b in CORE) for a in CORE)


def _cell(dyad: str, latest: dict[str, Relation]) -> Cell:
    state = latest.get(dyad)
    if state is None:
        return Cell(dyad=dyad, name=pair_name(dyad))
    level = state.level
    return Cell(
        dyad=dyad,
        name=pair_name(dyad),
        level=level.value,
        low=level.low,
        high=level.high,
        band=state.band,
        shade=band_class(level.value),
    )


def pair(shelf: Shelf, dyad: str) -> Pair | None:
    """One pair; None for a pair that is not watched."""
    if dyad not in DYADS:
        return None
    state = shelf.relations.relation(dyad)
    states = shelf.relations.relations(dyad)
    newest: Query = active(Term("dyad", dyad))
    return Pair(
        now=shelf.now(),
        sampled=shelf.sampled,
        dyad=dyad,
        name=pair_name(dyad),
        state=state,
        words=state_in_words(state) if state else (),
        series=tuple(Day(s.at, s.level.value, s.level.low, s.level.high) for s in states),
        alerts=shelf.alerts.list(subject=dyad, told=True, limit=200).items,
        changes=tuple(shelf.relations.changes(dyad)),
        evidence=quoted(shelf, state.contributions[:EVIDENCE_SHOWN] if state else ()),
        signals=_found(shelf.index.search(newest, limit=SIGNALS_SHOWN).items),
    )


def last_day(alert: Alert) -> date:
    """The last day that the alert could know when it opened: a tick at midnight closes the day before."""
    return (alert.opened - timedelta(microseconds=1)).date()


def alert(shelf: Shelf, identity: str) -> AlertPage | None:
    """One alert with its history."""
    found = shelf.alerts.get(identity)
    if found is None:
        return None
    return AlertPage(
        now=shelf.now(),
        sampled=shelf.sampled,
        alert=found,
        name=pair_name(found.subject) if found.subject in DYADS else found.subject,
        counter_evidence=quoted(shelf, found.change.counter_evidence if found.change else ()),
        revisions=tuple(shelf.alerts.revisions(found.alert_id)),
        actions=tuple(shelf.actions.list(subject=found.alert_id)),
    )


def signal(shelf: Shelf, identity: str) -> SignalPage | None:
    """One signal with the parts of its sentence."""
    hit = shelf.index.get(identity)
    if hit is None:
        return None
    article: Article | None = shelf.articles.get(hit.signal.article_id, hit.signal.article_version)
    return SignalPage(
        now=shelf.now(),
        sampled=shelf.sampled,
        signal=hit.signal,
        rejected=hit.rejected,
        title=article.title if article else "",
        parts=parts_of(hit.signal),
        actions=tuple(shelf.actions.list(subject=identity)),
    )


def parts_of(signal: Signal) -> tuple[tuple[str, str], ...]:
    """The quote cut at its spans: (kind, text), kind being source, target, trigger or ""."""
    evidence = signal.evidence
    spans = [
        (span[0] - evidence.start, span[1] - evidence.start, kind)
        for span, kind in (
            (evidence.source_span, "source"),
            (evidence.target_span, "target"),
            (evidence.trigger_span, "trigger"),
        )
        if span is not None and evidence.start <= span[0] < span[1] <= evidence.end
    ]
    parts: list[tuple[str, str]] = []
    at = 0
    for start, end, kind in sorted(spans):
        if start < at:
            continue
        parts += [("", evidence.quote[at:start]), (kind, evidence.quote[start:end])]
        at = end
    return tuple(part for part in [*parts, ("", evidence.quote[at:])] if part[1])


def search(shelf: Shelf, text: str, cursor: str = "") -> SearchPage:
    """Signals that match; ConfigError for a query that cannot be read."""
    page = shelf.index.search(active(parse(text)), limit=50, cursor=cursor)
    return SearchPage(
        now=shelf.now(),
        sampled=shelf.sampled,
        query=text,
        signals=_found(page.items),
        total=page.total,
        cursor=page.cursor,
    )


def quoted(shelf: Shelf, contributions: Sequence[Contribution]) -> tuple[Quoted, ...]:
    """Contributions with what was said."""
    return tuple(
        Quoted(
            event_id=part.event_id,
            share=part.share,
            signals=_found(
                sorted(
                    (hit for identity in part.signal_ids if (hit := shelf.index.get(identity)) is not None),
                    key=lambda hit: (-hit.signal.confidence, hit.signal.signal_id),
                )
            ),
        )
        for part in contributions
    )


def _found(hits: Iterable[Hit]) -> tuple[FoundSignal, ...]:
    return tuple(FoundSignal(signal=hit.signal, rejected=hit.rejected) for hit in hits)
