"""Factories of the embedded profile: picklable, equal by value, each opening one adapter of a data directory."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.feeds.store import EmbeddedFeedStore
from connectors.index.embedded import EmbeddedArticleStore, EmbeddedRelationStore, EmbeddedSignalIndex
from connectors.local.action_store import EmbeddedActionStore
from connectors.local.alert_store import EmbeddedAlertStore
from connectors.local.delivery_log import EmbeddedDeliveryLog
from connectors.local.state_store import EmbeddedStateStore
from connectors.log.embedded import EmbeddedLog
from pipelines.beam.steps import ArticleCoder
from pipelines.beam.transforms import Sinks
from pipelines.extract.coder import Coder
from pipelines.wiring.home import Home
from schemas.ports.channels import DeliveryLog
from schemas.ports.clock import Clock
from schemas.ports.feeds import FeedStore
from schemas.ports.index import ActionStore, AlertStore, ArticleStore, RelationStore, SignalIndex
from schemas.ports.state import StateStore


@dataclass(frozen=True, slots=True)
class EmbeddedSinks:
    """Factory of the graph's sinks."""

    home: Home

    def __call__(self) -> Sinks:
        """Open log, index and article store."""
        return Sinks(
            log=EmbeddedLog(self.home.log_file),
            index=EmbeddedSignalIndex(self.home.index_file),
            articles=EmbeddedArticleStore(self.home.index_file),
        )


@dataclass(frozen=True, slots=True)
class RuleCoder:
    """Factory of the coder."""

    def __call__(self) -> ArticleCoder:
        """Load it, once a process."""
        return Coder.load()


class Stores:
    """Every store of one data directory. The log is open from the start, the others when asked for."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.log = EmbeddedLog(home.log_file)
        self.clock: Clock = home.clock(self.log)

    @property
    def feeds(self) -> FeedStore:
        """Feed state and versions."""
        return EmbeddedFeedStore(self.log)

    @property
    def index(self) -> SignalIndex:
        """Signals."""
        return EmbeddedSignalIndex(self.home.index_file)

    @property
    def articles(self) -> ArticleStore:
        """Articles."""
        return EmbeddedArticleStore(self.home.index_file)

    @property
    def relations(self) -> RelationStore:
        """Relations, events, changes."""
        return EmbeddedRelationStore(self.home.index_file)

    @property
    def state(self) -> StateStore:
        """The evaluator's own."""
        return EmbeddedStateStore(self.home.state_file)

    @property
    def alerts(self) -> AlertStore:
        """Alerts."""
        return EmbeddedAlertStore(self.log.database)

    @property
    def actions(self) -> ActionStore:
        """Actions."""
        return EmbeddedActionStore(self.log.database)

    @property
    def deliveries(self) -> DeliveryLog:
        """Delivery attempts."""
        return EmbeddedDeliveryLog(self.log.database)

    def close(self) -> None:
        """Idempotent."""
        self.log.close()
