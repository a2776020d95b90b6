"""The signal index on Elasticsearch.

What an article was last coded to is noted in a document of its own, read by id: so a replacement needs no search, and
sees what was written a moment ago. The note is written first: a process that dies in between repeats the whole
replacement, and no signal is forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

import msgspec
from elasticsearch import NotFoundError

from connectors.index.elasticsearch import layout, translate
from connectors.index.elasticsearch.bulk import Write, write
from connectors.index.elasticsearch.connection import Cluster, ElasticsearchSettings
from connectors.index.elasticsearch.cursor import Cursor, opened, refused, sealed
from connectors.index.elasticsearch.reading import PAGE, Reader
from schemas import codec
from schemas.errors import ConfigError, TerminalError
from schemas.ports.index import Hit, Page, Replacement
from schemas.query import Query, Term
from schemas.query_fields import FIELDS, check, facet_field
from schemas.records import Position, Signal

_COUNTED: Final = 10_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TIME: Final = [{"published": {"order": "desc", "missing": "_last"}}, {"signal": "asc"}]
_ORDERS: Final = {"newest": _TIME, "rank": [{"_score": "desc"}, *_TIME]}


class _Note(msgspec.Struct, kw_only=True):
    """What is remembered of an article: the revision of its last replacement, and where each of its signals stands."""

    revision: int = -1
    signals: dict[str, str] = {}


class ElasticsearchSignalIndex:
    """Port SignalIndex."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._cluster = Cluster(settings)
        self._reader = Reader(self._cluster, layout.SIGNALS)
        self._secret_bytes: bytes | None = None

    def replace(
        self, article_id: str, revision: int, signals: Sequence[Signal], version_seen: datetime, position: Position
    ) -> list[Signal]:
        """As the port says."""
        new = Replacement(
            article_id=article_id,
            revision=revision,
            signals=tuple(signals),
            version_seen=version_seen,
            position=position,
        )
        return self.replace_many([new])[0]

    def replace_many(self, replacements: Sequence[Replacement]) -> list[list[Signal]]:
        """As the port says; articles that come once are written together."""
        results: list[list[Signal]] = [[] for _ in replacements]
        left = list(range(len(replacements)))
        for new in replacements:
            _check(new)
        while left:
            wave: dict[str, int] = {}
            for number in left:
                wave.setdefault(replacements[number].article_id, number)
            numbers = sorted(wave.values())
            for number, result in zip(numbers, self._replace([replacements[n] for n in numbers]), strict=True):
                results[number] = result
            left = [number for number in left if number not in set(numbers)]
        return results

    def set_rejected(self, signal_id: str, *, rejected: bool) -> None:
        """As the port says."""
        coded = self._coded()
        mark = Write(index=coded, id=f"rejected {signal_id}", document={} if rejected else None)
        write(self._cluster, [mark])
        hit = self._find(signal_id, fresh=True)
        if hit is not None:
            signal = codec.decode(msgspec.json.encode(hit["_source"]["record"]), Signal)
            self._write([(hit["_index"], signal, rejected)])

    def get(self, signal_id: str) -> Hit | None:
        """As the port says."""
        found = self._find(signal_id)
        return None if found is None else _hit(found, ranked=False)

    def search(
        self, query: Query, *, sort: Literal["newest", "rank"] = "newest", limit: int = 20, cursor: str = ""
    ) -> Page[Hit]:
        """As the port says."""
        check(query)
        if limit < 1:
            raise ConfigError(f"limit must be at least 1, not {limit}", "bad_limit")
        words = translate.words_sought(query) if sort == "rank" else ""
        asked = {
            "query": translate.ranked(query, words) if words else translate.condition(query),
            "sort": _ORDERS["rank" if words else "newest"],
        }
        if cursor:
            place = opened(cursor, query, sort, self._secret())
        elif self._reader.ready():
            place = Cursor(self._reader.snapshot(), (), -1)
        else:
            return Page()
        try:
            hits, total = self._hits(place, asked, limit + 1, ranked=bool(words))
        except NotFoundError as error:
            raise refused() from error
        following = ""
        if len(hits) > limit:
            last = Cursor(place.snapshot, tuple(hits[limit - 1]["sort"]), total)
            following = sealed(last, query, sort, self._secret())
        else:
            self._reader.release(place.snapshot)
        return Page(items=tuple(_hit(one, ranked=bool(words)) for one in hits[:limit]), cursor=following, total=total)

    def histogram(self, query: Query, *, interval: Literal["day", "week", "month"]) -> dict[date, int]:
        """As the port says; weeks begin on Monday."""
        check(query)
        counted = {"date_histogram": {"field": "published_at", "calendar_interval": interval, "min_doc_count": 1}}
        answer = self._reader.search(query=translate.condition(query), size=0, aggs={"found": counted})
        buckets = answer["aggregations"].get("found", {}).get("buckets", [])
        return {(_EPOCH + timedelta(milliseconds=one["key"])).date(): one["doc_count"] for one in buckets}

    def facets(self, query: Query, fields: Sequence[str], *, limit: int = 20) -> dict[str, dict[str, int]]:
        """As the port says."""
        check(query)
        for field in fields:
            facet_field(field)
        order = [{"_count": "desc"}, {"_key": "asc"}]
        aggregations = {
            # Each index counts apart, and a value that is rare in one may be frequent in all.
            field: {"terms": {"field": field, "size": limit, "shard_size": _COUNTED, "order": order}}
            for field in fields
        }
        answer = self._reader.search(query=translate.condition(query), size=0, aggs=aggregations)
        found = answer["aggregations"]
        return {
            field: {_shown(field, one): one["doc_count"] for one in found.get(field, {}).get("buckets", [])}
            for field in fields
        }

    def scan(self, key: str, since: date | None = None) -> Iterator[Signal]:
        """As the port says."""
        filters: list[dict[str, Any]] = [{"term": {"dyad": key}}, {"term": {"status": "active"}}]
        if since is not None:
            filters.append({"range": {"day": {"gte": since.isoformat()}}})
        for hit in self._reader.all({"bool": {"filter": filters}}, [{"signal": "asc"}]):
            yield codec.decode(msgspec.json.encode(hit["_source"]["record"]), Signal)

    def close(self) -> None:
        """As the port says."""
        self._cluster.close()

    def _replace(self, wave: Sequence[Replacement]) -> list[list[Signal]]:
        coded = self._coded()
        notes = self._notes(coded, [new.article_id for new in wave])
        current = [new for new in wave if notes[new.article_id].revision <= new.revision]
        writes = []
        for new in current:
            note = notes[new.article_id]
            places = {
                s.signal_id: self._cluster.name(layout.monthly(layout.SIGNALS, s.first_seen)) for s in new.signals
            }
            note.revision, note.signals = new.revision, places | note.signals
            document = {"revision": note.revision, "signals": note.signals}
            writes.append(Write(index=coded, id=f"article {new.article_id}", document=document, version=new.revision))
        kept = [new for new, done in zip(current, write(self._cluster, writes), strict=True) if done]
        before = self._stored([(place, name) for new in kept for name, place in notes[new.article_id].signals.items()])
        rejected = self._rejected(coded, [name for new in kept for name in notes[new.article_id].signals])
        changed: list[tuple[str, Signal, bool]] = []
        results: dict[str, list[Signal]] = {}
        for new in kept:
            places = notes[new.article_id].signals
            carrying = _carrying(new, {name: before[name] for name in places if name in before})
            results[new.article_id] = carrying
            changed += [
                (places[signal.signal_id], signal, signal.signal_id in rejected)
                for signal in carrying
                if before.get(signal.signal_id) != signal
            ]
        self._write(changed)
        return [results.get(new.article_id, []) for new in wave]

    def _write(self, changed: Sequence[tuple[str, Signal, bool]]) -> None:
        for place in sorted({place for place, _, _ in changed}):
            layout.ensure(self._cluster, layout.SIGNALS, place.removeprefix(self._cluster.settings.prefix))
        writes = [
            Write(
                index=place,
                id=signal.signal_id,
                document=translate.document(signal, rejected=rejected),
                version=signal.revision,
            )
            for place, signal, rejected in changed
        ]
        if writes:
            write(self._cluster, writes)
            self._reader.changed()

    def _notes(self, coded: str, articles: Sequence[str]) -> dict[str, _Note]:
        found = self._many([(coded, f"article {name}") for name in articles])
        return {
            name: msgspec.convert(found[f"article {name}"], _Note) if f"article {name}" in found else _Note()
            for name in articles
        }

    def _stored(self, places: Sequence[tuple[str, str]]) -> dict[str, Signal]:
        found = self._many(places)
        return {name: codec.decode(msgspec.json.encode(source["record"]), Signal) for name, source in found.items()}

    def _rejected(self, coded: str, names: Sequence[str]) -> set[str]:
        found = self._many([(coded, f"rejected {name}") for name in names])
        return {name.removeprefix("rejected ") for name in found}

    def _many(self, places: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Documents by id, as they are at this moment; those that are not there are missing."""
        found: dict[str, Any] = {}
        for start in range(0, len(places), PAGE):
            docs = [{"_index": index, "_id": name} for index, name in places[start : start + PAGE]]
            answer = self._cluster.call(lambda client, asked=docs: client.mget(docs=asked), "read by id")  # type: ignore[misc]
            found.update({one["_id"]: one["_source"] for one in answer["docs"] if one.get("found")})
        return found

    def _find(self, signal_id: str, *, fresh: bool = False) -> dict[str, Any] | None:
        query = translate.condition(Term("signal", signal_id))
        hits = self._reader.search(query=query, size=1, fresh=fresh)["hits"]["hits"]
        return hits[0] if hits else None

    def _hits(
        self, place: Cursor, asked: dict[str, Any], wanted: int, *, ranked: bool
    ) -> tuple[list[dict[str, Any]], int]:
        hits: list[dict[str, Any]] = []
        total, after = place.total, list(place.after)
        if ranked:
            # Words are weighed over all months together: each would else score by its own.
            asked = asked | {"search_type": "dfs_query_then_fetch"}
        while len(hits) < wanted:
            size = min(PAGE, wanted - len(hits))
            found = self._reader.page(place.snapshot, after, size=size, track_total_hits=total < 0, **asked)["hits"]
            if total < 0:
                total = found["total"]["value"]
            hits += found["hits"]
            if len(found["hits"]) < size:
                break
            after = hits[-1]["sort"]
        return hits, total

    def _coded(self) -> str:
        return layout.ensure(self._cluster, layout.CODED, layout.single(layout.CODED))

    def _secret(self) -> bytes:
        """Known to all processes of the cluster: the first one draws it."""
        if self._secret_bytes is None:
            coded = self._coded()
            drawn = Write(index=coded, id="secret", document={"secret": secrets.token_hex(16)}, create=True)
            write(self._cluster, [drawn])
            self._secret_bytes = bytes.fromhex(self._many([(coded, "secret")])["secret"]["secret"])
        return self._secret_bytes


def _check(new: Replacement) -> None:
    for signal in new.signals:
        if signal.article_id != new.article_id or signal.revision != new.revision:
            raise TerminalError(
                f"signal {signal.signal_id} is of article {signal.article_id}, revision {signal.revision}: "
                f"not of {new.article_id}, revision {new.revision}",
                "foreign_signal",
            )


def _carrying(new: Replacement, before: dict[str, Signal]) -> list[Signal]:
    """The documents that carry this revision now: new signals, tombstones of the others, and what carried it before."""
    held = {signal.signal_id: signal for signal in new.signals}
    for name, signal in before.items():
        if name in held:
            continue
        if signal.status == "active" and signal.revision < new.revision:
            held[name] = msgspec.structs.replace(
                signal,
                status="retracted",
                status_since=new.version_seen,
                revision=new.revision,
                article_position=new.position,
            )
        elif signal.revision == new.revision:
            held[name] = signal
    return [held[name] for name in sorted(held)]


def _hit(found: dict[str, Any], *, ranked: bool) -> Hit:
    source = found["_source"]
    return Hit(
        signal=codec.decode(msgspec.json.encode(source["record"]), Signal),
        score=float(found["_score"] or 0.0) if ranked else 0.0,
        rejected=bool(source.get("rejected")),
    )


def _shown(field: str, bucket: dict[str, Any]) -> str:
    return str(bucket["key_as_string"]) if FIELDS[field].kind == "flag" else str(bucket["key"])
