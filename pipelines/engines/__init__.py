"""Engines: what drives the one graph. Local micro-batches here; Flink in the cluster profile."""

from typing import Final

EXTRACT_GROUP: Final = "extract"
"""Consumer group whose committed offsets tell the evaluator how far extraction has come, whatever the engine."""
