"""The alert store on Elasticsearch: a document a revision, and one a alert that lists show.

The one that lists show is made anew from all revisions at each `put`, so that it is right in whatever order they come.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from connectors.index.elasticsearch import layout
from connectors.index.elasticsearch.bulk import Write, write
from connectors.index.elasticsearch.connection import Cluster, ElasticsearchSettings
from connectors.index.elasticsearch.reading import PAGE, Reader
from connectors.index.elasticsearch.translate import micros
from schemas import codec
from schemas.errors import ConfigError
from schemas.ports.index import Page
from schemas.records import Alert

_SHORTEST_PREFIX: Final = 6
_NAMED: Final = 5
_TOLD: Final = frozenset({"firing", "acknowledged"})


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    opened: int
    alert_id: str


class ElasticsearchAlertStore:
    """Port AlertStore. Thread-safe; one process writes."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self._cluster = Cluster(settings)
        self._reader = Reader(self._cluster, layout.ALERTS)

    def put(self, alerts: Sequence[Alert]) -> builtins.list[Alert]:
        """As the port says; the stored revision stays as it was put first."""
        if not alerts:
            return []
        index = layout.ensure(self._cluster, layout.ALERTS, layout.single(layout.ALERTS))
        once = {f"{alert.alert_id}.{alert.revision}": alert for alert in reversed(alerts)}
        named = [(name, once[name]) for name in dict.fromkeys(f"{a.alert_id}.{a.revision}" for a in alerts)]
        creates = [
            Write(index=index, id=name, document=_document(alert, head=False), create=True) for name, alert in named
        ]
        done = write(self._cluster, creates, refresh=True)
        self._put_heads(index, sorted({alert.alert_id for alert in alerts}))
        return [alert for (_, alert), new in zip(named, done, strict=True) if new]

    def get(self, alert_id: str, revision: int | None = None) -> Alert | None:
        """As the port says; ConfigError for a prefix that several alerts share."""
        found = self.revisions(alert_id)
        if revision is not None:
            found = [alert for alert in found if alert.revision == revision]
        return found[-1] if found else None

    def revisions(self, alert_id: str) -> builtins.list[Alert]:
        """As the port says."""
        whole = self._resolve(alert_id)
        query = _all({"alert": whole, "head": False})
        return [_alert(hit) for hit in self._reader.all(query, [{"revision": "asc"}])]

    def list(
        self,
        *,
        states: Sequence[str] = (),
        subject: str = "",
        rule: str = "",
        since: datetime | None = None,
        told: bool = False,
        limit: int = 100,
        cursor: str = "",
    ) -> Page[Alert]:
        """As the port says; ties by alert_id."""
        query = _all({"head": True})
        filters = query["bool"]["filter"]
        if states:
            filters.append({"terms": {"state": list(states)}})
        for field, value in (("subject", subject), ("rule", rule)):
            if value:
                filters.append({"term": {field: value}})
        if since is not None:
            filters.append({"range": {"opened": {"gte": micros(since)}}})
        if told:
            filters.append({"term": {"told": True}})
        asked: dict[str, Any] = {
            "query": query,
            "sort": [{"opened": "desc"}, {"alert": "asc"}],
            "size": min(max(limit, 0) + 1, 10 * PAGE),
            "track_total_hits": True,
        }
        if cursor:
            after = _decode_cursor(cursor)
            asked["search_after"] = [after.opened, after.alert_id]
        hits = self._reader.search(fresh=True, **asked)["hits"]
        wanted = max(limit, 0)
        shown = [_alert(hit) for hit in hits["hits"][:wanted]]
        following = _encode_cursor(shown[-1]) if shown and len(hits["hits"]) > wanted else ""
        return Page(items=tuple(shown), cursor=following, total=hits["total"]["value"])

    def close(self) -> None:
        """Idempotent."""
        self._cluster.close()

    def _put_heads(self, index: str, names: Sequence[str]) -> None:
        query = {"bool": {"filter": [{"terms": {"alert": list(names)}}, {"term": {"head": False}}]}}
        revisions: dict[str, builtins.list[Alert]] = defaultdict(builtins.list)
        for hit in self._reader.all(query, [{"alert": "asc"}, {"revision": "asc"}]):
            alert = _alert(hit)
            revisions[alert.alert_id].append(alert)
        heads = [
            Write(
                index=index,
                id=name,
                document=_document(found[-1], head=True, told=any(one.state in _TOLD for one in found)),
            )
            for name, found in sorted(revisions.items())
        ]
        write(self._cluster, heads, refresh=True)

    def _resolve(self, alert_id: str) -> str:
        """The whole id for a unique prefix; what nothing begins with comes back as it is."""
        if len(alert_id) < _SHORTEST_PREFIX:
            return alert_id
        query = {"bool": {"filter": [{"term": {"head": True}}, {"prefix": {"alert": {"value": alert_id}}}]}}
        hits = self._reader.search(fresh=True, query=query, sort=[{"alert": "asc"}], size=_NAMED)["hits"]["hits"]
        found = [str(hit["_source"]["alert"]) for hit in hits]
        if alert_id in found or not found:
            return alert_id
        if len(found) > 1:
            raise ConfigError(
                f"several alerts begin with {alert_id}: {', '.join(found)}; write more of it", "ambiguous_id"
            )
        return found[0]


def _document(alert: Alert, *, head: bool, told: bool = False) -> dict[str, Any]:
    return {
        "alert": alert.alert_id,
        "revision": alert.revision,
        "head": head,
        "told": told,
        "state": alert.state,
        "subject": alert.subject,
        "rule": alert.rule,
        "opened": micros(alert.opened),
        "record": msgspec.Raw(codec.encode(alert)),
    }


def _all(terms: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"filter": [{"term": {field: value}} for field, value in terms.items()]}}


def _alert(hit: dict[str, Any]) -> Alert:
    return codec.decode(msgspec.json.encode(hit["_source"]["record"]), Alert)


def _encode_cursor(last: Alert) -> str:
    return msgspec.json.encode(_Cursor(micros(last.opened), last.alert_id)).hex()


def _decode_cursor(cursor: str) -> _Cursor:
    try:
        return msgspec.json.decode(bytes.fromhex(cursor), type=_Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise ConfigError("this cursor is not one of the alert list; start again without it", "bad_cursor") from error
