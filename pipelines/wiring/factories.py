"""Factories that the graph carries to its workers: picklable, equal by value, opened once a process.

Apart from `stores`, since they need Beam and extraction, which a command that only reads must not wait for.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.index.embedded import EmbeddedArticleStore, EmbeddedSignalIndex
from connectors.log.embedded import EmbeddedLog
from pipelines.beam.steps import ArticleCoder
from pipelines.beam.transforms import Sinks
from pipelines.extract.coder import Coder
from pipelines.wiring.home import Home


@dataclass(frozen=True, slots=True)
class EmbeddedSinks:
    """Factory of the graph's sinks."""

    home: Home

    def __call__(self) -> Sinks:
        """Open log, index and article store."""
        return Sinks(
            log=EmbeddedLog(self.home.log_file, durable=self.home.durable),
            index=EmbeddedSignalIndex(self.home.index_file, durable=self.home.durable),
            articles=EmbeddedArticleStore(self.home.index_file, durable=self.home.durable),
        )


@dataclass(frozen=True, slots=True)
class RuleCoder:
    """Factory of the coder."""

    def __call__(self) -> ArticleCoder:
        """Load it, once a process."""
        return Coder.load()
