from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from connectors.conformance.log import LogConformance
from connectors.conformance.log_steps import OpenLog
from connectors.log.embedded import EmbeddedLog


class TestEmbeddedLog(LogConformance):
    @pytest.fixture
    def open_log(self, tmp_path: Path) -> OpenLog:
        return partial(EmbeddedLog, tmp_path / "journal.db")
