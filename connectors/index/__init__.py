"""Adapters of the stores that people search: embedded (SQLite) and Elasticsearch."""
