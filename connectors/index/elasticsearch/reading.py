"""Reading of an alias: fresh where it must be, and in pages of one snapshot."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final

from elasticsearch import ApiError, NotFoundError

from connectors.index.elasticsearch import layout
from connectors.index.elasticsearch.connection import Cluster

PAGE: Final = 1000
KEPT: Final = "3m"
"""How long a snapshot waits for the next page."""


class Reader:
    """Searches one family of indices. Thread-safe.

    `changed` says that this process has written: the next read sees it. Other processes' writes are seen once the
    cluster has refreshed by itself, within a second, or at once with `fresh`.
    """

    def __init__(self, cluster: Cluster, family: str) -> None:
        self._cluster = cluster
        self._family = family
        self._alias = cluster.name(family)
        self._lock = threading.Lock()
        self._changed = False
        self._exists = False

    def changed(self) -> None:
        """This process has written."""
        with self._lock:
            self._changed = True

    def ready(self, *, fresh: bool = False) -> bool:
        """Whether there is anything to search; after it, a search sees what it must."""
        with self._lock:
            changed, self._changed = self._changed, False
        if not self._exists:
            self._exists = layout.exists(self._cluster, self._family)
        if self._exists and (changed or fresh):
            self._cluster.call(lambda client: client.indices.refresh(index=self._alias), f"refresh {self._alias}")
        return self._exists

    def search(self, *, fresh: bool = False, **asked: Any) -> dict[str, Any]:
        """One search; without any index it finds nothing."""
        if not self.ready(fresh=fresh):
            return {"hits": {"hits": [], "total": {"value": 0}}, "aggregations": {}}
        return self._search(index=self._alias, **asked)

    def snapshot(self) -> str:
        """A point in time of the alias."""
        answer = self._cluster.call(
            lambda client: client.open_point_in_time(index=self._alias, keep_alive=KEPT), "open a snapshot"
        )
        return str(answer["id"])

    def page(self, snapshot: str, after: Sequence[Any], **asked: Any) -> dict[str, Any]:
        """The next hits of a snapshot. NotFoundError when it is gone."""
        if after:
            asked["search_after"] = list(after)
        return self._search(pit={"id": snapshot, "keep_alive": KEPT}, **asked)

    def release(self, snapshot: str) -> None:
        """The snapshot is not needed any more."""
        with contextlib.suppress(NotFoundError):
            self._cluster.call(lambda client: client.close_point_in_time(id=snapshot), "close a snapshot")

    def all(self, query: dict[str, Any], sort: list[Any]) -> Iterator[dict[str, Any]]:
        """Every hit of the index as it stands, in order."""
        if not self.ready(fresh=True):
            return
        snapshot = self.snapshot()
        try:
            after: list[Any] = []
            while True:
                hits = self.page(snapshot, after, query=query, sort=sort, size=PAGE, track_total_hits=False)["hits"]
                yield from hits["hits"]
                if len(hits["hits"]) < PAGE:
                    return
                after = hits["hits"][-1]["sort"]
        finally:
            self.release(snapshot)

    def _search(self, **asked: Any) -> dict[str, Any]:
        try:
            answer = self._cluster.call(lambda client: client.search(**asked), f"search {self._alias}")
        except Exception as error:
            if isinstance(error.__cause__, ApiError) and isinstance(error.__cause__, NotFoundError):
                raise error.__cause__ from error
            raise
        return dict(answer.body)
