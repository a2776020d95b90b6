"""Everything that touches the outside: each module an adapter of one port of `schemas.ports`."""
