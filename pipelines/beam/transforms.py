"""The composite transform: article records in, signals out to the index and the log, in one fused stage.

It holds no Reshuffle, GroupByKey or GroupIntoBatches: the writers buffer and flush in `finish_bundle`, so that when
an engine commits an offset, everything before it is written. Every write is idempotent, so a repeated bundle changes
nothing. What a step refuses becomes a dead letter, and the rest of the bundle goes on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Any, TypeAlias

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.transforms.core import get_function_args_defaults

from pipelines.beam.steps import (
    ArticleCoder,
    Coded,
    Failure,
    code_article,
    dead_letter,
    decode_article,
    replacement,
    waves,
)
from pipelines.telemetry import INPUTS
from schemas import topics
from schemas.envelope import to_log
from schemas.ports.index import ArticleStore, SignalIndex
from schemas.ports.log import EventLog, StoredRecord
from schemas.records import Signal


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where the graph writes."""

    log: EventLog
    index: SignalIndex
    articles: ArticleStore


SinksFactory = Callable[[], Sinks]
CoderFactory = Callable[[], ArticleCoder]
Signature: TypeAlias = tuple[list[str], list[Any]]
"""Names and defaults of a method's arguments, as Beam asks for them."""


@cache
def _opened(factory: Callable[[], Any]) -> Any:
    """One coder and one set of sinks a process, however many DoFns and bundles ask. Factories are hashable by value."""
    return factory()


class ExtractSignals(beam.PTransform):
    """Composite: PCollection of StoredRecord (topic news.article.v1) in; written signals, index, dead letters out.

    The factories must be importable, picklable and equal by value (a dataclass or partial of module-level functions).
    """

    def __init__(self, sinks: SinksFactory, coder: CoderFactory) -> None:
        super().__init__()
        self._sinks = sinks
        self._coder = coder

    def expand(self, input_or_inputs: PCollection[StoredRecord]) -> PCollection[Signal]:
        """Decode and extract, write; what was refused goes to the dead-letter topic."""
        coded, refused = input_or_inputs | "code" >> beam.ParDo(CodeArticle(self._coder)).with_exception_handling(
            threshold=1
        )
        refused | "dead letters" >> beam.ParDo(WriteDeadLetters(self._sinks))
        written: PCollection[Signal] = coded | "write" >> beam.ParDo(WriteSignals(self._sinks))
        return written


class Step(beam.DoFn):
    """A DoFn whose signatures are read once.

    Beam inspects every method of every DoFn at each bundle, which for bundles of a few articles is a tenth of the
    work, unless the class answers for itself in `_inspect_` and the method's name.
    """

    def __init_subclass__(cls) -> None:
        """Read them."""
        super().__init_subclass__()
        blank = object.__new__(cls)
        for name, method in inspect.getmembers(blank, inspect.ismethod):
            signature = get_function_args_defaults(method)
            setattr(cls, f"_inspect_{name}", staticmethod(partial(_same, signature)))


def _same(signature: Signature) -> Signature:
    return signature


class CodeArticle(Step):
    """Record to article to signals. One step, since each step of a graph costs its share of every small batch."""

    def __init__(self, coder: CoderFactory) -> None:
        super().__init__()
        self._factory = coder

    def setup(self) -> None:
        """Load the coder through the process-wide cache."""
        self._coder: ArticleCoder = _opened(self._factory)

    def process(self, element: StoredRecord) -> Iterable[Coded]:
        """One article at a time: the same bytes whatever the batch. QuarantinedError for what is no article/1."""
        yield code_article(self._coder, decode_article(element))


class WriteSignals(Step):
    """Buffer a bundle, then store the articles, replace their signals in the index, and append the same to the log."""

    def __init__(self, sinks: SinksFactory) -> None:
        super().__init__()
        self._factory = sinks

    def setup(self) -> None:
        """Open the sinks through the process-wide cache."""
        self._sinks: Sinks = _opened(self._factory)

    def start_bundle(self) -> None:
        """A bundle starts empty: what an earlier, failed one held is delivered again."""
        self._buffer: list[Coded] = []

    def process(self, element: Coded) -> Iterable[Signal]:
        """Hold until the bundle ends."""
        self._buffer.append(element)
        yield from element.signals

    def finish_bundle(self) -> None:
        """Write everything; index before log, both idempotent. An exception fails the bundle, which is repeated."""
        if not self._buffer:
            return
        self._sinks.articles.put([coded.article for coded in self._buffer])
        for wave in waves(self._buffer):
            written = chain.from_iterable(self._sinks.index.replace_many([replacement(coded) for coded in wave]))
            self._sinks.log.append(topics.SIGNAL, [to_log(signal) for signal in written])
        for coded in self._buffer:
            INPUTS.labels(stage="extract", outcome=coded.outcome).inc()
        self._buffer = []


class WriteDeadLetters(Step):
    """Refused records to the dead-letter topic."""

    def __init__(self, sinks: SinksFactory) -> None:
        super().__init__()
        self._factory = sinks

    def setup(self) -> None:
        """Open the sinks through the process-wide cache."""
        self._sinks: Sinks = _opened(self._factory)

    def process(self, element: tuple[StoredRecord, Failure]) -> None:
        """Refusals are rare: each is written at once."""
        letter = dead_letter(*element)
        self._sinks.log.append(topics.DEADLETTER, [to_log(letter)])
        INPUTS.labels(stage="extract", outcome="dead-lettered").inc()
