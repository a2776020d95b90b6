"""Adapters of the port EventLog."""
