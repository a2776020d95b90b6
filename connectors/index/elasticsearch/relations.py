"""The relation store on Elasticsearch: states and changes are appended by `known_at`, events are kept by day."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec

from connectors.index.elasticsearch import layout
from connectors.index.elasticsearch.bulk import Write, write
from connectors.index.elasticsearch.connection import Cluster, ElasticsearchSettings
from connectors.index.elasticsearch.reading import PAGE, Reader
from connectors.index.elasticsearch.translate import micros
from schemas import codec
from schemas.errors import TerminalError
from schemas.records import Change, Event, Record, Relation

R = TypeVar("R", bound=Record)
_BY_DAY = [{"at": "asc"}, {"known_at": "asc"}]


class ElasticsearchRelationStore:
    """Port RelationStore. Writes inside `batch` are one request at its end. One thread writes."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._cluster = Cluster(settings)
        self._relations = Reader(self._cluster, layout.RELATIONS)
        self._changes = Reader(self._cluster, layout.CHANGES)
        self._events = Reader(self._cluster, layout.EVENTS)
        self._waiting: dict[tuple[str, str], Write] | None = None

    def put(self, relations: Sequence[Relation], changes: Sequence[Change] = ()) -> None:
        """As the port says."""
        writes = [self._one(layout.RELATIONS, _relation_id(one), _relation(one)) for one in relations]
        writes += [
            self._one(layout.CHANGES, f"{one.change_id} {micros(one.known_at)}", _change(one)) for one in changes
        ]
        self._write(writes)

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """As the port says."""
        self._waiting = {}
        try:
            yield
            waiting, self._waiting = list(self._waiting.values()), None
            self._write(waiting)
        finally:
            self._waiting = None

    def put_events(self, dyad: str, events: Sequence[Event], since: date, until: date) -> None:
        """As the port says."""
        by_day: dict[date, list[Event]] = defaultdict(list)
        for event in events:
            start = event.event_date.start
            if event.dyad != dyad or not since <= start <= until:
                raise TerminalError(
                    f"event {event.event_id} of {event.dyad} starts on {start}: not of {dyad} in {since} to {until}",
                    "foreign_event",
                )
            by_day[start].append(event)
        there = {hit["_source"]["day"] for hit in self._days(dyad, since, until)}
        gone = sorted(there - {day.isoformat() for day in by_day})
        writes = [self._one(layout.EVENTS, f"{dyad} {day}", None) for day in gone]
        for day, found in sorted(by_day.items()):
            records = [msgspec.Raw(codec.encode(event)) for event in sorted(found, key=lambda one: one.event_id)]
            document = {"dyad": dyad, "day": day.isoformat(), "records": {"of": records}}
            writes.append(self._one(layout.EVENTS, f"{dyad} {day}", document))
        self._write(writes)

    def relation(self, dyad: str, at: date | None = None, as_of: datetime | None = None) -> Relation | None:
        """As the port says."""
        found = self._relations.search(
            fresh=True, query=_known(dyad, None, at, as_of), sort=[{"at": "desc"}, {"known_at": "desc"}], size=1
        )["hits"]["hits"]
        return _record(found[0], Relation) if found else None

    def relations(
        self, dyad: str, since: date | None = None, until: date | None = None, as_of: datetime | None = None
    ) -> list[Relation]:
        """As the port says."""
        states = (_record(hit, Relation) for hit in self._relations.all(_known(dyad, since, until, as_of), _BY_DAY))
        return list({state.at: state for state in states}.values())

    def latest(self, as_of: datetime | None = None) -> dict[str, Relation]:
        """As the port says."""
        found = self._relations.search(
            fresh=True,
            query=_known(None, None, None, as_of),
            collapse={"field": "dyad"},
            sort=[{"at": "desc"}, {"known_at": "desc"}],
            size=PAGE,
        )["hits"]["hits"]
        states = (_record(hit, Relation) for hit in found)
        return {state.dyad: state for state in sorted(states, key=lambda state: state.dyad)}

    def events(self, dyad: str, since: date | None = None, until: date | None = None) -> list[Event]:
        """As the port says."""
        return [
            codec.decode(msgspec.json.encode(record), Event)
            for hit in self._days(dyad, since, until)
            for record in hit["_source"]["records"]["of"]
        ]

    def changes(
        self,
        dyad: str | None = None,
        since: date | None = None,
        until: date | None = None,
        as_of: datetime | None = None,
    ) -> list[Change]:
        """As the port says."""
        order = [{"known_at": "asc"}, {"change": "asc"}]
        found = (_record(hit, Change) for hit in self._changes.all(_known(dyad, since, until, as_of), order))
        last = {change.change_id: change for change in found}
        return sorted(last.values(), key=lambda change: (change.at, change.change_id))

    def close(self) -> None:
        """Idempotent."""
        self._cluster.close()

    def _days(self, dyad: str, since: date | None, until: date | None) -> Iterator[dict[str, Any]]:
        edges = {name: edge.isoformat() for name, edge in (("gte", since), ("lte", until)) if edge is not None}
        filters: list[dict[str, Any]] = [{"term": {"dyad": dyad}}]
        if edges:
            filters.append({"range": {"day": edges}})
        return self._events.all({"bool": {"filter": filters}}, [{"day": "asc"}])

    def _one(self, family: str, name: str, document: dict[str, Any] | None) -> Write:
        return Write(index=layout.ensure(self._cluster, family, layout.single(family)), id=name, document=document)

    def _write(self, writes: Sequence[Write]) -> None:
        if self._waiting is not None:
            self._waiting.update({(one.index, one.id): one for one in writes})
        elif writes:
            write(self._cluster, writes)


def _relation_id(state: Relation) -> str:
    return f"{state.dyad} {state.at} {micros(state.known_at)}"


def _relation(state: Relation) -> dict[str, Any]:
    return {
        "dyad": state.dyad,
        "at": state.at.isoformat(),
        "known_at": micros(state.known_at),
        "level": state.level.value,
        "record": msgspec.Raw(codec.encode(state)),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": change.change_id,
        "dyad": change.dyad,
        "at": change.at.isoformat(),
        "known_at": micros(change.known_at),
        "record": msgspec.Raw(codec.encode(change)),
    }


def _known(dyad: str | None, since: date | None, until: date | None, as_of: datetime | None) -> dict[str, Any]:
    filters: list[dict[str, Any]] = [{"term": {"dyad": dyad}}] if dyad is not None else []
    edges = {name: edge.isoformat() for name, edge in (("gte", since), ("lte", until)) if edge is not None}
    if edges:
        filters.append({"range": {"at": edges}})
    if as_of is not None:
        filters.append({"range": {"known_at": {"lte": micros(as_of)}}})
    return {"bool": {"filter": filters}}


def _record(hit: dict[str, Any], kind: type[R]) -> R:
    return codec.decode(msgspec.json.encode(hit["_source"]["record"]), kind)
