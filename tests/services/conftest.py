"""Tests on real servers. `make test-services` starts the testbed and runs them; elsewhere they say what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NEEDED = {"test_kafka_log.py": "DETENTE_TEST_KAFKA", "test_elasticsearch.py": "DETENTE_TEST_ELASTICSEARCH"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        variable = NEEDED.get(item.path.name) if item.path.parent == HERE else None
        if variable and not os.environ.get(variable):
            item.add_marker(
                pytest.mark.skip(reason=f"NO SERVER: {variable} NAMES NONE; RUN `make test-services`, WHICH STARTS ONE")
            )
