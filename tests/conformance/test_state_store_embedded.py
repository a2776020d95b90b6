from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from connectors.conformance.state_steps import OpenStateStore
from connectors.conformance.state_store import StateStoreConformance
from connectors.local.state_store import EmbeddedStateStore


class TestEmbeddedStateStore(StateStoreConformance):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStateStore:
        return partial(EmbeddedStateStore, tmp_path / "evaluator.db")

    @pytest.fixture
    def fresh_store(self, tmp_path: Path) -> Callable[[], OpenStateStore]:
        numbers = count()
        return lambda: partial(EmbeddedStateStore, tmp_path / f"evaluator{next(numbers)}.db")
