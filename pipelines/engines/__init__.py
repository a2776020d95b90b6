"""Engines: what drives the one graph. Local micro-batches here; Flink in the cluster profile."""
