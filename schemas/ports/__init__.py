"""The ports: Protocols whose docstrings are the specification that `connectors.conformance` executes."""
