from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path

import pytest

from connectors.conformance.feed_steps import OpenFeedStore
from connectors.conformance.feed_store import FeedStoreConformance
from connectors.conformance.stores import (
    ActionStoreConformance,
    AlertStoreConformance,
    DeliveryLogConformance,
    OpenActionStore,
    OpenAlertStore,
    OpenDeliveryLog,
)
from connectors.feeds.store import EmbeddedFeedStore
from connectors.local.action_store import EmbeddedActionStore
from connectors.local.alert_store import EmbeddedAlertStore
from connectors.local.delivery_log import EmbeddedDeliveryLog
from connectors.local.schema import open_journal
from connectors.log.embedded import EmbeddedLog


def open_feeds_at(path: Path) -> tuple[EmbeddedFeedStore, EmbeddedLog]:
    log = EmbeddedLog(path)
    return EmbeddedFeedStore(log), log


class TestEmbeddedFeedStore(FeedStoreConformance):
    @pytest.fixture
    def open_feeds(self, tmp_path: Path) -> OpenFeedStore:
        return partial(open_feeds_at, tmp_path / "journal.db")


class TestEmbeddedAlertStore(AlertStoreConformance):
    @pytest.fixture
    def open_alerts(self, tmp_path: Path) -> OpenAlertStore:
        return lambda: EmbeddedAlertStore(open_journal(tmp_path / "journal.db"))

    @pytest.fixture
    def fresh_alerts(self, tmp_path: Path) -> OpenAlertStore:
        numbers = count()
        return lambda: EmbeddedAlertStore(open_journal(tmp_path / f"journal{next(numbers)}.db"))


class TestEmbeddedActionStore(ActionStoreConformance):
    @pytest.fixture
    def open_actions(self, tmp_path: Path) -> OpenActionStore:
        return lambda: EmbeddedActionStore(open_journal(tmp_path / "journal.db"))


class TestEmbeddedDeliveryLog(DeliveryLogConformance):
    @pytest.fixture
    def open_deliveries(self, tmp_path: Path) -> OpenDeliveryLog:
        return lambda: EmbeddedDeliveryLog(open_journal(tmp_path / "journal.db"))
