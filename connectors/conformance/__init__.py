"""One suite per port. An adapter's test is a subclass with a fixture that makes the adapter, and nothing else."""
