"""The only place that joins connectors to the core: data directory, factories, processes, supervisor."""
