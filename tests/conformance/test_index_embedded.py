from __future__ import annotations

from functools import partial
from itertools import count
from pathlib import Path

import pytest

from connectors.conformance.index import IndexConformance, NewPlace
from connectors.index.embedded import EmbeddedSignalIndex


class TestEmbeddedSignalIndex(IndexConformance):
    @pytest.fixture
    def new_place(self, tmp_path: Path) -> NewPlace:
        numbers = count()
        return lambda: partial(EmbeddedSignalIndex, tmp_path / f"index-{next(numbers)}.db")
