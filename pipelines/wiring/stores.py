"""The stores of one data directory in the embedded profile."""

from __future__ import annotations

from typing import Final

from connectors.feeds.store import EmbeddedFeedStore
from connectors.index.embedded import EmbeddedArticleStore, EmbeddedRelationStore, EmbeddedSignalIndex
from connectors.local.action_store import EmbeddedActionStore
from connectors.local.alert_store import EmbeddedAlertStore
from connectors.local.delivery_log import EmbeddedDeliveryLog
from connectors.local.state_store import EmbeddedStateStore
from connectors.log.embedded import EmbeddedLog
from pipelines.wiring.home import Home
from schemas.ports.channels import DeliveryLog
from schemas.ports.clock import Clock
from schemas.ports.feeds import FeedStore
from schemas.ports.index import ActionStore, AlertStore, ArticleStore, RelationStore, SignalIndex
from schemas.ports.state import StateStore

LIVE_PAUSE: Final = 0.02
SIMULATED_PAUSE: Final = 0.003
"""In simulated time every moment of waiting is repeated a thousand times, so nobody looks away for long. Seconds."""


class Stores:
    """Every store of one data directory. The log is open from the start, the others when asked for."""

    def __init__(self, home: Home) -> None:
        self.home = home
        pause = SIMULATED_PAUSE if home.simulated else LIVE_PAUSE
        self.log = EmbeddedLog(home.log_file, longest_pause=pause, durable=home.durable)
        self.clock: Clock = home.clock(self.log)

    @property
    def feeds(self) -> FeedStore:
        """Feed state and versions."""
        return EmbeddedFeedStore(self.log)

    @property
    def index(self) -> SignalIndex:
        """Signals."""
        return EmbeddedSignalIndex(self.home.index_file, durable=self.home.durable)

    @property
    def articles(self) -> ArticleStore:
        """Articles."""
        return EmbeddedArticleStore(self.home.index_file, durable=self.home.durable)

    @property
    def relations(self) -> RelationStore:
        """Relations, events, changes."""
        return EmbeddedRelationStore(self.home.index_file, durable=self.home.durable)

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
