"""Contracts of Detente: records, ports, errors, codec, query language, ontology. Imports nothing else of ours."""
