"""The event log on a real broker."""

from __future__ import annotations

import itertools
import os
from functools import partial

import pytest

from connectors.conformance.log import LogConformance
from connectors.conformance.log_steps import OpenLog
from connectors.log.kafka import KafkaLog, KafkaSettings

_NUMBERS = itertools.count()


def fresh(address: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=address, prefix=f"t{os.getpid()}-{next(_NUMBERS)}.")


class TestKafkaLog(LogConformance):
    wakes_within_seconds = 0.25

    @pytest.fixture
    def open_log(self) -> OpenLog:
        return partial(KafkaLog, fresh(os.environ["DETENTE_TEST_KAFKA"]))
