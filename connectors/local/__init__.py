"""Adapters that need nothing but this machine's disk: SQLite stores, the simulated clock, the lock of a run."""
