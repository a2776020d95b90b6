"""The stores that the pages read, each opened once; thread-safe as they are."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from pipelines.wiring.home import Home
from pipelines.wiring.stores import Stores
from schemas import topics
from schemas.ports.index import ActionStore, AlertStore, ArticleStore, RelationStore, SignalIndex


class Shelf:
    """Read access to one data directory."""

    def __init__(self, home: Home) -> None:
        self.home = home

    @cached_property
    def _stores(self) -> Stores:
        return Stores(self.home)

    @cached_property
    def index(self) -> SignalIndex:
        """Signals."""
        return self._stores.index

    @cached_property
    def articles(self) -> ArticleStore:
        """Articles."""
        return self._stores.articles

    @cached_property
    def relations(self) -> RelationStore:
        """Relations, events, changes."""
        return self._stores.relations

    @cached_property
    def alerts(self) -> AlertStore:
        """Alerts."""
        return self._stores.alerts

    @cached_property
    def actions(self) -> ActionStore:
        """What people did."""
        return self._stores.actions

    @property
    def sampled(self) -> bool:
        """Whether the directory holds the samples of a newsroom."""
        stamp = self.home.stamp
        return stamp is not None and stamp.kind == "newsroom"

    def now(self) -> datetime:
        """The machine's time, or the newsroom's simulated one."""
        return self._stores.clock.now()

    def check(self) -> None:
        """Whether log and index answer: raises what keeps them from it."""
        self._stores.log.end_offsets(topics.TICK)
        self.index.get("")

    def close(self) -> None:
        """Idempotent."""
        if "_stores" in self.__dict__:
            self._stores.close()
