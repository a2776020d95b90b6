from __future__ import annotations

import shutil
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from connectors.conformance.index import IndexConformance, NewPlace, OpenIndex
from connectors.index.embedded import EmbeddedSignalIndex


class TestEmbeddedSignalIndex(IndexConformance):
    @pytest.fixture
    def new_place(self, tmp_path: Path) -> NewPlace:
        numbers = count()
        empty = tmp_path / "empty.db"
        EmbeddedSignalIndex(empty).close()  # made once and copied: making one waits for the disk several times

        def place() -> OpenIndex:
            return partial(EmbeddedSignalIndex, shutil.copy(empty, tmp_path / f"index-{next(numbers)}.db"))

        return place
