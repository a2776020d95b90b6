"""The embedded engine: a micro-batch loop over Beam's FnApiRunner.

Promises: the graph is built once; a batch is at most `batch_size` records of the article topic; offsets are committed
only after the bounded pipeline over the batch has succeeded, so a committed offset means written; a failed batch is
repeated with backoff and in the end stops the process, losing nothing; `stop` drains the batch under way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

import apache_beam as beam
import stamina
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.transforms.environments import EmbeddedPythonEnvironment

from pipelines.beam.transforms import Step
from pipelines.engines import EXTRACT_GROUP
from pipelines.telemetry import ERRORS, SECONDS
from schemas import topics
from schemas.ports.log import EventLog, StoredRecord

GROUP: Final = EXTRACT_GROUP

_BATCHES: Final[dict[str, list[StoredRecord]]] = {}
"""The batch under way, by token: the graph is built once, so its source looks here instead of holding elements."""


class ReadBatch(Step):
    """Source of a bounded run: the records of the batch under way."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def process(self, element: Any) -> Iterable[StoredRecord]:
        """All records of the batch, in the order in which they were read."""
        yield from _BATCHES[self._token]


class LocalEngine:
    """Runs a composite transform over the article topic, batch after batch. One thread."""

    def __init__(self, log: EventLog, transform: beam.PTransform, *, batch_size: int = 1000, attempts: int = 5) -> None:
        self._consumer = log.consumer(GROUP, [topics.ARTICLE])
        self._batch_size = batch_size
        self._attempts = attempts
        self._token = f"batch-{id(self)}"
        # The name of the runner matters: plain DirectRunner first tries to download another program.
        self._options = PipelineOptions(["--runner=FnApiRunner", "--direct_num_workers=1"])
        pipeline = beam.Pipeline(runner=FnApiRunner(), options=self._options)
        records = pipeline | beam.Impulse() | "read" >> beam.ParDo(ReadBatch(self._token))
        records | "signals" >> transform
        self._graph = pipeline.to_runner_api(default_environment=EmbeddedPythonEnvironment.default())

    def step(self, timeout: float) -> int:
        """One micro-batch; returns how many records it took (0 when none came within `timeout` seconds)."""
        batch = self._consumer.poll(self._batch_size, timeout)
        if not batch:
            return 0
        with SECONDS.labels(stage="extract_batch").time():
            for attempt in stamina.retry_context(
                on=self._retriable, attempts=self._attempts, wait_initial=0.2, wait_max=10.0
            ):
                with attempt:
                    self._run(batch)
        self._consumer.commit(_next_offsets(batch))
        return len(batch)

    def run(self, stop: threading.Event, heartbeat: Callable[[], None] = lambda: None) -> None:
        """Batches until `stop` is set; a batch under way is finished first."""
        while not stop.is_set():
            self.step(timeout=0.5)
            heartbeat()
        self._consumer.close()

    def _run(self, batch: list[StoredRecord]) -> None:
        _BATCHES[self._token] = batch
        try:
            FnApiRunner().run_via_runner_api(self._graph, self._options).wait_until_finish()
        finally:
            del _BATCHES[self._token]

    @staticmethod
    def _retriable(error: Exception) -> bool:
        # Beam wraps what a DoFn raised; a refused record never gets here, so whatever does is worth another try.
        ERRORS.labels(stage="extract", kind=type(error).__name__, code="batch").inc()
        return True


def _next_offsets(batch: list[StoredRecord]) -> dict[tuple[str, int], int]:
    offsets: dict[tuple[str, int], int] = {}
    for record in batch:
        place = (record.topic, record.partition)
        offsets[place] = max(offsets.get(place, 0), record.offset + 1)
    return offsets
