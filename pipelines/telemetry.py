"""Structured logs and counters. Normal work logs nothing; every input is counted under exactly one outcome.

A process counts into its own registry and writes it as Prometheus text into the data directory's `metrics/` folder;
the console's `/metrics` puts the files of all processes together.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY: Final = CollectorRegistry()

INPUTS: Final = Counter(
    "detente_inputs", "Inputs by the stage that took them and the one outcome each ended in.", ["stage", "outcome"],
    registry=REGISTRY,
)  # fmt: skip
ERRORS: Final = Counter(
    "detente_errors", "Failures by stage, kind and code.", ["stage", "kind", "code"], registry=REGISTRY
)
SECONDS: Final = Histogram(
    "detente_seconds", "Time that one unit of work of a stage took.", ["stage"], registry=REGISTRY,
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
LAG: Final = Gauge("detente_lag", "Records of a topic that a group has still to read.", ["group"], registry=REGISTRY)
LAST_TICK: Final = Gauge("detente_last_tick_seconds", "Time of the last evaluated tick, Unix.", registry=REGISTRY)


def configure_logging(*, verbose: bool = False, quiet: bool = False, stream: Any = None) -> None:
    """One JSON object a line on stderr, from INFO (WARNING when quiet, DEBUG when verbose)."""
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    target = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    # Libraries speak only when something is wrong; Beam in particular narrates its normal work.
    logging.basicConfig(level=logging.WARNING, stream=target, format='{"level":"%(levelname)s","event":"%(message)s"}')
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    logging.getLogger().addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Beam warns at every import, on the root logger, that it found no Google Cloud clients: none are wanted."""
    return not record.getMessage().startswith("apitools not found")


def logger(name: str) -> Any:
    """A structured logger bound to a component's name."""
    return structlog.get_logger(component=name)


def write_metrics(folder: Path, process: str) -> None:
    """Write this process's registry to `folder/process.prom`, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{process}.{os.getpid()}"
    scratch.write_bytes(generate_latest(REGISTRY))
    scratch.replace(folder / f"{process}.prom")
